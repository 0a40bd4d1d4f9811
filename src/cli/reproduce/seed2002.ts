/*
 * Ingo Molnar's commit of 2002 that gave mm_struct its free_area_cache (2.5.46). It has claims and no figures:
 * thread creation is O(1) again; a stack with a guard page is two areas, stacks without merge into one; user space
 * could keep a bitmap and need half the areas; nothing is less compact; the worst case is close to the old cost; a
 * tree of free ranges would be the general answer.
 */
import testStr02 from '../../../examples/test_str02.js';
import type { Libc, ThreadBody } from '../../index.js';
import { PROT_READ, PROT_WRITE } from '../../arch/generic/mman.js';
import type { MachineConfig } from '../../machine.js';
import { slopeOf } from '../../report/growth.js';
import type { Experiment, Figures, Findings, Row, Step } from './experiment.js';
import { rounded, runThreads, type ThreadRun } from './thread_runs.js';

const COUNTS = [1000, 2000, 4000, 8000];
const MOST = 8000;
const STACK_BYTES = 64 * 1024;
const MAP_PRIVATE_ANONYMOUS = 0x22;

const before: MachineConfig = { arch: 'i386', kernel: '2.5.45' };
const after: MachineConfig = { arch: 'i386', kernel: '2.5.46' };
const withTree: MachineConfig = { ...after, search: 'hole-tree' };

/** A page comes free below all stacks: the cache stays at this hole, which no stack fits. */
function* pinnedHole(libc: Libc, argv: string[]): ThreadBody<number> {
  const prot = PROT_READ | PROT_WRITE;
  const low = yield* libc.mmap(0, libc.pageSize, prot, MAP_PRIVATE_ANONYMOUS);
  yield* libc.mmap(0, libc.pageSize, prot, MAP_PRIVATE_ANONYMOUS);
  yield* libc.munmap(low, libc.pageSize);
  return yield* testStr02(libc, argv);
}

interface Curve {
  readonly label: string;
  readonly runs: readonly ThreadRun[];
}

function curveOf(label: string, config: MachineConfig, main = testStr02): Curve {
  return { label, runs: COUNTS.map((count) => runThreads(config, count, STACK_BYTES, main)) };
}

/** Probes a thread, at the ends, and k in probes ~ threads^k. */
function growth({ runs }: Curve): Figures {
  const perThread = runs.map(({ probes, threads }) => rounded(probes / threads));
  const exponent = rounded(slopeOf(runs.map(({ threads, probes }) => [threads, probes])));
  return { exponent, probesPerThreadAt1000: perThread[0]!, probesPerThreadAt8000: perThread.at(-1)! };
}

function stacksRow(what: string, stacks: string, published: Figures): Row {
  const { areas, probes } = runThreads({ ...after, stacks }, MOST, STACK_BYTES);
  return { what, published, ours: { areas, areasPerThread: rounded(areas / MOST, 4), probesPerThread: rounded(probes / MOST) } };
}

function run(step: Step): Findings {
  step('before', 0);
  const old = curveOf('2.5.45, first-fit', before);
  step('after', 0.3);
  const cached = curveOf('2.5.46, free-area-cache', after);
  step('the worst case', 0.4);
  const pinned = curveOf('2.5.46, a small hole below', after, pinnedHole);
  step('a tree', 0.8);
  const tree = curveOf('hole-tree, a small hole below', withTree, pinnedHole);
  const [oldEnd, newEnd] = [old.runs.at(-1)!.stats, cached.runs.at(-1)!.stats];
  const rows: Row[] = [
    { what: 'total cost of N threads before (2.5.45)', published: { perThread: 'O(N)', exponent: 2 }, ours: growth(old) },
    { what: 'the same after (2.5.46)', published: { perThread: 'O(1)', exponent: 1 }, ours: growth(cached) },
    {
      what: 'compactness: stacks at the same addresses', published: { sacrificed: false },
      ours: {
        sacrificed: oldEnd.firstStack !== newEnd.firstStack || oldEnd.lastStack !== newEnd.lastStack,
        lastBefore: oldEnd.lastStack, lastAfter: newEnd.lastStack,
      },
    },
    stacksRow('stacks with a guard page', 'nptl', { areasPerThread: 2 }),
    stacksRow('stacks without', 'noguard', { areas: 1 }),
    stacksRow('a bitmap in user space, MAP_FIXED one page apart', 'bitmap', { areasPerThread: 1 }),
    { what: 'the worst case: a small hole below', published: { cost: 'close to the old' }, ours: growth(pinned) },
    { what: 'a tree of free ranges, in the worst case', published: { cost: 'the general answer' }, ours: growth(tree) },
  ];
  const curves = [old, cached, pinned, tree];
  return {
    rows,
    initialMaps: [],
    series: curves.map(({ label, runs }) => ({
      label, points: runs.map(({ threads, probes }) => ({ threads, value: probes / threads })),
    })),
    plot: { title: 'Probes a thread against threads' },
    sentence:
      'All six claims hold here: constant cost a thread instead of one that grows with N, the same addresses, two areas, one ' +
      'for all, or one a stack, and a worst case as dear as before; the tree that was only an idea then costs its height.',
  };
}

export const seed2002: Experiment = {
  name: 'seed2002',
  about: 'thread creation before and after mm->free_area_cache, its stacks, and its worst case',
  source: 'Ingo Molnar, commit 631709da22 of 2.5.46 (mm->free_area_cache), 2002-10-31; claims, no figures',
  expectedMs: 2000,
  run,
};
