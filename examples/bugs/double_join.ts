/**
 * Double join: two threads both find that nobody has joined the worker yet, and the second is told that it is none of its.
 *
 * Fixed (argument `fixed`): one step looks and marks.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const isJoined = libc.bss(4);
  function* worker() {
    yield* libc.sched_yield();
  }
  const [, thread] = yield* libc.pthread_create(null, worker);
  function* joinOnce() {
    if (variant === 'fixed') {
      if ((yield* libc.atomic_exchange32(isJoined, 1)) !== 0) return;
    } else {
      if ((yield* libc.atomic_load32(isJoined)) !== 0) return;
      yield* libc.atomic_store32(isJoined, 1);
    }
    const [error] = yield* libc.pthread_join(thread);
    libc.assert(error === 0, 'the worker is joined');
  }
  const [, helper] = yield* libc.pthread_create(null, joinOnce);
  yield* joinOnce();
  yield* libc.pthread_join(helper);
  return 0;
}
