/**
 * Robust mutexes: the lock word is the owner's tid, FUTEX_WAITERS and FUTEX_OWNER_DIED, and the kernel frees what a dead
 * thread held. glibc 2.36, nptl/pthread_mutex_lock.c: __pthread_mutex_lock_full(), PTHREAD_MUTEX_ROBUST_*. Always
 * shared futexes. 2.3.3 has none.
 */
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../arch/generic/futex.js';
import { futexWait, futexWaitUntil, futexWake, type Steps } from './futex.js';
import { lllUnlock } from './lowlevellock.js';
import {
  COUNT, deepen, INCONSISTENT, LOCK, NOTRECOVERABLE, OWNER, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE, released,
  TYPE_MASK, waitOn,
} from './mutex.js';
import { DEEPENED, type Deadline } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { clearPending, dequeueMutex, enqueueMutex, setPending } from './robust_list.js';
import { validNanoseconds } from './timespec.js';

/** `assume`: FUTEX_WAITERS where others may sleep on the word unseen. */
export function* lockRobust(
  nptl: Nptl, hi: number, lo: number, kind: number, assume: number, deadline: Deadline | null,
): Steps<number> {
  setPending(nptl, hi, lo, 0);
  let others = assume;
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const word = nptl.load(hi, lo + LOCK);
    if (word === 0) {
      nptl.store(hi, lo + LOCK, nptl.selfTid | others);
      return finishRobust(nptl, hi, lo);
    }
    if ((word & FUTEX_OWNER_DIED) !== 0) return inherit(nptl, hi, lo, word, others, assume !== 0);
    const mine = (word & FUTEX_TID_MASK) === nptl.selfTid ? relock(nptl, hi, lo, kind) : WAITS;
    if (mine !== WAITS) return mine;
    if (deadline !== null) {
      if (!validNanoseconds(deadline.until)) return nptl.E.EINVAL;
      if (deadline.until.sec < 0) return nptl.E.ETIMEDOUT;
    }
    nptl.store(hi, lo + LOCK, word | FUTEX_WAITERS);
    others |= FUTEX_WAITERS;
    const error = yield* waitRobust(nptl, hi, lo, word | FUTEX_WAITERS, deadline);
    if (error === nptl.E.ETIMEDOUT || error === nptl.E.EOVERFLOW) return error;
  }
}

/** relock(): the thread waits, for itself if it must. */
const WAITS = -3;

function relock(nptl: Nptl, hi: number, lo: number, kind: number): number {
  const type = kind & TYPE_MASK;
  if (type !== PTHREAD_MUTEX_ERRORCHECK && type !== PTHREAD_MUTEX_RECURSIVE) return WAITS;
  clearPending(nptl);
  if (type === PTHREAD_MUTEX_ERRORCHECK) return nptl.E.EDEADLK;
  const error = deepen(nptl, hi, lo);
  return error === 0 ? DEEPENED : error;
}

function* waitRobust(nptl: Nptl, hi: number, lo: number, word: number, deadline: Deadline | null): Steps<number> {
  if (deadline === null) return yield* futexWait(nptl, hi, lo, word, true, waitOn(lo));
  return yield* futexWaitUntil(nptl, hi, lo, word, deadline.clock, deadline.until, true, waitOn(lo));
}

/** The last owner died holding it: this thread has it now, and must make it consistent. */
function inherit(nptl: Nptl, hi: number, lo: number, word: number, others: number, isCond: boolean): number {
  const waiters = isCond ? FUTEX_WAITERS : (word & FUTEX_WAITERS) | others;
  nptl.store(hi, lo + LOCK, nptl.selfTid | waiters);
  nptl.store(hi, lo + COUNT, 1);
  nptl.store(hi, lo + OWNER, INCONSISTENT);
  enqueueMutex(nptl, hi, lo, 0);
  clearPending(nptl);
  if (isCond) released(nptl, hi, lo);
  return nptl.E.EOWNERDEAD;
}

function finishRobust(nptl: Nptl, hi: number, lo: number): number {
  if (nptl.load(hi, lo + OWNER) === NOTRECOVERABLE) {
    nptl.store(hi, lo + COUNT, 0);
    lllUnlock(nptl, hi, lo, true);
    clearPending(nptl);
    return nptl.E.ENOTRECOVERABLE;
  }
  nptl.store(hi, lo + COUNT, 1);
  enqueueMutex(nptl, hi, lo, 0);
  clearPending(nptl);
  return 0;
}

/** pthread_mutex_trylock: EBUSY instead of waiting. DEEPENED for one more level. */
export function trylockRobust(nptl: Nptl, hi: number, lo: number, kind: number): number {
  setPending(nptl, hi, lo, 0);
  const word = nptl.load(hi, lo + LOCK);
  if ((word & FUTEX_OWNER_DIED) !== 0) return inherit(nptl, hi, lo, word, 0, false);
  const mine = (word & FUTEX_TID_MASK) === nptl.selfTid ? relock(nptl, hi, lo, kind) : WAITS;
  if (mine !== WAITS) return mine;
  if (word !== 0) {
    clearPending(nptl);
    return nptl.E.EBUSY;
  }
  nptl.store(hi, lo + LOCK, nptl.selfTid);
  return finishRobust(nptl, hi, lo);
}

/** pthread_mutex_unlock: EPERM for somebody else's; ENOTRECOVERABLE for ever after if it was not made consistent. */
export function unlockRobust(nptl: Nptl, hi: number, lo: number, kind: number, isUser: boolean): number {
  const owner = robustOwner(nptl, hi, lo, kind);
  if (owner < 0) return -owner - 1;
  setPending(nptl, hi, lo, 0);
  dequeueMutex(nptl, hi, lo);
  nptl.store(hi, lo + OWNER, owner);
  if (isUser) released(nptl, hi, lo);
  const word = nptl.load(hi, lo + LOCK);
  nptl.store(hi, lo + LOCK, 0);
  if ((word & FUTEX_WAITERS) !== 0) futexWake(nptl, hi, lo, 1, true);
  clearPending(nptl);
  return 0;
}

/** The owner to leave behind, 0 or NOTRECOVERABLE; or -1 minus what unlock returns now. */
export function robustOwner(nptl: Nptl, hi: number, lo: number, kind: number): number {
  const isMine = (nptl.load(hi, lo + LOCK) & FUTEX_TID_MASK) === nptl.selfTid;
  const isBroken = isMine && nptl.load(hi, lo + OWNER) === INCONSISTENT;
  if ((kind & TYPE_MASK) !== PTHREAD_MUTEX_RECURSIVE) {
    if (!isMine) return -1 - nptl.E.EPERM;
    return isBroken ? NOTRECOVERABLE : 0;
  }
  if (!isBroken && nptl.load(hi, lo + OWNER) !== nptl.selfTid) return -1 - nptl.E.EPERM;
  const count = nptl.load(hi, lo + COUNT) - 1;
  nptl.store(hi, lo + COUNT, count);
  if (count !== 0) return isBroken ? -1 - nptl.E.ENOTRECOVERABLE : -1;
  return isBroken ? NOTRECOVERABLE : 0;
}
