/**
 * Shared memory without a file, and that of /dev/zero: mm/shmem.c: shmem_zero_setup(), shmem_file_setup(), read in
 * Linux 2.4.20, 2.5.45 to 2.6.18, 3.6, 3.8, 4.12, 6.1 and 6.13.
 *
 *   mmap ->  [ area ]  area of a fork's child       the object is charged once, for its whole size, whatever its rights,
 *                \     /                            and gives that back when the last area of all mms has gone:
 *               object, charged                     an unmapped half gives nothing
 *
 * Unlike Linux: what MAP_NORESERVE excuses is not charged page by page as it is used (2.6.5 on); no mode that heeds the
 * flag would notice.
 */
import { EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { VM_NORESERVE } from '../arch/generic/mman.js';
import type { Target } from '../arch/index.js';
import { AddressSpace, zeroBacking } from './address_space.js';
import type { Mm } from './mm.js';
import type { MappedFile, MmapArgs } from './requests.js';

/** Whether MAP_NORESERVE spares the map its charge: not in mode 2. */
export function isExcused(mm: Mm, args: MmapArgs): boolean {
  return mm.rules.noreserveFlag
    ? (args.vmFlags & VM_NORESERVE) !== 0
    : (args.flags & mm.target.map.NORESERVE) !== 0 && mm.vm.overcommit <= 1;
}

/**
 * SHMEM_MAX_INDEX: 16 pages, and two levels of tables below each entry of half a page. 256 GiB on x86_64 with its
 * 4 KiB pages, more than they can address on 32-bit kernels.
 */
function mostPages({ pageSize, kernelBits }: Target): number {
  const entries = pageSize / (kernelBits / 8);
  return 16 + ((entries * entries) / 2) * (entries + 1);
}

/** Charges new shared memory. Returns the pages, -EINVAL for too many, or -ENOMEM; what was replaced is gone already. */
function charge(mm: Mm, args: MmapArgs): number {
  const { rules, vm } = mm;
  const { hasLimit, noreserveExcuses, chargedBesideOld } = rules.sharedMemory;
  if (hasLimit && args.npages > mostPages(mm.target)) return -EINVAL;
  if (noreserveExcuses && isExcused(mm, args)) return 0;
  const old = chargedBesideOld ? args.givenBack : 0;
  vm.committed += old;
  const isCharged = vm.enoughMemory(args.npages, mm.totalVm + (chargedBesideOld ? args.replaced : 0));
  vm.committed -= old;
  return isCharged ? args.npages : -ENOMEM;
}

/** The object that new shared memory maps, or a negative errno. */
export function shmemZeroSetup(mm: Mm, args: MmapArgs): MappedFile | number {
  const charged = charge(mm, args);
  if (charged < 0) return charged;
  const mapping = new AddressSpace(mm.pageTable.memory, zeroBacking(mm.bytes(args.npages)), true);
  mapping.charged = charged;
  return { path: '/dev/zero (deleted)', major: 0, minor: 0, inode: mm.vm.nextInode(), mapping };
}
