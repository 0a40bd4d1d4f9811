/**
 * futex(2) as the library calls it. 2.3.3 knows shared futexes and relative timeouts only: WAIT and WAKE. 2.36 waits
 * with WAIT_BITSET until an absolute time and marks what no other process sees as private. glibc 2.36,
 * sysdeps/nptl/futex-internal.h and nptl/futex-internal.c; glibc 2.3.3, the lowlevellock.h of each machine.
 *
 * Waits are generators and return 0 or an errno in the machine's numbers.
 */
import {
  FUTEX_BITSET_MATCH_ANY, FUTEX_CLOCK_REALTIME, FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_PRIVATE_FLAG, FUTEX_REQUEUE,
  FUTEX_UNLOCK_PI, FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAKE,
} from '../arch/generic/futex.js';
import { type ActsOnCancel, cancellationPoint } from './cancellation.js';
import type { Nptl, WaitKind } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { ProgramError, SLEEPING } from './sys.js';
import { storeTimespec, type Timespec } from './timespec.js';

export const INT_MAX = 0x7fffffff;

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;

/** The steps of a call that may give up the processor. */
export type Steps<T> = Generator<unknown, T, unknown>;

/** What a thread waits for: the kind, and the low half of the object's address, for reports. */
export interface WaitOn {
  readonly kind: WaitKind;
  readonly lo: number;
}

/** `op` for a futex that is private to the process, as far as this glibc says so. */
function withPrivacy(nptl: Nptl, op: number, isShared: boolean): number {
  return nptl.isModern && !isShared ? op | FUTEX_PRIVATE_FLAG : op;
}

/** FUTEX_WAKE; how many were woken. EFAULT and EINVAL are ignored: the object may be gone. */
export function futexWake(nptl: Nptl, hi: number, lo: number, count: number, isShared: boolean): number {
  const { sys } = nptl;
  return sys.futex(hi, lo, withPrivacy(nptl, FUTEX_WAKE, isShared), count) < 0 ? 0 : sys.resultLo;
}

/** FUTEX_REQUEUE of 2.3.3: 0 or a negated errno. */
export function futexRequeue(
  nptl: Nptl, hi: number, lo: number, wake: number, move: number, toHi: number, toLo: number,
): number {
  const { sys } = nptl;
  sys.word(0, hi, lo);
  sys.number(1, FUTEX_REQUEUE);
  sys.number(2, wake);
  sys.number(3, move);
  sys.word(4, toHi, toLo);
  return sys.trap(nptl.target.nr.futex!);
}

/** FUTEX_WAIT without a timeout. */
export function* futexWait(
  nptl: Nptl, hi: number, lo: number, value: number, isShared: boolean, on: WaitOn, cancel: ActsOnCancel = 'no',
): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (cancel === 'yes') yield* cancellationPoint(nptl);
  const error = nptl.sys.futex(hi, lo, withPrivacy(nptl, FUTEX_WAIT, isShared), value);
  return yield* outcome(nptl, error, hi, on, cancel);
}

/** FUTEX_WAIT with a relative timeout, as 2.3.3 does. */
export function* futexTimedWait(
  nptl: Nptl, hi: number, lo: number, value: number, timeout: Timespec, on: WaitOn, cancel: ActsOnCancel = 'no',
): Steps<number> {
  const { sys } = nptl;
  if (sys.preempts) yield* preemptionPoint(nptl);
  if (cancel === 'yes') yield* cancellationPoint(nptl);
  const at = nptl.scratchLo;
  storeTimespec(nptl, nptl.scratchHi, at, timeout);
  sys.word(0, hi, lo);
  sys.number(1, FUTEX_WAIT);
  sys.number(2, value);
  sys.word(3, nptl.scratchHi, at);
  return yield* outcome(nptl, sys.trap(nptl.target.nr.futex!), hi, on, cancel);
}

/**
 * FUTEX_WAIT_BITSET until `until` on `clock`, or for ever when it is null, as 2.36 does. ETIMEDOUT without a call for
 * a time before 1970.
 */
export function* futexWaitUntil(
  nptl: Nptl, hi: number, lo: number, value: number, clock: number, until: Timespec | null, isShared: boolean,
  on: WaitOn, cancel: ActsOnCancel = 'no',
): Steps<number> {
  if (until !== null && until.sec < 0) return nptl.E.ETIMEDOUT;
  if (!isFutexClock(clock)) return nptl.E.EINVAL;
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (cancel === 'yes') yield* cancellationPoint(nptl);
  const op = FUTEX_WAIT_BITSET | (clock === CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0);
  const error = timedFutex(nptl, hi, lo, withPrivacy(nptl, op, isShared), value, until);
  return yield* outcome(nptl, error, hi, on, cancel);
}

/** FUTEX_LOCK_PI, or LOCK_PI2 for a time on a clock other than CLOCK_REALTIME. */
export function* futexLockPi(
  nptl: Nptl, hi: number, lo: number, clock: number, until: Timespec | null, isShared: boolean, on: WaitOn,
): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const op = until !== null && clock !== CLOCK_REALTIME ? FUTEX_LOCK_PI2 : FUTEX_LOCK_PI;
  const error = timedFutex(nptl, hi, lo, withPrivacy(nptl, op, isShared), 0, until);
  // ENOSYS: a kernel without LOCK_PI2.
  return yield* outcome(nptl, error === -nptl.E.ENOSYS ? -nptl.E.EINVAL : error, hi, on, 'no');
}

/** FUTEX_UNLOCK_PI: 0 or an errno. */
export function futexUnlockPi(nptl: Nptl, hi: number, lo: number, isShared: boolean): number {
  return -nptl.sys.futex(hi, lo, withPrivacy(nptl, FUTEX_UNLOCK_PI, isShared), 0);
}

export function isFutexClock(clock: number): boolean {
  return clock === CLOCK_REALTIME || clock === CLOCK_MONOTONIC;
}

/** The call with an absolute time: futex_time64 only for a time that a 32-bit time_t cannot hold. */
function timedFutex(nptl: Nptl, hi: number, lo: number, op: number, value: number, until: Timespec | null): number {
  const { sys, target } = nptl;
  const isWide = until !== null && target.bits === 32 && until.sec > INT_MAX;
  if (until !== null) {
    if (isWide) storeTime64(nptl, until);
    else storeTimespec(nptl, nptl.scratchHi, nptl.scratchLo, until);
  }
  sys.word(0, hi, lo);
  sys.number(1, op);
  sys.number(2, value);
  if (until === null) sys.number(3, 0);
  else sys.word(3, nptl.scratchHi, nptl.scratchLo);
  sys.number(4, 0);
  sys.number(5, FUTEX_BITSET_MATCH_ANY);
  if (!isWide) return sys.trap(target.nr.futex!);
  const error = target.nr.futex_time64 === undefined ? -nptl.E.ENOSYS : sys.trap(target.nr.futex_time64);
  return error === -nptl.E.ENOSYS ? -nptl.E.EOVERFLOW : error;
}

/** struct __timespec64 of a 32-bit task. */
function storeTime64(nptl: Nptl, { sec, nsec }: Timespec): void {
  const low = nptl.target.bigEndian ? 4 : 0;
  const { scratchHi: hi, scratchLo: lo } = nptl;
  nptl.store(hi, lo + low, sec | 0);
  nptl.store(hi, lo + 4 - low, Math.floor(sec / 2 ** 32));
  nptl.store(hi, lo + 8 + low, nsec);
  nptl.store(hi, lo + 12 - low, 0);
}

/** Gives up the processor while a call sleeps. 0 or an errno; what 2.36 calls fatal is fatal. */
function* outcome(nptl: Nptl, error: number, hi: number, on: WaitOn, cancel: ActsOnCancel): Steps<number> {
  let result = error;
  if (error === SLEEPING) {
    nptl.waitsFor(on.kind, hi, on.lo);
    if (cancel === 'yes') nptl.sleepsCancellably(true);
    yield undefined;
    if (cancel === 'yes') nptl.sleepsCancellably(false);
    result = nptl.sys.outcome();
  }
  if (result !== 0) checkError(nptl, -result);
  return -result;
}

function checkError(nptl: Nptl, error: number): void {
  if (nptl.lacksFutex) nptl.refuseFutex('waiting for another thread');
  if (!nptl.isModern || nptl.isExpected(error)) return;
  throw new ProgramError(`The futex facility returned an unexpected error code (${error}); see --nptl`);
}
