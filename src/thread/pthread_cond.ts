/**
 * The condition variable of 2.3.3, which sleeps on the low half of wakeup_seq. Layout: lock 0, clock 4,
 * total_seq 8, wakeup_seq 16, woken_seq 24 (64-bit each), mutex 32. glibc 2.3.3,
 * nptl/sysdeps/pthread/pthread_cond_{wait,signal,broadcast}.c.
 *
 * Unlike glibc: sequence numbers count 32 bits, which four billion waits would exceed; broadcast wakes
 * everybody at once, as glibc does on a kernel without FUTEX_REQUEUE (before 2.5.70).
 */
import { FUTEX_WAKE } from '../arch/generic/futex.js';
import { type Addr, hiOf, loOf } from './address.js';
import { futexWait, lllLockWait, lllTrylock, lllUnlock } from './lowlevellock.js';
import type { Nptl } from './nptl.js';
import { relockAfterWait, releaseForWait } from './pthread_mutex.js';

const INT_MAX = 0x7fffffff;

/** Offsets of the low halves. */
function offsets(nptl: Nptl) {
  const low = nptl.target.bigEndian ? 4 : 0;
  return { total: 8 + low, wakeup: 16 + low, woken: 24 + low };
}

export function condInit(nptl: Nptl, cond: Addr): number {
  const size = nptl.params.sizeof.pthread_cond_t;
  for (let at = 0; at < size; at += 4) nptl.store(hiOf(cond), loOf(cond) + at, 0);
  return 0;
}

/** Always 0: 2.3.3 does not look whether threads wait. */
export function condDestroy(): number {
  return 0;
}

function* lockCond(nptl: Nptl, hi: number, lo: number): Generator<undefined, void, unknown> {
  if (!lllTrylock(nptl, hi, lo)) yield* lllLockWait(nptl, hi, lo, 'condition variable', lo);
}

/** Releases the mutex, sleeps until signalled, takes the mutex again. */
export function* condWait(nptl: Nptl, cond: Addr, mutex: Addr): Generator<undefined, number, unknown> {
  const hi = hiOf(cond);
  const lo = loOf(cond);
  const { total, wakeup, woken } = offsets(nptl);
  yield* lockCond(nptl, hi, lo);
  releaseForWait(nptl, hiOf(mutex), loOf(mutex));
  nptl.store(hi, lo + total, nptl.load(hi, lo + total) + 1);
  const seq = nptl.load(hi, lo + wakeup) >>> 0;
  let now = seq;
  do {
    lllUnlock(nptl, hi, lo);
    yield* futexWait(nptl, hi, lo + wakeup, now | 0, 'condition variable', lo);
    yield* lockCond(nptl, hi, lo);
    now = nptl.load(hi, lo + wakeup) >>> 0;
  } while (!(now > seq && nptl.load(hi, lo + woken) >>> 0 < now));
  nptl.store(hi, lo + woken, nptl.load(hi, lo + woken) + 1);
  lllUnlock(nptl, hi, lo);
  yield* relockAfterWait(nptl, hiOf(mutex), loOf(mutex));
  return 0;
}

/** Wakes one waiter, under the condition variable's own lock. */
export function* condSignal(nptl: Nptl, cond: Addr): Generator<undefined, number, unknown> {
  const hi = hiOf(cond);
  const lo = loOf(cond);
  const { total, wakeup } = offsets(nptl);
  yield* lockCond(nptl, hi, lo);
  const at = nptl.load(hi, lo + wakeup) >>> 0;
  if (nptl.load(hi, lo + total) >>> 0 > at) {
    nptl.store(hi, lo + wakeup, at + 1);
    nptl.sys.futex(hi, lo + wakeup, FUTEX_WAKE, 1);
  }
  lllUnlock(nptl, hi, lo);
  return 0;
}

/** Wakes every waiter. */
export function* condBroadcast(nptl: Nptl, cond: Addr): Generator<undefined, number, unknown> {
  const hi = hiOf(cond);
  const lo = loOf(cond);
  const { total, wakeup } = offsets(nptl);
  yield* lockCond(nptl, hi, lo);
  const all = nptl.load(hi, lo + total);
  const hasWaiters = all >>> 0 > nptl.load(hi, lo + wakeup) >>> 0;
  if (hasWaiters) nptl.store(hi, lo + wakeup, all);
  lllUnlock(nptl, hi, lo);
  if (hasWaiters) nptl.sys.futex(hi, lo + wakeup, FUTEX_WAKE, INT_MAX);
  return 0;
}
