/**
 * munmap: do_munmap() of Linux 2.5.46, mm/mmap.c.
 *
 *   [   A   ][  B  ]   munmap     [ A ]      [ B ]    what sticks out at either side is split off first,
 *       ^-------^       ->                            and a split that fails leaves the first one done
 */
import { EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { VM_LOCKED } from '../arch/generic/mman.js';
import type { Mm } from './mm.js';
import { pageAlign } from './page_align.js';
import { NONE } from './vma_set.js';

/**
 * Unmaps; addresses and lengths are pages and bytes beyond. Returns 0 (also when nothing was mapped
 * there), -EINVAL for an unaligned address, a range beyond TASK_SIZE, a length of 0 or a part of what the kernel maps,
 * -ENOMEM when a split would exceed the map limit.
 */
export function doMunmap(mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number): number {
  const { taskSize } = mm.target;
  if (offset !== 0 || vpn > taskSize) return -EINVAL;
  if (lenPages > taskSize - vpn || (lenPages === taskSize - vpn && lenOffset > 0)) return -EINVAL;
  const npages = pageAlign(mm, lenPages, lenOffset);
  if (npages === 0) return -EINVAL;
  return unmapPages(mm, vpn, vpn + npages);
}

function unmapPages(mm: Mm, start: number, end: number): number {
  const { vmas } = mm;
  const hit = vmas.find(start);
  if (hit === NONE || vmas.vmStart[hit]! >= end) return 0;
  const first = cutEdges(mm, hit, start, end);
  if (first < 0) return first;
  removeAreas(mm, first, end);
  mm.pageTable.unmap(start, end);
  mm.dropUnmapped();
  return 0;
}

/**
 * Splits what lies across the bounds of [start, end), whose first area is `hit`; returns the first area that lies in it
 * whole, or a negative errno of doMunmap's.
 */
export function cutEdges(mm: Mm, hit: number, start: number, end: number): number {
  const { vmas } = mm;
  let h = hit;
  const everySplit = mm.rules.munmapLimit === 'every-split';
  const full = vmas.size >= mm.maxMapCount;
  // 6.x tests the limit only where the range makes a hole in one area, before it splits anything.
  if (full && !everySplit && start > vmas.vmStart[h]! && end < vmas.vmEnd[h]!) return -ENOMEM;
  if (start > vmas.vmStart[h]!) {
    if (full && everySplit) return -ENOMEM;
    if (mm.isUncut(h)) return -EINVAL;
    h = mm.split(h, start);
  }
  // The piece at `start` is usually the last one too: look it up only when it is not.
  const last = vmas.vmEnd[h]! >= end ? h : vmas.find(end);
  if (last !== NONE && vmas.vmStart[last]! < end && vmas.vmEnd[last]! > end) {
    if (everySplit && vmas.size >= mm.maxMapCount) return -ENOMEM;
    if (mm.isUncut(last)) return keepWhole(mm, h, last);
    mm.split(last, end);
    h = vmas.find(start);
  }
  return h;
}

/** The kernel's own area `last` is not cut, and nothing goes: -EINVAL. */
function keepWhole(mm: Mm, first: number, last: number): number {
  const { vmas } = mm;
  if (!mm.rules.special.forgetsLocks) return -EINVAL;
  for (let h = first; h !== last; h = vmas.next(h)) {
    if ((vmas.vmFlags[h]! & VM_LOCKED) !== 0) mm.lockedVm -= vmas.vmEnd[h]! - vmas.vmStart[h]!;
  }
  return -EINVAL;
}

/** Removes areas from `h` up to `end`, telling the search about each, and of the end (the kernel's unmap_vma). */
function removeAreas(mm: Mm, first: number, end: number): void {
  const { vmas } = mm;
  let h = first;
  while (h !== NONE && vmas.vmStart[h]! < end) {
    const vmStart = vmas.vmStart[h]!;
    const vmEnd = vmas.vmEnd[h]!;
    mm.unaccount(vmas.vmFlags[h]!, vmEnd - vmStart);
    h = mm.removeArea(h);
    mm.search.unmapped(mm, vmStart, vmEnd);
  }
  mm.search.unmappedRange(mm, h);
}
