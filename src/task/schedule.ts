/**
 * Schedule: who decides which of the tasks that can run goes on. The queue (sched.ts) asks wherever there is a choice;
 * the answers alone determine a run, so a list of them replays it.
 */

/** Why there is a choice: the running task (ready[0]) is at a preemption point and could go on; */
export const POINT = 0;
/** nobody runs, for the last task sleeps or is gone; */
export const BLOCKED = 1;
/** nobody runs, for the last task gave way of itself (sched_yield, the end of its time slice). It is the last in `ready`. */
export const YIELDED = 2;

export interface Schedule {
  /** A run begins. */
  reset(): void;
  /**
   * Index into `ready`, whose first `count` elements are the slots that can run, at least two: at a point the running
   * task first, then the queue in its order. 0 is what plain first in, first out would do. -1 ends the run as a
   * timeout.
   */
  choose(why: number, ready: Int32Array, count: number): number;
}
