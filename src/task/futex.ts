/**
 * Futexes: sleeping on a word of memory. Waiters are hashed by the word's physical address (page frame
 * and offset), so a word shared by two address spaces is one futex; a bucket's chain is in order of
 * arrival. Source: Linux 2.5.46, kernel/futex.c: futex_wait(), futex_wake(); 6.1, kernel/futex/requeue.c.
 */
import { TASK_FUTEX, type TaskTable } from './task_table.js';

/** Every bit: what a waiter without a bitset of its own waits for. */
const MATCH_ANY = -1;

export class FutexQueues {
  /** Tasks asleep on a word. */
  waiters = 0;
  /** Bitsets of those waiters that gave one, by slot (FUTEX_WAIT_BITSET). */
  private readonly bitsets = new Map<number, number>();
  private head = new Int32Array(64).fill(-1);
  private tail = new Int32Array(64).fill(-1);
  private readonly tasks: TaskTable;
  private readonly pageSize: number;

  constructor(tasks: TaskTable, pageSize: number) {
    this.tasks = tasks;
    this.pageSize = pageSize;
  }

  reset(): void {
    if (this.waiters > 0) {
      this.head.fill(-1);
      this.tail.fill(-1);
    }
    this.waiters = 0;
    if (this.bitsets.size > 0) this.bitsets.clear();
  }

  /** Puts a task to sleep on the word at physical address `key`. */
  wait(slot: number, key: number): void {
    if (this.waiters >= this.head.length) this.rehash();
    this.tasks.state[slot] = TASK_FUTEX;
    this.tasks.futexKey[slot] = key;
    this.tasks.sleeps[slot]! += 1;
    this.append(slot);
    this.waiters += 1;
  }

  /** The same, to be woken only by a wake-up that shares a bit with `bitset`. */
  waitBitset(slot: number, key: number, bitset: number): void {
    this.wait(slot, key);
    if (bitset !== MATCH_ANY) this.bitsets.set(slot, bitset);
  }

  /**
   * Wakes up to `count` tasks that sleep on `key`, oldest first, calling `woken` for each. Returns how many.
   * As in 2.5.46, a count of 0 wakes one: the kernel compares after waking.
   */
  wake(key: number, count: number, woken: (slot: number) => void): number {
    const { futexKey, futexNext } = this.tasks;
    const bucket = this.bucket(key);
    let n = 0;
    let prev = -1;
    for (let slot = this.head[bucket]!; slot >= 0; ) {
      const next = futexNext[slot]!;
      if (futexKey[slot] === key) {
        this.unlink(bucket, prev, slot);
        woken(slot);
        n += 1;
        if (n >= count) break;
      } else {
        prev = slot;
      }
      slot = next;
    }
    return n;
  }

  /** wake() of the waiters that share a bit with `bitset`. */
  wakeBitset(key: number, count: number, bitset: number, woken: (slot: number) => void): number {
    if (bitset === MATCH_ANY) return this.wake(key, count, woken);
    const matching = this.waitersOf(key).filter((slot) => ((this.bitsets.get(slot) ?? MATCH_ANY) & bitset) !== 0);
    const first = matching.slice(0, Math.max(count, 1));
    for (const slot of first) {
      this.remove(slot);
      woken(slot);
    }
    return first.length;
  }

  /** Moves a waiter behind those of another word. */
  requeue(slot: number, key: number): void {
    const bitset = this.bitsets.get(slot);
    this.remove(slot);
    this.tasks.futexKey[slot] = key;
    this.append(slot);
    this.waiters += 1;
    if (bitset !== undefined) this.bitsets.set(slot, bitset);
  }

  /** Slots asleep on `key`, oldest first. */
  waitersOf(key: number): number[] {
    const slots: number[] = [];
    for (let slot = this.head[this.bucket(key)]!; slot >= 0; slot = this.tasks.futexNext[slot]!) {
      if (this.tasks.futexKey[slot] === key) slots.push(slot);
    }
    return slots;
  }

  /** Slots asleep on a word of the page at physical address `page`, in no order. */
  waitersOnPage(page: number): number[] {
    const slots: number[] = [];
    for (const first of this.head) {
      for (let slot = first; slot >= 0; slot = this.tasks.futexNext[slot]!) {
        if (Math.floor(this.tasks.futexKey[slot]! / this.pageSize) * this.pageSize === page) slots.push(slot);
      }
    }
    return slots;
  }

  /** Takes a sleeping task out of its queue: a timeout, or its end. */
  remove(slot: number): void {
    const { futexKey, futexNext } = this.tasks;
    const bucket = this.bucket(futexKey[slot]!);
    let prev = -1;
    for (let at = this.head[bucket]!; at >= 0; prev = at, at = futexNext[at]!) {
      if (at !== slot) continue;
      this.unlink(bucket, prev, slot);
      return;
    }
  }

  private unlink(bucket: number, prev: number, slot: number): void {
    const { futexNext } = this.tasks;
    const next = futexNext[slot]!;
    if (prev < 0) this.head[bucket] = next;
    else futexNext[prev] = next;
    if (next < 0) this.tail[bucket] = prev;
    this.waiters -= 1;
    if (this.bitsets.size > 0) this.bitsets.delete(slot);
  }

  private append(slot: number): void {
    const { futexKey, futexNext } = this.tasks;
    const bucket = this.bucket(futexKey[slot]!);
    const tail = this.tail[bucket]!;
    futexNext[slot] = -1;
    if (tail < 0) this.head[bucket] = slot;
    else futexNext[tail] = slot;
    this.tail[bucket] = slot;
  }

  private bucket(key: number): number {
    // Words at the same offset of neighbouring pages get neighbouring buckets: a chain of threads walks
    // the buckets in order instead of missing the cache at each (10% of a thread's cost).
    const page = Math.floor(key / this.pageSize);
    return (page + Math.imul(key - page * this.pageSize, 0x9e3779b1)) & (this.head.length - 1);
  }

  /** Twice the buckets; each old chain keeps its order, so waiters of one word do too. */
  private rehash(): void {
    const old = this.head;
    this.head = new Int32Array(old.length * 2).fill(-1);
    this.tail = new Int32Array(old.length * 2).fill(-1);
    for (const first of old) {
      for (let slot = first; slot >= 0; ) {
        const next = this.tasks.futexNext[slot]!;
        this.append(slot);
        slot = next;
      }
    }
  }
}
