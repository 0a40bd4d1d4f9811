/**
 * Signal instead of broadcast: two threads wait for a gate to open, and only one is told.
 *
 * Fixed (argument `fixed`): pthread_cond_broadcast.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 300;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const open = libc.bss(4);
  function* pass() {
    yield* libc.pthread_mutex_lock(mutex);
    while (libc.load32(open) === 0) yield* libc.pthread_cond_wait(cond, mutex);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  const [, a] = yield* libc.pthread_create(null, pass);
  const [, b] = yield* libc.pthread_create(null, pass);
  yield* libc.pthread_mutex_lock(mutex);
  libc.store32(open, 1);
  if (variant === 'fixed') yield* libc.pthread_cond_broadcast(cond);
  else yield* libc.pthread_cond_signal(cond);
  yield* libc.pthread_mutex_unlock(mutex);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return 0;
}
