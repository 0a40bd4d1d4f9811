/**
 * ABA: a thread takes the top of a lock-free stack by compare-and-swap; meanwhile the top was taken and put back over
 * another next.
 *
 * Fixed (argument `fixed`): the swap compares a count of changes too.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 1000;

/** Nodes 1 and 2: `next` of each, 0 for the end. The stack is a word: its top node, and a count in the bits above. */
const NODE = 0xff;

export default function* main(libc: Libc, [variant]: string[]) {
  const top = libc.bss(4);
  const next = [libc.bss(4), libc.bss(4), libc.bss(4)] as const;
  const isOwned = [libc.bss(4), libc.bss(4), libc.bss(4)] as const;
  const counted = (seen: number, node: number) => (variant === 'fixed' ? ((seen & ~NODE) + NODE + 1) | node : node);
  function* pop() {
    for (;;) {
      const seen = yield* libc.atomic_load32(top);
      const node = (seen & NODE) as 0 | 1 | 2;
      if (node === 0) return 0;
      const after = yield* libc.atomic_load32(next[node]);
      if ((yield* libc.atomic_cas32(top, seen, counted(seen, after))) !== seen) continue;
      libc.assert((yield* libc.atomic_fetch_add32(isOwned[node], 1)) === 0, 'a node has one owner');
      return node;
    }
  }
  function* push(node: 1 | 2) {
    yield* libc.atomic_fetch_sub32(isOwned[node], 1);
    for (;;) {
      const seen = yield* libc.atomic_load32(top);
      yield* libc.atomic_store32(next[node], seen & NODE);
      if ((yield* libc.atomic_cas32(top, seen, counted(seen, node))) === seen) return;
    }
  }
  // 1 on top of 2.
  libc.store32(next[1], 2);
  libc.store32(top, 1);
  function* slow() {
    yield* pop();
  }
  const [, thread] = yield* libc.pthread_create(null, slow);
  const first = yield* pop();
  const second = yield* pop();
  if (first !== 0) yield* push(first);
  yield* pop();
  yield* libc.pthread_join(thread);
  return second >= 0 ? 0 : 1;
}
