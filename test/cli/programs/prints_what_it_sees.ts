/* Prints the word that another thread may have written by then, and more that is always the same. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  const word = libc.bss(4);
  const [, thread] = yield* libc.pthread_create(null, function* writer() {
    yield* libc.atomic_store32(word, 1);
    yield* libc.printf('the writer is done\n');
  });
  yield* libc.printf('main saw %d\n', yield* libc.atomic_load32(word));
  yield* libc.pthread_join(thread);
  return 0;
}
