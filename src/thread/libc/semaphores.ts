/** <semaphore.h>. Calls return 0, or -1 with errno set. */
import { type Addr, hiOf, loOf, makeAddr } from '../address.js';
import { type Call, Done } from '../call.js';
import { CLOCK_REALTIME, type Steps } from '../futex.js';
import { preemptionPoint } from '../preempt.js';
import { semClose, type SemOpen, semOpen, semUnlink } from '../sem_open.js';
import { semGetValue, semInit, semPost } from '../sem_post.js';
import { semTake, semTimedWait, semWait } from '../sem_wait.js';
import type { Timespec } from '../timespec.js';
import { LibcCore } from './core.js';

export class Semaphores extends LibcCore {
  /** EINVAL for a value above SEM_VALUE_MAX. */
  sem_init(sem: Addr, pshared: number, value: number): number {
    return this.result(semInit(this.nptl, hiOf(sem), loOf(sem), pshared, value));
  }

  /** 0, in use or not. */
  sem_destroy(_sem: Addr): number {
    return 0;
  }

  /** A cancellation point; EINTR after a signal's handler. */
  sem_wait(sem: Addr): Call<number> {
    return this.lazy('sem_wait', this.outcome(semWait(this.nptl, hiOf(sem), loOf(sem))));
  }

  /** ETIMEDOUT once `until`, a time of CLOCK_REALTIME, has come. */
  sem_timedwait(sem: Addr, until: Timespec): Call<number> {
    return this.lazy('sem_timedwait', this.outcome(semTimedWait(this.nptl, hiOf(sem), loOf(sem), CLOCK_REALTIME, until)));
  }

  /** The same on `clock`. ENOSYS in 2.3.3: it came with 2.30. */
  sem_clockwait(sem: Addr, clock: number, until: Timespec): Call<number> {
    if (!this.nptl.isModern) return this.done(this.result(this.nptl.E.ENOSYS));
    return this.lazy('sem_clockwait', this.outcome(semTimedWait(this.nptl, hiOf(sem), loOf(sem), clock, until)));
  }

  /** EAGAIN when there is none. */
  sem_trywait(sem: Addr): Call<number> {
    return this.atOnce('sem_trywait', () => (semTake(this.nptl, hiOf(sem), loOf(sem)) ? 0 : this.nptl.E.EAGAIN));
  }

  sem_post(sem: Addr): Call<number> {
    return this.atOnce('sem_post', () => semPost(this.nptl, hiOf(sem), loOf(sem)));
  }

  /** [0, value]. */
  sem_getvalue(sem: Addr): [result: number, value: number] {
    return [0, semGetValue(this.nptl, hiOf(sem), loOf(sem))];
  }

  /** The address of a named semaphore, made with `value` if it is not there and `creates` is set; 0 with errno. */
  sem_open(name: string, how: Partial<SemOpen> = {}): Call<Addr> {
    const sem = semOpen(this.nptl, name, { creates: false, exclusive: false, value: 0, ...how });
    const { bits } = this.nptl.target;
    if (typeof sem !== 'number') return new Done(makeAddr(bits, sem.hi, sem.lo));
    this.errno = sem;
    return new Done(makeAddr(bits, 0, 0));
  }

  sem_close(sem: Addr): Call<number> {
    return this.done(this.result(semClose(this.nptl, hiOf(sem), loOf(sem))));
  }

  sem_unlink(name: string): Call<number> {
    return this.done(this.result(semUnlink(this.nptl, name)));
  }

  private result(error: number): number {
    if (error === 0) return 0;
    this.errno = error;
    return -1;
  }

  private *outcome(steps: Steps<number>): Steps<number> {
    return this.result(yield* steps);
  }

  /** A call that does not block; other threads may come before it. */
  private atOnce(name: string, act: () => number): Call<number> {
    return this.nptl.sys.preempts ? this.lazy(name, this.afterOthers(act)) : this.done(this.result(act()));
  }

  private *afterOthers(act: () => number): Steps<number> {
    yield* preemptionPoint(this.nptl);
    return this.result(act());
  }
}
