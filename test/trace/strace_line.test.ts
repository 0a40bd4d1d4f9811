/** The form of strace lines: prefixes of every flag, calls in two halves, arguments with strings and brackets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseCall, resumedPart, splitArguments, unfinishedPart, withoutPrefixes,
} from '../../src/trace/strace_line.js';

describe('the prefixes of a line', () => {
  it.each([
    ['no flag', 'brk(NULL) = 0x1', null],
    ['-f on a terminal', '[pid  4711] brk(NULL) = 0x1', 4711],
    ['-f into a file', '4711  brk(NULL) = 0x1', 4711],
    ['-f into a file, a pid of five digits', '13890 brk(NULL) = 0x1', 13890],
    ['-f -Y', '[pid  4711<bash>] brk(NULL) = 0x1', 4711],
    ['-t', '03:43:58 brk(NULL) = 0x1', null],
    ['-tt', '03:43:58.212084 brk(NULL) = 0x1', null],
    ['-ttt', '1700000000.212084 brk(NULL) = 0x1', null],
    ['-ttt of whole seconds', '1700000000 brk(NULL) = 0x1', null],
    ['-r', '     0.000123 brk(NULL) = 0x1', null],
    ['-r -t', '03:43:58 (+     0.000123) brk(NULL) = 0x1', null],
    ['-i', '[00007f8b21383ca3] brk(NULL) = 0x1', null],
    ['-i, not known', '[????????????????] brk(NULL) = 0x1', null],
    ['-n', '[  12] brk(NULL) = 0x1', null],
    ['-f -tt -n -i', '[pid 812] 03:43:58.2 [  12] [00007f8b21383ca3] brk(NULL) = 0x1', 812],
    ['-f -o -ttt', '812   1700000000.212084 brk(NULL) = 0x1', 812],
  ])('%s', (_flags, line, pid) => {
    expect(withoutPrefixes(line)).toEqual({ pid, text: 'brk(NULL) = 0x1' });
  });

  it('any order and number of them leaves the call, and the last pid', () => {
    const prefix = fc.constantFrom('[pid 77] ', '77   ', '12:00:01.5 ', '   0.25 ', '[  9] ', '[7f0012] ', '(+  0.1) ');
    fc.assert(fc.property(fc.array(prefix, { maxLength: 5 }), (prefixes) => {
      const { pid, text } = withoutPrefixes(`${prefixes.join('')}munmap(0x1000, 4096) = 0`);
      expect(text).toBe('munmap(0x1000, 4096) = 0');
      expect(pid).toBe(prefixes.some((one) => one.includes('77')) ? 77 : null);
    }));
  });
});

describe('a call', () => {
  it('is taken apart into name, arguments and result', () => {
    const text = 'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE, 3</lib/libc.so.6>, 0) = 0x7f00 <0.000047>';
    expect(parseCall(text)).toEqual({
      name: 'mmap',
      args: ['NULL', '8192', 'PROT_READ|PROT_WRITE', 'MAP_PRIVATE', '3</lib/libc.so.6>', '0'],
      result: '0x7f00 <0.000047>',
      call: 'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE, 3</lib/libc.so.6>, 0)',
    });
  });

  it('brackets and quotes inside strings, paths and comments end nothing', () => {
    expect(parseCall('openat(AT_FDCWD</a (b>, "x)\\", y(", 0x80 /* a, (b */, [1, {2, ")"}]) = 3')?.args)
      .toEqual(['AT_FDCWD</a (b>', '"x)\\", y("', '0x80 /* a, (b */', '[1, {2, ")"}]']);
  });

  it('shifts are not paths', () => {
    expect(splitArguments('MAP_HUGETLB|21<<MAP_HUGE_SHIFT, -1')).toEqual(['MAP_HUGETLB|21<<MAP_HUGE_SHIFT', '-1']);
  });

  it('that does not close is none; one without a result has null', () => {
    expect(parseCall('mmap(NULL, 4096, "x')).toBeNull();
    expect(parseCall('exit_group(0)')?.result).toBeNull();
  });

  it('in two halves is told by either', () => {
    expect(unfinishedPart('mmap(NULL, 4096,  <unfinished ...>')).toBe('mmap(NULL, 4096,');
    expect(unfinishedPart('brk(NULL) = 0')).toBeNull();
    expect(resumedPart('<... mmap resumed>) = 0x7f00')).toEqual({ name: 'mmap', rest: ') = 0x7f00' });
    expect(resumedPart('<... mmap resumed> ) = 0x7f00')).toEqual({ name: 'mmap', rest: ') = 0x7f00' });
    expect(resumedPart('brk(NULL) = 0')).toBeNull();
  });
});
