/**
 * Pages made present without being touched: make_pages_present() of 2.x, mm/memory.c; mm_populate() of 6.x,
 * mm/gup.c. For locked memory and MAP_POPULATE.
 *
 * Unlike Linux: reading an unwritten anonymous page maps the zero page there, which is not in the page table
 * here; such a page counts as absent (mincore).
 */
import { EFAULT } from '../arch/generic/errno.js';
import { VM_EXEC, VM_IO, VM_LOCKED, VM_PFNMAP, VM_READ, VM_SHARED, VM_WRITE } from '../arch/generic/mman.js';
import { VM_LOCKONFAULT } from '../arch/generic/mman_calls.js';
import { guardPagesAbove, guardPagesBelow } from './expand_stack.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

const RIGHTS = VM_READ | VM_WRITE | VM_EXEC;

/** Some pages were made present, and then one was refused. */
export const PARTLY = -1;

/**
 * Faults on the pages of [first, stop), which lies in one area, as writes where it may be written. Returns 0,
 * the errno of the first page, or PARTLY when a later one was refused.
 */
export function makePagesPresent(mm: Mm, first: number, stop: number): number {
  const { vmas, pageTable } = mm;
  const h = vmas.find(first);
  const vmFlags = vmas.vmFlags[h]!;
  const isWrite = (vmFlags & VM_WRITE) !== 0;
  if (mm.rules.lock.onFault) {
    if ((vmFlags & VM_LOCKONFAULT) !== 0) return mm.rules.lock.onFaultNeedsRights && (vmFlags & RIGHTS) === 0 ? -EFAULT : 0;
  } else if (needsRead(mm, vmFlags) && (vmFlags & VM_READ) === 0) {
    return -EFAULT; // get_user_pages() without force; a fault is content with VM_EXEC
  }
  // mlock skips a stack's guard page (FOLL_MLOCK in __get_user_pages() of 3.6).
  const isLocked = (vmFlags & VM_LOCKED) !== 0;
  const start = isLocked ? Math.max(first, vmas.vmStart[h]! + guardPagesBelow(mm, h)) : first;
  const end = isLocked ? Math.min(stop, vmas.vmEnd[h]! - guardPagesAbove(mm, h)) : stop;
  const done = start < end ? pageTable.populate(start, end, isWrite) : end - start;
  if (done === end - start) return 0;
  return done === 0 ? pageTable.populateError : PARTLY;
}

/** make_pages_present() asks for VM_READ where it does not write: shared memory, too, in 3.6, which forces locked pages. */
function needsRead(mm: Mm, vmFlags: number): boolean {
  if (!mm.rules.lock.presentLast) return (vmFlags & VM_WRITE) === 0;
  return (vmFlags & VM_LOCKED) === 0 && (vmFlags & (VM_WRITE | VM_SHARED)) !== VM_WRITE;
}

/** do_mlock_pages() of 3.6, __mm_populate(): every area but the kernel's own in [start, end). Returns 0, or the errno of the first page refused. */
export function populate(mm: Mm, start: number, end: number, ignoresErrors: boolean): number {
  const { vmas } = mm;
  if (start === end) return 0;
  for (let h = vmas.find(start); h !== NONE && vmas.vmStart[h]! < end; h = vmas.next(h)) {
    if ((vmas.vmFlags[h]! & (VM_IO | VM_PFNMAP)) !== 0) continue;
    const from = Math.max(vmas.vmStart[h]!, start);
    const error = makePagesPresent(mm, from, Math.min(vmas.vmEnd[h]!, end));
    if (error < 0 && !ignoresErrors) return error === PARTLY ? mm.pageTable.populateError : error;
  }
  return 0;
}
