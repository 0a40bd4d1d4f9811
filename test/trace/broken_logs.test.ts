/**
 * Logs that are cut, scrambled or made up: a sentence or a comparison comes out, never an exception of ours. And logs of
 * our own strace: every machine's own result is what its replay predicts.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import testStr02 from '../../examples/test_str02.js';
import { archs, type Libc, Machine, type ThreadBody } from '../../src/index.js';
import { threadsLack } from '../../src/machine.js';
import { ConfigError } from '../../src/machine.js';
import { replay } from '../../src/trace/replay.js';
import { readStraceLog, StraceLogError } from '../../src/trace/strace_log.js';

const heap = gunzipSync(readFileSync(new URL('fixtures/heap.log.gz', import.meta.url))).toString().split('\n').slice(0, 400);

/** What comes of it: a number of comparisons, or the sentence of a refusal. */
function outcome(text: string, arch: string): string {
  try {
    const { compared } = replay(readStraceLog(text), { config: { arch, kernel: arch === 'x86_64' ? '6.18' : '2.5.46' }, honour: true });
    return `compared ${compared}`;
  } catch (error) {
    if (error instanceof StraceLogError || error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('a log that is not whole', () => {
  const arch = fc.constantFrom('i386', 'x86_64', 'sparc64', 'ia64');

  it('cut anywhere, with lines in any order, gives a sentence or a comparison', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...heap), { minLength: 1, maxLength: 60 }), fc.nat({ max: 200 }), arch, (lines, cut, name) => {
      const text = lines.join('\n');
      expect(outcome(text.slice(0, Math.max(1, text.length - cut)), name)).toMatch(/./);
    }), { numRuns: 300 });
  });

  it('with letters changed, too', () => {
    const change = fc.tuple(fc.nat({ max: 5000 }), fc.constantFrom('0', 'f', '(', ')', ',', '"', '=', '|', ' ', '\n', '<', '-', '\0'));
    fc.assert(fc.property(fc.nat({ max: heap.length - 20 }), fc.array(change, { maxLength: 8 }), arch, (from, changes, name) => {
      const letters = [...heap.slice(from, from + 20).join('\n')];
      for (const [at, letter] of changes) letters[at % letters.length] = letter;
      expect(outcome(letters.join(''), name)).toMatch(/./);
    }), { numRuns: 300 });
  });

  it('with arguments that no kernel takes, too', () => {
    const word = fc.constantFrom('NULL', '0', '-1', '0x1000', '0xffffffffffffffff', '0x40000000', '4096', '18446744073709551615', '0x7fffffffffff');
    const flags = fc.constantFrom('MAP_PRIVATE|MAP_ANONYMOUS', 'MAP_SHARED|MAP_FIXED', '0xffffffff', 'MAP_PRIVATE', '0');
    const call = fc.oneof(
      fc.tuple(fc.constantFrom('mmap', 'mmap2', 'old_mmap'), word, word, word, flags, word, word),
      fc.tuple(fc.constant('munmap'), word, word), fc.tuple(fc.constant('mprotect'), word, word, word),
      fc.tuple(fc.constant('mremap'), word, word, word, word, word), fc.tuple(fc.constant('brk'), word),
      fc.tuple(fc.constant('old_mmap'), word),
    ).map(([name, ...args]) => `${name}(${args.join(', ')}) = ?`);
    fc.assert(fc.property(fc.array(call, { minLength: 1, maxLength: 30 }), arch, (lines, name) => {
      expect(outcome(lines.join('\n'), name)).toMatch(/^compared 0$|cannot be read/);
    }), { numRuns: 300 });
  });
});

describe('a log of our own strace', () => {
  /** Maps, remaps and protects with answers of every kind. */
  function* calls(libc: Libc, argv: string[]): ThreadBody<number> {
    const page = libc.pageSize;
    const low = yield* libc.mmap(0, 4 * page, 3, 0x22);
    yield* libc.mprotect(low, page, 1);
    yield* libc.mremap(low, 4 * page, 8 * page, 1);
    yield* libc.munmap(low, 2 * page);
    yield* libc.munmap(1, page);
    yield* libc.mmap(0, page, 3, 0x22);
    return argv.length === 0 ? 0 : yield* testStr02(libc, argv);
  }

  const machines = archs.flatMap((arch) =>
    arch.bits.flatMap((bits) => (arch.releases[bits] ?? []).map((kernel) => ({ arch: arch.name, kernel, bits }))));

  it.each(machines)('$arch $bits-bit, $kernel: every result is predicted', (config) => {
    const lines: string[] = [];
    const machine = new Machine({ ...config, strace: (line) => lines.push(line) });
    const hasThreads = threadsLack(machine.target) === null;
    const least = String(machine.target.nptl(machine.nptlVersion).PTHREAD_STACK_MIN);
    machine.load(calls, hasThreads ? ['-n', '40', '-s', least] : []);
    expect(machine.run().exit).toBe(0);
    const { diverged, compared } = replay(readStraceLog(lines.join('\n')), { config });
    expect(diverged).toEqual([]);
    expect(compared).toBeGreaterThan(hasThreads ? 45 : 5);
  });
});
