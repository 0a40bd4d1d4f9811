/**
 * The schedules by name: rr (first in, first out, no preemption), random, pct, and replay of a list of choices. All follow
 * from the seed alone and are the same on every host.
 */
import { grown } from '../lib/grow.js';
import { Rng } from '../lib/rng.js';
import { type Choices, decodeChoices } from './choices.js';
import { POINT, type Schedule, YIELDED } from './schedule.js';

/** Any of those that can run, each as likely as the others. */
export class RandomSchedule implements Schedule {
  private rng = new Rng(0);
  private seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** As one newly made. */
  with(seed: number): this {
    this.seed = seed;
    return this;
  }

  reset(): void {
    this.rng = new Rng(this.seed);
  }

  choose(_why: number, _ready: Int32Array, count: number): number {
    return this.rng.below(count);
  }
}

/**
 * PCT, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (Burckhardt, Kothari, Musuvathi,
 * Nagarakatti, ASPLOS 2010): every thread gets a random priority, the highest runs, and at depth - 1 random steps the
 * running thread falls below all others. A bug that needs `depth` ordered steps among n threads of k steps shows in one
 * run with a probability of at least 1 / (n * k ** (depth - 1)).
 *
 * Unlike the paper: a thread that yields falls below all others too, so that one which spins does not spin for ever.
 */
export class PctSchedule implements Schedule {
  private seed: number;
  private depth: number;
  /** The k of the paper: choices that a run is expected to have. */
  private steps: number;
  private rng = new Rng(0);
  private step = 0;
  /** Priority by slot; 0: not drawn yet. Of those that fell, below 0. */
  private priority = new Float64Array(16);
  private lowest = 0;
  private readonly changes = new Set<number>();

  constructor(seed: number, depth: number, steps: number) {
    this.seed = seed;
    this.depth = depth;
    this.steps = steps;
  }

  /** As one newly made. */
  with(seed: number, depth: number, steps: number): this {
    this.seed = seed;
    this.depth = depth;
    this.steps = steps;
    return this;
  }

  reset(): void {
    this.rng = new Rng(this.seed);
    this.step = 0;
    this.lowest = 0;
    this.priority.fill(0);
    this.changes.clear();
    for (let i = 1; i < this.depth; i++) this.changes.add(this.rng.below(this.steps));
  }

  choose(why: number, ready: Int32Array, count: number): number {
    if (why === POINT && this.changes.has(this.step)) this.lower(ready[0]!);
    if (why === YIELDED) this.lower(ready[count - 1]!);
    this.step += 1;
    let best = 0;
    for (let i = 1; i < count; i++) if (this.priorityOf(ready[i]!) > this.priorityOf(ready[best]!)) best = i;
    return best;
  }

  private priorityOf(slot: number): number {
    if (slot >= this.priority.length) this.priority = grown(this.priority, 2 * slot);
    if (this.priority[slot] === 0) this.priority[slot] = 1 + this.rng.real();
    return this.priority[slot]!;
  }

  private lower(slot: number): void {
    this.priorityOf(slot);
    this.lowest -= 1;
    this.priority[slot] = this.lowest;
  }
}

/** What a list of choices says, then first in, first out. */
export class ReplaySchedule implements Schedule {
  /** Choices of the list that the run could not make: it is not the program or the machine that the list is of. */
  misfits = 0;
  private readonly choices: Choices;
  private step = 0;
  private index = 0;

  constructor(choices: Choices) {
    this.choices = choices;
  }

  reset(): void {
    this.step = 0;
    this.index = 0;
    this.misfits = 0;
  }

  choose(_why: number, _ready: Int32Array, count: number): number {
    const { at, choice } = this.choices;
    if (at[this.index] !== this.step++) return 0;
    const chosen = choice[this.index++]!;
    if (chosen < count) return chosen;
    this.misfits += 1;
    return 0;
  }

  /** Choices of the list that the run ended before. */
  get left(): number {
    return this.choices.at.length - this.index;
  }
}

export const scheduleNames = ['rr', 'random', 'pct', 'pct:DEPTH', 'replay:CHOICES'] as const;

const DEFAULT_DEPTH = 3;
const DEFAULT_STEPS = 1000;
const MOST_DEPTH = 1000;

/** The schedule of that name: null for rr, undefined when there is none. */
export function findSchedule(name: string, seed: number): Schedule | null | undefined {
  if (name === 'rr') return null;
  if (name === 'random') return new RandomSchedule(seed);
  if (name.startsWith('replay:')) {
    const choices = decodeChoices(name.slice('replay:'.length));
    return choices === null ? undefined : new ReplaySchedule(choices);
  }
  const [, depth] = /^pct(?::(\d{1,4}))?$/.exec(name) ?? ['', null];
  if (depth === null || Number(depth ?? 1) < 1 || Number(depth ?? 1) > MOST_DEPTH) return undefined;
  return new PctSchedule(seed, Number(depth ?? DEFAULT_DEPTH), DEFAULT_STEPS);
}
