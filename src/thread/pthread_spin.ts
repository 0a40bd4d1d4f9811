/**
 * Spin locks. One word: glibc 2.3.3 and 2.36 take it with an atomic exchange; i386 keeps 1 for free and 0 for taken
 * (sysdeps/i386/pthread_spin_*), the others 0 for free. No system call. Here there is one processor: a thread that
 * finds the lock taken gives way, as a real one would at the end of its time slice.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';

const SUCCESS = new Done(0);

function freeValue(nptl: Nptl): number {
  return nptl.params.spinFree;
}

export function spinInit(nptl: Nptl, lock: Addr): number {
  nptl.store(hiOf(lock), loOf(lock), freeValue(nptl));
  return 0;
}

function take(nptl: Nptl, hi: number, lo: number): boolean {
  const free = freeValue(nptl);
  if (nptl.load(hi, lo) !== free) return false;
  nptl.store(hi, lo, 1 - free);
  return true;
}

export function spinLock(nptl: Nptl, lock: Addr): Call<number> {
  const hi = hiOf(lock);
  const lo = loOf(lock);
  if (!nptl.sys.preempts && take(nptl, hi, lo)) return SUCCESS;
  return new Lazy(nptl.sys, 'pthread_spin_lock', spin(nptl, hi, lo));
}

function* spin(nptl: Nptl, hi: number, lo: number): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  while (!take(nptl, hi, lo)) yield undefined;
  return 0;
}

/** EBUSY when it is taken. */
export function spinTrylock(nptl: Nptl, lock: Addr): Call<number> {
  if (nptl.sys.preempts) return new Lazy(nptl.sys, 'pthread_spin_trylock', tryStep(nptl, hiOf(lock), loOf(lock)));
  return take(nptl, hiOf(lock), loOf(lock)) ? SUCCESS : new Done(nptl.E.EBUSY);
}

function* tryStep(nptl: Nptl, hi: number, lo: number): Steps<number> {
  yield* preemptionPoint(nptl);
  return take(nptl, hi, lo) ? 0 : nptl.E.EBUSY;
}

export function spinUnlock(nptl: Nptl, lock: Addr): Call<number> {
  if (nptl.sys.preempts) return new Lazy(nptl.sys, 'pthread_spin_unlock', unlockStep(nptl, lock));
  nptl.store(hiOf(lock), loOf(lock), freeValue(nptl));
  return SUCCESS;
}

function* unlockStep(nptl: Nptl, lock: Addr): Steps<number> {
  yield* preemptionPoint(nptl);
  nptl.store(hiOf(lock), loOf(lock), freeValue(nptl));
  return 0;
}
