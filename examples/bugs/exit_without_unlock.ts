/**
 * Exit without unlock: a thread that finds nothing to do leaves with the mutex locked.
 *
 * Fixed (argument `fixed`): it unlocks on every way out.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const jobs = libc.bss(4);
  libc.store32(jobs, 1);
  function* work() {
    yield* libc.pthread_mutex_lock(mutex);
    if (libc.load32(jobs) === 0) {
      if (variant === 'fixed') yield* libc.pthread_mutex_unlock(mutex);
      yield* libc.pthread_exit();
    }
    libc.store32(jobs, 0);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, a] = yield* libc.pthread_create(null, work);
  yield* libc.sched_yield();
  yield* libc.pthread_mutex_lock(mutex);
  libc.store32(jobs, libc.load32(jobs) + 1);
  yield* libc.pthread_mutex_unlock(mutex);
  const [, b] = yield* libc.pthread_create(null, work);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  yield* libc.pthread_mutex_lock(mutex);
  yield* libc.pthread_mutex_unlock(mutex);
  return 0;
}
