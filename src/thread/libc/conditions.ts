/** <pthread.h>: condition variables. */
import type { Addr } from '../address.js';
import { type Call, Done } from '../call.js';
import * as cond from '../pthread_cond.js';
import { LibcCore } from './core.js';

export class Conditions extends LibcCore {
  pthread_cond_init(addr: Addr, _attr: Addr | null = null): number {
    return cond.condInit(this.nptl, addr);
  }

  pthread_cond_destroy(_addr: Addr): Call<number> {
    return new Done(cond.condDestroy());
  }

  pthread_cond_wait(addr: Addr, mutexAddr: Addr): Call<number> {
    return this.lazy('pthread_cond_wait', cond.condWait(this.nptl, addr, mutexAddr));
  }

  pthread_cond_signal(addr: Addr): Call<number> {
    return this.lazy('pthread_cond_signal', cond.condSignal(this.nptl, addr));
  }

  pthread_cond_broadcast(addr: Addr): Call<number> {
    return this.lazy('pthread_cond_broadcast', cond.condBroadcast(this.nptl, addr));
  }
}
