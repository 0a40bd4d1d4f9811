/**
 * Stacks: a block of memory with a guard page, from the cache or from mmap, and struct pthread at its
 * end. glibc 2.3.3 and 2.36, nptl/allocatestack.c: allocate_stack(), queue_stack().
 * How a block comes and goes is the strategy's (stacks/).
 *
 *   i386, sparc   [guard|       <- stack | TLS, struct pthread]
 *   ia64          [register stack -> |guard|    <- stack | struct pthread | TLS]
 *
 * The block never comes from anywhere but the mmap of the system-call stub.
 */
import { EAGAIN, EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { hiOfNumber } from '../lib/u64.js';
import type { ThreadAttributes } from './pthread_attr.js';
import { MAIN, type Nptl } from './nptl.js';
import { NOBODY } from './pthread_table.js';
import { type StackStrategy, stackStrategies } from './stacks/index.js';

/** Bytes of stacks kept for reuse. */
export const STACK_CACHE_MAX = 40 * 1024 * 1024;

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}

/**
 * Row of a thread whose stack is ready, or a negated errno: EINVAL for a size that cannot hold guard, TLS
 * and a minimal stack, ENOMEM (2.36: EAGAIN) when the kernel refuses memory or areas.
 */
export function allocateStack(nptl: Nptl, attr: ThreadAttributes): number {
  const { params, pageSize } = nptl;
  if (attr.hasStack) return userStack(nptl, attr);
  const asked = attr.stackSize === 0 ? nptl.defaultStackSize : attr.stackSize;
  const guard = strategyOf(nptl).hasGuards ? roundUp(attr.guardSize, pageSize) : 0;
  let size = Math.floor(asked / params.staticTlsAlign) * params.staticTlsAlign;
  const least = guard + params.staticTlsSize + params.MINIMAL_REST_STACK;
  if (params.guardInsideSize) {
    if (size < least + pageSize) return -EINVAL;
  } else {
    size += guard;
    if (size >= 2 ** nptl.target.bits) return -EINVAL;
    if (size < roundUp(least, pageSize)) return -EINVAL;
  }
  const cached = takeFromCache(nptl, size);
  return cached !== NOBODY ? reuse(nptl, cached, guard, size) : mapBlock(nptl, size, guard);
}

/** A stack of the program's own: no guard, and no cache. EINVAL when TLS and a minimal stack do not fit. */
function userStack(nptl: Nptl, { stackSize, stackHi, stackLo }: ThreadAttributes): number {
  const { params, threads } = nptl;
  const least = params.staticTlsSize + params.MINIMAL_REST_STACK;
  if (stackSize !== 0 && stackSize < least) return -EINVAL;
  const size = stackSize === 0 ? nptl.defaultStackSize : stackSize;
  const start = (stackLo >>> 0) - size;
  const row = newThread(nptl, stackHi + hiOfNumber(start), start | 0, size, 0);
  threads.isUserStack[row] = 1;
  return row;
}

/** 2.36 turns ENOMEM of the kernel into EAGAIN; 2.3.3 hands it on. */
export function createError(nptl: Nptl, error: number): number {
  return nptl.params.version === '2.36' && error === -ENOMEM ? -EAGAIN : error;
}

function mapBlock(nptl: Nptl, asked: number, guard: number): number {
  const { params, pageSize } = nptl;
  const aliases = params.MULTI_PAGE_ALIASING > 0 && asked % params.MULTI_PAGE_ALIASING === 0;
  const size = aliases ? asked + pageSize : asked;
  const error = strategyOf(nptl).map(nptl, size, guard);
  if (error < 0) return createError(nptl, error);
  const hi = nptl.mappedHi;
  const lo = nptl.mappedLo;
  nptl.noteStack(hi, lo);
  return newThread(nptl, hi, lo, size, guard);
}

function strategyOf(nptl: Nptl): StackStrategy {
  return stackStrategies[nptl.strategy]!;
}

/** Places struct pthread in a fresh block. */
function newThread(nptl: Nptl, hi: number, lo: number, size: number, guard: number): number {
  const { params, threads } = nptl;
  const row = threads.alloc();
  threads.blockHi[row] = hi;
  threads.blockLo[row] = lo;
  threads.size[row] = size;
  threads.guard[row] = guard;
  const align = params.staticTlsAlign;
  const top = (lo >>> 0) + size;
  const end = params.dtvAtTp ? Math.floor((top - params.staticTlsSize) / align) * align : top;
  const pd = Math.floor((end - params.sizeofPthread) / align) * align;
  threads.pdHi[row] = hi + hiOfNumber(pd);
  threads.pdLo[row] = pd | 0;
  nptl.store(threads.pdHi[row]!, threads.pdLo[row]!, row + 1);
  return row;
}

/** A cached block serves again, with the guard that is asked for now. */
function reuse(nptl: Nptl, row: number, guard: number, asked: number): number {
  const { threads } = nptl;
  threads.joinid[row] = NOBODY;
  threads.exiting[row] = 0;
  threads.cancelhandling[row] = 0;
  const error = strategyOf(nptl).fitGuard(nptl, row, guard, asked);
  if (error >= 0) return row;
  giveBack(nptl, row);
  return createError(nptl, error);
}

function giveBack(nptl: Nptl, row: number): void {
  const { threads } = nptl;
  strategyOf(nptl).unmap(nptl, threads.blockHi[row]!, threads.blockLo[row]!, threads.size[row]!);
  threads.release(row);
}

// ---- the cache --------------------------------------------------------------------------------------

/** A block is free to reuse once the kernel has cleared its tid, or join has marked it. */
function isFree(nptl: Nptl, row: number): boolean {
  return nptl.tid(row) <= 0;
}

/**
 * The newest free block of exactly `size`, else the smallest larger one unless it is more than four times
 * as large, else NOBODY.
 */
function takeFromCache(nptl: Nptl, size: number): number {
  const { threads } = nptl;
  let best = NOBODY;
  for (let row = nptl.cacheHead; row !== NOBODY; row = threads.cacheNext[row]!) {
    const has = threads.size[row]!;
    if (has < size || (best !== NOBODY && has >= threads.size[best]!) || !isFree(nptl, row)) continue;
    best = row;
    if (has === size) break;
  }
  if (best === NOBODY || threads.size[best]! > 4 * size) return NOBODY;
  unlinkFromCache(nptl, best);
  return best;
}

/**
 * Puts a thread's block into the cache; blocks beyond 40 MiB go back to the kernel, oldest first. Main's
 * stack came from exec, and its row stays main's.
 */
export function queueStack(nptl: Nptl, row: number): void {
  if (row === MAIN) return;
  const { threads } = nptl;
  if (threads.isUserStack[row] === 1) {
    threads.release(row);
    return;
  }
  linkToCache(nptl, row);
  if (nptl.cacheSize > STACK_CACHE_MAX) freeStacks(nptl);
}

function linkToCache(nptl: Nptl, row: number): void {
  const { threads } = nptl;
  threads.cachePrev[row] = NOBODY;
  threads.cacheNext[row] = nptl.cacheHead;
  if (nptl.cacheHead === NOBODY) nptl.cacheTail = row;
  else threads.cachePrev[nptl.cacheHead] = row;
  nptl.cacheHead = row;
  nptl.cacheSize += threads.size[row]!;
}

function freeStacks(nptl: Nptl): void {
  const { threads } = nptl;
  for (let row = nptl.cacheTail; row !== NOBODY && nptl.cacheSize > STACK_CACHE_MAX; ) {
    const newer = threads.cachePrev[row]!;
    if (isFree(nptl, row)) {
      unlinkFromCache(nptl, row);
      giveBack(nptl, row);
    }
    row = newer;
  }
}

function unlinkFromCache(nptl: Nptl, row: number): void {
  const { threads } = nptl;
  const prev = threads.cachePrev[row]!;
  const next = threads.cacheNext[row]!;
  if (prev === NOBODY) nptl.cacheHead = next;
  else threads.cacheNext[prev] = next;
  if (next === NOBODY) nptl.cacheTail = prev;
  else threads.cachePrev[next] = prev;
  nptl.cacheSize -= threads.size[row]!;
}

/**
 * reclaim_stacks(): in the child of a fork the stacks of all other threads lie idle. They are not given back to the kernel
 * before the cache is next found too large.
 */
export function reclaimStacks(nptl: Nptl, self: number): void {
  const { threads } = nptl;
  const isCached = new Set<number>();
  for (let row = nptl.cacheHead; row !== NOBODY; row = threads.cacheNext[row]!) isCached.add(row);
  for (let row = MAIN + 1; row < threads.rows; row++) {
    if (row === self || isCached.has(row) || threads.isUserStack[row] === 1 || !threads.isUsed(row)) continue;
    nptl.store(threads.pdHi[row]!, nptl.tidLo(row), 0);
    linkToCache(nptl, row);
  }
}
