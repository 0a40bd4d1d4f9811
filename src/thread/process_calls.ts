/**
 * waitpid(2) and the clocks and sleeps of <time.h>: the calls of each glibc. Waiting and sleeping are cancellation points.
 */
import { cancellationPoint } from './cancellation.js';
import { CLOCK_REALTIME, type Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { finishCall } from './signal_wrappers.js';
import { loadTimespec, storeTimespec, type Timespec } from './timespec.js';

/** Scratch places: the status of a child, a request and what is left of it. */
const STATUS = 48;
const REQUEST = 0;
const LEFT = 16;

/** [pid, status], or [a negated errno, 0]. [0, 0] with WNOHANG when none has changed. */
export function* waitpid(nptl: Nptl, pid: number, options: number): Steps<[pid: number, status: number]> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
  const { sys, target } = nptl;
  nptl.store(nptl.scratchHi, nptl.scratchLo + STATUS, 0);
  sys.number(0, pid);
  sys.word(1, nptl.scratchHi, nptl.scratchLo + STATUS);
  sys.number(2, options);
  sys.number(3, 0);
  const error = yield* finishCall(nptl, sys.trap(target.nr.wait4!), 'yes');
  return error < 0 ? [error, 0] : [sys.resultLo, nptl.load(nptl.scratchHi, nptl.scratchLo + STATUS)];
}

/** [0 or a negated errno, what is left of an interrupted sleep]. 2.36 sleeps by clock_nanosleep. */
export function* nanosleep(nptl: Nptl, request: Timespec): Steps<[error: number, left: Timespec]> {
  if (nptl.isModern) return yield* clockNanosleep(nptl, CLOCK_REALTIME, 0, request);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
  const { sys, target } = nptl;
  storeTimespec(nptl, nptl.scratchHi, nptl.scratchLo + REQUEST, request);
  sys.word(0, nptl.scratchHi, nptl.scratchLo + REQUEST);
  sys.word(1, nptl.scratchHi, nptl.scratchLo + LEFT);
  return yield* slept(nptl, sys.trap(target.nr.nanosleep!));
}

export const TIMER_ABSTIME = 1;

export function* clockNanosleep(
  nptl: Nptl, clock: number, flags: number, request: Timespec,
): Steps<[error: number, left: Timespec]> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
  const { sys, target } = nptl;
  storeTimespec(nptl, nptl.scratchHi, nptl.scratchLo + REQUEST, request);
  sys.number(0, clock);
  sys.number(1, flags);
  sys.word(2, nptl.scratchHi, nptl.scratchLo + REQUEST);
  if ((flags & TIMER_ABSTIME) !== 0) sys.number(3, 0);
  else sys.word(3, nptl.scratchHi, nptl.scratchLo + LEFT);
  return yield* slept(nptl, sys.trap(target.nr.clock_nanosleep!));
}

function* slept(nptl: Nptl, made: number): Steps<[error: number, left: Timespec]> {
  const error = yield* finishCall(nptl, made, 'yes');
  const isCut = error === -nptl.E.EINTR;
  return [error, isCut ? loadTimespec(nptl, nptl.scratchHi, nptl.scratchLo + LEFT) : { sec: 0, nsec: 0 }];
}
