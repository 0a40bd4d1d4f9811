/** Sleeps for an hour of the virtual clock. */
import type { Libc, ThreadBody } from 'guardpage';

export default function* main(libc: Libc): ThreadBody<number> {
  const time = libc.bss(2 * libc.sizeof.long);
  libc.store32(time, 3600);
  yield* libc.syscall(libc.nr.nanosleep!, time, 0);
  yield* libc.printf('awake\n');
  return 0;
}
