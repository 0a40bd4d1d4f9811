/*
 * The pool of workers of `guardpage run --explore`: a thread for each core, which has some of the lanes. The schedules are
 * those of all lanes in turn, however many workers there are.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Exploration, Part } from '../explore/explore.js';
import { apart, joined, rootOf, sumOf } from '../explore/lanes.js';
import { RunError, sentenceOf, UsageError } from './errors.js';
import { CONTROL_WORDS, EXPLORED, type ExploreAnswer, type ExploreJob, type ExploreSetup, LOWEST, NOTHING_FOUND, type ShownRun, STOP } from './explore_messages.js';
import type { Setup } from './messages.js';

/** Parts of the schedules, which take turns. */
const LANES = 16;
/** Schedules for which one worker is enough. */
const ONE_WORKER = 1000;
/** How far the lanes go before the first look at what they found; twice as far each time. */
const FIRST_STEP = 4;
/** Nearly all that a run allocates is garbage at its end: room for thousands of runs saves a fifth of the time. */
const YOUNG_MB = 96;
/** How often progress is looked at. */
const TICK_MS = 200;

export interface ExploreRequest extends Omit<ExploreSetup, 'control'> {
  readonly runs: number;
  readonly options: Omit<ExploreJob & { kind: 'explore' }, 'kind'>['options'];
  /** Infinity: as long as it takes. */
  readonly mostMs: number;
  /** A schedule that takes longer than this never ends. */
  readonly timeoutMs: number;
  /** Aborted: ends it as when the time is over. */
  readonly interrupted: AbortSignal;
  readonly onProgress: (explored: number) => void;
}

export interface Explored {
  readonly setup: Setup;
  readonly exploration: Exploration;
  /** First in, first out; and, where something was found, the run that shows it. */
  readonly first: ShownRun;
  readonly shown: ShownRun | null;
  readonly isTimeUp: boolean;
}

export async function exploreInPool(request: ExploreRequest): Promise<Explored> {
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  control[LOWEST] = NOTHING_FOUND;
  const lanes = request.options.only === undefined ? LANES : 1;
  const workers = request.runs <= ONE_WORKER ? 1 : Math.min(lanes, availableParallelism());
  const members: Member[] = [];
  request.interrupted.addEventListener('abort', () => Atomics.store(control, STOP, 1));
  const watch = new Watch(request, control);
  try {
    for (let i = 0; i < workers; i++) members.push(new Member(request, control));
    const work = async () => {
      const setups = await Promise.all(members.map((member) => member.ready));
      watch.start();
      const done = await exploreLanes(members, request, lanes, control);
      const exploration = joined(done);
      const first = await members[0]!.observe('replay:');
      const { found } = exploration;
      const shown = found === null ? null : await members[0]!.observe(found.schedule);
      return { setup: setups[0]!, exploration, first, shown, isTimeUp: watch.isTimeUp };
    };
    return await Promise.race([work(), watch.failure, ...members.map((member) => member.failure)]);
  } finally {
    watch.end();
    await Promise.all(members.map((member) => member.end()));
  }
}

/**
 * All lanes go on side by side, each further by as much as the others, and what one that is over leaves goes to the
 * rest: so which schedules are run for a budget depends on neither the cores nor how fast a lane was.
 */
async function exploreLanes(members: readonly Member[], request: ExploreRequest, lanes: number, control: Int32Array): Promise<Part[]> {
  const done: Part[] = [];
  const bound = Math.ceil(request.runs / lanes) + 1;
  const goOn = (which: readonly number[], limit: number) => Promise.all(members.map(async (member, i) => {
    for (const lane of which.filter((one) => one % members.length === i)) {
      const runs = limit + rootOf(lane);
      const options = { ...request.options, shard: lane, shards: lanes, runs: runs <= bound ? bound : request.runs };
      done[lane] = await member.explore(options, runs);
    }
  }));
  let open = Array.from({ length: lanes }, (_, lane) => lane);
  await goOn(open, 0);
  for (let limit = 0, step = FIRST_STEP; !isDone(done, control); step *= 2) {
    open = open.filter((lane) => !done[lane]!.isOver);
    const left = request.runs - 1 - sumOf(done, apart);
    if (open.length === 0 || left <= 0) break;
    const most = Math.min(step, Math.floor(left / open.length));
    limit += Math.max(1, most);
    await goOn(most === 0 ? open.slice(0, left) : open, limit);
  }
  return done;
}

function isDone(done: readonly Part[], control: Int32Array): boolean {
  return done.some(({ found }) => found !== null) || Atomics.load(control, STOP) !== 0;
}

/** One worker, which does one job at a time. */
class Member {
  readonly ready: Promise<Setup>;
  readonly failure: Promise<never>;
  private readonly worker: Worker;
  private answered: (answer: ExploreAnswer) => void = () => {};
  private fail!: (error: Error) => void;

  constructor({ program, programShown, argv, config }: ExploreRequest, control: Int32Array) {
    const workerData: ExploreSetup = { program, programShown, argv, config, control: control.buffer as SharedArrayBuffer };
    this.worker = new Worker(new URL('./explore_worker.js', import.meta.url), {
      workerData, stdout: true, stderr: true, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.failure = new Promise((_resolve, reject) => {
      this.fail = reject;
    });
    this.failure.catch(() => {}); // whoever races for it hears of it
    this.worker.on('message', (answer: ExploreAnswer) => {
      if (answer.kind !== 'refused') this.answered(answer);
      else this.fail(answer.isUsage ? new UsageError(answer.sentence) : new RunError(answer.sentence));
    });
    this.worker.on('error', (error) => this.fail(new RunError(`the program threw outside of its threads: ${sentenceOf(error)}`)));
    this.worker.on('exit', (code) => this.fail(new RunError(`the program ended its host thread with status ${code}`)));
    this.ready = this.answer().then((answer) => (answer as ExploreAnswer & { kind: 'ready' }).setup);
  }

  async explore(options: (ExploreJob & { kind: 'explore' })['options'], runs: number): Promise<Part> {
    const answer = await this.ask({ kind: 'explore', options, runs });
    return (answer as ExploreAnswer & { kind: 'explored' }).part;
  }

  async observe(schedule: string): Promise<ShownRun> {
    const answer = await this.ask({ kind: 'observe', schedule });
    return (answer as ExploreAnswer & { kind: 'observed' }).run;
  }

  private ask(job: ExploreJob): Promise<ExploreAnswer> {
    const answer = this.answer();
    this.worker.postMessage(job);
    return answer;
  }

  private answer(): Promise<ExploreAnswer> {
    return new Promise((resolve) => {
      this.answered = resolve;
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

/** Looks at the clock: for the progress, the time that was given, and schedules that never end. */
class Watch {
  readonly failure: Promise<never>;
  isTimeUp = false;
  private readonly ticking: NodeJS.Timeout;
  private begun = Number.POSITIVE_INFINITY;

  constructor(request: ExploreRequest, control: Int32Array) {
    const start = performance.now();
    let last = { explored: 0, at: start };
    let fail!: (error: Error) => void;
    this.failure = new Promise((_resolve, reject) => {
      fail = reject;
    });
    this.failure.catch(() => {});
    this.ticking = setInterval(() => {
      const now = performance.now();
      const explored = Atomics.load(control, EXPLORED);
      request.onProgress(explored);
      if (now - this.begun >= request.mostMs) {
        this.isTimeUp = true;
        Atomics.store(control, STOP, 1);
      }
      if (explored !== last.explored) last = { explored, at: now };
      else if (now - last.at > request.timeoutMs) {
        fail(new RunError(`a schedule did not end within ${request.timeoutMs / 1000} s: a thread that never gives up the processor (--timeout gives it longer)`));
      }
    }, TICK_MS);
  }

  /** The program is loaded: its time begins. */
  start(): void {
    this.begun = performance.now();
  }

  end(): void {
    clearInterval(this.ticking);
  }
}
