/**
 * brk: sys_brk() and do_brk() of Linux 2.5.46, mm/mmap.c. It never fails with an errno: it returns the
 * brk now in force, which is the old one when the request was refused. Checks that a machine puts in
 * front of it are in src/syscall/sys_brk.ts.
 */
import { VM_ACCOUNT, VM_LOCKED } from '../arch/generic/mman.js';
import type { Mm } from './mm.js';
import { doMunmap } from './munmap.js';
import { vmaMerge } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** Moves the end of the heap to page `vpn`, byte `offset`; the result is mm.brkVpn and mm.brkOffset. */
export function doBrk(mm: Mm, vpn: number, offset: number): void {
  if (vpn < mm.endCode) return;
  const newBrk = vpn + (offset > 0 ? 1 : 0);
  const oldBrk = mm.brkVpn + (mm.brkOffset > 0 ? 1 : 0);
  if (newBrk !== oldBrk) {
    const shrinks = vpn < mm.brkVpn || (vpn === mm.brkVpn && offset <= mm.brkOffset);
    const moved = shrinks
      ? doMunmap(mm, newBrk, 0, oldBrk - newBrk, 0) === 0
      : grow(mm, oldBrk, newBrk, mm.bytes(vpn - mm.startData) + offset);
    if (!moved) return;
  }
  mm.brkVpn = vpn;
  mm.brkOffset = offset;
}

/** Extends the heap over [oldBrk, newBrk); one free page is required above it. */
function grow(mm: Mm, oldBrk: number, newBrk: number, dataBytes: number): boolean {
  const { vmas } = mm;
  const npages = newBrk - oldBrk;
  // Below start_data the kernel's unsigned difference is huge: more than any limit there is.
  const { data } = mm.rlimits;
  if (data !== Number.POSITIVE_INFINITY && (dataBytes < 0 || dataBytes > data)) return false;
  const above = vmas.find(oldBrk);
  if (above !== NONE && vmas.vmStart[above]! < newBrk + 1) return false;
  // do_brk() does not compare with TASK_SIZE: nothing is mapped up there and it relies on the loader.
  if (newBrk > mm.target.taskSize) return false;
  if ((mm.defFlags & VM_LOCKED) !== 0 && mm.bytes(mm.lockedVm + npages) > mm.rlimits.memlock) return false;
  if (mm.bytes(mm.totalVm + npages) > mm.rlimits.as || vmas.size > mm.maxMapCount) return false;
  if (!mm.vm.enoughMemory(npages)) return false;
  const vmFlags = mm.target.dataDefaultFlags | VM_ACCOUNT | mm.defFlags;
  if (!vmaMerge(mm, above, oldBrk, newBrk, vmFlags)) vmas.insert(above, oldBrk, newBrk, 0, vmFlags, 0);
  mm.totalVm += npages;
  if ((vmFlags & VM_LOCKED) !== 0) mm.lockedVm += npages;
  mm.notePeak();
  return true;
}
