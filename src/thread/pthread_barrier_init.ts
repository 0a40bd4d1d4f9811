/** pthread_barrier_init(3), pthread_barrierattr_*(3). glibc 2.3.3 and 2.36, nptl/pthread_barrier_init.c. */
import { type Addr, hiOf, loOf } from './address.js';
import { COUNT, OLD_COUNT, OLD_LEFT, SHARED } from './barrier.js';
import type { Nptl } from './nptl.js';

export const PTHREAD_BARRIER_SERIAL_THREAD = -1;

const UINT_MAX = 2 ** 32 - 1;

/** EINVAL for a count of 0; 2.36 has no more than 2^31 - 1 threads at a barrier. */
export function barrierInit(nptl: Nptl, barrier: Addr, attr: Addr | null, count: number): number {
  const pshared = attr === null ? 0 : nptl.load(hiOf(attr), loOf(attr));
  const most = nptl.isModern ? 0x7fffffff : UINT_MAX;
  if (!(count >= 1 && count <= most && Number.isInteger(count))) return nptl.E.EINVAL;
  if (pshared !== 0 && pshared !== 1) return nptl.E.EINVAL;
  const hi = hiOf(barrier);
  const lo = loOf(barrier);
  for (let at = 0; at < nptl.params.sizeof.pthread_barrier_t; at += 4) nptl.store(hi, lo + at, 0);
  if (nptl.isModern) {
    nptl.store(hi, lo + COUNT, count);
    nptl.store(hi, lo + SHARED, pshared);
  } else {
    nptl.store(hi, lo + OLD_LEFT, count | 0);
    nptl.store(hi, lo + OLD_COUNT, count | 0);
  }
  return 0;
}

export function barrierattrInit(nptl: Nptl, attr: Addr): number {
  nptl.store(hiOf(attr), loOf(attr), 0);
  return 0;
}

export function barrierattrSetPshared(nptl: Nptl, attr: Addr, pshared: number): number {
  if (pshared !== 0 && pshared !== 1) return nptl.E.EINVAL;
  nptl.store(hiOf(attr), loOf(attr), pshared);
  return 0;
}

export function barrierattrGetPshared(nptl: Nptl, attr: Addr): [error: number, pshared: number] {
  return [0, nptl.load(hiOf(attr), loOf(attr))];
}
