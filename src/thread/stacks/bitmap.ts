/**
 * bitmap: the alternative that the seed commit of 2002 names for user space. The library reserves a range once, keeps
 * a bitmap of its slots, and places each stack by MAP_FIXED; the guard is a hole, so a stack is one area and the
 * kernel never searches.
 *
 *   [hole|  stack 0  |hole|  stack 1  |hole|  stack 2  | reserved, PROT_NONE ...          ]
 *
 * A freed slot is closed again (PROT_NONE), and its hole stays one. The first range has 1,024 slots, each further one
 * twice as many as the last; less where the address space has no such hole. The weakness of the scheme is kept: the
 * kernel knows nothing of the library's holes, and a mapping of one page without a hint may land in one.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import { PROT_NONE } from '../../arch/generic/mman.js';
import { hiOfNumber } from '../../lib/u64.js';
import { guardOffsetFor, type Nptl } from '../nptl.js';
import { stackFlags } from './nptl.js';
import type { StackRange } from './range.js';
import type { StackStrategy } from './strategy.js';

const FIRST_SLOTS = 1024;

function map(nptl: Nptl, asked: number, guard: number): number {
  const size = Math.ceil(asked / nptl.pageSize) * nptl.pageSize;
  let range = nptl.stackRanges.findLast((r) => r.size === size && r.used < r.slots);
  if (range === undefined) {
    const made = reserve(nptl, size);
    if (typeof made === 'number') return made;
    range = made;
  }
  const slot = takeSlot(range);
  const low = (range.lo >>> 0) + slot * size;
  const error = place(nptl, range.hi + hiOfNumber(low), low | 0, size, guard);
  if (error < 0) freeSlot(range, slot);
  return error;
}

/** Opens a slot: the whole of it mapped, then the guard unmapped. */
function place(nptl: Nptl, hi: number, lo: number, size: number, guard: number): number {
  const { sys, params, target } = nptl;
  const flags = stackFlags(nptl) | target.map.FIXED;
  const error = sys.mmapFixed(params.mmapCall, hi, lo, size, params.stackProt, flags);
  if (error < 0) return error;
  const low = (lo >>> 0) + guardOffsetFor(nptl, size, guard);
  const failed = guard > 0 ? sys.munmap(hi + hiOfNumber(low), low | 0, guard) : 0;
  if (failed < 0) {
    close(nptl, hi, lo, size);
    return failed;
  }
  nptl.mappedHi = hi;
  nptl.mappedLo = lo;
  return 0;
}

/** A slot without a stack: memory that nobody may touch, and that is charged to nobody. */
function close(nptl: Nptl, hi: number, lo: number, size: number): void {
  const { sys, params, target } = nptl;
  const flags = target.map.PRIVATE | target.map.ANONYMOUS | target.map.NORESERVE | target.map.FIXED;
  sys.mmapFixed(params.mmapCall, hi, lo, size, PROT_NONE, flags);
}

/** A new range, or the negated errno with which even a single slot was refused. */
function reserve(nptl: Nptl, size: number): StackRange | number {
  const { sys, params, target } = nptl;
  const flags = target.map.PRIVATE | target.map.ANONYMOUS | target.map.NORESERVE;
  const last = nptl.stackRanges.findLast((range) => range.size === size);
  let error = -ENOMEM;
  for (let slots = last === undefined ? FIRST_SLOTS : 2 * last.slots; slots >= 1; slots = Math.floor(slots / 2)) {
    if (slots * size >= 2 ** nptl.target.bits) continue;
    error = sys.mmapAnonymous(params.mmapCall, slots * size, PROT_NONE, flags);
    if (error < 0) continue;
    const bits = new Uint32Array(Math.ceil(slots / 32));
    const range = { hi: sys.resultHi, lo: sys.resultLo, size, slots, bits, used: 0, firstFree: 0 };
    nptl.stackRanges.push(range);
    return range;
  }
  return error;
}

/** Lowest free slot; there is one. */
function takeSlot(range: StackRange): number {
  let word = range.firstFree >>> 5;
  while (range.bits[word] === 0xffffffff) word += 1;
  const slot = word * 32 + 31 - Math.clz32(~range.bits[word]! & -~range.bits[word]!);
  range.bits[word]! |= 1 << (slot & 31);
  range.used += 1;
  range.firstFree = slot + 1;
  return slot;
}

function freeSlot(range: StackRange, slot: number): void {
  range.bits[slot >>> 5]! &= ~(1 << (slot & 31));
  range.used -= 1;
  range.firstFree = Math.min(range.firstFree, slot);
}

function unmap(nptl: Nptl, hi: number, lo: number, size: number): void {
  const whole = Math.ceil(size / nptl.pageSize) * nptl.pageSize;
  close(nptl, hi, lo, whole);
  for (const range of nptl.stackRanges) {
    const offset = (hi - range.hi) * 2 ** 32 + (lo >>> 0) - (range.lo >>> 0);
    if (offset >= 0 && offset < range.slots * range.size) freeSlot(range, offset / range.size);
  }
}

/** Closes the old hole, which leaves the rest of the block as it is, and opens the new one. */
function fitGuard(nptl: Nptl, row: number, guard: number): number {
  const { threads, sys, params, target } = nptl;
  const had = threads.guard[row]!;
  if (guard === had) return 0;
  const hi = threads.blockHi[row]!;
  const lo = threads.blockLo[row]! >>> 0;
  const size = Math.ceil(threads.size[row]! / nptl.pageSize) * nptl.pageSize;
  const from = lo + guardOffsetFor(nptl, size, had);
  const flags = stackFlags(nptl) | target.map.FIXED;
  const error = had > 0 ? sys.mmapFixed(params.mmapCall, hi + hiOfNumber(from), from | 0, had, params.stackProt, flags) : 0;
  if (error < 0) return error;
  threads.guard[row] = guard;
  const to = lo + guardOffsetFor(nptl, size, guard);
  return guard > 0 ? sys.munmap(hi + hiOfNumber(to), to | 0, guard) : 0;
}

export const bitmapStacks: StackStrategy = {
  name: 'bitmap',
  about: 'a range reserved once and a bitmap of its slots: stacks by MAP_FIXED with an unmapped page between, one area a thread',
  advice: 0,
  hasGuards: true,
  map,
  unmap,
  fitGuard,
};
