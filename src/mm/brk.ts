/**
 * brk: sys_brk() and do_brk(), mm/mmap.c, by the release's rules. It never fails with an errno: it returns the
 * brk now in force, which is the old one when the request was refused. Checks that a machine puts in front of
 * it are in src/syscall/sys_brk.ts.
 */
import { VM_ACCOUNT, VM_GROWSDOWN, VM_LOCKED } from '../arch/generic/mman.js';
import type { Mm } from './mm.js';
import { machineRefuses } from './mmap_check.js';
import { doMunmap } from './munmap.js';
import { makePagesPresent } from './populate.js';
import { vmaMerge } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** Moves the end of the heap to page `vpn`, byte `offset`; the result is mm.brkVpn and mm.brkOffset. */
export function doBrk(mm: Mm, vpn: number, offset: number): void {
  const { rules } = mm;
  if (vpn < (rules.brk.least === 'end_code' ? mm.endCode : mm.startBrk)) return;
  if (rules.brk.dataLimitFirst && overDataLimit(mm, vpn, offset)) return;
  const newBrk = vpn + (offset > 0 ? 1 : 0);
  const oldBrk = mm.brkVpn + (mm.brkOffset > 0 ? 1 : 0);
  if (newBrk !== oldBrk) {
    const shrinks = vpn < mm.brkVpn || (vpn === mm.brkVpn && offset <= mm.brkOffset);
    const moved = shrinks
      ? shrink(mm, newBrk, oldBrk)
      : !(!rules.brk.dataLimitFirst && overDataLimit(mm, vpn, offset)) && grow(mm, oldBrk, newBrk);
    if (!moved) return;
  }
  mm.brkVpn = vpn;
  mm.brkOffset = offset;
}

/** RLIMIT_DATA. Below the data the kernel's unsigned difference is huge: more than any limit there is. */
function overDataLimit(mm: Mm, vpn: number, offset: number): boolean {
  const limit = mm.rlimits.data;
  if (limit === Number.POSITIVE_INFINITY) return false;
  const fromHeap = mm.rules.brk.dataFrom === 'start_brk';
  const bytes = fromHeap
    ? mm.bytes(vpn - mm.startBrk) + offset + mm.bytes(mm.endData - mm.startData)
    : mm.bytes(vpn - mm.startData) + offset;
  return bytes < 0 || bytes > limit;
}

function shrink(mm: Mm, newBrk: number, oldBrk: number): boolean {
  const { vmas } = mm;
  if (mm.rules.brk.shrinkNeedsMap) {
    const h = vmas.find(newBrk);
    if (h === NONE || vmas.vmStart[h]! >= oldBrk) return false;
  }
  return doMunmap(mm, newBrk, 0, oldBrk - newBrk, 0) === 0;
}

/** Extends the heap over [oldBrk, newBrk); one free page is required above it, and a stack's guard gap. */
function grow(mm: Mm, oldBrk: number, newBrk: number): boolean {
  const { vmas, rules } = mm;
  const npages = newBrk - oldBrk;
  const above = vmas.find(oldBrk);
  if (above !== NONE && newBrk + 1 > startWithGap(mm, above)) return false;
  // do_brk() of 2.5.46 does not compare with TASK_SIZE: nothing is mapped up there and it relies on that.
  if (newBrk > mm.target.taskSize) return false;
  if (machineRefuses(mm, oldBrk, 0, npages, true)) return false;
  if ((mm.defFlags & VM_LOCKED) !== 0 && mm.bytes(mm.lockedVm + npages) > mm.rlimits.memlock) return false;
  const vmFlags = mm.target.dataDefaultFlags | (rules.accounts ? VM_ACCOUNT : 0) | mm.defFlags;
  const fits = rules.brk.dataVm ? mm.mayExpand(vmFlags, npages) : mm.bytes(mm.totalVm + npages) <= mm.rlimits.as;
  if (!fits || vmas.size > mm.maxMapCount) return false;
  if (!mm.enoughMemory(npages)) return false;
  const pgoff = rules.anonymousPgoff ? oldBrk : 0;
  // 6.x extends the heap alone. The area above never takes part: one page is free below it.
  const mayMerge = !rules.brkMergesHeapOnly || endsInHeap(mm, above);
  if (!mayMerge || !vmaMerge(mm, above, oldBrk, newBrk, vmFlags, 0, pgoff)) {
    mm.addArea(above, oldBrk, newBrk, pgoff, vmFlags, 0);
  }
  mm.account(vmFlags, npages);
  if ((vmFlags & VM_LOCKED) !== 0) mm.lockedVm += npages;
  mm.notePeak();
  if ((vmFlags & VM_LOCKED) !== 0) makePagesPresent(mm, oldBrk, newBrk);
  return true;
}

/** vm_start_gap(): where the area begins, with the gap kept free below a stack. */
function startWithGap(mm: Mm, h: number): number {
  const gap = (mm.vmas.vmFlags[h]! & VM_GROWSDOWN) !== 0 ? mm.rules.stackGuardGap : 0;
  return mm.vmas.vmStart[h]! - gap;
}

/** Whether the area below the place ends above the heap's start: only the heap itself does. */
function endsInHeap(mm: Mm, above: number): boolean {
  const below = mm.vmas.before(above);
  return below !== NONE && mm.vmas.vmEnd[below]! > mm.startBrk;
}
