/**
 * hole-tree is first fit: identical addresses on any program, never more than 64 nodes a search, whatever was done
 * before. The gap tree going up is first fit too where nothing is aligned.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROT_NONE } from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import type { SearchName } from '../../src/release/index.js';
import { bounds } from '../support/calls.js';
import { map, mapAnywhere, mapHint, protect, unmap } from '../support/draw.js';
import { machineSizes, newMm } from '../support/machines.js';
import { adversary, mostNodes, type Ploy, ploys } from './adversary.js';

interface Step {
  readonly call: 'anywhere' | 'hint' | 'fixed' | 'munmap' | 'mprotect';
  /** Pages from TASK_UNMAPPED_BASE: areas cross it. */
  readonly page: number;
  readonly npages: number;
  readonly letter: string;
}

const steps = fc.array(
  fc.record<Step>({
    call: fc.constantFrom('anywhere', 'anywhere', 'anywhere', 'hint', 'fixed', 'munmap', 'munmap', 'mprotect'),
    page: fc.integer({ min: -8, max: 150 }),
    npages: fc.integer({ min: 1, max: 6 }),
    letter: fc.constantFrom('A', 'A', 'N', 'R', 'S', 'F', 'G'),
  }),
  { maxLength: 80, size: 'max' },
);

function play(mm: Mm, { call, page, npages, letter }: Step): number {
  if (call === 'anywhere') return mapAnywhere(mm, npages, letter);
  // The drawing's page is the pgoff too: none below its start, none for memory without a file.
  const placed = page < 0 || letter === 'S' ? 'A' : letter;
  if (call === 'hint') return mapHint(mm, page, npages, placed);
  if (call === 'fixed') return map(mm, page, npages, placed);
  return call === 'munmap' ? unmap(mm, page, npages) : protect(mm, page, npages, PROT_NONE);
}

/** Both searches through one program: the same results and the same areas. */
function playBoth(arch: string, bits: 32 | 64, other: SearchName, program: readonly Step[]): void {
  const one = newMm({ arch, bits, search: 'first-fit' });
  const two = newMm({ arch, bits, search: other });
  for (const step of program) if (play(one, step) !== play(two, step)) throw new Error(JSON.stringify(step));
  two.check();
  expect(bounds(two)).toEqual(bounds(one));
}

describe.each(machineSizes)('$name: any program, areas across TASK_UNMAPPED_BASE included', ({ arch, bits }) => {
  it('hole-tree returns the addresses of first-fit', () => {
    fc.assert(fc.property(steps, (program) => playBoth(arch, bits, 'hole-tree', program)), { numRuns: 150 });
  });
});

it('i386: the gap tree going up returns the addresses of first-fit', () => {
  fc.assert(fc.property(steps, (program) => playBoth('i386', 32, 'gap-tree', program)), { numRuns: 150 });
});

describe.each(machineSizes)('$name: an adversary', ({ arch, bits }) => {
  it.each(ploys)('%s: hole-tree looks into 64 nodes at most', (ploy: Ploy) => {
    const mm = newMm({ arch, bits, search: 'hole-tree', maxMapCount: 2 ** 30, overcommit: 1 });
    adversary(mm, ploy, 3000);
    expect(mostNodes(mm, 300)).toBeLessThanOrEqual(64);
    mm.check();
  });
});
