/**
 * The tree of all schedules of a program. A schedule is a list of choices other than 0; its parent is the list without
 * the last one. So each schedule is one node, reached in one way, and running a node shows its children: every choice
 * after its own last one that could have been another.
 *
 *   Level: how many choices other than 0 a schedule has, so at most as many preemptions. Nodes wait in two lists, of the
 *   level in work and of the next.
 *
 * Most bugs show at two or three (Musuvathi and Qadeer, "Iterative Context Bounding for Systematic Testing of
 * Multithreaded Programs", PLDI 2007), so levels come one after the other. That which of the threads goes on when one
 * sleeps counts too is of Emmi, Qadeer and Rakamaric, "Delay-Bounded Scheduling" (POPL 2011): for n threads the first
 * level would hold n! schedules else.
 */
import { grown } from '../lib/grow.js';
import { POINT } from '../task/schedule.js';
import type { Schedule } from '../task/schedule.js';
import type { Recorder } from './recorder.js';

/** The root: no choice but 0. */
const ROOT = 0;
/** Nodes of a tree at most: 24 bytes each. */
const MOST_NODES = 2 ** 20;

export class Tree implements Schedule {
  /** Level of the node that take() gave last. */
  level = 0;
  /** Children that there was no room for, and those beyond the bound: the tree was not exhausted. */
  dropped = 0;
  beyond = 0;

  // Nodes: parent, and the last choice with its number.
  private parent = new Int32Array(256);
  private at = new Int32Array(256);
  private choice = new Int32Array(256);
  private preemptions = new Int32Array(256);
  private made = 1;
  /** Nodes in work, of which the first `taken` were taken, and those of the next level. */
  private current: number[] = [ROOT];
  private taken = 0;
  private next: number[] = [];
  private node = ROOT;

  // The path to the node that runs, for choose().
  private readonly pathAt: number[] = [];
  private readonly pathChoice: number[] = [];
  private step = 0;
  private index = 0;

  /** Nodes that wait, in both lists. */
  get waiting(): number {
    return this.current.length - this.taken + this.next.length;
  }

  /** Nodes that wait in the level in work. */
  get waitingNow(): number {
    return this.current.length - this.taken;
  }

  /** The next node's schedule is what choose() follows from now on. False when none is left. */
  take(): boolean {
    if (this.taken === this.current.length) {
      if (this.next.length === 0) return false;
      this.current = this.next;
      this.next = [];
      this.taken = 0;
      this.level += 1;
    }
    this.node = this.current[this.taken++]!;
    this.setPath();
    return true;
  }

  private setPath(): void {
    this.pathAt.length = 0;
    this.pathChoice.length = 0;
    for (let node = this.node; node !== ROOT; node = this.parent[node]!) {
      this.pathAt.push(this.at[node]!);
      this.pathChoice.push(this.choice[node]!);
    }
  }

  reset(): void {
    this.step = 0;
    this.index = this.pathAt.length - 1;
  }

  choose(): number {
    if (this.index < 0 || this.pathAt[this.index] !== this.step++) return 0;
    return this.pathChoice[this.index--]!;
  }

  /**
   * The node has run: its children wait from now on, as far as there is room: for `room` nodes of the next level in all.
   * Those with more than `bound` preemptions are left out. Of the root's children only every `shards`-th is ours, from
   * `shard` on.
   */
  expand(ran: Recorder, room: number, bound: number, shard: number, shards: number): void {
    const { node } = this;
    const isRoot = node === ROOT;
    let ordinal = 0;
    for (let step = isRoot ? 0 : this.at[node]! + 1; step < ran.length; step++) {
      const preemptions = this.preemptions[node]! + (ran.why[step] === POINT ? 1 : 0);
      for (let choice = 1; choice < ran.count[step]!; choice++) {
        if (isRoot && ordinal++ % shards !== shard) continue;
        if (preemptions > bound) this.beyond += 1;
        else if (this.next.length < room && this.made < MOST_NODES) this.next.push(this.make(node, step, choice, preemptions));
        else this.dropped += 1;
      }
    }
  }

  private make(parent: number, at: number, choice: number, preemptions: number): number {
    if (this.made === this.parent.length) {
      this.parent = grown(this.parent, 2 * this.made);
      this.at = grown(this.at, 2 * this.made);
      this.choice = grown(this.choice, 2 * this.made);
      this.preemptions = grown(this.preemptions, 2 * this.made);
    }
    this.parent[this.made] = parent;
    this.at[this.made] = at;
    this.choice[this.made] = choice;
    this.preemptions[this.made] = preemptions;
    return this.made++;
  }
}
