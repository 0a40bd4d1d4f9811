/*
 * One run of `bench threads`, in a process of its own: prints one line of JSON. It loads nothing but
 * the machine and the program, so that time and memory are theirs.
 */
import { writeSync } from 'node:fs';
import main from '../../examples/test_str02.js';
import { Machine } from '../machine.js';
import type { RunPlan } from './bench_plan.js';
import type { ChildAnswer } from './bench_runs.js';

const KIB = 1024;

function measure(plan: RunPlan): ChildAnswer {
  let output = '';
  const decoder = new TextDecoder();
  const print = (bytes: Uint8Array) => {
    output += decoder.decode(bytes);
  };
  const machine = new Machine({ ...plan.config, stdout: print, stderr: print });
  machine.load(main, ['-n', String(plan.threads), '-s', String(plan.stackBytes)], 'test_str02');
  const result = machine.run({ now: () => performance.now() });
  const wallMs = result.wallMs ?? 0;
  if (result.outcome !== 'exited' || result.message !== null || result.exit > 1) {
    return { error: result.message ?? `${result.outcome}, exit status ${result.exit}: ${output}` };
  }
  const { stats } = result;
  const threads = stats.peakThreads - 1;
  const perThread = (value: number) => (threads === 0 ? 0 : value / threads);
  const failed = /pthread_create failed: (\w+)/.exec(output)?.[1];
  return {
    run: {
      arch: machine.target.arch,
      bits: machine.target.bits,
      kernel: machine.target.release.name,
      search: machine.searchName,
      searchForced: machine.searchForced,
      stacks: machine.stacks.name,
      ...(machine.stacksForced ? { stacksForced: true } : {}),
      nptl: machine.nptlVersion,
      threadsAsked: plan.threads,
      threads,
      ...(failed === undefined ? {} : { failed }),
      stackBytes: plan.stackBytes,
      limits: { maxMapCount: machine.mm.maxMapCount, pidMax: machine.kernel.pids.pidMax },
      probes: stats.probes,
      probesPerThread: perThread(stats.probes),
      vmas: stats.vmasAtPeakThreads,
      wallMs,
      usPerThread: perThread(wallMs * 1000),
      rssBytes: process.resourceUsage().maxRSS * KIB,
      firstStack: stats.firstStack,
      lastStack: stats.lastStack,
    },
    reached: { areas: stats.peakVmas, pids: stats.peakThreads + machine.target.release.reservedPids },
  };
}

writeSync(1, `${JSON.stringify(measure(JSON.parse(process.argv[2]!) as RunPlan))}\n`);
