/* The map for a terminal, to the character. */

import { describe, expect, it } from 'vitest';
import { parseMaps, stripMap } from '../../src/report/index.js';
import { disorder, I386, IA64, stacks, X86_64 } from './maps_fixture.js';

const ESCAPE = '\u001b';
/** As printed: without the codes of colours. */
const ANSI = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');

function strip(text: string, columns = 80, color = false, title?: string): string {
  return stripMap(parseMaps(text).areas, { columns, color, title });
}

describe('stripMap', () => {
  it('shows three threads of i386', () => {
    expect(strip(I386)).toBe(
      [
        '9 areas, 24 MiB mapped, 2 holes, the largest 1.98 GiB at 41803000',
        '08048000-0804a000     8 KiB  TTDD                            2 areas: test_str02',
        '                             ... 896 MiB free',
        '40000000-41803000    24 MiB  |AAAAAAAAA|AAAAAAAAA|AAAAAAAAA  6 areas',
        '                             ... 1.98 GiB free',
        'bfffe000-c0000000     8 KiB  AAAA                            rwxp',
        'T file text 4 KiB  D file data 4 KiB  A anonymous rw 24 MiB  | guard 12 KiB',
        '. hole',
      ].join('\n'),
    );
  });

  it('folds 64,000 stacks into one line that says how often and from where to where', () => {
    expect(strip(stacks(64000))).toBe(
      [
        '128,001 areas, 500 GiB mapped, 1 hole, the largest 128 GiB at 00102000',
        '    00100000-00102000     8 KiB  TT                              r-xp test_str02',
        '                                 ... 128 GiB free',
        '2000000000-9d00000000   500 GiB  |AAAAAAAAA|AAAAAAAAA|AAAAAAAA…',
        '                                 64,000 x [guard 8 KiB][anonymous rw 7.99 MiB]',
        'T file text 8 KiB  A anonymous rw 500 GiB  | guard 500 MiB  . hole',
      ].join('\n'),
    );
  });

  it('a repetition that starts or ends with something else leaves that a line of its own', () => {
    const odd = `${stacks(10)}\n2005000000-2005004000 rw-p 0 00:00 0`;
    expect(strip(odd, 120)).toContain('10 x [guard 8 KiB][anonymous rw 7.99 MiB]');
    expect(strip(odd, 120)).toMatch(/2005000000-2005004000 +16 KiB +A+ +rw-p/);
  });

  it.each([
    ['i386', I386],
    ['ia64', IA64],
    ['x86-64', X86_64],
    ['64,000 threads', stacks(64000)],
    ['300 areas in disorder', disorder(300)],
    ['20,000 areas in disorder', disorder(20000)],
  ])('%s take 20 lines at most, within the columns', (_, text) => {
    for (const columns of [60, 80, 132]) {
      const lines = strip(text, columns, false, 'A title').split('\n');
      expect(lines.length).toBeLessThanOrEqual(20);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
  });

  it('covers all areas whatever is joined: the first start and the last end are there', () => {
    const { areas } = parseMaps(disorder(3000));
    const map = stripMap(areas, { columns: 80, color: false });
    expect(map).toContain(`${areas[0]?.start.toString(16).padStart(8, '0')}-`);
    expect(map).toContain(`-${areas.at(-1)?.end.toString(16).padStart(8, '0')} `);
  });

  it('a title goes before the sums, or above them where the line would be too long', () => {
    expect(strip(I386, 100, false, 'i386')).toMatch(/^i386: 9 areas, 24 MiB mapped, .*41803000\n/);
    expect(strip(I386, 70, false, 'test_str02, 3 threads')).toMatch(/^test_str02, 3 threads\n9 areas,/);
  });

  it('has ANSI codes with colour and none without; in both the same places', () => {
    const coloured = strip(I386, 80, true);
    expect(coloured).toContain(ESCAPE);
    expect(strip(I386)).not.toContain(ESCAPE);
    const plain = strip(I386).split('\n');
    expect(coloured.replace(ANSI, '').split('\n').map((line) => line.length)).toEqual(
      plain.map((line) => line.length),
    );
  });

  it('a name cannot send control characters to the terminal', () => {
    const evil = `1000-2000 r-xp 0 03:01 1 /a${ESCAPE}[2Jb`;
    expect(strip(evil)).not.toContain(ESCAPE);
    expect(strip(evil)).toContain('a\\033[2Jb');
  });

  it('below the vsyscall page nothing is free, and no hole: as many are free as the first line says', () => {
    const apart = '400000-401000 r-xp 0 03:01 1 /a\n7ffff0000000-7ffff0001000 rw-p 0 00:00 0 [stack]\n';
    const vsyscall = 'ffffffffff600000-ffffffffff601000 --xp 0 00:00 0 [vsyscall]';
    const lines = strip(apart + vsyscall).split('\n');
    expect(lines[0]).toMatch(/ 1 hole,/);
    expect(lines.filter((line) => line.endsWith(' free'))).toHaveLength(1);
    expect(lines.filter((line) => /^ +\.\.\. 16 EiB beyond user space$/.test(line))).toHaveLength(1);
  });

  it('no areas make one line', () => {
    expect(strip('')).toBe('0 areas, 0 B mapped, 0 holes');
  });
});
