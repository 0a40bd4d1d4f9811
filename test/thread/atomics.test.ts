/* <stdatomic.h> on aligned 32-bit words of guest memory. */

import { describe, expect, it } from 'vitest';
import { evaluate, machines, run } from './run.js';

describe.each(machines)('atomic operations on $name', ({ config }) => {
  it('return the old word and leave the new one', () => {
    const seen = evaluate(config, function* (libc) {
      const word = libc.bss(4);
      return [
        yield* libc.atomic_store32(word, 6), yield* libc.atomic_fetch_add32(word, 4),
        yield* libc.atomic_fetch_sub32(word, 1), yield* libc.atomic_fetch_or32(word, 6),
        yield* libc.atomic_fetch_and32(word, 7), yield* libc.atomic_exchange32(word, -1), yield* libc.atomic_load32(word),
      ];
    });
    expect(seen).toEqual([0, 6, 10, 9, 15, 7, -1]);
  });

  it('compare-and-swap stores only over what was expected', () => {
    const seen = evaluate(config, function* (libc) {
      const word = libc.bss(4);
      return [
        yield* libc.atomic_cas32(word, 0, 5), yield* libc.atomic_load32(word),
        yield* libc.atomic_cas32(word, 0, 7), yield* libc.atomic_load32(word),
      ];
    });
    expect(seen).toEqual([0, 5, 5, 5]);
  });

  it('fetch_add wraps at 2^31', () => {
    const seen = evaluate(config, function* (libc) {
      const word = libc.bss(4);
      yield* libc.atomic_store32(word, 0x7fffffff);
      yield* libc.atomic_fetch_add32(word, 1);
      return yield* libc.atomic_load32(word);
    });
    expect(seen).toBe(-(2 ** 31));
  });

  it('a thread that spins on a word gives way in time', () => {
    const ran = run(config, function* main(libc) {
      const flag = libc.bss(4);
      yield* libc.pthread_create(null, function* setter() {
        yield* libc.atomic_store32(flag, 1);
      });
      while ((yield* libc.atomic_load32(flag)) === 0);
      return 0;
    });
    expect([ran.outcome, ran.exit]).toEqual(['exited', 0]);
  });
});
