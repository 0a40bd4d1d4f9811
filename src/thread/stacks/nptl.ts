/**
 * nptl: as glibc does it. One mmap a stack, and an mprotect for its guard: two areas a thread. glibc 2.3.3 and 2.36,
 * nptl/allocatestack.c: allocate_stack().
 *
 *   2.3.3:  mmap(size) then mprotect(guard, PROT_NONE)      2.36: mmap(PROT_NONE) then mprotect(the rest)
 */
import { PROT_NONE } from '../../arch/generic/mman.js';
import { hiOfNumber } from '../../lib/u64.js';
import { guardOffsetFor, type Nptl } from '../nptl.js';
import type { StackStrategy } from './strategy.js';

function map(nptl: Nptl, size: number, guard: number): number {
  const { params, sys } = nptl;
  const closed = params.mapsClosed && guard > 0;
  const error = sys.mmapAnonymous(params.mmapCall, size, closed ? PROT_NONE : params.stackProt, stackFlags(nptl));
  if (error < 0) return error;
  const hi = sys.resultHi;
  const lo = sys.resultLo;
  const failed = guard > 0 ? protectBlock(nptl, hi, lo, size, guard) : 0;
  if (failed < 0) {
    sys.munmap(hi, lo, size);
    return failed;
  }
  nptl.mappedHi = hi;
  nptl.mappedLo = lo;
  return 0;
}

/** MAP_PRIVATE | MAP_ANONYMOUS, and MAP_STACK since 2.9. */
export function stackFlags({ params, target }: Nptl): number {
  return target.map.PRIVATE | target.map.ANONYMOUS | (params.mapsClosed ? target.map.STACK : 0);
}

/** Closes the guard (2.3.3), or opens what is not guard (2.36). Returns 0 or a negated errno. */
function protectBlock(nptl: Nptl, hi: number, lo: number, size: number, guard: number): number {
  const { params } = nptl;
  const below = guardOffsetFor(nptl, size, guard);
  if (!params.mapsClosed) return protectPart(nptl, hi, lo, below, guard, PROT_NONE);
  const error = below > 0 ? protectPart(nptl, hi, lo, 0, below, params.stackProt) : 0;
  if (error < 0) return error;
  return protectPart(nptl, hi, lo, below + guard, size - below - guard, params.stackProt);
}

function protectPart(nptl: Nptl, hi: number, lo: number, offset: number, size: number, prot: number): number {
  const low = (lo >>> 0) + offset;
  return nptl.sys.mprotect(hi + hiOfNumber(low), low | 0, size, prot);
}

/** Closes a larger guard; opens what a smaller one leaves, unless the block has as much to spare. */
function fitGuard(nptl: Nptl, row: number, guard: number, asked: number): number {
  const { threads, params } = nptl;
  const size = threads.size[row]!;
  const had = threads.guard[row]!;
  if (guard <= had && had - guard <= size - asked) return 0;
  const hi = threads.blockHi[row]!;
  const lo = threads.blockLo[row]!;
  threads.guard[row] = guard;
  const at = guardOffsetFor(nptl, size, guard);
  if (guard > had) return protectPart(nptl, hi, lo, at, guard, PROT_NONE);
  const from = guardOffsetFor(nptl, size, had);
  const error = from < at ? protectPart(nptl, hi, lo, from, at - from, params.stackProt) : 0;
  return error < 0 ? error : protectPart(nptl, hi, lo, at + guard, from + had - at - guard, params.stackProt);
}

/** munmap of the whole block. */
export function unmapBlock(nptl: Nptl, hi: number, lo: number, size: number): void {
  nptl.sys.munmap(hi, lo, size);
}

export const nptlStacks: StackStrategy = {
  name: 'nptl',
  about: 'as glibc does: one mmap a stack, a guard page closed by mprotect, two areas a thread',
  advice: 0,
  hasGuards: true,
  map,
  unmap: unmapBlock,
  fitGuard,
};
