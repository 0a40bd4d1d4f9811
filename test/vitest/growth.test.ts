/** The matchers of guardpage/vitest: what they accept, what they refuse, and what they say. */
import 'guardpage/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestFit, growthOfCounts } from '../../src/vitest/growth_class.js';

const SIZES = [1000, 2000, 4000, 8000, 16000];

function counted(f: (n: number) => number): [number, number][] {
  return SIZES.map((n) => [n, Math.round(f(n))]);
}

const CLASSES = {
  constant: () => 7,
  'log n': (n: number) => 100 * Math.log2(n),
  n: (n: number) => 3 * n - 2,
  'n log n': (n: number) => 2 * n * Math.log2(n) + n,
  'n^2': (n: number) => n * n + 5 * n,
  'n^3': (n: number) => n ** 3,
} as const;
const NAMES = Object.keys(CLASSES) as (keyof typeof CLASSES)[];

describe('toGrowAs', () => {
  it.each(NAMES)('%s is told from all others', (name) => {
    const counts = counted(CLASSES[name]);
    expect(counts).toGrowAs(name);
    expect(bestFit(counts)).toBe(name);
    for (const other of NAMES) if (other !== name) expect(counts).not.toGrowAs(other, { tolerance: 0.05 });
  });

  it('any power has a name, and a factor changes nothing', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1000 }), (tenths, factor) => {
      const power = tenths / 10;
      const counts = SIZES.map((n) => [n, factor * n ** power] as const);
      expect(counts).toGrowAs(`n^${power}`);
      expect(growthOfCounts(counts, 'n').exponent).toBeCloseTo(power, 6);
    }));
  });

  it('counts are pairs in any order, a record or a Map', () => {
    expect(counted(CLASSES.n).reverse()).toGrowAs('n');
    expect(Object.fromEntries(counted(CLASSES.n))).toGrowAs('n');
    expect(new Map(counted(CLASSES.n))).toGrowAs('n');
  });

  it('what never costs anything is constant', () => {
    expect(counted(() => 0)).toGrowAs('constant');
    expect(counted(() => 0)).not.toGrowAs('n');
    expect(counted(() => 0)).toGrowAtMostAs('n');
  });

  it('says what was measured, count by count', () => {
    expect(() => expect(counted((n) => n * n)).toGrowAs('n')).toThrow([
      'expected counts to grow as n; they grow as n^2',
      'measured: n^2, which is n^1 times n',
      '       n         cost  cost / (n)',
      '   1,000    1,000,000        1000',
      '   2,000    4,000,000        2000',
      '   4,000   16,000,000        4000',
      '   8,000   64,000,000        8000',
      '  16,000  256,000,000       16000',
    ].join('\n'));
    expect(() => expect(counted(CLASSES.n)).not.toGrowAs('n')).toThrow(/^expected counts not to grow as n; they grow as n\n/);
  });
});

describe('toGrowAtMostAs', () => {
  it('accepts what grows slower, and refuses what grows faster', () => {
    expect(counted(CLASSES.n)).toGrowAtMostAs('n log n');
    expect(counted(CLASSES.n)).toGrowAtMostAs('n^2');
    expect(counted(CLASSES['n^2'])).not.toGrowAtMostAs('n log n');
    expect(() => expect(counted(CLASSES['n^2'])).toGrowAtMostAs('n')).toThrow(/^expected counts to grow at most as n; they grow as n\^2\n/);
  });
});

describe('counts that cannot tell are refused', () => {
  it.each([
    ['few', [[2, 1], [4, 2], [8, 3]], 'growth needs at least 4 counts, each at least twice the one before: there are 3'],
    ['crowded', [[2, 1], [3, 2], [8, 3], [16, 4]], 'growth needs counts that at least double: 3 follows 2'],
    ['of one thing', [[1, 1], [2, 2], [4, 3], [8, 4]], 'growth needs n above 1 and costs not below 0: n = 1 has 1'],
    ['negative', [[2, 1], [4, -2], [8, 3], [16, 4]], 'growth needs n above 1 and costs not below 0: n = 4 has -2'],
    ['not numbers', [[2, 1], [4, Number.NaN], [8, 3], [16, 4]], 'growth needs n above 1 and costs not below 0: n = 4 has NaN'],
    ['zero at times', [[2, 0], [4, 2], [8, 3], [16, 4]], 'growth cannot be told where some costs are 0 and others are not'],
  ] as [string, [number, number][], string][])('%s', (_what, counts, message) => {
    expect(() => expect(counts).toGrowAs('n')).toThrow(message);
    expect(() => expect(counts).not.toGrowAs('n')).toThrow(message);
  });

  it('so are names that are none', () => {
    // @ts-expect-error not a growth
    expect(() => expect(counted(CLASSES.n)).toGrowAs('n!')).toThrow('no growth "n!"; there are: constant, log n, n, n log n, n^2, n^3, n^K for any number K');
  });
});
