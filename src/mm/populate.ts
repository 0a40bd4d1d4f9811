/**
 * Pages made present without being touched: make_pages_present() of 2.x, mm/memory.c; mm_populate() of 6.x,
 * mm/gup.c. For locked memory and MAP_POPULATE.
 *
 * Unlike Linux: reading an unwritten anonymous page maps the zero page there, which is not in the page table
 * here; such a page counts as absent (mincore).
 */
import { EFAULT } from '../arch/generic/errno.js';
import { VM_READ, VM_WRITE } from '../arch/generic/mman.js';
import { VM_LOCKONFAULT } from '../arch/generic/mman_calls.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** Some pages were made present, and then one was refused. */
export const PARTLY = -1;

/**
 * Faults on the pages of [start, end), which lies in one area, as writes where it may be written. Returns 0,
 * the errno of the first page, or PARTLY when a later one was refused.
 */
export function makePagesPresent(mm: Mm, start: number, end: number): number {
  const { vmas, pageTable } = mm;
  const vmFlags = vmas.vmFlags[vmas.find(start)]!;
  const isWrite = (vmFlags & VM_WRITE) !== 0;
  if (mm.rules.lock.onFault) {
    if ((vmFlags & VM_LOCKONFAULT) !== 0) return 0;
  } else if (!isWrite && (vmFlags & VM_READ) === 0) {
    return -EFAULT; // get_user_pages() without force needs VM_READ; a fault is content with VM_EXEC
  }
  const done = pageTable.populate(start, end, isWrite);
  if (done === end - start) return 0;
  return done === 0 ? pageTable.populateError : PARTLY;
}

/** __mm_populate(): every area in [start, end). Returns 0, or the errno of the first page refused. */
export function populate(mm: Mm, start: number, end: number, ignoresErrors: boolean): number {
  const { vmas } = mm;
  for (let h = vmas.find(start); h !== NONE && vmas.vmStart[h]! < end; h = vmas.next(h)) {
    const from = Math.max(vmas.vmStart[h]!, start);
    const error = makePagesPresent(mm, from, Math.min(vmas.vmEnd[h]!, end));
    if (error < 0 && !ignoresErrors) return mm.pageTable.populateError || error;
  }
  return 0;
}
