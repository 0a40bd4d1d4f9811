/**
 * Programs of calls without addresses of their own: the kernel chooses, and what it chose is unmapped, protected, grown
 * and moved later, mapped over with MAP_FIXED, or a hint for others. layout.c makes them.
 */
import fc from 'fast-check';
import { differences } from './differences.js';
import type { Facts } from './host.js';

const PAGE = 4096;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_SHARED_ANONYMOUS = 0x21;
const MAP_FIXED = 0x10;
const MAP_FIXED_NOREPLACE = 0x100000;
const MREMAP_MAYMOVE = 1;

/** One call as layout.c reads it; `of` is the earlier call whose result its address starts from. */
export interface LayoutCall {
  readonly name: 'mmap' | 'munmap' | 'mprotect' | 'mremap' | 'mmapAt';
  readonly of: number;
  readonly offset: number;
  /** Arguments after the address: length, and what follows it. */
  readonly args: readonly [number, number, number];
}

/** What is drawn at random; which map is meant is settled once the whole program is known. */
type Draft =
  | { readonly name: 'mmap'; readonly npages: number; readonly prot: number; readonly flags: number }
  | {
    readonly name: 'munmap' | 'mprotect'; readonly of: number; readonly skip: number; readonly npages: number;
    readonly prot: number;
  }
  | { readonly name: 'mremap'; readonly of: number; readonly npages: number }
  | {
    readonly name: 'mmapAt'; readonly of: number; readonly skip: number; readonly npages: number; readonly prot: number;
    readonly kind: 'hint' | 'hint beside' | 'fixed' | 'noreplace';
  };

/** Pages: a few, about a huge page and some, whole huge pages, and what thread stacks take. */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 8 }) },
  { weight: 2, arbitrary: fc.integer({ min: 9, max: 600 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }).map((n) => n * 512) },
  { weight: 2, arbitrary: fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(511, 513)).map(([n, more]) => n * 512 + more) },
  { weight: 1, arbitrary: fc.constantFrom(2048, 2049, 33, 0x40000) },
);

const prots = fc.constantFrom(3, 3, 3, 0, 1, 7);
const flagWords = fc.constantFrom(
  MAP_PRIVATE_ANONYMOUS, MAP_PRIVATE_ANONYMOUS, MAP_PRIVATE_ANONYMOUS, MAP_PRIVATE_ANONYMOUS,
  MAP_PRIVATE_ANONYMOUS | 0x20000, // MAP_STACK
  MAP_PRIVATE_ANONYMOUS | 0x20000 | 0x4000, // and MAP_NORESERVE
  MAP_PRIVATE_ANONYMOUS | 0x100, // MAP_GROWSDOWN
  MAP_PRIVATE_ANONYMOUS | 0x40, // MAP_32BIT
  MAP_SHARED_ANONYMOUS,
);

const index = fc.nat({ max: 1_000_000 });
const draft: fc.Arbitrary<Draft> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ name: fc.constant('mmap' as const), npages: sizes, prot: prots, flags: flagWords }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      name: fc.constantFrom('munmap' as const, 'munmap' as const, 'mprotect' as const),
      of: index, skip: index, npages: index, prot: prots,
    }),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('mremap' as const), of: index, npages: sizes }) },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constant('mmapAt' as const), of: index, skip: index, npages: sizes, prot: prots,
      kind: fc.constantFrom('hint' as const, 'hint beside' as const, 'fixed' as const, 'noreplace' as const),
    }),
  },
);

/** A part of a map that was made before, never more than it had. */
function settle(drafts: readonly Draft[]): LayoutCall[] {
  const calls: LayoutCall[] = [];
  const maps: { call: number; npages: number }[] = [];
  for (const made of drafts) {
    if (made.name === 'mmap') {
      maps.push({ call: calls.length, npages: made.npages });
      calls.push({ name: 'mmap', of: 0, offset: 0, args: [made.npages * PAGE, made.prot, made.flags] });
      continue;
    }
    const map = maps[made.of % Math.max(maps.length, 1)];
    if (map === undefined) continue;
    if (made.name === 'mremap') {
      const args = [map.npages * PAGE, made.npages * PAGE, MREMAP_MAYMOVE] as const;
      maps.push({ call: calls.length, npages: made.npages });
      calls.push({ name: 'mremap', of: map.call, offset: 0, args });
      continue;
    }
    if (made.name === 'mmapAt') {
      calls.push(mapAt(made, map));
      maps.push({ call: calls.length - 1, npages: calls.at(-1)!.args[0] / PAGE });
      continue;
    }
    // Half of them take all of it.
    const skip = made.skip % 2 === 0 ? 0 : made.skip % map.npages;
    const npages = made.skip % 2 === 0 ? map.npages : 1 + (made.npages % (map.npages - skip));
    calls.push({ name: made.name, of: map.call, offset: skip * PAGE, args: [npages * PAGE, made.prot, 0] });
  }
  return calls;
}

/** MAP_FIXED stays within what was mapped once: it may replace nothing that the program lives in. */
function mapAt({ kind, skip, npages, prot }: Extract<Draft, { name: 'mmapAt' }>, map: { call: number; npages: number }): LayoutCall {
  const within = skip % map.npages;
  const place = kind === 'hint beside' ? map.npages + (skip % 3) : within;
  const pages = kind === 'fixed' ? 1 + (npages % (map.npages - within)) : npages;
  const flags = MAP_PRIVATE_ANONYMOUS | (kind === 'fixed' ? MAP_FIXED : kind === 'noreplace' ? MAP_FIXED_NOREPLACE : 0);
  // A hint need not be aligned.
  const bytes = kind === 'hint' && skip % 5 === 0 ? 123 : 0;
  return { name: 'mmapAt', of: map.call, offset: place * PAGE + bytes, args: [pages * PAGE, prot, flags] };
}

function show({ name, of, offset, args }: LayoutCall, i: number): string {
  const address = name === 'mmap' ? '0' : `#${of} + 0x${offset.toString(16)}`;
  return `\n  #${i} ${name}(${address}, ${args.map((value) => `0x${value.toString(16)}`).join(', ')})`;
}

/** Programs of up to `most` calls for this host. */
export function layoutPrograms(facts: Facts, most: number): fc.Arbitrary<LayoutCall[]> {
  const here = differences.filter((difference) => difference.appliesTo(facts));
  const isAvoided = (made: Draft) => {
    if (made.name !== 'mmap') return false;
    const { name, npages, prot, flags } = made;
    const call = { name, addr: 0n, len: BigInt(npages * PAGE), prot, flags };
    return here.some((difference) => difference.avoids?.(call, []) === true);
  };
  return fc.array(draft.filter((made) => !isAvoided(made)), { maxLength: most, size: 'max' }).map((drafts) => {
    const calls = settle(drafts);
    return Object.defineProperty(calls, fc.toStringMethod, { value: () => calls.map(show).join('') });
  });
}
