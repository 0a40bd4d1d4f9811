/** <pthread.h>: threads, and how they are scheduled. */
import { type Addr, hiOf, loOf } from '../address.js';
import { type Call, Done } from '../call.js';
import { leaveThread } from '../cancellation.js';
import { preemptionPoint } from '../preempt.js';
import { pthreadCreate } from '../pthread_create.js';
import { pthreadDetach } from '../pthread_detach.js';
import { type Joined, pthreadJoin, pthreadTimedjoin, pthreadTryjoin } from '../pthread_join.js';
import { getName, setName } from '../pthread_name.js';
import * as sched from '../pthread_sched.js';
import type { Timespec } from '../timespec.js';
import { ProgramError } from '../sys.js';
import { LibcCore } from './core.js';

export class Threads extends LibcCore {
  /**
   * pthread_create(3): [error, thread]. `attr` is null or the address of a pthread_attr_t; `start` may be a generator
   * function. EAGAIN without a pid or memory, EINVAL for a stack that is too small, EPERM for scheduling that is not allowed.
   */
  pthread_create<T>(attrAddr: Addr | null, start: (arg: T) => unknown, arg?: T): Call<[error: number, thread: Addr]> {
    if (this.nptl.sys.preempts) return this.step('pthread_create', () => this.create(attrAddr, start, arg));
    return this.create(attrAddr, start, arg);
  }

  private create(attrAddr: Addr | null, start: unknown, arg: unknown): Call<[error: number, thread: Addr]> {
    if (typeof start !== 'function') {
      throw new ProgramError('pthread_create was given a start routine that is not a function');
    }
    const row = pthreadCreate(this.nptl, attrAddr, start, arg);
    return new Done<[number, Addr]>(row < 0 ? [-row, 0] : [0, this.nptl.handle(row)]);
  }

  /**
   * pthread_join(3): [error, value]. ESRCH for no such thread, EINVAL for one that is detached or that another thread joins,
   * EDEADLK for oneself. A cancellation point.
   */
  pthread_join(thread: Addr): Call<Joined> {
    if (this.nptl.sys.preempts) return this.step('pthread_join', () => pthreadJoin(this.nptl, thread));
    return pthreadJoin(this.nptl, thread);
  }

  /** pthread_tryjoin_np(3): EBUSY while the thread has not ended. */
  pthread_tryjoin_np(thread: Addr): Call<Joined> {
    return this.step('pthread_tryjoin_np', () => pthreadTryjoin(this.nptl, thread));
  }

  /** pthread_timedjoin_np(3): ETIMEDOUT once `until`, a time of CLOCK_REALTIME, has come. */
  pthread_timedjoin_np(thread: Addr, until: Timespec): Call<Joined> {
    return this.lazy('pthread_timedjoin_np', pthreadTimedjoin(this.nptl, thread, until));
  }

  /** pthread_detach(3). ESRCH for no such thread, EINVAL for one that is detached already. */
  pthread_detach(thread: Addr): Call<number> {
    return this.step('pthread_detach', () => new Done(pthreadDetach(this.nptl, thread)));
  }

  /** pthread_exit(3): ends the thread with `value`; finally blocks and cleanup handlers run. */
  pthread_exit(value?: unknown): Call<never> {
    return this.lazy('pthread_exit', leaveThread(this.nptl, value));
  }

  /** pthread_self(3). */
  pthread_self(): Addr {
    return this.nptl.handle(this.nptl.self);
  }

  /** pthread_equal(3): non-zero when both are the same thread. */
  pthread_equal(a: Addr, b: Addr): number {
    return hiOf(a) === hiOf(b) && loOf(a) === loOf(b) ? 1 : 0;
  }

  /** pthread_yield(3): sched_yield(2) by another name. */
  pthread_yield(): Call<number> {
    return this.lazy('pthread_yield', this.giveWayOnce());
  }

  private *giveWayOnce(): Generator<unknown, number, unknown> {
    const { nptl } = this;
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    nptl.sys.trap(nptl.target.nr.sched_yield!);
    yield undefined;
    return 0;
  }

  /** pthread_setname_np(3): ERANGE for a name of more than 15 bytes. Reports show it. ENOSYS in 2.3.3. */
  pthread_setname_np(thread: Addr, name: string): number {
    return setName(this.nptl, thread, name);
  }

  /** pthread_getname_np(3): [0, name]. */
  pthread_getname_np(thread: Addr): [error: number, name: string] {
    return getName(this.nptl, thread);
  }

  /** A hint that nothing uses; EINVAL for a negative level. */
  pthread_setconcurrency(level: number): number {
    if (!(level >= 0)) return this.nptl.E.EINVAL;
    this.nptl.concurrency = level;
    return 0;
  }

  pthread_getconcurrency(): number {
    return this.nptl.concurrency;
  }

  /** pthread_setschedparam(3); `priority` is sched_priority. ESRCH, EINVAL, EPERM. */
  pthread_setschedparam(thread: Addr, policy: number, priority: number): Call<number> {
    return new Done(sched.setSchedParam(this.nptl, thread, policy, priority));
  }

  /** pthread_getschedparam(3): [0, policy, priority]. */
  pthread_getschedparam(thread: Addr): Call<[error: number, policy: number, priority: number]> {
    return new Done(sched.getSchedParam(this.nptl, thread));
  }

  /** pthread_setschedprio(3). ENOSYS in 2.3.3. */
  pthread_setschedprio(thread: Addr, priority: number): Call<number> {
    return new Done(sched.setSchedPrio(this.nptl, thread, priority));
  }

  /** pthread_setaffinity_np(3): a list of CPUs. */
  pthread_setaffinity_np(thread: Addr, cpus: readonly number[]): Call<number> {
    return new Done(sched.setAffinity(this.nptl, thread, cpus));
  }

  /** pthread_getaffinity_np(3): [0, CPUs]. */
  pthread_getaffinity_np(thread: Addr): Call<[error: number, cpus: number[]]> {
    return new Done(sched.getAffinity(this.nptl, thread));
  }
}
