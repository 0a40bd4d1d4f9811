/**
 * Barrier reuse: a barrier made by hand starts again when its last thread comes, and a slow thread never sees it open.
 *
 * Fixed (argument `fixed`): pthread_barrier_wait.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 300;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const arrived = libc.bss(4);
  const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
  libc.pthread_barrier_init(barrier, null, 2);
  function* meet() {
    if (variant === 'fixed') {
      yield* libc.pthread_barrier_wait(barrier);
      return;
    }
    yield* libc.pthread_mutex_lock(mutex);
    const here = (libc.load32(arrived) % 2) + 1;
    libc.store32(arrived, here);
    if (here === 2) yield* libc.pthread_cond_broadcast(cond);
    while (libc.load32(arrived) !== 2) yield* libc.pthread_cond_wait(cond, mutex);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  function* twice() {
    yield* meet();
    yield* libc.sched_yield(); // the work between the two
    yield* meet();
  }
  const [, thread] = yield* libc.pthread_create(null, twice);
  yield* twice();
  yield* libc.pthread_join(thread);
  return 0;
}
