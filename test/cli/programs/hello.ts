/* Writes to both streams, in this order, and ends with the number of its arguments. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc, argv: string[]) {
  yield* libc.printf('hello %s\n', argv.join(' '));
  yield* libc.eprintf('to stderr\n');
  yield* libc.printf('bye\n');
  return argv.length;
}
