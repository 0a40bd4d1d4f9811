/* Writes numbered lines, more than a pipe holds. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  for (let i = 0; i < 20000; i++) yield* libc.printf('line %d\n', i);
  return 0;
}
