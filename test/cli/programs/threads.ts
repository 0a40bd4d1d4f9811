/* Creates as many threads as it is told, all alive at once; ends with 1 when a creation failed. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc, argv: string[]) {
  const count = Number(argv[0]);
  const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
  libc.pthread_barrier_init(barrier, null, count + 1);
  for (let i = 0; i < count; i++) {
    const [error] = yield* libc.pthread_create(null, function* waiter() {
      yield* libc.pthread_barrier_wait(barrier);
    });
    if (error !== 0) {
      yield* libc.printf('%s after %d\n', libc.strerrorname(error), i);
      return 1;
    }
  }
  return 0;
}
