/* The figure as SVG: well formed, complete, and quiet. How it looks is for eyes. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { plotThreadsSvg, seriesOf } from '../../src/report/index.js';
import { bare, FIXTURE, run } from './fixture.js';

/** The opening tags left unclosed and the closing ones unopened: both empty in a whole document. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of svg.matchAll(/<(\/?)([\w:]+)[^>]*?(\/?)>/g)) {
    if (selfClosed) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

afterEach(() => vi.restoreAllMocks());

describe('plotThreadsSvg', () => {
  it('is one well-formed svg element without NaN', async () => {
    const svg = await plotThreadsSvg(FIXTURE);
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>$/);
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('names both panels, every series, and the counts in human numbers', async () => {
    const svg = await plotThreadsSvg(FIXTURE);
    const titles = [
      'What one thread costs',
      'Probes per thread',
      'Microseconds per thread',
      'Threads',
    ];
    const names = seriesOf(FIXTURE).map(({ label }) => label);
    for (const text of [...titles, ...names, '1k', '64k', '100k'])
      expect(svg).toContain(`>${text}<`);
  });

  it('a single run still makes a figure', async () => {
    const svg = await plotThreadsSvg([run('i386', '2.5.46', 'first-fit', 1000)]);
    expect(svg).toContain('>i386 first-fit<');
    expect(svg).not.toContain('NaN');
  });

  it('a run without probes is left out of the panel of probes', async () => {
    const svg = await plotThreadsSvg([{ ...bare(1000, 0), probesPerThread: 0 }]);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('no runs at all are refused', async () => {
    await expect(plotThreadsSvg([])).rejects.toThrow('no runs to plot');
  });

  it('vega has nothing to warn of', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await plotThreadsSvg(FIXTURE);
    expect(warn).not.toHaveBeenCalled();
  });
});
