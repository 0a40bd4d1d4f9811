/** <pthread.h>: condition variables and their attributes. */
import type { Addr } from '../address.js';
import type { Call } from '../call.js';
import { condBroadcast } from '../pthread_cond_broadcast.js';
import { condDestroy } from '../pthread_cond_destroy.js';
import { condInit } from '../pthread_cond_init.js';
import { condSignal } from '../pthread_cond_signal.js';
import { condClockWait, condTimedWait } from '../pthread_cond_timedwait.js';
import { condWait } from '../pthread_cond_wait.js';
import * as attr from '../pthread_condattr.js';
import type { Timespec } from '../timespec.js';
import { LibcCore } from './core.js';

type Pair = [error: number, value: number];

export class Conditions extends LibcCore {
  /** `attr` is null or the address of a pthread_condattr_t. */
  pthread_cond_init(cond: Addr, attrAddr: Addr | null = null): number {
    return condInit(this.nptl, cond, attrAddr);
  }

  pthread_cond_destroy(cond: Addr): Call<number> {
    return condDestroy(this.nptl, cond);
  }

  /** A cancellation point: a cancelled thread has the mutex again before its finally blocks run. */
  pthread_cond_wait(cond: Addr, mutex: Addr): Call<number> {
    return this.lazy('pthread_cond_wait', condWait(this.nptl, cond, mutex));
  }

  /** ETIMEDOUT once `until`, a time of the condition variable's clock, has come. */
  pthread_cond_timedwait(cond: Addr, mutex: Addr, until: Timespec): Call<number> {
    return this.lazy('pthread_cond_timedwait', condTimedWait(this.nptl, cond, mutex, until));
  }

  /** The same on `clock`. ENOSYS in 2.3.3: it came with 2.30. */
  pthread_cond_clockwait(cond: Addr, mutex: Addr, clock: number, until: Timespec): Call<number> {
    return this.lazy('pthread_cond_clockwait', condClockWait(this.nptl, cond, mutex, clock, until));
  }

  pthread_cond_signal(cond: Addr): Call<number> {
    return this.lazy('pthread_cond_signal', condSignal(this.nptl, cond));
  }

  pthread_cond_broadcast(cond: Addr): Call<number> {
    return this.lazy('pthread_cond_broadcast', condBroadcast(this.nptl, cond));
  }

  pthread_condattr_init(attrAddr: Addr): number {
    return attr.condattrInit(this.nptl, attrAddr);
  }

  pthread_condattr_destroy(_attr: Addr): number {
    return 0;
  }

  pthread_condattr_setpshared(attrAddr: Addr, pshared: number): number {
    return attr.condattrSetPshared(this.nptl, attrAddr, pshared);
  }

  pthread_condattr_getpshared(attrAddr: Addr): Pair {
    return attr.condattrGetPshared(this.nptl, attrAddr);
  }

  /** EINVAL for clocks other than CLOCK_REALTIME and CLOCK_MONOTONIC. */
  pthread_condattr_setclock(attrAddr: Addr, clock: number): number {
    return attr.condattrSetClock(this.nptl, attrAddr, clock);
  }

  pthread_condattr_getclock(attrAddr: Addr): Pair {
    return attr.condattrGetClock(this.nptl, attrAddr);
  }
}
