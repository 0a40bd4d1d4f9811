/* Reading /proc/PID/maps of any kernel, and what is counted in it. */

import { describe, expect, it } from 'vitest';
import { kindOf, type MapsArea, MapsTextError, parseMaps, summarise } from '../../src/report/index.js';
import { mapsLines } from '../../src/mm/maps.js';
import { Machine } from '../../src/machine.js';
import { I386, IA64, stacks, X86_64 } from './maps_fixture.js';

function only(line: string): MapsArea {
  const { areas } = parseMaps(line);
  expect(areas).toHaveLength(1);
  return areas[0] as MapsArea;
}

describe('parseMaps', () => {
  it('reads a line of 2.5.46 on i386: 8 digits, the name in column 49', () => {
    const line = '08049000-0804a000 rw-p 00001000 03:01 4711       /bin/test_str02';
    expect(only(line)).toEqual({
      start: 0x08049000n,
      end: 0x0804a000n,
      perms: 'rw-p',
      isShared: false,
      offset: 0x1000n,
      device: '03:01',
      inode: 4711n,
      name: '/bin/test_str02',
      line,
      kind: 'file data',
    });
  });

  it('reads 64-bit addresses exactly, with 16 digits or as many as there are', () => {
    const padded = only('20000000001fc000-2000000000200000 ---p 00000000001fc000 00:00 0');
    expect(padded.end - padded.start).toBe(0x4000n);
    expect(padded.offset).toBe(0x1fc000n);
    expect(only('ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]').end).toBe(
      0xffffffffff601000n,
    );
    expect(only('7ffd7eed0000-7ffd7eef1000 rw-p 0 00:00 0 [stack]').start).toBe(0x7ffd7eed0000n);
  });

  it('a line without a name may end after the inode, or with a space as since 2.6.0', () => {
    for (const end of ['', ' ']) {
      expect(only(`40000000-40001000 ---p 00000000 00:00 0${end}`).name).toBe('');
    }
  });

  it('keeps names with spaces, (deleted), brackets and colons', () => {
    const names = [
      '/home/a b/c  d',
      '/dev/zero (deleted)',
      '[heap]',
      '[stack]',
      '[stack:1234]',
      '[vdso]',
      '[anon:dalvik main space]',
      'anon_inode:[perf_event]',
    ];
    for (const name of names) {
      expect(only(`08048000-08049000 rw-s 00000000 fe:1f 18446744073709551615 ${name}`).name).toBe(name);
    }
  });

  it('undoes the octal escapes of newline, space, tab and backslash', () => {
    const { name, line } = only(String.raw`08048000-08049000 r-xp 0 03:01 1 /a\012b\040c\011d\134e`);
    expect(name).toBe('/a\nb c\td\\e');
    expect(line).toContain(String.raw`\012`);
  });

  it('skips blank lines and takes either end of line', () => {
    expect(parseMaps(`\n${I386.replaceAll('\n', '\r\n')}\n  \n`).areas).toHaveLength(9);
    expect(parseMaps('').areas).toEqual([]);
  });

  it('reads what a machine of this project prints', () => {
    for (const arch of ['i386', 'sparc64', 'ia64']) {
      const machine = new Machine({ arch });
      machine.load(function* (libc) {
        yield* libc.sched_yield();
        return 0;
      });
      const lines = mapsLines(machine.mm);
      expect(parseMaps(lines.join('\n')).areas.map(({ line }) => line)).toEqual(lines);
    }
  });

  it('a line that is none is an error that has its number and shows a right one', () => {
    expect(() => parseMaps(`${I386}\nhello`)).toThrow(
      new MapsTextError(
        11,
        '"hello" is not a line of /proc/PID/maps; one looks like "08048000-08049000 r-xp 00000000 03:01 4711 /bin/cat"',
      ),
    );
    expect(() => parseMaps('hello')).toThrow(/^line 1: /);
  });

  it('a line of smaps is an error that names maps', () => {
    const [first] = I386.split('\n');
    expect(() => parseMaps(`${first}\nSize:                  4 kB`)).toThrow(
      /^line 2: .*; this looks like smaps: give the maps file instead$/,
    );
  });

  it('an error quotes neither a whole long line nor its control characters', () => {
    expect(() => parseMaps(`\u001b[31m${'x'.repeat(1000)}`)).toThrow(/"\\033\[31mx{40,60}…" is not/);
  });

  it('an area that does not end above its start is an error', () => {
    expect(() => parseMaps('08049000-08049000 r-xp 00000000 03:01 4711')).toThrow(
      'line 1: the end 08049000 is not above the start 08049000',
    );
  });

  it('an area below the end of the one before it is an error', () => {
    const [first, second] = I386.split('\n');
    expect(() => parseMaps(`${second}\n${first}`)).toThrow(
      'line 2: the area begins at 08048000, below the end of the one before it, 0804a000; areas must ascend',
    );
  });
});

describe('kindOf', () => {
  it.each([
    ['r-xp 00000000 03:01 4711 /bin/cat', 'file text'],
    ['rw-p 00000000 03:01 4711 /bin/cat', 'file data'],
    ['---p 00000000 03:01 4711 /lib/libc.so.6', 'file data'],
    ['rw-p 00000000 00:00 0 [heap]', 'heap'],
    ['rwxp 00000000 00:00 0', 'anonymous rw'],
    ['rw-p 00000000 00:00 0 [anon:malloc]', 'anonymous rw'],
    ['rw-p 00000000 00:00 0 [stack]', 'stack'],
    ['rw-p 00000000 00:00 0 [stack:77]', 'stack'],
    ['---p 00000000 00:00 0', 'guard'],
    ['rw-s 00000000 00:04 7 /dev/zero (deleted)', 'shared'],
    ['r-xp 00000000 00:00 0 [vdso]', 'other'],
    ['r--p 00000000 00:00 0', 'other'],
  ])('%s is %s', (rest, kind) => {
    expect(kindOf(only(`40000000-40001000 ${rest}`))).toBe(kind);
  });

  it.each([
    ['a page', '40000000-40001000 ---p 00000000 00:00 0', 'guard'],
    ['16 pages', '40000000-40010000 ---p 00000000 00:00 0', 'guard'],
    ['17 pages that nothing follows', '40000000-40011000 ---p 00000000 00:00 0', 'reserved'],
    ['1 MiB below a stack of 8', '40000000-40100000 ---p 00000000 00:00 0\n40100000-40900000 rw-p 00000000 00:00 0', 'guard'],
    ['1 MiB with a hole above it', '40000000-40100000 ---p 00000000 00:00 0\n40101000-40900000 rw-p 00000000 00:00 0', 'reserved'],
    ['the rest of an arena, below the next one',
      '40021000-44000000 ---p 00000000 00:00 0\n44000000-44021000 rw-p 00000000 00:00 0', 'reserved'],
    ['1 MiB below a file', '40000000-40100000 ---p 00000000 00:00 0\n40100000-40900000 rw-p 00000000 03:01 7 /f', 'reserved'],
  ])('memory without rights: %s', (_what, text, kind) => {
    expect(kindOf(parseMaps(text).areas[0]!)).toBe(kind);
  });
});

describe('summarise', () => {
  it('counts areas, bytes and kinds of three threads on i386', () => {
    const summary = summarise(parseMaps(I386).areas);
    expect(summary).toMatchObject({
      areas: 9,
      bytes: 0x1803000n + 0x2000n + 0x2000n,
      holes: 2,
      freeBytes: 0x40000000n - 0x0804a000n + (0xbfffe000n - 0x41803000n),
      largestHole: { start: 0x41803000n, end: 0xbfffe000n, bytes: 0x7e7fb000n },
      highestAddress: 0xc0000000n,
      pageSize: 4096,
      guardPages: 3,
      mergeable: 0,
    });
    expect(summary.byKind.guard).toEqual({ areas: 3, bytes: 0x3000n });
    expect(summary.byKind['anonymous rw']).toEqual({ areas: 4, bytes: 0x1802000n });
    expect(summary.byKind.heap).toEqual({ areas: 0, bytes: 0n });
  });

  it('the kinds of a real process are told by its names', () => {
    const { byKind } = summarise(parseMaps(X86_64).areas);
    const counts = Object.entries(byKind).map(([kind, total]) => [kind, total.areas]);
    expect(Object.fromEntries(counts)).toEqual({
      'file text': 1,
      'file data': 1,
      heap: 1,
      'anonymous rw': 1,
      stack: 1,
      guard: 0,
      reserved: 0,
      shared: 1,
      other: 3,
    });
  });

  it('guard pages have the size that all bounds are multiples of, or the one given', () => {
    const { areas } = parseMaps(IA64);
    expect(summarise(areas)).toMatchObject({ pageSize: 16384, guardPages: 1 });
    expect(summarise(areas, 4096).guardPages).toBe(4);
  });

  it('neighbours alike in rights and file, at consecutive offsets, could merge', () => {
    const mergeable = (low: string, high: string) =>
      summarise(parseMaps(`1000-3000 ${low}\n3000-4000 ${high}`).areas).mergeable;
    expect(mergeable('rw-p 0 00:00 0', 'rw-p 0 00:00 0')).toBe(1);
    expect(mergeable('rw-p 0 00:00 0', 'r--p 0 00:00 0')).toBe(0);
    expect(mergeable('r--p 0 03:01 7 /a', 'r--p 2000 03:01 7 /a')).toBe(1);
    expect(mergeable('r--p 0 03:01 7 /a', 'r--p 1000 03:01 7 /a')).toBe(0);
    expect(mergeable('r--p 0 03:01 7 /a', 'r--p 2000 03:02 7 /a')).toBe(0);
    expect(mergeable('r--p 0 00:00 0 [vvar]', 'r--p 0 00:00 0 [vvar]')).toBe(0);
  });

  it('fragmentation is 0 with one hole or none, and grows with more', () => {
    const of = (...starts: string[]) => {
      const lines = starts.map((start) => `${start}0000-${start}1000 rw-p 0 00:00 0`);
      return summarise(parseMaps(lines.join('\n')).areas).fragmentation;
    };
    expect(of('1')).toBe(0);
    expect(of('1', '2')).toBe(0);
    expect(of('1', '2', '3')).toBeCloseTo(0.5);
    expect(of('1', '2', '3', '4', '5')).toBeCloseTo(0.75);
  });

  it('no areas at all are a summary too', () => {
    expect(summarise([])).toMatchObject({
      areas: 0,
      bytes: 0n,
      holes: 0,
      largestHole: null,
      highestAddress: null,
      fragmentation: 0,
    });
  });

  it('many areas are summed up as few are', () => {
    const { areas } = parseMaps(stacks(64000));
    expect(summarise(areas)).toMatchObject({ areas: 128001, guardPages: 64000, holes: 1 });
  });
});
