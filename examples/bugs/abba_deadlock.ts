/**
 * ABBA deadlock: two transfers between the same two accounts lock them in opposite orders.
 *
 * Fixed (argument `fixed`): the account of the lower address first.
 */
import type { Addr, Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const accounts = [libc.bss(libc.sizeof.pthread_mutex_t), libc.bss(libc.sizeof.pthread_mutex_t)] as const;
  function* transfer([from, to]: [Addr, Addr]) {
    const [first, second] = variant === 'fixed' ? accounts : [from, to];
    yield* libc.pthread_mutex_lock(first);
    yield* libc.pthread_mutex_lock(second);
    yield* libc.pthread_mutex_unlock(second);
    yield* libc.pthread_mutex_unlock(first);
  }
  const [, a] = yield* libc.pthread_create(null, transfer, [accounts[0], accounts[1]] as [Addr, Addr]);
  const [, b] = yield* libc.pthread_create(null, transfer, [accounts[1], accounts[0]] as [Addr, Addr]);
  yield* libc.pthread_join(a);
  yield* libc.pthread_join(b);
  return 0;
}
