/* Runs of test_str02 and its like in this process, for their counts; times are of a warm engine or say nothing. */
import testStr02 from '../../../examples/test_str02.js';
import { Machine, type MachineConfig, type RunStats } from '../../machine.js';
import type { Main } from '../../thread/ts_user_mode.js';
import { RunError } from '../errors.js';

export interface ThreadRun {
  readonly threads: number;
  readonly probes: number;
  readonly seconds: number;
  /** Areas while all were alive, without those of the program itself. */
  readonly areas: number;
  readonly stats: RunStats;
}

/** Areas and pids that a run may need: what is to be met are the machine's other limits. */
const LIFTED = { maxMapCount: 2 ** 22, pidMax: 2 ** 22 };

/** A chain of `threads` with stacks of `stackBytes`. `main` comes first and hands over to test_str02. */
export function runThreads(
  config: MachineConfig, threads: number, stackBytes: number, main: Main = testStr02,
): ThreadRun {
  const machine = new Machine({ ...LIFTED, ...config });
  machine.load(main, ['-n', String(threads), '-s', String(stackBytes)], 'test_str02');
  const own = machine.mm.vmas.size;
  const result = machine.run({ now: () => performance.now() });
  const { stats } = result;
  if (result.exit !== 0 || stats.peakThreads !== threads + 1) {
    throw new RunError(`${stats.peakThreads - 1} of ${threads} threads: ${result.message ?? 'creation failed'}`);
  }
  return {
    threads, probes: stats.probes, seconds: (result.wallMs ?? 0) / 1000, areas: stats.vmasAtPeakThreads - own, stats,
  };
}

/** So that times are of compiled code: the same, small and not looked at. */
export function warmUp(config: MachineConfig, stackBytes: number): void {
  for (let i = 0; i < 2; i++) runThreads(config, 3000, stackBytes);
}

/** With as many digits as are worth reading. */
export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
