/** pthread_mutex_unlock(3). glibc 2.3.3 and 2.36, nptl/pthread_mutex_unlock.c. */
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';
import type { Steps } from './futex.js';
import { lllUnlock } from './lowlevellock.js';
import {
  COUNT, FULL_MASK, freePlain, isShared, kindOf, OWNER, PRIO_INHERIT, PRIO_PROTECT, PTHREAD_MUTEX_ADAPTIVE_NP,
  PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, released, TYPE_MASK,
} from './mutex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { unlockPi } from './pthread_mutex_pi.js';
import { unlockProtect } from './pthread_mutex_protect.js';
import { unlockRobust } from './pthread_mutex_robust.js';

const SUCCESS = new Done(0);

/** 0; EPERM for a mutex that checks and is not this thread's. A plain mutex does not ask who unlocks it. */
export function mutexUnlock(nptl: Nptl, mutex: Addr): Call<number> {
  if (nptl.sys.preempts) return new Lazy(nptl.sys, 'pthread_mutex_unlock', unlockStep(nptl, hiOf(mutex), loOf(mutex)));
  if (freePlain(nptl, hiOf(mutex), loOf(mutex))) return SUCCESS;
  const error = unlockMutex(nptl, hiOf(mutex), loOf(mutex), true);
  return error === 0 ? SUCCESS : new Done(error);
}

function* unlockStep(nptl: Nptl, hi: number, lo: number): Steps<number> {
  yield* preemptionPoint(nptl);
  return unlockMutex(nptl, hi, lo, true);
}

/** `isUser`: the mutex has one user less; not so inside pthread_cond_wait, whose thread comes back. */
export function unlockMutex(nptl: Nptl, hi: number, lo: number, isUser: boolean): number {
  const kind = kindOf(nptl, hi, lo);
  if ((kind & FULL_MASK) !== 0 && nptl.isModern) return unlockFull(nptl, hi, lo, kind, isUser);
  const type = kind & TYPE_MASK;
  if (type !== PTHREAD_MUTEX_NORMAL && type !== PTHREAD_MUTEX_ADAPTIVE_NP) {
    const early = checkOwner(nptl, hi, lo, type);
    if (early !== GOES_ON) return early;
  }
  nptl.store(hi, lo + OWNER, 0);
  if (isUser) released(nptl, hi, lo);
  lllUnlock(nptl, hi, lo, isShared(kind));
  return 0;
}

const GOES_ON = -1;

/** Recursive and error-checking mutexes: EPERM, 0 while levels are left, or GOES_ON. */
function checkOwner(nptl: Nptl, hi: number, lo: number, type: number): number {
  if (nptl.load(hi, lo + OWNER) !== nptl.selfTid) return nptl.E.EPERM;
  if (type === PTHREAD_MUTEX_ERRORCHECK) return nptl.load(hi, lo) === 0 ? nptl.E.EPERM : GOES_ON;
  if (type !== PTHREAD_MUTEX_RECURSIVE) return GOES_ON;
  const count = nptl.load(hi, lo + COUNT) - 1;
  nptl.store(hi, lo + COUNT, count);
  return count === 0 ? GOES_ON : 0;
}

function unlockFull(nptl: Nptl, hi: number, lo: number, kind: number, isUser: boolean): number {
  if ((kind & PRIO_INHERIT) !== 0) return unlockPi(nptl, hi, lo, kind, isUser);
  if ((kind & PRIO_PROTECT) !== 0) return unlockProtect(nptl, hi, lo, kind, isUser);
  return unlockRobust(nptl, hi, lo, kind, isUser);
}
