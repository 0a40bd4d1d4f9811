/**
 * mlock, mlock2, munlock, mlockall, munlockall: mm/mlock.c. Programs here run without CAP_IPC_LOCK: up to
 * 2.6.8 they may lock nothing, from 2.6.9 on what RLIMIT_MEMLOCK lets them. Memory that is locked is made
 * present, area by area in 2.6.18 and at the end of the call from 3.6 on.
 *
 * Left out, as only a privileged task reaches it: what mlockall() of 2.5.46 does.
 */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, ENOSYS, EPERM } from '../arch/generic/errno.js';
import { VM_IO, VM_LOCKED } from '../arch/generic/mman.js';
import { MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT, MLOCK_ONFAULT, VM_LOCKONFAULT } from '../arch/generic/mman_calls.js';
import type { Mm } from './mm.js';
import { makePagesPresent, populate } from './populate.js';
import { vmaModify } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** Start rounded down, length in pages that covers what was asked for: 0 where the sum wraps. */
interface Range {
  readonly start: number;
  readonly npages: number;
}

function rangeOf(mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number): Range {
  const npages = lenPages + Math.ceil((lenOffset + offset) / mm.target.pageSize);
  return { start: vpn, npages: npages % mm.target.vpnEnd };
}

/** Half of memory may be locked at most, 2.5.46; nobody gets past EPERM after it. */
function overLimit(mm: Mm, { start, npages }: Range): boolean {
  const limit = Math.floor(mm.rlimits.memlock / mm.target.pageSize);
  let locked = mm.lockedVm + npages;
  if (mm.rules.lock.halfOfRam && locked > Math.floor(mm.vm.totalRam / 2)) return true;
  if (locked > limit && mm.rules.lock.countsOnce) locked -= lockedIn(mm, start, start + npages);
  return locked > limit;
}

/** count_mm_mlocked_page_nr(): pages of [start, end) that are locked, by a sum of bytes that is an int in 4.12. */
function lockedIn(mm: Mm, start: number, end: number): number {
  const pages = lockedPagesIn(mm, start, end);
  const { pageSize } = mm.target;
  return mm.rules.lock.countsInInt ? Math.floor(((pages * pageSize) | 0) / pageSize) : pages;
}

function lockedPagesIn(mm: Mm, start: number, end: number): number {
  const { vmas } = mm;
  let count = 0;
  for (let h = vmas.find(start); h !== NONE && vmas.vmStart[h]! < end; h = vmas.next(h)) {
    if ((vmas.vmFlags[h]! & VM_LOCKED) === 0) continue;
    count += Math.min(vmas.vmEnd[h]!, end) - Math.max(vmas.vmStart[h]!, start);
  }
  return count;
}

/** Locks a range. Returns 0 or a negative errno; areas before one that fails stay locked. */
export function doMlock(mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number): number {
  return lockRange(mm, rangeOf(mm, vpn, offset, lenPages, lenOffset), VM_LOCKED);
}

/** mlock2, which releases before 4.4 do not have: with MLOCK_ONFAULT pages are locked as they are touched. */
export function doMlock2(
  mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number, flags: number,
): number {
  if (!mm.rules.lock.onFault) return -ENOSYS;
  if ((flags & ~MLOCK_ONFAULT) !== 0) return -EINVAL;
  const lock = flags === 0 ? VM_LOCKED : VM_LOCKED | VM_LOCKONFAULT;
  return lockRange(mm, rangeOf(mm, vpn, offset, lenPages, lenOffset), lock);
}

/** Needs no privilege and knows no limit in any release. */
export function doMunlock(mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number): number {
  return applyToRange(mm, rangeOf(mm, vpn, offset, lenPages, lenOffset), 0);
}

function lockRange(mm: Mm, range: Range, lock: number): number {
  const { privileged, presentLast } = mm.rules.lock;
  if (!privileged && mm.rlimits.memlock === 0) return -EPERM;
  if (overLimit(mm, range)) return -ENOMEM;
  if (privileged) return -EPERM;
  const error = applyToRange(mm, range, lock);
  if (error < 0 || !presentLast) return error;
  const refused = populate(mm, range.start, range.start + range.npages, false);
  // POSIX: memory that cannot be had now is EAGAIN, addresses that cannot be touched are ENOMEM.
  if (refused === -EFAULT) return -ENOMEM;
  return refused === -ENOMEM ? -EAGAIN : refused;
}

/** do_mlock() of 2.x, apply_vma_lock_flags(): gives every area of the range these lock flags. */
function applyToRange(mm: Mm, { start, npages }: Range, lock: number): number {
  const { vmas } = mm;
  const end = start + npages;
  if (npages > 0 && end >= mm.target.vpnEnd) return -EINVAL;
  for (let at = start; at < end; ) {
    const h = vmas.find(at);
    if (h === NONE || vmas.vmStart[h]! > at) return -ENOMEM;
    const stop = Math.min(vmas.vmEnd[h]!, end);
    const error = fixup(mm, h, at, stop, lock);
    if (error < 0) return error;
    at = stop;
  }
  return 0;
}

/** mlock_fixup(): [start, end) of area `h` is locked, or not. Returns 0 or a negative errno. */
function fixup(mm: Mm, h: number, start: number, end: number, lock: number): number {
  const { rules, vmas } = mm;
  const vmFlags = vmas.vmFlags[h]!;
  const lockBits = rules.lock.onFault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
  const newFlags = ((vmFlags & ~lockBits) | lock) >>> 0;
  if (newFlags === vmFlags || (rules.lock.presentLast && (vmFlags & rules.neverMerges) !== 0)) return 0;
  const error = rules.mlockMerges
    ? vmaModify(mm, h, start, end, newFlags)
    : splitAndSet(mm, h, start, end, newFlags);
  if (error < 0) return rules.lock.presentLast ? error : -EAGAIN;
  const isLocked = (lock & VM_LOCKED) !== 0;
  if (isLocked !== ((vmFlags & VM_LOCKED) !== 0)) mm.lockedVm += isLocked ? end - start : start - end;
  if (!isLocked || rules.lock.presentLast || (vmFlags & VM_IO) !== 0) return 0;
  const refused = makePagesPresent(mm, start, end);
  return refused === -ENOMEM ? -EAGAIN : refused;
}

/** Up to 2.6.11 nothing merges. */
function splitAndSet(mm: Mm, area: number, start: number, end: number, newFlags: number): number {
  const { vmas } = mm;
  let h = area;
  if (start !== vmas.vmStart[h]) {
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

/** Locks all areas there are (MCL_CURRENT), or all there will be (MCL_FUTURE), or both. */
export function doMlockall(mm: Mm, flags: number): number {
  const { privileged, halfOfRam, presentLast, onFault, onFaultAlone } = mm.rules.lock;
  const known = MCL_CURRENT | MCL_FUTURE | (onFault ? MCL_ONFAULT : 0);
  const wanted = onFaultAlone ? known : MCL_CURRENT | MCL_FUTURE;
  if ((flags & ~known) !== 0 || (flags & wanted) === 0) return -EINVAL;
  if (!privileged && mm.rlimits.memlock === 0) return -EPERM;
  const limit = Math.floor(mm.rlimits.memlock / mm.target.pageSize);
  const isOver = mm.totalVm > limit || (halfOfRam && mm.totalVm > Math.floor(mm.vm.totalRam / 2));
  if (isOver && (privileged || (flags & MCL_CURRENT) !== 0)) return -ENOMEM;
  if (privileged) return -EPERM;
  applyToAll(mm, flags);
  if (presentLast && (flags & MCL_CURRENT) !== 0) populate(mm, 0, mm.target.taskSize, true);
  return 0;
}

/** Unlocks all areas, and those to come. 2.5.46 wants the privilege for this too. */
export function doMunlockall(mm: Mm): number {
  if (mm.rules.lock.privileged) return -EPERM;
  applyToAll(mm, 0);
  return 0;
}

/** do_mlockall() of 2.6, apply_mlockall_flags(): errors of single areas are ignored. */
function applyToAll(mm: Mm, flags: number): void {
  const { vmas } = mm;
  const lock = VM_LOCKED | ((flags & MCL_ONFAULT) !== 0 ? VM_LOCKONFAULT : 0);
  const bits = mm.rules.lock.onFault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
  mm.defFlags = ((mm.defFlags & ~bits) | ((flags & MCL_FUTURE) !== 0 ? lock : 0)) >>> 0;
  const isCurrent = (flags & MCL_CURRENT) !== 0;
  if (!isCurrent && (flags & MCL_FUTURE) !== 0) return;
  for (let h = vmas.first(); h !== NONE; ) {
    const end = vmas.vmEnd[h]!;
    fixup(mm, h, vmas.vmStart[h]!, end, isCurrent ? lock : 0);
    h = vmas.find(end);
  }
}
