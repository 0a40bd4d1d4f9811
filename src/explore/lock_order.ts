/**
 * The order in which locks are taken. Threads that take the same locks in a circle can deadlock, even where this run did
 * not: Havelund, "Using Runtime Analysis to Guide Model Checking of Java Programs" (SPIN 2000), which calls it GoodLock.
 */
import type { Actor } from './actor.js';

/** A thread that held one lock took, or asked for, another. */
export interface LockStep {
  readonly tid: number;
  readonly thread: string;
  readonly holds: string;
  readonly heldSince: string;
  readonly takes: string;
  readonly takenAt: string;
}

/** Steps of different threads, each of which takes what the next one holds. */
export type LockCycle = readonly LockStep[];

interface Edge extends LockStep {
  /** All that the thread held. */
  readonly held: ReadonlySet<string>;
  readonly time: number;
}

const MOST_EDGES = 1000;
const MOST_CYCLES = 8;
const MOST_LENGTH = 8;

export class LockOrder {
  private time = 0;
  private readonly held = new Map<number, Map<string, Actor>>();
  private readonly edges: Edge[] = [];
  private readonly known = new Set<string>();
  /** By creation: when it was created and joined; and the creation of each tid. */
  private readonly createdAt: number[] = [];
  private readonly joinedAt: number[] = [];
  private readonly idOf = new Map<number, number>();

  created(id: number): void {
    this.time += 1;
    this.createdAt[id] = this.time;
  }

  began(id: number, tid: number): void {
    this.idOf.set(tid, id);
  }

  joined(id: number): void {
    this.time += 1;
    this.joinedAt[id] = this.time;
  }

  /** A thread is about to take a lock, and waits if it must. */
  asks(actor: Actor, lock: string): void {
    this.time += 1;
    const mine = this.held.get(actor.tid);
    if (mine === undefined || mine.has(lock) || this.edges.length >= MOST_EDGES) return;
    for (const [holds, since] of mine) {
      const key = `${actor.tid} ${holds} ${lock} ${since.site} ${actor.site}`;
      if (this.known.has(key)) continue;
      this.known.add(key);
      this.edges.push({
        tid: actor.tid, thread: actor.thread, holds, heldSince: since.site, takes: lock, takenAt: actor.site,
        held: new Set(mine.keys()), time: this.time,
      });
    }
  }

  took(actor: Actor, lock: string): void {
    const mine = this.held.get(actor.tid);
    if (mine === undefined) this.held.set(actor.tid, new Map([[lock, actor]]));
    else mine.set(lock, actor);
  }

  gave(actor: Actor, lock: string): void {
    this.held.get(actor.tid)?.delete(lock);
  }

  /** Circles of threads that can have been under way at once and hold no lock in common, the shortest first. */
  cycles(): LockCycle[] {
    const found: Edge[][] = [];
    for (const edge of this.edges) this.extend([edge], found);
    const seen = new Set<string>();
    return found
      .sort((a, b) => a.length - b.length)
      .filter((cycle) => {
        const name = cycle.map(({ holds }) => holds).sort().join(' ');
        const isNew = !seen.has(name);
        seen.add(name);
        return isNew;
      })
      .slice(0, MOST_CYCLES)
      .map((cycle) => cycle.map(({ held: _, time: __, ...step }) => step));
  }

  /** All circles that begin with `path`, whose first edge is the earliest of them. */
  private extend(path: Edge[], found: Edge[][]): void {
    const last = path[path.length - 1]!;
    const first = path[0]!;
    if (path.length > 1 && last.takes === first.holds) {
      found.push(path);
      return;
    }
    if (path.length === MOST_LENGTH || found.length > 50 * MOST_CYCLES) return;
    for (const edge of this.edges) {
      if (edge.holds !== last.takes || edge.time < first.time) continue;
      if (path.every((other) => this.canMeet(edge, other))) this.extend([...path, edge], found);
    }
  }

  private canMeet(a: Edge, b: Edge): boolean {
    if (a.tid === b.tid) return false;
    for (const lock of a.held) if (b.held.has(lock)) return false;
    return !this.isApart(a, b) && !this.isApart(b, a);
  }

  /** `a` happened before the thread of `b` was created, or after it was joined. */
  private isApart(a: Edge, b: Edge): boolean {
    const id = this.idOf.get(b.tid);
    if (id === undefined) return false;
    return a.time < this.createdAt[id]! || a.time > (this.joinedAt[id] ?? Number.POSITIVE_INFINITY);
  }
}
