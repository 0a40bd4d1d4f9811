/**
 * The run queue: first in, first out, chained through TaskTable.runNext. A task runs until it sleeps,
 * yields or ends, so the interleaving follows from the program alone and is the same on every host.
 */
import type { TaskTable } from './task_table.js';

export class RunQueue {
  /** Switches from one task to another so far. */
  switches = 0;
  private head = -1;
  private tail = -1;
  private last = -1;
  private readonly tasks: TaskTable;

  constructor(tasks: TaskTable) {
    this.tasks = tasks;
  }

  reset(): void {
    this.switches = 0;
    this.head = -1;
    this.tail = -1;
    this.last = -1;
  }

  /** Puts a task at the end. */
  push(slot: number): void {
    this.tasks.runNext[slot] = -1;
    if (this.tail < 0) this.head = slot;
    else this.tasks.runNext[this.tail] = slot;
    this.tail = slot;
  }

  /** Takes the next task, or -1. */
  pick(): number {
    const slot = this.head;
    if (slot < 0) return -1;
    this.head = this.tasks.runNext[slot]!;
    if (this.head < 0) this.tail = -1;
    if (slot !== this.last) this.switches += 1;
    this.last = slot;
    return slot;
  }

  /** Empties the queue: exit_group ended everybody in it. */
  clear(): void {
    this.head = -1;
    this.tail = -1;
  }
}
