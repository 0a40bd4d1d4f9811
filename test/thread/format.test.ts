/* printf's formats, and when its output is written. */

import { describe, expect, it } from 'vitest';
import { Long } from '../../src/lib/u64.js';
import { formatPrintf, type PrintfArg } from '../../src/thread/format.js';
import { calls, run } from './run.js';

describe('formats, as C prints them', () => {
  const rows: [string, PrintfArg[], string][] = [
    ['%d %i', [42, -42], '42 -42'],
    ['%u', [42], '42'],
    ['%u', [-1], '4294967295'],
    ['%x %X %o', [255, 255, 8], 'ff FF 10'],
    ['%x', [-1], 'ffffffff'],
    ['%lx', [-1n], 'ffffffffffffffff'],
    ['%c%c', ['a', 98], 'ab'],
    ['%s', ['text'], 'text'],
    ['%s', [null], '(null)'],
    ['%p', [0x804a000], '0x804a000'],
    ['%p', [0], '(nil)'],
    ['%p', [new Long(0x4000, 0x20000000, true)], '0x2000000000004000'],
    ['%d%%', [50], '50%'],
    ['%5d|%-5d|%05d', [42, 42, 42], '   42|42   |00042'],
    ['%05d', [-42], '-0042'],
    ['%+d % d', [1, 1], '+1  1'],
    ['%.3d', [7], '007'],
    ['%8.3d|%08.3d', [7, 7], '     007|     007'],
    ['%*d', [4, 7], '   7'],
    ['%-6s|%6s', ['ab', 'ab'], 'ab    |    ab'],
    ['%.2s', ['abcdef'], 'ab'],
    ['%#x %#X %#o', [255, 255, 8], '0xff 0XFF 010'],
    ['%#x', [0], '0'],
    ['%#010x', [255], '0x000000ff'],
    ['%ld %lu %zu %hd %lld', [1, 2, 3, 4, 5n], '1 2 3 4 5'],
    ['%f', [1.5], '1.500000'],
    ['%.2f', [4.14159], '4.14'],
    ['%8.2f|%-8.2f|%08.2f', [4.14159, 4.14159, -4.14159], '    4.14|4.14    |-0004.14'],
    ['%+.1f', [2.5], '+2.5'],
    ['%e', [12345.678], '1.234568e+04'],
    ['%.2e', [0.000012], '1.20e-05'],
    ['%g %g %g', [0.5, 100000, 1000000], '0.5 100000 1e+06'],
    ['%g %g %g', [1234567, 0.0001, 0.00001], '1.23457e+06 0.0001 1e-05'],
    ['%.3g', [1234], '1.23e+03'],
    ['%g', [1e20], '1e+20'],
    ['%g', [0], '0'],
    ['%f %g', [Number.POSITIVE_INFINITY, Number.NaN], 'inf nan'],
    ['no format', [], 'no format'],
    ['%d %s', [], '0 (null)'],
    ['%q', [1], '%q'],
  ];

  it.each(rows.map(([format, args, text]) => ({ format, args, text })))('"$format" prints "$text"', ({ format, args, text }) => {
    expect(formatPrintf(format, args)).toBe(text);
  });
});

describe('standard output', () => {
  const writes = (text: string[]) =>
    calls(run({}, function* (libc) {
      for (const part of text) yield* libc.printf('%s', part);
    }), /^write/).map((line) => line.replace(/ = .*/, ''));

  it('goes out at each newline and at exit', () => {
    expect(writes(['a', 'b\nc\n', 'd'])).toEqual(['write(1, "ab\\n", 3)', 'write(1, "c\\n", 2)', 'write(1, "d", 1)']);
  });

  it('goes out when 1024 bytes have gathered', () => {
    expect(writes(['x'.repeat(2500)]).map((line) => line.split(', ')[2])).toEqual(['1024)', '1024)', '452)']);
  });

  it('is not written by a program that ends by exit_group itself', () => {
    const ran = run({}, function* (libc) {
      yield* libc.printf('lost');
      yield* libc.syscall(libc.nr.exit_group!, 0);
    });
    expect(ran.stdout).toBe('');
  });

  it('printf returns the bytes it printed, in UTF-8', () => {
    const ran = run({}, function* (libc) {
      return yield* libc.printf('naïve');
    });
    expect([ran.exit, ran.stdout]).toEqual([6, 'naïve']);
  });

  it('standard error goes out at once, after what standard output had', () => {
    const ran = run({}, function* (libc) {
      yield* libc.printf('out');
      yield* libc.eprintf('err %d', 1);
      yield* libc.puts('!');
    });
    expect(calls(ran, /^write/).map((line) => line.replace(/, \d+\).*/, ''))).toEqual([
      'write(1, "out"', 'write(2, "err 1"', 'write(1, "!\\n"',
    ]);
    expect([ran.stdout, ran.stderr]).toEqual(['out!\n', 'err 1']);
  });
});
