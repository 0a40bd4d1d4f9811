/* Says that it was loaded by making the file that MARK names; then there is much to explore. */
import { writeFileSync } from 'node:fs';
import type { Addr, Libc } from 'guardpage';

writeFileSync(process.env['MARK']!, '');

export default function* main(libc: Libc) {
  const word = libc.bss(4);
  const threads: Addr[] = [];
  for (let i = 0; i < 8; i++) {
    threads.push((yield* libc.pthread_create(null, function* adds() {
      for (let n = 0; n < 10; n++) yield* libc.atomic_fetch_add32(word, 1);
    }))[1]);
  }
  for (const thread of threads) yield* libc.pthread_join(thread);
  return 0;
}
