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

/** Areas and pids that the warm-up needs, whatever limits the run is to meet. */
const WARMUP_LIMITS = { maxMapCount: 2 ** 20, pidMax: 2 ** 20 };

/** The second round is compiled with what the first one's end has taught the engine. */
const WARMUP_ROUNDS = 2;

/**
 * The same program on machines of their own, before the clock runs: the JavaScript engine compiles what it will need,
 * which else takes as long as some tens of thousands of threads and hides what a thread costs (100,000 threads on
 * i386: 0.43 s without, 0.29 s after two rounds of 5,000).
 */
function warmUp(plan: RunPlan): void {
  for (let round = 0; round < WARMUP_ROUNDS && plan.warmup > 0; round++) {
    const machine = new Machine({ ...plan.config, ...WARMUP_LIMITS });
    machine.load(main, ['-n', String(plan.warmup), '-s', String(plan.stackBytes)], 'test_str02');
    machine.run();
  }
}

function measure(plan: RunPlan): ChildAnswer {
  warmUp(plan);
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
      ...(machine.nptlForced ? { nptlForced: true } : {}),
      threadsAsked: plan.threads,
      threads,
      warmupThreads: plan.warmup,
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
