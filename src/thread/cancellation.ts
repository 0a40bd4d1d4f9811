/**
 * Acting on cancellation. glibc 2.3.3, nptl/cancellation.c, nptl/unwind.c; glibc 2.36, nptl/cancellation.c. The state is
 * `cancelhandling` of the thread's row: the bits below.
 */
import type { Nptl } from './nptl.js';

/** PTHREAD_CANCEL_DISABLE is in force. */
export const CANCELSTATE_BIT = 1;
/** PTHREAD_CANCEL_ASYNCHRONOUS is in force, or a cancellation point sleeps. */
export const CANCELTYPE_BIT = 2;
/** Somebody has asked for the thread's end. */
export const CANCELED_BIT = 8;
/** The thread is ending. */
export const EXITING_BIT = 16;

export const PTHREAD_CANCELED = -1;

/** Whether a wait is a cancellation point. */
export type ActsOnCancel = 'no' | 'yes';

/** Whether the running thread has been cancelled, may be, and is not ending already. */
export function isCanceled(nptl: Nptl): boolean {
  const state = nptl.threads.cancelhandling[nptl.self]!;
  return (state & (CANCELSTATE_BIT | CANCELED_BIT | EXITING_BIT)) === CANCELED_BIT;
}

/** pthread_testcancel: ends the running thread if it has been cancelled. */
export function* cancellationPoint(nptl: Nptl): Generator<undefined, void, unknown> {
  if (isCanceled(nptl)) yield* leaveThread(nptl, PTHREAD_CANCELED);
}

/** Ends the running thread with `value`: the user mode runs its finally blocks and cleanup handlers. */
export function* leaveThread(nptl: Nptl, value: unknown): Generator<undefined, never, unknown> {
  nptl.exiting = nptl.kernel.current;
  nptl.exitValue = value;
  for (;;) yield undefined;
}
