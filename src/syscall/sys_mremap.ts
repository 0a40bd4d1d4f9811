/**
 * mremap as each machine enters it. sparc64 keeps mappings out of the space that the machine does not have:
 * where growth would reach into it, it looks for another place itself; up to 2.6.18, later mm does. Sources, Linux
 * 2.5.46 and 2.6.18: arch/sparc64/kernel/sys_sparc.c: sys64_mremap(), sys_sparc32.c: sys32_mremap().
 */
import { EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { MREMAP_FIXED, MREMAP_MAYMOVE } from '../arch/generic/mman_calls.js';
import { VM_SHARED } from '../arch/generic/mman.js';
import { doMremap, type MremapArgs } from '../mm/mremap.js';
import { touchesHole } from '../mm/mmap_check.js';
import type { AreaRequest } from '../mm/requests.js';
import { NONE } from '../mm/vma_set.js';
import type { Kernel } from './kernel.js';

function mremapArgs(k: Kernel): MremapArgs {
  return {
    vpn: k.vpn(0), offset: k.offset(0),
    oldPages: k.vpn(1), oldOffset: k.offset(1),
    newPages: k.vpn(2), newOffset: k.offset(2),
    flags: k.lo(3),
    newVpn: k.vpn(4), newVpnOffset: k.offset(4),
  };
}

function mremap(k: Kernel, args: MremapArgs): number {
  // Flags are a long: bits of its high half are unknown ones.
  if (k.hi(3) !== 0) return -EINVAL;
  const vpn = doMremap(k.mm, args);
  return vpn < 0 ? vpn : k.address(vpn, 0);
}

export function sysMremap(k: Kernel): number {
  return mremap(k, mremapArgs(k));
}

/** A byte count or address as pages and a fraction: exact enough to compare with page numbers. */
function bytes(k: Kernel, pages: number, offset: number): number {
  return pages + (offset > 0 ? offset / k.target.pageSize : 0);
}

type Outside = (from: number, npages: number) => boolean;

export function sparc64Mremap(k: Kernel): number {
  const { mmapCheck, vpnEnd } = k.target;
  const hole = k.target.vaHole!;
  if (mmapCheck === 'none') {
    return aroundHole(k, hole.start, (from, npages) => from < hole.end && from + npages > hole.start);
  }
  // invalid_64bit_range() of 2.6.18 refuses a length of the whole, too.
  const least = hole.start - 1 / k.target.pageSize;
  return aroundHole(k, least, (from, npages) => npages >= hole.start || touchesHole(hole, vpnEnd, from, npages));
}

export function sparc32Mremap(k: Kernel): number {
  const end = k.target.searchEnd;
  return aroundHole(k, end, (from, npages) => from + npages > end);
}

/** Lengths are at most `most`, and no range may be `outside` what the machine has. */
function aroundHole(k: Kernel, most: number, outside: Outside): number {
  const args = mremapArgs(k);
  const addr = bytes(k, args.vpn, args.offset);
  const oldLen = bytes(k, args.oldPages, args.oldOffset);
  const newLen = bytes(k, args.newPages, args.newOffset);
  const newAddr = bytes(k, args.newVpn, args.newVpnOffset);
  if (oldLen > most || newLen > most || outside(addr, oldLen)) return -EINVAL;
  if ((args.flags & MREMAP_FIXED) !== 0) return outside(newAddr, newLen) ? -EINVAL : mremap(k, args);
  if (!outside(addr, newLen)) return mremap(k, args);
  if ((args.flags & MREMAP_MAYMOVE) === 0) return -ENOMEM;
  const newVpn = findElsewhere(k, args);
  if (newVpn < 0) return newVpn;
  return mremap(k, { ...args, flags: args.flags | MREMAP_FIXED, newVpn, newVpnOffset: 0 });
}

/** get_unmapped_area() with the old address as the hint, for the area at or above it. */
function findElsewhere(k: Kernel, args: MremapArgs): number {
  const { vmas } = k.mm;
  const h = vmas.find(args.vpn);
  const request: AreaRequest = {
    vpn: args.vpn,
    offset: args.offset,
    npages: args.newPages + (args.newOffset > 0 ? 1 : 0),
    isFile: h !== NONE && vmas.vmFile[h] !== 0,
    isShared: h !== NONE && (vmas.vmFlags[h]! & VM_SHARED) !== 0,
    pgoff: h === NONE ? 0 : vmas.vmPgoff[h]!,
    low32: false,
  };
  return k.mm.search.getUnmappedArea(k.mm, request);
}
