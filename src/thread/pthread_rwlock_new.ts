/**
 * The read-write lock since glibc 2.25: one word of readers with the phase (reading or writing) in its low bits, and two
 * words to sleep on. glibc 2.36, nptl/pthread_rwlock_common.c, pthread_rwlock_tryrdlock.c, pthread_rwlock_trywrlock.c.
 */
import { futexWaitUntil, futexWake, INT_MAX, isFutexClock, type Steps } from './futex.js';
import type { Deadline } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import {
  FUTEX_USED, flagsOf, isRwlockShared, ONE_READER, PTHREAD_RWLOCK_PREFER_READER_NP,
  PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP, READER_SHIFT, READERS, RWAITING, rwlockOn, WRHANDOVER, WRITERS,
  WRITERS_FUTEX, WRLOCKED, WRPHASE, WRPHASE_FUTEX, writerAt,
} from './rwlock.js';
import { validNanoseconds } from './timespec.js';

const readersIn = (word: number) => word >>> READER_SHIFT;

function exchange(nptl: Nptl, hi: number, lo: number, word: number): number {
  const old = nptl.load(hi, lo);
  nptl.store(hi, lo, word);
  return old;
}

function wake(nptl: Nptl, hi: number, lo: number, at: number, count: number): void {
  futexWake(nptl, hi, lo + at, count, isRwlockShared(nptl, hi, lo));
}

/** Sleeps on a word until the deadline: 0 or an errno. */
function sleep(nptl: Nptl, hi: number, lo: number, at: number, value: number, deadline: Deadline | null): Steps<number> {
  const isShared = isRwlockShared(nptl, hi, lo);
  return futexWaitUntil(
    nptl, hi, lo + at, value, deadline?.clock ?? 0, deadline?.until ?? null, isShared, rwlockOn(lo),
  );
}

/** EINVAL for a time or clock that is none, EDEADLK for the thread that writes. */
function refused(nptl: Nptl, hi: number, lo: number, deadline: Deadline | null): number {
  if (deadline !== null && !(isFutexClock(deadline.clock) && validNanoseconds(deadline.until))) return nptl.E.EINVAL;
  return nptl.load(hi, lo + writerAt(nptl)) === nptl.selfTid ? nptl.E.EDEADLK : 0;
}

const isLate = (nptl: Nptl, error: number) => error === nptl.E.ETIMEDOUT || error === nptl.E.EOVERFLOW;

// ---- reading ----------------------------------------------------------------------------------------

export function* readLock(nptl: Nptl, hi: number, lo: number, deadline: Deadline | null): Steps<number> {
  const error = refused(nptl, hi, lo, deadline);
  if (error !== 0) return error;
  if (flagsOf(nptl, hi, lo) === PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) {
    const late = yield* letWritersPass(nptl, hi, lo, deadline);
    if (late !== 0) return late;
  }
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const word = nptl.load(hi, lo + READERS) + ONE_READER;
  if (word < 0) return nptl.E.EAGAIN;
  nptl.store(hi, lo + READERS, word);
  if ((word & WRPHASE) === 0) return 0;
  if ((word & WRLOCKED) === 0) {
    // Nobody writes: this reader begins the reading phase.
    nptl.store(hi, lo + READERS, word ^ WRPHASE);
    if ((exchange(nptl, hi, lo + WRPHASE_FUTEX, 0) & FUTEX_USED) !== 0) wake(nptl, hi, lo, WRPHASE_FUTEX, INT_MAX);
    return 0;
  }
  return yield* awaitPhase(nptl, hi, lo, 1, deadline);
}

/** With PREFER_WRITER_NONRECURSIVE, readers wait outside while readers hold the lock and a writer waits for it. */
function* letWritersPass(nptl: Nptl, hi: number, lo: number, deadline: Deadline | null): Steps<number> {
  for (;;) {
    const word = nptl.load(hi, lo + READERS);
    if ((word & WRPHASE) !== 0 || (word & WRLOCKED) === 0 || readersIn(word) === 0) return 0;
    nptl.store(hi, lo + READERS, word | RWAITING);
    for (let seen = word | RWAITING; (seen & RWAITING) !== 0; seen = nptl.load(hi, lo + READERS)) {
      const error = yield* sleep(nptl, hi, lo, READERS, seen, deadline);
      if (isLate(nptl, error)) return error;
    }
  }
}

/**
 * Sleeps on wrphase_futex while it holds `phase`: a reader waits while it is 1, a writer while it is 0. A reader that is too
 * late takes itself out again; for a writer see tooLateToWrite(). 0 once the phase is this thread's.
 */
function* awaitPhase(nptl: Nptl, hi: number, lo: number, phase: 0 | 1, deadline: Deadline | null): Steps<number> {
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const seen = nptl.load(hi, lo + WRPHASE_FUTEX);
    if ((seen & ~FUTEX_USED) === phase) {
      nptl.store(hi, lo + WRPHASE_FUTEX, phase | FUTEX_USED);
      const error = yield* sleep(nptl, hi, lo, WRPHASE_FUTEX, phase | FUTEX_USED, deadline);
      if (!isLate(nptl, error)) continue;
      const late = phase === 1 ? tooLateToRead(nptl, hi, lo, error) : tooLateToWrite(nptl, hi, lo, error);
      if (late !== 0) return late;
      // The phase has changed: whoever changed it is about to change the futex word too.
      while ((nptl.load(hi, lo + WRPHASE_FUTEX) & ~FUTEX_USED) === phase) yield undefined;
      return 0;
    }
    const isWriting = (nptl.load(hi, lo + READERS) & WRPHASE) !== 0;
    if (isWriting === (phase === 0)) return 0;
  }
}

function tooLateToRead(nptl: Nptl, hi: number, lo: number, error: number): number {
  const word = nptl.load(hi, lo + READERS);
  if ((word & WRPHASE) === 0) return 0;
  nptl.store(hi, lo + READERS, word - ONE_READER);
  return error;
}

export function* readUnlock(nptl: Nptl, hi: number, lo: number): Steps<void> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const old = nptl.load(hi, lo + READERS);
  let word = old - ONE_READER;
  if (readersIn(word) === 0) {
    if ((word & WRLOCKED) !== 0) word |= WRPHASE;
    word &= ~RWAITING;
  }
  nptl.store(hi, lo + READERS, word);
  if ((word & WRPHASE) !== 0) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    if ((exchange(nptl, hi, lo + WRPHASE_FUTEX, 1) & FUTEX_USED) !== 0) wake(nptl, hi, lo, WRPHASE_FUTEX, INT_MAX);
  }
  if ((old & RWAITING) !== (word & RWAITING)) wake(nptl, hi, lo, READERS, INT_MAX);
}

/** pthread_rwlock_tryrdlock. */
export function tryRead(nptl: Nptl, hi: number, lo: number): number {
  const old = nptl.load(hi, lo + READERS);
  let word: number;
  if ((old & WRPHASE) === 0) {
    const yields = flagsOf(nptl, hi, lo) === PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
    if ((old & WRLOCKED) !== 0 && yields) return nptl.E.EBUSY;
    word = old + ONE_READER;
  } else {
    if ((old & WRLOCKED) !== 0) return nptl.E.EBUSY;
    word = (old + ONE_READER) ^ WRPHASE;
  }
  if (word < 0) return nptl.E.EAGAIN;
  nptl.store(hi, lo + READERS, word);
  if ((old & WRPHASE) !== 0 && (exchange(nptl, hi, lo + WRPHASE_FUTEX, 0) & FUTEX_USED) !== 0) {
    wake(nptl, hi, lo, WRPHASE_FUTEX, INT_MAX);
  }
  return 0;
}

// ---- writing ----------------------------------------------------------------------------------------

export function* writeLock(nptl: Nptl, hi: number, lo: number, deadline: Deadline | null): Steps<number> {
  const error = refused(nptl, hi, lo, deadline);
  if (error !== 0) return error;
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  let word = nptl.load(hi, lo + READERS);
  nptl.store(hi, lo + READERS, word | WRLOCKED);
  let slept = 0;
  if ((word & WRLOCKED) !== 0) {
    const waited = yield* awaitTurn(nptl, hi, lo, deadline);
    if (waited > 0) return waited;
    slept = waited === SLEPT ? FUTEX_USED : 0;
    word = nptl.load(hi, lo + READERS);
  }
  nptl.store(hi, lo + WRITERS_FUTEX, 1 | slept);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  word = nptl.load(hi, lo + READERS);
  if ((word & WRPHASE) === 0) {
    if (readersIn(word) === 0) {
      nptl.store(hi, lo + READERS, word | WRPHASE);
      nptl.store(hi, lo + WRPHASE_FUTEX, 1);
    } else {
      const late = yield* awaitPhase(nptl, hi, lo, 0, deadline);
      if (late !== 0) return late;
    }
  }
  nptl.store(hi, lo + writerAt(nptl), nptl.selfTid);
  return 0;
}

/** awaitTurn(): the lock is this writer's; after a sleep others may sleep too. */
const TAKEN = 0;
const SLEPT = -1;

/** Another writer has it: waits until it is free, or handed over to this one. TAKEN, SLEPT or an errno. */
function* awaitTurn(nptl: Nptl, hi: number, lo: number, deadline: Deadline | null): Steps<number> {
  const prefersWriters = flagsOf(nptl, hi, lo) !== PTHREAD_RWLOCK_PREFER_READER_NP;
  let result = TAKEN;
  if (prefersWriters) nptl.store(hi, lo + WRITERS, nptl.load(hi, lo + WRITERS) + 1);
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const word = nptl.load(hi, lo + READERS);
    const writers = nptl.load(hi, lo + WRITERS);
    if ((word & WRLOCKED) === 0) {
      nptl.store(hi, lo + READERS, word | WRLOCKED);
      if (prefersWriters) nptl.store(hi, lo + WRITERS, writers - 1);
      return result;
    }
    if (prefersWriters && (writers & WRHANDOVER) !== 0) {
      nptl.store(hi, lo + WRITERS, (writers & ~WRHANDOVER) - 1);
      return result;
    }
    const futex = nptl.load(hi, lo + WRITERS_FUTEX);
    if ((futex & ~FUTEX_USED) !== 1) {
      // Its holder has not said so yet, or is just leaving: on one processor it must run first.
      if (nptl.load(hi, lo + READERS) === word) yield undefined;
      continue;
    }
    nptl.store(hi, lo + WRITERS_FUTEX, 1 | FUTEX_USED);
    result = SLEPT;
    const error = yield* sleep(nptl, hi, lo, WRITERS_FUTEX, 1 | FUTEX_USED, deadline);
    if (!isLate(nptl, error)) continue;
    if (!prefersWriters) return error;
    const left = nptl.load(hi, lo + WRITERS);
    const isHandedOver = left === (WRHANDOVER | 1);
    nptl.store(hi, lo + WRITERS, isHandedOver ? 0 : left - 1);
    // The lock was handed to the last writer that waits, which is this one, late or not.
    return isHandedOver ? result : error;
  }
}

/** The writer had its turn, but the readers did not leave in time: hands the turn on, or gives it back. */
function tooLateToWrite(nptl: Nptl, hi: number, lo: number, error: number): number {
  const writers = nptl.load(hi, lo + WRITERS);
  if (flagsOf(nptl, hi, lo) !== PTHREAD_RWLOCK_PREFER_READER_NP && writers !== 0) {
    const futex = exchange(nptl, hi, lo + WRITERS_FUTEX, 0);
    nptl.store(hi, lo + WRITERS, writers | WRHANDOVER);
    if ((futex & FUTEX_USED) !== 0) wake(nptl, hi, lo, WRITERS_FUTEX, 1);
    return error;
  }
  const word = nptl.load(hi, lo + READERS);
  if ((word & WRPHASE) !== 0) return 0;
  const futex = exchange(nptl, hi, lo + WRITERS_FUTEX, 0);
  nptl.store(hi, lo + READERS, (word ^ WRLOCKED) & ~RWAITING);
  if ((futex & FUTEX_USED) !== 0) wake(nptl, hi, lo, WRITERS_FUTEX, 1);
  if ((word & RWAITING) !== 0) wake(nptl, hi, lo, READERS, INT_MAX);
  return nptl.E.ETIMEDOUT;
}

export function* writeUnlock(nptl: Nptl, hi: number, lo: number): Steps<void> {
  nptl.store(hi, lo + writerAt(nptl), 0);
  const wakesWriters = (exchange(nptl, hi, lo + WRITERS_FUTEX, 0) & FUTEX_USED) !== 0;
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const writers = nptl.load(hi, lo + WRITERS);
  if (flagsOf(nptl, hi, lo) !== PTHREAD_RWLOCK_PREFER_READER_NP && writers !== 0) {
    nptl.store(hi, lo + WRITERS, writers | WRHANDOVER);
  } else {
    const word = nptl.load(hi, lo + READERS);
    const hasReaders = readersIn(word) !== 0;
    nptl.store(hi, lo + READERS, word ^ WRLOCKED ^ (hasReaders ? WRPHASE : 0));
    if (hasReaders) {
      if (nptl.sys.preempts) yield* preemptionPoint(nptl);
      if ((exchange(nptl, hi, lo + WRPHASE_FUTEX, 0) & FUTEX_USED) !== 0) wake(nptl, hi, lo, WRPHASE_FUTEX, INT_MAX);
    }
  }
  if (wakesWriters) wake(nptl, hi, lo, WRITERS_FUTEX, 1);
}

/** pthread_rwlock_trywrlock. */
export function tryWrite(nptl: Nptl, hi: number, lo: number): number {
  const word = nptl.load(hi, lo + READERS);
  const prefersWriters = flagsOf(nptl, hi, lo) !== PTHREAD_RWLOCK_PREFER_READER_NP;
  const mayTake = (word & WRLOCKED) === 0 && (readersIn(word) === 0 || (prefersWriters && (word & WRPHASE) !== 0));
  if (!mayTake) return nptl.E.EBUSY;
  nptl.store(hi, lo + READERS, word | WRPHASE | WRLOCKED);
  nptl.store(hi, lo + WRITERS_FUTEX, 1);
  if ((word & WRPHASE) === 0) nptl.store(hi, lo + WRPHASE_FUTEX, 1);
  nptl.store(hi, lo + writerAt(nptl), nptl.selfTid);
  return 0;
}
