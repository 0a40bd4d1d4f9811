/**
 * The clocks: time(2), gettimeofday(2), clock_gettime(2), clock_getres(2), and setting them, which takes a
 * privilege. All show the virtual clock. kernel/time.c; kernel/posix-timers.c from 2.5.63 on.
 *
 * Unlike Linux: a process's CPU time is its system calls, and threads have no clocks of their own.
 */
import { EFAULT, EINVAL, EPERM } from '../arch/generic/errno.js';
import * as clocks from '../arch/generic/clocks.js';
import { EPOCH_SECONDS, SYSCALL_NS } from '../task/clock.js';
import type { Kernel } from './kernel.js';
import { longBytes, readTimespec, type TimespecKind } from './timespec.js';
import { putNumber, putWord } from './user_words.js';

const isRealtime = (clock: number) =>
  clock === clocks.CLOCK_REALTIME || clock === clocks.CLOCK_REALTIME_COARSE || clock === clocks.CLOCK_TAI;

/** Whether this release has the clock. */
export function hasClock(k: Kernel, clock: number): boolean {
  return clock >= 0 && clock < 32 && ((k.taskRules.clocks >>> clock) & 1) !== 0;
}

/** The clock in ns on Clock.now's scale, and the seconds to add to it. */
function now(k: Kernel, clock: number): { readonly ns: number; readonly base: number } {
  if (clock === clocks.CLOCK_PROCESS_CPUTIME_ID) return { ns: k.calls * SYSCALL_NS, base: 0 };
  return { ns: k.clock.now, base: isRealtime(clock) ? EPOCH_SECONDS : 0 };
}

/** Stores a time given in ns: 0 or -EFAULT. */
export function storeTimespec(k: Kernel, i: number, kind: TimespecKind, ns: number, base = 0): number {
  const bytes = longBytes(k, kind);
  const seconds = Math.floor(ns / 1e9);
  const [hi, lo] = [k.hi(i), k.lo(i)];
  if (putNumber(k, hi, lo, 0, bytes, base + seconds) < 0) return -EFAULT;
  return putNumber(k, hi, lo, bytes, bytes, Math.floor(ns - seconds * 1e9));
}

function clockGettime(k: Kernel, kind: TimespecKind): number {
  const clock = k.lo(0);
  if (!hasClock(k, clock)) return -EINVAL;
  const { ns, base } = now(k, clock);
  return storeTimespec(k, 1, kind, ns, base);
}

/** clock_gettime(clock, tp). */
export function sysClockGettime(k: Kernel): number {
  return clockGettime(k, 'task');
}

export function sysClockGettime64(k: Kernel): number {
  return clockGettime(k, 'time64');
}

/** One nanosecond; a tick of 4 ms for the coarse clocks. */
function clockGetres(k: Kernel, kind: TimespecKind): number {
  const clock = k.lo(0);
  if (!hasClock(k, clock)) return -EINVAL;
  if (k.lo(1) === 0 && k.hi(1) === 0) return 0;
  const isCoarse = clock === clocks.CLOCK_REALTIME_COARSE || clock === clocks.CLOCK_MONOTONIC_COARSE;
  return storeTimespec(k, 1, kind, isCoarse ? 4e6 : 1);
}

export function sysClockGetres(k: Kernel): number {
  return clockGetres(k, 'task');
}

export function sysClockGetres64(k: Kernel): number {
  return clockGetres(k, 'time64');
}

/** Setting a clock takes CAP_SYS_TIME, and only REALTIME can be set; the time is read first. */
export function sysClockSettime(k: Kernel): number {
  if (k.lo(0) !== clocks.CLOCK_REALTIME) return -EINVAL;
  const error = readTimespec(k, k.hi(1), k.lo(1), 'task');
  return error < 0 ? error : -EPERM;
}

/** settimeofday and stime: the time is read first. */
export function sysSettimeofday(k: Kernel): number {
  if (k.lo(0) === 0 && k.hi(0) === 0) return -EPERM;
  const error = readTimespec(k, k.hi(0), k.lo(0), 'task');
  return error < 0 ? error : -EPERM;
}

/** gettimeofday(tv, tz): microseconds are an int where the machine says so (sparc64); time zones are 0. */
export function sysGettimeofday(k: Kernel): number {
  const { ns } = now(k, clocks.CLOCK_REALTIME);
  const seconds = Math.floor(ns / 1e9);
  if ((k.lo(0) !== 0 || k.hi(0) !== 0) && storeTimeval(k, k.hi(0), k.lo(0), EPOCH_SECONDS + seconds, ns - seconds * 1e9) < 0) {
    return -EFAULT;
  }
  if (k.lo(1) === 0 && k.hi(1) === 0) return 0;
  return putWord(k, k.hi(1), k.lo(1), 0, 0) < 0 || putWord(k, k.hi(1), k.lo(1), 4, 0) < 0 ? -EFAULT : 0;
}

/** Stores a timeval of the task: 0 or -EFAULT. */
export function storeTimeval(k: Kernel, hi: number, lo: number, seconds: number, ns: number): number {
  const bytes = k.target.bits / 8;
  if (putNumber(k, hi, lo, 0, bytes, seconds) < 0) return -EFAULT;
  return putNumber(k, hi, lo, bytes, Math.min(bytes, k.target.usecBytes), Math.floor(ns / 1000));
}

/** time(2): the seconds, also stored where the argument points. */
export function sysTime(k: Kernel): number {
  const seconds = EPOCH_SECONDS + Math.floor(k.clock.now / 1e9);
  if ((k.lo(0) !== 0 || k.hi(0) !== 0) && putNumber(k, k.hi(0), k.lo(0), 0, k.target.bits / 8, seconds) < 0) return -EFAULT;
  return seconds;
}
