/** <pthread.h>: threads. */
import { type Addr, hiOf, loOf } from '../address.js';
import { type Call, Done } from '../call.js';
import { pthreadCreate } from '../pthread_create.js';
import { pthreadDetach } from '../pthread_detach.js';
import { type Joined, pthreadJoin } from '../pthread_join.js';
import { LibcCore } from './core.js';

export class Threads extends LibcCore {
  /** pthread_create(3): [error, thread]. `attr` is null or the address of a pthread_attr_t. */
  pthread_create<T>(attrAddr: Addr | null, start: (arg: T) => unknown, arg?: T): Call<[error: number, thread: Addr]> {
    if (this.nptl.sys.preempts) return this.step('pthread_create', () => this.create(attrAddr, start, arg));
    return this.create(attrAddr, start, arg);
  }

  private create(attrAddr: Addr | null, start: unknown, arg: unknown): Call<[error: number, thread: Addr]> {
    const row = pthreadCreate(this.nptl, attrAddr, start, arg);
    return new Done<[number, Addr]>(row < 0 ? [-row, 0] : [0, this.nptl.handle(row)]);
  }

  /** pthread_join(3): [error, value]. */
  pthread_join(thread: Addr): Call<Joined> {
    if (this.nptl.sys.preempts) return this.step('pthread_join', () => pthreadJoin(this.nptl, thread));
    return pthreadJoin(this.nptl, thread);
  }

  /** pthread_detach(3). */
  pthread_detach(thread: Addr): Call<number> {
    return this.step('pthread_detach', () => new Done(pthreadDetach(this.nptl, thread)));
  }

  /** pthread_exit(3): ends the thread with `value`; finally blocks run. */
  pthread_exit(value?: unknown): Call<never> {
    return this.lazy('pthread_exit', this.leaveThread(value));
  }

  private *leaveThread(value: unknown): Generator<undefined, never, unknown> {
    this.nptl.exiting = this.nptl.kernel.current;
    this.nptl.exitValue = value;
    for (;;) yield undefined;
  }

  /** pthread_self(3). */
  pthread_self(): Addr {
    return this.nptl.handle(this.nptl.self);
  }

  /** pthread_equal(3): non-zero when both are the same thread. */
  pthread_equal(a: Addr, b: Addr): number {
    return hiOf(a) === hiOf(b) && loOf(a) === loOf(b) ? 1 : 0;
  }
}
