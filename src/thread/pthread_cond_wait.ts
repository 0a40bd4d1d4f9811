/** pthread_cond_wait(3): releases the mutex, sleeps until signalled, takes the mutex again. A cancellation point. */
import { type Addr, hiOf, loOf } from './address.js';
import { waitGroups } from './cond_groups.js';
import { waitOld } from './cond_old.js';
import { CLOCK_REALTIME, type Steps } from './futex.js';
import type { Nptl } from './nptl.js';

/** 0, or EPERM for a mutex that checks and is not this thread's. */
export function condWait(nptl: Nptl, cond: Addr, mutex: Addr): Steps<number> {
  const [hi, lo, mutexHi, mutexLo] = [hiOf(cond), loOf(cond), hiOf(mutex), loOf(mutex)];
  if (nptl.isModern) return waitGroups(nptl, hi, lo, mutexHi, mutexLo, CLOCK_REALTIME, null);
  return waitOld(nptl, hi, lo, mutexHi, mutexLo, null);
}
