/**
 * Use after exit: a thread reads its argument from a frame of the function that created it, which is over by then.
 *
 * Fixed (argument `fixed`): the argument is on the heap, and the thread frees it.
 */
import type { Addr, Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const local = libc.bss(4); // stands for a word of main's stack, which the next function uses again
  function* worker(argument: Addr) {
    libc.assert((yield* libc.atomic_load32(argument)) === 42, 'the argument is what was given');
    if (variant === 'fixed') yield* libc.free(argument);
  }
  function* start() {
    const argument = variant === 'fixed' ? yield* libc.malloc(4) : local;
    yield* libc.atomic_store32(argument, 42);
    return (yield* libc.pthread_create(null, worker, argument))[1];
  }
  const thread = yield* start();
  yield* libc.sched_yield();
  yield* libc.atomic_store32(local, 7);
  yield* libc.pthread_join(thread);
  return 0;
}
