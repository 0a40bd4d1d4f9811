/**
 * Priority-inheriting mutexes: the lock word is the owner's tid, and the kernel does what is contended: FUTEX_LOCK_PI,
 * FUTEX_UNLOCK_PI. glibc 2.36, nptl/pthread_mutex_lock.c, PTHREAD_MUTEX_PI_*. 2.3.3 has none.
 */
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../arch/generic/futex.js';
import { futexLockPi, futexUnlockPi, futexWaitUntil, type Steps } from './futex.js';
import {
  COUNT, deepen, INCONSISTENT, isShared, LOCK, NOTRECOVERABLE, OWNER, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE,
  released, ROBUST, TYPE_MASK, waitOn,
} from './mutex.js';
import { DEEPENED, type Deadline } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { robustOwner } from './pthread_mutex_robust.js';
import { clearPending, dequeueMutex, enqueueMutex, setPending } from './robust_list.js';

export function* lockPi(
  nptl: Nptl, hi: number, lo: number, kind: number, assume: number, deadline: Deadline | null,
): Steps<number> {
  const mine = startPi(nptl, hi, lo, kind);
  if (mine !== WAITS) return mine;
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  let word = nptl.load(hi, lo + LOCK);
  if (word === 0) nptl.store(hi, lo + LOCK, nptl.selfTid | assume);
  else {
    const error = yield* lockInKernel(nptl, hi, lo, kind, deadline);
    if (error !== 0) return error;
    word = nptl.load(hi, lo + LOCK);
  }
  return finishPi(nptl, hi, lo, kind, word, assume !== 0);
}

const WAITS = -3;

/** The robust list's pending entry, and what a mutex that is held already answers. */
function startPi(nptl: Nptl, hi: number, lo: number, kind: number): number {
  if ((kind & ROBUST) !== 0) setPending(nptl, hi, lo, 1);
  if ((nptl.load(hi, lo + LOCK) & FUTEX_TID_MASK) !== nptl.selfTid) return WAITS;
  const type = kind & TYPE_MASK;
  if (type !== PTHREAD_MUTEX_ERRORCHECK && type !== PTHREAD_MUTEX_RECURSIVE) return WAITS;
  clearPending(nptl);
  if (type === PTHREAD_MUTEX_ERRORCHECK) return nptl.E.EDEADLK;
  const error = deepen(nptl, hi, lo);
  return error === 0 ? DEEPENED : error;
}

/** FUTEX_LOCK_PI. What the kernel refuses as a deadlock, or for a dead owner, is waited for: for ever, or to the deadline. */
function* lockInKernel(nptl: Nptl, hi: number, lo: number, kind: number, deadline: Deadline | null): Steps<number> {
  const clock = deadline?.clock ?? 0;
  const until = deadline?.until ?? null;
  const error = yield* futexLockPi(nptl, hi, lo, clock, until, isShared(kind), waitOn(lo));
  if (error !== nptl.E.ESRCH && error !== nptl.E.EDEADLK) return deadline === null ? 0 : error;
  nptl.store(nptl.scratchHi, nptl.scratchLo + 32, 0);
  for (;;) {
    const at = nptl.scratchLo + 32;
    const over = yield* futexWaitUntil(nptl, nptl.scratchHi, at, 0, clock, until, isShared(kind), waitOn(lo));
    if (over === nptl.E.ETIMEDOUT) return over;
  }
}

function finishPi(nptl: Nptl, hi: number, lo: number, kind: number, word: number, isCond: boolean): number {
  const isRobust = (kind & ROBUST) !== 0;
  if ((word & FUTEX_OWNER_DIED) !== 0) {
    nptl.store(hi, lo + LOCK, nptl.load(hi, lo + LOCK) & ~FUTEX_OWNER_DIED);
    nptl.store(hi, lo + COUNT, 1);
    nptl.store(hi, lo + OWNER, INCONSISTENT);
    enqueueMutex(nptl, hi, lo, 1);
    clearPending(nptl);
    if (isCond) released(nptl, hi, lo);
    return nptl.E.EOWNERDEAD;
  }
  if (isRobust && nptl.load(hi, lo + OWNER) === NOTRECOVERABLE) {
    nptl.store(hi, lo + COUNT, 0);
    futexUnlockPi(nptl, hi, lo, true);
    clearPending(nptl);
    return nptl.E.ENOTRECOVERABLE;
  }
  nptl.store(hi, lo + COUNT, 1);
  if (isRobust) {
    enqueueMutex(nptl, hi, lo, 1);
    clearPending(nptl);
  }
  return 0;
}

/** pthread_mutex_trylock. A dead owner's mutex is asked of the kernel (FUTEX_TRYLOCK_PI) by nobody here: it is not EBUSY. */
export function trylockPi(nptl: Nptl, hi: number, lo: number, kind: number): number {
  const mine = startPi(nptl, hi, lo, kind);
  if (mine !== WAITS) return mine;
  const word = nptl.load(hi, lo + LOCK);
  if (word === 0) nptl.store(hi, lo + LOCK, nptl.selfTid);
  else if ((word & FUTEX_OWNER_DIED) === 0 || !nptl.sys.trylockPi(hi, lo, isShared(kind))) {
    clearPending(nptl);
    return nptl.E.EBUSY;
  }
  return finishPi(nptl, hi, lo, kind, word, false);
}

/** pthread_mutex_unlock. */
export function unlockPi(nptl: Nptl, hi: number, lo: number, kind: number, isUser: boolean): number {
  const isRobust = (kind & ROBUST) !== 0;
  const owner = isRobust ? robustOwner(nptl, hi, lo, kind) : plainOwner(nptl, hi, lo, kind);
  if (owner < 0) return -owner - 1;
  if (isRobust) {
    setPending(nptl, hi, lo, 1);
    dequeueMutex(nptl, hi, lo);
  }
  nptl.store(hi, lo + OWNER, owner);
  if (isUser) released(nptl, hi, lo);
  const word = nptl.load(hi, lo + LOCK);
  if ((word & FUTEX_WAITERS) !== 0 || word !== nptl.selfTid) futexUnlockPi(nptl, hi, lo, isShared(kind));
  else nptl.store(hi, lo + LOCK, 0);
  clearPending(nptl);
  return 0;
}

/** 0, or -1 minus what unlock returns now. */
function plainOwner(nptl: Nptl, hi: number, lo: number, kind: number): number {
  if ((kind & TYPE_MASK) !== PTHREAD_MUTEX_RECURSIVE) {
    return (nptl.load(hi, lo + LOCK) & FUTEX_TID_MASK) === nptl.selfTid ? 0 : -1 - nptl.E.EPERM;
  }
  if (nptl.load(hi, lo + OWNER) !== nptl.selfTid) return -1 - nptl.E.EPERM;
  const count = nptl.load(hi, lo + COUNT) - 1;
  nptl.store(hi, lo + COUNT, count);
  return count === 0 ? 0 : -1;
}
