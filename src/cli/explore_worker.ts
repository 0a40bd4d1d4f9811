/*
 * A worker of `guardpage run --explore`: loads the program once, then goes on with lanes of the exploration as it is
 * told. What the program prints while it is explored is compared and not shown.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { ExploreError, Explorer } from '../explore/explore.js';
import { observeRun } from '../explore/observe_run.js';
import { ProgramRun } from '../explore/program_run.js';
import { decodeChoices, NO_CHOICES } from '../task/choices.js';
import { ReplaySchedule } from '../task/schedules.js';
import { Bug } from '../lib/bug.js';
import { ConfigError, type Main } from '../index.js';
import { RunError, sentenceOf, UsageError } from './errors.js';
import { CONTROL_WORDS, EXPLORED, type ExploreAnswer, type ExploreJob, type ExploreSetup, LOWEST, type ShownRun, STOP } from './explore_messages.js';
import { loadProgram } from './load_program.js';
import { placeOf } from './place.js';
import { setupOf } from './setup.js';

const setup = workerData as ExploreSetup;
const control = new Int32Array(setup.control, 0, CONTROL_WORDS);

function post(answer: ExploreAnswer): void {
  parentPort!.postMessage(answer);
}

function doJob(job: ExploreJob, program: ProgramRun, main: Main): ExploreAnswer {
  if (job.kind === 'observe') {
    const choices = decodeChoices(job.schedule.replace('replay:', '')) ?? NO_CHOICES;
    return { kind: 'observed', run: observed(main, new ReplaySchedule(choices)) };
  }
  const part = laneOf(job, program).explore(job.runs);
  const { shard = 0, shards = 1 } = job.options;
  if (part.found !== null) lower(turnOf(part.explored, shard, shards) - shards);
  return { kind: 'explored', part };
}

/** A run with what it prints, and the place of what it throws. */
function observed(main: Main, schedule: ReplaySchedule): ShownRun {
  const written: Uint8Array[] = [];
  const sink = (bytes: Uint8Array) => {
    written.push(bytes.slice());
  };
  const run = observeRun({ ...setup.config, stdout: sink, stderr: sink }, main, setup.argv, schedule);
  const { cause } = run.result as { cause?: unknown };
  const place = cause instanceof Bug ? null : placeOf(cause, setup);
  const message = place === null ? run.result.message : `${run.result.message} (${place})`;
  return { ...run, result: { ...run.result, message }, output: Buffer.concat(written).toString() };
}

const lanes = new Map<number, Explorer>();

function laneOf({ options }: ExploreJob & { kind: 'explore' }, program: ProgramRun): Explorer {
  const { shard = 0, shards = 1 } = options;
  const known = lanes.get(shard);
  if (known?.options.runs === options.runs) return known;
  if (known !== undefined) Atomics.sub(control, EXPLORED, known.explored);
  let counted = 0;
  const shouldStop = (explored: number) => {
    Atomics.add(control, EXPLORED, explored - counted);
    counted = explored;
    return Atomics.load(control, STOP) !== 0 || Atomics.load(control, LOWEST) < turnOf(explored, shard, shards);
  };
  const lane = new Explorer((schedule) => program.run(schedule), { ...options, shouldStop });
  lanes.set(shard, lane);
  return lane;
}

/** When a lane that has run so many has its next turn. The first lane counts one that all have in common. */
function turnOf(explored: number, lane: number, lanesInAll: number): number {
  return (explored - (lane === 0 ? 1 : 0)) * lanesInAll + lane;
}

/** Turns after `turn` need not be taken. */
function lower(turn: number): void {
  for (let seen = Atomics.load(control, LOWEST); seen > turn; seen = Atomics.load(control, LOWEST)) {
    if (Atomics.compareExchange(control, LOWEST, seen, turn) === seen) return;
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
