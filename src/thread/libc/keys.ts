/** <pthread.h>: thread-specific data, and what is done once. */
import type { Addr } from '../address.js';
import type { Call } from '../call.js';
import type { Destructor } from '../keys.js';
import * as key from '../pthread_key.js';
import { once } from '../pthread_once.js';
import { LibcCore } from './core.js';

export class ThreadKeys extends LibcCore {
  /** [0, key]; EAGAIN when PTHREAD_KEYS_MAX are in use. `destructor` may be a generator function. */
  pthread_key_create(destructor: Destructor | null = null): [error: number, key: number] {
    return key.keyCreate(this.nptl, destructor);
  }

  /** EINVAL for a key that is not in use. */
  pthread_key_delete(k: number): number {
    return key.keyDelete(this.nptl, k);
  }

  /** EINVAL for a key that is not in use. */
  pthread_setspecific(k: number, value: unknown): number {
    return key.setSpecific(this.nptl, k, value);
  }

  /** The calling thread's value, or null. */
  pthread_getspecific(k: number): unknown {
    return key.getSpecific(this.nptl, k);
  }

  /** Runs `routine`, which may be a generator function, in the first thread that comes; the others wait until it is over. */
  pthread_once(control: Addr, routine: () => unknown): Call<number> {
    return once(this.nptl, control, routine);
  }
}
