/* examples/weak_spots.ts: what each generation of the search is bad at, as its tables say it. */
import { describe, expect, it } from 'vitest';
import { guardpage } from './guardpage.js';

/** The table of one spot: the cells of each search's row. */
async function table(spot: string): Promise<Record<string, string[]>> {
  const { status, stdout, stderr } = await guardpage(['run', 'examples/weak_spots.ts', '--', spot]);
  expect([status, stderr]).toEqual([0, '']);
  const rows = stdout.trimEnd().split('\n').slice(2).map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(rows.map(([search, ...cells]) => [search, cells]));
}

describe.concurrent('the weak spots', () => {
  it('a small low hole pins the cache of 2.5.46; the cursor passes it once, the hole size too, the trees do not see it', async () => {
    expect(await table('pinned-hole')).toEqual({
      'first-fit': ['1050.5', '1101.0', '1151.5'],
      'free-area-cache': ['2.0', '1100.0', '1150.5'],
      cursor: ['1.0', '1100.0', '1.0'],
      'topdown-2.6.9': ['1.0', '1100.0', '1.0'],
      'topdown-2.6.12': ['1.0', '1102.0', '1.0'],
      'hole-size': ['1.0', '1101.0', '1.0'],
      'hole-size-3.6': ['1.0', '1100.0', '1.0'],
      'gap-tree': ['3.0', '3.0', '3.0'],
      maple: ['3.0', '3.0', '3.0'],
      'hole-tree': ['3.0', '3.0', '3.0'],
    });
  });

  it('a munmap at the bottom before every mmap costs every list search a walk', async () => {
    const rows = await table('bottom');
    for (const [search, [cost]] of Object.entries(rows)) {
      if (/tree|maple/.test(search)) expect([search, cost]).toEqual([search, '3.0']);
      else expect(Number(cost), search).toBeGreaterThanOrEqual(500);
    }
    expect(Object.keys(rows)).toHaveLength(10);
  });

  it('a hole that was part of an area across TASK_UNMAPPED_BASE is lost to every cache', async () => {
    const rows = await table('crossing');
    const lost = Object.keys(rows).filter((search) => rows[search]![1] === '40003000');
    const found = Object.keys(rows).filter((search) => rows[search]![1] === '40000000');
    expect(lost).toEqual(['free-area-cache', 'cursor', 'hole-size', 'hole-size-3.6']);
    expect(found).toEqual(['first-fit', 'gap-tree', 'maple', 'hole-tree']);
  });

  it('alternating sizes use the address space up under the cursor, and under no other search', async () => {
    const rows = await table('sizes');
    expect(rows['cursor']![0]).toBe('255');
    const others = Object.entries(rows).filter(([search]) => search !== 'cursor');
    expect(others.map(([, [rounds]]) => rounds)).toEqual(Array(9).fill('2000'));
  });

  it('an unknown spot is refused with the ones there are', async () => {
    const ended = await guardpage(['run', 'examples/weak_spots.ts', '--', 'nothing']);
    expect(ended).toEqual({ status: 2, stdout: '', stderr: 'usage: weak_spots pinned-hole | bottom | crossing | sizes | all\n' });
  });
});
