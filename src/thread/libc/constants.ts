/** Constants of the C headers that a program names: <pthread.h>, <sys/mman.h>, <errno.h>. */
import { errnoNames } from '../../arch/generic/errno.js';
import type { OpenFlags } from '../../arch/generic/fcntl.js';
import * as calls from '../../arch/generic/mman_calls.js';
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_NOFILE, RLIMIT_STACK } from '../../arch/generic/sched.js';
import type { MapFlags, NptlParameters, PthreadType, Target } from '../../arch/index.js';
import * as attr from '../pthread_attr.js';
import * as cancel from '../pthread_cancel.js';
import { PTHREAD_CANCELED } from '../cancellation.js';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../futex.js';
import { PTHREAD_DESTRUCTOR_ITERATIONS, PTHREAD_KEYS_MAX } from '../keys.js';
import * as mutex from '../mutex.js';
import { PTHREAD_BARRIER_SERIAL_THREAD } from '../pthread_barrier_init.js';
import * as mutexattr from '../pthread_mutexattr.js';
import * as rwlock from '../rwlock.js';
import { SEM_VALUE_MAX } from '../sem.js';

/** MADV_* by name without the prefix. */
const MADV: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(calls).filter(([name]) => name.startsWith('MADV_')).map(([name, value]) => [name.slice(5), value]),
);

export class LibcConstants {
  readonly PTHREAD_CREATE_JOINABLE = attr.PTHREAD_CREATE_JOINABLE;
  readonly PTHREAD_CREATE_DETACHED = attr.PTHREAD_CREATE_DETACHED;
  readonly PTHREAD_INHERIT_SCHED = attr.PTHREAD_INHERIT_SCHED;
  readonly PTHREAD_EXPLICIT_SCHED = attr.PTHREAD_EXPLICIT_SCHED;
  readonly PTHREAD_SCOPE_SYSTEM = attr.PTHREAD_SCOPE_SYSTEM;
  readonly PTHREAD_SCOPE_PROCESS = attr.PTHREAD_SCOPE_PROCESS;
  readonly SCHED_OTHER = attr.SCHED_OTHER;
  readonly SCHED_FIFO = attr.SCHED_FIFO;
  readonly SCHED_RR = attr.SCHED_RR;
  readonly PTHREAD_CANCEL_ENABLE = cancel.PTHREAD_CANCEL_ENABLE;
  readonly PTHREAD_CANCEL_DISABLE = cancel.PTHREAD_CANCEL_DISABLE;
  readonly PTHREAD_CANCEL_DEFERRED = cancel.PTHREAD_CANCEL_DEFERRED;
  readonly PTHREAD_CANCEL_ASYNCHRONOUS = cancel.PTHREAD_CANCEL_ASYNCHRONOUS;
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
  /** O_* of this machine without the prefix, and the access modes: `libc.O.RDWR | libc.O.CREAT`. */
  readonly O: OpenFlags & { readonly RDONLY: 0; readonly WRONLY: 1; readonly RDWR: 2 };
  readonly SEEK_SET = 0;
  readonly SEEK_CUR = 1;
  readonly SEEK_END = 2;
  /** MREMAP_*, MADV_*, MS_* and MCL_* of this machine without the prefix. */
  readonly MREMAP = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;
  readonly MADV = MADV;
  readonly MS = { ASYNC: 1, INVALIDATE: 2, SYNC: 4 } as const;
  readonly MCL: { readonly CURRENT: number; readonly FUTURE: number; readonly ONFAULT: number };
  /** RLIMIT_* of this machine without the prefix. */
  readonly RLIMIT: Readonly<Record<'DATA' | 'STACK' | 'NOFILE' | 'MEMLOCK' | 'AS', number>>;
  readonly RLIM_INFINITY = Number.POSITIVE_INFINITY;
  /** Errno values of this machine by name: `libc.E.EAGAIN`. */
  readonly E: Readonly<Record<string, number>>;
  /** Signals of this machine by name: `libc.SIG.SIGUSR1`. SIGRTMIN is the first that glibc leaves to programs. */
  readonly SIG: Readonly<Record<string, number>>;
  /** SA_* of this machine: `libc.SA.SA_RESTART`. */
  readonly SA: Readonly<Record<'SA_SIGINFO' | 'SA_ONSTACK' | 'SA_RESTART' | 'SA_NODEFER' | 'SA_RESETHAND' | 'SA_NOCLDSTOP' | 'SA_NOCLDWAIT', number>>;
  readonly SIG_BLOCK: number;
  readonly SIG_UNBLOCK: number;
  readonly SIG_SETMASK: number;
  readonly MINSIGSTKSZ: number;
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
    this.O = { RDONLY: 0, WRONLY: 1, RDWR: 2, ...target.open };
    const mcl = target.entry.mlockall === 'mlockall_2000' ? 0x2000 : 1;
    this.MCL = { CURRENT: mcl, FUTURE: 2 * mcl, ONFAULT: 4 * mcl };
    const nofile = target.swappedRlimits?.find((n) => n !== RLIMIT_NOFILE) ?? RLIMIT_NOFILE;
    this.RLIMIT = { DATA: RLIMIT_DATA, STACK: RLIMIT_STACK, NOFILE: nofile, MEMLOCK: RLIMIT_MEMLOCK, AS: RLIMIT_AS };
    this.E = Object.fromEntries([...errnoNames].map(([n, name]) => [name, target.errno(n)]));
    const { signals } = target;
    this.SIG = { ...signals.numbers, SIGRTMIN: 34, SIGRTMAX: 64 };
    const { SA_SIGINFO, SA_ONSTACK, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDSTOP, SA_NOCLDWAIT } = signals;
    this.SA = { SA_SIGINFO, SA_ONSTACK, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDSTOP, SA_NOCLDWAIT };
    this.SIG_BLOCK = signals.SIG_BLOCK;
    this.SIG_UNBLOCK = signals.SIG_UNBLOCK;
    this.SIG_SETMASK = signals.SIG_SETMASK;
    this.MINSIGSTKSZ = signals.MINSIGSTKSZ;
    this.nr = target.nr;
    this.sizeof = { ...params.sizeof, int: 4, long: word, pointer: word };
    this.pageSize = target.pageSize;
    this.arch = target.arch;
  }
}
