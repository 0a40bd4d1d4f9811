/**
 * Random programs for the comparison with the naive model: calls whose addresses crowd into a small arena
 * and around the edges of a machine's address space. A failing program is printed shortest first by
 * fast-check, one call a line with its addresses in hexadecimal.
 */
import fc from 'fast-check';
import type { NaiveLimits } from './naive_areas.js';
import type { NaiveMachine } from './naive_machine.js';
import type { NaiveFile } from './naive_mm.js';

export const naiveFiles: readonly (NaiveFile | null)[] = [
  null,
  { path: '/both', readable: true, writable: true },
  { path: '/readonly', readable: true, writable: false },
  { path: '/writeonly', readable: false, writable: true },
];

export interface Call {
  readonly name: 'mmap' | 'munmap' | 'mprotect' | 'brk';
  readonly addr: bigint;
  readonly len: bigint;
  readonly prot: number;
  readonly flags: number;
  /** Index in naiveFiles. */
  readonly file: number;
  readonly pgoff: bigint;
}

export type Limits = Omit<NaiveLimits, 'search'>;

export interface Program {
  readonly limits: Limits;
  readonly calls: readonly Call[];
}

export function show(call: Call): string {
  const { name, addr, len, prot, flags, file, pgoff } = call;
  const hex = (n: bigint | number) => `0x${n.toString(16)}`;
  if (name === 'brk') return `brk(${hex(addr)})`;
  if (name === 'munmap') return `munmap(${hex(addr)}, ${hex(len)})`;
  if (name === 'mprotect') return `mprotect(${hex(addr)}, ${hex(len)}, ${prot})`;
  const from = naiveFiles[file]?.path ?? 'anonymous';
  return `mmap(${hex(addr)}, ${hex(len)}, ${prot}, ${hex(flags)}, ${from}, pgoff ${pgoff})`;
}

function withText(call: Call): Call {
  return Object.defineProperty(call, fc.toStringMethod, { value: () => `\n  ${show(call)}` });
}

/** Mostly nothing; sometimes a few bytes, or all but one of a page. */
function bytesBeyond(machine: NaiveMachine): fc.Arbitrary<bigint> {
  return fc.oneof(
    { arbitrary: fc.constant(0n), weight: 14 },
    { arbitrary: fc.constantFrom(1n, machine.PAGE_SIZE - 1n), weight: 1 },
  );
}

function wordOf(machine: NaiveMachine, value: bigint): bigint {
  return BigInt.asUintN(machine.longBits, value);
}

/** Some pages around one of `edges`. */
function near(machine: NaiveMachine, edges: readonly bigint[]): fc.Arbitrary<bigint> {
  return fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -4, max: 11 }), bytesBeyond(machine))
    .map(([edge, pages, bytes]) => wordOf(machine, edge + BigInt(pages) * machine.PAGE_SIZE + bytes));
}

/** Mostly the arena, sixteen pages around TASK_UNMAPPED_BASE; otherwise some edge of the space. */
function anywhere(machine: NaiveMachine, more: readonly bigint[] = []): fc.Arbitrary<bigint> {
  return fc.oneof(
    { arbitrary: near(machine, [machine.TASK_UNMAPPED_BASE]), weight: 3 },
    { arbitrary: near(machine, [...machine.edges, ...more]), weight: 1 },
  );
}

/** A few pages; rarely nothing, or about as much as the machine has. */
function length(machine: NaiveMachine): fc.Arbitrary<bigint> {
  const { TASK_SIZE, searchEnd, TASK_UNMAPPED_BASE, RGN_MAP_LIMIT, PAGE_OFFSET, PAGE_SIZE } = machine;
  const huge = [TASK_SIZE, searchEnd, searchEnd - TASK_UNMAPPED_BASE, 2n ** BigInt(machine.longBits) - PAGE_SIZE];
  if (RGN_MAP_LIMIT !== null) huge.push(RGN_MAP_LIMIT);
  if (PAGE_OFFSET !== null) huge.push(2n ** 64n - PAGE_OFFSET);
  const few = fc.tuple(fc.constantFrom(1n, 1n, 1n, 2n, 2n, 3n, 4n, 6n), bytesBeyond(machine))
    .map(([pages, bytes]) => pages * PAGE_SIZE - bytes);
  return fc.oneof(
    { arbitrary: few, weight: 40 },
    { arbitrary: fc.constant(0n), weight: 1 },
    { arbitrary: near(machine, huge), weight: 2 },
  );
}

function flagWords(machine: NaiveMachine): fc.Arbitrary<number> {
  const type = fc.oneof(
    { arbitrary: fc.constant(2), weight: 12 },
    { arbitrary: fc.constant(1), weight: 4 },
    { arbitrary: fc.constantFrom(0, 3), weight: 1 },
  );
  const rare = fc.constantFrom(
    machine.MAP_NORESERVE, machine.MAP_NORESERVE, machine.MAP_GROWSDOWN, machine.MAP_LOCKED, 0x200, 0x800, 0x1000,
  );
  const extra = fc.oneof({ arbitrary: fc.constant(0), weight: 8 }, { arbitrary: rare, weight: 1 });
  return fc.tuple(type, extra).map(([low, high]) => low | high);
}

const prots = fc.oneof(
  { arbitrary: fc.constantFrom(3, 3, 3, 1, 0), weight: 6 },
  { arbitrary: fc.integer({ min: 0, max: 7 }), weight: 1 },
);

const files = fc.oneof(
  { arbitrary: fc.constant(0), weight: 5 },
  { arbitrary: fc.integer({ min: 1, max: 3 }), weight: 1 },
);

function mmapCalls(machine: NaiveMachine): fc.Arbitrary<Call> {
  const pgoff = fc.oneof(
    { arbitrary: fc.bigInt(0n, 5n), weight: 20 },
    // Beyond what a page offset can be: pgoff + pages must not wrap.
    { arbitrary: fc.constantFrom(2n ** 32n - 1n, 2n ** 32n - 3n), weight: 1 },
  );
  const at = fc.oneof(
    { arbitrary: fc.constant({ addr: 0n, fixed: 0 }), weight: 6 },
    { arbitrary: anywhere(machine).map((addr) => ({ addr, fixed: 0x10 })), weight: 5 },
    { arbitrary: anywhere(machine).map((addr) => ({ addr, fixed: 0 })), weight: 3 },
  );
  return fc
    .record({ at, len: length(machine), prot: prots, flags: flagWords(machine), file: files, pgoff })
    .map(({ at: { addr, fixed }, flags, ...rest }) => ({
      name: 'mmap' as const, addr, flags: flags | fixed | (rest.file === 0 ? 0x20 : 0), ...rest,
    }));
}

function calls(machine: NaiveMachine, heap: readonly bigint[]): fc.Arbitrary<Call> {
  const none = { len: 0n, prot: 0, flags: 0, file: 0, pgoff: 0n };
  const everywhere = anywhere(machine, heap);
  const munmaps = fc.record({ addr: everywhere, len: length(machine) })
    .map((call) => ({ ...none, name: 'munmap' as const, ...call }));
  const bits = fc.oneof({ arbitrary: prots, weight: 12 }, { arbitrary: fc.constantFrom(8, 11, 16), weight: 1 });
  const mprotects = fc.record({ addr: everywhere, len: length(machine), prot: bits })
    .map((call) => ({ ...none, name: 'mprotect' as const, ...call }));
  const brks = near(machine, heap).map((addr) => ({ ...none, name: 'brk' as const, addr }));
  return fc.oneof(
    { arbitrary: mmapCalls(machine), weight: 8 },
    { arbitrary: munmaps, weight: 3 },
    { arbitrary: mprotects, weight: 5 },
    { arbitrary: brks, weight: 2 },
  ).map(withText);
}

export const NO_LIMITS: Limits = {
  maxMapCount: 65536, overcommit: 0, ramPages: 2n ** 18n, rlimitAs: null, rlimitData: null,
  rlimitMemlock: null, defFlags: 0,
};

/** Three in five programs have no limit in their way, the others some. */
function limitSets(machine: NaiveMachine): fc.Arbitrary<Limits> {
  const plain = fc.constant(NO_LIMITS);
  const bytes = (...pages: bigint[]) => fc.constantFrom(null, ...pages.map((n) => n * machine.PAGE_SIZE));
  const tight = fc.record<Limits>({
    maxMapCount: fc.constantFrom(65536, 5, 7, 10),
    overcommit: fc.constantFrom(0, 1, 2),
    ramPages: fc.constantFrom(4n, 40n, 2n ** 18n),
    rlimitAs: bytes(12n, 30n),
    rlimitData: bytes(2n, 4n),
    rlimitMemlock: bytes(6n),
    defFlags: fc.constantFrom(0, 0, 0, 0x2000),
  });
  return fc.oneof({ arbitrary: plain, weight: 3 }, { arbitrary: tight, weight: 2 });
}

/**
 * Calls for an mm that is full of small areas, so that the leaves of its VmaSet split and join: a comb of
 * `pages` pages from TASK_UNMAPPED_BASE on, in which every kind of call hits a random tooth.
 */
export function combCalls(machine: NaiveMachine, pages: number, most: number): fc.Arbitrary<Call[]> {
  const { PAGE_SIZE, TASK_UNMAPPED_BASE } = machine;
  const call = fc
    .record({
      name: fc.constantFrom<Call['name']>('mmap', 'mmap', 'munmap', 'munmap', 'mprotect', 'mprotect'),
      page: fc.nat({ max: pages }),
      npages: fc.constantFrom(1n, 1n, 1n, 2n, 3n, 5n, 40n),
      prot: fc.constantFrom(3, 1, 0),
      fixed: fc.constantFrom(0x32, 0x32, 0x22),
    })
    .map(({ name, page, npages, prot, fixed }): Call => ({
      name, addr: fixed === 0x22 && name === 'mmap' ? 0n : TASK_UNMAPPED_BASE + BigInt(page) * PAGE_SIZE,
      len: npages * PAGE_SIZE, prot, flags: fixed, file: 0, pgoff: 0n,
    }));
  return fc.array(call.map(withText), { maxLength: most, size: 'max' });
}

/** The calls that make the comb: areas of three pages, read-only and writable in turn, a page free above each. */
export function comb(machine: NaiveMachine, pages: number): Call[] {
  const { PAGE_SIZE, TASK_UNMAPPED_BASE } = machine;
  const list: Call[] = [];
  for (let page = 0; page < pages; page += 4) {
    const addr = TASK_UNMAPPED_BASE + BigInt(page) * PAGE_SIZE;
    const prot = page % 8 === 0 ? 1 : 3;
    list.push({ name: 'mmap', addr, len: 3n * PAGE_SIZE, prot, flags: 0x32, file: 0, pgoff: 0n });
  }
  return list;
}

/** Programs of up to `most` calls; `heap` are addresses around the heap. */
export function programs(machine: NaiveMachine, heap: readonly bigint[], most: number): fc.Arbitrary<Program> {
  return fc.record({
    limits: limitSets(machine),
    calls: fc.array(calls(machine, heap), { maxLength: most, size: 'max' }),
  });
}
