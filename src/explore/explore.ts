/**
 * Exploration: runs a program under many different schedules and finds the first that goes wrong. Systematic by the
 * number of choices that first in, first out would not make (tree.ts), level by level, so that a small program is
 * exhausted; after the first of them every other schedule is one at random by priorities (PCT). How many may be run is
 * a budget alone: it does not change which schedule comes when.
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
  /** Different schedules to run at most; which they are does not depend on it. */
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

/** An exploration that may go on. Places of schedules in it are counted from 1. */
export interface Part extends Exploration {
  /** Nothing is left to run, whether all was run or not. */
  readonly isOver: boolean;
  /** Schedules of the tree that were run, those that had come up at random among them. */
  readonly systematic: number;
  /** After which schedule each level was complete. */
  readonly completeAt: readonly number[];
  /** Which were cut short. */
  readonly cutAt: readonly number[];
}

/** The program cannot be explored: a sentence. */
export class ExploreError extends Error {}

const MOST_CHOICES = 20_000;
/** Depths of PCT, in turn. */
const DEPTHS = [2, 3, 4, 3, 2, 5];
/** Random schedules in a row that had all been run: there are hardly any others. */
const PATIENCE = 1000;
/** Schedules before the first random one. */
const SYSTEMATIC_FIRST = 256;

/** See the top of this file. Throws ExploreError for a program whose runs do not follow from the schedule. */
export function explore(run: RunFunction, options: ExploreOptions): Exploration {
  const { explored, systematic, exhausted, cut, longest, complete, found } = new Explorer(run, options).explore();
  // What another shard has in its tree may have come up at random here.
  return { explored: exhausted ? systematic : explored, exhausted, cut, longest, complete, found };
}

/** An exploration that can go on where it stopped, up to the runs of its options. */
export class Explorer {
  readonly options: ExploreOptions;
  /** Different schedules that were run. */
  explored = 0;
  private readonly run: RunFunction;
  private readonly recorder: Recorder;
  private readonly tree = new Tree();
  private readonly known = new Set<number>();
  private readonly pct = new PctSchedule(0, 1, 1);
  private readonly random = new RandomSchedule(0);
  private first: Seen | null = null;
  private systematic = 0;
  /** Random schedules that were tried, in all and in vain since the last that was new. */
  private tries = 0;
  private misses = 0;
  /** Of the random ones, those that the tree has not come to. */
  private ahead = 0;
  private isRandomNext = false;
  /** There was no room for all of the next level. */
  private isThinned = false;
  private isOver = false;
  private longest = 0;
  private readonly cutAt: number[] = [];
  private readonly completeAt: number[] = [];
  private found: Found | null = null;

  constructor(run: RunFunction, options: ExploreOptions) {
    this.run = run;
    this.options = options;
    this.recorder = new Recorder(options.mostChoices ?? MOST_CHOICES);
  }

  /** Until `runs` schedules have been run since the beginning. */
  explore(runs = this.options.runs): Part {
    const { tree, options } = this;
    if (this.first === null) this.runFirst();
    while (this.found === null && !this.isOver && this.explored < runs && options.shouldStop?.(this.explored) !== true) this.runNext();
    this.noteLevel();
    const hasAll = tree.waiting === 0 && tree.dropped + tree.beyond === 0 && options.only === undefined;
    const exhausted = hasAll && this.found === null && this.cutAt.length === 0;
    const { explored, longest, found, isOver, systematic } = this;
    const complete = this.completeAt.length - 1;
    return {
      explored, exhausted, cut: this.cutAt.length, longest, complete, found, isOver: isOver || hasAll, systematic,
      completeAt: [...this.completeAt], cutAt: [...this.cutAt],
    };
  }

  /** One more of the tree, or one at random, in turn. */
  private runNext(): void {
    const { tree, options } = this;
    const hasRandom = (options.only !== undefined || options.preemptions === undefined) && this.misses < PATIENCE;
    const hasTree = tree.waiting > 0 && options.only === undefined;
    const isLater = this.explored >= SYSTEMATIC_FIRST / (options.shards ?? 1);
    const hasAll = !hasTree && tree.dropped + tree.beyond === 0 && options.only === undefined;
    if (hasAll || !(hasTree || hasRandom)) this.isOver = true;
    else if (!hasTree || (hasRandom && isLater && this.isRandomNext)) this.runRandom();
    else this.runTree();
  }

  /** First in, first out, without a preemption: what the others are judged by. Twice, for it must be the same. */
  private runFirst(): void {
    const { tree, recorder } = this;
    tree.take();
    const first = this.run(recorder.follow(tree));
    this.first = first;
    const { name, length } = recorder;
    const again = this.run(recorder.follow(tree));
    if (recorder.name !== name || recorder.length !== length || !isSame(again, first)) {
      throw new ExploreError(
        'two runs under one schedule differ: the program keeps something between its runs, in a variable of its module for one; keep it in main, or in guest memory',
      );
    }
    if ((this.options.shard ?? 0) === 0) {
      this.count(first);
      this.systematic += 1;
    }
    this.grow();
  }

  /** A schedule that had not been run has been run. */
  private count(seen: Seen): void {
    const { recorder } = this;
    this.explored += 1;
    this.longest = Math.max(this.longest, recorder.length);
    if (seen.outcome === 'timeout') this.cutAt.push(this.explored);
    const finding = judge(seen, this.first!);
    if (finding !== null) this.report(finding);
  }

  private grow(): void {
    const { options, tree } = this;
    // What there is no room for would not be run: those that come up at random as well take none of the runs.
    const room = options.runs - this.explored - tree.waitingNow + this.ahead;
    const bound = options.preemptions ?? Number.POSITIVE_INFINITY;
    tree.expand(this.recorder, room, bound, options.shard ?? 0, options.shards ?? 1);
    this.known.add(this.recorder.name);
  }

  /** A level of which nothing waits is complete, if there was room for all of it. */
  private noteLevel(): void {
    const { tree, completeAt } = this;
    if (tree.waitingNow > 0 || completeAt.length !== tree.level || this.isThinned || this.options.only !== undefined) return;
    completeAt.push(this.explored);
    this.isThinned = tree.dropped > 0;
  }

  private runTree(): void {
    const { tree, recorder } = this;
    this.noteLevel();
    this.isRandomNext = true;
    tree.take();
    const seen = this.run(recorder.follow(tree));
    this.systematic += 1;
    if (this.known.has(recorder.name)) this.ahead -= 1;
    else this.count(seen);
    if (this.found === null) this.grow();
  }

  private runRandom(): void {
    const { recorder, known, options, pct, random } = this;
    this.isRandomNext = false;
    const seed = Math.imul((options.seed ?? 1) + 0x9e37 * (options.shard ?? 0), 0x85ebca6b) + this.tries;
    const { only } = options;
    const depth = only?.schedule === 'pct' ? only.depth : DEPTHS[this.tries % DEPTHS.length]!;
    this.tries += 1;
    const schedule = only?.schedule === 'random' ? random.with(seed) : pct.with(seed, depth, Math.max(1, this.longest));
    const seen = this.run(recorder.follow(schedule));
    this.misses = known.has(recorder.name) ? this.misses + 1 : 0;
    if (this.misses > 0) return;
    known.add(recorder.name);
    this.ahead += 1;
    this.count(seen);
  }

  private report(finding: Finding): void {
    const { run, recorder, explored } = this;
    const first = this.first!;
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
