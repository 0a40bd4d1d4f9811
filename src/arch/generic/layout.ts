/**
 * Layouts that depend on the stack limit: where a top-down mmap area starts. Linux 2.6.9 and 2.6.18,
 * arch/i386/mm/mmap.c, 3.6 to 6.18, arch/x86/mm/mmap.c: mmap_base(), arch/sparc/kernel/sys_sparc_64.c:
 * arch_pick_mmap_layout(), all without randomisation.
 */

import { isSince, type Release } from '../../release/index.js';
import type { Target } from '../arch.js';

const MIN_GAP = 128 * 1024 * 1024;

/**
 * Pages between the end of the address space and mmap_base: the stack's soft limit and the guard gap, at
 * least 128 MiB, at most five sixths of the space, which are counted in bytes. An unlimited stack takes the most.
 */
export function gapBelowStack(stackBytes: number, taskSize: number, guardGap: number, pageSize: number): number {
  const most = Math.floor((Math.floor((taskSize * pageSize) / 6) * 5) / pageSize);
  const wanted = Math.floor(stackBytes / pageSize) + guardGap;
  return Math.min(Math.max(wanted, MIN_GAP / pageSize), most);
}

/**
 * x86's mmap_base as a function of the stack limit. `stackMoves`: pages that the stack may be moved down. They and,
 * in 6.1, not yet in 4.12, the guard gap come on top of the limit; before 6.1 on top of the least gap alone.
 */
export function x86TopDownBase(
  release: Release, taskSize: number, pageSize: number, stackMoves = 0,
): (stackBytes: number) => number {
  if (isSince(release, '6.1')) {
    const pad = release.rules.stackGuardGap + stackMoves;
    return (stackBytes) => taskSize - gapBelowStack(stackBytes, taskSize, pad, pageSize);
  }
  const least = MIN_GAP / pageSize + stackMoves;
  return (stackBytes) => taskSize - Math.max(gapBelowStack(stackBytes, taskSize, 0, pageSize), least);
}

/**
 * Where a search that goes down starts: the machine's own mmap_base, or where its layout goes up a base below
 * the stack by the same rule. For searches that the machine never had.
 */
export function topDownBase(target: Target, stackBytes: number): number {
  if (target.topDownBase !== null) return target.topDownBase(stackBytes);
  const { stackTop, pageSize, release } = target;
  return stackTop - gapBelowStack(stackBytes, stackTop, release.rules.stackGuardGap, pageSize);
}
