/**
 * Nested monitors: a thread waits for the inner condition with the outer mutex locked, which whoever would signal
 * needs.
 *
 * Fixed (argument `fixed`): it lets the outer one go before it waits.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const outer = libc.bss(libc.sizeof.pthread_mutex_t);
  const inner = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const items = libc.bss(4);
  function* take() {
    yield* libc.pthread_mutex_lock(outer);
    if (variant === 'fixed') yield* libc.pthread_mutex_unlock(outer);
    yield* libc.pthread_mutex_lock(inner);
    while (libc.load32(items) === 0) yield* libc.pthread_cond_wait(cond, inner);
    yield* libc.pthread_mutex_unlock(inner);
    if (variant !== 'fixed') yield* libc.pthread_mutex_unlock(outer);
  }
  const [, thread] = yield* libc.pthread_create(null, take);
  yield* libc.pthread_mutex_lock(outer);
  yield* libc.pthread_mutex_lock(inner);
  libc.store32(items, 1);
  yield* libc.pthread_cond_signal(cond);
  yield* libc.pthread_mutex_unlock(inner);
  yield* libc.pthread_mutex_unlock(outer);
  yield* libc.pthread_join(thread);
  return 0;
}
