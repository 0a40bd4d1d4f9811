/**
 * A condition variable with two mutexes: the flag is set under another one than the waiter holds, between its look
 * and its wait.
 *
 * Fixed (argument `fixed`): one mutex.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 200;

export default function* main(libc: Libc, [variant]: string[]) {
  const mine = libc.bss(libc.sizeof.pthread_mutex_t);
  const other = variant === 'fixed' ? mine : libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const ready = libc.bss(4);
  function* waiter() {
    yield* libc.pthread_mutex_lock(mine);
    while ((yield* libc.atomic_load32(ready)) === 0) yield* libc.pthread_cond_wait(cond, mine);
    yield* libc.pthread_mutex_unlock(mine);
  }
  const [, thread] = yield* libc.pthread_create(null, waiter);
  yield* libc.sched_yield();
  yield* libc.pthread_mutex_lock(other);
  yield* libc.atomic_store32(ready, 1);
  yield* libc.pthread_cond_signal(cond);
  yield* libc.pthread_mutex_unlock(other);
  yield* libc.pthread_join(thread);
  return 0;
}
