/** <pthread.h>: cancellation, and what is cleaned up on the way out. */
import type { Addr } from '../address.js';
import { type Call, Done } from '../call.js';
import * as cancel from '../pthread_cancel.js';
import { LibcCore } from './core.js';

export class Cancellation extends LibcCore {
  /**
   * pthread_cancel(3): the thread ends at its next cancellation point, or at once if it sleeps in one or takes it
   * asynchronously. Its finally blocks run, then its cleanup handlers, then destructors of its keys; its value is
   * PTHREAD_CANCELED. ESRCH for no such thread.
   */
  pthread_cancel(thread: Addr): Call<number> {
    return this.lazy('pthread_cancel', cancel.pthreadCancel(this.nptl, thread));
  }

  /** pthread_setcancelstate(3): [error, the state before]. EINVAL for a state that is none. */
  pthread_setcancelstate(state: number): Call<[error: number, old: number]> {
    return this.lazy('pthread_setcancelstate', cancel.setCancelState(this.nptl, state));
  }

  /** pthread_setcanceltype(3): [error, the type before]. EINVAL for a type that is none. */
  pthread_setcanceltype(type: number): Call<[error: number, old: number]> {
    return this.lazy('pthread_setcanceltype', cancel.setCancelType(this.nptl, type));
  }

  /** pthread_testcancel(3): a cancellation point and nothing else. */
  pthread_testcancel(): Call<void> {
    return this.lazy('pthread_testcancel', cancel.testCancel(this.nptl));
  }

  /** pthread_cleanup_push(3): `routine`, which may be a generator function, runs if the thread exits or is cancelled. */
  pthread_cleanup_push<T>(routine: (arg: T) => unknown, arg?: T): void {
    cancel.cleanupPush(this.nptl, routine as (arg: unknown) => unknown, arg);
  }

  /** pthread_cleanup_pop(3): takes the last one off, and runs it unless `execute` is 0. */
  pthread_cleanup_pop(execute: number): Call<void> {
    const handler = cancel.cleanupPop(this.nptl);
    if (handler === undefined || execute === 0) return new Done(undefined);
    return this.lazy('pthread_cleanup_pop', cancel.runCleanup(handler));
  }
}
