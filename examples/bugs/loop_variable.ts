/**
 * Loop variable: every thread is given the address of the loop's counter, which has gone on when the thread reads it.
 *
 * Fixed (argument `fixed`): a word for each.
 */
import type { Addr, Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const counter = libc.bss(4);
  const sum = libc.bss(4);
  function* add(argument: Addr) {
    const mine = yield* libc.atomic_load32(argument);
    yield* libc.atomic_fetch_add32(sum, mine);
  }
  const threads: Addr[] = [];
  for (let i = 1; i <= 2; i++) {
    const argument = variant === 'fixed' ? libc.bss(4) : counter;
    yield* libc.atomic_store32(argument, i);
    threads.push((yield* libc.pthread_create(null, add, argument))[1]);
    yield* libc.sched_yield();
  }
  for (const thread of threads) yield* libc.pthread_join(thread);
  return (yield* libc.atomic_load32(sum)) === 3 ? 0 : 1;
}
