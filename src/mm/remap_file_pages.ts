/**
 * remap_file_pages: lets pages of a shared mapping show other pages of its file. mm/fremap.c up to 3.19, where
 * 3.6 and 3.8 map files anew and reorder shared memory alone; from 4.0 on mm/mmap.c: sys_remap_file_pages(), which
 * maps the range anew.
 *
 * Unlike Linux: where pages are reordered (2.x), all are installed at once, MAP_NONBLOCK or not, and stay
 * until they are dropped, as there is no swap; the area's default protection stays what it was, so a page that
 * was dropped faults in again at its place in the file, where 2.5.46 would refuse it. A range that reaches beyond
 * the end of shared memory is refused, where 3.6 and 3.8 say so when it is touched.
 */
import { EINVAL } from '../arch/generic/errno.js';
import {
  PROT_EXEC, PROT_READ, PROT_WRITE, VM_EXEC, VM_LOCKED, VM_MAYWRITE, VM_READ, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import { VM_NONLINEAR } from '../arch/generic/mman_calls.js';
import { POW2 } from '../lib/u64.js';
import type { AddressSpace } from './address_space.js';
import type { Mm } from './mm.js';
import { doMmap, mmapRegion, newMmapArgs } from './mmap.js';
import { NONE } from './vma_set.js';

/** The arguments of one call: address and size as pages and bytes beyond. */
export interface RemapFilePagesArgs {
  readonly vpn: number;
  readonly offset: number;
  readonly sizePages: number;
  readonly sizeOffset: number;
  readonly prot: number;
  readonly pgoff: number;
  readonly flags: number;
}

/** Returns 0 or a negative errno. */
export function doRemapFilePages(mm: Mm, args: RemapFilePagesArgs): number {
  const how = mm.rules.remapFilePages;
  if (how === 'any prot') return remapUp(mm, args);
  if (args.prot !== 0) return -EINVAL;
  const { vpn, sizePages } = args;
  // Address and size are rounded down, each by itself.
  if (sizePages === 0 || vpn + sizePages >= mm.target.vpnEnd) return -EINVAL;
  if (how === 'emulated') return mapAnew(mm, args);
  if (how === 'nonlinear, files anew') return reorderOrMap(mm, args);
  return reorder(mm, vpn, sizePages, args, null);
}

/** 2.5.46: address and size are rounded up, and the end is that of the address as it was given. */
function remapUp(mm: Mm, args: RemapFilePagesArgs): number {
  const start = args.vpn + (args.offset > 0 ? 1 : 0);
  const npages = args.sizePages + (args.sizeOffset > 0 ? 1 : 0);
  return reorder(mm, start, npages, args, args.prot & (PROT_READ | PROT_WRITE | PROT_EXEC));
}

/** Address and size as they were given must end inside [start, end) or at its end. */
function endsWithin(mm: Mm, args: RemapFilePagesArgs, start: number, end: number): boolean {
  const { pageSize } = mm.target;
  const bytes = args.offset + args.sizeOffset;
  const page = args.vpn + args.sizePages + Math.floor(bytes / pageSize);
  const isInPage = bytes % pageSize > 0;
  return (page > start || (page === start && isInPage)) && (page < end || (page === end && !isInPage));
}

/** One shared area holds the range from `start` on; its pages are installed anew from `pgoff` on. */
function reorder(mm: Mm, start: number, npages: number, args: RemapFilePagesArgs, prot: number | null): number {
  const { vmas, pageTable } = mm;
  const { pgoff } = args;
  const h = vmas.find(start);
  if (h === NONE || start < vmas.vmStart[h]! || !endsWithin(mm, args, start, vmas.vmEnd[h]!)) return -EINVAL;
  const vmFlags = vmas.vmFlags[h]!;
  const mapping = mm.files[vmas.vmFile[h]!]?.mapping;
  if ((vmFlags & VM_SHARED) === 0 || !mapping) return -EINVAL;
  const isLinear = pgoff === vmas.vmPgoff[h]! + (start - vmas.vmStart[h]!);
  if (mm.rules.remapFilePages === 'nonlinear' && !isLinear) vmas.vmFlags[h] = (vmFlags | VM_NONLINEAR) >>> 0;
  if (!holds(mapping, pgoff, npages)) return -EINVAL;
  const rights = prot === null ? vmFlags : (vmFlags & ~(VM_READ | VM_WRITE | VM_EXEC)) | prot;
  for (let i = 0; i < npages; i++) {
    if (!pageTable.installFilePage(start + i, mapping, pgoff + i, rights)) return -EINVAL;
  }
  return 0;
}

/** 3.6: nothing to do for what is in order; a file, whose dirty pages are counted by area, gets an area more. */
function reorderOrMap(mm: Mm, args: RemapFilePagesArgs): number {
  const { vmas } = mm;
  const { vpn, sizePages, pgoff, flags } = args;
  if (pgoff + sizePages >= 2 ** Math.min(mm.target.pteFileMaxBits, mm.target.kernelBits)) return -EINVAL;
  const h = vmas.find(vpn);
  if (h === NONE || vmas.vmStart[h]! > vpn || vpn + sizePages > vmas.vmEnd[h]!) return -EINVAL;
  const vmFlags = vmas.vmFlags[h]!;
  const mapped = mm.files[vmas.vmFile[h]!];
  if ((vmFlags & VM_SHARED) === 0 || !mapped?.mapping) return -EINVAL;
  const isLinear = pgoff === vmas.vmPgoff[h]! + (vpn - vmas.vmStart[h]!);
  if ((vmFlags & VM_NONLINEAR) === 0 && isLinear) return 0;
  if (!mapped.mapping.isAnonymous) {
    const file = { mapped, readable: true, writable: (vmFlags & VM_MAYWRITE) !== 0, mappable: true };
    const region = Object.assign(newMmapArgs(), {
      at: vpn, npages: sizePages, vmFlags, file, pgoff, flags: flags & mm.target.map.NONBLOCK,
    });
    return Math.min(whileHeld(mapped.mapping, () => mmapRegion(mm, region)), 0);
  }
  vmas.vmFlags[h] = (vmFlags | VM_NONLINEAR) >>> 0;
  return reorder(mm, vpn, sizePages, { ...args, offset: 0, sizeOffset: 0 }, null);
}

/** Does what may unmap a file's last area: the call holds the file meanwhile. */
function whileHeld(mapping: AddressSpace | null, act: () => number): number {
  if (mapping === null) return act();
  mapping.areas += 1;
  const result = act();
  mapping.areas -= 1;
  if (mapping.areas === 0) mapping.drop();
  return result;
}

/** filemap_populate(), shmem_populate(): nothing is installed when the file ends before the range does. */
function holds(mapping: AddressSpace, pgoff: number, npages: number): boolean {
  return npages > 0 && mapping.page(pgoff + npages - 1) >= 0;
}

/** 4.0 on: the range, which may lie in several areas of one file with equal flags, is mapped once more. */
function mapAnew(mm: Mm, { vpn, sizePages, pgoff, flags }: RemapFilePagesArgs): number {
  const { vmas } = mm;
  const { map } = mm.target;
  if (pgoff + sizePages >= POW2[mm.target.kernelBits]!) return -EINVAL;
  const h = vmas.find(vpn);
  if (h === NONE || vmas.vmStart[h]! > vpn || (vmas.vmFlags[h]! & VM_SHARED) === 0) return -EINVAL;
  if (!isOneFile(mm, h, vpn + sizePages)) return -EINVAL;
  const vmFlags = vmas.vmFlags[h]!;
  const mapped = mm.files[vmas.vmFile[h]!]!;
  const args = newMmapArgs();
  args.vpn = vpn;
  args.lenPages = sizePages;
  args.prot = vmFlags & (VM_READ | VM_WRITE | VM_EXEC);
  args.flags = (flags & map.NONBLOCK) | map.SHARED | map.FIXED | map.POPULATE;
  if ((vmFlags & VM_LOCKED) !== 0) args.flags |= map.LOCKED;
  args.file = { mapped, readable: true, writable: (vmFlags & VM_MAYWRITE) !== 0, mappable: true };
  args.pgoff = pgoff;
  return Math.min(whileHeld(mapped.mapping ?? null, () => doMmap(mm, args)), 0);
}

/** Whether the areas from `first` up to page `end` follow each other and are alike. */
function isOneFile(mm: Mm, first: number, end: number): boolean {
  const { vmas } = mm;
  let h = first;
  while (vmas.vmEnd[h]! < end) {
    const next = vmas.next(h);
    if (next === NONE || vmas.vmStart[next] !== vmas.vmEnd[h]) return false;
    if (vmas.vmFile[next] !== vmas.vmFile[first] || vmas.vmFlags[next] !== vmas.vmFlags[first]) return false;
    h = next;
  }
  return true;
}
