/**
 * Upgrade of a reader: two threads that read wait for all others to stop reading, so that they can write.
 *
 * Fixed (argument `fixed`): the reader stops reading first.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 200;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const readers = libc.bss(4);
  function* add(count: number) {
    yield* libc.pthread_mutex_lock(mutex);
    libc.store32(readers, libc.load32(readers) + count);
    yield* libc.pthread_cond_broadcast(cond);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  function* update() {
    yield* add(1);
    if (variant === 'fixed') yield* add(-1);
    // Upgrade: alone with the mutex once nobody else reads.
    yield* libc.pthread_mutex_lock(mutex);
    const mine = variant === 'fixed' ? 0 : 1;
    while (libc.load32(readers) > mine) yield* libc.pthread_cond_wait(cond, mutex);
    libc.store32(readers, libc.load32(readers) - mine);
    yield* libc.pthread_cond_broadcast(cond);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, a] = yield* libc.pthread_create(null, update);
  const [, b] = yield* libc.pthread_create(null, update);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return 0;
}
