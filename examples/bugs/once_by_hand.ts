/**
 * Once by hand: two threads both find that nothing was initialised yet, and both do it.
 *
 * Fixed (argument `fixed`): pthread_once.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const once = libc.bss(4);
  const isDone = libc.bss(4);
  const times = libc.bss(4);
  function* initialise() {
    yield* libc.atomic_fetch_add32(times, 1);
  }
  function* use() {
    if (variant === 'fixed') yield* libc.pthread_once(once, initialise);
    else if ((yield* libc.atomic_load32(isDone)) === 0) {
      yield* initialise();
      yield* libc.atomic_store32(isDone, 1);
    }
  }
  const [, a] = yield* libc.pthread_create(null, use);
  const [, b] = yield* libc.pthread_create(null, use);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return (yield* libc.atomic_load32(times)) === 1 ? 0 : 1;
}
