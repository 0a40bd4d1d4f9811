/**
 * Semaphore order: the consumer waits for an item with the queue locked, so that nobody can put one in.
 *
 * Fixed (argument `fixed`): it waits first and locks then.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const items = libc.bss(libc.sizeof.sem_t);
  libc.sem_init(items, 0, 0);
  function* producer() {
    yield* libc.pthread_mutex_lock(mutex);
    yield* libc.sem_post(items);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, thread] = yield* libc.pthread_create(null, producer);
  yield* libc.sched_yield();
  if (variant === 'fixed') yield* libc.sem_wait(items);
  yield* libc.pthread_mutex_lock(mutex);
  if (variant !== 'fixed') yield* libc.sem_wait(items);
  yield* libc.pthread_mutex_unlock(mutex);
  yield* libc.pthread_join(thread);
  return 0;
}
