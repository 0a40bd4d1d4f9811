/**
 * nanosleep(2) and clock_nanosleep(2) on the virtual clock: the sleeper is put into the clock's timers, and when
 * nobody else can run the clock jumps. kernel/time/hrtimer.c: hrtimer_nanosleep().
 */
import { EFAULT, EINTR, EINVAL, EOPNOTSUPP } from '../arch/generic/errno.js';
import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_TAI, TIMER_ABSTIME } from '../arch/generic/clocks.js';
import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from '../arch/generic/restart.js';
import type { Sleep } from '../task/sleep.js';
import type { Kernel } from './kernel.js';
import { hasClock } from './sys_time.js';
import { readTimespec, type TimespecKind, timespecDeadline } from './timespec.js';
import { putNumber } from './user_words.js';

/** nanosleep(req, rem). */
export function sysNanosleep(k: Kernel): number {
  const error = readTimespec(k, k.hi(0), k.lo(0), 'task');
  if (error < 0) return error;
  return relative(k, 'nanosleep', 1, 'task');
}

/** clock_nanosleep(clock, flags, req, rem). */
export function sysClockNanosleep(k: Kernel): number {
  return clockNanosleep(k, 'task');
}

export function sysClockNanosleep64(k: Kernel): number {
  return clockNanosleep(k, 'time64');
}

function clockNanosleep(k: Kernel, kind: TimespecKind): number {
  const clock = k.lo(0);
  if (!hasClock(k, clock)) return -EINVAL;
  if (![CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI].includes(clock)) return -EOPNOTSUPP;
  const error = readTimespec(k, k.hi(2), k.lo(2), kind);
  if (error < 0) return error;
  if ((k.lo(1) & TIMER_ABSTIME) === 0) return relative(k, 'clock_nanosleep', 3, kind);
  const from = clock === CLOCK_REALTIME || clock === CLOCK_TAI ? 'epoch' : 'start';
  const deadline = timespecDeadline(k, true, from);
  if (deadline < 0) return deadline;
  if (deadline <= k.clock.now) return 0;
  return k.sleep({ why: 'clock_nanosleep', ownedBy: null, deadline, atDeadline: 0, interrupted: -ERESTARTNOHAND });
}

/** Sleeps for the time just read; interrupted, what is left of it is stored at argument `rem`. */
function relative(k: Kernel, why: string, rem: number, kind: TimespecKind): number {
  const deadline = timespecDeadline(k, true, 'now');
  if (deadline < 0) return deadline;
  const [hi, lo] = [k.hi(rem), k.lo(rem)];
  const memory = { mm: k.mm, target: k.target };
  const bytes = kind === 'time64' ? 8 : k.target.bits / 8;
  const sleep: Sleep = {
    why,
    ownedBy: null,
    deadline,
    atDeadline: 0,
    interrupted: k.taskRules.restartsSleeps ? -ERESTART_RESTARTBLOCK : -EINTR,
    interrupt: () => {
      if (hi === 0 && lo === 0) return 0;
      const left = Math.max(0, deadline - k.clock.now);
      const seconds = Math.floor(left / 1e9);
      const stored = putNumber(memory, hi, lo, 0, bytes, seconds) === 0 &&
        putNumber(memory, hi, lo, bytes, bytes, left - seconds * 1e9) === 0;
      return stored ? 0 : -EFAULT;
    },
    again: () => k.sleep(sleep),
  };
  return k.sleep(sleep);
}
