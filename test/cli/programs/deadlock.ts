/* Two threads take two mutexes in opposite order. */
import type { Addr, Libc } from 'guardpage';

export default function* main(libc: Libc) {
  const a = libc.bss(libc.sizeof.pthread_mutex_t);
  const b = libc.bss(libc.sizeof.pthread_mutex_t);

  function* philosopher([first, second]: [Addr, Addr]) {
    yield* libc.pthread_mutex_lock(first);
    yield* libc.sched_yield();
    yield* libc.pthread_mutex_lock(second);
  }

  const [, one] = yield* libc.pthread_create(null, philosopher, [a, b]);
  yield* libc.pthread_create(null, philosopher, [b, a]);
  yield* libc.puts('dinner');
  yield* libc.pthread_join(one);
  return 0;
}
