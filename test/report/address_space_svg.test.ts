/* The picture of an address space: well formed, complete, small. How it looks is for eyes. */

import { describe, expect, it } from 'vitest';
import { addressSpaceSvg, type MapsArea, parseMaps } from '../../src/report/index.js';
import { disorder, I386, IA64, stacks, X86_64 } from './maps_fixture.js';

const INPUTS: [string, string][] = [
  ['i386', I386],
  ['ia64', IA64],
  ['x86-64', X86_64],
  ['150 threads', stacks(150)],
  ['2,000 threads', stacks(2000)],
  ['390 areas in disorder', disorder(390)],
  ['5,000 areas in disorder', disorder(5000)],
  ['one area', '1000-2000 rw-p 0 00:00 0'],
  ['nothing', ''],
];

function draw(text: string, title?: string): string {
  return addressSpaceSvg(parseMaps(text).areas, { title });
}

/** The tags left open, or the one that closes none; empty in a whole document. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of svg.matchAll(/<(\/?)([\w:]+)[^>]*?(\/?)>/g)) {
    if (selfClosed) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

function titlesOf(svg: string): string[] {
  return [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map((match) => match[1] as string);
}

function isAreaTitle(title: string): boolean {
  return /^[0-9a-f]+-[0-9a-f]+ [r-][w-][x-][ps] /.test(title);
}

/** y of the labels of one side, by their x: labels of one column and side share it. */
function labelRows(svg: string): number[][] {
  const rows = new Map<string, number[]>();
  for (const [, x = '', y] of svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="gp-m"/g)) {
    rows.set(x, [...(rows.get(x) ?? []), Number(y)]);
  }
  return [...rows.values()];
}

describe.each(INPUTS)('addressSpaceSvg of %s', (_, text) => {
  const svg = draw(text, 'A title');

  it('is one well-formed svg element without NaN', () => {
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).not.toMatch(/(width|height)="-/);
    expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
  });

  it('has no two labels on each other', () => {
    for (const ys of labelRows(svg)) {
      const sorted = ys.sort((a, b) => a - b);
      const gaps = sorted.slice(1).map((y, i) => y - (sorted[i] as number));
      expect(Math.min(Infinity, ...gaps)).toBeGreaterThan(13.9);
    }
  });

  it('all of it lies within the picture', () => {
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) as unknown as string[];
    for (const [, x, y] of svg.matchAll(/<(?:text|rect) x="(-?[\d.]+)" y="(-?[\d.]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(Number(width));
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(Number(height));
    }
  });
});

describe('addressSpaceSvg', () => {
  it.each([I386, IA64, X86_64, stacks(150)])('every area has its maps line as hover text', (text) => {
    const titles = titlesOf(draw(text)).filter(isAreaTitle);
    const lines = parseMaps(text).areas.map((area: MapsArea) => area.line.trimEnd());
    // The picture has the highest address first.
    expect(titles.map((title) => title.split('\n')[0])).toEqual(lines.reverse());
  });

  it('hover text says size and kind, and holes say theirs', () => {
    const titles = titlesOf(draw(I386));
    expect(titles).toContain('40000000-40001000 ---p 00000000 00:00 0\n4 KiB, guard');
    expect(titles).toContain('hole 41803000-bfffe000\n1.98 GiB free');
  });

  it('what lies below the vsyscall page is no hole, and not free', () => {
    const titles = titlesOf(draw(X86_64));
    expect(titles).toContain('7ffd7eef1000-ffffffffff600000\n16 EiB beyond user space');
    expect(titles.filter((title) => title.startsWith('hole '))).toHaveLength(6);
    expect(draw(X86_64)).toContain(' 6 holes, ');
  });

  it('labels the addresses of a small picture, and sums up the kinds', () => {
    const svg = draw(I386, 'test_str02');
    const { areas } = parseMaps(I386);
    for (const { start, end } of areas) {
      for (const address of [start, end]) {
        expect(svg).toContain(`>${address.toString(16).padStart(8, '0')}</text>`);
      }
    }
    const texts = ['test_str02', 'anonymous rw: 4, 24 MiB', 'guard: 3, 12 KiB', '1.98 GiB free'];
    for (const text of texts) expect(svg).toContain(`>${text}</text>`);
  });

  it('guards are lines at least 2 high that stick out of the bar', () => {
    const guard = /---p[^<]*<\/title><rect x="[\d.]+" y="[\d.]+" width="130" height="([\d.]+)"/;
    expect(Number(guard.exec(draw(I386))?.[1])).toBeGreaterThanOrEqual(2);
  });

  it('up to 400 areas are all drawn, with a bracket that counts the repetition', () => {
    const svg = draw(stacks(150));
    expect(svg).toContain('>150 x [guard 8 KiB][anonymous rw 7.99 MiB]</text>');
    expect(svg).not.toContain('folded');
  });

  it('more are folded, and the picture says how many', () => {
    const svg = draw(stacks(64000));
    expect(svg).toContain('>64,000 x [guard 8 KiB][anonymous rw 7.99 MiB]</text>');
    expect(svg).toContain('>63,994 more times</text>');
    expect(svg).toContain('127,988 areas folded');
    expect(titlesOf(svg).filter(isAreaTitle)).toHaveLength(13);
  });

  it.each([
    ['64,000 stacks', stacks(64000)],
    ['64,000 areas without a pattern', disorder(64000)],
    ['400 of the longest names', disorder(400).replaceAll('/usr', `/${'<'.repeat(4000)}`)],
  ])('%s stay below 1 MB', (_, text) => {
    expect(draw(text).length).toBeLessThan(1_000_000);
  });

  it('escapes & < > " and control characters in names and in the title', () => {
    const svg = draw('1000-2000 r-xp 0 03:01 1 /a&b<c>"d\u0001\u001be', 'R&D <"1">');
    expect(svg).toContain('a&amp;b&lt;c&gt;&quot;d\\001\\033e');
    expect(svg).toContain('>R&amp;D &lt;&quot;1&quot;&gt;</text>');
    expect(unbalanced(svg)).toEqual([]);
  });

  it('a name cut short is not cut within a surrogate pair', () => {
    for (const before of ['', 'x']) {
      const svg = draw(`1000-2000 r-xp 0 03:01 1 /${before}${'\u{1f600}'.repeat(300)}`);
      expect(svg).not.toMatch(/\p{Cs}/u);
    }
  });
});
