/** <pthread.h>: mutexes. */
import type { Addr } from '../address.js';
import { type Call, Done } from '../call.js';
import * as mutex from '../pthread_mutex.js';
import { LibcCore } from './core.js';

export class Mutexes extends LibcCore {
  pthread_mutex_init(addr: Addr, _attr: Addr | null = null): number {
    return mutex.mutexInit(this.nptl, addr);
  }

  pthread_mutex_destroy(addr: Addr): number {
    return mutex.mutexDestroy(this.nptl, addr);
  }

  pthread_mutex_lock(addr: Addr): Call<number> {
    return mutex.mutexLock(this.nptl, addr);
  }

  /** EBUSY when it is held. */
  pthread_mutex_trylock(addr: Addr): Call<number> {
    return new Done(mutex.mutexTrylock(this.nptl, addr));
  }

  pthread_mutex_unlock(addr: Addr): Call<number> {
    return new Done(mutex.mutexUnlock(this.nptl, addr));
  }
}
