/*
 * guardpage run PROGRAM --explore N: runs the program under many schedules and reports the first that goes wrong, with
 * the flag that makes it happen again.
 */
import { isatty } from 'node:tty';
import { resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { Exploration } from '../explore/explore.js';
import type { LockCycle } from '../explore/lock_order.js';
import { deadlockCycle } from '../report/deadlock_cycle.js';
import { grouped } from '../report/numbers.js';
import { checkProgram } from './check_program.js';
import { EXIT_INTERRUPTED, UsageError } from './errors.js';
import { type Explored, type ExploreRequest, exploreInPool } from './explore_pool.js';
import { checkWritable, say, STDERR, writeAll, writeJson } from './output.js';
import { differingLines } from './differing_lines.js';
import { configOf, type RunFlags } from './run.js';
import { deadlockLines } from './run_report.js';
import { shortSite, wakeupLines } from './wakeup_lines.js';

/** Flags of one run, which exploring thousands has nothing to give to. */
const ONE_RUN = ['strace', 'trace', 'maps', 'strip', 'svg', 'stats', 'grant'] as const;

/** Returns the exit status: 1 when something was found. */
export async function exploreProgram(program: string, argv: readonly string[], flags: RunFlags): Promise<number> {
  checkProgram(program);
  checkWritable(flags.json);
  const unfit = ONE_RUN.find((name) => flags[name] !== undefined);
  if (unfit !== undefined) throw new UsageError(`--${unfit} shows one run: it cannot go with --explore (use it with --schedule replay:...)`);
  const runs = flags.explore!;
  const progress = new Progress(runs, flags.quiet !== true && isatty(STDERR));
  const interrupt = new Interrupt(() => progress.stop());
  let explored: Explored;
  try {
    explored = await exploreInPool({
      program: resolve(program),
      programShown: program,
      argv,
      config: { ...configOf(flags), schedule: undefined },
      runs,
      options: { runs, seed: flags.seed, ...onlyOf(flags.schedule) },
      mostMs: flags.exploreTime === undefined ? Number.POSITIVE_INFINITY : flags.exploreTime * 1000,
      timeoutMs: flags.timeout * 1000,
      interrupted: interrupt.signal,
      onProgress: (n) => progress.show(n),
    });
  } finally {
    progress.stop();
    interrupt.stop();
  }
  const { found } = explored.exploration;
  const isCut = interrupt.signal.aborted && found === null;
  if (isCut) say(`explored ${schedules(explored.exploration.explored)} so far, nothing found`);
  else report(explored, flags, runs);
  if (flags.json !== undefined) writeJson(flags.json, exploreJson(program, argv, explored));
  if (isCut) return EXIT_INTERRUPTED;
  return found === null ? 0 : 1;
}

/** What a schedule asked for leaves of the exploration: "random" or "pct" alone, else everything. */
function onlyOf(schedule: string | undefined): Pick<ExploreRequest['options'], 'only'> {
  if (schedule === undefined || schedule === 'rr') return {};
  if (schedule === 'random') return { only: { schedule: 'random' } };
  const [, depth] = /^pct(?::([1-9]\d{0,2}))?$/.exec(schedule) ?? [];
  if (schedule.startsWith('pct') && (depth !== undefined || schedule === 'pct')) {
    return { only: { schedule: 'pct', depth: Number(depth ?? 3) } };
  }
  throw new UsageError(`--schedule ${schedule} cannot be explored; with --explore there are: rr (systematic, then pct), random, pct, pct:DEPTH`);
}

// ---- what is said ---------------------------------------------------------------------------------

function report({ exploration, first, shown, isTimeUp }: Explored, flags: RunFlags, runs: number): void {
  const { found } = exploration;
  if (found !== null && shown !== null) {
    const preemptions = `${found.preemptions} ${found.preemptions === 1 ? 'preemption' : 'preemptions'}`;
    say(`${WHAT[found.finding]} in schedule ${grouped(found.number)}, which has ${preemptions}: ${ending(exploration, shown, first)}`);
    if (found.finding === 'output') writeAll(STDERR, differingLines(shown.output, first.output));
    writeAll(STDERR, deadlockLines(shown.result.deadlock));
    writeAll(STDERR, wakeupLines(shown));
  }
  const cycles = shown === null || shown.lockCycles.length === 0 ? first.lockCycles : shown.lockCycles;
  writeAll(STDERR, cycles.map(cycleText).join(''));
  if (found !== null) say(`--schedule ${found.schedule} makes it happen again`);
  if (flags.quiet !== true || found !== null) say(summary(exploration, runs, isTimeUp));
  if (flags.quiet !== true && found === null) say(UNSEEN);
}

const UNSEEN = 'races on JavaScript variables, or on plain loads and stores between two preemption points, are not seen (run --help)';

const WHAT = {
  deadlock: 'deadlock',
  signal: 'crash',
  'out of memory': 'out of memory',
  exception: 'exception',
  'exit status': 'another exit status',
  output: 'other output',
} as const;

function ending({ found }: Exploration, { result }: Explored['first'], first: Explored['first']): string {
  const waits = result.deadlock.length;
  if (found!.finding === 'deadlock') return waits === 1 ? '1 thread waits for ever' : `${grouped(waits)} threads wait for ever`;
  if (found!.finding === 'exit status') return `${result.exit}, and ${first.result.exit} in the first schedule`;
  if (found!.finding === 'output') return 'not the lines that the first schedule prints';
  return result.message ?? result.outcome;
}

function schedules(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'schedule' : 'schedules'}`;
}

function summary({ explored, exhausted, cut, complete, found }: Exploration, runs: number, isTimeUp: boolean): string {
  const of = `explored ${schedules(explored)}`;
  const long = cut > 0 ? `; ${grouped(cut)} were cut short for their length` : '';
  if (found !== null) return `${of}${long}`;
  if (exhausted) return `${of}, all there are: nothing found`;
  const all = complete > 0 ? `, among them all with up to ${complete} preemptions` : '';
  const why = isTimeUp ? ' (--explore-time is over)' : explored < 0.99 * runs ? ' (hardly any others came up at random)' : ' (a higher --explore N tries more)';
  return `${of}${all}: nothing found${long}${why}`;
}

function cycleText(cycle: LockCycle): string {
  const lines = cycle.map(({ tid, thread, holds, heldSince, takes, takenAt }) =>
    `  thread ${tid} (${thread}) holds ${holds} since ${shortSite(heldSince)}\n    and takes ${takes} at ${shortSite(takenAt)}\n`);
  return `guardpage: these threads take ${cycle.length} locks in a circle, which can deadlock:\n${lines.join('')}`;
}

/** Keys and meanings are kept. */
function exploreJson(program: string, argv: readonly string[], { setup, exploration, first, shown }: Explored): object {
  const { explored, exhausted, cut, complete, found } = exploration;
  return {
    schemaVersion: 1, program, argv, ...setup, explored, exhausted, cut, complete,
    found: found === null || shown === null ? null : foundJson(found, shown),
    lockCycles: shown === null || shown.lockCycles.length === 0 ? first.lockCycles : shown.lockCycles,
  };
}

function foundJson(found: NonNullable<Exploration['found']>, { result, lostWakeups, oneWoken }: NonNullable<Explored['shown']>): object {
  const { finding, number, schedule, preemptions } = found;
  const { outcome, exit, signal, message, deadlock } = result;
  return {
    finding, outcome, exit, signal, message, schedule, preemptions, number, deadlock, deadlockCycle: deadlockCycle(deadlock),
    lostWakeups, oneWoken,
  };
}

// ---- progress -------------------------------------------------------------------------------------

class Progress {
  private readonly bar: SingleBar | null;

  constructor(runs: number, isShown: boolean) {
    this.bar = isShown
      ? new SingleBar({
          format: '{bar} {percentage}%  {value} of {total} schedules  {eta_formatted} left',
          stream: process.stderr,
          clearOnComplete: true,
          stopOnComplete: false,
          hideCursor: false,
          barsize: 24,
        })
      : null;
    this.bar?.start(runs, 0);
  }

  show(explored: number): void {
    this.bar?.update(explored);
  }

  stop(): void {
    this.bar?.stop();
  }
}

/** Ctrl-C ends the exploration with what it has so far; the second one ends the process, whatever it does. */
class Interrupt {
  private readonly controller = new AbortController();
  private readonly quit: () => void;

  constructor(quit: () => void) {
    this.quit = quit;
    process.on('SIGINT', this.interrupted);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  private readonly interrupted = () => {
    if (!this.signal.aborted) {
      this.controller.abort();
      return;
    }
    this.quit();
    process.exit(EXIT_INTERRUPTED);
  };

  stop(): void {
    process.removeListener('SIGINT', this.interrupted);
  }
}
