/**
 * Peterson's algorithm with the turn given away before the flag is raised: both threads get in.
 *
 * Fixed (argument `fixed`): the flag first.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 500;

export default function* main(libc: Libc, [variant]: string[]) {
  const flags = [libc.bss(4), libc.bss(4)] as const;
  const turn = libc.bss(4);
  const inside = libc.bss(4);
  function* enter(me: 0 | 1) {
    const other = (1 - me) as 0 | 1;
    if (variant === 'fixed') yield* libc.atomic_store32(flags[me], 1);
    yield* libc.atomic_store32(turn, other);
    if (variant !== 'fixed') yield* libc.atomic_store32(flags[me], 1);
    while ((yield* libc.atomic_load32(flags[other])) === 1 && (yield* libc.atomic_load32(turn)) === other) {
      yield* libc.sched_yield();
    }
    libc.assert((yield* libc.atomic_fetch_add32(inside, 1)) === 0, 'one thread is inside');
    yield* libc.atomic_fetch_sub32(inside, 1);
    yield* libc.atomic_store32(flags[me], 0);
  }
  const [, thread] = yield* libc.pthread_create(null, enter, 1 as const);
  yield* enter(0);
  yield* libc.pthread_join(thread);
  return 0;
}
