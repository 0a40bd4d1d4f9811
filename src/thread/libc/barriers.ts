/** <pthread.h>: barriers. */
import type { Addr } from '../address.js';
import { type Call, Done } from '../call.js';
import * as barrier from '../pthread_barrier.js';
import { LibcCore } from './core.js';

export class Barriers extends LibcCore {
  /** EINVAL for a count of 0. */
  pthread_barrier_init(addr: Addr, _attr: Addr | null, count: number): number {
    return barrier.barrierInit(this.nptl, addr, count);
  }

  pthread_barrier_destroy(addr: Addr): Call<number> {
    return new Done(barrier.barrierDestroy(this.nptl, addr));
  }

  /** PTHREAD_BARRIER_SERIAL_THREAD for one thread of each round, 0 for the others. */
  pthread_barrier_wait(addr: Addr): Call<number> {
    return this.lazy('pthread_barrier_wait', barrier.barrierWait(this.nptl, addr));
  }
}
