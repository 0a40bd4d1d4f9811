/** pthread_condattr_t: one word, bit 0 process-shared and the clock above it. glibc 2.3.3 and 2.36, nptl/pthread_condattr_*.c. */
import { type Addr, hiOf, loOf } from './address.js';
import { isFutexClock } from './futex.js';
import { hasMonotonicClock } from './gettimeofday.js';
import type { Nptl } from './nptl.js';

type Pair = [error: number, value: number];

const load = (nptl: Nptl, attr: Addr) => nptl.load(hiOf(attr), loOf(attr));

export function condattrInit(nptl: Nptl, attr: Addr): number {
  nptl.store(hiOf(attr), loOf(attr), 0);
  return 0;
}

export function condattrSetPshared(nptl: Nptl, attr: Addr, pshared: number): number {
  if (pshared !== 0 && pshared !== 1) return nptl.E.EINVAL;
  nptl.store(hiOf(attr), loOf(attr), (load(nptl, attr) & ~1) | pshared);
  return 0;
}

export function condattrGetPshared(nptl: Nptl, attr: Addr): Pair {
  return [0, load(nptl, attr) & 1];
}

/**
 * EINVAL for a clock that condition variables do not have: others than CLOCK_REALTIME and CLOCK_MONOTONIC, and in 2.3.3
 * the latter too on a kernel without POSIX clocks.
 */
export function condattrSetClock(nptl: Nptl, attr: Addr, clock: number): number {
  if (!isFutexClock(clock)) return nptl.E.EINVAL;
  if (!nptl.isModern && clock !== 0 && !hasMonotonicClock(nptl)) return nptl.E.EINVAL;
  nptl.store(hiOf(attr), loOf(attr), (load(nptl, attr) & ~0xfe) | (clock << 1));
  return 0;
}

export function condattrGetClock(nptl: Nptl, attr: Addr): Pair {
  return [0, (load(nptl, attr) & 0xfe) >> 1];
}
