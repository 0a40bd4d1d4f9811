/**
 * vma_merge: what a new anonymous private area does to its neighbours. Linux 2.5.46, mm/mmap.c:
 * vma_merge(), include/linux/mm.h: can_vma_merge().
 *
 *   AAA|BBB        prev ends where it starts, equal flags:    prev grows
 *   AAA|BBB|CCC    and it ends where next starts, equal too:  prev swallows both
 *       BBB|CCC    only next is equal:                        next grows down
 */
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** Same anonymous memory with exactly these flags, VM_ACCOUNT and the MAY bits included. */
export function canVmaMerge(mm: Mm, h: number, vmFlags: number): boolean {
  return mm.vmas.vmFile[h] === 0 && mm.vmas.vmFlags[h] === vmFlags;
}

/**
 * Tries to put [start, end) into a neighbour; `above` is the VMA above it (NONE: nothing). Returns
 * whether it did.
 */
export function vmaMerge(mm: Mm, above: number, start: number, end: number, vmFlags: number): boolean {
  const { vmas } = mm;
  const prev = vmas.before(above);
  const joinsNext = above !== NONE && vmas.vmStart[above] === end && canVmaMerge(mm, above, vmFlags);
  if (prev !== NONE && vmas.vmEnd[prev] === start && canVmaMerge(mm, prev, vmFlags)) {
    mm.stats.merges += 1;
    if (joinsNext) {
      const nextEnd = vmas.vmEnd[above]!;
      vmas.setEnd(prev, nextEnd);
      vmas.remove(above);
      mm.stats.merges += 1;
    } else {
      vmas.setEnd(prev, end);
    }
    return true;
  }
  if (!joinsNext) return false;
  mm.stats.merges += 1;
  vmas.setStart(above, start);
  return true;
}
