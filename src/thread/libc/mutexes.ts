/** <pthread.h>: mutexes and their attributes. */
import { type Addr, hiOf, loOf } from '../address.js';
import type { Call } from '../call.js';
import { CLOCK_REALTIME } from '../futex.js';
import * as attr from '../pthread_mutexattr.js';
import { mutexConsistent, mutexDestroy, mutexInit } from '../pthread_mutex_init.js';
import { mutexLock } from '../pthread_mutex_lock.js';
import { mutexGetPrioCeiling, mutexSetPrioCeiling } from '../pthread_mutex_protect.js';
import { mutexTimedLock } from '../pthread_mutex_timedlock.js';
import { mutexTrylock } from '../pthread_mutex_trylock.js';
import { mutexUnlock } from '../pthread_mutex_unlock.js';
import type { Timespec } from '../timespec.js';
import { LibcCore } from './core.js';

type Pair = [error: number, value: number];

export class Mutexes extends LibcCore {
  /** `attr` is null or the address of a pthread_mutexattr_t. ENOTSUP for a kind that this kernel or glibc cannot make. */
  pthread_mutex_init(mutex: Addr, attrAddr: Addr | null = null): number {
    return mutexInit(this.nptl, mutex, attrAddr);
  }

  /** EBUSY when it is in use. */
  pthread_mutex_destroy(mutex: Addr): number {
    return mutexDestroy(this.nptl, mutex);
  }

  /** 0; EDEADLK of an error-checking one that is held already, EAGAIN, EINVAL, EOWNERDEAD, ENOTRECOVERABLE. */
  pthread_mutex_lock(mutex: Addr): Call<number> {
    return mutexLock(this.nptl, mutex);
  }

  /** EBUSY when it is held. */
  pthread_mutex_trylock(mutex: Addr): Call<number> {
    return mutexTrylock(this.nptl, mutex);
  }

  /** ETIMEDOUT once `until`, a time of CLOCK_REALTIME, has come. */
  pthread_mutex_timedlock(mutex: Addr, until: Timespec): Call<number> {
    const steps = mutexTimedLock(this.nptl, hiOf(mutex), loOf(mutex), CLOCK_REALTIME, until);
    return this.lazy('pthread_mutex_timedlock', steps);
  }

  /** The same on `clock`. ENOSYS in 2.3.3: it came with 2.30. */
  pthread_mutex_clocklock(mutex: Addr, clock: number, until: Timespec): Call<number> {
    if (!this.nptl.isModern) return this.done(this.nptl.E.ENOSYS);
    return this.lazy('pthread_mutex_clocklock', mutexTimedLock(this.nptl, hiOf(mutex), loOf(mutex), clock, until));
  }

  /** EPERM when it checks and is not the caller's. */
  pthread_mutex_unlock(mutex: Addr): Call<number> {
    return mutexUnlock(this.nptl, mutex);
  }

  /** After EOWNERDEAD: the data are repaired. */
  pthread_mutex_consistent(mutex: Addr): number {
    return mutexConsistent(this.nptl, mutex);
  }

  /** [0, ceiling] of a PTHREAD_PRIO_PROTECT mutex. */
  pthread_mutex_getprioceiling(mutex: Addr): Pair {
    return mutexGetPrioCeiling(this.nptl, hiOf(mutex), loOf(mutex));
  }

  /** [0, the ceiling it had]. */
  pthread_mutex_setprioceiling(mutex: Addr, ceiling: number): Call<Pair> {
    const steps = mutexSetPrioCeiling(this.nptl, hiOf(mutex), loOf(mutex), ceiling);
    return this.lazy('pthread_mutex_setprioceiling', steps);
  }

  pthread_mutexattr_init(attrAddr: Addr): number {
    return attr.mutexattrInit(this.nptl, attrAddr);
  }

  pthread_mutexattr_destroy(_attr: Addr): number {
    return 0;
  }

  pthread_mutexattr_settype(attrAddr: Addr, type: number): number {
    return attr.mutexattrSetType(this.nptl, attrAddr, type);
  }

  pthread_mutexattr_gettype(attrAddr: Addr): Pair {
    return attr.mutexattrGetType(this.nptl, attrAddr);
  }

  pthread_mutexattr_setpshared(attrAddr: Addr, pshared: number): number {
    return attr.mutexattrSetPshared(this.nptl, attrAddr, pshared);
  }

  pthread_mutexattr_getpshared(attrAddr: Addr): Pair {
    return attr.mutexattrGetPshared(this.nptl, attrAddr);
  }

  /** ENOSYS in 2.3.3, as all that follow. */
  pthread_mutexattr_setrobust(attrAddr: Addr, robust: number): number {
    return attr.mutexattrSetRobust(this.nptl, attrAddr, robust);
  }

  pthread_mutexattr_getrobust(attrAddr: Addr): Pair {
    return attr.mutexattrGetRobust(this.nptl, attrAddr);
  }

  pthread_mutexattr_setprotocol(attrAddr: Addr, protocol: number): number {
    return attr.mutexattrSetProtocol(this.nptl, attrAddr, protocol);
  }

  pthread_mutexattr_getprotocol(attrAddr: Addr): Pair {
    return attr.mutexattrGetProtocol(this.nptl, attrAddr);
  }

  pthread_mutexattr_setprioceiling(attrAddr: Addr, ceiling: number): number {
    return attr.mutexattrSetPrioCeiling(this.nptl, attrAddr, ceiling);
  }

  pthread_mutexattr_getprioceiling(attrAddr: Addr): Pair {
    return attr.mutexattrGetPrioCeiling(this.nptl, attrAddr);
  }
}
