/** <time.h>, <sys/time.h>: clocks and sleeps, on the machine's virtual clock. */
import { type Call, Done } from '../call.js';
import type { Steps } from '../futex.js';
import { clockGetTimeOrDay, timeOfDay } from '../gettimeofday.js';
import { clockNanosleep, nanosleep, TIMER_ABSTIME } from '../process_calls.js';
import type { Timespec } from '../timespec.js';
import { LibcCore } from './core.js';

const BILLION = 1_000_000_000;

export class TimeCalls extends LibcCore {
  get TIMER_ABSTIME(): number {
    return TIMER_ABSTIME;
  }

  /** clock_gettime(2): [0, time], or [-1, 0] with errno: EINVAL for a clock that there is not. */
  clock_gettime(clock: number): Call<[result: number, time: Timespec]> {
    const time = clockGetTimeOrDay(this.nptl, clock);
    if (typeof time !== 'number') return new Done<[number, Timespec]>([0, time]);
    this.errno = -time;
    return new Done<[number, Timespec]>([-1, { sec: 0, nsec: 0 }]);
  }

  /** gettimeofday(2): seconds and microseconds since 1970. */
  gettimeofday(): Call<{ readonly sec: number; readonly usec: number }> {
    const { sec, nsec } = timeOfDay(this.nptl);
    return new Done({ sec, usec: Math.floor(nsec / 1000) });
  }

  /** time(2): seconds since 1970. */
  time(): Call<number> {
    return new Done(timeOfDay(this.nptl).sec);
  }

  /** nanosleep(2): [0, 0], or [-1, what is left] with errno EINTR after a signal's handler. A cancellation point. */
  nanosleep(request: Timespec): Call<[result: number, left: Timespec]> {
    return this.lazyStep('nanosleep', this.slept(nanosleep(this.nptl, request)));
  }

  /** clock_nanosleep(2): [0 or an errno, what is left]. A cancellation point. */
  clock_nanosleep(clock: number, flags: number, request: Timespec): Call<[error: number, left: Timespec]> {
    return this.lazyStep('clock_nanosleep', this.errnoOf(clockNanosleep(this.nptl, clock, flags, request)));
  }

  /** usleep(3): microseconds. 0, or -1 with errno. A cancellation point. */
  usleep(usec: number): Call<number> {
    const request = { sec: Math.floor(usec / 1e6), nsec: (usec % 1e6) * 1000 };
    return this.lazyStep('usleep', this.first(this.slept(nanosleep(this.nptl, request))));
  }

  /** sleep(3): seconds. 0, or the seconds left when a handler has run. A cancellation point. */
  sleep(seconds: number): Call<number> {
    return this.lazyStep('sleep', this.secondsLeft(seconds));
  }

  private *secondsLeft(seconds: number): Steps<number> {
    const [error, left] = yield* nanosleep(this.nptl, { sec: seconds, nsec: 0 });
    return error === 0 ? 0 : left.sec + (left.nsec >= BILLION / 2 ? 1 : 0);
  }

  private *slept(steps: Steps<[error: number, left: Timespec]>): Steps<[result: number, left: Timespec]> {
    const [error, left] = yield* steps;
    return [this.orError(error), left];
  }

  private *errnoOf(steps: Steps<[error: number, left: Timespec]>): Steps<[error: number, left: Timespec]> {
    const [error, left] = yield* steps;
    return [-error, left];
  }

  private *first(steps: Steps<[result: number, left: Timespec]>): Steps<number> {
    return (yield* steps)[0];
  }
}
