/* Writes to page 0. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  yield* libc.puts('before');
  libc.store32(16, 1);
  return 0;
}
