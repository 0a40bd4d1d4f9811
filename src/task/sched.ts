/**
 * The run queue: first in, first out, chained through TaskTable.runNext. A task runs until it sleeps,
 * yields or ends, so the interleaving follows from the program alone and is the same on every host.
 *
 * With a Schedule (schedule.ts) somebody else chooses: who goes on when a task can not, and at each preemption
 * point whether the running task does. A choice is asked for only where there are two tasks or more to choose from,
 * and not at a point that a task reaches without having done anything since it was chosen.
 */
import { grown } from '../lib/grow.js';
import { BLOCKED, POINT, type Schedule, YIELDED } from './schedule.js';
import { TASK_RUNNING, type TaskTable } from './task_table.js';

/** Points that a task passes in a row before it must give way: a thread that spins on a word does not spin for ever. */
const TIME_SLICE = 1000;

/** Who has a priority above the usual one. */
export interface Ranks {
  /** Tasks with a real-time class; while there are none nobody asks for priorities. */
  readonly realTime: number;
  effective(slot: number): number;
}

export class RunQueue {
  /** Set once a task has asked for another class of scheduling. */
  ranks: Ranks | null = null;
  /** Switches from one task to another so far. */
  switches = 0;
  /** Who chooses; null: first in, first out, and no preemption. Changed between runs only. */
  schedule: Schedule | null = null;
  /** The schedule has ended the run. */
  stopped = false;
  private head = -1;
  private tail = -1;
  private last = -1;
  /** The task chosen at a point to go on in the running one's place, or -1. */
  private next = -1;
  /** The running task has passed no point since it was chosen. */
  private isFresh = false;
  /** The task that ran last gave way of itself. */
  private hasYielded = false;
  /** Points that the running task has passed. */
  private passed = 0;
  /** By slot: 1 for a task that was preempted at a point, which it has behind it when it goes on. */
  private atPoint = new Uint8Array(16);
  private ready = new Int32Array(16);
  private readonly tasks: TaskTable;

  constructor(tasks: TaskTable) {
    this.tasks = tasks;
  }

  reset(): void {
    this.switches = 0;
    this.last = -1;
    this.stopped = false;
    this.atPoint.fill(0);
    this.clear();
    this.schedule?.reset();
    this.ranks = null;
  }

  /** Puts a task at the end. */
  push(slot: number): void {
    if (slot === this.last && this.tasks.state[slot] === TASK_RUNNING) this.hasYielded = true;
    this.tasks.runNext[slot] = -1;
    if (this.tail < 0) this.head = slot;
    else this.tasks.runNext[this.tail] = slot;
    this.tail = slot;
  }

  /** Takes the next task, or -1. */
  pick(): number {
    const slot = this.schedule === null ? this.shift() : this.pickScheduled(this.schedule);
    if (slot < 0) return -1;
    if (slot !== this.last) this.switches += 1;
    this.last = slot;
    return slot;
  }

  /**
   * A preemption point of the running task: true when it must give up the processor here, before what it was about
   * to do. Requires: a schedule.
   */
  point(): boolean {
    const { schedule } = this;
    if (schedule === null || this.head < 0) {
      this.isFresh = false;
      return false;
    }
    if (this.isFresh) {
      this.isFresh = false;
      return false;
    }
    this.passed += 1;
    const isOver = this.passed >= TIME_SLICE;
    this.passed = isOver ? 0 : this.passed;
    // At the end of its slice the running task goes behind the others, as if it had yielded.
    const others = isOver ? this.collect(0) : this.collect(this.prepend(this.last));
    const count = this.outranked(isOver ? this.append(others, this.last) : others);
    const chosen = count === 1 ? 0 : schedule.choose(isOver ? YIELDED : POINT, this.ready, count);
    if (chosen < 0) return this.stop();
    const slot = this.ready[chosen]!;
    if (slot === this.last) return false;
    this.next = slot;
    this.markAtPoint(this.last);
    return true;
  }

  /** Takes out the tasks that `goes` names: those of a process that ended. */
  drop(goes: (slot: number) => boolean): void {
    const { runNext } = this.tasks;
    let slot = this.head;
    this.clear();
    while (slot >= 0) {
      const next = runNext[slot]!;
      if (!goes(slot)) this.push(slot);
      slot = next;
    }
  }

  /** Empties the queue: exit_group ended everybody in it. */
  clear(): void {
    this.head = -1;
    this.tail = -1;
    this.next = -1;
    this.isFresh = false;
    this.hasYielded = false;
    this.passed = 0;
  }

  private shift(): number {
    const slot = this.head;
    if (slot < 0) return -1;
    if (this.ranks !== null && this.ranks.realTime > 0) return this.shiftHighest(this.ranks);
    this.head = this.tasks.runNext[slot]!;
    if (this.head < 0) this.tail = -1;
    return slot;
  }

  /** The first of those with the highest priority. */
  private shiftHighest(ranks: Ranks): number {
    const { runNext } = this.tasks;
    let best = this.head;
    for (let slot = runNext[best]!; slot >= 0; slot = runNext[slot]!) {
      if (ranks.effective(slot) > ranks.effective(best)) best = slot;
    }
    this.unlink(best);
    return best;
  }

  private pickScheduled(schedule: Schedule): number {
    let slot = this.next;
    if (slot < 0 && this.head >= 0) slot = this.chooseNext(schedule);
    this.next = -1;
    this.hasYielded = false;
    this.passed = 0;
    if (slot < 0) return -1;
    this.unlink(slot);
    this.isFresh = slot >= this.atPoint.length || this.atPoint[slot] === 0;
    if (!this.isFresh) this.atPoint[slot] = 0;
    return slot;
  }

  private chooseNext(schedule: Schedule): number {
    if (this.head === this.tail) return this.head;
    const count = this.outranked(this.collect(0));
    if (count === 1) return this.ready[0]!;
    const chosen = schedule.choose(this.hasYielded ? YIELDED : BLOCKED, this.ready, count);
    if (chosen >= 0) return this.ready[chosen]!;
    this.stop();
    return -1;
  }

  private stop(): true {
    this.stopped = true;
    return true;
  }

  // ---- the list of those who can run, in `ready` --------------------------------------------------

  private prepend(slot: number): number {
    this.ready[0] = slot;
    return 1;
  }

  private append(count: number, slot: number): number {
    if (count === this.ready.length) this.ready = grown(this.ready, 2 * count);
    this.ready[count] = slot;
    return count + 1;
  }

  /** Lists the queue from index `count` on; returns the count then. */
  private collect(count: number): number {
    const { runNext } = this.tasks;
    for (let slot = this.head; slot >= 0; slot = runNext[slot]!) count = this.append(count, slot);
    return count;
  }

  /** Of the first `count` in `ready`, keeps those with the highest priority, in their order; returns how many. */
  private outranked(count: number): number {
    const { ranks, ready } = this;
    if (ranks === null || ranks.realTime === 0) return count;
    let highest = 0;
    for (let i = 0; i < count; i++) highest = Math.max(highest, ranks.effective(ready[i]!));
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = ready[i]!;
      if (ranks.effective(slot) === highest) {
        ready[kept] = slot;
        kept += 1;
      }
    }
    return kept;
  }

  private unlink(slot: number): void {
    const { runNext } = this.tasks;
    let prev = -1;
    for (let at = this.head; at !== slot; at = runNext[at]!) prev = at;
    const next = runNext[slot]!;
    if (prev < 0) this.head = next;
    else runNext[prev] = next;
    if (next < 0) this.tail = prev;
  }

  private markAtPoint(slot: number): void {
    if (slot >= this.atPoint.length) this.atPoint = grown(this.atPoint, slot * 2);
    this.atPoint[slot] = 1;
  }
}
