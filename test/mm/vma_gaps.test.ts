/* The lowest and the highest gap of a VmaSet, against a scan of every gap, under random changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONE, VmaSet } from '../../src/mm/vma_set.js';

function tracking(): VmaSet {
  const set = new VmaSet();
  set.trackGaps({ classes: [{ pages: 1, offset: 0 }], guardPages: 0, guardedBelow: 0, guardedAbove: 0 });
  return set;
}

/** Every gap inside [low, high) that holds npages, as [start, end), lowest first. */
function gaps(set: VmaSet, low: number, high: number, npages: number): [number, number][] {
  const found: [number, number][] = [];
  let below = 0;
  for (let h = set.first(); ; h = set.next(h)) {
    const above = h === NONE ? high : set.vmStart[h]!;
    const start = Math.max(below, low);
    const end = Math.min(above, high);
    if (end - start >= npages) found.push([start, end]);
    if (h === NONE) return found;
    below = set.vmEnd[h]!;
  }
}

function insert(set: VmaSet, start: number, end: number): void {
  const above = set.find(start);
  const isFree = above === NONE || set.vmStart[above]! >= end;
  const below = set.before(above);
  if (isFree && (below === NONE || set.vmEnd[below]! <= start)) set.insert(above, start, end, 0, 1, 0);
}

type Step = readonly ['insert' | 'remove' | 'start' | 'end' | 'split', number, number];

function apply(set: VmaSet, [what, at, size]: Step): void {
  if (what === 'insert') {
    insert(set, at, at + size);
    return;
  }
  const h = set.find(at);
  if (h === NONE) return;
  const [start, end] = [set.vmStart[h]!, set.vmEnd[h]!];
  if (what === 'remove') set.remove(h);
  else if (end - start < 2) return;
  else if (what === 'start') set.setStart(h, start + 1);
  else if (what === 'end') set.setEnd(h, end - 1);
  else set.split(h, start + 1);
}

const step = fc.tuple(
  fc.constantFrom('insert', 'insert', 'remove', 'start', 'end', 'split'), fc.nat(4000), fc.integer({ min: 1, max: 12 }),
) as fc.Arbitrary<Step>;

describe('gaps', () => {
  it('are found lowest and highest first as a scan finds them, whatever changed before', () => {
    const question = fc.tuple(fc.nat(4000), fc.nat(4100), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(step, question), { minLength: 50, maxLength: 400 }), (walk) => {
        const set = tracking();
        for (let at = 0; at < 4000; at += 5) insert(set, at, at + (at % 3) + 2);
        for (const [change, [low, high, npages]] of walk) {
          apply(set, change);
          const all = gaps(set, low, high, npages);
          expect(set.lowestGap(low, high, npages)).toBe(all[0]?.[0] ?? NONE);
          const top = all.at(-1);
          expect(set.highestGap(low, high, npages)).toBe(top === undefined ? NONE : top[1] - npages);
          set.check();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('cost a handful of nodes whatever was done before: 100,000 areas, one hole', () => {
    const set = tracking();
    for (let i = 0; i < 100_000; i++) set.insert(NONE, i * 4 + (i > 77_777 ? 8 : 0), i * 4 + 4 + (i > 77_777 ? 8 : 0), 0, 1, 0);
    expect(set.lowestGap(0, 1e6, 8)).toBe(77_778 * 4);
    expect(set.walked).toBeLessThanOrEqual(4);
    expect(set.highestGap(0, 400_000, 8)).toBe(77_778 * 4);
    expect(set.walked).toBeLessThanOrEqual(4);
  });
});
