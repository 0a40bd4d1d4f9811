/**
 * The barrier of 2.3.3: curr_event 0, lock 4, left 8, init_count 12. glibc 2.3.3,
 * nptl/sysdeps/pthread/pthread_barrier_wait.c, pthread_barrier_init.c.
 */
import { EBUSY, EINVAL } from '../arch/generic/errno.js';
import { FUTEX_WAKE } from '../arch/generic/futex.js';
import { type Addr, hiOf, loOf } from './address.js';
import { futexWait, lllLockWait, lllTrylock, lllUnlock } from './lowlevellock.js';
import type { Nptl } from './nptl.js';

export const PTHREAD_BARRIER_SERIAL_THREAD = -1;

const LOCK = 4;
const LEFT = 8;
const INIT_COUNT = 12;
const INT_MAX = 0x7fffffff;

/** EINVAL for a count of 0. */
export function barrierInit(nptl: Nptl, barrier: Addr, count: number): number {
  if (!(count >= 1) || count > INT_MAX) return EINVAL;
  const hi = hiOf(barrier);
  const lo = loOf(barrier);
  const size = nptl.params.sizeof.pthread_barrier_t;
  for (let at = 0; at < size; at += 4) nptl.store(hi, lo + at, 0);
  nptl.store(hi, lo + LEFT, count);
  nptl.store(hi, lo + INIT_COUNT, count);
  return 0;
}

/** EBUSY while threads wait. */
export function barrierDestroy(nptl: Nptl, barrier: Addr): number {
  const hi = hiOf(barrier);
  const lo = loOf(barrier);
  return nptl.load(hi, lo + LEFT) === nptl.load(hi, lo + INIT_COUNT) ? 0 : nptl.target.errno(EBUSY);
}

/** The last of `count` threads gets PTHREAD_BARRIER_SERIAL_THREAD and wakes the others, which get 0. */
export function* barrierWait(nptl: Nptl, barrier: Addr): Generator<undefined, number, unknown> {
  const hi = hiOf(barrier);
  const lo = loOf(barrier);
  yield* lockBarrier(nptl, hi, lo);
  const left = nptl.load(hi, lo + LEFT) - 1;
  nptl.store(hi, lo + LEFT, left);
  if (left === 0) {
    nptl.store(hi, lo + LEFT, nptl.load(hi, lo + INIT_COUNT));
    nptl.store(hi, lo, nptl.load(hi, lo) + 1);
    nptl.sys.futex(hi, lo, FUTEX_WAKE, INT_MAX);
    lllUnlock(nptl, hi, lo + LOCK);
    return PTHREAD_BARRIER_SERIAL_THREAD;
  }
  const event = nptl.load(hi, lo);
  do {
    lllUnlock(nptl, hi, lo + LOCK);
    yield* futexWait(nptl, hi, lo, event, 'barrier', lo);
    yield* lockBarrier(nptl, hi, lo);
  } while (event === nptl.load(hi, lo));
  lllUnlock(nptl, hi, lo + LOCK);
  return 0;
}

function* lockBarrier(nptl: Nptl, hi: number, lo: number): Generator<undefined, void, unknown> {
  if (!lllTrylock(nptl, hi, lo + LOCK)) yield* lllLockWait(nptl, hi, lo + LOCK, 'barrier', lo);
}
