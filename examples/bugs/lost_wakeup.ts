/**
 * Lost wake-up: the waiter looks at the flag before it locks, and the signal comes between the look and the wait.
 *
 * Fixed (argument `fixed`): it looks again, under the mutex, before each wait.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const ready = libc.bss(4);
  function* waiter() {
    if (variant === 'fixed') {
      yield* libc.pthread_mutex_lock(mutex);
      while ((yield* libc.atomic_load32(ready)) === 0) yield* libc.pthread_cond_wait(cond, mutex);
      yield* libc.pthread_mutex_unlock(mutex);
    } else if ((yield* libc.atomic_load32(ready)) === 0) {
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_cond_wait(cond, mutex);
      yield* libc.pthread_mutex_unlock(mutex);
    }
  }
  const [, thread] = yield* libc.pthread_create(null, waiter);
  yield* libc.sched_yield();
  yield* libc.pthread_mutex_lock(mutex);
  yield* libc.atomic_store32(ready, 1);
  yield* libc.pthread_cond_signal(cond);
  yield* libc.pthread_mutex_unlock(mutex);
  yield* libc.pthread_join(thread);
  return 0;
}
