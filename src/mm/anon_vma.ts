/**
 * anon_vma: what ties private pages to their areas from 2.6.7 on. Here it is a number in VmaSet.vmAnon that
 * decides only what may merge (vma_merge.ts): 0 until the first private page of the area is written, then
 * even, or odd in a forked child, whose chain has several entries.
 *
 * Sources: Linux 2.6.11 and 2.6.18, mm/mmap.c: find_mergeable_anon_vma(); 6.1, the same and
 * reusable_anon_vma(); mm/rmap.c: anon_vma_prepare(), anon_vma_fork().
 */
import { VM_EXEC, VM_READ, VM_WRITE } from '../arch/generic/mman.js';
import { VM_WIPEONFORK } from '../arch/generic/mman_calls.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

const RIGHTS = VM_READ | VM_WRITE | VM_EXEC;

/** anon_vma_prepare(): area `h` is about to get its first private page. */
export function anonVmaPrepare(mm: Mm, h: number): void {
  const { vmas } = mm;
  if (mm.rules.anonVma === 'none' || vmas.vmAnon[h] !== 0) return;
  vmas.vmAnon[h] = reusable(mm, h, vmas.next(h), h) || reusable(mm, vmas.prev(h), h, h) || mm.vm.nextAnonVma() * 2;
}

/** The anon_vma of the other one of two neighbours, if `h` could merge with it but for its rights; else 0. */
function reusable(mm: Mm, low: number, high: number, h: number): number {
  const { vmas, rules } = mm;
  if (low === NONE || high === NONE) return 0;
  const anonVma = vmas.vmAnon[low === h ? high : low]!;
  const isInherited = (anonVma & 1) !== 0;
  if (isInherited && rules.anonVma !== 'equal-or-missing') return 0;
  const touch = vmas.vmEnd[low] === vmas.vmStart[high];
  const isAlike = vmas.vmFile[low] === vmas.vmFile[high] && ((vmas.vmFlags[low]! ^ vmas.vmFlags[high]!) & ~RIGHTS) === 0;
  const inOrder = vmas.vmPgoff[low]! - vmas.vmStart[low]! === vmas.vmPgoff[high]! - vmas.vmStart[high]!;
  return touch && isAlike && inOrder ? anonVma : 0;
}

/** anon_vma_fork(): what the child's copy of area `h` has. Up to 2.6.33 it shares its parent's. */
export function anonVmaFork(parent: Mm, h: number): number {
  const { vmas, rules } = parent;
  const anonVma = vmas.vmAnon[h]!;
  if (anonVma === 0 || (vmas.vmFlags[h]! & VM_WIPEONFORK) !== 0) return 0;
  return rules.anonVma === 'equal-or-missing' ? anonVma : parent.vm.nextAnonVma() * 2 + 1;
}
