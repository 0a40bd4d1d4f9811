/**
 * Named semaphores: sem_open(3), sem_close(3), sem_unlink(3). glibc 2.36, nptl/sem_open.c.
 *
 * Unlike glibc: no file of /dev/shm is behind them but a page of shared anonymous memory, known by name in the process that
 * made it and in those that it forks afterwards.
 */
import { PROT_READ, PROT_WRITE } from '../arch/generic/mman.js';
import type { NamedSem } from './named_sem.js';
import type { Nptl } from './nptl.js';
import { semInit } from './sem_post.js';

/** What sem_open is asked: its flags, and the value of a new one. */
export interface SemOpen {
  readonly creates: boolean;
  readonly exclusive: boolean;
  readonly value: number;
}

const NAME_MAX = 251;

/** The semaphore, or a positive errno: EINVAL for a name or value that is none, ENOENT, EEXIST, ENOMEM. */
export function semOpen(nptl: Nptl, name: string, how: SemOpen): NamedSem | number {
  const { E } = nptl;
  const bare = name.replace(/^\/+/, '');
  if (bare === '' || bare.includes('/')) return nptl.isModern || bare === '' ? E.EINVAL : E.ENOENT;
  if (bare.length > NAME_MAX) return nptl.isModern ? E.EINVAL : E.ENAMETOOLONG;
  const found = nptl.namedSems.get(bare);
  if (found !== undefined) {
    if (how.creates && how.exclusive) return E.EEXIST;
    found.opened += 1;
    return found;
  }
  if (!how.creates) return E.ENOENT;
  return makeNamed(nptl, bare, how.value);
}

function makeNamed(nptl: Nptl, name: string, value: number): NamedSem | number {
  const { sys, params, target } = nptl;
  if (!(value >= 0 && value <= 0x7fffffff)) return nptl.E.EINVAL;
  const flags = target.map.SHARED | target.map.ANONYMOUS;
  const error = sys.mmapAnonymous(params.mmapCall, nptl.params.sizeof.sem_t, PROT_READ | PROT_WRITE, flags);
  if (error < 0) return -error;
  const sem: NamedSem = { name, hi: sys.resultHi, lo: sys.resultLo, opened: 1 };
  semInit(nptl, sem.hi, sem.lo, 1, value);
  nptl.namedSems.set(name, sem);
  nptl.openSems.add(sem);
  return sem;
}

/** 0, or EINVAL for an address that sem_open did not return. The last close of an open one unmaps it. */
export function semClose(nptl: Nptl, hi: number, lo: number): number {
  const sem = [...nptl.openSems].find((one) => one.hi === hi && one.lo === lo && one.opened > 0);
  if (sem === undefined) return nptl.E.EINVAL;
  sem.opened -= 1;
  // A name keeps its memory, since that is all there is of it.
  if (sem.opened === 0 && nptl.namedSems.get(sem.name) !== sem) {
    nptl.openSems.delete(sem);
    nptl.sys.munmap(hi, lo, nptl.params.sizeof.sem_t);
  }
  return 0;
}

/** 0, or ENOENT. */
export function semUnlink(nptl: Nptl, name: string): number {
  const bare = name.replace(/^\/+/, '');
  const sem = nptl.namedSems.get(bare);
  if (sem === undefined) return nptl.E.ENOENT;
  nptl.namedSems.delete(bare);
  if (sem.opened === 0) {
    nptl.openSems.delete(sem);
    nptl.sys.munmap(sem.hi, sem.lo, nptl.params.sizeof.sem_t);
  }
  return 0;
}
