/* malloc and free: the heap by brk in steps of 132 KiB, large pieces by mmap, freed pieces again. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { calls, type Config, evaluate, machines, run } from './run.js';

const KIB = 1024;

/** Calls of the program that have to do with memory. */
function memoryCalls(config: Config, body: (libc: Libc) => ThreadBody): string[] {
  return calls(run(config, body), /^(brk|mmap|munmap)/);
}

describe.each(machines)('$name', ({ config }) => {
  it('pieces lie one after the other from the heap\'s start, aligned to 16', () => {
    const offsets = evaluate(config, function* (libc) {
      const first = yield* libc.malloc(1);
      const rest: Addr[] = [];
      for (const bytes of [16, 17, 100]) rest.push(yield* libc.malloc(bytes));
      const from = BigInt(libc.addressText(first));
      return [Number(from % 16n), ...rest.map((at) => Number(BigInt(libc.addressText(at)) - from))];
    });
    expect(offsets).toEqual([0, 16, 32, 64]);
  });

  it('is memory: what is stored there stays there', () => {
    const sum = evaluate(config, function* (libc) {
      const at = yield* libc.malloc(4000);
      for (let i = 0; i < 1000; i++) libc.store32(libc.add(at, 4 * i), i);
      let total = 0;
      for (let i = 0; i < 1000; i++) total += libc.load32(libc.add(at, 4 * i));
      return total;
    });
    expect(sum).toBe(499500);
  });

  it('a freed piece serves the next request of its size', () => {
    const equal = evaluate(config, function* (libc) {
      const a = yield* libc.malloc(100);
      yield* libc.malloc(100);
      yield* libc.free(a);
      const again = yield* libc.malloc(110);
      return libc.addressText(a) === libc.addressText(again);
    });
    expect(equal).toBe(true);
  });

  it('128 KiB and more come by mmap and go back by munmap', () => {
    const made = memoryCalls(config, function* (libc) {
      const at = yield* libc.malloc(128 * KIB);
      libc.store32(libc.add(at, 128 * KIB - 4), 1);
      yield* libc.free(at);
    });
    expect(made.map((line) => line.split('(')[0])).toEqual([config.arch === 'i386' ? 'mmap2' : 'mmap', 'munmap']);
  });
});

describe('brk', () => {
  it('i386: once for the start, then 132 KiB at a time', () => {
    const made = memoryCalls({}, function* (libc) {
      yield* libc.malloc(100);
      yield* libc.malloc(100 * KIB);
      yield* libc.malloc(100 * KIB);
    });
    // 112 bytes and 128 KiB of padding are 33 pages; 112 + 200 KiB and the padding are 83.
    expect(made).toEqual(['brk(NULL) = 0x804a000', 'brk(0x806b000) = 0x806b000', 'brk(0x809d000) = 0x809d000']);
  });

  it('is not called before the first malloc', () => {
    expect(memoryCalls({}, function* (libc) {
      yield* libc.printf('no heap\n');
    })).toEqual([]);
  });
});

describe('memory that is refused', () => {
  const failures = (config: Config, bytes: number) =>
    evaluate(config, function* (libc) {
      const at = yield* libc.malloc(bytes);
      return [libc.addressText(at), libc.strerrorname(libc.errno)];
    });

  it('malloc returns 0 with ENOMEM when RLIMIT_DATA stands in the way', () => {
    expect(failures({ rlimits: { data: 65536 } }, 100)).toEqual(['0x0', 'ENOMEM']);
  });

  it('or no hole is large enough', () => {
    expect(failures({ overcommit: 1 }, 0xb0000000)).toEqual(['0x0', 'ENOMEM']);
  });

  it('or it is more than an address can name', () => {
    expect(failures({}, 2 ** 32)).toEqual(['0x0', 'ENOMEM']);
    expect(failures({}, 2 ** 32 + 200 * KIB)).toEqual(['0x0', 'ENOMEM']);
  });

  it('what was there before still serves', () => {
    const usable = evaluate({ rlimits: { data: 200 * KIB } }, function* (libc) {
      const given: boolean[] = [];
      for (const bytes of [1000, 127 * KIB, 127 * KIB, 1000]) {
        given.push(libc.addressText(yield* libc.malloc(bytes)) !== '0x0');
      }
      return given;
    });
    expect(usable).toEqual([true, true, false, true]);
  });
});

describe('free', () => {
  it('of a null pointer does nothing', () => {
    expect(run({}, function* (libc) {
      yield* libc.free(0);
    }).exit).toBe(0);
  });

  it.each([
    ['twice', function* (libc: Libc): ThreadBody<Addr> {
      const at = yield* libc.malloc(10);
      yield* libc.free(at);
      return at;
    }],
    ['of a place inside a piece', function* (libc: Libc): ThreadBody<Addr> {
      return libc.add(yield* libc.malloc(10), 4);
    }],
  ])('%s ends the program with a sentence', (_how, wrong) => {
    const ran = run({}, function* (libc) {
      yield* libc.free(yield* wrong(libc));
    });
    expect([ran.outcome, ran.exit]).toEqual(['exited', 1]);
    expect(ran.message).toMatch(/free\(0x804a[0-9a-f]+\): invalid pointer$/);
  });
});

describe('under random requests', () => {
  it('no two pieces in use overlap, and none loses what was stored', () => {
    const size = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 3000 }) }, { weight: 1, arbitrary: fc.integer({ min: 120000, max: 300000 }) });
    const steps = fc.array(fc.oneof(size, fc.integer({ min: -20, max: -1 })), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...machines), steps, ({ config }, script) => {
        const spoiled = evaluate(config, function* (libc) {
          const pieces: { at: Addr; words: number; mark: number }[] = [];
          let marks = 0;
          let bad = 0;
          for (const step of script) {
            if (step > 0) {
              const piece = { at: yield* libc.malloc(step), words: Math.floor(step / 4), mark: ++marks };
              for (let i = 0; i < piece.words; i += 97) libc.store32(libc.add(piece.at, 4 * i), piece.mark);
              pieces.push(piece);
            } else if (pieces.length > 0) {
              const [piece] = pieces.splice(-step % pieces.length, 1);
              yield* libc.free(piece!.at);
            }
            for (const { at, words, mark } of pieces) {
              for (let i = 0; i < words; i += 97) if (libc.load32(libc.add(at, 4 * i)) !== mark) bad += 1;
            }
          }
          return bad;
        });
        expect(spoiled).toBe(0);
      }),
      { seed: 2546, numRuns: 60 },
    );
  });
});
