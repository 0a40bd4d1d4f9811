/**
 * PthreadTable: struct pthread of every thread, one row each in columns. The fields that the kernel and
 * other threads meet as memory, tid among them, are in guest memory at `pd`; the rest is here. Row and
 * block live and die together, so a cached stack keeps its row, as in glibc.
 */
import { grown } from '../lib/grow.js';
import { ValueColumn } from './value_column.js';

/** No thread: end of lists, and joinid of a thread that nobody joins. */
export const NOBODY = -1;

export class PthreadTable {
  /** Address of struct pthread, and of the block that holds it and the stack. */
  pdHi = new Int32Array(16);
  pdLo = new Int32Array(16);
  blockHi = new Int32Array(16);
  blockLo = new Int32Array(16);
  /** Bytes of the block and of the guard in it. */
  size = new Float64Array(16);
  guard = new Float64Array(16);
  /** Row of the joining thread, the thread's own row when detached, or NOBODY. */
  joinid = new Int32Array(16);
  /** 1 once the thread's function has ended (EXITING). */
  exiting = new Uint8Array(16);
  /** Cancellation: the bits of cancellation.ts. */
  cancelhandling = new Int32Array(16);
  /** 1 for a stack of the program's own (pthread_attr_setstack), which is never cached. */
  isUserStack = new Uint8Array(16);
  /** Neighbours in the stack cache. */
  cacheNext = new Int32Array(16);
  cachePrev = new Int32Array(16);
  /** Start routine, its argument, what the thread returned. */
  readonly routine = new ValueColumn();
  readonly arg = new ValueColumn();
  readonly result = new ValueColumn();

  private made = 0;
  private free = NOBODY; // chained through cacheNext

  /** As new, for another program: what a row holds is set when it is given out. */
  reset(): void {
    for (let row = 0; row < this.made; row++) this.release(row);
    this.made = 0;
    this.free = NOBODY;
  }

  alloc(): number {
    let row = this.free;
    if (row !== NOBODY) this.free = this.cacheNext[row]!;
    else {
      if (this.made === this.pdHi.length) this.grow();
      row = this.made++;
    }
    this.joinid[row] = NOBODY;
    this.exiting[row] = 0;
    this.cancelhandling[row] = 0;
    this.isUserStack[row] = 0;
    return row;
  }

  release(row: number): void {
    this.routine.set(row, undefined);
    this.arg.set(row, undefined);
    this.result.set(row, undefined);
    this.cacheNext[row] = this.free;
    this.free = row;
  }

  /** Rows that were ever used. */
  get rows(): number {
    return this.made;
  }

  /** A copy, for the child of a fork. */
  copy(): PthreadTable {
    const copy = new PthreadTable();
    copy.pdHi = this.pdHi.slice();
    copy.pdLo = this.pdLo.slice();
    copy.blockHi = this.blockHi.slice();
    copy.blockLo = this.blockLo.slice();
    copy.size = this.size.slice();
    copy.guard = this.guard.slice();
    copy.joinid = this.joinid.slice();
    copy.exiting = this.exiting.slice();
    copy.cancelhandling = this.cancelhandling.slice();
    copy.isUserStack = this.isUserStack.slice();
    copy.cacheNext = this.cacheNext.slice();
    copy.cachePrev = this.cachePrev.slice();
    copy.made = this.made;
    copy.free = this.free;
    return copy;
  }

  /** Whether the row is given out or waits in the stack cache. */
  isUsed(row: number): boolean {
    for (let free = this.free; free !== NOBODY; free = this.cacheNext[free]!) if (free === row) return false;
    return row < this.made;
  }

  private grow(): void {
    const n = this.pdHi.length * 4;
    this.pdHi = grown(this.pdHi, n);
    this.pdLo = grown(this.pdLo, n);
    this.blockHi = grown(this.blockHi, n);
    this.blockLo = grown(this.blockLo, n);
    this.size = grown(this.size, n);
    this.guard = grown(this.guard, n);
    this.joinid = grown(this.joinid, n);
    this.exiting = grown(this.exiting, n);
    this.isUserStack = grown(this.isUserStack, n);
    this.cancelhandling = grown(this.cancelhandling, n);
    this.cacheNext = grown(this.cacheNext, n);
    this.cachePrev = grown(this.cachePrev, n);
  }
}
