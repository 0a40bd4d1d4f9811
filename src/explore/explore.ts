/**
 * Exploration: runs a program under many different schedules and finds the first that goes wrong. Systematic by the
 * number of choices that first in, first out would not make (tree.ts), level by level as long as the next one fits into
 * what is left of the runs, so that a small program is exhausted; then half of the rest at random by priorities (PCT),
 * and half of it on with the tree.
 *
 * What it cannot see: races on JavaScript variables, and on plain loads and stores between two preemption points.
 */
import { encodeChoices } from '../task/choices.js';
import { PctSchedule, RandomSchedule, ReplaySchedule } from '../task/schedules.js';
import { Recorder } from './recorder.js';
import { type Finding, judge, type RunFunction, type Seen } from './run.js';
import { shrink } from './shrink.js';
import { Tree } from './tree.js';

export interface ExploreOptions {
  /** Different schedules to run at most. */
  readonly runs: number;
  /** Seed of the random part; default 1. */
  readonly seed?: number;
  /** Choices after which a run is cut short; default 20,000. */
  readonly mostChoices?: number;
  /** Preemptions of a schedule at most, and no random ones; default as many as there can be. */
  readonly preemptions?: number;
  /** Random schedules alone: "random", or "pct" of one depth. */
  readonly only?: { readonly schedule: 'random' } | { readonly schedule: 'pct'; readonly depth: number };
  /** This is one of `shards` explorations that share the schedules among them, counted from 0. */
  readonly shard?: number;
  readonly shards?: number;
  /** Asked after every run, with the runs so far; true ends the exploration. */
  readonly shouldStop?: (explored: number) => boolean;
}

export interface Found {
  readonly finding: Finding;
  /** Which of the schedules it was, counted from 1. */
  readonly number: number;
  /** "replay:12A0B", for --schedule. */
  readonly schedule: string;
  readonly preemptions: number;
  readonly seen: Seen;
}

export interface Exploration {
  /** Different schedules that were run. */
  readonly explored: number;
  /** There are no others. */
  readonly exhausted: boolean;
  /** Runs that were cut short for their length, of which nothing is known. */
  readonly cut: number;
  /** Most choices of a run. */
  readonly longest: number;
  /** Choices other than 0, and so preemptions, up to which all schedules were run; -1 for none. */
  readonly complete: number;
  readonly found: Found | null;
}

/** The program cannot be explored: a sentence. */
export class ExploreError extends Error {}

const MOST_CHOICES = 20_000;
/** Depths of PCT, in turn. */
const DEPTHS = [2, 3, 4, 3, 2, 5];
/** Random schedules in a row that had all been run: there are hardly any others. */
const PATIENCE = 1000;

/** See the top of this file. Throws ExploreError for a program whose runs do not follow from the schedule. */
export function explore(run: RunFunction, options: ExploreOptions): Exploration {
  return new Explorer(run, options).explore();
}

class Explorer {
  private readonly run: RunFunction;
  private readonly options: ExploreOptions;
  private readonly recorder: Recorder;
  private readonly tree = new Tree();
  private readonly known = new Set<number>();
  private first!: Seen;
  private explored = 0;
  private cut = 0;
  private longest = 0;
  private complete = -1;
  private found: Found | null = null;

  constructor(run: RunFunction, options: ExploreOptions) {
    this.run = run;
    this.options = options;
    this.recorder = new Recorder(options.mostChoices ?? MOST_CHOICES);
  }

  explore(): Exploration {
    this.runFirst();
    if (this.options.only !== undefined) this.runRandom(this.options.runs);
    else this.runAll();
    const { tree } = this;
    const hasAll = tree.waiting === 0 && tree.dropped + tree.beyond === 0 && this.options.only === undefined;
    const exhausted = hasAll && this.found === null && this.cut === 0;
    const { explored, cut, longest, complete, found } = this;
    return { explored, exhausted, cut, longest, complete, found };
  }

  private runAll(): void {
    const { tree, options } = this;
    this.runTree('while it fits');
    // Half of the runs that are left are random; the rest is for what there is of the next level.
    const half = this.explored + Math.ceil((options.runs - this.explored) / 2);
    if (tree.dropped > 0 && options.preemptions === undefined) this.runRandom(half);
    this.runTree('to its end');
  }

  private isOver(): boolean {
    const { runs, shouldStop } = this.options;
    return this.found !== null || this.explored >= runs || shouldStop?.(this.explored) === true;
  }

  /** First in, first out, without a preemption: what the others are judged by. Twice, for it must be the same. */
  private runFirst(): void {
    const { tree, recorder } = this;
    tree.take();
    this.first = this.run(recorder.follow(tree));
    const { name, length } = recorder;
    const again = this.run(recorder.follow(tree));
    if (recorder.name !== name || recorder.length !== length || !isSame(again, this.first)) {
      throw new ExploreError(
        'two runs under one schedule differ: the program keeps something between its runs, in a variable of its module for one; keep it in main, or in guest memory',
      );
    }
    if ((this.options.shard ?? 0) === 0) this.count(this.first);
    this.grow();
  }

  /** A schedule that had not been run has been run. */
  private count(seen: Seen): void {
    const { recorder } = this;
    this.explored += 1;
    this.longest = Math.max(this.longest, recorder.length);
    if (seen.outcome === 'timeout') this.cut += 1;
    const finding = judge(seen, this.first);
    if (finding !== null) this.report(finding);
  }

  private grow(): void {
    const { options, tree } = this;
    const room = options.runs - this.explored - tree.waitingNow;
    const bound = options.preemptions ?? Number.POSITIVE_INFINITY;
    tree.expand(this.recorder, room, bound, options.shard ?? 0, options.shards ?? 1);
    this.known.add(this.recorder.name);
  }

  /** Level after level: while the next one is known to fit into what is left of the runs, or what there is of it. */
  private runTree(how: 'while it fits' | 'to its end'): void {
    const { tree, recorder } = this;
    while (!this.isOver()) {
      if (tree.waitingNow === 0 && how === 'while it fits') {
        this.complete = tree.level;
        if (tree.dropped > 0) return;
      }
      if (!tree.take()) return;
      const seen = this.run(recorder.follow(tree));
      if (how === 'while it fits' || !this.known.has(recorder.name)) this.count(seen);
      if (this.found === null) this.grow();
    }
  }

  /** Random schedules until `end` have been run, or there seem to be no more. */
  private runRandom(end: number): void {
    const { recorder, known, options } = this;
    const seed = Math.imul((options.seed ?? 1) + 0x9e37 * (options.shard ?? 0), 0x85ebca6b);
    const pct = new PctSchedule(0, 1, 1);
    const random = new RandomSchedule(0);
    const { only } = options;
    for (let i = 0, misses = 0; this.explored < end && !this.isOver() && misses < PATIENCE; i++, misses++) {
      const depth = only?.schedule === 'pct' ? only.depth : DEPTHS[i % DEPTHS.length]!;
      const isUniform = only?.schedule === 'random';
      const schedule = isUniform ? random.with(seed + i) : pct.with(seed + i, depth, Math.max(1, this.longest));
      const seen = this.run(recorder.follow(schedule));
      if (known.has(recorder.name)) continue;
      known.add(recorder.name);
      misses = 0;
      this.count(seen);
    }
  }

  private report(finding: Finding): void {
    const { run, recorder, first, explored } = this;
    const choices = shrink({ run, recorder, first, finding }, recorder.choices());
    const seen = run(recorder.follow(new ReplaySchedule(choices)));
    if (judge(seen, first) !== finding) {
      throw new ExploreError(
        'a schedule did not do the same twice: the program keeps something between its runs, in a variable of its module for one; keep it in main, or in guest memory',
      );
    }
    const schedule = `replay:${encodeChoices(choices)}`;
    this.found = { finding, number: explored, schedule, preemptions: recorder.preemptions, seen };
  }
}

function isSame(a: Seen, b: Seen): boolean {
  return a.outcome === b.outcome && a.exit === b.exit && a.threw === b.threw && a.output === b.output;
}
