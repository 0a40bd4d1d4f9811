/**
 * Dining philosophers: each takes the left fork, then the right one, and waits for ever when all hold their left.
 *
 * Fixed (argument `fixed`): the last philosopher takes the right one first.
 */
import type { Addr, Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 1000;

const PHILOSOPHERS = 3;

export default function* main(libc: Libc, [variant]: string[]) {
  const forks = Array.from({ length: PHILOSOPHERS }, () => libc.bss(libc.sizeof.pthread_mutex_t));
  function* dine(seat: number) {
    const [left, right] = [forks[seat]!, forks[(seat + 1) % PHILOSOPHERS]!];
    const [first, second] = variant === 'fixed' && seat === PHILOSOPHERS - 1 ? [right, left] : [left, right];
    yield* libc.pthread_mutex_lock(first);
    yield* libc.pthread_mutex_lock(second);
    yield* libc.pthread_mutex_unlock(second);
    yield* libc.pthread_mutex_unlock(first);
  }
  const threads: Addr[] = [];
  for (let seat = 0; seat < PHILOSOPHERS; seat++) threads.push((yield* libc.pthread_create(null, dine, seat))[1]);
  for (const thread of threads) yield* libc.pthread_join(thread);
  return 0;
}
