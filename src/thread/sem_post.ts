/** sem_post(3), sem_getvalue(3), sem_init(3). glibc 2.3.3, nptl/sysdeps/unix/sysv/linux/sem_post.c; glibc 2.36, nptl/sem_post.c. */
import { FUTEX_PRIVATE_FLAG } from '../arch/generic/futex.js';
import { futexWake } from './futex.js';
import type { Nptl } from './nptl.js';
import {
  isSemShared, NWAITERS_MASK, privateAt, SEM_VALUE_MAX, semDesign, VALUE_SHIFT, valueAt, waitersAt,
} from './sem.js';

/** 0, or EOVERFLOW (2.36) above SEM_VALUE_MAX. 2.3.3 wakes as many as there are now; 2.36 one, if there is one. */
export function semPost(nptl: Nptl, hi: number, lo: number): number {
  const at = lo + valueAt(nptl);
  const word = nptl.load(hi, at);
  const design = semDesign(nptl);
  const isShifted = design === 'shifted';
  if (nptl.isModern && (isShifted ? word >>> VALUE_SHIFT : word) === SEM_VALUE_MAX) return nptl.E.EOVERFLOW;
  nptl.store(hi, at, word + (isShifted ? 1 << VALUE_SHIFT : 1));
  if (design === 'count') {
    futexWake(nptl, hi, at, word + 1, true);
    return 0;
  }
  const waits = isShifted ? (word & NWAITERS_MASK) !== 0 : nptl.load(hi, lo + waitersAt(nptl)) !== 0;
  if (waits) futexWake(nptl, hi, at, 1, isSemShared(nptl, hi, lo));
  return 0;
}

export function semGetValue(nptl: Nptl, hi: number, lo: number): number {
  const word = nptl.load(hi, lo + valueAt(nptl));
  return semDesign(nptl) === 'shifted' ? word >>> VALUE_SHIFT : word;
}

/** 0, or EINVAL for a value above SEM_VALUE_MAX. */
export function semInit(nptl: Nptl, hi: number, lo: number, pshared: number, value: number): number {
  if (!(value >= 0 && value <= SEM_VALUE_MAX && Number.isInteger(value))) return nptl.E.EINVAL;
  if (nptl.isModern) for (let at = 0; at < 16; at += 4) nptl.store(hi, lo + at, 0);
  nptl.store(hi, lo + valueAt(nptl), semDesign(nptl) === 'shifted' ? value << VALUE_SHIFT : value);
  if (nptl.isModern) nptl.store(hi, lo + privateAt(nptl), pshared === 0 ? 0 : FUTEX_PRIVATE_FLAG);
  return 0;
}
