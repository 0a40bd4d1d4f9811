/**
 * mprotect: sys_mprotect() and mprotect_fixup(), mm/mprotect.c. The argument checks and their order are the
 * release's. 2.4.20 and 2.5.46 merge a changed area into the one below it only, and once, at the end, into the one
 * above; from 2.6.7 on the general engine does it (vma_merge.ts).
 */
import { EACCES, EINVAL, ENOMEM } from '../arch/generic/errno.js';
import {
  PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP, PROT_READ, PROT_SEM, PROT_WRITE, VM_ACCOUNT, VM_GROWSDOWN, VM_GROWSUP,
  VM_LOCKED, VM_NORESERVE, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import type { MprotectStep } from '../release/index.js';
import type { Mm } from './mm.js';
import { pageAlign } from './page_align.js';
import { makePagesPresent } from './populate.js';
import { canVmaMerge, vmaModify } from './vma_merge.js';
import { NONE } from './vma_set.js';

const PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;
const PROT_RWX = PROT_READ | PROT_WRITE | PROT_EXEC;

/** What the argument checks need; length in whole pages, rounded up, and whether it was 0 before. */
interface Range {
  vpn: number;
  offset: number;
  isEmpty: boolean;
  npages: number;
  prot: number;
}

/** Filled in anew for each call. */
const range: Range = { vpn: 0, offset: 0, isEmpty: false, npages: 0, prot: 0 };

/** The call is answered with 0. */
const FINISHED = 1;

/** end < start in the kernel's arithmetic: the sum wrapped, or came to exactly 0 at the top. */
function wraps(mm: Mm, range: Range): boolean {
  return range.npages > 0 && range.vpn + range.npages >= mm.target.vpnEnd;
}

const steps: Readonly<Record<MprotectStep, (mm: Mm, range: Range) => number>> = {
  'GROWSDOWN with GROWSUP: EINVAL': (_mm, range) =>
    (range.prot & (PROT_GROWSDOWN | PROT_GROWSUP)) === (PROT_GROWSDOWN | PROT_GROWSUP) ? -EINVAL : 0,
  'unaligned: EINVAL': (_mm, range) => (range.offset !== 0 ? -EINVAL : 0),
  'wraps: EINVAL': (mm, range) => (wraps(mm, range) ? -EINVAL : 0),
  'wraps: ENOMEM': (mm, range) => (wraps(mm, range) ? -ENOMEM : 0),
  'length 0: 0': (_mm, range) => (range.isEmpty ? FINISHED : 0),
  'ends at or below its start: ENOMEM': (mm, range) => (range.npages === 0 || wraps(mm, range) ? -ENOMEM : 0),
  'unknown bits: EINVAL': (mm, range) => {
    const grows = mm.rules.prot.growsFlags ? PROT_GROWSDOWN | PROT_GROWSUP : 0;
    return (range.prot & ~(PROT_ALL | grows)) !== 0 ? -EINVAL : 0;
  },
  'bits other than READ, WRITE and EXEC: EINVAL': (_mm, range) => ((range.prot & ~PROT_RWX) !== 0 ? -EINVAL : 0),
  'rounds to 0: 0': (_mm, range) => (range.npages === 0 ? FINISHED : 0),
};

/**
 * Changes the rights of a range. Returns 0, or -EINVAL (unaligned, unknown bits, a wrong kind of area for
 * PROT_GROWSDOWN), -ENOMEM (a gap in the range, areas before it stay changed; no memory to commit; map
 * limit), -EACCES (more than the mapping allows).
 */
export function doMprotect(
  mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number, prot: number,
): number {
  const npages = pageAlign(mm, lenPages, lenOffset);
  range.vpn = vpn;
  range.offset = offset;
  range.isEmpty = lenPages === 0 && lenOffset === 0;
  range.npages = npages;
  range.prot = prot;
  const names = mm.rules.mprotect;
  for (let i = 0; i < names.length; i++) {
    const result = steps[names[i]!](mm, range);
    if (result !== 0) return result === FINISHED ? 0 : result;
  }
  if (mm.target.readImpliesExec && (prot & PROT_READ) !== 0) range.prot |= PROT_EXEC;
  return mm.rules.prot.growsFlags ? protectGrowing(mm, range) : protectFrom(mm, vpn, vpn + npages, range.prot);
}

function protectFrom(mm: Mm, start: number, end: number, prot: number): number {
  const h = mm.vmas.find(start);
  if (h === NONE || mm.vmas.vmStart[h]! > start) return -ENOMEM;
  return protectAreas(mm, h, start, end, prot);
}

/** PROT_GROWSDOWN reaches down to the start of a stack, PROT_GROWSUP up to the end of one. */
function protectGrowing(mm: Mm, range: Range): number {
  const { vmas } = mm;
  const grows = range.prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  const prot = range.prot & PROT_RWX;
  const end = range.vpn + range.npages;
  const h = vmas.find(range.vpn);
  if (h === NONE) return -ENOMEM;
  if (grows === PROT_GROWSDOWN) {
    if (vmas.vmStart[h]! >= end) return -ENOMEM;
    return (vmas.vmFlags[h]! & VM_GROWSDOWN) === 0 ? -EINVAL : protectFrom(mm, vmas.vmStart[h]!, end, prot);
  }
  if (vmas.vmStart[h]! > range.vpn) return -ENOMEM;
  if (grows === 0) return protectAreas(mm, h, range.vpn, end, prot);
  return (vmas.vmFlags[h]! & VM_GROWSUP) === 0 ? -EINVAL : protectFrom(mm, range.vpn, vmas.vmEnd[h]!, prot);
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
      if (mm.rules.merges !== 'everything') mergeWithNext(mm, done);
      return 0;
    }
    at = stop;
    h = vmas.vmEnd[done]! > stop ? done : vmas.next(done);
    if (h === NONE || vmas.vmStart[h]! > at) return -ENOMEM;
  }
}

/** mprotect_fixup(): [start, end) lies in area `h`. Returns 0 or -ENOMEM. */
function fixup(mm: Mm, h: number, start: number, end: number, asked: number): number {
  const { vmas } = mm;
  const vmFlags = vmas.vmFlags[h]!;
  if (asked === vmFlags) return 0;
  const npages = end - start;
  let newFlags = asked;
  let charged = 0;
  const noCharge = VM_ACCOUNT | VM_WRITE | VM_SHARED | (mm.rules.noreserveFlag ? VM_NORESERVE : 0);
  if ((newFlags & VM_WRITE) !== 0) {
    if (mm.rules.prot.dataLimit && !mm.mayExpand(newFlags, npages) && mm.mayExpand(vmFlags, npages)) return -ENOMEM;
    if (mm.rules.prot.charges && (vmFlags & noCharge) === 0) {
      charged = npages;
      if (!mm.enoughMemory(charged)) return -ENOMEM;
      newFlags |= VM_ACCOUNT;
    }
  } else if (mm.rules.prot.dropsAccount && (vmFlags & VM_ACCOUNT) !== 0 && isUntouched(mm, h)) {
    newFlags &= ~VM_ACCOUNT;
    charged = -npages;
  }
  const change = mm.rules.merges === 'everything' ? vmaModify : changeFlags;
  const error = change(mm, h, start, end, newFlags >>> 0);
  if (error < 0) {
    if (charged > 0) mm.vm.unacct(charged);
    return error;
  }
  if (charged < 0) mm.vm.unacct(-charged);
  mm.account(vmFlags, -npages);
  mm.account(newFlags, npages);
  mm.pageTable.protect(start, end, newFlags);
  // Locked private memory is present; what could not be written to is so from here on: 4.4 and later.
  const wasLocked = (vmFlags & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED;
  if (mm.rules.lock.onFault && wasLocked && (newFlags & VM_WRITE) !== 0) makePagesPresent(mm, start, end);
  return 0;
}

/** Anonymous memory that was never written: it has no anon_vma yet. */
function isUntouched(mm: Mm, h: number): boolean {
  return mm.vmas.vmFile[h] === 0 && mm.vmas.vmAnon[h] === 0;
}

function changeFlags(mm: Mm, area: number, start: number, end: number, newFlags: number): number {
  const { vmas } = mm;
  let h = area;
  if (start === vmas.vmStart[h]) {
    if (mergeIntoPrev(mm, h, end, newFlags)) return 0;
  } else {
    if (mm.mayNotSplit()) return -ENOMEM;
    h = mm.split(h, start);
  }
  if (end !== vmas.vmEnd[h]) {
    if (mm.mayNotSplit()) return -ENOMEM;
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
