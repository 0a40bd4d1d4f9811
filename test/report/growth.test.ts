/* The exponent of growth, on runs whose growth is known exactly. */

import { describe, expect, it } from 'vitest';
import { growthOf } from '../../src/report/index.js';
import { bare, FIXTURE } from './fixture.js';

const DOUBLING = [1000, 2000, 4000, 8000];

function exponentFor(counts: number[], probes: (threads: number) => number): number | null {
  const [row] = growthOf(counts.map((threads) => bare(threads, probes(threads))));
  return row?.exponent ?? null;
}

describe('growthOf', () => {
  it.each([0, 1, 1.5, 2, 3])('the exponent of probes = 3 * threads^%d is that power', (power) => {
    expect(exponentFor(DOUBLING, (threads) => 3 * threads ** power)).toBeCloseTo(power, 10);
  });

  it('the exponent is the least-squares slope where the points are on no line', () => {
    // log2 of the probes is 0, 1, 1, 4 at log2 steps 0, 1, 2, 3: the slope is 6 / 5.
    const probes = new Map(DOUBLING.map((threads, i) => [threads, [1, 2, 2, 16][i] ?? 0]));
    expect(exponentFor(DOUBLING, (threads) => probes.get(threads) ?? 0)).toBeCloseTo(1.2, 10);
  });

  it('the order of the runs does not matter', () => {
    expect(exponentFor([8000, 1000, 4000, 2000], (threads) => threads ** 2)).toBeCloseTo(2, 10);
  });

  it('counts that more than double are enough', () => {
    expect(exponentFor([1, 2, 5, 100], (threads) => threads)).toBeCloseTo(1, 10);
  });

  it('three counts give no exponent', () => {
    expect(exponentFor([1000, 2000, 4000], (threads) => threads)).toBeNull();
  });

  it('one step that does not double gives no exponent', () => {
    expect(exponentFor([1000, 2000, 3999, 8000, 16000], (threads) => threads)).toBeNull();
  });

  it('the same count measured twice gives no exponent', () => {
    expect(exponentFor([...DOUBLING, 8000], (threads) => threads)).toBeNull();
  });

  it('a run that never probed gives no exponent rather than minus infinity', () => {
    expect(exponentFor(DOUBLING, (threads) => threads - 1000)).toBeNull();
  });

  it('a run without threads gives no exponent', () => {
    expect(exponentFor([0, ...DOUBLING], () => 5)).toBeNull();
  });

  it('each machine, size, release, search, stacks and NPTL has its row, as first seen', () => {
    const keys = [
      {},
      { arch: 'ia64' },
      { bits: 64 },
      { kernel: '3.8' },
      { search: 'cursor' },
    ] as const;
    const more = [{ stacks: 'bitmap' }, { nptl: '2.36' }, {}] as const;
    const rows = growthOf([...keys, ...more].map((key) => bare(1000, 1, key)));
    expect(rows).toHaveLength(7);
    expect(rows[0]).toEqual({
      ...{ arch: 'i386', bits: 32, kernel: '2.5.46', search: 'first-fit' },
      ...{ stacks: 'nptl', nptl: '2.3.3', exponent: null },
    });
    expect(rows.map((row) => row.arch)).toEqual(['i386', 'ia64', ...Array(5).fill('i386')]);
  });

  it('first fit grows quadratically and the free-area cache linearly', () => {
    const exponents = growthOf(FIXTURE).map((row) => Math.round(row.exponent ?? Number.NaN));
    expect(exponents).toEqual([2, 1, 2, 1, 2, 1]);
  });
});
