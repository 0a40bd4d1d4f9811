/** Constants of the C headers that a program names: <pthread.h>, <sys/mman.h>, <errno.h>. */
import { errnoNames } from '../../arch/generic/errno.js';
import type { MapFlags, NptlParameters, PthreadType, Target } from '../../arch/index.js';
import { PTHREAD_CREATE_DETACHED, PTHREAD_CREATE_JOINABLE } from '../pthread_attr.js';
import { PTHREAD_BARRIER_SERIAL_THREAD } from '../pthread_barrier.js';

export class LibcConstants {
  readonly PTHREAD_CREATE_JOINABLE = PTHREAD_CREATE_JOINABLE;
  readonly PTHREAD_CREATE_DETACHED = PTHREAD_CREATE_DETACHED;
  readonly PTHREAD_BARRIER_SERIAL_THREAD = PTHREAD_BARRIER_SERIAL_THREAD;
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
