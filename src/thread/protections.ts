/** What threads hold of PRIO_PROTECT mutexes; see tpp.ts. */

export const NONE = -1;

/** What one thread holds: mutexes by ceiling, the highest, and its own policy and priority as first read. */
export interface Protection {
  readonly held: Map<number, number>;
  highest: number;
  policy: number;
  priority: number;
}

/** Of one process: what its threads hold, by row, and the range of SCHED_FIFO. */
export class Protections {
  readonly of = new Map<number, Protection>();
  min = NONE;
  max = NONE;
}
