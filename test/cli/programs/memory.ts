/* Takes heap, maps three pages, makes the middle one a guard, is refused once, gives the pages back. */
import type { Libc } from 'guardpage';

export default function* main(libc: Libc) {
  const { pageSize, PROT_READ, PROT_WRITE, PROT_NONE, MAP } = libc;
  yield* libc.malloc(100);
  const addr = yield* libc.mmap(0, 3 * pageSize, PROT_READ | PROT_WRITE, MAP.PRIVATE | MAP.ANONYMOUS);
  yield* libc.mprotect(libc.add(addr, pageSize), pageSize, PROT_NONE);
  yield* libc.munmap(libc.add(addr, 1), pageSize);
  yield* libc.munmap(addr, 3 * pageSize);
  return 0;
}
