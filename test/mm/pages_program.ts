/**
 * Random programs for the page model: each call is five small numbers, which fast-check shortens, and which are
 * read on the machine at hand: an address in a small arena where the searches land, at an edge of the address
 * space or in the program's image; a few pages, or more than there are.
 */
import fc from 'fast-check';
import type { Target } from '../../src/arch/index.js';

/** Pages of the arena that calls start in. */
export const ARENA = 20;

export const NAMES = [
  'mmap', 'munmap', 'mprotect', 'mremap', 'brk', 'madvise', 'mlock', 'mlock2', 'munlock', 'mlockall', 'munlockall',
  'msync', 'mincore', 'remap_file_pages', 'load', 'store', 'grow', 'fork',
] as const;
export type CallName = (typeof NAMES)[number];

const WEIGHTS: Readonly<Record<CallName, number>> = {
  mmap: 26, munmap: 7, mprotect: 12, mremap: 12, brk: 4, madvise: 9, mlock: 3, mlock2: 2, munlock: 2, mlockall: 1,
  munlockall: 1, msync: 2, mincore: 3, remap_file_pages: 4, load: 6, store: 12, grow: 4, fork: 1,
};
const WHEEL: readonly CallName[] = NAMES.flatMap((name) => Array<CallName>(WEIGHTS[name]).fill(name));

/** One call of a program. */
export interface PageCall {
  readonly name: CallName;
  /** Made by the child, if there is one. */
  readonly inChild: boolean;
  readonly addr: bigint;
  readonly len: bigint;
  readonly newLen: bigint;
  readonly newAddr: bigint;
  readonly prot: number;
  readonly flags: number;
  /** Index in the files of pages_pair.ts; 0 for none. */
  readonly file: number;
  readonly pgoff: number;
  /** Of madvise, and a word to store. */
  readonly number: number;
}

export type Numbers = readonly [number, number, number, number, number];

export interface PageLimits {
  readonly maxMapCount: number;
  readonly overcommit: 0 | 1 | 2;
  readonly ramPages: number;
  /** Pages; null for unlimited. */
  readonly as: number | null;
  readonly data: number | null;
  readonly memlock: number | null;
  readonly stack: number;
}

export interface PageProgram {
  readonly limits: PageLimits;
  readonly calls: readonly Numbers[];
}

/** More than any program here maps: so that no huge map is made. */
const MOST_PAGES = 3000;

const NO_LIMITS: PageLimits = {
  maxMapCount: 65536, overcommit: 0, ramPages: 2 ** 18, as: MOST_PAGES, data: null, memlock: null, stack: 80,
};

const tight = fc.record<PageLimits>({
  maxMapCount: fc.constantFrom(65536, 9, 12, 16),
  overcommit: fc.constantFrom(0, 1, 2),
  ramPages: fc.constantFrom(8, 150, 2 ** 18),
  as: fc.constantFrom(MOST_PAGES, 70, 90),
  data: fc.constantFrom(null, 0, 6, 12, 20),
  memlock: fc.constantFrom(null, 0, 5, 12, 60),
  stack: fc.constantFrom(80, 3, 40),
});

const anyNumber = fc.nat({ max: 2 ** 31 - 1 });

/** Programs of up to `most` calls; three in five without a limit in their way. */
export function pagePrograms(most: number): fc.Arbitrary<PageProgram> {
  return fc.record({
    limits: fc.oneof({ arbitrary: fc.constant(NO_LIMITS), weight: 3 }, { arbitrary: tight, weight: 2 }),
    calls: fc.array(fc.tuple(anyNumber, anyNumber, anyNumber, anyNumber, anyNumber), { maxLength: most, size: 'max' }),
  });
}

/** Where calls go on one machine. */
export interface Places {
  readonly target: Target;
  /** First page of the arena. */
  readonly arena: number;
  readonly edges: readonly bigint[];
  readonly heap: bigint;
}

export function placesOf(target: Target, arena: number): Places {
  const bytes = (page: number) => BigInt(page) * BigInt(target.pageSize);
  const { vaHole, region, taskSize, searchEnd, image } = target;
  const ends = [0, taskSize, searchEnd, target.vpnEnd, vaHole?.start, vaHole?.end];
  if (region !== null) ends.push(Math.floor(arena / region.pages) * region.pages + region.mapLimit);
  const pages = [...ends.filter((page) => page !== undefined), ...image.flatMap(({ start, end }) => [start, end])];
  return { target, arena, edges: pages.map(bytes), heap: bytes(target.startBrk) };
}

/** Reads one call's numbers. */
export function readCall(places: Places, [kind, where, size, how, what]: Numbers): PageCall {
  const { target } = places;
  const name = WHEEL[kind % WHEEL.length]!;
  const pgoff = (how >>> 9) % 29 === 0 && target.kernelBits === 32 ? 2 ** 32 - 1 - (what % 4) : what % 9;
  return {
    name,
    inChild: (kind >>> 20) % 4 === 0,
    addr: name === 'brk' ? heapAddress(places, where) : address(places, where),
    len: length(places, size),
    newLen: (size >>> 28) % 3 === 0 ? length(places, size) : length(places, size >>> 14),
    newAddr: address(places, what),
    prot: rights(name, how),
    flags: flagsOf(name, target, how, what),
    file: name === 'mmap' && (what >>> 4) % 4 === 0 ? 1 + ((what >>> 6) % 4) : 0,
    pgoff,
    number: name === 'madvise' ? advice(what) : what % 1000,
  };
}

function word({ target }: Places, value: bigint): bigint {
  return BigInt.asUintN(target.bits, value);
}

function address(places: Places, n: number): bigint {
  const pageSize = BigInt(places.target.pageSize);
  const rest = n >>> 6;
  const kind = n % 64;
  if (kind < 52) return BigInt(places.arena + (rest % ARENA)) * pageSize;
  if (kind < 54) return BigInt(places.arena + (rest % ARENA)) * pageSize + [1n, 8n, pageSize - 1n][rest % 3]!;
  const edge = places.edges[rest % places.edges.length]!;
  return word(places, edge + BigInt((rest >>> 8) % 9 - 4) * pageSize + (kind === 63 ? 1n : 0n));
}

function heapAddress(places: Places, n: number): bigint {
  if (n % 24 === 0) return address(places, n >>> 5);
  const half = BigInt(places.target.pageSize / 2);
  return places.heap + BigInt(((n >>> 5) % 24) - 2) * half;
}

function length(places: Places, n: number): bigint {
  const { target } = places;
  const pageSize = BigInt(target.pageSize);
  const rest = n >>> 5;
  const kind = n % 32;
  if (kind < 26) return BigInt([1, 1, 1, 2, 2, 3, 4, 7][rest % 8]!) * pageSize;
  if (kind < 29) return BigInt(1 + (rest % 4)) * pageSize - [1n, pageSize - 1n, 5n][rest % 3]!;
  if (kind < 30) return 0n;
  const huge = [target.taskSize, target.searchEnd, target.vpnEnd, Math.floor(target.taskSize / 2)].map(BigInt);
  return word(places, huge[rest % 4]! * pageSize - BigInt((rest >>> 3) % 3) * pageSize + ((rest & 4) === 0 ? 0n : 1n));
}

function rights(name: CallName, n: number): number {
  const plain = [3, 3, 3, 1, 0, 7, 5, 2][n % 8]!;
  if (name === 'remap_file_pages') return n % 3 === 0 ? plain : 0;
  const odd = [8, 11, 16, 0x1000000, 0x1000003, 0x2000001, 0x3000001];
  return name === 'mprotect' && (n >>> 3) % 12 === 0 ? odd[(n >>> 7) % odd.length]! : plain;
}

function flagsOf(name: CallName, target: Target, how: number, what: number): number {
  const { map } = target;
  const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
  switch (name) {
    case 'mmap': {
      const type = pick([2, 2, 2, 2, 2, 2, 1, 1, 1, 3, (how >>> 20) % 16], how >>> 4);
      const where = pick([0, 0, 0, map.FIXED, map.FIXED, map.FIXED, map.FIXED, map.FIXED_NOREPLACE], how >>> 8);
      const rare = [
        map.NORESERVE, map.NORESERVE, map.GROWSDOWN, map.GROWSDOWN, map.LOCKED, map.POPULATE, map.STACK,
        map.DENYWRITE, map.EXECUTABLE, map.GROWSUP, map.LOW32, map.POPULATE | map.NONBLOCK, 0x200000,
      ];
      return type | where | ((how >>> 12) % 3 === 0 ? pick(rare, how >>> 14) : 0) | map.ANONYMOUS;
    }
    case 'mremap': return pick([0, 1, 1, 1, 3, 3, 3, 2, 7, 5, how % 9], how >>> 4);
    case 'mlock2': return pick([0, 1, 1, 2], how);
    case 'mlockall': return pick([1, 2, 3, 5, 7, 0, 8, 4], how);
    case 'msync': return pick([0, 1, 2, 4, 6, 5, 8], how);
    case 'remap_file_pages': return pick([0, 0, 0x10000, 0x2000], what);
    default: return 0;
  }
}

/** All there were up to MADV_DONTNEED_LOCKED and the guard markers; MADV_COLLAPSE is no advice here. */
function advice(n: number): number {
  const known = (n >>> 4) % 27;
  return known < 25 ? known : [102, 103, 102, 103, 100, 25, -1][(n >>> 9) % 7]!;
}
