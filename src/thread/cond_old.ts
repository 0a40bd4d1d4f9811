/**
 * The condition variable of glibc 2.3.3, which sleeps on the low half of wakeup_seq. Layout: lock 0, clock 4,
 * total_seq 8, wakeup_seq 16, woken_seq 24 (64-bit each), mutex 32 (all ones in a process-shared one).
 * nptl/sysdeps/pthread/pthread_cond_{wait,timedwait,signal,broadcast}.c.
 *
 * Unlike glibc: sequence numbers count 32 bits, which four billion waits would exceed.
 */
import { futexRequeue, futexTimedWait, futexWait, futexWake, INT_MAX, type Steps, type WaitOn } from './futex.js';
import { relativeToClock } from './gettimeofday.js';
import { lllLock, lllUnlock, lllUnlockStep } from './lowlevellock.js';
import { LOCK } from './mutex.js';
import type { Nptl } from './nptl.js';
import { mutexCondLock } from './pthread_mutex_lock.js';
import { unlockMutex } from './pthread_mutex_unlock.js';
import type { Timespec } from './timespec.js';

const CLOCK = 4;
const MUTEX = 32;

const on = (lo: number): WaitOn => ({ kind: 'condition variable', lo });

/** Offsets of the low halves. */
function offsets(nptl: Nptl) {
  const low = nptl.target.bigEndian ? 4 : 0;
  return { total: 8 + low, wakeup: 16 + low, woken: 24 + low };
}

function bump(nptl: Nptl, hi: number, lo: number): void {
  nptl.store(hi, lo, nptl.load(hi, lo) + 1);
}

/** pthread_cond_init: `flags` is the attribute's word: bit 0 process-shared, the rest the clock. */
export function initOld(nptl: Nptl, hi: number, lo: number, flags: number): void {
  nptl.store(hi, lo + CLOCK, (flags & 0xfe) >> 1);
  storeMutex(nptl, hi, lo, (flags & 1) === 0 ? 0 : -1, (flags & 1) === 0 ? 0 : -1);
}

/** The word is a pointer; one of all ones stays. */
function storeMutex(nptl: Nptl, hi: number, lo: number, mutexHi: number, mutexLo: number): void {
  const is64 = nptl.target.bits === 64;
  const low = is64 && nptl.target.bigEndian ? 4 : 0;
  nptl.store(hi, lo + MUTEX + low, mutexLo);
  if (is64) nptl.store(hi, lo + MUTEX + 4 - low, mutexHi);
}

function loadMutex(nptl: Nptl, hi: number, lo: number): { hi: number; lo: number; isShared: boolean } {
  const is64 = nptl.target.bits === 64;
  const low = is64 && nptl.target.bigEndian ? 4 : 0;
  const mutexLo = nptl.load(hi, lo + MUTEX + low);
  const mutexHi = is64 ? nptl.load(hi, lo + MUTEX + 4 - low) : 0;
  return { hi: mutexHi, lo: mutexLo, isShared: mutexLo === -1 && (mutexHi === -1 || !is64) };
}

/** pthread_cond_wait, or pthread_cond_timedwait when `until` is a time on the condition variable's clock. */
export function* waitOld(
  nptl: Nptl, hi: number, lo: number, mutexHi: number, mutexLo: number, until: Timespec | null,
): Steps<number> {
  const { total, wakeup, woken } = offsets(nptl);
  yield* lllLock(nptl, hi, lo, true, on(lo));
  const error = unlockMutex(nptl, mutexHi, mutexLo, false);
  if (error !== 0) {
    lllUnlock(nptl, hi, lo, true);
    return error;
  }
  bump(nptl, hi, lo + total);
  if (!loadMutex(nptl, hi, lo).isShared) storeMutex(nptl, hi, lo, mutexHi, mutexLo);
  const seq = nptl.load(hi, lo + wakeup) >>> 0;
  const isWoken = () => nptl.load(hi, lo + wakeup) >>> 0 > seq && nptl.load(hi, lo + woken) < nptl.load(hi, lo + wakeup);
  let result = 0;
  let isOver = false;
  try {
    result = yield* sleepOld(nptl, hi, lo, until, isWoken);
    isOver = true;
  } finally {
    // Cancelled while it slept.
    if (!isOver) yield* cleanUp(nptl, hi, lo, mutexHi, mutexLo);
  }
  bump(nptl, hi, lo + woken);
  yield* lllUnlockStep(nptl, hi, lo, true);
  const relock = yield* mutexCondLock(nptl, mutexHi, mutexLo);
  return relock === 0 ? result : relock;
}

/** Sleeps until woken or late; the condition variable's lock is held before and after. */
function* sleepOld(nptl: Nptl, hi: number, lo: number, until: Timespec | null, isWoken: () => boolean): Steps<number> {
  const { wakeup } = offsets(nptl);
  for (;;) {
    const now = nptl.load(hi, lo + wakeup);
    let error = 0;
    if (until === null) {
      yield* lllUnlockStep(nptl, hi, lo, true);
      yield* futexWait(nptl, hi, lo + wakeup, now, true, on(lo), 'yes');
    } else {
      const left = relativeToClock(nptl, nptl.load(hi, lo + CLOCK), until);
      if (left.sec < 0) break;
      yield* lllUnlockStep(nptl, hi, lo, true);
      error = yield* futexTimedWait(nptl, hi, lo + wakeup, now, left, on(lo), 'yes');
    }
    yield* lllLock(nptl, hi, lo, true, on(lo));
    if (isWoken()) return 0;
    if (error === nptl.E.ETIMEDOUT) break;
  }
  bump(nptl, hi, lo + wakeup);
  return nptl.E.ETIMEDOUT;
}

/** __condvar_cleanup(): a cancelled waiter counts itself out, and wakes everybody so that no signal is lost. */
function* cleanUp(nptl: Nptl, hi: number, lo: number, mutexHi: number, mutexLo: number): Steps<void> {
  const { wakeup, woken } = offsets(nptl);
  yield* lllLock(nptl, hi, lo, true, on(lo));
  bump(nptl, hi, lo + wakeup);
  bump(nptl, hi, lo + woken);
  lllUnlock(nptl, hi, lo, true);
  futexWake(nptl, hi, lo + wakeup, INT_MAX, true);
  yield* mutexCondLock(nptl, mutexHi, mutexLo);
}

/** Wakes one waiter, under the condition variable's own lock. */
export function* signalOld(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const { total, wakeup } = offsets(nptl);
  yield* lllLock(nptl, hi, lo, true, on(lo));
  if (nptl.load(hi, lo + total) >>> 0 > nptl.load(hi, lo + wakeup) >>> 0) {
    bump(nptl, hi, lo + wakeup);
    futexWake(nptl, hi, lo + wakeup, 1, true);
  }
  yield* lllUnlockStep(nptl, hi, lo, true);
  return 0;
}

/** Wakes one waiter and moves the others to the mutex; wakes all where the kernel cannot, or the mutex is not known. */
export function* broadcastOld(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const { total, wakeup } = offsets(nptl);
  yield* lllLock(nptl, hi, lo, true, on(lo));
  const all = nptl.load(hi, lo + total);
  const hasWaiters = all >>> 0 > nptl.load(hi, lo + wakeup) >>> 0;
  if (hasWaiters) nptl.store(hi, lo + wakeup, all);
  yield* lllUnlockStep(nptl, hi, lo, true);
  if (!hasWaiters) return 0;
  const mutex = loadMutex(nptl, hi, lo);
  const moved = mutex.isShared ? -1 : futexRequeue(nptl, hi, lo + wakeup, 1, INT_MAX, mutex.hi, mutex.lo + LOCK);
  // Unlike glibc, which tests for EINVAL alone: ENOSYS of 2.5.70 and later, and EFAULT of earlier kernels, which take the
  // fourth argument for a timeout. With those its broadcast woke nobody.
  if (moved < 0) futexWake(nptl, hi, lo + wakeup, INT_MAX, true);
  return 0;
}
