/**
 * Lanes: explorations that share the schedules of a program among them (shards of explore.ts) and take turns, so that
 * workers can run them side by side and which schedule comes when depends on none of them being faster.
 */
import type { Exploration, Part } from './explore.js';

/** The first lane alone counts the schedule that they have in common, first in, first out. */
export function rootOf(lane: number): number {
  return lane === 0 ? 1 : 0;
}

/** Schedules of a lane without that one. */
export function apart({ explored }: Part, lane: number): number {
  return explored - rootOf(lane);
}

export function sumOf(done: readonly Part[], of: (part: Part, lane: number) => number): number {
  return done.reduce((sum, part, lane) => sum + of(part, lane), 0);
}

/**
 * The lanes as one exploration that takes a schedule of each in turn, up to the first that finds something: what others
 * had run beyond it counts for nothing.
 */
export function joined(done: readonly Part[]): Exploration {
  const finders = [...done.keys()].filter((lane) => done[lane]!.found !== null);
  const [finder] = finders.sort((a, b) => apart(done[a]!, a) - apart(done[b]!, b) || a - b);
  const turns = finder === undefined ? Number.POSITIVE_INFINITY : apart(done[finder]!, finder);
  const ends = done.map((part, lane) => {
    const most = finder === undefined || lane <= finder ? turns : turns - 1;
    return rootOf(lane) + Math.max(0, Math.min(apart(part, lane), most));
  });
  const exhausted = done.every((part) => part.exhausted);
  const number = ends.reduce((sum, end) => sum + end, 0);
  return {
    // A schedule that one lane met at random is in the tree of another.
    explored: exhausted ? sumOf(done, ({ systematic }) => systematic) : number,
    exhausted,
    cut: sumOf(done, ({ cutAt }, lane) => cutAt.filter((at) => at <= ends[lane]!).length),
    longest: Math.max(...done.map(({ longest }) => longest)),
    complete: exhausted ? Math.max(...done.map(({ complete }) => complete)) : Math.min(...done.map((part, lane) => completeOf(part, ends[lane]!))),
    found: finder === undefined ? null : { ...done[finder]!.found!, number },
  };
}

/** The levels that were complete by then. */
function completeOf({ completeAt, exhausted }: Part, end: number): number {
  const levels = completeAt.filter((at) => at <= end).length;
  return exhausted && levels === completeAt.length ? Number.MAX_SAFE_INTEGER : levels - 1;
}
