/**
 * Priority-inheriting futexes: who owns each one that somebody waits for, and who waits, by priority and then by
 * arrival. Linux 6.1, kernel/futex/pi.c, kernel/locking/rtmutex.c.
 */
import { empty } from '../lib/empty.js';
import type { Priorities } from './priorities.js';

export interface PiState {
  readonly key: number;
  /** Slot of the owner; -1 for one that died and left nobody. */
  owner: number;
  readonly waiters: number[];
  /** Where the word is, for the owner's death: the mm's index is the owner's process. */
  readonly hi: number;
  readonly lo: number;
}

export class PiFutexes {
  private readonly states = new Map<number, PiState>();
  /** The futex that each sleeping task waits for, by slot. */
  private readonly waitsFor = new Map<number, PiState>();
  private readonly priorities: Priorities;

  constructor(priorities: Priorities) {
    this.priorities = priorities;
    priorities.waiting = (slot) => this.highestWaiting(slot);
  }

  reset(): void {
    empty(this.states);
    empty(this.waitsFor);
  }

  get size(): number {
    return this.states.size;
  }

  at(key: number): PiState | undefined {
    return this.states.get(key);
  }

  /** A task starts to wait for a futex that `owner` holds. */
  wait(slot: number, key: number, owner: number, hi: number, lo: number): PiState {
    const state = this.states.get(key) ?? { key, owner, waiters: [], hi, lo };
    this.states.set(key, state);
    const mine = this.priorities.effective(slot);
    const at = state.waiters.findIndex((other) => this.priorities.effective(other) < mine);
    state.waiters.splice(at < 0 ? state.waiters.length : at, 0, slot);
    this.waitsFor.set(slot, state);
    return state;
  }

  /** A task waits no more: it got the futex, or gave up. */
  leave(slot: number): void {
    const state = this.waitsFor.get(slot);
    if (state === undefined) return;
    this.waitsFor.delete(slot);
    state.waiters.splice(state.waiters.indexOf(slot), 1);
    if (state.waiters.length === 0) this.states.delete(state.key);
  }

  /** The futex passes to the first that waits: its slot. */
  pass(state: PiState): number {
    const next = state.waiters[0]!;
    this.leave(next);
    state.owner = next;
    return next;
  }

  /** Whether waiting for what `owner` holds would go in a circle: rt_mutex's deadlock detection. */
  wouldDeadlock(slot: number, owner: number): boolean {
    for (let at = owner, steps = 0; at >= 0 && steps < 1024; steps++) {
      if (at === slot) return true;
      at = this.waitsFor.get(at)?.owner ?? -1;
    }
    return false;
  }

  /** Futexes with waiters that a task owns. */
  ownedBy(slot: number): PiState[] {
    return [...this.states.values()].filter(({ owner }) => owner === slot);
  }

  private highestWaiting(slot: number): number {
    let highest = 0;
    for (const { owner, waiters } of this.states.values()) {
      if (owner === slot) for (const each of waiters) highest = Math.max(highest, this.priorities.effective(each));
    }
    return highest;
  }
}
