/**
 * The condition variable of glibc 2.25 to 2.40: waiters in two groups. G1 are those who may be signalled; G2 is where new
 * ones go; when G1 is used up the two change places. Nobody is requeued. Layout: wseq 0 and g1_start 8 (64-bit: a
 * count of 2, and the index of G2 or G1 in bit 0), g_refs 16, g_size 24, g1_orig_size 32 (2 bits of lock below), wrefs
 * 36 (8 a waiter; bit 0 shared, 1 CLOCK_MONOTONIC, 2 being destroyed), g_signals 40 (2 a signal; bit 0 closed).
 * glibc 2.36, nptl/pthread_cond_common.c, pthread_cond_wait.c, pthread_cond_signal.c, pthread_cond_broadcast.c.
 *
 * Unlike glibc: counts are of 32 bits, which two billion waits would exceed.
 */
import { CLOCK_MONOTONIC, CLOCK_REALTIME, futexWait, futexWaitUntil, futexWake, INT_MAX, type Steps, type WaitOn } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { mutexCondLock } from './pthread_mutex_lock.js';
import { unlockMutex } from './pthread_mutex_unlock.js';
import type { Timespec } from './timespec.js';

const G_REFS = 16;
const G_SIZE = 24;
const ORIG_SIZE = 32;
const WREFS = 36;
const G_SIGNALS = 40;

export const COND_SHARED = 1;
export const COND_MONOTONIC = 2;
const DESTROYING = 4;
const WAITER = 8;

const on = (lo: number): WaitOn => ({ kind: 'condition variable', lo });

/** A condition variable: its address, and where the low halves of the 64-bit words lie. */
interface Cond {
  readonly nptl: Nptl;
  readonly hi: number;
  readonly lo: number;
  readonly wseq: number;
  readonly g1Start: number;
}

function condAt(nptl: Nptl, hi: number, lo: number): Cond {
  const low = nptl.target.bits === 64 && nptl.target.bigEndian ? 4 : 0;
  return { nptl, hi, lo, wseq: low, g1Start: 8 + low };
}

const get = ({ nptl, hi, lo }: Cond, at: number) => nptl.load(hi, lo + at);

function put({ nptl, hi, lo }: Cond, at: number, word: number): void {
  nptl.store(hi, lo + at, word);
}

/** Adds to a word; returns what it was. */
function fetchAdd(c: Cond, at: number, n: number): number {
  const old = get(c, at);
  put(c, at, old + n);
  return old;
}

const isShared = (c: Cond) => (get(c, WREFS) & COND_SHARED) !== 0;

function wake(c: Cond, at: number, count: number): void {
  futexWake(c.nptl, c.hi, c.lo + at, count, isShared(c));
}

export function initGroups(nptl: Nptl, hi: number, lo: number, flags: number): void {
  const monotonic = ((flags >> 1) & 1) !== CLOCK_REALTIME ? COND_MONOTONIC : 0;
  nptl.store(hi, lo + WREFS, (flags & 1) | monotonic);
}

/** The clock of pthread_cond_timedwait. */
export function clockOfGroups(nptl: Nptl, hi: number, lo: number): number {
  return (nptl.load(hi, lo + WREFS) & COND_MONOTONIC) !== 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

/** pthread_cond_destroy: waits until the last waiter has left. */
export function* destroyGroups(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const c = condAt(nptl, hi, lo);
  put(c, WREFS, get(c, WREFS) | DESTROYING);
  for (let refs = get(c, WREFS); refs >> 3 !== 0; refs = get(c, WREFS)) {
    yield* futexWait(nptl, hi, lo + WREFS, refs, (refs & COND_SHARED) !== 0, on(lo));
  }
  return 0;
}

// ---- the lock in the low bits of g1_orig_size -------------------------------------------------------

function* acquireLock(c: Cond): Steps<void> {
  if (c.nptl.sys.preempts) yield* preemptionPoint(c.nptl);
  let seen = get(c, ORIG_SIZE);
  if ((seen & 3) === 0) {
    put(c, ORIG_SIZE, seen | 1);
    return;
  }
  for (;;) {
    put(c, ORIG_SIZE, (seen & ~3) | 2);
    if ((seen & 3) === 0) return;
    yield* futexWait(c.nptl, c.hi, c.lo + ORIG_SIZE, (seen & ~3) | 2, isShared(c), on(c.lo));
    seen = get(c, ORIG_SIZE);
  }
}

function* releaseLock(c: Cond): Steps<void> {
  if (c.nptl.sys.preempts) yield* preemptionPoint(c.nptl);
  const seen = get(c, ORIG_SIZE);
  put(c, ORIG_SIZE, seen & ~3);
  if ((seen & 3) === 2) wake(c, ORIG_SIZE, 1);
}

// ---- waiting ----------------------------------------------------------------------------------------

/** One waiter: its place in the sequence, and the group it went into. */
interface Waiter {
  readonly seq: number;
  readonly group: number;
}

const signalsAt = (group: number) => G_SIGNALS + 4 * group;
const refsAt = (group: number) => G_REFS + 4 * group;
const sizeAt = (group: number) => G_SIZE + 4 * group;

/** pthread_cond_wait, _timedwait and _clockwait. */
export function* waitGroups(
  nptl: Nptl, hi: number, lo: number, mutexHi: number, mutexLo: number, clock: number, until: Timespec | null,
): Steps<number> {
  const c = condAt(nptl, hi, lo);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const wseq = fetchAdd(c, c.wseq, 2);
  const waiter = { seq: wseq >>> 1, group: wseq & 1 };
  fetchAdd(c, WREFS, WAITER);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const error = unlockMutex(nptl, mutexHi, mutexLo, false);
  if (error !== 0) {
    yield* cancelWaiting(c, waiter);
    confirmWakeup(c);
    return error;
  }
  const result = yield* sleepInGroup(c, waiter, mutexHi, mutexLo, clock, until);
  confirmWakeup(c);
  const relock = yield* mutexCondLock(nptl, mutexHi, mutexLo);
  return relock === 0 ? result : relock;
}

/** Until there is a signal for this waiter's group, or the group is closed: 0, or ETIMEDOUT. */
function* sleepInGroup(
  c: Cond, waiter: Waiter, mutexHi: number, mutexLo: number, clock: number, until: Timespec | null,
): Steps<number> {
  const { nptl } = c;
  const signals = signalsAt(waiter.group);
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const seen = get(c, signals);
    if ((seen & 1) !== 0) return 0;
    if (seen !== 0) {
      put(c, signals, seen - 2);
      yield* giveBackStolen(c, waiter);
      return 0;
    }
    fetchAdd(c, refsAt(waiter.group), 2);
    if ((get(c, signals) & 1) !== 0 || waiter.seq < get(c, c.g1Start) >>> 1) {
      decGroupRefs(c, waiter.group);
      return 0;
    }
    const error = yield* block(c, waiter, mutexHi, mutexLo, clock, until);
    decGroupRefs(c, waiter.group);
    if (error === nptl.E.ETIMEDOUT || error === nptl.E.EOVERFLOW) {
      yield* cancelWaiting(c, waiter);
      return error;
    }
  }
}

/** The sleep itself, a cancellation point. */
function* block(
  c: Cond, waiter: Waiter, mutexHi: number, mutexLo: number, clock: number, until: Timespec | null,
): Steps<number> {
  let isOver = false;
  try {
    const at = c.lo + signalsAt(waiter.group);
    const error = yield* futexWaitUntil(c.nptl, c.hi, at, 0, clock, until, isShared(c), on(c.lo), 'yes');
    isOver = true;
    return error;
  } finally {
    if (!isOver) {
      // __condvar_cleanup_waiting(): the thread was cancelled.
      decGroupRefs(c, waiter.group);
      yield* cancelWaiting(c, waiter);
      wake(c, signalsAt(waiter.group), 1);
      confirmWakeup(c);
      yield* mutexCondLock(c.nptl, mutexHi, mutexLo);
    }
  }
}

/** A signal taken from a younger G1 than this waiter's was not meant for it: puts one back. */
function* giveBackStolen(c: Cond, waiter: Waiter): Steps<void> {
  const g1Start = get(c, c.g1Start);
  if (waiter.seq >= g1Start >>> 1 || ((g1Start & 1) ^ 1) !== waiter.group) return;
  if (c.nptl.sys.preempts) yield* preemptionPoint(c.nptl);
  if (get(c, c.g1Start) !== g1Start) return;
  const seen = get(c, signalsAt(waiter.group));
  if ((seen & 1) === 0) put(c, signalsAt(waiter.group), seen + 2);
  wake(c, signalsAt(waiter.group), 1);
}

/** One reference to the group less; whoever closes it may wait for the last. */
function decGroupRefs(c: Cond, group: number): void {
  if (fetchAdd(c, refsAt(group), -2) !== 3) return;
  put(c, refsAt(group), get(c, refsAt(group)) & ~1);
  wake(c, refsAt(group), INT_MAX);
}

/** One waiter less; pthread_cond_destroy may wait for the last. */
function confirmWakeup(c: Cond): void {
  if (fetchAdd(c, WREFS, -WAITER) >> 2 === 3) wake(c, WREFS, INT_MAX);
}

/** A waiter leaves without a signal: takes itself out of its group, or hands on the signal that was already its own. */
function* cancelWaiting(c: Cond, { seq, group }: Waiter): Steps<void> {
  yield* acquireLock(c);
  const g1Start = get(c, c.g1Start) >>> 1;
  let hasSignal = g1Start > seq;
  if (!hasSignal) {
    const size = get(c, sizeAt(group));
    const isInG2 = g1Start + (get(c, ORIG_SIZE) >>> 2) <= seq;
    // In G2 the size counts those who left, below zero.
    if (isInG2 || size !== 0) put(c, sizeAt(group), size - 1);
    else hasSignal = true;
  }
  yield* releaseLock(c);
  if (hasSignal) yield* signalGroups(c.nptl, c.hi, c.lo);
}

// ---- waking -----------------------------------------------------------------------------------------

/** The new G1, if the old one is used up and there is anybody in G2; else -1. The lock is held. */
function* switchGroups(c: Cond, wseq: number, g1: number): Steps<number> {
  const { nptl } = c;
  const oldSize = get(c, ORIG_SIZE) >>> 2;
  const oldStart = get(c, c.g1Start) >>> 1;
  if (((wseq - oldStart - oldSize + get(c, sizeAt(g1 ^ 1))) | 0) === 0) return -1;
  put(c, signalsAt(g1), get(c, signalsAt(g1)) | 1);
  for (let refs = get(c, refsAt(g1)); refs >> 1 > 0; refs = get(c, refsAt(g1))) {
    put(c, refsAt(g1), refs | 1);
    yield* futexWait(nptl, c.hi, c.lo + refsAt(g1), refs | 1, isShared(c), on(c.lo));
  }
  fetchAdd(c, c.g1Start, 2 * oldSize + (g1 === 1 ? 1 : -1));
  put(c, signalsAt(g1), 0);
  // From now on waiters go into the old G1; more may have come meanwhile.
  const now = get(c, c.wseq);
  put(c, c.wseq, now ^ 1);
  const added = (now >>> 1) - oldStart - oldSize;
  const newG1 = g1 ^ 1;
  put(c, ORIG_SIZE, (added << 2) | (get(c, ORIG_SIZE) & 3));
  const size = get(c, sizeAt(newG1)) + added;
  put(c, sizeAt(newG1), size);
  return size === 0 ? -1 : newG1;
}

/** Wakes one waiter of G1. */
export function* signalGroups(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const c = condAt(nptl, hi, lo);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (get(c, WREFS) >> 3 === 0) return 0;
  yield* acquireLock(c);
  const wseq = get(c, c.wseq);
  let g1 = (wseq & 1) ^ 1;
  if (get(c, sizeAt(g1)) === 0) g1 = yield* switchGroups(c, wseq >>> 1, g1);
  if (g1 >= 0) {
    fetchAdd(c, signalsAt(g1), 2);
    fetchAdd(c, sizeAt(g1), -1);
  }
  yield* releaseLock(c);
  if (g1 >= 0) wake(c, signalsAt(g1), 1);
  return 0;
}

/** Wakes all of G1, then makes G2 the new G1 and wakes all of it. */
export function* broadcastGroups(nptl: Nptl, hi: number, lo: number): Steps<number> {
  const c = condAt(nptl, hi, lo);
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  if (get(c, WREFS) >> 3 === 0) return 0;
  yield* acquireLock(c);
  const wseq = get(c, c.wseq);
  const g1 = (wseq & 1) ^ 1;
  if (get(c, sizeAt(g1)) !== 0) {
    signalAll(c, g1);
    wake(c, signalsAt(g1), INT_MAX);
  }
  const newG1 = yield* switchGroups(c, wseq >>> 1, g1);
  if (newG1 >= 0) signalAll(c, newG1);
  yield* releaseLock(c);
  if (newG1 >= 0) wake(c, signalsAt(newG1), INT_MAX);
  return 0;
}

function signalAll(c: Cond, group: number): void {
  fetchAdd(c, signalsAt(group), 2 * get(c, sizeAt(group)));
  put(c, sizeAt(group), 0);
}
