/** Runs what a function of the program returned: a generator to its end, a call to its result, anything else as it is. */

export function* runBody(returned: unknown): Generator<unknown, unknown, unknown> {
  if (typeof returned !== 'object' || returned === null) return returned;
  if (Symbol.iterator in returned && (isIterator(returned) || !Array.isArray(returned))) {
    return yield* returned as Iterable<unknown> as Generator<unknown, unknown, unknown>;
  }
  return returned;
}

export function isIterator(value: unknown): value is Generator<unknown, unknown, unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { next?: unknown }).next === 'function';
}
