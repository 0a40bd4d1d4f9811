/**
 * Lost update: two threads count by a load, an addition and a store, and one of the counts is lost.
 *
 * Fixed (argument `fixed`): one atomic addition.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const counter = libc.bss(4);
  function* count() {
    if (variant === 'fixed') {
      yield* libc.atomic_fetch_add32(counter, 1);
      return;
    }
    const seen = yield* libc.atomic_load32(counter);
    yield* libc.atomic_store32(counter, seen + 1);
  }
  const [, a] = yield* libc.pthread_create(null, count);
  const [, b] = yield* libc.pthread_create(null, count);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return (yield* libc.atomic_load32(counter)) === 2 ? 0 : 1;
}
