/* Never ends, but enters the kernel. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  yield* libc.puts('before');
  for (;;) yield* libc.sched_yield();
}
