/**
 * pthread_rwlock_*(3) and pthread_rwlockattr_*(3): which design runs is the NPTL's.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Lazy } from './call.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { readLock, readUnlock, tryRead, tryWrite, writeLock, writeUnlock } from './pthread_rwlock_new.js';
import { lockOld, type Side, tryOld, unlockOld } from './pthread_rwlock_old.js';
import { PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP, setFlags, writerAt } from './rwlock.js';
import type { Timespec } from './timespec.js';

/** 0. 2.3.3 has two kinds: writers preferred or not. */
export function rwlockInit(nptl: Nptl, rwlock: Addr, attr: Addr | null): number {
  const hi = hiOf(rwlock);
  const lo = loOf(rwlock);
  const kind = attr === null ? 0 : nptl.load(hiOf(attr), loOf(attr));
  const pshared = attr === null ? 0 : nptl.load(hiOf(attr), loOf(attr) + 4);
  for (let at = 0; at < nptl.params.sizeof.pthread_rwlock_t; at += 4) nptl.store(hi, lo + at, 0);
  const old = kind === PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP ? 1 : 0;
  setFlags(nptl, hi, lo, nptl.isModern ? kind : old, pshared === 0 ? 0 : 1);
  return 0;
}

/** 0, EDEADLK for the thread that writes, EAGAIN for too many readers. */
export function rwlockLock(nptl: Nptl, rwlock: Addr, side: Side): Call<number> {
  const hi = hiOf(rwlock);
  const lo = loOf(rwlock);
  return new Lazy(nptl.sys, side === 'read' ? 'pthread_rwlock_rdlock' : 'pthread_rwlock_wrlock', lock(nptl, hi, lo, side));
}

function lock(nptl: Nptl, hi: number, lo: number, side: Side): Steps<number> {
  if (!nptl.isModern) return lockOld(nptl, hi, lo, side, null);
  return side === 'read' ? readLock(nptl, hi, lo, null) : writeLock(nptl, hi, lo, null);
}

/** 0 or EBUSY. */
export function* rwlockTry(nptl: Nptl, rwlock: Addr, side: Side): Steps<number> {
  const hi = hiOf(rwlock);
  const lo = loOf(rwlock);
  if (!nptl.isModern) return yield* tryOld(nptl, hi, lo, side);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  return side === 'read' ? tryRead(nptl, hi, lo) : tryWrite(nptl, hi, lo);
}

/** pthread_rwlock_timedrdlock, _timedwrlock; _clockrdlock and _clockwrlock came with 2.30: ENOSYS in 2.3.3. */
export function rwlockTimed(nptl: Nptl, rwlock: Addr, side: Side, clock: number, until: Timespec): Steps<number> {
  const hi = hiOf(rwlock);
  const lo = loOf(rwlock);
  if (!nptl.isModern) return lockOld(nptl, hi, lo, side, until);
  return side === 'read' ? readLock(nptl, hi, lo, { clock, until }) : writeLock(nptl, hi, lo, { clock, until });
}

/** 0, whoever calls it: 2.3.3 and 2.36 do not check. */
export function* rwlockUnlock(nptl: Nptl, rwlock: Addr): Steps<number> {
  const hi = hiOf(rwlock);
  const lo = loOf(rwlock);
  if (!nptl.isModern) return yield* unlockOld(nptl, hi, lo);
  if (nptl.load(hi, lo + writerAt(nptl)) === nptl.selfTid) yield* writeUnlock(nptl, hi, lo);
  else yield* readUnlock(nptl, hi, lo);
  return 0;
}

export function rwlockattrInit(nptl: Nptl, attr: Addr): number {
  nptl.store(hiOf(attr), loOf(attr), 0);
  nptl.store(hiOf(attr), loOf(attr) + 4, 0);
  return 0;
}

/** EINVAL for a kind that there is not. */
export function rwlockattrSetKind(nptl: Nptl, attr: Addr, kind: number): number {
  if (kind !== 0 && kind !== 1 && kind !== 2) return nptl.E.EINVAL;
  nptl.store(hiOf(attr), loOf(attr), kind);
  return 0;
}

export function rwlockattrGetKind(nptl: Nptl, attr: Addr): [error: number, kind: number] {
  return [0, nptl.load(hiOf(attr), loOf(attr))];
}

export function rwlockattrSetPshared(nptl: Nptl, attr: Addr, pshared: number): number {
  if (pshared !== 0 && pshared !== 1) return nptl.E.EINVAL;
  nptl.store(hiOf(attr), loOf(attr) + 4, pshared);
  return 0;
}

export function rwlockattrGetPshared(nptl: Nptl, attr: Addr): [error: number, pshared: number] {
  return [0, nptl.load(hiOf(attr), loOf(attr) + 4)];
}

