/*
 * guardpage demo: the experiment that guardpage grew from, on three machines. In 2.5.46 (November 2002)
 * the search for a hole began to remember where the first one is.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchReport, growthOf } from '../report/index.js';
import { PROGRAM } from './bench.js';
import { type Combinations, planOf, type RunPlan } from './bench_plan.js';
import { reportBench } from './bench_report.js';
import { measureAll } from './bench_runs.js';
import { UsageError } from './errors.js';
import { thisHost } from './host.js';
import { checkWritable, reasonOf, say } from './output.js';

const SEED = 1;
/** Enough for a picture of probes; `bench threads` warms up for times. */
const WARMUP = 1000;
const EXPERIMENTS: readonly Combinations[] = [
  { arch: ['i386'], kernel: ['2.5.45', '2.5.46'], threads: [1000, 2000, 4000, 8000, 16000], seed: SEED },
  {
    arch: ['sparc64', 'ia64'],
    kernel: ['2.5.46'],
    search: ['first-fit', 'free-area-cache'],
    threads: [2000, 4000, 8000, 16000, 32000, 64000],
    seed: SEED,
  },
];

const EXPLANATION =
  'First fit looks at every stack that is already there before it finds room for the next: twice the threads, twice the looks (probes) for\n' +
  'each. With free_area_cache it starts behind them: a thread costs two to four looks, however many there are, on all three machines.\n' +
  'A look takes about a nanosecond here, so that time shows them only where they are many; the counts are the same everywhere.';

/** Returns the exit status. */
export async function demo(folder: string, quiet: boolean): Promise<number> {
  const json = join(folder, 'demo.json');
  const svg = join(folder, 'demo.svg');
  try {
    // Not recursive: below /proc, Node looks for a folder that it could make without end.
    if (!existsSync(folder)) mkdirSync(folder);
    else if (!statSync(folder).isDirectory()) throw new UsageError(`--out ${folder} is not a folder`);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`cannot make the folder ${folder}: ${reasonOf(error)}`);
  }
  checkWritable(json);
  checkWritable(svg);
  const plans: RunPlan[] = EXPERIMENTS.flatMap((lists) => [...planOf({ ...lists, warmup: WARMUP }).runs]);
  if (!quiet) say(`test_str02, ${plans.length} runs, one after the other: a thread creates a thread creates a thread ...`);
  const { runs, notes } = await measureAll(plans, quiet);
  const report: BenchReport = { schemaVersion: 1, host: thisHost(), program: PROGRAM, runs, growth: growthOf(runs) };
  await reportBench(report, { json, svg, quiet, notes, explanation: EXPLANATION });
  return 0;
}
