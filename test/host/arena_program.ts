/**
 * Random programs of memory calls inside the arena: a few dozen pages at 1 TiB, where nothing of a process
 * lands by itself. Addresses are fixed or hinted; a length is a few pages, or more than any task has, so that
 * no call can reach what the process lives in.
 */
import fc from 'fast-check';
import {
  MADV_COLLAPSE, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE,
} from '../../src/arch/generic/mman_calls.js';
import { differences } from './differences.js';
import type { Facts } from './host.js';

export const PAGE = 4096n;
export const ARENA = 0x10000000000n;
/** Pages that calls start in, and pages that they can reach. */
export const ARENA_PAGES = 24n;
export const ARENA_END = ARENA + 128n * PAGE;
/** Its last page, which no call reaches and both sides have mapped: where mincore's answer goes. */
export const SCRATCH = ARENA_END - PAGE;

interface Range {
  readonly addr: bigint;
  readonly len: bigint;
}

export type Call =
  | (Range & { readonly name: 'mmap'; readonly prot: number; readonly flags: number })
  | (Range & { readonly name: 'munmap' })
  | (Range & { readonly name: 'mprotect'; readonly prot: number })
  | (Range & { readonly name: 'mremap'; readonly newLen: bigint; readonly flags: number; readonly newAddr: bigint })
  | (Range & { readonly name: 'madvise'; readonly advice: number })
  | (Range & { readonly name: 'mlock' | 'munlock' })
  | (Range & { readonly name: 'mlock2'; readonly flags: number })
  | (Range & { readonly name: 'msync'; readonly flags: number })
  | (Range & { readonly name: 'mincore'; readonly vec: bigint })
  | (Range & {
    readonly name: 'remap_file_pages'; readonly prot: number; readonly pgoff: bigint; readonly flags: number;
  })
  | { readonly name: 'store32'; readonly addr: bigint; readonly word: number }
  | { readonly name: 'load32'; readonly addr: bigint };

export function show(call: Call): string {
  const { name, ...args } = call;
  const texts = Object.values(args).map((value: bigint | number) => `0x${value.toString(16)}`);
  return `${name}(${texts.join(', ')})`;
}

function withText(call: Call): Call {
  return Object.defineProperty(call, fc.toStringMethod, { value: () => `\n  ${show(call)}` });
}

/** `choices` with weights: often(9, a, 1, b). */
function often<T>(...choices: (number | fc.Arbitrary<T>)[]): fc.Arbitrary<T> {
  const weighted: { weight: number; arbitrary: fc.Arbitrary<T> }[] = [];
  for (let i = 0; i < choices.length; i += 2) {
    weighted.push({ weight: choices[i] as number, arbitrary: choices[i + 1] as fc.Arbitrary<T> });
  }
  return fc.oneof(...weighted);
}

const aligned = fc.bigInt(0n, ARENA_PAGES - 1n).map((page) => ARENA + page * PAGE);
const unaligned = fc.tuple(aligned, fc.constantFrom(1n, 0x800n, PAGE - 1n)).map(([addr, bytes]) => addr + bytes);
/** TASK_SIZE, the kernel's half and the last page. */
const beyond = fc.constantFrom(0x7ffffffff000n, 0x800000000000n, 0xffff800000000000n, 2n ** 64n - PAGE);
/** Read as errnos where they are not refused before. */
const likeErrors = fc.constantFrom(2n ** 64n - 1n, 2n ** 64n - 0x800n, 2n ** 64n - PAGE + 1n);
const anywhere = often(60, aligned, 2, unaligned, 2, often(1, beyond, 1, likeErrors));

const missing = often(12, fc.constant(0n), 1, fc.constantFrom(1n, PAGE - 1n));
const few = fc.tuple(often(6, fc.bigInt(1n, 4n), 2, fc.bigInt(5n, 16n)), missing)
  .map(([pages, bytes]) => pages * PAGE - bytes);
const wrapping = fc.constantFrom(2n ** 64n - 1n, 2n ** 64n - PAGE + 1n, 2n ** 64n - PAGE);
const huge = fc.oneof(wrapping, fc.constantFrom(2n ** 47n - PAGE, 2n ** 47n, 2n ** 63n));
const length = often(60, few, 1, fc.constant(0n), 1, huge);
/** For calls that would go on to areas of the process. */
const shortLength = often(60, few, 1, fc.constant(0n), 1, wrapping);

const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_FIXED_NOREPLACE = 0x100000;

const mapType = often(20, fc.constant(2), 6, fc.constant(1), 1, fc.nat({ max: 15 }));
const placement = often(
  8, fc.constant(MAP_FIXED), 2, fc.constant(MAP_FIXED_NOREPLACE), 4, fc.constant(0),
  1, fc.constant(MAP_FIXED | MAP_FIXED_NOREPLACE),
);
const extraFlags = often(
  12, fc.constant(0),
  2, fc.constant(0x4000), // MAP_NORESERVE
  2, fc.constant(0x20000), // MAP_STACK
  1, fc.constant(0x100), // MAP_GROWSDOWN
  2, fc.constant(0x8000), // MAP_POPULATE
  1, fc.constantFrom(0x2000, 0x18000, 0x1000, 0x800, 0x200, 0x80, 0x40, 0x24000, 0x80000, 0x40000),
);
const prot = often(
  10, fc.constant(3), 4, fc.constant(1), 3, fc.constant(0), 3, fc.nat({ max: 7 }),
);
const mprotectBits = often(
  20, prot, 1, fc.constantFrom(8, 11, 16, 0x1000000, 0x1000001, 0x1000003, 0x2000001, 0x3000001),
);

const mmap = fc.record({ addr: anywhere, len: length, prot, type: mapType, place: placement, extra: extraFlags })
  .map(({ addr, len, prot: bits, type, place, extra }): Call => ({
    name: 'mmap', addr, len, prot: bits, flags: type | place | extra | MAP_ANONYMOUS,
  }));
const munmap = fc.record({ name: fc.constant('munmap' as const), addr: anywhere, len: length });
const mprotect = fc.record({
  name: fc.constant('mprotect' as const), addr: anywhere, len: shortLength, prot: mprotectBits,
});
const store32 = fc.record({ name: fc.constant('store32' as const), addr: aligned, word: fc.integer() });
const load32 = fc.record({ name: fc.constant('load32' as const), addr: aligned });

const mremapFlags = often(
  4, fc.constant(MREMAP_MAYMOVE), 6, fc.constant(MREMAP_MAYMOVE | MREMAP_FIXED), 3, fc.constant(0),
  3, fc.constant(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP), 1, fc.constant(MREMAP_MAYMOVE | MREMAP_DONTUNMAP),
  1, fc.nat({ max: 9 }),
);
const mremap = fc.record({
  addr: anywhere, len: length, newLen: length, same: fc.nat({ max: 2 }), flags: mremapFlags, newAddr: anywhere,
}).map(({ addr, len, newLen, same, flags, newAddr }): Call => ({
  name: 'mremap', addr, len, newLen: same > 0 ? len : newLen, flags, newAddr,
}));

const advice = often(
  30, fc.integer({ min: 0, max: MADV_COLLAPSE }), 4, fc.constantFrom(102, 103), 1, fc.constantFrom(26, 99, -1),
);
const madvise = fc.record({ name: fc.constant('madvise' as const), addr: anywhere, len: shortLength, advice });
const mlock = fc.record({
  name: fc.constantFrom('mlock' as const, 'munlock' as const), addr: anywhere, len: shortLength,
});
const mlock2 = fc.record({
  name: fc.constant('mlock2' as const), addr: anywhere, len: shortLength, flags: fc.constantFrom(0, 1, 1, 2),
});

const msync = fc.record({
  name: fc.constant('msync' as const), addr: anywhere, len: shortLength, flags: fc.constantFrom(0, 1, 2, 4, 6, 5, 8),
});
const mincore = fc.record({
  name: fc.constant('mincore' as const), addr: anywhere, len: shortLength,
  vec: often(12, fc.constant(SCRATCH), 1, fc.constantFrom(SCRATCH - PAGE, 0x7ffffffff000n, 2n ** 64n - PAGE)),
});
const remapFilePages = fc.record({
  name: fc.constant('remap_file_pages' as const), addr: anywhere, len: shortLength,
  prot: often(12, fc.constant(0), 1, fc.constant(3)), pgoff: fc.bigInt(0n, 6n),
  flags: fc.constantFrom(0, 0, 0x10000, 0x2000),
});

/** Which kinds of calls a walk makes, and how often. */
export type Mix = Readonly<Partial<Record<Call['name'], number>>>;

const kinds: Readonly<Record<Call['name'], fc.Arbitrary<Call>>> = {
  mmap, munmap, mprotect, mremap, madvise, mlock, munlock: mlock, mlock2, msync, mincore, store32, load32,
  remap_file_pages: remapFilePages,
};

/** Programs of up to `most` calls of `mix` for this host. */
export function arenaPrograms(facts: Facts, mix: Mix, most: number): fc.Arbitrary<Call[]> {
  const here = differences.filter((difference) => difference.appliesTo(facts));
  const weighted = Object.entries(mix).map(([name, weight]) => ({ weight, arbitrary: kinds[name as Call['name']] }));
  const isMade = (call: Call, i: number, all: readonly Call[]) =>
    !here.some((difference) => difference.avoids?.(call, all.slice(0, i)) === true);
  return fc.array(fc.oneof(...weighted).map(withText), { maxLength: most, size: 'max' })
    .map((calls) => calls.filter(isMade));
}
