/* The adversaries of hole_tree.test.ts with a million areas. */
import { describe, expect, it } from 'vitest';
import { newMm } from '../support/machines.js';
import { adversary, mostNodes, type Ploy, ploys } from './adversary.js';

describe.each([['sparc64', 64], ['ia64', 64]] as const)('%s: a million areas', (arch, bits) => {
  it.each(ploys)('%s: hole-tree looks into 64 nodes at most', (ploy: Ploy) => {
    const mm = newMm({ arch, bits, search: 'hole-tree', maxMapCount: 2 ** 30, overcommit: 1 });
    adversary(mm, ploy, 1_000_000);
    expect(mostNodes(mm, 100_000)).toBeLessThanOrEqual(64);
    mm.check();
  });
});
