/* Never gives up the processor. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  yield* libc.puts('before');
  for (;;);
}
