/*
 * A worker of `guardpage run --explore`: loads the program once, then takes shards of the exploration until there are no
 * more. What the program prints while it is explored is compared and not shown.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { explore, ExploreError } from '../explore/explore.js';
import { observeRun } from '../explore/observe_run.js';
import { ProgramRun } from '../explore/program_run.js';
import { decodeChoices, NO_CHOICES } from '../task/choices.js';
import { ReplaySchedule } from '../task/schedules.js';
import { ConfigError, type Main } from '../index.js';
import { RunError, sentenceOf, UsageError } from './errors.js';
import { CONTROL_WORDS, EXPLORED, type ExploreAnswer, type ExploreJob, type ExploreSetup, LOWEST, STOP } from './explore_messages.js';
import { loadProgram } from './load_program.js';
import { setupOf } from './setup.js';

const setup = workerData as ExploreSetup;
const control = new Int32Array(setup.control, 0, CONTROL_WORDS);

function post(answer: ExploreAnswer): void {
  parentPort!.postMessage(answer);
}

function doJob(job: ExploreJob, program: ProgramRun, main: Main): ExploreAnswer {
  if (job.kind === 'observe') {
    const choices = decodeChoices(job.schedule.replace('replay:', '')) ?? NO_CHOICES;
    const run = observeRun(setup.config, main, setup.argv, new ReplaySchedule(choices));
    return { kind: 'observed', run: { ...run, result: { ...run.result } } };
  }
  const shard = job.options.shard ?? 0;
  let counted = 0;
  const shouldStop = (explored: number) => {
    Atomics.add(control, EXPLORED, explored - counted);
    counted = explored;
    return Atomics.load(control, STOP) !== 0 || Atomics.load(control, LOWEST) < shard;
  };
  const exploration = explore((schedule) => program.run(schedule), { ...job.options, shouldStop });
  if (exploration.found !== null) lower(shard);
  return { kind: 'explored', exploration };
}

/** Shards above `shard` need not go on. */
function lower(shard: number): void {
  for (let seen = Atomics.load(control, LOWEST); seen > shard; seen = Atomics.load(control, LOWEST)) {
    if (Atomics.compareExchange(control, LOWEST, seen, shard) === seen) return;
  }
}

function refusal(error: unknown): ExploreAnswer {
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  if (isUsage || error instanceof ExploreError || error instanceof RunError) return { kind: 'refused', sentence: sentenceOf(error), isUsage };
  throw error;
}

/** Runs by the thousand say nothing by console either. */
const silent = new Writable({ write: (_chunk, _encoding, done) => done() });

async function main(): Promise<void> {
  globalThis.console = new Console(silent);
  const program = await loadProgram(setup.program, setup.programShown);
  const run = new ProgramRun(setup.config, program, setup.argv);
  parentPort!.on('message', (job: ExploreJob) => {
    try {
      post(doJob(job, run, program));
    } catch (error) {
      post(refusal(error));
    }
  });
  post({ kind: 'ready', setup: setupOf(run.machine, setup.config) });
}

main().catch((error: unknown) => post(refusal(error)));
