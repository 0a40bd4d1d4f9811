/**
 * Cancelled with a lock: a thread is cancelled with the mutex held, and nobody ever unlocks it.
 *
 * Fixed (argument `fixed`): a cleanup handler unlocks.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  function* worker() {
    yield* libc.pthread_mutex_lock(mutex);
    if (variant === 'fixed') libc.pthread_cleanup_push(() => libc.pthread_mutex_unlock(mutex));
    yield* libc.pthread_testcancel();
    if (variant === 'fixed') yield* libc.pthread_cleanup_pop(0);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, thread] = yield* libc.pthread_create(null, worker);
  yield* libc.sched_yield();
  yield* libc.pthread_cancel(thread);
  yield* libc.pthread_join(thread);
  yield* libc.pthread_mutex_lock(mutex);
  yield* libc.pthread_mutex_unlock(mutex);
  return 0;
}
