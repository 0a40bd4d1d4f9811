/**
 * Missing while around a wait: two consumers are woken for one item, and the second takes what is not there.
 *
 * Fixed (argument `fixed`): the condition is looked at again after each wait.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 500;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const items = libc.bss(4);
  function* consumer() {
    yield* libc.pthread_mutex_lock(mutex);
    if (variant === 'fixed') while (libc.load32(items) === 0) yield* libc.pthread_cond_wait(cond, mutex);
    else if (libc.load32(items) === 0) yield* libc.pthread_cond_wait(cond, mutex);
    libc.store32(items, libc.load32(items) - 1);
    libc.assert(libc.load32(items) >= 0, 'no more is taken than there was');
    yield* libc.pthread_mutex_unlock(mutex);
  }
  function* produce() {
    yield* libc.pthread_mutex_lock(mutex);
    libc.store32(items, libc.load32(items) + 1);
    yield* libc.pthread_cond_signal(cond);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, a] = yield* libc.pthread_create(null, consumer);
  const [, b] = yield* libc.pthread_create(null, consumer);
  yield* produce();
  yield* produce();
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return 0;
}
