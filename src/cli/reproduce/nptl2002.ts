/*
 * The figures that NPTL was announced with in 2002 (Ulrich Drepper, Ingo Molnar): 100,000 threads at once start in two
 * seconds on IA-32 where it took about a quarter of an hour before; and a benchmark of 100,000 creations by 1 to 20
 * threads, each with 1 to 10 children at a time.
 */
import type { Libc, ThreadBody } from '../../index.js';
import { Machine, type MachineConfig } from '../../machine.js';
import { planOf } from '../bench_plan.js';
import { measureAll } from '../bench_runs.js';
import { RunError } from '../errors.js';
import type { Experiment, Findings, Step } from './experiment.js';
import { rounded, runThreads } from './thread_runs.js';

const THREADS = 100_000;
const STACK_BYTES = 16 * 1024;
/** Under the search of before: enough to tell. */
const THREADS_BEFORE = 20_000;
const TOP_LEVEL = 20;
const CHILDREN = 10;
/** Of each of the 200 cells; published were 100,000 for each. */
const CREATIONS = 1000;
/** Columns of the matrix that are drawn. */
const DRAWN = [1, 5, 10];

const machine2002: MachineConfig = { arch: 'i386', kernel: '2.5.46' };

/** Top-level threads that create children, join them, and again. argv: threads, children of each, rounds. */
function* matrix(libc: Libc, argv: string[]): ThreadBody<number> {
  const [top, children, rounds] = argv.map(Number) as [number, number, number];

  function* child(): ThreadBody<void> {}

  function* parent(): ThreadBody<void> {
    for (let round = 0; round < rounds; round++) {
      const made = [];
      for (let i = 0; i < children; i++) made.push((yield* libc.pthread_create(null, child, 0))[1]);
      for (const thread of made) yield* libc.pthread_join(thread);
    }
  }

  const parents = [];
  for (let i = 0; i < top; i++) parents.push((yield* libc.pthread_create(null, parent, 0))[1]);
  for (const thread of parents) yield* libc.pthread_join(thread);
  return 0;
}

/** Cells before those that are measured. */
const WARMUPS = 20;
/** Each cell is measured so often; the shortest counts, as collections of garbage fall on any. */
const REPEATS = 3;

/** Microseconds a creation. */
function cell(machine: Machine, top: number, children: number): number {
  const rounds = Math.max(1, Math.round(CREATIONS / (top * children)));
  machine.load(matrix, [top, children, rounds].map(String));
  const { exit, message, wallMs } = machine.run({ now: () => performance.now() });
  if (exit !== 0) throw new RunError(message ?? 'a thread could not be created');
  return ((wallMs ?? 0) * 1000) / (top * children * rounds + top);
}

async function run(step: Step): Promise<Findings> {
  step('100,000 threads at once', 0);
  const plan = planOf({
    arch: ['i386'], kernel: ['2.5.46'], threads: [THREADS], stack: String(STACK_BYTES), seed: 1,
  });
  const { runs: [parallel] } = await measureAll(plan.runs, true);
  step('the search of before', 0.3);
  const before = runThreads({ arch: 'i386', kernel: '2.5.45' }, THREADS_BEFORE, STACK_BYTES);
  const machine = new Machine(machine2002);
  // So that the first cells are not those in which the engine compiles.
  for (let i = 0; i < WARMUPS; i++) cell(machine, 1 + (i % TOP_LEVEL), CHILDREN);
  const us: number[][] = [];
  for (let top = 1; top <= TOP_LEVEL; top++) {
    step(`${top} threads with 1 to ${CHILDREN} children`, 0.4 + (0.6 * top) / TOP_LEVEL);
    us.push(Array.from({ length: CHILDREN }, (_, i) => {
      const times = Array.from({ length: REPEATS }, () => cell(machine, top, i + 1));
      return rounded(Math.min(...times));
    }));
  }
  const all = us.flat();
  return {
    rows: [
      {
        what: '100,000 threads at once, IA-32', published: { seconds: 2 },
        ours: {
          threads: parallel!.threads, seconds: rounded(parallel!.wallMs / 1000), usPerThread: rounded(parallel!.usPerThread),
          probesPerThread: rounded(parallel!.probesPerThread),
        },
      },
      {
        what: 'before', published: { minutes: 15 },
        ours: {
          threads: before.threads, seconds: rounded(before.seconds), probesPerThread: rounded(before.probes / before.threads),
        },
      },
      {
        what: '1 to 20 threads with 1 to 10 children each', published: { creations: 100_000, cells: 200 },
        ours: {
          creations: CREATIONS, cells: all.length, usLeast: Math.min(...all), usMost: Math.max(...all), us,
        },
      },
    ],
    initialMaps: [],
    series: DRAWN.map((children) => ({
      label: `${children} ${children === 1 ? 'child' : 'children'} each`,
      points: us.map((row, i) => ({ threads: i + 1, value: row[children - 1]! })),
    })),
    plot: { title: 'Microseconds a creation against top-level threads', xLabel: 'top-level threads', yLabel: 'microseconds' },
    sentence:
      'That 100,000 threads at once are a matter of seconds agrees, on an emulated IA-32 as well; of the quarter of an hour ' +
      'before, which was LinuxThreads and its kernel too, only the search is here, and a thread costs it as many probes as ' +
      'there are areas; the cost of a creation does not grow ' +
      'with the threads that are alive, as was claimed; with more than five children the stacks, of 8 MiB, no longer fit ' +
      'the cache of 40 MiB that glibc keeps, and are mapped anew.',
  };
}

export const nptl2002: Experiment = {
  name: 'nptl2002',
  about: '100,000 threads at once, and 1 to 20 threads that create 1 to 10 children each',
  source: 'Ulrich Drepper and Ingo Molnar, announcement of NPTL 0.1, 2002-09-19; linux-kernel, 2002-09-22',
  expectedMs: 5000,
  run,
};
