/**
 * pthread_cancel(3), pthread_setcancelstate(3), pthread_setcanceltype(3), pthread_testcancel(3), pthread_cleanup_push(3).
 * glibc 2.3.3 and 2.36, files of those names in nptl/. SIGCANCEL goes only to a thread that takes cancellation
 * asynchronously, by its own wish or because it sleeps in a cancellation point.
 */
import { type Addr, hiOf, loOf } from './address.js';
import {
  CANCELED_BIT, CANCELSTATE_BIT, CANCELTYPE_BIT, cancellationPoint, EXITING_BIT, leaveThread, PTHREAD_CANCELED,
} from './cancellation.js';
import type { Cleanup } from './cleanups.js';
import type { Steps } from './futex.js';
import { type Nptl, SLEEP_BIT } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { NOBODY } from './pthread_table.js';
import { runBody } from './run_body.js';
import { installSigcancel, sendSigcancel } from './sigcancel.js';

export const PTHREAD_CANCEL_ENABLE = 0;
export const PTHREAD_CANCEL_DISABLE = 1;
export const PTHREAD_CANCEL_DEFERRED = 0;
export const PTHREAD_CANCEL_ASYNCHRONOUS = 1;

type Old = [error: number, old: number];

/** 0; ESRCH for no such thread. One that has ended is cancelled for nothing: 0 in 2.36, ESRCH in 2.3.3. */
export function* pthreadCancel(nptl: Nptl, thread: Addr): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const { threads, E } = nptl;
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row === NOBODY) return E.ESRCH;
  if (nptl.tid(row) <= 0) return nptl.isModern && nptl.tid(row) === 0 ? 0 : E.ESRCH;
  if (nptl.isModern) installSigcancel(nptl);
  const state = threads.cancelhandling[row]!;
  if ((state & CANCELED_BIT) !== 0) return 0;
  const isAsync = (state & (CANCELTYPE_BIT | SLEEP_BIT)) !== 0;
  if (!isAsync || (state & (CANCELSTATE_BIT | EXITING_BIT)) !== 0) {
    threads.cancelhandling[row] = state | CANCELED_BIT;
    return 0;
  }
  if (row !== nptl.self) return sendSigcancel(nptl, row);
  threads.cancelhandling[row] = state | CANCELED_BIT;
  return yield* leaveThread(nptl, PTHREAD_CANCELED);
}

export function* testCancel(nptl: Nptl): Steps<void> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
}

export function* setCancelState(nptl: Nptl, state: number): Steps<Old> {
  if (state !== PTHREAD_CANCEL_ENABLE && state !== PTHREAD_CANCEL_DISABLE) return [nptl.E.EINVAL, 0];
  const old = change(nptl, CANCELSTATE_BIT, state === PTHREAD_CANCEL_DISABLE);
  yield* actIfAsync(nptl);
  return [0, old ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE];
}

export function* setCancelType(nptl: Nptl, type: number): Steps<Old> {
  if (type !== PTHREAD_CANCEL_DEFERRED && type !== PTHREAD_CANCEL_ASYNCHRONOUS) return [nptl.E.EINVAL, 0];
  const old = change(nptl, CANCELTYPE_BIT, type === PTHREAD_CANCEL_ASYNCHRONOUS);
  yield* actIfAsync(nptl);
  return [0, old ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED];
}

/** Sets or clears a bit of the running thread's state; returns whether it was set. */
function change(nptl: Nptl, bit: number, isSet: boolean): boolean {
  const { cancelhandling } = nptl.threads;
  const { self } = nptl;
  const old = cancelhandling[self]!;
  cancelhandling[self] = isSet ? old | bit : old & ~bit;
  return (old & bit) !== 0;
}

/** A thread that was cancelled while it could not be, and can be now, at any time: it ends. */
function* actIfAsync(nptl: Nptl): Steps<void> {
  const state = nptl.threads.cancelhandling[nptl.self]!;
  if ((state & CANCELTYPE_BIT) !== 0) yield* cancellationPoint(nptl);
}

// ---- cleanup handlers -------------------------------------------------------------------------------

export function cleanupPush(nptl: Nptl, routine: (arg: unknown) => unknown, arg: unknown): void {
  const list = nptl.cleanups.get(nptl.self);
  if (list === undefined) nptl.cleanups.set(nptl.self, [{ routine, arg }]);
  else list.push({ routine, arg });
}

export function cleanupPop(nptl: Nptl): Cleanup | undefined {
  return nptl.cleanups.get(nptl.self)?.pop();
}

export function* runCleanup({ routine, arg }: Cleanup): Generator<unknown, void, unknown> {
  yield* runBody(routine(arg));
}

/** All of a thread that ends, the last pushed first. */
export function* runCleanups(nptl: Nptl, row: number): Generator<unknown, void, unknown> {
  const list = nptl.cleanups.get(row);
  for (let handler = list?.pop(); handler !== undefined; handler = list?.pop()) yield* runCleanup(handler);
  nptl.cleanups.delete(row);
}
