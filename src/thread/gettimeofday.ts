/** The time, as the library itself asks the kernel for it: a real call, since no machine here has a vDSO that answers. */
import type { Nptl } from './nptl.js';
import { loadLong, loadTimespec, type Timespec, timeBetween } from './timespec.js';

/** gettimeofday(2), in nanoseconds of which the last three digits are zero. */
export function getTimeOfDay(nptl: Nptl): Timespec {
  const { sys, target, scratchHi: hi, scratchLo: lo } = nptl;
  sys.word(0, hi, lo);
  sys.number(1, 0);
  sys.trap(target.nr.gettimeofday!);
  const at = lo + target.bits / 8;
  const usec = target.usecBytes === 4 ? nptl.load(hi, at) : loadLong(nptl, hi, at);
  return { sec: loadLong(nptl, hi, lo), nsec: usec * 1000 };
}

/** The time of day as this glibc asks for it: 2.36 by clock_gettime. */
export function timeOfDay(nptl: Nptl): Timespec {
  const time = nptl.isModern ? clockGetTime(nptl, 0) : getTimeOfDay(nptl);
  return typeof time === 'number' ? getTimeOfDay(nptl) : time;
}

/** clock_gettime(3): where 2.3.3's kernel has no such call, CLOCK_REALTIME is gettimeofday and others are EINVAL. */
export function clockGetTimeOrDay(nptl: Nptl, clock: number): Timespec | number {
  const time = clockGetTime(nptl, clock);
  if (time !== -nptl.E.ENOSYS || nptl.isModern) return time;
  return clock === 0 ? getTimeOfDay(nptl) : -nptl.E.EINVAL;
}

/** clock_gettime(2): the time, or a negated errno. */
export function clockGetTime(nptl: Nptl, clock: number): Timespec | number {
  const { sys, target, scratchHi: hi, scratchLo: lo } = nptl;
  sys.number(0, clock);
  sys.word(1, hi, lo);
  const error = sys.trap(target.nr.clock_gettime!);
  return error < 0 ? error : loadTimespec(nptl, hi, lo);
}

/** `until` as an interval from now; its seconds are negative once it is over. */
export function relativeTo(nptl: Nptl, until: Timespec): Timespec {
  return timeBetween(until, getTimeOfDay(nptl));
}

/** The same on any clock; gettimeofday where the kernel has no clock_gettime. */
export function relativeToClock(nptl: Nptl, clock: number, until: Timespec): Timespec {
  const now = clockGetTime(nptl, clock);
  return timeBetween(until, typeof now === 'number' ? getTimeOfDay(nptl) : now);
}


/** clock_getres(2) of CLOCK_MONOTONIC, asked once. */
export function hasMonotonicClock(nptl: Nptl): boolean {
  if (nptl.monotonicClock === 0) {
    const { sys, target } = nptl;
    sys.number(0, 1);
    sys.word(1, nptl.scratchHi, nptl.scratchLo);
    nptl.monotonicClock = sys.trap(target.nr.clock_getres!) < 0 ? -1 : 1;
  }
  return nptl.monotonicClock > 0;
}
