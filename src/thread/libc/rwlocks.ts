/** <pthread.h>: read-write locks and their attributes. */
import type { Addr } from '../address.js';
import type { Call } from '../call.js';
import { CLOCK_REALTIME } from '../futex.js';
import * as rw from '../pthread_rwlock.js';
import type { Timespec } from '../timespec.js';
import { LibcCore } from './core.js';

export class Rwlocks extends LibcCore {
  /** `attr` is null or the address of a pthread_rwlockattr_t. */
  pthread_rwlock_init(rwlock: Addr, attr: Addr | null = null): number {
    return rw.rwlockInit(this.nptl, rwlock, attr);
  }

  /** 0, in use or not. */
  pthread_rwlock_destroy(_rwlock: Addr): number {
    return 0;
  }

  /** EDEADLK for the thread that holds it for writing. */
  pthread_rwlock_rdlock(rwlock: Addr): Call<number> {
    return rw.rwlockLock(this.nptl, rwlock, 'read');
  }

  pthread_rwlock_wrlock(rwlock: Addr): Call<number> {
    return rw.rwlockLock(this.nptl, rwlock, 'write');
  }

  pthread_rwlock_tryrdlock(rwlock: Addr): Call<number> {
    return this.lazy('pthread_rwlock_tryrdlock', rw.rwlockTry(this.nptl, rwlock, 'read'));
  }

  pthread_rwlock_trywrlock(rwlock: Addr): Call<number> {
    return this.lazy('pthread_rwlock_trywrlock', rw.rwlockTry(this.nptl, rwlock, 'write'));
  }

  pthread_rwlock_timedrdlock(rwlock: Addr, until: Timespec): Call<number> {
    return this.lazy('pthread_rwlock_timedrdlock', rw.rwlockTimed(this.nptl, rwlock, 'read', CLOCK_REALTIME, until));
  }

  pthread_rwlock_timedwrlock(rwlock: Addr, until: Timespec): Call<number> {
    return this.lazy('pthread_rwlock_timedwrlock', rw.rwlockTimed(this.nptl, rwlock, 'write', CLOCK_REALTIME, until));
  }

  /** ENOSYS in 2.3.3: it came with 2.30. */
  pthread_rwlock_clockrdlock(rwlock: Addr, clock: number, until: Timespec): Call<number> {
    if (!this.nptl.isModern) return this.done(this.nptl.E.ENOSYS);
    return this.lazy('pthread_rwlock_clockrdlock', rw.rwlockTimed(this.nptl, rwlock, 'read', clock, until));
  }

  /** ENOSYS in 2.3.3: it came with 2.30. */
  pthread_rwlock_clockwrlock(rwlock: Addr, clock: number, until: Timespec): Call<number> {
    if (!this.nptl.isModern) return this.done(this.nptl.E.ENOSYS);
    return this.lazy('pthread_rwlock_clockwrlock', rw.rwlockTimed(this.nptl, rwlock, 'write', clock, until));
  }

  pthread_rwlock_unlock(rwlock: Addr): Call<number> {
    return this.lazy('pthread_rwlock_unlock', rw.rwlockUnlock(this.nptl, rwlock));
  }

  pthread_rwlockattr_init(attr: Addr): number {
    return rw.rwlockattrInit(this.nptl, attr);
  }

  pthread_rwlockattr_destroy(_attr: Addr): number {
    return 0;
  }

  pthread_rwlockattr_setkind_np(attr: Addr, kind: number): number {
    return rw.rwlockattrSetKind(this.nptl, attr, kind);
  }

  pthread_rwlockattr_getkind_np(attr: Addr): [error: number, kind: number] {
    return rw.rwlockattrGetKind(this.nptl, attr);
  }

  pthread_rwlockattr_setpshared(attr: Addr, pshared: number): number {
    return rw.rwlockattrSetPshared(this.nptl, attr, pshared);
  }

  pthread_rwlockattr_getpshared(attr: Addr): [error: number, pshared: number] {
    return rw.rwlockattrGetPshared(this.nptl, attr);
  }
}
