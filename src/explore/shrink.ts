/**
 * Makes a schedule that finds something shorter: fewer choices other than 0, as long as the same is found. Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), by removal of ever smaller parts.
 */
import type { Choices } from '../task/choices.js';
import { ReplaySchedule } from '../task/schedules.js';
import type { Recorder } from './recorder.js';
import { type Finding, judge, type RunFunction, type Seen } from './run.js';

/** Runs that shrinking may take. */
const MOST_RUNS = 2000;

export interface Shrinker {
  readonly run: RunFunction;
  readonly recorder: Recorder;
  readonly first: Seen;
  readonly finding: Finding;
}

/** The shortest list found; it has been run, and finds what `choices` does. */
export function shrink(shrinker: Shrinker, choices: Choices): Choices {
  let best = choices;
  let runs = 0;
  const tried = (candidate: Choices): boolean => {
    runs += 1;
    const found = attempt(shrinker, candidate);
    if (found === null || weight(found) >= weight(best)) return false;
    best = found;
    return true;
  };
  for (let part = Math.ceil(best.at.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let from = 0; from < best.at.length && runs < MOST_RUNS; ) if (!tried(without(best, from, part))) from += part;
  }
  for (let i = 0; i < best.at.length && runs < MOST_RUNS; i++) if (best.choice[i]! > 1) tried(lowered(best, i));
  for (let i = 0; i < best.at.length && runs < MOST_RUNS; i++) if (tried(without(best, i, 1))) i = -1;
  return best;
}

/** Fewer choices first, then lower ones. */
function weight({ at, choice }: Choices): number {
  return at.length * 1e6 + choice.reduce((sum, c) => sum + c, 0);
}

/** The choices that the run really made, if it finds the same; else null. */
function attempt({ run, recorder, first, finding }: Shrinker, candidate: Choices): Choices | null {
  const seen = run(recorder.follow(new ReplaySchedule(candidate)));
  return judge(seen, first) === finding ? recorder.choices() : null;
}

function without({ at, choice }: Choices, from: number, count: number): Choices {
  const isKept = (_: number, i: number) => i < from || i >= from + count;
  return { at: at.filter(isKept), choice: choice.filter(isKept) };
}

function lowered({ at, choice }: Choices, i: number): Choices {
  return { at, choice: choice.map((c, j) => (j === i ? 1 : c)) };
}
