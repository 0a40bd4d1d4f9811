/**
 * Scheduling classes and priorities of those tasks that have other than the usual ones. A real-time task runs before
 * all others, and one that holds a priority-inheriting futex runs with the priority of those that wait for it.
 * kernel/sched.c; kernel/locking/rtmutex.c.
 */
import { empty } from '../lib/empty.js';
export const SCHED_OTHER = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;
export const SCHED_IDLE = 5;
export const SCHED_DEADLINE = 6;
export const SCHED_RESET_ON_FORK = 0x40000000;

export const MAX_RT_PRIORITY = 99;

export interface Scheduling {
  readonly policy: number;
  /** 1 to 99 for SCHED_FIFO and SCHED_RR, else 0. */
  readonly priority: number;
  readonly nice: number;
  readonly resetOnFork: boolean;
}

const USUAL: Scheduling = { policy: SCHED_OTHER, priority: 0, nice: 0, resetOnFork: false };

export function isRealTime(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}

export class Priorities {
  private readonly bySlot = new Map<number, Scheduling>();
  /** Tasks with a real-time class: while there are none, nobody asks for priorities. */
  realTime = 0;
  /** Highest priority among those that a task keeps waiting; PI futexes set it. */
  waiting: (slot: number) => number = () => 0;

  reset(): void {
    empty(this.bySlot);
    this.realTime = 0;
  }

  get(slot: number): Scheduling {
    return this.bySlot.get(slot) ?? USUAL;
  }

  set(slot: number, scheduling: Scheduling): void {
    this.forget(slot);
    if (scheduling.policy === SCHED_OTHER && scheduling.nice === 0 && !scheduling.resetOnFork) return;
    this.bySlot.set(slot, scheduling);
    if (isRealTime(scheduling.policy)) this.realTime += 1;
  }

  /** A new task is scheduled as its maker; if that asked so, without a real-time class and a negative nice value. */
  inherit(parent: number, child: number): void {
    const own = this.bySlot.get(parent);
    if (own === undefined) return;
    if (!own.resetOnFork) this.set(child, own);
    else if (!isRealTime(own.policy)) this.set(child, { ...own, nice: Math.max(own.nice, 0), resetOnFork: false });
  }

  forget(slot: number): void {
    const old = this.bySlot.get(slot);
    if (old === undefined) return;
    this.bySlot.delete(slot);
    if (isRealTime(old.policy)) this.realTime -= 1;
  }

  /** Priority as the run queue sees it: 1 to 99 for real-time tasks and for those that inherit it, else 0. */
  effective(slot: number): number {
    return Math.max(this.get(slot).priority, this.waiting(slot));
  }
}
