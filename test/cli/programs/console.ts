/* Prints by console between two prints of the guest. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  yield* libc.puts('one');
  console.log('two');
  yield* libc.puts('three');
  return 0;
}
