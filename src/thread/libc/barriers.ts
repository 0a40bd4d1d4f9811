/** <pthread.h>: barriers and spin locks. */
import type { Addr } from '../address.js';
import type { Call } from '../call.js';
import { barrierDestroy } from '../pthread_barrier_destroy.js';
import * as init from '../pthread_barrier_init.js';
import { barrierWait } from '../pthread_barrier_wait.js';
import * as spin from '../pthread_spin.js';
import { LibcCore } from './core.js';

export class Barriers extends LibcCore {
  /** EINVAL for a count of 0. `attr` is null or the address of a pthread_barrierattr_t. */
  pthread_barrier_init(barrier: Addr, attr: Addr | null, count: number): number {
    return init.barrierInit(this.nptl, barrier, attr, count);
  }

  /** 2.3.3: EBUSY while threads wait; 2.36 waits for those that leave. */
  pthread_barrier_destroy(barrier: Addr): Call<number> {
    return this.lazy('pthread_barrier_destroy', barrierDestroy(this.nptl, barrier));
  }

  /** PTHREAD_BARRIER_SERIAL_THREAD for one thread of each round, 0 for the others. */
  pthread_barrier_wait(barrier: Addr): Call<number> {
    return this.lazy('pthread_barrier_wait', barrierWait(this.nptl, barrier));
  }

  pthread_barrierattr_init(attr: Addr): number {
    return init.barrierattrInit(this.nptl, attr);
  }

  pthread_barrierattr_destroy(_attr: Addr): number {
    return 0;
  }

  pthread_barrierattr_setpshared(attr: Addr, pshared: number): number {
    return init.barrierattrSetPshared(this.nptl, attr, pshared);
  }

  pthread_barrierattr_getpshared(attr: Addr): [error: number, pshared: number] {
    return init.barrierattrGetPshared(this.nptl, attr);
  }

  pthread_spin_init(lock: Addr, _pshared = 0): number {
    return spin.spinInit(this.nptl, lock);
  }

  pthread_spin_destroy(_lock: Addr): number {
    return 0;
  }

  /** Gives way while another thread holds it. */
  pthread_spin_lock(lock: Addr): Call<number> {
    return spin.spinLock(this.nptl, lock);
  }

  /** EBUSY when it is held. */
  pthread_spin_trylock(lock: Addr): Call<number> {
    return spin.spinTrylock(this.nptl, lock);
  }

  pthread_spin_unlock(lock: Addr): Call<number> {
    return spin.spinUnlock(this.nptl, lock);
  }
}
