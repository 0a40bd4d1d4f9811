/**
 * pthread_mutex_timedlock(3), pthread_mutex_clocklock(3). glibc 2.3.3 and 2.36, nptl/pthread_mutex_timedlock.c. The
 * time is looked at only if the mutex is held. clocklock came with 2.30.
 */
import { isFutexClock, type Steps } from './futex.js';
import { lllTimedLock } from './lowlevellock.js';
import {
  acquired, COUNT, deepen, FULL_MASK, isShared, kindOf, OWNER, PRIO_INHERIT, PRIO_PROTECT, PTHREAD_MUTEX_ERRORCHECK,
  PTHREAD_MUTEX_RECURSIVE, TYPE_MASK, waitOn,
} from './mutex.js';
import { DEEPENED } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { lockPi } from './pthread_mutex_pi.js';
import { lockProtect } from './pthread_mutex_protect.js';
import { lockRobust } from './pthread_mutex_robust.js';
import type { Timespec } from './timespec.js';

/** 0, ETIMEDOUT, EINVAL for a time or a clock that is none, or what pthread_mutex_lock would answer. */
export function* mutexTimedLock(nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec): Steps<number> {
  if (!isFutexClock(clock)) return nptl.E.EINVAL;
  const kind = kindOf(nptl, hi, lo);
  if ((kind & FULL_MASK) !== 0 && nptl.isModern) return yield* timedFull(nptl, hi, lo, kind, clock, until);
  const type = kind & TYPE_MASK;
  if (type === PTHREAD_MUTEX_RECURSIVE || type === PTHREAD_MUTEX_ERRORCHECK) {
    if (nptl.load(hi, lo + OWNER) === nptl.selfTid) {
      return type === PTHREAD_MUTEX_RECURSIVE ? deepen(nptl, hi, lo) : nptl.E.EDEADLK;
    }
  }
  const error = yield* lllTimedLock(nptl, hi, lo, clock, until, isShared(kind), waitOn(lo));
  if (error !== 0) return error;
  if (type === PTHREAD_MUTEX_RECURSIVE) nptl.store(hi, lo + COUNT, 1);
  acquired(nptl, hi, lo);
  return 0;
}

function* timedFull(
  nptl: Nptl, hi: number, lo: number, kind: number, clock: number, until: Timespec,
): Steps<number> {
  const deadline = { clock, until };
  let error: number;
  if ((kind & PRIO_INHERIT) !== 0) error = yield* lockPi(nptl, hi, lo, kind, 0, deadline);
  else if ((kind & PRIO_PROTECT) !== 0) error = yield* lockProtect(nptl, hi, lo, kind, 1, deadline);
  else error = yield* lockRobust(nptl, hi, lo, kind, 0, deadline);
  if (error === 0) acquired(nptl, hi, lo);
  return error === DEEPENED ? 0 : error;
}
