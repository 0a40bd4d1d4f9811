/** VmaSet is a sorted array that happens to be fast: compared with a plain one, small, large and at its seams. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/lib/rng.js';
import { LEAF_ROWS, NONE, VmaSet } from '../../src/mm/vma_set.js';
import { SetAndArray } from './naive_rows.js';

/** Page numbers lie below this; an odd high part makes them need more than 32 bits. */
const SPACE = 2 ** 24;
const BASE = 3 * 2 ** 44;

/** `n` rows of two pages, each followed by two free ones. */
function spaced(n: number): SetAndArray {
  const both = new SetAndArray();
  for (let i = 0; i < n; i++) both.append(2, 2);
  return both;
}

// ---- random walks -------------------------------------------------------------------------------------

interface Step {
  readonly kind: 'insert' | 'insertRun' | 'remove' | 'removeRun' | 'removeTail' | 'split' | 'bounds' | 'look';
  readonly count: number;
  readonly seed: number;
}

/** Many rows a step, so that a walk of few steps builds several levels and takes them down again. */
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind']>(
    'insert', 'insertRun', 'insert', 'insertRun', 'remove', 'removeRun', 'removeTail', 'split', 'bounds', 'look',
  ),
  count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3000 })),
  seed: fc.nat(),
});

function apply(both: SetAndArray, { kind, count, seed }: Step): void {
  const rng = new Rng(seed);
  const { rows } = both;
  const from = rng.below(Math.max(rows.length, 1));
  const place = BASE + rng.below(SPACE);
  for (let n = 0; n < count; n++) {
    const i = rng.below(Math.max(rows.length, 1));
    if (kind === 'insert') both.insert(BASE + rng.below(SPACE), 1 + rng.below(4));
    else if (kind === 'insertRun') both.insert(place + 3 * n, 1 + rng.below(3));
    else if (kind === 'look') look(both, rng);
    else if (rows.length === 0) return;
    else if (kind === 'remove') both.remove(i);
    else if (kind === 'removeRun') both.remove(Math.min(from, rows.length - 1));
    else if (kind === 'removeTail') both.remove(rows.length - 1);
    else if (kind === 'split') splitRow(both, i, rng);
    else moveBounds(both, i, rng);
  }
}

function splitRow(both: SetAndArray, i: number, rng: Rng): void {
  const { start, end } = both.rows[i]!;
  if (end - start > 1) both.split(i, start + 1 + rng.below(end - start - 1));
}

/** Bounds anywhere between the neighbours. */
function moveBounds(both: SetAndArray, i: number, rng: Rng): void {
  const { start, end } = both.rows[i]!;
  const low = both.rows[i - 1]?.end ?? BASE;
  const high = both.rows[i + 1]?.start ?? end + 3;
  both.setBounds(i, start - rng.below(start - low + 1), end + rng.below(high - end + 1));
}

/** The finders around some row's bounds. */
function look(both: SetAndArray, rng: Rng): void {
  const row = both.rows[rng.below(Math.max(both.rows.length, 1))];
  const vpn = (row === undefined ? BASE : rng.below(2) === 0 ? row.start : row.end) - 1 + rng.below(3);
  both.compareFind(vpn);
  both.compareWalk(vpn, 1 + rng.below(6), vpn + rng.below(200) - 3);
  both.compareNextGap(vpn, 1 + rng.below(200), rng.below(4));
}

describe('a random walk', () => {
  it('a set equals a plain sorted array after every step', () => {
    const walks = fc.array(step, { maxLength: 30, size: 'max' });
    fc.assert(fc.property(walks, (steps) => {
      const both = new SetAndArray();
      for (const each of steps) {
        apply(both, each);
        both.compare();
        for (let n = 0, rng = new Rng(each.seed); n < 20; n++) look(both, rng);
      }
    }), { numRuns: 60 });
  });

  it('walkToGap finds the hole of a naive walk and counts the same rows', () => {
    const row = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 5 }));
    const lengths = fc.array(row, { maxLength: 600, size: 'max' });
    const place = fc.nat({ max: 5000 });
    const asked = fc.record({ at: place, npages: fc.integer({ min: 1, max: 7 }), reach: place });
    fc.assert(fc.property(lengths, fc.array(asked, { maxLength: 50, size: 'max' }), (rows, walks) => {
      const both = new SetAndArray();
      for (const [npages, gap] of rows) both.append(npages, gap);
      for (const { at, npages, reach } of walks) both.compareWalk(at, npages, at + reach - 10);
    }), { numRuns: 200 });
  });
});

// ---- large sets ---------------------------------------------------------------------------------------

describe('200,000 rows mapped one after the other', () => {
  const ROWS = 200_000;
  const removals: Record<string, (set: VmaSet, rng: Rng, left: number) => number> = {
    'from the end': (set) => set.last(),
    'from the front': (set) => set.first(),
    'at random': (set, rng) => set.find(rng.below(3 * ROWS)),
  };

  function appended(): VmaSet {
    const set = new VmaSet();
    for (let i = 0; i < ROWS; i++) set.insert(NONE, 3 * i, 3 * i + 2, 0, 3, 0);
    return set;
  }

  it('are all found', () => {
    const set = appended();
    set.check();
    for (let i = 0; i < ROWS; i++) {
      if (set.vmStart[set.find(3 * i + 1)] !== 3 * i) throw new Error(`row ${i} is not found`);
    }
    expect(set.find(3 * ROWS)).toBe(NONE);
    expect(set.size).toBe(ROWS);
  });

  it.each(Object.keys(removals))('can be removed %s, and the set serves again', (order) => {
    const set = appended();
    const rng = new Rng(1);
    for (let left = ROWS; left > 0; left--) {
      if (left % 20_000 === 0) set.check();
      let h = removals[order]!(set, rng, left);
      if (h === NONE) h = set.last();
      const startOf = (row: number) => (row === NONE ? NONE : set.vmStart[row]);
      const above = startOf(set.next(h));
      if (startOf(set.remove(h)) !== above) throw new Error(`wrong row after removal, ${left} left`);
    }
    expect([set.size, set.first(), set.last(), set.find(0)]).toEqual([0, NONE, NONE, NONE]);
    const h = set.insert(NONE, 5, 6, 0, 3, 0);
    set.check();
    expect([set.first(), set.last(), set.find(0)]).toEqual([h, h, h]);
  });

  it('clear() empties the set without a trace', () => {
    const set = appended();
    set.clear();
    set.check();
    expect([set.size, set.first(), set.find(0)]).toEqual([0, NONE, NONE]);
    for (let i = 0; i < 1000; i++) set.insert(NONE, i, i + 1, 0, 3, 0);
    set.check();
    expect(set.vmStart[set.last()]).toBe(999);
  });
});

// ---- the seams between leaves -------------------------------------------------------------------------

describe.each([LEAF_ROWS - 1, LEAF_ROWS, LEAF_ROWS + 1, 2 * LEAF_ROWS, 3 * LEAF_ROWS])('a set of %d rows', (n) => {
  it('takes a row at every position', () => {
    for (let i = 0; i <= n; i++) {
      const both = spaced(n);
      both.insert(4 * i, 1);
      both.compare();
    }
  });

  it('loses a row at every position', () => {
    for (let i = 0; i < n; i++) {
      const both = spaced(n);
      both.remove(i);
      both.compare();
    }
  });

  it('splits a row at every position', () => {
    for (let i = 0; i < n; i++) {
      const both = spaced(n);
      both.split(i, both.rows[i]!.start + 1);
      both.compare();
    }
  });

  it('finds a row whose lower bound has moved, at every position', () => {
    const both = spaced(n);
    for (let i = 0; i < n; i++) {
      const { start, end } = both.rows[i]!;
      both.setBounds(i, start - 1, end);
      both.compareFind(start - 1);
      both.compareFind(start - 2);
      both.setBounds(i, start + 1, end + 1);
      both.compareFind(start);
      both.compareFind(end);
    }
    both.compare();
  });

  it('is taken down to nothing by removing every other row, then the rest', () => {
    const both = spaced(n);
    for (let i = n - 1; i >= 0; i -= 2) both.remove(i);
    both.compare();
    while (both.rows.length > 0) both.remove(0);
    both.compare();
  });
});

describe('what if', () => {
  it('the set is empty?', () => {
    const set = new VmaSet();
    expect([set.first(), set.last(), set.find(0), set.before(NONE)]).toEqual([NONE, NONE, NONE, NONE]);
    expect(set.walkToGap(NONE, 5, 1, 100)).toBe(NONE);
    expect([set.gapStart, set.walked]).toEqual([5, 0]);
  });

  it('a split is asked at a bound? It is a bug of ours and throws', () => {
    const both = spaced(1);
    expect(() => both.set.split(0, 2)).toThrow('split outside the vma');
    expect(() => both.set.split(0, 4)).toThrow('split outside the vma');
  });

  it('a page number needs 51 bits? It comes back exactly', () => {
    const set = new VmaSet();
    const top = 2 ** 51 - 1;
    set.insert(NONE, top - 1, top, top, 0xffff_ffff, 1);
    const h = set.find(top - 1);
    const row = [set.vmStart[h], set.vmEnd[h], set.vmPgoff[h], set.vmFlags[h]];
    expect(row).toEqual([top - 1, top, top, 0xffff_ffff]);
    expect(set.find(top)).toBe(NONE);
  });
});
