/*
 * Runs a plan, one process after the other: two at a time would disturb each other's clocks.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isatty } from 'node:tty';
import { SingleBar } from 'cli-progress';
import type { BenchRun } from '../report/index.js';
import type { RunPlan } from './bench_plan.js';
import { EXIT_INTERRUPTED, RunError } from './errors.js';
import { STDERR } from './output.js';

/** Flags of V8 for every run: no full collections while the heap of a million threads grows. */
const V8_FLAGS = ['--initial-old-space-size=1024', '--min-semi-space-size=16'];

/** A run as measured; `failed` is the error that stopped creation short of the count. */
export interface MeasuredRun extends BenchRun {
  readonly failed?: string;
}

/** What the child prints. */
export type ChildAnswer =
  | { readonly run: MeasuredRun; readonly reached: { readonly areas: number; readonly pids: number } }
  | { readonly error: string };

export interface Measured {
  readonly runs: readonly MeasuredRun[];
  /** A sentence for each run that met a limit. */
  readonly notes: readonly string[];
}

export async function measureAll(plans: readonly RunPlan[], quiet: boolean): Promise<Measured> {
  const progress = new Progress(plans, !quiet && isatty(STDERR));
  const runs: MeasuredRun[] = [];
  const notes: string[] = [];
  try {
    for (const plan of plans) {
      progress.begin(plan);
      const answer = await runChild(plan);
      if ('error' in answer) throw new RunError(`the run of ${plan.label} threads failed: ${answer.error}`);
      runs.push(answer.run);
      if (answer.run.threads < plan.threads) notes.push(shortfall(plan, answer));
      progress.end(plan);
    }
  } finally {
    progress.stop();
  }
  return { runs, notes };
}

function runChild(plan: RunPlan): Promise<ChildAnswer> {
  const script = fileURLToPath(new URL('./bench_child.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...V8_FLAGS, script, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => child.kill();
    process.once('exit', end);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.removeListener('exit', end);
      if (code === 0 && out.endsWith('\n')) resolve(JSON.parse(out) as ChildAnswer);
      else resolve({ error: `its process ended with ${signal ?? `status ${code}`}${lastError(err)}` });
    });
  });
}

/** The line of a crash report that says most. */
function lastError(text: string): string {
  const line = text.split('\n').find((one) => /error/i.test(one));
  return line === undefined ? '' : `: ${line.trim()}`;
}

/** Why a run fell short of its count, and what lifts the limit. */
function shortfall(plan: RunPlan, { run, reached }: Extract<ChildAnswer, { run: unknown }>): string {
  const what = `${plan.label}: pthread_create failed with ${run.failed ?? 'an error'} after ${run.threads} threads`;
  if (reached.areas >= run.limits.maxMapCount) return `${what}: no more than ${run.limits.maxMapCount} areas (--max-map-count)`;
  if (reached.pids >= run.limits.pidMax) return `${what}: no pid left below ${run.limits.pidMax} (--pid-max)`;
  return `${what}: no address space left for a stack of ${run.stackBytes} bytes (--stack)`;
}

/** A bar over the whole plan on stderr, advancing by expected work. */
class Progress {
  private readonly bar: SingleBar | null;
  private readonly total: number;
  private readonly count: number;
  private done = 0;
  private doneCount = 0;
  private readonly start = performance.now();
  private ticking: NodeJS.Timeout | undefined;

  constructor(plans: readonly RunPlan[], isShown: boolean) {
    this.total = plans.reduce((sum, plan) => sum + plan.expectedMs, 0);
    this.count = plans.length;
    this.bar = isShown
      ? new SingleBar({
          format: '{bar} {percentage}%  run {run} of {count}  {label}  {left} left',
          stream: process.stderr,
          clearOnComplete: true,
          stopOnComplete: false,
          hideCursor: false,
          barsize: 24,
        })
      : null;
    if (this.bar === null) return;
    this.bar.start(this.total, 0, { run: 1, count: this.count, label: '', left: '?' });
    // The bar has changed how the terminal wraps lines: put that back before going.
    process.once('SIGINT', this.interrupted);
  }

  private readonly interrupted = () => {
    this.stop();
    process.exit(EXIT_INTERRUPTED);
  };

  /** Within a run the bar goes on by the clock, up to nine tenths of what was expected of it. */
  begin(plan: RunPlan): void {
    if (this.bar === null) return;
    const begun = performance.now();
    const show = () => {
      const within = Math.min(0.9 * plan.expectedMs, performance.now() - begun);
      const value = this.done + within;
      this.bar?.update(value, { run: this.doneCount + 1, label: plan.label, left: this.left(value) });
    };
    show();
    this.ticking = setInterval(show, 200);
  }

  end(plan: RunPlan): void {
    clearInterval(this.ticking);
    this.done += plan.expectedMs;
    this.doneCount += 1;
  }

  stop(): void {
    clearInterval(this.ticking);
    process.removeListener('SIGINT', this.interrupted);
    this.bar?.stop();
  }

  /** Time left if the rest goes as what was done. */
  private left(value: number): string {
    if (this.done === 0) return '?';
    const seconds = ((performance.now() - this.start) / value) * (this.total - value) / 1000;
    return `${Math.ceil(seconds)} s`;
  }
}
