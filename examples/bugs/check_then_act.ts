/**
 * Check, then act: the balance is looked at in one critical section and lowered in another.
 *
 * Fixed (argument `fixed`): both in one.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const balance = libc.bss(4);
  libc.store32(balance, 100);
  function* withdraw() {
    yield* libc.pthread_mutex_lock(mutex);
    const isEnough = libc.load32(balance) >= 100;
    if (variant !== 'fixed') {
      yield* libc.pthread_mutex_unlock(mutex);
      yield* libc.pthread_mutex_lock(mutex);
    }
    if (isEnough) libc.store32(balance, libc.load32(balance) - 100);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, a] = yield* libc.pthread_create(null, withdraw);
  const [, b] = yield* libc.pthread_create(null, withdraw);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return libc.load32(balance) === 0 ? 0 : 1;
}
