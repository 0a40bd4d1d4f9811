/**
 * pthread_barrier_wait(3). 2.3.3, nptl/sysdeps/pthread/pthread_barrier_wait.c: a lock, and an event that counts rounds.
 * 2.36, nptl/pthread_barrier_wait.c: threads are numbered as they come in, and a round is over once its last is there.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { barrierOn, COUNT, CURRENT_ROUND, IN, maxIn, OLD_COUNT, OLD_EVENT, OLD_LEFT, OLD_LOCK, OUT, SHARED } from './barrier.js';
import { futexWait, futexWake, INT_MAX, type Steps } from './futex.js';
import { lllLock, lllUnlockStep } from './lowlevellock.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { PTHREAD_BARRIER_SERIAL_THREAD } from './pthread_barrier_init.js';

/** PTHREAD_BARRIER_SERIAL_THREAD for the last of `count` threads, 0 for the others. */
export function barrierWait(nptl: Nptl, barrier: Addr): Steps<number> {
  const hi = hiOf(barrier);
  const lo = loOf(barrier);
  return nptl.isModern ? waitForRound(nptl, hi, lo) : waitForEvent(nptl, hi, lo);
}

function* waitForEvent(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const on = barrierOn(lo);
  yield* lllLock(nptl, hi, lo + OLD_LOCK, true, on);
  const left = nptl.load(hi, lo + OLD_LEFT) - 1;
  nptl.store(hi, lo + OLD_LEFT, left);
  const event = nptl.load(hi, lo + OLD_EVENT);
  if (left === 0) {
    nptl.store(hi, lo + OLD_LEFT, nptl.load(hi, lo + OLD_COUNT));
    nptl.store(hi, lo + OLD_EVENT, event + 1);
    futexWake(nptl, hi, lo + OLD_EVENT, INT_MAX, true);
    yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
    return PTHREAD_BARRIER_SERIAL_THREAD;
  }
  do {
    yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
    yield* futexWait(nptl, hi, lo + OLD_EVENT, event, true, on);
    yield* lllLock(nptl, hi, lo + OLD_LOCK, true, on);
  } while (event === nptl.load(hi, lo + OLD_EVENT));
  yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
  return 0;
}

function* waitForRound(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const on = barrierOn(lo);
  const isShared = nptl.load(hi, lo + SHARED) !== 0;
  const count = nptl.load(hi, lo + COUNT);
  const most = maxIn(count);
  const mine = yield* comeIn(nptl, hi, lo, most, isShared);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  let round = nptl.load(hi, lo + CURRENT_ROUND);
  // Whoever finds a round complete announces it, not only its last thread.
  if (round + count <= mine) {
    round = mine - (mine % count);
    nptl.store(hi, lo + CURRENT_ROUND, round);
    futexWake(nptl, hi, lo + CURRENT_ROUND, INT_MAX, isShared);
  }
  while (mine > round) {
    yield* futexWait(nptl, hi, lo + CURRENT_ROUND, round, isShared, on);
    round = nptl.load(hi, lo + CURRENT_ROUND);
  }
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const out = nptl.load(hi, lo + OUT) + 1;
  nptl.store(hi, lo + OUT, out);
  if (out === most) startAgain(nptl, hi, lo, isShared);
  return mine % count === 0 ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

/** This thread's number, from 1; waits while the counters start again. */
function* comeIn(nptl: Nptl, hi: number, lo: number, most: number, isShared: boolean): Steps<number> {
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const mine = nptl.load(hi, lo + IN) + 1;
    nptl.store(hi, lo + IN, mine);
    if (mine <= most) return mine;
    for (let seen = mine; seen > most; seen = nptl.load(hi, lo + IN)) {
      yield* futexWait(nptl, hi, lo + IN, seen, isShared, barrierOn(lo));
    }
  }
}

function startAgain(nptl: Nptl, hi: number, lo: number, isShared: boolean): void {
  nptl.store(hi, lo + CURRENT_ROUND, 0);
  nptl.store(hi, lo + OUT, 0);
  nptl.store(hi, lo + IN, 0);
  futexWake(nptl, hi, lo + IN, INT_MAX, isShared);
}
