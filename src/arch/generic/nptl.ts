/**
 * What glibc's two NPTL generations share on every machine. Sources: glibc 2.3.3 and 2.36,
 * nptl/sysdeps/pthread/createthread.c, nptl/allocatestack.c, nptl/descr.h, and the pthreaddef.h of
 * each machine, whose values stand in the machines' records.
 */
import type { NptlParameters, PthreadType } from '../arch.js';
import * as sched from './sched.js';

const CLONE_THREAD_FLAGS =
  sched.CLONE_VM | sched.CLONE_FS | sched.CLONE_FILES | sched.CLONE_SIGHAND | sched.CLONE_THREAD |
  sched.CLONE_SYSVSEM | sched.CLONE_SETTLS | sched.CLONE_PARENT_SETTID | sched.CLONE_CHILD_CLEARTID;

/** Types of one or two ints on every machine. */
const WORDS = {
  pthread_spinlock_t: 4, pthread_once_t: 4, pthread_mutexattr_t: 4, pthread_condattr_t: 4, pthread_rwlockattr_t: 8,
  pthread_barrierattr_t: 4,
};

/** sizeof of the 32-bit types: i386 and sparc bits/pthreadtypes.h. */
export const sizeof32: Readonly<Record<PthreadType, number>> = {
  ...WORDS, pthread_attr_t: 36, pthread_mutex_t: 24, pthread_cond_t: 48, pthread_rwlock_t: 32, pthread_barrier_t: 20,
  sem_t: 16,
};
/** sizeof of the 64-bit types: sparc64 and ia64 bits/pthreadtypes.h. */
export const sizeof64: Readonly<Record<PthreadType, number>> = {
  ...WORDS, pthread_attr_t: 56, pthread_mutex_t: 40, pthread_cond_t: 48, pthread_rwlock_t: 56, pthread_barrier_t: 32,
  sem_t: 32,
};

/**
 * Sizes of struct pthread and of the static TLS block that holds it. 2.36: observed on i386 and
 * sparc64. 2.3.3: counted from nptl/descr.h, with the TLS surplus of the 2.36 programs.
 */
const DESCRIPTORS = {
  '2.3.3': {
    32: { sizeofPthread: 1104, tidOffset: 72, robustOffset: 0, staticTlsSize: 2000 },
    64: { sizeofPthread: 1680, tidOffset: 144, robustOffset: 0, staticTlsSize: 2608 },
  },
  '2.36': {
    32: { sizeofPthread: 1216, tidOffset: 0x68, robustOffset: 0x6c, staticTlsSize: 0x840 },
    64: { sizeofPthread: 1856, tidOffset: 0xd0, robustOffset: 0xe0, staticTlsSize: 0xae0 },
  },
};

type Common =
  | 'version' | 'sizeofPthread' | 'tidOffset' | 'robustOffset' | 'staticTlsSize' | 'guardInsideSize' | 'mapsClosed' | 'cloneFlags' | 'sizeof';

export function nptlCommon(version: '2.3.3' | '2.36', bits: 32 | 64): Pick<NptlParameters, Common> {
  const old = version === '2.3.3';
  return {
    version,
    ...DESCRIPTORS[version][bits],
    guardInsideSize: old,
    mapsClosed: !old,
    cloneFlags: CLONE_THREAD_FLAGS | (old ? sched.CLONE_DETACHED : 0),
    sizeof: bits === 32 ? sizeof32 : sizeof64,
  };
}
