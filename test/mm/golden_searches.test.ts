/**
 * Addresses that compiled kernels gave, one table a machine: every generation of the search makes the same calls.
 * Calls that touch no policy but the search's: merged and unmerged areas give the same here.
 */
import { describe, expect, it } from 'vitest';
import { PROT_NONE } from '../../src/arch/generic/mman.js';
import { findArch } from '../../src/arch/index.js';
import type { Mm } from '../../src/mm/mm.js';
import type { SearchName } from '../../src/release/index.js';
import { type MmapCall, mmap, munmap, RW } from '../support/calls.js';
import { file } from '../support/draw.js';
import { laidOutMm } from '../support/machines.js';

// ---- i386 -------------------------------------------------------------------------------------------

/** The sequence S: four of 8 pages, holes made and filled with other sizes. */
function sequenceS(mm: Mm, prot: number): string[] {
  mmap(mm, { addr: 0x08048000n, len: 0x1000n, flags: 'PRIVATE ANONYMOUS FIXED' });
  mmap(mm, { addr: 0xbfffe000n, len: 0x2000n, flags: 'PRIVATE ANONYMOUS FIXED' });
  const get = (npages: number) => mmap(mm, { len: BigInt(npages) * 0x1000n, prot });
  const drop = (at: string) => munmap(mm, BigInt(`0x${at}`), 0x8000n);
  const [a, b, c, d] = [8, 8, 8, 8].map(get) as [string, string, string, string];
  const results = [a, b, c, d];
  drop(b);
  results.push(...[1, 16, 4].map(get));
  drop(d);
  results.push(...[8, 2].map(get));
  drop(a);
  drop(c);
  results.push(...[12, 3].map(get));
  mm.check();
  return results;
}

const UP = '40000000 40008000 40010000 40018000';
const DOWN = 'b7ff8000 b7ff0000 b7fe8000 b7fe0000';
const FIRST_FIT = `${UP} 40008000 40020000 40009000 40018000 4000d000 40030000 40000000`;

/** What each gives in either direction that it has. */
const i386Vectors: readonly (readonly [SearchName, 'up' | 'down', string])[] = [
  ['first-fit', 'up', FIRST_FIT],
  ['free-area-cache', 'up', FIRST_FIT],
  ['hole-size', 'up', FIRST_FIT],
  ['hole-size-3.6', 'up', FIRST_FIT],
  ['gap-tree', 'up', FIRST_FIT],
  ['maple', 'up', FIRST_FIT],
  ['hole-tree', 'up', FIRST_FIT],
  ['cursor', 'up', `${UP} 40008000 40020000 40030000 40018000 40034000 40009000 40015000`],
  ['topdown-2.6.9', 'down', `${DOWN} b7ff7000 b7fd0000 b7fcc000 b7fe0000 b7fca000 b7feb000 b7fe8000`],
  ['topdown-2.6.12', 'down', `${DOWN} b7ff7000 b7fd0000 b7fcc000 b7fe0000 b7ff5000 b7fe9000 b7ffd000`],
  ['hole-size', 'down', `${DOWN} b7ff7000 b7fd0000 b7ff3000 b7fe0000 b7ff1000 b7fc4000 b7fc1000`],
  ['hole-size-3.6', 'down', `${DOWN} b7ff7000 b7fd0000 b7fcc000 b7fe0000 b7fca000 b7feb000 b7ffd000`],
  ['gap-tree', 'down', `${DOWN} b7ff7000 b7fd0000 b7ff3000 b7fe0000 b7ff1000 b7fc4000 b7ffd000`],
  ['maple', 'down', `${DOWN} b7ff7000 b7fd0000 b7ff3000 b7fe0000 b7ff1000 b7fc4000 b7ffd000`],
];

describe.each(i386Vectors)('i386, %s going %s', (search, direction, expected) => {
  it.each([['merging', RW], ['PROT_NONE', PROT_NONE]] as const)('places the sequence S, %s areas', (_what, prot) => {
    const mm = laidOutMm({ search });
    if (direction === 'down') {
      mm.isTopDown = true;
      mm.mmapBase = 0xb8000;
      mm.freeAreaCache = 0xb8000;
    }
    expect(sequenceS(mm, prot)).toEqual(expected.split(' '));
  });
});

describe.each(findArch('i386')!.releases[32]!)('i386, %s as it was', (release) => {
  it('places the sequence S as its generation does', () => {
    const mm = laidOutMm({ release });
    const direction = mm.isTopDown ? 'down' : 'up';
    const vector = i386Vectors.find(([search, way]) => search === mm.search.name && way === direction);
    // mmap_base is as many pages lower as the release keeps free below the stack.
    const shift = mm.isTopDown ? 0xb8000 - mm.mmapBase : 0;
    const expected = vector![2].split(' ').map((at) => (Number.parseInt(at, 16) - shift * 0x1000).toString(16));
    expect(sequenceS(mm, RW)).toEqual(expected);
  });
});

it('a search forced to go down starts 128 MiB below the top of the stack, as the layouts from 2.6.9 on do', () => {
  const mm = laidOutMm({ search: 'topdown-2.6.9' });
  expect([mm.isTopDown, mm.mmapBase.toString(16)]).toEqual([true, 'b8000']);
  expect(mmap(mm, { len: 0x1000n })).toBe('b7fff000');
});

it('2.6.12-rc1: a request longer than mmap_base wraps below zero and is granted near the end', () => {
  const mm = laidOutMm({ search: 'topdown-2.6.12', overcommit: 1 });
  mmap(mm, { addr: 0xbfffe000n, len: 0x2000n, flags: 'PRIVATE ANONYMOUS FIXED' });
  expect(mmap(mm, { len: 3221209088n })).toBe('f8004000');
});

// ---- sparc64 ----------------------------------------------------------------------------------------

const sparcCalls: readonly MmapCall[] = [
  { len: 0x2000n },
  { len: 0x2000n, flags: 'PRIVATE', file, pgoff: 0 },
  { len: 0x2000n, flags: 'PRIVATE', file, pgoff: 1 },
  { len: 0x6000n, flags: 'SHARED ANONYMOUS' },
  { len: 0x2000n },
  { addr: 0x50002000n, len: 0x2000n },
  { addr: 0x50002000n, len: 0x2000n },
  { addr: 0x50000000n, len: 0x2000n, flags: 'PRIVATE', file, pgoff: 1 },
];
const BASE32 = 0x70000000n;
const BASE64 = 0xfffff80000000000n;

describe.each([[32, BASE32], [64, BASE64]] as const)('sparc64, %i-bit task', (bits, base) => {
  const at = (offset: bigint) => (base + offset).toString(16);
  const calls = (search: SearchName, hintStartsSearch: boolean) => {
    const mm = laidOutMm({ arch: 'sparc64', bits, search });
    Object.assign(mm, { target: { ...mm.target, hintStartsSearch } });
    return sparcCalls.map((call) => mmap(mm, call));
  };

  it.each(['first-fit', 'hole-tree'] as const)('2.5.46, %s: files and shared memory by colour, a hint starts the search', (search) => {
    expect(calls(search, true)).toEqual([
      at(0n), at(0x4000n), at(0x2000n), at(0x8000n), at(0x6000n), '50002000', '50004000', '5000a000',
    ]);
  });

  it('2.6.0 to 2.6.11, cursor: the hint is probed, the cursor goes on', () => {
    expect(calls('cursor', false)).toEqual([
      at(0n), at(0x4000n), at(0xa000n), at(0xc000n), at(0x12000n), '50002000', at(0x14000n), at(0x1a000n),
    ]);
  });
});

describe('sparc64, 64-bit task: hints that touch the VA hole', () => {
  const hints = (search: SearchName, hintStartsSearch: boolean) => {
    const mm = laidOutMm({ arch: 'sparc64', bits: 64, search });
    Object.assign(mm, { target: { ...mm.target, hintStartsSearch } });
    sparcCalls.map((call) => mmap(mm, call));
    return [
      mmap(mm, { addr: 0x7ffffffe000n, len: 0x4000n }), mmap(mm, { addr: 0x100000000000n, len: 0x2000n }),
    ];
  };

  it.each(['first-fit', 'hole-tree'] as const)('2.5.46 moves them above it, %s', (search) => {
    expect(hints(search, true)).toEqual(['fffff8000000e000', 'fffff80000012000']);
  });

  it('2.6.0 grants them: the probe does not look', () => {
    expect(hints('cursor', false)).toEqual(['7ffffffe000', '100000000000']);
  });
});

// ---- ia64 -------------------------------------------------------------------------------------------

const ia64Calls: readonly MmapCall[] = [
  { len: 0x4000n },
  { len: 0x4000n, flags: 'SHARED ANONYMOUS' },
  { len: 0x8000n },
  { len: 0x4000n },
  { addr: 0x2000000000000000n, len: 0x4000n },
  { addr: 0x2000000000400000n, len: 0x4000n },
  { addr: 0x2000000000400000n, len: 0x4000n },
  { len: 0x4000n, flags: 'SHARED ANONYMOUS' },
  { addr: 0x20000fffffff8000n, len: 0x8000n },
  { len: 0x20000n },
];

describe.each([
  ['2.5.46, first-fit: by 1 MB when shared, a hint starts the search, a region ends it', 'first-fit',
    [0, 0x100000, 0x4000, 0xc000, 0x10000, 0x400000, 0x404000, 0x200000, 'ENOMEM', 0x14000]],
  ['the same from the tree', 'hole-tree',
    [0, 0x100000, 0x4000, 0xc000, 0x10000, 0x400000, 0x404000, 0x200000, 'ENOMEM', 0x14000]],
  ['2.5.75 to 2.6.11, cursor: a hint moves it, the end of a region starts it anew', 'cursor',
    [0, 0x100000, 0x104000, 0x10c000, 0x4000, 0x400000, 0x404000, 0x500000, 0x8000, 0x10000]],
] as const)('ia64, %s', (_what, search, expected) => {
  it('gives the compiled kernel\'s addresses', () => {
    const mm = laidOutMm({ arch: 'ia64', search });
    mmap(mm, { addr: 0n, len: 0x4000n, flags: 'PRIVATE ANONYMOUS FIXED' });
    const base = 0x2000000000000000n;
    const wanted = expected.map((at) => (typeof at === 'number' ? (base + BigInt(at)).toString(16) : at));
    expect(ia64Calls.map((call) => mmap(mm, call))).toEqual(wanted);
  });
});

describe('ia64: the lowest map of the region goes', () => {
  const next = (release: string) => {
    const mm = laidOutMm({ arch: 'ia64', release });
    mmap(mm, { addr: 0n, len: 0x4000n, flags: 'PRIVATE ANONYMOUS FIXED' }); // the NaT page, below TASK_UNMAPPED_BASE
    const [lowest, second] = [mmap(mm, { len: 0x4000n }), mmap(mm, { len: 0x4000n, prot: PROT_NONE })];
    munmap(mm, BigInt(`0x${lowest}`), 0x4000n);
    const first = mmap(mm, { len: 0x4000n, prot: PROT_NONE });
    munmap(mm, BigInt(`0x${second}`), 0x4000n);
    return [first, mmap(mm, { len: 0x4000n })];
  };

  it('up to 2.6.12 the cursor goes back to it', () => {
    expect(next('2.6.12-rc1')).toEqual(['2000000000000000', '2000000000004000']);
  });

  // The hook is told where the area below ends: on the NaT page, which is below TASK_UNMAPPED_BASE and does not count.
  it('from 2.6.13 on it does not', () => {
    expect(next('2.6.18')).toEqual(['2000000000008000', '200000000000c000']);
  });
});
