/**
 * madvise: one mmap a stack, and its guard is a marker in the page table (MADV_GUARD_INSTALL, Linux 6.13): an access
 * faults as in a hole, but there is no area of its own, so neighbouring stacks merge as guardless ones do.
 */
import { MADV_GUARD_INSTALL, MADV_GUARD_REMOVE } from '../../arch/generic/mman_calls.js';
import { hiOfNumber } from '../../lib/u64.js';
import { guardOffsetFor, type Nptl } from '../nptl.js';
import { stackFlags, unmapBlock } from './nptl.js';
import type { StackStrategy } from './strategy.js';

function map(nptl: Nptl, size: number, guard: number): number {
  const { params, sys } = nptl;
  const error = sys.mmapAnonymous(params.mmapCall, size, params.stackProt, stackFlags(nptl));
  if (error < 0) return error;
  const hi = sys.resultHi;
  const lo = sys.resultLo;
  const failed = guard > 0 ? advise(nptl, hi, lo, size, guard, MADV_GUARD_INSTALL) : 0;
  if (failed < 0) {
    sys.munmap(hi, lo, size);
    return failed;
  }
  nptl.mappedHi = hi;
  nptl.mappedLo = lo;
  return 0;
}

function advise(nptl: Nptl, hi: number, lo: number, size: number, guard: number, advice: number): number {
  const low = (lo >>> 0) + guardOffsetFor(nptl, size, guard);
  return nptl.sys.madvise(hi + hiOfNumber(low), low | 0, guard, advice);
}

/** Takes the old markers out and puts the new ones in. */
function fitGuard(nptl: Nptl, row: number, guard: number): number {
  const { threads } = nptl;
  const had = threads.guard[row]!;
  if (guard === had) return 0;
  const hi = threads.blockHi[row]!;
  const lo = threads.blockLo[row]!;
  const size = threads.size[row]!;
  const error = had > 0 ? advise(nptl, hi, lo, size, had, MADV_GUARD_REMOVE) : 0;
  if (error < 0) return error;
  threads.guard[row] = guard;
  return guard > 0 ? advise(nptl, hi, lo, size, guard, MADV_GUARD_INSTALL) : 0;
}

export const madviseStacks: StackStrategy = {
  name: 'madvise',
  about: 'one mmap a stack, its guard a marker in the page table (MADV_GUARD_INSTALL): all stacks in one area',
  advice: MADV_GUARD_INSTALL,
  hasGuards: true,
  map,
  unmap: unmapBlock,
  fitGuard,
};
