/**
 * What exploration knows of a program: a function that runs it under a schedule and says what was seen. The same schedule
 * must give the same run.
 */
import type { Outcome } from '../machine.js';
import type { Schedule } from '../task/schedule.js';

/** What a run showed, as far as runs are compared. */
export interface Seen {
  readonly outcome: Outcome;
  /** Exit status: the program's, 128 + signal, or 1. */
  readonly exit: number;
  /** It ended by an exception. */
  readonly threw: boolean;
  /** Stands for what was printed: the same for the same lines, in whatever order they came. */
  readonly output: number;
}

export type RunFunction = (schedule: Schedule) => Seen;

/** Why a run is reported. */
export type Finding = 'deadlock' | 'signal' | 'out of memory' | 'exception' | 'exit status' | 'output';

/**
 * What is wrong with a run, judged by the first one, or null. One that was cut short for its length is neither right
 * nor wrong.
 */
export function judge(seen: Seen, first: Seen): Finding | null {
  if (seen.outcome === 'deadlock') return 'deadlock';
  if (seen.outcome === 'signalled') return 'signal';
  if (seen.outcome === 'oom') return 'out of memory';
  if (seen.outcome === 'timeout') return null;
  if (seen.threw) return 'exception';
  if (seen.exit !== first.exit) return 'exit status';
  return seen.output === first.output ? null : 'output';
}
