/**
 * alarm(2), setitimer(2) and getitimer(2): a timer of the process's own, which sends SIGALRM. kernel/itimer.c.
 *
 * Unlike Linux: ITIMER_VIRTUAL and ITIMER_PROF do not exist: a program takes no time between its calls.
 */
import { EFAULT, EINVAL } from '../arch/generic/errno.js';
import { FAULT } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';
import { storeTimeval } from './sys_time.js';
import { getNumber } from './user_words.js';

const ITIMER_REAL = 0;

/** The time that is left of the process's timer, ns; 0 when it does not run. */
function remaining(k: Kernel): number {
  const { alarm } = k.process;
  return alarm.deadline === Number.POSITIVE_INFINITY ? 0 : Math.max(alarm.deadline - k.clock.now, 1000);
}

/** Starts the timer, or with a value of 0 stops it. */
function start(k: Kernel, value: number, interval: number): void {
  const { alarm } = k.process;
  alarm.generation += 1;
  alarm.interval = interval;
  alarm.deadline = value === 0 ? Number.POSITIVE_INFINITY : k.clock.now + value;
  if (value !== 0) k.alarms.arm(k.process);
}

/** Most seconds that the alarm of a 32-bit kernel takes. */
const INT_MAX = 0x7fffffff;

/** alarm(seconds): the seconds that were left, rounded to the nearest, at least 1. */
export function sysAlarm(k: Kernel): number {
  const left = remaining(k);
  const seconds = k.lo(0) >>> 0;
  start(k, (k.target.kernelBits === 32 ? Math.min(seconds, INT_MAX) : seconds) * 1e9, 0);
  return k.word(0, left === 0 ? 0 : Math.max(1, Math.round(left / 1e9)) | 0);
}

/** A struct timeval at `at` bytes from argument i, ns: or a negative errno. */
function readTimeval(k: Kernel, i: number, at: number): number {
  const bytes = k.target.bits / 8;
  const seconds = getNumber(k, k.hi(i), k.lo(i), at, bytes);
  const micros = getNumber(k, k.hi(i), k.lo(i), at + bytes, Math.min(bytes, k.target.usecBytes));
  if (seconds === FAULT || micros === FAULT) return -EFAULT;
  return seconds < 0 || micros < 0 || micros >= 1e6 ? -EINVAL : seconds * 1e9 + micros * 1000;
}

function writeItimer(k: Kernel, i: number, interval: number, value: number): number {
  const store = (at: number, ns: number) => {
    const seconds = Math.floor(ns / 1e9);
    const low = (k.lo(i) >>> 0) + at;
    return storeTimeval(k, k.hi(i) + Math.floor(low / 2 ** 32), low | 0, seconds, ns - seconds * 1e9);
  };
  return store(0, interval) < 0 || store((2 * k.target.bits) / 8, value) < 0 ? -EFAULT : 0;
}

/** setitimer(which, new, old). */
export function sysSetitimer(k: Kernel): number {
  const isSet = k.lo(1) !== 0 || k.hi(1) !== 0;
  const interval = isSet ? readTimeval(k, 1, 0) : 0;
  const value = isSet ? readTimeval(k, 1, (2 * k.target.bits) / 8) : 0;
  if (interval < 0) return interval;
  if (value < 0) return value;
  if (k.lo(0) !== ITIMER_REAL) return -EINVAL;
  const old = { interval: k.process.alarm.interval, value: remaining(k) };
  start(k, value, interval);
  return k.lo(2) === 0 && k.hi(2) === 0 ? 0 : writeItimer(k, 2, old.interval, old.value);
}

/** getitimer(which, value). */
export function sysGetitimer(k: Kernel): number {
  if (k.lo(0) !== ITIMER_REAL) return -EINVAL;
  return writeItimer(k, 1, k.process.alarm.interval, remaining(k));
}
