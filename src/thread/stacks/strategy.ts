/**
 * What a stack strategy is: how a thread's block of memory comes from the kernel, what keeps two stacks apart, and
 * how the block goes back. One strategy a file; `index.ts` lists them.
 */
import type { Nptl } from '../nptl.js';

export interface StackStrategy {
  readonly name: string;
  readonly about: string;
  /** The MADV_* that the kernel must know, or 0. */
  readonly advice: number;
  /** False where stacks lie side by side without anything between. */
  readonly hasGuards: boolean;
  /** Maps `size` bytes with a guard of `guard`; the block's address is in nptl.mappedHi and mappedLo. 0 or a negated errno. */
  map(nptl: Nptl, size: number, guard: number): number;
  /** Gives a block back. */
  unmap(nptl: Nptl, hi: number, lo: number, size: number): void;
  /** Fits the guard of the cached block in `row` for a request of `asked` bytes with `guard`. 0 or a negated errno. */
  fitGuard(nptl: Nptl, row: number, guard: number, asked: number): number;
}
