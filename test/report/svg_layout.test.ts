/* Where things go in the picture of an address space. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, shareHeight, spread } from '../../src/report/svg_layout.js';

describe('shareHeight', () => {
  it('is to scale where nothing is too small', () => {
    expect(shareHeight([1, 2, 1], 100, 10)).toEqual([25, 50, 25]);
  });

  it('gives a hairline to what would vanish, and the rest to scale', () => {
    expect(shareHeight([1, 1000, 1, 3000], 104, 2)).toEqual([2, 25, 2, 75]);
  });
});

describe('shareHeight at its limits', () => {
  it('gives all the same where that is all there is, sizes of 0 as well', () => {
    expect(shareHeight([5, 0, 7], 3, 1)).toEqual([1, 1, 1]);
    expect(shareHeight([0, 0], 8, 1)).toEqual([1, 1]);
    expect(shareHeight([], 0, 1)).toEqual([]);
  });

  it('adds up to the height', () => {
    const sizes = fc.array(fc.double({ min: 1, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(sizes, (all) => {
        const shares = shareHeight(all, 200, 2);
        const sum = shares.reduce((a, b) => a + b, 0);
        return Math.abs(sum - 200) < 1e-6 && shares.every((share) => share >= 2);
      }),
      { seed: 1 },
    );
  });
});

describe('spread', () => {
  it('leaves labels alone that are far enough apart', () => {
    expect(spread([10, 30, 50], 14, 0, 100)).toEqual([10, 30, 50]);
  });

  it('moves crowded labels apart about their centre, and inside the bounds', () => {
    expect(spread([50, 50, 50], 10, 0, 100)).toEqual([40, 50, 60]);
    expect(spread([0, 0, 0], 10, 0, 100)).toEqual([0, 10, 20]);
    expect(spread([100, 100], 10, 0, 100)).toEqual([90, 100]);
  });

  it('labels never overlap, whatever is wanted', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 60 }), (ys) => {
        const got = spread([...ys].sort((a, b) => a - b), 14, 0, 500);
        return got.every((y, i) => i === 0 || y - (got[i - 1] as number) >= 14 - 1e-6);
      }),
      { seed: 1 },
    );
  });
});

describe('columnsOf', () => {
  it('fills columns in order and evenly', () => {
    expect(columnsOf([10, 10, 10, 10], 35)).toEqual([[0, 1], [2, 3]]);
    expect(columnsOf([10, 10], 35)).toEqual([[0, 1]]);
  });

  it('what is higher than a column stands alone', () => {
    expect(columnsOf([10, 90, 10], 35)).toEqual([[0], [1], [2]]);
  });
});
