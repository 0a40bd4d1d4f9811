/** pthread_mutex_trylock(3). glibc 2.3.3 and 2.36, nptl/pthread_mutex_trylock.c. An error-checking mutex does not check. */
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';
import type { Steps } from './futex.js';
import {
  acquired, COUNT, deepen, FULL_MASK, kindOf, OWNER, PRIO_INHERIT, PRIO_PROTECT, PTHREAD_MUTEX_RECURSIVE, takeIfFree,
  TYPE_MASK,
} from './mutex.js';
import { DEEPENED } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { trylockPi } from './pthread_mutex_pi.js';
import { trylockProtect } from './pthread_mutex_protect.js';
import { trylockRobust } from './pthread_mutex_robust.js';

/** 0, or EBUSY when it is held. */
export function mutexTrylock(nptl: Nptl, mutex: Addr): Call<number> {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  return nptl.sys.preempts ? new Lazy(nptl.sys, 'pthread_mutex_trylock', tryStep(nptl, hi, lo)) : new Done(tryMutex(nptl, hi, lo));
}

function* tryStep(nptl: Nptl, hi: number, lo: number): Steps<number> {
  yield* preemptionPoint(nptl);
  return tryMutex(nptl, hi, lo);
}

function tryMutex(nptl: Nptl, hi: number, lo: number): number {
  const kind = kindOf(nptl, hi, lo);
  if ((kind & FULL_MASK) !== 0 && nptl.isModern) return tryFull(nptl, hi, lo, kind);
  const isRecursive = (kind & TYPE_MASK) === PTHREAD_MUTEX_RECURSIVE;
  if (isRecursive && nptl.load(hi, lo + OWNER) === nptl.selfTid) return deepen(nptl, hi, lo);
  if (!takeIfFree(nptl, hi, lo)) return nptl.E.EBUSY;
  if (isRecursive) nptl.store(hi, lo + COUNT, 1);
  return 0;
}

function tryFull(nptl: Nptl, hi: number, lo: number, kind: number): number {
  let error: number;
  if ((kind & PRIO_INHERIT) !== 0) error = trylockPi(nptl, hi, lo, kind);
  else if ((kind & PRIO_PROTECT) !== 0) error = trylockProtect(nptl, hi, lo, kind);
  else error = trylockRobust(nptl, hi, lo, kind);
  if (error === 0) acquired(nptl, hi, lo);
  return error === DEEPENED ? 0 : error;
}
