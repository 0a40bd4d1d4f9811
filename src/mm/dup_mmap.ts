/**
 * dup_mmap: the address space of a forked child. Linux 2.5.46, kernel/fork.c: dup_mmap(). Areas are
 * copied, locks are not inherited, accounted areas are charged once more, and the search starts anew, from
 * the parent's mmap_base (TASK_UNMAPPED_BASE before 2.6.9, evaluated for the running task, the parent).
 */
import { ENOMEM } from '../arch/generic/errno.js';
import { VM_ACCOUNT, VM_DONTCOPY, VM_LOCKED } from '../arch/generic/mman.js';
import { VM_LOCKONFAULT } from '../arch/generic/mman_calls.js';
import { anonVmaFork } from './anon_vma.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** Fills the empty `child` from `parent`. Returns 0, or -ENOMEM when the copy cannot be charged. */
export function dupMmap(parent: Mm, child: Mm): number {
  child.copyLayoutFrom(parent);
  child.copyFilesFrom(parent);
  const { vmas } = parent;
  const lockBits = parent.rules.lock.onFault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
  for (let h = vmas.first(); h !== NONE; h = vmas.next(h)) {
    const vmFlags = vmas.vmFlags[h]!;
    if ((vmFlags & VM_DONTCOPY) !== 0) continue;
    const start = vmas.vmStart[h]!;
    const end = vmas.vmEnd[h]!;
    if ((vmFlags & VM_ACCOUNT) !== 0 && !parent.enoughMemory(end - start)) {
      child.clear();
      return -ENOMEM;
    }
    child.addArea(NONE, start, end, vmas.vmPgoff[h]!, (vmFlags & ~lockBits) >>> 0, vmas.vmFile[h]!);
    child.vmas.vmAnon[child.vmas.last()] = anonVmaFork(parent, h);
    child.account(vmFlags, end - start);
  }
  child.startCode = parent.startCode;
  child.endCode = parent.endCode;
  child.startData = parent.startData;
  child.endData = parent.endData;
  child.startBrk = parent.startBrk;
  child.brkVpn = parent.brkVpn;
  child.brkOffset = parent.brkOffset;
  parent.pageTable.copyTo(child.pageTable);
  child.notePeak();
  return 0;
}
