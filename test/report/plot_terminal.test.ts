/* The plot in the terminal, read as a person would: legend, axes, marks. */

import { describe, expect, it } from 'vitest';
import { type PlotSeries, plotTerminal, probesSeries } from '../../src/report/index.js';
import { FIXTURE } from './fixture.js';

const PLAIN = plotTerminal(probesSeries(FIXTURE), { color: false });
const ESCAPE = '\u001b';

function series(label: string, points: [threads: number, value: number][]): PlotSeries {
  return { label, points: points.map(([threads, value]) => ({ threads, value })) };
}

describe('plotTerminal', () => {
  it('names every series', () => {
    for (const { label } of probesSeries(FIXTURE)) expect(PLAIN).toContain(label);
  });

  it('has a title and both axis labels', () => {
    const labels = { title: 'A title', xLabel: 'how many', yLabel: 'how much' };
    const text = plotTerminal([series('s', [[1, 1]])], { color: false, ...labels });
    for (const label of Object.values(labels)) expect(text).toContain(label);
  });

  it('marks the axes in human numbers', () => {
    const rows = PLAIN.split('\n');
    const ticks = rows.find((row) => /^ *1k +2k/.test(row));
    expect(ticks?.trim().split(/ +/)).toEqual(['1k', '2k', '4k', '8k', '16k', '32k', '64k']);
    const decades = rows.flatMap((row) => /^ *(\w+)┤/.exec(row)?.[1] ?? []);
    expect(decades).toEqual(['100k', '10k', '1k', '100', '10', '1']);
  });

  it('series on one line share a mark and the legend says so', () => {
    expect(PLAIN.split('\n').slice(-6)).toEqual([
      '  o  i386 2.5.45 first-fit',
      '     sparc64 2.5.46 first-fit (same line)',
      '     ia64 2.5.46 first-fit (same line)',
      '  x  i386 2.5.46 free-area-cache',
      '     sparc64 2.5.46 free-area-cache (same line)',
      '     ia64 2.5.46 free-area-cache (same line)',
    ]);
  });

  it('the longest of the series on one line is drawn to its end', () => {
    const flat = PLAIN.split('\n').find((row) => row.includes('x..')) ?? '';
    expect(flat.split('x').length - 1).toBe(7);
  });

  it('lines that only cross keep marks of their own', () => {
    const up = series('up', [
      [1, 1],
      [10, 10],
      [100, 100],
    ]);
    const down = series('down', [
      [1, 100],
      [10, 10],
      [100, 1],
    ]);
    const text = plotTerminal([up, down], { color: false });
    expect(text).toContain('o  up');
    expect(text).toContain('x  down');
    expect(text).not.toContain('same line');
  });

  it('counts that are powers of two are marked as such', () => {
    const text = plotTerminal(
      [
        series('s', [
          [1024, 1],
          [4096, 1],
          [65536, 1],
        ]),
      ],
      { color: false },
    );
    expect(text).toMatch(/1Ki +4Ki +64Ki/);
  });

  it('fits 72 columns, and as many as are asked for', () => {
    const widest = (text: string) => Math.max(...text.split('\n').map((row) => row.length));
    expect(widest(PLAIN)).toBeLessThanOrEqual(72);
    const wide = plotTerminal(probesSeries(FIXTURE), { color: false, columns: 100 });
    expect(widest(wide)).toBe(100);
  });

  it('has ANSI codes with colour and none without', () => {
    expect(plotTerminal(probesSeries(FIXTURE), { color: true })).toContain(ESCAPE);
    expect(PLAIN).not.toContain(ESCAPE);
  });

  it('a point without a logarithm is left out', () => {
    const text = plotTerminal(
      [
        series('s', [
          [1, 0],
          [10, 5],
          [100, 5],
        ]),
      ],
      { color: false },
    );
    expect(text).not.toMatch(/NaN|Infinity/);
    expect(text).toContain('s');
  });

  it('says so where there is nothing to draw', () => {
    expect(plotTerminal([], { color: false, title: 'Probes' })).toBe('Probes: nothing to draw');
  });
});
