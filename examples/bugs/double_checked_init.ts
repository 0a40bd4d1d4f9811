/**
 * Double-checked initialisation: the flag says that the object is there before it is.
 *
 * Fixed (argument `fixed`): the flag is set last.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const isMade = libc.bss(4);
  const object = libc.bss(4);
  function* use() {
    if ((yield* libc.atomic_load32(isMade)) === 0) {
      yield* libc.pthread_mutex_lock(mutex);
      if ((yield* libc.atomic_load32(isMade)) === 0) {
        const [first, second] = variant === 'fixed' ? [object, isMade] : [isMade, object];
        yield* libc.atomic_store32(first, 42);
        yield* libc.atomic_store32(second, 42);
      }
      yield* libc.pthread_mutex_unlock(mutex);
    }
    libc.assert((yield* libc.atomic_load32(object)) === 42, 'the object is made before it is used');
  }
  const [, a] = yield* libc.pthread_create(null, use);
  const [, b] = yield* libc.pthread_create(null, use);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return 0;
}
