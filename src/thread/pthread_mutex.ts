/**
 * The plain mutex. Words in guest memory: lock 0, count 4, owner 8, and kind and nusers at 12 and 16 (32-bit)
 * or 16 and 12 (64-bit). glibc 2.3.3, nptl/pthread_mutex_lock.c, pthread_mutex_unlock.c.
 */
import { EBUSY } from '../arch/generic/errno.js';
import { lllCondLock, lllLockWait, lllTrylock, lllUnlock } from './lowlevellock.js';
import type { Nptl } from './nptl.js';
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';

const OWNER = 8;
const SUCCESS = new Done(0);

function nusersAt(nptl: Nptl): number {
  return nptl.target.bits === 32 ? 16 : 12;
}

/** tid of the owner, 0 when free. */
export function mutexOwner(nptl: Nptl, hi: number, lo: number): number {
  return nptl.load(hi, lo + OWNER);
}

export function mutexInit(nptl: Nptl, mutex: Addr): number {
  const size = nptl.params.sizeof.pthread_mutex_t;
  for (let at = 0; at < size; at += 4) nptl.store(hiOf(mutex), loOf(mutex) + at, 0);
  return 0;
}

/** EBUSY for a mutex in use. */
export function mutexDestroy(nptl: Nptl, mutex: Addr): number {
  return nptl.load(hiOf(mutex), loOf(mutex) + nusersAt(nptl)) !== 0 ? nptl.target.errno(EBUSY) : 0;
}

function acquired(nptl: Nptl, hi: number, lo: number): void {
  nptl.store(hi, lo + OWNER, nptl.kernel.tasks.tid[nptl.kernel.current]!);
  const users = lo + nusersAt(nptl);
  nptl.store(hi, users, nptl.load(hi, users) + 1);
}

export function mutexLock(nptl: Nptl, mutex: Addr): Call<number> {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  if (!lllTrylock(nptl, hi, lo)) return new Lazy(nptl.sys, 'pthread_mutex_lock', lockSlow(nptl, hi, lo));
  acquired(nptl, hi, lo);
  return SUCCESS;
}

function* lockSlow(nptl: Nptl, hi: number, lo: number): Generator<undefined, number, unknown> {
  yield* lllLockWait(nptl, hi, lo, 'mutex', lo);
  acquired(nptl, hi, lo);
  return 0;
}

export function mutexTrylock(nptl: Nptl, mutex: Addr): number {
  if (!lllTrylock(nptl, hiOf(mutex), loOf(mutex))) return nptl.target.errno(EBUSY);
  acquired(nptl, hiOf(mutex), loOf(mutex));
  return 0;
}

/** A plain mutex does not ask who unlocks it. */
export function mutexUnlock(nptl: Nptl, mutex: Addr): number {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  const users = lo + nusersAt(nptl);
  nptl.store(hi, users, nptl.load(hi, users) - 1);
  releaseForWait(nptl, hi, lo);
  return 0;
}

/** Unlock inside pthread_cond_wait: the waiter still counts as a user. */
export function releaseForWait(nptl: Nptl, hi: number, lo: number): void {
  nptl.store(hi, lo + OWNER, 0);
  lllUnlock(nptl, hi, lo);
}

/** Lock again after pthread_cond_wait. */
export function* relockAfterWait(nptl: Nptl, hi: number, lo: number): Generator<undefined, void, unknown> {
  yield* lllCondLock(nptl, hi, lo, 'mutex', lo);
  nptl.store(hi, lo + OWNER, nptl.kernel.tasks.tid[nptl.kernel.current]!);
}
