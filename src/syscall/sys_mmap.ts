/**
 * mmap, munmap and mprotect as each machine enters them. The checks here are the ones that stand in the
 * machine's own wrapper, in its order; the rest is in src/mm. Sources, Linux 2.4.20 and 2.5.46 to 6.1:
 * arch/i386/kernel/sys_i386.c, arch/x86_64/ia32/sys_ia32.c, arch/sparc64/kernel/{sys_sparc.c,sys32.S}, arch/sparc/kernel/sys_sparc_64.c,
 * arch/ia64/kernel/sys_ia64.c.
 */
import { EBADF, EFAULT, EINVAL, ENODEV, ENOMEM } from '../arch/generic/errno.js';
import { PROT_EXEC, PROT_READ } from '../arch/generic/mman.js';
import { pageOffset, vpnOf } from '../lib/u64.js';
import { doMmap, type MmapArgs } from '../mm/mmap.js';
import { touchesHole } from '../mm/mmap_check.js';
import { FINISHED } from '../mm/mm.js';
import { pageAlign } from '../mm/page_align.js';
import { doMprotect } from '../mm/mprotect.js';
import { doMunmap } from '../mm/munmap.js';
import { copyFromUser } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

/** Arguments 0 to 3 into the kernel's record: address, length, prot, flags. */
function fill(k: Kernel): MmapArgs {
  const args = k.mmapArgs;
  args.vpn = k.vpn(0);
  args.offset = k.offset(0);
  args.lenPages = k.vpn(1);
  args.lenOffset = k.offset(1);
  args.prot = k.lo(2);
  args.flags = k.lo(3);
  args.file = null;
  return args;
}

/** Drops MAP_EXECUTABLE and MAP_DENYWRITE and looks up the file. Returns 0 or -EBADF. */
function takeFile(k: Kernel, args: MmapArgs, fd: number): number {
  const { map } = k.target;
  args.flags &= ~(map.EXECUTABLE | map.DENYWRITE);
  if ((args.flags & map.ANONYMOUS) !== 0) return 0;
  const file = k.process.files.get(fd);
  if (file === null) return -EBADF;
  args.file = file.open;
  return 0;
}

function map(k: Kernel, args: MmapArgs): number {
  const vpn = doMmap(k.mm, args);
  return vpn < 0 ? vpn : k.address(vpn, args.resultOffset);
}

/** i386 mmap2 (192): the offset counts 4096-byte pages. */
export function mmap2In4k(k: Kernel): number {
  return mmap2With(k, k.lo(2), map);
}

function mmap2With(k: Kernel, prot: number, mapIt: (k: Kernel, args: MmapArgs) => number): number {
  const args = fill(k);
  args.prot = prot;
  const error = takeFile(k, args, k.lo(4));
  if (error < 0) return error;
  args.pgoff = k.lo(5) >>> 0;
  return mapIt(k, args);
}

/** x86_64 mmap (9): a byte offset, looked at before the descriptor. */
export function x8664Mmap(k: Kernel): number {
  if (k.offset(5) !== 0) return -EINVAL;
  const args = fill(k);
  const error = takeFile(k, args, k.lo(4));
  if (error < 0) return error;
  args.pgoff = k.vpn(5);
  return map(k, args);
}

/** i386 mmap (90): one argument, the address of the six; any address, as i386 loads any. */
export function oldMmap(k: Kernel): number {
  return oldMmapWith(k, takeFile);
}

/** sys32_mmap() of x86_64 up to 2.6.18: it keeps all flags. */
export function ia32Mmap(k: Kernel): number {
  return oldMmapWith(k, takeFileAlone);
}

/** The same of 2.5.74 to 2.6.9, by vm_force_exec32: what may be read may be executed. */
export function ia32MmapExec(k: Kernel): number {
  return oldMmapWith(k, takeFileAddExec);
}

/** And of 2.4.20, which takes an address at the very end of 4 GiB, where no length was asked for, for an error. */
export function ia32Mmap24(k: Kernel): number {
  return oldMmapWith(k, takeFileAddExec, mapBelowLastByte);
}

/** And of 2.5.45 and 2.5.46: nothing is made executable ("when noexec works"), and nothing may end at 4 GiB. */
export function ia32Mmap25(k: Kernel): number {
  return oldMmapWith(k, takeFileAlone, mapBelow4G);
}

/** sys32_mmap2() of 2.5.74 to 2.6.9. */
export function ia32Mmap2Exec(k: Kernel): number {
  return mmap2With(k, withExec(k.lo(2)), map);
}

/** And of 2.5.45 and 2.5.46. */
export function ia32Mmap2In25(k: Kernel): number {
  return mmap2With(k, k.lo(2), mapBelow4GOrAll);
}

function takeFileAlone(k: Kernel, args: MmapArgs, fd: number): number {
  const { flags } = args;
  const error = takeFile(k, args, fd);
  args.flags = flags;
  return error;
}

function takeFileAddExec(k: Kernel, args: MmapArgs, fd: number): number {
  args.prot = withExec(args.prot);
  return takeFileAlone(k, args, fd);
}

function withExec(prot: number): number {
  return (prot & PROT_READ) !== 0 ? prot | PROT_EXEC : prot;
}

const LAST_BYTE = 0xffffffff;

/** An address of 4 GiB less one, which a length of 0 returns as it was given, is ENOMEM. */
function mapBelowLastByte(k: Kernel, args: MmapArgs): number {
  const vpn = doMmap(k.mm, args);
  if (vpn < 0) return vpn;
  return vpn * k.target.pageSize + args.resultOffset >= LAST_BYTE ? -ENOMEM : k.address(vpn, args.resultOffset);
}

/**
 * What was mapped up to 4 GiB goes again, and with it whatever it had replaced: ENOMEM. The length is taken as it was
 * asked for, so that one that ends two bytes earlier stays, and here a map at address 0 does.
 */
function mapBelow4G(k: Kernel, args: MmapArgs): number {
  return mapAndCompare(k, args, true);
}

/** sys32_mmap2() compares the map at address 0, too. */
function mapBelow4GOrAll(k: Kernel, args: MmapArgs): number {
  return mapAndCompare(k, args, false);
}

function mapAndCompare(k: Kernel, args: MmapArgs, zeroIsFine: boolean): number {
  const { pageSize } = k.target;
  const { lenPages, lenOffset } = args;
  const vpn = doMmap(k.mm, args);
  if (vpn < 0) return vpn;
  const at = vpn * pageSize + args.resultOffset;
  if (at + lenPages * pageSize + lenOffset < LAST_BYTE || (at === 0 && zeroIsFine)) return k.address(vpn, args.resultOffset);
  doMunmap(k.mm, vpn, args.resultOffset, lenPages, lenOffset);
  return -ENOMEM;
}

function oldMmapWith(k: Kernel, take: (k: Kernel, args: MmapArgs, fd: number) => number, mapIt = map): number {
  const block = new Uint8Array(24);
  if (copyFromUser(k.mm, block, 0, k.lo(0), block.length) < block.length) return -EFAULT;
  const view = new DataView(block.buffer);
  const words = [0, 4, 8, 12, 16, 20].map((at) => view.getInt32(at, true));
  const [addr, len, prot, flags, fd, offset] = words as [number, number, number, number, number, number];
  const shift = k.target.pageShift;
  if (pageOffset(offset, shift) !== 0) return -EINVAL;
  const args = k.mmapArgs;
  args.vpn = vpnOf(0, addr, shift);
  args.offset = pageOffset(addr, shift);
  args.lenPages = vpnOf(0, len, shift);
  args.lenOffset = pageOffset(len, shift);
  args.prot = prot;
  args.flags = flags;
  args.file = null;
  args.pgoff = vpnOf(0, offset, shift);
  const error = take(k, args, fd);
  return error < 0 ? error : mapIt(k, args);
}

/** sparc mmap (71), both word sizes: a byte offset, and the space that the machine does not have. */
export function sparcMmap(k: Kernel): number {
  return sparcMap(k, k.vpn(5), k.offset(5), true);
}

/** sparc 32-bit mmap2 (56): the offset counts 4096-byte units, so an odd one is not page-aligned. */
export function sparcMmap2(k: Kernel): number {
  return sparcMap(k, unitPages(k), unitOffset(k), true);
}

/** The same in 2.6.18: the range is mm's to look at. */
export function sparcMmap2618(k: Kernel): number {
  return sparcMap(k, k.vpn(5), k.offset(5), false);
}

export function sparcMmap2In2618(k: Kernel): number {
  return sparcMap(k, unitPages(k), unitOffset(k), false);
}

/** And from 3.6 on at the latest (2.6.32 has it): the offset comes before the descriptor, the length as it is. */
export function sparcMmap36(k: Kernel): number {
  return sparcMapPgoff(k, k.vpn(5), k.offset(5));
}

export function sparcMmap2In36(k: Kernel): number {
  return sparcMapPgoff(k, unitPages(k), unitOffset(k));
}

function unitPages(k: Kernel): number {
  return Math.floor((k.lo(5) >>> 0) / (k.target.pageSize / 4096));
}

function unitOffset(k: Kernel): number {
  return ((k.lo(5) >>> 0) % (k.target.pageSize / 4096)) * 4096;
}

function sparcMap(k: Kernel, pgoff: number, byteOffset: number, looksAtRange: boolean): number {
  const { target } = k;
  const args = fill(k);
  const error = takeFile(k, args, k.lo(4));
  if (error < 0) return error;
  const npages = pageAlign(k.mm, args.lenPages, args.lenOffset);
  const isFixed = (args.flags & target.map.FIXED) !== 0;
  if (looksAtRange && isOutsideSparc(k, args.vpn, args.offset, npages, isFixed)) return -EINVAL;
  if (byteOffset !== 0 || pgoff + npages >= target.vpnEnd) return -EINVAL;
  args.lenPages = npages;
  args.lenOffset = 0;
  args.pgoff = pgoff;
  return map(k, args);
}

function sparcMapPgoff(k: Kernel, pgoff: number, byteOffset: number): number {
  const args = fill(k);
  const npages = pageAlign(k.mm, args.lenPages, args.lenOffset);
  if (byteOffset !== 0 || pgoff + npages >= k.target.vpnEnd) return -EINVAL;
  const error = takeFile(k, args, k.lo(4));
  if (error < 0) return error;
  args.pgoff = pgoff;
  return map(k, args);
}

/** The range rule of sys_sparc.c: the length always, the address only for MAP_FIXED. */
function isOutsideSparc(k: Kernel, vpn: number, offset: number, npages: number, isFixed: boolean): boolean {
  const { target } = k;
  const hole = target.vaHole!;
  if (target.bits === 32) {
    return npages > target.searchEnd || (isFixed && isBeyond(vpn, offset, npages, target.searchEnd));
  }
  return npages > hole.start || (isFixed && vpn < hole.end && isBeyond(vpn, offset, npages, hole.start));
}

/** Whether the byte range starting at (vpn, offset) with `npages` ends above page `end`. */
function isBeyond(vpn: number, offset: number, npages: number, end: number): boolean {
  return vpn + npages > end || (vpn + npages === end && offset > 0);
}

/** What ia64's do_mmap2() tests of a length and a region before mm does: a release's own order. */
type Ia64Checks = (k: Kernel, args: MmapArgs, npages: number) => number;

/** Up to 2.6.0: what rounds to 0 is answered here, and a hint is tested like a fixed address. */
function ia64Checks(k: Kernel, args: MmapArgs, npages: number): number {
  return npages === 0 ? FINISHED : leavesRegion(k, args, npages);
}

/** 2.6.6 to 2.6.12: only a length of 0 is. */
function ia64Checks266(k: Kernel, args: MmapArgs, npages: number): number {
  if (args.lenPages === 0 && args.lenOffset === 0) return FINISHED;
  return ia64Checks2613(k, args, npages);
}

/** 2.6.13: nothing is. */
function ia64Checks2613(k: Kernel, args: MmapArgs, npages: number): number {
  return npages === 0 || npages > k.target.taskSize ? -EINVAL : leavesRegion(k, args, npages);
}

/** 2.6.18: the region is looked at by arch_mmap_check(). */
function ia64Checks2618(k: Kernel, _args: MmapArgs, npages: number): number {
  return npages === 0 || npages > k.target.taskSize ? -EINVAL : 0;
}

function leavesRegion(k: Kernel, args: MmapArgs, npages: number): number {
  const { pages, mapLimit } = k.target.region!;
  return npages > mapLimit || isBeyond(args.vpn % pages, args.offset, npages, mapLimit) ? -EINVAL : 0;
}

/** ia64 mmap (1151), whose offset counts bytes, and mmap2 (1172), where it counts pages of the machine's own size. */
function ia64MmapWith(checks: Ia64Checks): SyscallPair {
  return {
    mmap: (k) => (k.offset(5) !== 0 ? -EINVAL : ia64Map(k, k.vpn(5), checks)),
    mmap2: (k) => ia64Map(k, pagesArgument(k), checks),
  };
}

interface SyscallPair {
  readonly mmap: (k: Kernel) => number;
  readonly mmap2: (k: Kernel) => number;
}

function pagesArgument(k: Kernel): number {
  return (k.hi(5) >>> 0) * 2 ** 32 + (k.lo(5) >>> 0);
}

export const ia64Mmap25 = ia64MmapWith(ia64Checks);
export const ia64Mmap266 = ia64MmapWith(ia64Checks266);
export const ia64Mmap2613 = ia64MmapWith(ia64Checks2613);
export const ia64Mmap2618 = ia64MmapWith(ia64Checks2618);

function ia64Map(k: Kernel, pgoff: number, checks: Ia64Checks): number {
  const args = fill(k);
  const error = takeFile(k, args, k.lo(4));
  if (error < 0) return error;
  if (args.file !== null && !args.file.mappable) return -ENODEV;
  const npages = pageAlign(k.mm, args.lenPages, args.lenOffset);
  const checked = checks(k, args, npages);
  if (checked === FINISHED) return k.address(args.vpn, args.offset);
  if (checked < 0) return checked;
  args.lenPages = npages;
  args.lenOffset = 0;
  args.pgoff = pgoff;
  return map(k, args);
}

/** sys_mmap_pgoff() behind a byte offset: ia64 from 3.6 on. */
export function mmapPgoffOfBytes(k: Kernel): number {
  return k.offset(5) !== 0 ? -EINVAL : mmapPgoff(k, k.vpn(5));
}

export function mmapPgoffOfPages(k: Kernel): number {
  return mmapPgoff(k, pagesArgument(k));
}

function mmapPgoff(k: Kernel, pgoff: number): number {
  const args = fill(k);
  const error = takeFile(k, args, k.lo(4));
  if (error < 0) return error;
  args.pgoff = pgoff;
  return map(k, args);
}

export function sysMunmap(k: Kernel): number {
  return doMunmap(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1));
}

/** sparc64 munmap of a 64-bit task: nothing that reaches into the hole. */
export function sparc64Munmap(k: Kernel): number {
  const { target } = k;
  const hole = target.vaHole!;
  const vpn = k.vpn(0);
  const offset = k.offset(0);
  const lenPages = k.vpn(1);
  const lenOffset = k.offset(1);
  const bytes = offset + lenOffset;
  const endPages = vpn + lenPages + Math.floor(bytes / target.pageSize);
  const endOffset = bytes % target.pageSize;
  if (target.mmapCheck !== 'none') {
    if (lenPages >= hole.start || touchesHole(hole, target.vpnEnd, vpn, endPages - vpn)) return -EINVAL;
    return doMunmap(k.mm, vpn, offset, lenPages, lenOffset);
  }
  const tooLong = lenPages > hole.start || (lenPages === hole.start && lenOffset > 0);
  const crosses = vpn < hole.end && (endPages > hole.start || (endPages === hole.start && endOffset > 0));
  return tooLong || crosses ? -EINVAL : doMunmap(k.mm, vpn, offset, lenPages, lenOffset);
}

export function sysMprotect(k: Kernel): number {
  return doMprotect(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1), k.lo(2));
}

/** sys32_mprotect() of x86_64 up to 2.6.9. */
export function ia32MprotectExec(k: Kernel): number {
  return doMprotect(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1), withExec(k.lo(2)));
}
