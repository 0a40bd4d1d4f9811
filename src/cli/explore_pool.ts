/*
 * The pool of workers of `guardpage run --explore`: a thread for each core, kept as long as there are shards. Which
 * shards there are, and which of them is believed, depends on the number of schedules alone and not on the cores.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Exploration } from '../explore/explore.js';
import type { ObservedRun } from '../explore/observe_run.js';
import { RunError, sentenceOf, UsageError } from './errors.js';
import { CONTROL_WORDS, EXPLORED, type ExploreAnswer, type ExploreJob, type ExploreSetup, LOWEST, STOP } from './explore_messages.js';
import type { Setup } from './messages.js';

/** Schedules that are one worker's. */
const ONE_SHARD = 2000;
const SHARDS = 16;
/** How often what is left over is shared out again. */
const MOST_ROUNDS = 4;
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
  readonly onProgress: (explored: number) => void;
}

export interface Explored {
  readonly setup: Setup;
  readonly exploration: Exploration;
  /** First in, first out; and, where something was found, the run that shows it. */
  readonly first: ObservedRun;
  readonly shown: ObservedRun | null;
  readonly isTimeUp: boolean;
}

export async function exploreInPool(request: ExploreRequest): Promise<Explored> {
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  control[LOWEST] = SHARDS;
  const shards = request.runs <= ONE_SHARD ? 1 : SHARDS;
  const members: Member[] = [];
  const watch = new Watch(request, control);
  try {
    for (let i = 0; i < Math.min(shards, availableParallelism()); i++) members.push(new Member(request, control));
    const work = async () => {
      const setups = await Promise.all(members.map((member) => member.ready));
      watch.start();
      const done = await exploreShards(members, request, shards, control);
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
 * The runs are shared out evenly. What shards that are soon exhausted leave over goes to the others, which begin again
 * with more: that costs what they had done, but no schedule depends on how fast another shard was.
 */
async function exploreShards(
  members: readonly Member[], request: ExploreRequest, shards: number, control: Int32Array,
): Promise<Exploration[]> {
  const done: Exploration[] = [];
  let open = Array.from({ length: shards }, (_, shard) => shard);
  let share = Math.floor(request.runs / shards);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const queue = [...open];
    const take = async (member: Member) => {
      for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
        const runs = share + (round === 0 && shard < request.runs % shards ? 1 : 0);
        done[shard] = await member.explore({ ...request.options, runs, shard, shards });
      }
    };
    await Promise.all(members.map(take));
    const left = request.runs - done.reduce((sum, { explored }) => sum + explored, 0);
    open = open.filter((shard) => !done[shard]!.exhausted);
    if (done.some(({ found }) => found !== null) || Atomics.load(control, STOP) !== 0) break;
    if (open.length === 0 || left < open.length) break;
    share += Math.floor(left / open.length);
    for (const shard of open) Atomics.sub(control, EXPLORED, done[shard]!.explored);
  }
  return done;
}

/** The shards as one exploration: what the lowest of them found is found. */
function joined(done: readonly Exploration[]): Exploration {
  const sum = (of: (one: Exploration) => number) => done.reduce((n, one) => n + of(one), 0);
  return {
    explored: sum(({ explored }) => explored),
    exhausted: done.every(({ exhausted }) => exhausted),
    cut: sum(({ cut }) => cut),
    longest: Math.max(...done.map(({ longest }) => longest)),
    complete: Math.min(...done.map(({ complete }) => complete)),
    found: done.find(({ found }) => found !== null)?.found ?? null,
  };
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

  async explore(options: (ExploreJob & { kind: 'explore' })['options']): Promise<Exploration> {
    const answer = await this.ask({ kind: 'explore', options });
    return (answer as ExploreAnswer & { kind: 'explored' }).exploration;
  }

  async observe(schedule: string): Promise<ObservedRun> {
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
