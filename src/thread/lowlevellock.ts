/**
 * lll_lock: the word under every lock of NPTL. 0 free, 1 held, 2 held and perhaps waited for. glibc 2.3.3,
 * nptl/sysdeps/unix/sysv/linux/lowlevellock.c; glibc 2.36, nptl/lowlevellock.c, which differs in the futex's privacy.
 */
import { futexTimedWait, futexWait, futexWaitUntil, futexWake, type Steps, type WaitOn } from './futex.js';
import { relativeTo } from './gettimeofday.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { type Timespec, validNanoseconds } from './timespec.js';

/** Takes the lock if it is free. */
export function lllTrylock(nptl: Nptl, hi: number, lo: number): boolean {
  if (nptl.load(hi, lo) !== 0) return false;
  nptl.store(hi, lo, 1);
  return true;
}

/** Takes the lock, waiting as long as it is held. */
export function* lllLock(nptl: Nptl, hi: number, lo: number, isShared: boolean, on: WaitOn): Steps<void> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (!lllTrylock(nptl, hi, lo)) yield* lllLockWait(nptl, hi, lo, isShared, on);
}

/** Waits for a lock that was not free and takes it with value 2: this thread cannot know whether others wait too. */
export function* lllLockWait(nptl: Nptl, hi: number, lo: number, isShared: boolean, on: WaitOn): Steps<void> {
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const seen = nptl.load(hi, lo);
    nptl.store(hi, lo, 2);
    if (seen === 0) return;
    yield* futexWait(nptl, hi, lo, 2, isShared, on);
  }
}

/** Takes the lock as pthread_cond_wait does on its way out: with value 2 from the start. */
export function* lllCondLock(nptl: Nptl, hi: number, lo: number, isShared: boolean, on: WaitOn): Steps<void> {
  yield* lllLockWait(nptl, hi, lo, isShared, on);
}

/** Takes the lock before `until` on `clock`: 0, ETIMEDOUT, or EINVAL for a time that is none. */
export function* lllTimedLock(
  nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec, isShared: boolean, on: WaitOn,
): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (lllTrylock(nptl, hi, lo)) return 0;
  if (!nptl.isModern && !validNanoseconds(until)) return nptl.E.EINVAL;
  for (;;) {
    const timeout = nptl.isModern ? until : relativeTo(nptl, until);
    if (timeout.sec < 0 && !nptl.isModern) return nptl.E.ETIMEDOUT;
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const seen = nptl.load(hi, lo);
    nptl.store(hi, lo, 2);
    if (seen === 0) return 0;
    const error = nptl.isModern
      ? yield* futexWaitUntil(nptl, hi, lo, 2, clock, until, isShared, on)
      : yield* futexTimedWait(nptl, hi, lo, 2, timeout, on);
    const ends = error === nptl.E.ETIMEDOUT || error === nptl.E.EINVAL || error === nptl.E.EOVERFLOW;
    if (ends && nptl.isModern) return error;
  }
}

/** Frees the lock and wakes one waiter if there may be any. */
export function lllUnlock(nptl: Nptl, hi: number, lo: number, isShared: boolean): void {
  const old = nptl.load(hi, lo);
  nptl.store(hi, lo, 0);
  if (old > 1 || old < 0) futexWake(nptl, hi, lo, 1, isShared);
}

/** lllUnlock() as a step that other threads may come before. */
export function* lllUnlockStep(nptl: Nptl, hi: number, lo: number, isShared: boolean): Steps<void> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  lllUnlock(nptl, hi, lo, isShared);
}
