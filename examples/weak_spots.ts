/**
 * weak_spots: what each generation of get_unmapped_area() is bad at. Every spot is a small program that is run once
 * under each search, on a machine of its own, and a table of what it cost: areas examined by the list searches,
 * nodes looked into by the trees.
 *
 *   guardpage run examples/weak_spots.ts -- pinned-hole
 *   guardpage run examples/weak_spots.ts -- bottom | crossing | sizes | all
 *
 * Searches run forced on i386, 2.5.46: those of top-down layouts go down from 0xb8000000.
 */
import { type Addr, type Libc, Machine, type SearchName, type ThreadBody } from 'guardpage';

const SEARCHES: readonly SearchName[] = [
  'first-fit', 'free-area-cache', 'cursor', 'topdown-2.6.9', 'topdown-2.6.12', 'hole-size', 'hole-size-3.6', 'gap-tree',
  'maple', 'hole-tree',
];
const PAGE = 4096;
const AREAS = 1000;
const CALLS = 100;
const ROUNDS = 2000;

/** Memory calls of the inner machine's program, which stop it when they fail; and what its searches cost so far. */
interface Memory {
  map(npages: number, at?: number): ThreadBody<number>;
  unmap(at: number, npages: number): ThreadBody<void>;
  probes(): number;
  areas(): number;
  goesDown(): boolean;
}

/** A weak spot: a program that returns the cells of its row. */
interface Spot {
  readonly about: string;
  readonly columns: readonly string[];
  run(memory: Memory): ThreadBody<readonly string[]>;
}

const average = (total: number, calls: number) => (total / calls).toFixed(1);
const hex = (addr: number) => addr.toString(16);

/** `count` stacks of four pages that do not merge; where they lie, in the order of the calls. */
function* stacks(memory: Memory, count: number): ThreadBody<number[]> {
  const list: number[] = [];
  for (let i = 0; i < count; i++) list.push(yield* memory.map(4));
  return list;
}

/** Frees the page of a stack that is nearest to where searches come from: a hole of one page. */
function* pierce(memory: Memory, stack: number): ThreadBody<void> {
  yield* memory.unmap(memory.goesDown() ? stack + 3 * PAGE : stack, 1);
}

function* costOf(memory: Memory, calls: number, npages: number): ThreadBody<string> {
  const before = memory.probes();
  for (let i = 0; i < calls; i++) yield* memory.map(npages);
  return average(memory.probes() - before, calls);
}

const spots: Readonly<Record<string, Spot>> = {
  'pinned-hole': {
    about: `probes a mmap with ${AREAS} stacks mapped: side by side; with one page of the second unmapped (the first call, then ${CALLS} more)`,
    columns: ['side by side', 'first', 'then'],
    *run(memory) {
      const [, second] = yield* stacks(memory, AREAS);
      const before = yield* costOf(memory, CALLS, 4);
      yield* pierce(memory, second!);
      const once = yield* costOf(memory, 1, 4);
      return [before, once, yield* costOf(memory, CALLS, 4)];
    },
  },

  bottom: {
    about: `probes a mmap with ${AREAS} stacks mapped, each after one of the oldest stacks, every other, was unmapped; the new one is a page larger`,
    columns: ['a mmap'],
    *run(memory) {
      const list = yield* stacks(memory, AREAS);
      const before = memory.probes();
      for (let i = 0; i < CALLS; i++) {
        yield* memory.unmap(list[2 * i + 1]!, 4);
        yield* memory.map(5);
      }
      return [average(memory.probes() - before, CALLS)];
    },
  },

  crossing: {
    about: 'where a page goes once four pages across TASK_UNMAPPED_BASE (40000000) have been unmapped',
    columns: ['before', 'after'],
    *run(memory) {
      yield* memory.map(4, 0x3fffe000);
      const before = yield* memory.map(1);
      yield* memory.unmap(0x3fffe000, 4);
      return [hex(before), hex(yield* memory.map(1))];
    },
  },

  sizes: {
    about: `8 MiB that go, one page that stays before they go and one after: rounds until 8 MiB do not fit (at most ${ROUNDS}), areas then, probes a mmap`,
    columns: ['rounds', 'areas', 'a mmap'],
    *run(memory) {
      const before = memory.probes();
      let rounds = 0;
      for (; rounds < ROUNDS; rounds++) {
        const large = yield* memory.map(2048);
        if (large < 0) break;
        yield* memory.map(1);
        yield* memory.unmap(large, 2048);
        yield* memory.map(1);
      }
      return [String(rounds), String(memory.areas()), average(memory.probes() - before, 3 * rounds)];
    },
  },
};

/** One spot under one search, on a machine of its own. */
function rowOf(search: SearchName, spot: Spot): readonly string[] {
  const machine = new Machine({ arch: 'i386', kernel: '2.5.46', search, overcommit: 1, maxMapCount: 2 ** 20 });
  let cells: readonly string[] = [];
  machine.load(function* inner(libc: Libc) {
    cells = yield* spot.run(memoryOf(libc, machine));
    return 0;
  });
  const { message } = machine.run();
  return message === null ? cells : [message];
}

function memoryOf(libc: Libc, machine: Machine): Memory {
  let calls = 0;
  return {
    *map(npages, at) {
      // Rights in turn, so that neighbours stay areas of their own.
      const prot = (calls++ & 1) === 0 ? libc.PROT_NONE : libc.PROT_READ;
      const flags = libc.MAP.PRIVATE | libc.MAP.ANONYMOUS | (at === undefined ? 0 : libc.MAP.FIXED);
      const addr: Addr = yield* libc.mmap(at ?? 0, npages * PAGE, prot, flags);
      return Number(addr) === -1 ? -1 : Number(addr) >>> 0;
    },
    *unmap(at, npages) {
      yield* libc.munmap(at, npages * PAGE);
    },
    probes: () => machine.stats().probes,
    areas: () => machine.stats().vmas,
    goesDown: () => machine.mm.isTopDown,
  };
}

function* show(libc: Libc, name: string, spot: Spot): ThreadBody<void> {
  yield* libc.printf('%s: %s\n', name, spot.about);
  const rows = [['search', ...spot.columns], ...SEARCHES.map((search) => [search, ...rowOf(search, spot)])];
  for (const [first, ...cells] of rows) {
    yield* libc.printf('  %s%s\n', first!.padEnd(16), cells.map((cell) => cell.padStart(14)).join(''));
  }
}

export default function* main(libc: Libc, argv: string[]): ThreadBody<number> {
  const names = argv[0] === 'all' ? Object.keys(spots) : argv;
  if (names.length === 0 || names.some((name) => spots[name] === undefined)) {
    yield* libc.eprintf('usage: weak_spots %s | all\n', Object.keys(spots).join(' | '));
    return 2;
  }
  for (const name of names) yield* show(libc, name, spots[name]!);
  return 0;
}
