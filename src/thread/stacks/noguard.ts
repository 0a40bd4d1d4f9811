/**
 * noguard: one mmap a stack and nothing between two of them, as pthread_attr_setguardsize(0) asks for. Neighbours have
 * equal rights, so the kernel merges all stacks into one area; one that overflows writes into the next.
 */
import type { Nptl } from '../nptl.js';
import { stackFlags, unmapBlock } from './nptl.js';
import type { StackStrategy } from './strategy.js';

function map(nptl: Nptl, size: number): number {
  const { params, sys } = nptl;
  const error = sys.mmapAnonymous(params.mmapCall, size, params.stackProt, stackFlags(nptl));
  if (error < 0) return error;
  nptl.mappedHi = sys.resultHi;
  nptl.mappedLo = sys.resultLo;
  return 0;
}

export const noguardStacks: StackStrategy = {
  name: 'noguard',
  about: 'one mmap a stack without a guard: all stacks merge into one area, and an overflow is not noticed',
  advice: 0,
  hasGuards: false,
  map,
  unmap: unmapBlock,
  fitGuard: () => 0,
};
