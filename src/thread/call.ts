/**
 * What a library call returns: something to `yield*`. A call that is already finished is a Done, which is
 * its own iterator and result; one that may sleep is a generator or a small hand-written iterator
 * (`yield*` through a Done costs a fifth of what a generator for every call does).
 */

/** A library call: `const result = yield* call`. */
export interface Call<T> {
  [Symbol.iterator](): Iterator<unknown, T, unknown>;
}

/** What a thread's function returns: a generator, whatever it yields. */
export type ThreadBody<T = unknown> = Generator<unknown, T, unknown>;

/** What a Lazy call reports to: the stub of the running thread. */
interface Starter {
  unstarted: boolean;
  callName: string;
}

/**
 * A call that starts when `yield*` takes it up, and not before. Made and then dropped it would do nothing, so
 * it leaves word of its name, and that it waits to be started.
 */
export class Lazy<T> implements Call<T> {
  private readonly starter: Starter;
  private readonly body: Iterator<unknown, T, unknown>;

  constructor(starter: Starter, name: string, body: Iterator<unknown, T, unknown>) {
    this.starter = starter;
    this.body = body;
    starter.unstarted = true;
    starter.callName = name;
  }

  [Symbol.iterator](): Iterator<unknown, T, unknown> {
    this.starter.unstarted = false;
    return this.body;
  }
}

/** A call that has finished. */
export class Done<T> implements Call<T>, Iterator<unknown, T, unknown>, IteratorReturnResult<T> {
  readonly done = true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): this {
    return this;
  }
}

/**
 * What an iterator of ours returns when its thread gives up the processor. Made by a generator, so that the
 * scheduler sees one hidden class whether a generator or an iterator of ours yields.
 */
export const PENDING = (function* (): Generator<undefined> {
  yield undefined;
})().next() as IteratorYieldResult<undefined>;

/** A call whose task is gone. */
export const pendingForever: Call<never> = {
  [Symbol.iterator]: () => ({
    next: () => PENDING,
    throw: (error: unknown) => {
      throw error;
    },
  }),
};
