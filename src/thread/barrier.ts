/**
 * pthread_barrier_t. 2.3.3: curr_event 0, lock 4, left 8, init_count 12. 2.36: in 0, current_round 4, count 8, shared 12,
 * out 16. glibc 2.3.3 and 2.36, internaltypes.h.
 */
import type { WaitOn } from './futex.js';

export const OLD_EVENT = 0;
export const OLD_LOCK = 4;
export const OLD_LEFT = 8;
export const OLD_COUNT = 12;

export const IN = 0;
export const CURRENT_ROUND = 4;
export const COUNT = 8;
export const SHARED = 12;
export const OUT = 16;

/** Threads that may have come in before the counters start again: BARRIER_IN_THRESHOLD, a whole number of rounds. */
export function maxIn(count: number): number {
  const threshold = 0x7fffffff;
  return threshold - (threshold % count);
}

export const barrierOn = (lo: number): WaitOn => ({ kind: 'barrier', lo });
