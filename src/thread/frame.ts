/**
 * Stack frames of TypeScript programs: `yield* libc.frame(bytes, body)` takes that much of the running
 * thread's stack, touching it page by page downwards as a compiler's stack probes do, runs the body and
 * gives it back. On ia64 the register stack grows with it, upwards from the other end of the block, so a
 * deep recursion meets the guard in the middle from one side or the other.
 */
import { hiOfNumber } from '../lib/u64.js';
import type { ThreadBody } from './call.js';
import type { Nptl } from './nptl.js';

/** Bytes of the register stack that a frame spills at most: 96 stacked registers, 64-bit each. */
const RSE_MAX = 96 * 8;

/** How deep one thread's stacks are, bytes. */
interface Depth {
  stack: number;
  rbs: number;
}

/** What frames need to know of each thread that has any, by row. */
export class Frames {
  private readonly depths = new Map<number, Depth>();

  depthOf(row: number): Depth {
    let depth = this.depths.get(row);
    if (depth === undefined) {
      depth = { stack: 0, rbs: 0 };
      this.depths.set(row, depth);
    }
    return depth;
  }

  /** The thread in `row` goes on in a child. */
  forkFrom(parent: Frames, row: number): void {
    const depth = parent.depths.get(row);
    if (depth !== undefined) this.depths.set(row, { ...depth });
  }

  /** The thread has ended. */
  forget(row: number): void {
    if (this.depths.size > 0) this.depths.delete(row);
  }
}

/** See the top of this file. Faults as the processor would: SIGSEGV at the page that is not there. */
export function* frame<T>(
  nptl: Nptl, frames: Frames, bytes: number, body: () => ThreadBody<T>,
): Generator<unknown, T, unknown> {
  const row = nptl.self;
  const depth = frames.depthOf(row);
  const stack = Math.ceil(bytes / 16) * 16;
  const rbs = nptl.params.guardInMiddle ? Math.min(stack, RSE_MAX) : 0;
  depth.stack += stack;
  depth.rbs += rbs;
  try {
    touchStack(nptl, row, depth.stack - stack, depth.stack);
    if (rbs > 0) touchRegisterStack(nptl, row, depth.rbs - rbs, depth.rbs);
    return yield* body();
  } finally {
    depth.stack -= stack;
    depth.rbs -= rbs;
  }
}

/** Touches the stack from `from` to `to` bytes below its top, the highest page first. */
function touchStack(nptl: Nptl, row: number, from: number, to: number): void {
  const { hi, lo } = nptl.stackTop(row);
  const top = lo >>> 0;
  for (let at = top - from - 16; ; ) {
    const lowest = top - to;
    const page = Math.max(Math.floor(at / nptl.pageSize) * nptl.pageSize, lowest);
    touch(nptl, hi, page);
    if (page === lowest) return;
    at = page - 16;
  }
}

/** Touches the register stack from `from` to `to` bytes above its bottom. */
function touchRegisterStack(nptl: Nptl, row: number, from: number, to: number): void {
  const { hi, lo } = nptl.rbsBottom(row);
  const bottom = lo >>> 0;
  const last = bottom + to - 8;
  for (let at = bottom + from; ; at = Math.min((Math.floor(at / nptl.pageSize) + 1) * nptl.pageSize, last)) {
    touch(nptl, hi, at);
    if (at >= last) return;
  }
}

/** A store that leaves the page zero; `low` may lie outside 0..2^32, which carries into hi. */
function touch(nptl: Nptl, hi: number, low: number): void {
  nptl.store(hi + hiOfNumber(low), low | 0, 0);
}
