/**
 * A random program on a tiny address space of a machine's kind: after every call the address, free_area_cache,
 * cached_hole_size and the number of areas examined are compared with those of naive_generations.ts. Tiny, so that
 * searches fill it, start anew, fall back and fail all the time.
 */
import { ENOMEM } from '../../src/arch/generic/errno.js';
import { PROT_NONE, VM_GROWSDOWN } from '../../src/arch/generic/mman.js';
import type { Bits, Target } from '../../src/arch/index.js';
import { Rng } from '../../src/lib/rng.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { initRlimits, type Mm } from '../../src/mm/mm.js';
import { doMmap, type MmapArgs, newMmapArgs } from '../../src/mm/mmap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { Vm } from '../../src/mm/vm.js';
import type { SearchName } from '../../src/release/index.js';
import { file } from '../support/draw.js';
import { targetOf } from '../support/machines.js';
import { type Area, type Memory, naiveGenerations, naiveUnmap, type World } from './naive_generations.js';

const plain: World = {
  end: 400, wordEnd: 2 ** 20, longest: 400, base: 100, mmapBase: 330, topDown: false, lowest: 1, hole: null, region: null,
  hintStarts: false, shared: 1, file: 1, addsPgoff: false, guard: 0, guardInSearch: false, hintTestsPrev: false,
};
const sparc: World = { ...plain, shared: 2, file: 2, addsPgoff: true };
const ia64: World = {
  ...plain, end: 2560, longest: 200, base: 512, mmapBase: 1200, region: { pages: 512, limit: 200 }, hintStarts: true, shared: 8,
};
const upperHalf = { end: 500, longest: 200, base: 260 };

/** The machines in small. */
export const worlds: Readonly<Record<string, World>> = {
  plain,
  'sparc64 32-bit': sparc,
  'sparc64 64-bit, 2.5.46': { ...sparc, ...upperHalf, hole: { start: 200, end: 260, rule: '2.5.46' }, hintStarts: true },
  'sparc64 64-bit, 2.6.0': { ...sparc, ...upperHalf, hole: { start: 200, end: 260, rule: '2.5.46' } },
  'sparc64 64-bit, 2.6.18': { ...sparc, ...upperHalf, longest: 190, base: 270, hole: { start: 190, end: 270, rule: '2.6.18' } },
  'sparc64 64-bit, 3.6': {
    ...sparc, ...upperHalf, longest: 190, base: 270, hole: { start: 190, end: 270, rule: '2.6.18' }, keepsHole: true,
  },
  ia64,
  'ia64, 2.6.13': { ...ia64, hookOnce: true },
  'stack guards in searches too': { ...plain, guard: 9, guardInSearch: true },
  'stack guards for hints': { ...plain, guard: 9 },
};

function targetFor(w: World): Target {
  const real = targetOf({ arch: 'i386' });
  const { hole } = w;
  return {
    ...real,
    taskSize: w.end, searchEnd: w.end, stackTop: w.end, longestMap: w.end, longestRequest: w.longest, vpnEnd: w.wordEnd,
    taskUnmappedBase: () => w.base,
    topDownBase: w.topDown ? () => w.mmapBase : null,
    lowestSearched: w.lowest,
    hintTestsPrev: w.hintTestsPrev,
    hintStartsSearch: w.hintStarts,
    cursorFallsTo: w.hookOnce ? 'the area below' : 'each area',
    vaHole: hole === null ? null : {
      start: hole.start, end: hole.end,
      testedBelow: hole.rule === '2.5.46' ? hole.end : hole.start,
      lastEnd: hole.rule === '2.5.46' ? hole.start : hole.start - 1,
    },
    region: w.region === null ? null : { pages: w.region.pages, mapLimit: w.region.limit },
    colour: { shared: w.shared, file: w.file, addsPgoff: w.addsPgoff },
    release: {
      ...real.release,
      rules: {
        ...real.release.rules, stackGuardGap: w.guard, searchKeepsGaps: w.guardInSearch, unmapForgetsHole: !w.keepsHole,
      },
    },
  };
}

export class GenerationPair {
  readonly mm: Mm;
  private readonly world: World;
  private readonly name: SearchName;
  private readonly memory: Memory;
  private readonly rng: Rng;
  private readonly args: MmapArgs = newMmapArgs();
  /** Random addresses lie in [low, high). */
  private readonly low: number;
  private readonly high: number;

  constructor(name: SearchName, world: World, seed: number, target = targetFor(world)) {
    const isTiny = world.end < 4096;
    // What lies below the base of these cannot be mapped.
    const startsThere = world.region !== null || (world.hole !== null && world.base === world.hole.end);
    this.low = isTiny ? 1 : (world.topDown ? world.mmapBase : world.base) - (startsThere ? 0 : 200);
    this.high = Math.min(world.end, this.low + (isTiny ? world.end : 400));
    this.mm = makeMm(target, new Vm(2 ** 30), new PhysicalMemory(target.pageSize, false, 2 ** 20), initRlimits(), { search: name });
    this.mm.pickMmapLayout();
    this.world = world;
    this.name = name;
    this.memory = { C: world.topDown ? world.mmapBase : world.base, H: 0, probes: 0 };
    this.rng = new Rng(seed);
  }

  /** One random call on both. */
  step(): void {
    const { rng } = this;
    const what = rng.below(20);
    if (what < 8) this.unmap();
    else if (what < 10) this.fixed();
    else this.search(what < 13 ? this.somewhere() : null);
    this.compareState();
  }

  private areas(): Area[] {
    const { vmas } = this.mm;
    const list: Area[] = [];
    for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
      list.push({ start: vmas.vmStart[h]!, end: vmas.vmEnd[h]!, growsDown: (vmas.vmFlags[h]! & VM_GROWSDOWN) !== 0 });
    }
    return list;
  }

  /** A page near some area, or anywhere. */
  private somewhere(): number {
    const { rng, mm } = this;
    const anywhere = () => this.low + rng.below(this.high - this.low);
    const h = mm.vmas.find(anywhere());
    if (h < 0 || rng.below(3) === 0) return anywhere();
    return Math.max(this.low, mm.vmas.vmStart[h]! + rng.below(9) - 4);
  }

  private length(): number {
    const { rng } = this;
    return rng.below(12) === 0 ? 1 + rng.below(Math.min(this.world.longest + 8, 300)) : 1 + rng.below(8);
  }

  private setKind(): void {
    const { args, rng, mm } = this;
    const { map } = mm.target;
    const kind = rng.below(10);
    args.prot = PROT_NONE;
    args.file = kind < 3 ? file : null;
    args.pgoff = args.file === null ? 0 : rng.below(16);
    args.flags = kind === 0 ? map.SHARED : map.PRIVATE;
    if (args.file === null) args.flags |= map.ANONYMOUS;
    if (kind === 9 && this.world.guard > 0) args.flags |= map.GROWSDOWN;
  }

  private search(hint: number | null): void {
    const { args, mm, memory, world } = this;
    this.setKind();
    const isRoundedUp = hint !== null && this.rng.below(3) === 0;
    args.vpn = hint ?? 0;
    args.offset = isRoundedUp ? 5 : 0;
    args.lenPages = this.length();
    const before = mm.stats.probes;
    memory.probes = 0;
    const expected = naiveGenerations[this.name]!(world, this.areas(), memory, {
      hint: isRoundedUp && !world.hintsGoDown ? hint + 1 : hint, len: args.lenPages, isFile: args.file !== null,
      isShared: (args.flags & mm.target.map.SHARED) !== 0, pgoff: args.pgoff,
    });
    const got = doMmap(mm, args);
    const answer = got === -ENOMEM ? 'ENOMEM' : got;
    if (answer !== expected) throw new Error(`${this.name}: mmap of ${args.lenPages} pages: ${answer}, not ${expected}`);
    const probes = mm.stats.probes - before;
    if (mm.search.gapIndex !== null) {
      if (probes > 64) throw new Error(`${this.name}: ${probes} nodes`);
    } else if (probes !== memory.probes) {
      throw new Error(`${this.name}: ${probes} probes, not ${memory.probes}`);
    }
  }

  private fixed(): void {
    const { args, mm, world } = this;
    this.setKind();
    args.flags |= mm.target.map.FIXED;
    args.lenPages = 1 + this.rng.below(8);
    args.vpn = Math.min(this.somewhere(), world.end - args.lenPages);
    args.offset = 0;
    // What a region cannot map, ia64's system call refuses.
    if (world.region !== null && (args.vpn % world.region.pages) + args.lenPages > world.region.limit) return;
    const isShared = (args.flags & mm.target.map.SHARED) !== 0;
    if (world.fixedColours && isShared && args.vpn % world.shared !== args.pgoff % world.shared) return;
    naiveUnmap(this.name, world, this.areas(), this.memory, args.vpn, args.vpn + args.lenPages);
    if (doMmap(mm, args) !== args.vpn) throw new Error('MAP_FIXED failed');
  }

  private unmap(): void {
    const { mm, world } = this;
    const start = this.somewhere();
    const npages = Math.min(1 + this.rng.below(this.rng.below(6) === 0 ? 80 : 9), world.end - start);
    if (npages <= 0) return;
    naiveUnmap(this.name, world, this.areas(), this.memory, start, start + npages);
    if (doMunmap(mm, start, 0, npages, 0) !== 0) throw new Error('munmap failed');
  }

  /** C and H, for the searches that keep them. */
  private compareState(): void {
    const { mm, memory, name } = this;
    if (mm.search.gapIndex !== null || name === 'first-fit') return;
    if (mm.freeAreaCache !== memory.C) throw new Error(`${name}: free_area_cache ${mm.freeAreaCache}, not ${memory.C}`);
    if (!name.startsWith('hole-size')) return;
    if (mm.cachedHoleSize !== memory.H) throw new Error(`${name}: cached_hole_size ${mm.cachedHoleSize}, not ${memory.H}`);
  }
}

/** Search, world and direction: all that are compared. */
export function pairings(): { name: string; search: SearchName; world: World }[] {
  const up = ['first-fit', 'cursor', 'hole-size', 'hole-size-3.6', 'gap-tree', 'maple', 'hole-tree'] as const;
  const down = ['topdown-2.6.9', 'topdown-2.6.12', 'hole-size', 'hole-size-3.6', 'gap-tree', 'maple'] as const;
  return Object.entries(worlds).flatMap(([world, w]) => {
    // Guard gaps of stacks are a matter of the two trees; 4.12's and 6.13's rule is the same, 6.1's is the maple's.
    const concerns = (search: SearchName) => w.hookOnce ? search === 'cursor' : w.guard === 0 || search === 'maple' || (search === 'gap-tree' && w.guardInSearch);
    const pair = (search: SearchName, topDown: boolean) => ({
      name: `${search} going ${topDown ? 'down' : 'up'}, ${world}`, search,
      world: { ...w, topDown, mmapBase: topDown ? w.mmapBase : w.base },
    });
    return [
      ...up.filter(concerns).map((search) => pair(search, false)),
      ...(world === 'plain' ? [pair('free-area-cache', false)] : []),
      ...down.filter(concerns).map((search) => pair(search, true)),
    ];
  });
}

/** What every machine has in 3.6. */
const in36 = { hintsGoDown: true as const };

/** Machines as they were, in pages and by hand; their own records are what is compared. */
export const realWorlds: readonly { arch: string; bits: Bits; release: string; world: World }[] = [
  ...['2.5.45', '2.5.46', '2.5.74', '2.6.0', '2.6.6'].map((release) => ({
    arch: 'i386', bits: 32 as const, release, world: { ...plain, end: 0xc0000, longest: 0xc0000, base: 0x40000, mmapBase: 0x40000, lowest: 0 },
  })),
  ...['2.6.9', '2.6.11', '2.6.12-rc1', '2.6.13', '2.6.18', '3.6'].map((release) => ({
    arch: 'i386', bits: 32 as const, release,
    world: {
      ...plain, end: 0xc0000, longest: 0xc0000, base: 0x40000, mmapBase: 0xb8000, topDown: true, lowest: 0,
      ...(release === '3.6' ? in36 : {}),
    },
  })),
  {
    arch: 'i386', bits: 32, release: '3.8',
    world: { ...plain, end: 0xc0000, longest: 0xc0000, base: 0x40000, mmapBase: 0xb8000, topDown: true, ...in36 },
  },
  ...['2.5.46', '2.6.6', '2.6.9'].map((release) => ({
    arch: 'x86_64', bits: 64 as const, release,
    world: {
      ...plain, end: 0x7fc0000, wordEnd: 2 ** 52, longest: 0x7fc0000, base: 0x2a95556, mmapBase: 0x2a95556,
      hintStarts: release === '2.5.46',
    },
  })),
  ...['2.6.13', '2.6.18'].map((release) => ({
    arch: 'x86_64', bits: 64 as const, release,
    world: {
      ...plain, end: 2 ** 35 - 1, wordEnd: 2 ** 52, longest: 2 ** 35 - 1, base: 0x2aaaaaaab, mmapBase: 0x2aaaaaaab,
      holeHit: 'never' as const,
    },
  })),
  {
    arch: 'x86_64', bits: 32, release: '2.6.13',
    world: {
      ...plain, end: 0xffffe, wordEnd: 2 ** 52, longest: 0xffffe, base: 0x55555, mmapBase: 0x55555, holeHit: 'moves the cache',
    },
  },
  ...['3.6', '3.8'].map((release) => ({
    arch: 'x86_64', bits: 64 as const, release,
    world: {
      ...plain, end: 2 ** 35 - 1, wordEnd: 2 ** 52, longest: 2 ** 35 - 1, base: 0x2aaaaaaab, mmapBase: 2 ** 35 - 1 - 2 ** 15,
      topDown: true, holeHit: 'never' as const, ...in36,
    },
  })),
  ...['2.6.18', '3.6', '3.8'].map((release) => ({
    arch: 'x86_64', bits: 32 as const, release,
    world: {
      ...plain, end: 0xffffe, wordEnd: 2 ** 52, longest: 0xffffe, base: 0x55555, mmapBase: 0xf7ffe, topDown: true,
      holeHit: 'moves the cache' as const,
      ...(release === '2.6.18' ? {} : in36),
    },
  })),
  ...['2.5.46', '2.6.0', '2.6.11', '2.6.13'].map((release) => ({
    arch: 'sparc64', bits: 64 as const, release,
    world: {
      ...sparc, end: 2 ** 51 - 2 ** 21, wordEnd: 2 ** 51, longest: 2 ** 30, base: 2 ** 51 - 2 ** 30, mmapBase: 2 ** 51 - 2 ** 30,
      hole: { start: 2 ** 30, end: 2 ** 51 - 2 ** 30, rule: '2.5.46' as const }, hintStarts: release === '2.5.46',
      holeHit: 'moves the cache' as const,
    },
  })),
  ...['2.6.18', '3.6', '3.8'].map((release) => ({
    arch: 'sparc64', bits: 64 as const, release,
    world: {
      ...sparc, end: 2 ** 51 - 2 ** 21, wordEnd: 2 ** 51, longest: 2 ** 30 - 2 ** 19 - 1, base: 2 ** 51 - 2 ** 30 + 2 ** 19,
      mmapBase: 2 ** 51 - 2 ** 30 + 2 ** 19,
      hole: { start: 2 ** 30 - 2 ** 19, end: 2 ** 51 - 2 ** 30 + 2 ** 19, rule: '2.6.18' as const },
      ...(release === '2.6.18' ? {} : { ...in36, fixedColours: true as const, keepsHole: true as const }),
    },
  })),
  ...['2.5.46', '2.6.0', '2.6.13'].map((release) => ({
    arch: 'sparc64', bits: 32 as const, release,
    world: {
      ...sparc, end: 0x78000, wordEnd: 2 ** 51, longest: 0x78000, base: 0x38000, mmapBase: 0x38000,
      hole: { start: 2 ** 30, end: 2 ** 51 - 2 ** 30, rule: '2.5.46' as const }, hintStarts: release === '2.5.46',
      holeHit: 'moves the cache' as const,
    },
  })),
  ...['2.6.18', '3.6', '3.8'].map((release) => ({
    arch: 'sparc64', bits: 32 as const, release,
    world: {
      ...sparc, end: 0x7ffff, wordEnd: 2 ** 51, longest: 0x7ffff, base: 0x38000, mmapBase: 0x7bfff, topDown: true,
      hole: { start: 2 ** 30 - 2 ** 19, end: 2 ** 51 - 2 ** 30 + 2 ** 19, rule: '2.6.18' as const },
      ...(release === '2.6.18' ? {} : { ...in36, fixedColours: true as const, keepsHole: true as const }),
    },
  })),
  ...['2.5.46', '2.6.0', '2.6.12-rc1', '2.6.13', '2.6.18', '3.6', '3.8'].map((release) => ({
    arch: 'ia64', bits: 64 as const, release,
    world: {
      ...plain, end: 0xa000000000000000 / 2 ** 14, wordEnd: 2 ** 50, longest: 2 ** 30 - 1, base: 2 ** 47, mmapBase: 2 ** 47,
      region: { pages: 2 ** 47, limit: 2 ** 30 - 1 }, hintStarts: true, shared: 64,
      ...(release === '2.6.13' || release === '2.6.18' ? { hookOnce: true as const } : {}),
      ...(release === '3.6' || release === '3.8' ? { ...in36, hookOnce: true as const } : {}),
    },
  })),
];

const SEED = 20051122;

/** So many programs of so many calls; the number of calls compared. A failure names seed and call. */
export function walkGenerations(
  search: SearchName, world: World, programs: number, callsEach: number, target = targetFor(world),
): number {
  for (let seed = SEED; seed < SEED + programs; seed++) {
    const pair = new GenerationPair(search, world, seed, target);
    for (let n = 0; n < callsEach; n++) {
      try {
        pair.step();
      } catch (error) {
        throw new Error(`seed ${seed}, call ${n}: ${(error as Error).message}`, { cause: error });
      }
    }
    pair.mm.check();
  }
  return programs * callsEach;
}
