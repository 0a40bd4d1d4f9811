/**
 * Reference count: the count is lowered and read in two steps, and two threads both think that they were the last.
 *
 * Fixed (argument `fixed`): one step that returns what was there.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 100;

export default function* main(libc: Libc, [variant]: string[]) {
  const count = libc.bss(4);
  const frees = libc.bss(4);
  libc.store32(count, 2);
  function* release() {
    let left = (yield* libc.atomic_fetch_sub32(count, 1)) - 1;
    if (variant !== 'fixed') left = yield* libc.atomic_load32(count);
    if (left === 0) libc.assert((yield* libc.atomic_fetch_add32(frees, 1)) === 0, 'the object is freed once');
  }
  const [, thread] = yield* libc.pthread_create(null, release);
  yield* release();
  yield* libc.pthread_join(thread);
  return 0;
}
