/**
 * pthread_mutex_lock(3). glibc 2.3.3 and 2.36, nptl/pthread_mutex_lock.c. An uncontended plain mutex takes no generator and
 * no system call.
 */
import { FUTEX_WAITERS } from '../arch/generic/futex.js';
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';
import type { Steps } from './futex.js';
import { lllCondLock, lllLockWait, lllTrylock } from './lowlevellock.js';
import {
  acquired, COUNT, deepen, FULL_MASK, isShared, kindOf, OWNER, PRIO_INHERIT, PRIO_PROTECT, PTHREAD_MUTEX_ADAPTIVE_NP,
  PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE, takePlain, TYPE_MASK, waitOn,
} from './mutex.js';
import { DEEPENED } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { lockPi } from './pthread_mutex_pi.js';
import { lockProtect } from './pthread_mutex_protect.js';
import { lockRobust } from './pthread_mutex_robust.js';

const SUCCESS = new Done(0);

/** 0; EDEADLK, EAGAIN, EINVAL, EOWNERDEAD or ENOTRECOVERABLE as the kind of mutex has them. */
export function mutexLock(nptl: Nptl, mutex: Addr): Call<number> {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  if (!nptl.sys.preempts && takePlain(nptl, hi, lo)) return SUCCESS;
  return new Lazy(nptl.sys, 'pthread_mutex_lock', lockMutex(nptl, hi, lo));
}

/** How a lock is taken: as pthread_mutex_lock does, or as pthread_cond_wait does on its way out. */
export type LockMode = 'lock' | 'cond';

export function* lockMutex(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const kind = kindOf(nptl, hi, lo);
  if ((kind & FULL_MASK) !== 0 && nptl.isModern) return yield* lockFull(nptl, hi, lo, kind, 'lock');
  const early = lockedByMe(nptl, hi, lo, kind);
  if (early !== NOT_MINE) return early;
  yield* lockWord(nptl, hi, lo, kind);
  if ((kind & TYPE_MASK) === PTHREAD_MUTEX_RECURSIVE) nptl.store(hi, lo + COUNT, 1);
  acquired(nptl, hi, lo);
  return 0;
}

/** Lock again after pthread_cond_wait: the waiter has counted as a user all the time. */
export function* mutexCondLock(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const kind = kindOf(nptl, hi, lo);
  if ((kind & FULL_MASK) !== 0 && nptl.isModern) return yield* lockFull(nptl, hi, lo, kind, 'cond');
  const early = lockedByMe(nptl, hi, lo, kind);
  if (early !== NOT_MINE) return early;
  yield* lllCondLock(nptl, hi, lo, isShared(kind), waitOn(lo));
  if ((kind & TYPE_MASK) === PTHREAD_MUTEX_RECURSIVE) nptl.store(hi, lo + COUNT, 1);
  nptl.store(hi, lo + OWNER, nptl.selfTid);
  return 0;
}

/** lockedByMe(): go on and take the lock. */
const NOT_MINE = -1;

/** What a recursive or error-checking mutex that this thread holds already answers. */
function lockedByMe(nptl: Nptl, hi: number, lo: number, kind: number): number {
  const type = kind & TYPE_MASK;
  if (type !== PTHREAD_MUTEX_RECURSIVE && type !== PTHREAD_MUTEX_ERRORCHECK) return NOT_MINE;
  if (nptl.load(hi, lo + OWNER) !== nptl.selfTid) return NOT_MINE;
  return type === PTHREAD_MUTEX_RECURSIVE ? deepen(nptl, hi, lo) : nptl.E.EDEADLK;
}

/** Takes the lock word of a plain mutex. An adaptive one spins first: on one processor nobody frees it meanwhile. */
function* lockWord(nptl: Nptl, hi: number, lo: number, kind: number): Steps<void> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (lllTrylock(nptl, hi, lo)) return;
  if ((kind & TYPE_MASK) === PTHREAD_MUTEX_ADAPTIVE_NP && nptl.sys.preempts) {
    yield* preemptionPoint(nptl);
    if (lllTrylock(nptl, hi, lo)) return;
  }
  yield* lllLockWait(nptl, hi, lo, isShared(kind), waitOn(lo));
}

function* lockFull(nptl: Nptl, hi: number, lo: number, kind: number, mode: LockMode): Steps<number> {
  // With `cond` the word is marked as waited for: another waiter of the condition variable may sleep on it.
  const assume = mode === 'cond' ? FUTEX_WAITERS : 0;
  let error: number;
  if ((kind & PRIO_INHERIT) !== 0) error = yield* lockPi(nptl, hi, lo, kind, assume, null);
  else if ((kind & PRIO_PROTECT) !== 0) error = yield* lockProtect(nptl, hi, lo, kind, mode === 'cond' ? 2 : 1, null);
  else error = yield* lockRobust(nptl, hi, lo, kind, assume, null);
  if (error === DEEPENED) return 0;
  if (error !== 0) return error;
  if (mode === 'lock') acquired(nptl, hi, lo);
  else nptl.store(hi, lo + OWNER, nptl.selfTid);
  return 0;
}

