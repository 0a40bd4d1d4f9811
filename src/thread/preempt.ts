/**
 * Preemption points: before every step of the library that other threads can see, the schedule may give the processor
 * to another thread. Only in runs with a schedule (`sys.preempts`): a plain run tests the flag and passes. A primitive
 * takes its steps as `if (sys.preempts) yield* preemptionPoint(nptl);`, and its fast path, which has no generator, when
 * the flag is false.
 */
import { type Call, Done, PENDING } from './call.js';
import type { Nptl } from './nptl.js';

/** The thread goes on. */
const PASSED: Call<void> = new Done<void>(undefined);
const OVER: IteratorReturnResult<void> = { done: true, value: undefined };

/** Gives up the processor once. */
class Preempted implements Call<void>, Iterator<unknown, void, unknown> {
  private hasYielded = false;

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<unknown, void> {
    if (this.hasYielded) return OVER;
    this.hasYielded = true;
    return PENDING;
  }

  /** The thread leaves meanwhile. */
  throw(error: unknown): never {
    throw error;
  }
}

/** A step that others can see is about to be taken. Requires: sys.preempts. */
export function preemptionPoint(nptl: Nptl): Call<void> {
  return nptl.sys.point() ? new Preempted() : PASSED;
}

/** A call that is one step: the point, then all of it at once. Requires: sys.preempts. */
export function* afterPoint<T>(nptl: Nptl, call: () => Call<T>): Generator<unknown, T, unknown> {
  yield* preemptionPoint(nptl);
  return yield* call();
}
