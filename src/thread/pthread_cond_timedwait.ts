/**
 * pthread_cond_timedwait(3), pthread_cond_clockwait(3). 2.3.3 asks for the time and sleeps for what is left of it, each time
 * round; 2.36 sleeps until the time, in one call. clockwait came with 2.30.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { clockOfGroups, waitGroups } from './cond_groups.js';
import { waitOld } from './cond_old.js';
import { isFutexClock, type Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { type Timespec, validNanoseconds } from './timespec.js';

/** 0, ETIMEDOUT, EPERM as pthread_cond_wait has it, or EINVAL for a time that is none. */
export function* condTimedWait(nptl: Nptl, cond: Addr, mutex: Addr, until: Timespec): Steps<number> {
  const [hi, lo] = [hiOf(cond), loOf(cond)];
  if (nptl.isModern) return yield* condClockWait(nptl, cond, mutex, clockOfGroups(nptl, hi, lo), until);
  // 2.3.3 looks at the upper bound only.
  if (until.nsec >= 1_000_000_000) return nptl.E.EINVAL;
  return yield* waitOld(nptl, hi, lo, hiOf(mutex), loOf(mutex), until);
}

/** The same on a clock of its own; ENOSYS in 2.3.3. */
export function* condClockWait(nptl: Nptl, cond: Addr, mutex: Addr, clock: number, until: Timespec): Steps<number> {
  if (!nptl.isModern) return nptl.E.ENOSYS;
  if (!validNanoseconds(until) || !isFutexClock(clock)) return nptl.E.EINVAL;
  return yield* waitGroups(nptl, hiOf(cond), loOf(cond), hiOf(mutex), loOf(mutex), clock, until);
}
