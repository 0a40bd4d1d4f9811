/**
 * Times in guest memory: timespec and timeval in the layouts of the task, the kernel and the *_time64 calls.
 * kernel/time/time.c: get_timespec64(), put_timespec64(); kernel/compat.c.
 */
import { EFAULT, EINVAL } from '../arch/generic/errno.js';
import { FAULT } from '../mm/uaccess.js';
import { EPOCH_SECONDS, timeOf } from '../task/clock.js';
import type { Kernel } from './kernel.js';
import { getNumber, getWord } from './user_words.js';

/** Two longs of the task's size, two of the kernel's, or two of 64 bits. */
export type TimespecKind = 'task' | 'kernel' | 'time64';

/** What was read last: seconds, and nanoseconds (or microseconds). Kept here so that reading allocates nothing. */
export const time = { seconds: Number.NaN, ns: Number.NaN };
time.seconds = 0;
time.ns = 0;

export function longBytes(k: Kernel, kind: TimespecKind): number {
  if (kind === 'time64') return 8;
  return (kind === 'task' ? k.target.bits : k.target.kernelBits) / 8;
}

/** Reads the timespec at hi:lo into `time`: 0 or -EFAULT. */
export function readTimespec(k: Kernel, hi: number, lo: number, kind: TimespecKind): number {
  const bytes = longBytes(k, kind);
  const seconds = getNumber(k, hi, lo, 0, bytes);
  const isPadded = kind === 'time64' && k.target.bits === 32;
  // The upper half of a 32-bit task's 64-bit tv_nsec is padding.
  const low = isPadded && k.target.bigEndian ? 4 : 0;
  const ns = isPadded ? getWord(k, hi, lo, 8 + low) : getNumber(k, hi, lo, bytes, bytes);
  if (seconds === FAULT || ns === FAULT) return -EFAULT;
  time.seconds = seconds;
  time.ns = ns;
  return 0;
}

/** Whether `time` is what timespec64_valid() accepts. */
export function isValidTime(): boolean {
  return time.seconds >= 0 && time.ns >= 0 && time.ns < 1e9;
}

/**
 * `time` as a deadline on the virtual clock: an interval from now, or a point in time since the start of the machine
 * or since 1970. Never negative; -EINVAL for one that is not valid if that is checked.
 */
export function timespecDeadline(k: Kernel, checks: boolean, from: 'now' | 'start' | 'epoch'): number {
  if (checks && !isValidTime()) return -EINVAL;
  const at = timeOf(time.seconds, time.ns, from === 'epoch' ? EPOCH_SECONDS : 0);
  return Math.max(from === 'now' ? k.clock.now + Math.max(0, at) : at, 0);
}
