/**
 * What creating threads costs under each search, as it grows with their number: the story of get_unmapped_area() in
 * one table. Probes are all those of a run; a chain of threads with guard pages, two areas each.
 */
import 'guardpage/vitest';
import { describe, expect, it } from 'vitest';
import testStr02 from '../../examples/test_str02.js';
import { type Libc, Machine, type ThreadBody } from '../../src/index.js';
import { searches } from '../../src/mm/unmapped_area/index.js';
import type { GrowthClass } from '../../src/vitest/index.js';

const COUNTS = [250, 500, 1000, 2000];
const STACK = ['-s', '65536'];

type Main = (libc: Libc, argv: string[]) => ThreadBody<number>;

/** A page comes free below all stacks, too small for any. */
function* pinned(libc: Libc, argv: string[]): ThreadBody<number> {
  const low = yield* libc.mmap(0, libc.pageSize, 3, 0x22);
  yield* libc.mmap(0, libc.pageSize, 3, 0x22);
  yield* libc.munmap(low, libc.pageSize);
  return yield* testStr02(libc, argv);
}

/** Probes by threads. */
function probes(search: string, main: Main): Map<number, number> {
  const machine = new Machine({ arch: 'i386', kernel: '2.5.46', search });
  return new Map(COUNTS.map((count) => {
    machine.load(main, ['-n', String(count), ...STACK]);
    const { exit, stats } = machine.run();
    expect(exit).toBe(0);
    return [count, stats.probes];
  }));
}

interface Growths {
  /** With nothing in the way, and with a small hole below all stacks. */
  readonly plain: GrowthClass;
  readonly pinned: GrowthClass;
}

const GROWTHS: Readonly<Record<string, Growths>> = {
  'first-fit': { plain: 'n^2', pinned: 'n^2' },
  'free-area-cache': { plain: 'n', pinned: 'n^2' },
  cursor: { plain: 'n', pinned: 'n' },
  'topdown-2.6.9': { plain: 'n', pinned: 'n' },
  'topdown-2.6.12': { plain: 'n', pinned: 'n' },
  'hole-size': { plain: 'n', pinned: 'n' },
  'hole-size-3.6': { plain: 'n', pinned: 'n' },
};
/** Trees: a path of theirs for each thread at most. */
const TREES = ['gap-tree', 'maple', 'hole-tree'];

describe('the cost of a chain of threads', () => {
  it('is stated for every search there is', () => {
    expect([...Object.keys(GROWTHS), ...TREES].sort()).toEqual(searches.map(({ search }) => search.name).sort());
  });

  it.each(Object.entries(GROWTHS))('%s', (search, growths) => {
    expect(probes(search, testStr02)).toGrowAs(growths.plain);
    expect(probes(search, pinned)).toGrowAs(growths.pinned);
  });

  it.each(TREES)('%s, a tree', (search) => {
    expect(probes(search, testStr02)).toGrowAtMostAs('n log n');
    expect(probes(search, pinned)).toGrowAtMostAs('n log n');
  });
});
