/**
 * PRIO_PROTECT mutexes: the holder's priority is raised to the ceiling in the lock word's upper bits; below them the
 * word is 0, 1 or 2 as a plain lock's. glibc 2.36, nptl/pthread_mutex_lock.c, PTHREAD_MUTEX_PP_*. 2.3.3 has none.
 */
import { futexWait, futexWaitUntil, futexWake, INT_MAX, type Steps } from './futex.js';
import {
  CEILING_MASK, CEILING_SHIFT, COUNT, deepen, isShared, LOCK, OWNER, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE,
  released, TYPE_MASK, waitOn,
} from './mutex.js';
import { DEEPENED, type Deadline } from './mutex_deadline.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { validNanoseconds } from './timespec.js';
import { changePriority, currentPriority, initFifoPriorities } from './tpp.js';

/** What a mutex that this thread holds already answers, or WAITS. */
function heldAlready(nptl: Nptl, hi: number, lo: number, kind: number): number {
  if (nptl.load(hi, lo + OWNER) !== nptl.selfTid) return WAITS;
  const type = kind & TYPE_MASK;
  if (type === PTHREAD_MUTEX_ERRORCHECK) return nptl.E.EDEADLK;
  if (type !== PTHREAD_MUTEX_RECURSIVE) return WAITS;
  const error = deepen(nptl, hi, lo);
  return error === 0 ? DEEPENED : error;
}

const WAITS = -3;

/** Priority to the ceiling, before trying the lock: 0, EINVAL for a thread above it, or why it could not be raised. */
function raise(nptl: Nptl, before: number, ceiling: number): number {
  if (currentPriority(nptl) > ceiling) {
    if (before !== -1) changePriority(nptl, before, -1);
    return nptl.E.EINVAL;
  }
  return changePriority(nptl, before, ceiling);
}

/** `taken` is 1, or 2 for a waiter of a condition variable. */
export function* lockProtect(
  nptl: Nptl, hi: number, lo: number, kind: number, taken: 1 | 2, deadline: Deadline | null,
): Steps<number> {
  const already = heldAlready(nptl, hi, lo, kind);
  if (already !== WAITS) return already;
  let before = -1;
  for (;;) {
    const ceiling = nptl.load(hi, lo + LOCK) & CEILING_MASK;
    const error = raise(nptl, before, ceiling >>> CEILING_SHIFT);
    if (error !== 0) return error;
    before = ceiling >>> CEILING_SHIFT;
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    if (nptl.load(hi, lo + LOCK) === ceiling) {
      nptl.store(hi, lo + LOCK, ceiling | taken);
      break;
    }
    const got = yield* waitForWord(nptl, hi, lo, kind, ceiling, deadline);
    if (got === 0) break;
    if (got === CHANGED) continue;
    if (got === nptl.E.EINVAL) changePriority(nptl, before, -1);
    return got;
  }
  nptl.store(hi, lo + COUNT, 1);
  return 0;
}

/** waitForWord(): somebody gave the mutex another ceiling. */
const CHANGED = -4;

/** Sleeps until the word is free and takes it with 2: 0, CHANGED or an errno. */
function* waitForWord(
  nptl: Nptl, hi: number, lo: number, kind: number, ceiling: number, deadline: Deadline | null,
): Steps<number> {
  for (;;) {
    const word = nptl.load(hi, lo + LOCK);
    if ((word & CEILING_MASK) !== ceiling) return CHANGED;
    if (word !== ceiling) {
      nptl.store(hi, lo + LOCK, ceiling | 2);
      const error = yield* sleepOnWord(nptl, hi, lo, kind, ceiling | 2, deadline);
      if (error === nptl.E.ETIMEDOUT || error === nptl.E.EOVERFLOW || error === nptl.E.EINVAL) return error;
    }
    if (nptl.load(hi, lo + LOCK) !== ceiling) continue;
    nptl.store(hi, lo + LOCK, ceiling | 2);
    return 0;
  }
}

function* sleepOnWord(
  nptl: Nptl, hi: number, lo: number, kind: number, word: number, deadline: Deadline | null,
): Steps<number> {
  if (deadline === null) return yield* futexWait(nptl, hi, lo, word, isShared(kind), waitOn(lo));
  if (!validNanoseconds(deadline.until)) return nptl.E.EINVAL;
  return yield* futexWaitUntil(nptl, hi, lo, word, deadline.clock, deadline.until, isShared(kind), waitOn(lo));
}

/** pthread_mutex_trylock. */
export function trylockProtect(nptl: Nptl, hi: number, lo: number, kind: number): number {
  const already = heldAlready(nptl, hi, lo, kind);
  if (already !== WAITS) return already;
  const ceiling = nptl.load(hi, lo + LOCK) & CEILING_MASK;
  const error = raise(nptl, -1, ceiling >>> CEILING_SHIFT);
  if (error !== 0) return error;
  if (nptl.load(hi, lo + LOCK) !== ceiling) {
    changePriority(nptl, ceiling >>> CEILING_SHIFT, -1);
    return nptl.E.EBUSY;
  }
  nptl.store(hi, lo + LOCK, ceiling | 1);
  nptl.store(hi, lo + COUNT, 1);
  return 0;
}

/** pthread_mutex_unlock. */
export function unlockProtect(nptl: Nptl, hi: number, lo: number, kind: number, isUser: boolean): number {
  const type = kind & TYPE_MASK;
  const word = nptl.load(hi, lo + LOCK);
  if (type === PTHREAD_MUTEX_RECURSIVE || type === PTHREAD_MUTEX_ERRORCHECK) {
    if (nptl.load(hi, lo + OWNER) !== nptl.selfTid || (word & ~CEILING_MASK) === 0) return nptl.E.EPERM;
  }
  if (type === PTHREAD_MUTEX_RECURSIVE) {
    const count = nptl.load(hi, lo + COUNT) - 1;
    nptl.store(hi, lo + COUNT, count);
    if (count !== 0) return 0;
  }
  nptl.store(hi, lo + OWNER, 0);
  if (isUser) released(nptl, hi, lo);
  nptl.store(hi, lo + LOCK, word & CEILING_MASK);
  if ((word & ~CEILING_MASK) > 1) futexWake(nptl, hi, lo, 1, isShared(kind));
  return changePriority(nptl, (word & CEILING_MASK) >>> CEILING_SHIFT, -1);
}

/** pthread_mutex_getprioceiling(3): [0, ceiling], or EINVAL for another kind of mutex. */
export function mutexGetPrioCeiling(nptl: Nptl, hi: number, lo: number): [error: number, ceiling: number] {
  if (!isProtect(nptl, hi, lo)) return [nptl.E.EINVAL, 0];
  return [0, (nptl.load(hi, lo + LOCK) & CEILING_MASK) >>> CEILING_SHIFT];
}

/** pthread_mutex_setprioceiling(3): [0, the old one]; waits for a mutex that is held. */
export function* mutexSetPrioCeiling(
  nptl: Nptl, hi: number, lo: number, ceiling: number,
): Steps<[error: number, old: number]> {
  if (!isProtect(nptl, hi, lo)) return [nptl.E.EINVAL, 0];
  initFifoPriorities(nptl);
  const { min, max } = nptl.protections;
  if (!(ceiling >= min && ceiling <= max)) return [nptl.E.EINVAL, 0];
  const kind = nptl.load(hi, lo + nptl.mutexKind);
  const isMine = nptl.load(hi, lo + OWNER) === nptl.selfTid;
  if (isMine && (kind & TYPE_MASK) === PTHREAD_MUTEX_ERRORCHECK) return [nptl.E.EDEADLK, 0];
  const isHeld = isMine && (kind & TYPE_MASK) === PTHREAD_MUTEX_RECURSIVE;
  if (!isHeld) yield* takeForChange(nptl, hi, lo, kind);
  const word = nptl.load(hi, lo + LOCK);
  const old = (word & CEILING_MASK) >>> CEILING_SHIFT;
  const error = isHeld ? changePriority(nptl, old, ceiling) : 0;
  if (error !== 0) return [error, 0];
  nptl.store(hi, lo + LOCK, (isHeld ? word & ~CEILING_MASK : 0) | (ceiling << CEILING_SHIFT));
  futexWake(nptl, hi, lo, INT_MAX, isShared(kind));
  return [0, old];
}

/** Takes the word without the priority protocol. */
function* takeForChange(nptl: Nptl, hi: number, lo: number, kind: number): Steps<void> {
  for (;;) {
    const ceiling = nptl.load(hi, lo + LOCK) & CEILING_MASK;
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    if (nptl.load(hi, lo + LOCK) === ceiling) {
      nptl.store(hi, lo + LOCK, ceiling | 1);
      return;
    }
    if ((yield* waitForWord(nptl, hi, lo, kind, ceiling, null)) === 0) return;
  }
}

function isProtect(nptl: Nptl, hi: number, lo: number): boolean {
  return nptl.isModern && (nptl.load(hi, lo + nptl.mutexKind) & 64) !== 0;
}
