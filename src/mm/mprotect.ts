/**
 * mprotect: sys_mprotect() and mprotect_fixup() of Linux 2.5.46, mm/mprotect.c. It merges a changed area
 * into the one below it only, and once, at the end, into the one above.
 */
import { EACCES, EINVAL, ENOMEM } from '../arch/generic/errno.js';
import {
  PROT_EXEC, PROT_READ, PROT_SEM, PROT_WRITE, VM_ACCOUNT, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import type { Mm } from './mm.js';
import { pageAlign } from './mmap.js';
import { canVmaMerge } from './vma_merge.js';
import { NONE } from './vma_set.js';

const PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;
const PROT_RWX = PROT_READ | PROT_WRITE | PROT_EXEC;

/**
 * Changes the rights of a range. Returns 0, or -EINVAL (unaligned, wrapping, unknown bits), -ENOMEM (a gap
 * in the range, areas before it stay changed; no memory to commit; map limit), -EACCES (more than the
 * mapping allows; PROT_SEM, whose bit is VM_SHARED's).
 */
export function doMprotect(
  mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number, prot: number,
): number {
  if (offset !== 0) return -EINVAL;
  const end = vpn + pageAlign(mm, lenPages, lenOffset);
  // end < start: the sum wrapped. A range that ends exactly at the top has end 0 in the kernel.
  if (end >= mm.target.vpnEnd) return -EINVAL;
  if ((prot & ~PROT_ALL) !== 0) return -EINVAL;
  if (end === vpn) return 0;
  const h = mm.vmas.find(vpn);
  if (h === NONE || mm.vmas.vmStart[h]! > vpn) return -ENOMEM;
  return protectAreas(mm, h, vpn, end, prot);
}

function protectAreas(mm: Mm, first: number, start: number, end: number, prot: number): number {
  const { vmas } = mm;
  let h = first;
  let at = start;
  for (;;) {
    const vmFlags = vmas.vmFlags[h]!;
    const newFlags = (prot | (vmFlags & ~PROT_RWX)) >>> 0;
    if ((newFlags & ~(newFlags >>> 4) & 0xf) !== 0) return -EACCES;
    const vmEnd = vmas.vmEnd[h]!;
    const stop = Math.min(vmEnd, end);
    const error = fixup(mm, h, at, stop, newFlags);
    if (error < 0) return error;
    if (vmEnd > end) return 0;
    // Handles moved: the area that now ends the changed part is found again.
    const done = vmas.find(stop - 1);
    if (vmEnd === end) {
      mergeWithNext(mm, done);
      return 0;
    }
    h = vmas.next(done);
    at = stop;
    if (h === NONE || vmas.vmStart[h] !== at) return -ENOMEM;
  }
}

/** mprotect_fixup(): [start, end) lies in area `h`. Returns 0 or -ENOMEM. */
function fixup(mm: Mm, h: number, start: number, end: number, asked: number): number {
  const { vmas } = mm;
  const vmFlags = vmas.vmFlags[h]!;
  if (asked === vmFlags) return 0;
  let newFlags = asked;
  let charged = 0;
  if ((newFlags & VM_WRITE) !== 0 && (vmFlags & (VM_ACCOUNT | VM_WRITE | VM_SHARED)) === 0) {
    charged = end - start;
    if (!mm.vm.enoughMemory(charged)) return -ENOMEM;
    newFlags |= VM_ACCOUNT;
  }
  const error = changeFlags(mm, h, start, end, newFlags);
  if (error < 0) mm.vm.unacct(charged);
  else mm.pageTable.protect(start, end, newFlags);
  return error;
}

function changeFlags(mm: Mm, area: number, start: number, end: number, newFlags: number): number {
  const { vmas } = mm;
  let h = area;
  if (start === vmas.vmStart[h]) {
    if (mergeIntoPrev(mm, h, end, newFlags)) return 0;
  } else {
    if (vmas.size >= mm.maxMapCount) return -ENOMEM;
    h = mm.split(h, start);
  }
  if (end !== vmas.vmEnd[h]) {
    if (vmas.size >= mm.maxMapCount) return -ENOMEM;
    h = vmas.prev(mm.split(h, end));
  }
  vmas.vmFlags[h] = newFlags;
  return 0;
}

/** mprotect_attempt_merge(): the changed front of `h` joins the area below it. */
function mergeIntoPrev(mm: Mm, h: number, end: number, newFlags: number): boolean {
  const { vmas } = mm;
  const prev = vmas.prev(h);
  if (prev === NONE || vmas.vmEnd[prev] !== vmas.vmStart[h] || !canVmaMerge(mm, prev, newFlags)) return false;
  if (vmas.vmFile[h] !== 0 || (vmas.vmFlags[h]! & VM_SHARED) !== 0) return false;
  mm.stats.merges += 1;
  vmas.setEnd(prev, end);
  if (end === vmas.vmEnd[h]) vmas.remove(h);
  else vmas.setStart(h, end);
  return true;
}

/** The merge after the loop, when the last area ended exactly at the range's end. */
function mergeWithNext(mm: Mm, h: number): void {
  const { vmas } = mm;
  const next = vmas.next(h);
  if (next === NONE || vmas.vmEnd[h] !== vmas.vmStart[next]) return;
  const vmFlags = vmas.vmFlags[h]!;
  if (!canVmaMerge(mm, next, vmFlags) || vmas.vmFile[h] !== 0 || (vmFlags & VM_SHARED) !== 0) return;
  mm.stats.merges += 1;
  vmas.setEnd(h, vmas.vmEnd[next]!);
  vmas.remove(next);
}
