/**
 * The read-write lock of glibc 2.3.3: a lock around counters, and two words that count wake-ups. nptl/sysdeps/pthread/
 * pthread_rwlock_{rdlock,wrlock,timedrdlock,timedwrlock,unlock}.c, nptl/pthread_rwlock_try*lock.c.
 *
 * Readers leave the queue as they wake, as in the assembly of i386; the C of other machines never counted them out, so that
 * their unlock went on waking nobody.
 */
import { futexTimedWait, futexWait, futexWake, INT_MAX, type Steps } from './futex.js';
import { relativeTo } from './gettimeofday.js';
import { lllLock, lllUnlockStep } from './lowlevellock.js';
import type { Nptl } from './nptl.js';
import {
  flagsOf, NR_READERS, NR_READERS_QUEUED, NR_WRITERS_QUEUED, OLD_LOCK, READERS_WAKEUP, rwlockOn, WRITER_WAKEUP, writerAt,
} from './rwlock.js';
import type { Timespec } from './timespec.js';

function add(nptl: Nptl, hi: number, lo: number, n: number): void {
  nptl.store(hi, lo, nptl.load(hi, lo) + n);
}

/** A reader may come in: nobody writes, and no writer waits that is preferred. */
function mayRead(nptl: Nptl, hi: number, lo: number): boolean {
  if (nptl.load(hi, lo + writerAt(nptl)) !== 0) return false;
  return nptl.load(hi, lo + NR_WRITERS_QUEUED) === 0 || flagsOf(nptl, hi, lo) === 0;
}

function mayWrite(nptl: Nptl, hi: number, lo: number): boolean {
  return nptl.load(hi, lo + writerAt(nptl)) === 0 && nptl.load(hi, lo + NR_READERS) === 0;
}

function enter(nptl: Nptl, hi: number, lo: number, side: Side): void {
  if (side === 'read') add(nptl, hi, lo + NR_READERS, 1);
  else nptl.store(hi, lo + writerAt(nptl), nptl.selfTid);
}

export type Side = 'read' | 'write';

/** rdlock, wrlock and their timed forms: 0, EDEADLK for the thread that writes, ETIMEDOUT, EINVAL. */
export function* lockOld(nptl: Nptl, hi: number, lo: number, side: Side, until: Timespec | null): Steps<number> {
  const isReader = side === 'read';
  const queued = lo + (isReader ? NR_READERS_QUEUED : NR_WRITERS_QUEUED);
  const wakeup = lo + (isReader ? READERS_WAKEUP : WRITER_WAKEUP);
  yield* lllLock(nptl, hi, lo + OLD_LOCK, true, rwlockOn(lo));
  let result = 0;
  for (;;) {
    if (isReader ? mayRead(nptl, hi, lo) : mayWrite(nptl, hi, lo)) {
      enter(nptl, hi, lo, side);
      break;
    }
    result = nptl.load(hi, lo + writerAt(nptl)) === nptl.selfTid ? nptl.E.EDEADLK : 0;
    if (result === 0 && until !== null && until.nsec >= 1_000_000_000) result = nptl.E.EINVAL;
    if (result !== 0) break;
    const left = until === null ? null : relativeTo(nptl, until);
    result = left !== null && left.sec < 0 ? nptl.E.ETIMEDOUT : 0;
    if (result !== 0) break;
    add(nptl, hi, queued, 1);
    const seen = nptl.load(hi, wakeup);
    yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
    const error = left === null
      ? yield* futexWait(nptl, hi, wakeup, seen, true, rwlockOn(lo))
      : yield* futexTimedWait(nptl, hi, wakeup, seen, left, rwlockOn(lo));
    yield* lllLock(nptl, hi, lo + OLD_LOCK, true, rwlockOn(lo));
    add(nptl, hi, queued, -1);
    if (error === nptl.E.ETIMEDOUT) {
      result = error;
      break;
    }
  }
  yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
  return result;
}

export function* tryOld(nptl: Nptl, hi: number, lo: number, side: Side): Steps<number> {
  yield* lllLock(nptl, hi, lo + OLD_LOCK, true, rwlockOn(lo));
  const may = side === 'read' ? mayRead(nptl, hi, lo) : mayWrite(nptl, hi, lo);
  if (may) enter(nptl, hi, lo, side);
  yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
  return may ? 0 : nptl.E.EBUSY;
}

/** Writers that wait come before readers that do. */
export function* unlockOld(nptl: Nptl, hi: number, lo: number): Steps<number> {
  yield* lllLock(nptl, hi, lo + OLD_LOCK, true, rwlockOn(lo));
  const writer = lo + writerAt(nptl);
  if (nptl.load(hi, writer) !== 0) nptl.store(hi, writer, 0);
  else add(nptl, hi, lo + NR_READERS, -1);
  const isFree = nptl.load(hi, lo + NR_READERS) === 0;
  const wakesWriter = isFree && nptl.load(hi, lo + NR_WRITERS_QUEUED) !== 0;
  const wakesReaders = isFree && !wakesWriter && nptl.load(hi, lo + NR_READERS_QUEUED) !== 0;
  const wakeup = lo + (wakesWriter ? WRITER_WAKEUP : READERS_WAKEUP);
  if (wakesWriter || wakesReaders) add(nptl, hi, wakeup, 1);
  yield* lllUnlockStep(nptl, hi, lo + OLD_LOCK, true);
  if (wakesWriter) futexWake(nptl, hi, wakeup, 1, true);
  else if (wakesReaders) futexWake(nptl, hi, wakeup, INT_MAX, true);
  return 0;
}
