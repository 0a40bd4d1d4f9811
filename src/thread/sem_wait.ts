/**
 * sem_wait(3), sem_timedwait(3), sem_clockwait(3), sem_trywait(3). glibc 2.3.3, nptl/sysdeps/unix/sysv/linux/sem_*wait.c;
 * glibc 2.36, nptl/sem_waitcommon.c. Waiting is a cancellation point. Results are 0 or an errno; the wrapper makes -1 of it.
 */
import { cancellationPoint } from './cancellation.js';
import { CLOCK_REALTIME, futexTimedWait, futexWait, futexWaitUntil, isFutexClock, type Steps } from './futex.js';
import { relativeTo } from './gettimeofday.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { isSemShared, NWAITERS, NWAITERS_MASK, semDesign, semOn, VALUE_SHIFT, valueAt, waitersAt } from './sem.js';
import { type Timespec, validNanoseconds } from './timespec.js';

/** Takes one if there is one. */
export function semTake(nptl: Nptl, hi: number, lo: number): boolean {
  const at = lo + valueAt(nptl);
  const word = nptl.load(hi, at);
  const isShifted = semDesign(nptl) === 'shifted';
  if ((isShifted ? word >>> VALUE_SHIFT : word) === 0) return false;
  nptl.store(hi, at, word - (isShifted ? 1 << VALUE_SHIFT : 1));
  return true;
}

export function* semWait(nptl: Nptl, hi: number, lo: number): Steps<number> {
  return yield* waitFor(nptl, hi, lo, CLOCK_REALTIME, null);
}

/** ENOSYS for sem_clockwait in 2.3.3: it came with 2.30. */
export function* semTimedWait(nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec): Steps<number> {
  if (nptl.isModern && !(isFutexClock(clock) && validNanoseconds(until))) return nptl.E.EINVAL;
  if (!nptl.isModern && clock !== CLOCK_REALTIME) return nptl.E.ENOSYS;
  return yield* waitFor(nptl, hi, lo, clock, until);
}

function* waitFor(nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec | null): Steps<number> {
  yield* cancellationPoint(nptl);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (semTake(nptl, hi, lo)) return 0;
  switch (semDesign(nptl)) {
    case 'count': return yield* waitCount(nptl, hi, lo, until);
    case 'split': return yield* waitSplit(nptl, hi, lo, clock, until);
    default: return yield* waitShifted(nptl, hi, lo, clock, until);
  }
}

/** 2.3.3: sleeps while the count is 0. */
function* waitCount(nptl: Nptl, hi: number, lo: number, until: Timespec | null): Steps<number> {
  if (until !== null && !validNanoseconds(until)) return nptl.E.EINVAL;
  for (;;) {
    let error: number;
    if (until === null) error = yield* futexWait(nptl, hi, lo, 0, true, semOn(lo), 'yes');
    else {
      const left = relativeTo(nptl, until);
      if (left.sec < 0) return nptl.E.ETIMEDOUT;
      error = yield* futexTimedWait(nptl, hi, lo, 0, left, semOn(lo), 'yes');
    }
    if (error !== 0 && error !== nptl.E.EAGAIN) return error;
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    if (semTake(nptl, hi, lo)) return 0;
  }
}

/** Whether the wait is over with this error. */
const isOver = ({ E }: Nptl, error: number) => error === E.ETIMEDOUT || error === E.EINTR || error === E.EOVERFLOW;

function* waitSplit(nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec | null): Steps<number> {
  const waiters = lo + waitersAt(nptl);
  nptl.store(hi, waiters, nptl.load(hi, waiters) + 1);
  try {
    for (;;) {
      if (nptl.sys.preempts) yield* preemptionPoint(nptl);
      if (semTake(nptl, hi, lo)) return 0;
      const isShared = isSemShared(nptl, hi, lo);
      const error = yield* futexWaitUntil(nptl, hi, lo + valueAt(nptl), 0, clock, until, isShared, semOn(lo), 'yes');
      if (isOver(nptl, error)) return error;
    }
  } finally {
    nptl.store(hi, waiters, nptl.load(hi, waiters) - 1);
  }
}

/** The bit in the value says that somebody waits; the last of the waiters takes it away. */
function* waitShifted(nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec | null): Steps<number> {
  nptl.store(hi, lo + NWAITERS, nptl.load(hi, lo + NWAITERS) + 1);
  try {
    for (;;) {
      if (nptl.sys.preempts) yield* preemptionPoint(nptl);
      nptl.store(hi, lo, nptl.load(hi, lo) | NWAITERS_MASK);
      if (semTake(nptl, hi, lo)) return 0;
      const isShared = isSemShared(nptl, hi, lo);
      const error = yield* futexWaitUntil(nptl, hi, lo, NWAITERS_MASK, clock, until, isShared, semOn(lo), 'yes');
      if (error === nptl.E.ETIMEDOUT || error === nptl.E.EINTR) return error;
    }
  } finally {
    finishShifted(nptl, hi, lo);
  }
}

function finishShifted(nptl: Nptl, hi: number, lo: number): void {
  const waiters = nptl.load(hi, lo + NWAITERS);
  if (waiters === 1) nptl.store(hi, lo, nptl.load(hi, lo) & ~NWAITERS_MASK);
  nptl.store(hi, lo + NWAITERS, waiters - 1);
}

