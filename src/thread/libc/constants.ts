/** Constants of the C headers that a program names: <pthread.h>, <sys/mman.h>, <errno.h>. */
import { errnoNames } from '../../arch/generic/errno.js';
import type { MapFlags, NptlParameters, PthreadType, Target } from '../../arch/index.js';
import { PTHREAD_CREATE_DETACHED, PTHREAD_CREATE_JOINABLE } from '../pthread_attr.js';
import { PTHREAD_CANCELED } from '../cancellation.js';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../futex.js';
import { PTHREAD_DESTRUCTOR_ITERATIONS, PTHREAD_KEYS_MAX } from '../keys.js';
import * as mutex from '../mutex.js';
import { PTHREAD_BARRIER_SERIAL_THREAD } from '../pthread_barrier_init.js';
import * as mutexattr from '../pthread_mutexattr.js';
import * as rwlock from '../rwlock.js';
import { SEM_VALUE_MAX } from '../sem.js';

export class LibcConstants {
  readonly PTHREAD_CREATE_JOINABLE = PTHREAD_CREATE_JOINABLE;
  readonly PTHREAD_CREATE_DETACHED = PTHREAD_CREATE_DETACHED;
  readonly PTHREAD_BARRIER_SERIAL_THREAD = PTHREAD_BARRIER_SERIAL_THREAD;
  readonly PTHREAD_CANCELED = PTHREAD_CANCELED;
  readonly PTHREAD_PROCESS_PRIVATE = mutexattr.PTHREAD_PROCESS_PRIVATE;
  readonly PTHREAD_PROCESS_SHARED = mutexattr.PTHREAD_PROCESS_SHARED;
  readonly PTHREAD_MUTEX_NORMAL = mutex.PTHREAD_MUTEX_NORMAL;
  readonly PTHREAD_MUTEX_DEFAULT = mutex.PTHREAD_MUTEX_NORMAL;
  readonly PTHREAD_MUTEX_RECURSIVE = mutex.PTHREAD_MUTEX_RECURSIVE;
  readonly PTHREAD_MUTEX_ERRORCHECK = mutex.PTHREAD_MUTEX_ERRORCHECK;
  readonly PTHREAD_MUTEX_ADAPTIVE_NP = mutex.PTHREAD_MUTEX_ADAPTIVE_NP;
  readonly PTHREAD_MUTEX_STALLED = mutexattr.PTHREAD_MUTEX_STALLED;
  readonly PTHREAD_MUTEX_ROBUST = mutexattr.PTHREAD_MUTEX_ROBUST;
  readonly PTHREAD_PRIO_NONE = mutexattr.PTHREAD_PRIO_NONE;
  readonly PTHREAD_PRIO_INHERIT = mutexattr.PTHREAD_PRIO_INHERIT;
  readonly PTHREAD_PRIO_PROTECT = mutexattr.PTHREAD_PRIO_PROTECT;
  readonly PTHREAD_RWLOCK_PREFER_READER_NP = rwlock.PTHREAD_RWLOCK_PREFER_READER_NP;
  readonly PTHREAD_RWLOCK_PREFER_WRITER_NP = rwlock.PTHREAD_RWLOCK_PREFER_WRITER_NP;
  readonly PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP = rwlock.PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
  readonly PTHREAD_KEYS_MAX = PTHREAD_KEYS_MAX;
  readonly PTHREAD_DESTRUCTOR_ITERATIONS = PTHREAD_DESTRUCTOR_ITERATIONS;
  readonly SEM_VALUE_MAX = SEM_VALUE_MAX;
  readonly CLOCK_REALTIME = CLOCK_REALTIME;
  readonly CLOCK_MONOTONIC = CLOCK_MONOTONIC;
  readonly PROT_NONE = 0;
  readonly PROT_READ = 1;
  readonly PROT_WRITE = 2;
  readonly PROT_EXEC = 4;
  /** PTHREAD_STACK_MIN of this machine, bytes. */
  readonly PTHREAD_STACK_MIN: number;
  /** MAP_* of this machine without the prefix: `libc.MAP.PRIVATE`. */
  readonly MAP: MapFlags;
  /** Errno values of this machine by name: `libc.E.EAGAIN`. */
  readonly E: Readonly<Record<string, number>>;
  /** Call numbers of this machine by name. */
  readonly nr: Readonly<Record<string, number>>;
  /** Bytes of the types that a program allocates. */
  readonly sizeof: Readonly<Record<PthreadType | 'long' | 'int' | 'pointer', number>>;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Name of the machine, for programs that print it. */
  readonly arch: string;

  constructor(target: Target, params: NptlParameters) {
    const word = target.bits / 8;
    this.PTHREAD_STACK_MIN = params.PTHREAD_STACK_MIN;
    this.MAP = target.map;
    this.E = Object.fromEntries([...errnoNames].map(([n, name]) => [name, target.errno(n)]));
    this.nr = target.nr;
    this.sizeof = { ...params.sizeof, int: 4, long: word, pointer: word };
    this.pageSize = target.pageSize;
    this.arch = target.arch;
  }
}
