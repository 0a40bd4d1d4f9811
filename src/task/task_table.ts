/**
 * TaskTable: the kernel's tasks (task_struct), one row each in typed-array columns, named by a small slot
 * number that is reused. A million live threads cost some 50 bytes each here.
 */
import { F64Map } from '../lib/f64_map.js';
import { grown } from '../lib/grow.js';

export const TASK_FREE = 0;
/** Running or in the run queue. */
export const TASK_RUNNING = 1;
/** Asleep in futex WAIT. */
export const TASK_FUTEX = 2;
/** In the run queue again; the call it slept in has not returned yet. */
export const TASK_WOKEN = 3;
/** Asleep in another call: Kernel.asleep says in which. */
export const TASK_ASLEEP = 4;

/** Whether the task can run, now or when its turn comes. */
export function isRunnable(state: number): boolean {
  return state === TASK_RUNNING || state === TASK_WOKEN;
}

export class TaskTable {
  /** Live tasks, and the most there were at once. */
  live = 0;
  peak = 0;

  state = new Uint8Array(16);
  tid = new Int32Array(16);
  /** Index of the task's process in Kernel.processes. */
  process = new Int32Array(16);
  /** clear_child_tid: where exit stores 0 and wakes; both halves 0 for none. */
  clearTidHi = new Int32Array(16);
  clearTidLo = new Int32Array(16);
  /** What a sleeping call returns once the task runs again: 0 or a negative errno. */
  wakeResult = new Int32Array(16);
  /** Counts the task's sleeps, so that an old timer is recognised. */
  sleeps = new Int32Array(16);
  /** Next in the run queue. */
  runNext = new Int32Array(16);
  /** The word slept on, as physical address, and the next waiter of its hash bucket. */
  futexKey = new Float64Array(16);
  futexNext = new Int32Array(16);

  /** Slots by tid, once somebody has asked for one: a thread that nobody signals costs nothing here. */
  private byTid: F64Map | null = null;
  private made = 0;
  private free = -1; // chained through runNext

  reset(): void {
    this.state.fill(0, 0, this.made);
    this.live = 0;
    this.peak = 0;
    this.made = 0;
    this.free = -1;
    this.byTid = null;
  }

  /** Slot of a live task, or -1. */
  slotOf(tid: number): number {
    if (tid <= 0) return -1;
    if (this.byTid === null) {
      const index = new F64Map();
      this.forEach((slot) => {
        index.set(this.tid[slot]!, slot);
      });
      this.byTid = index;
    }
    return this.byTid.get(tid);
  }

  alloc(tid: number, process: number): number {
    let slot = this.free;
    if (slot >= 0) this.free = this.runNext[slot]!;
    else {
      if (this.made === this.state.length) this.grow();
      slot = this.made++;
    }
    this.state[slot] = TASK_RUNNING;
    this.tid[slot] = tid;
    this.process[slot] = process;
    this.clearTidHi[slot] = 0;
    this.clearTidLo[slot] = 0;
    this.wakeResult[slot] = 0;
    if (this.byTid !== null) this.byTid.set(tid, slot);
    this.live += 1;
    if (this.live > this.peak) this.peak = this.live;
    return slot;
  }

  release(slot: number): void {
    if (this.byTid !== null) this.byTid.delete(this.tid[slot]!);
    this.state[slot] = TASK_FREE;
    this.runNext[slot] = this.free;
    this.free = slot;
    this.live -= 1;
  }

  /** Calls `visit` for every live task, in slot order. */
  forEach(visit: (slot: number) => void): void {
    for (let slot = 0; slot < this.made; slot++) if (this.state[slot] !== TASK_FREE) visit(slot);
  }

  private grow(): void {
    const n = this.state.length * 4;
    this.state = grown(this.state, n);
    this.tid = grown(this.tid, n);
    this.process = grown(this.process, n);
    this.clearTidHi = grown(this.clearTidHi, n);
    this.clearTidLo = grown(this.clearTidLo, n);
    this.wakeResult = grown(this.wakeResult, n);
    this.sleeps = grown(this.sleeps, n);
    this.runNext = grown(this.runNext, n);
    this.futexKey = grown(this.futexKey, n);
    this.futexNext = grown(this.futexNext, n);
  }
}
