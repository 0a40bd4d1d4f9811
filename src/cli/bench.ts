/* guardpage bench threads: plans, measures, reports. */
import { type BenchReport, growthOf } from '../report/index.js';
import { type Combinations, planOf } from './bench_plan.js';
import { reportBench } from './bench_report.js';
import { measureAll } from './bench_runs.js';
import { thisHost } from './host.js';
import { measureNative } from './native.js';
import { checkFile, checkWritable, say } from './output.js';

/** The flags, as commander hands them over. */
export interface BenchFlags extends Combinations {
  readonly json?: string;
  readonly svg?: string;
  readonly native?: boolean;
  readonly quiet?: boolean;
}

/** The program that is measured: examples/test_str02.ts. */
export const PROGRAM = 'test_str02';

/** Returns the exit status. */
export async function benchThreads(flags: BenchFlags): Promise<number> {
  checkWritable(flags.json);
  checkFile('--svg', flags.svg);
  const quiet = flags.quiet === true;
  const plan = planOf(flags);
  if (!quiet) plan.notes.forEach(say);
  const { runs, notes } = await measureAll(plan.runs, quiet);
  const native = flags.native === true ? await measureNative(flags.threads, nativeStack(flags.stack)) : null;
  const report: BenchReport = {
    schemaVersion: 1,
    host: thisHost(),
    program: PROGRAM,
    runs,
    growth: growthOf(runs),
    ...(native === null ? {} : { native }),
  };
  await reportBench(report, { json: flags.json, svg: flags.svg, quiet, notes });
  return 0;
}

/** 0 is the host's own minimum. */
function nativeStack(stack: string | undefined): number {
  if (stack === 'min') return 0;
  return stack === undefined ? 65536 : Number(stack);
}
