/**
 * Stacks that grow by faults. A VM_GROWSDOWN area grows down to any page below it that nothing is mapped
 * between; a VM_GROWSUP one (ia64's register stack) up by one page at a time. Linux 2.5.46, mm/mmap.c:
 * expand_stack(); arch/ia64/mm/fault.c: expand_backing_store(), check_expansion. 6.1, mm/mmap.c, and 6.18,
 * mm/vma.c: expand_downwards().
 *
 * Unlike i386: no user stack pointer is compared; TypeScript programs touch their stack in order.
 */
import { VM_EXEC, VM_GROWSDOWN, VM_GROWSUP, VM_LOCKED, VM_READ, VM_WRITE } from '../arch/generic/mman.js';
import { anonVmaPrepare } from './anon_vma.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** Grows an area over the unmapped page `vpn`; false when no area may. */
export function expandStack(mm: Mm, vpn: number): boolean {
  const { vmas } = mm;
  const above = vmas.find(vpn);
  const below = vmas.before(above);
  if (below !== NONE && vmas.vmEnd[below] === vpn && (vmas.vmFlags[below]! & VM_GROWSUP) !== 0) {
    return inSameRegion(mm, vpn, vmas.vmStart[below]!) && growUp(mm, below);
  }
  if (above === NONE || (vmas.vmFlags[above]! & VM_GROWSDOWN) === 0) return false;
  return inSameRegion(mm, vpn, vmas.vmStart[above]!) && growDown(mm, above, vpn);
}

/** ia64: a stack does not leave its region, nor the part of it that can be mapped. */
function inSameRegion(mm: Mm, vpn: number, start: number): boolean {
  const { region } = mm.target;
  if (region === null) return true;
  const base = Math.floor(start / region.pages) * region.pages;
  return vpn >= base && vpn - base < region.mapLimit;
}

/** acct_stack_growth(): RLIMIT_AS, RLIMIT_STACK, and from 2.6.11 on RLIMIT_MEMLOCK for a locked stack. */
function withinLimits(mm: Mm, h: number, stackPages: number, grow: number): boolean {
  const isLocked = (mm.vmas.vmFlags[h]! & VM_LOCKED) !== 0;
  if (isLocked && mm.rules.lock.limitsStacks && mm.bytes(mm.lockedVm + grow) > mm.rlimits.memlock) return false;
  return mm.bytes(stackPages) <= mm.rlimits.stack && mm.bytes(mm.totalVm + grow) <= mm.rlimits.as;
}

/** 6.x: a stack keeps the guard gap from memory below that can be used and is no stack itself. */
function keepsGuardGap(mm: Mm, h: number, vpn: number): boolean {
  const { vmas, rules } = mm;
  if (vpn * mm.target.pageSize < rules.mmapMinAddr) return false;
  const prev = vmas.prev(h);
  if (prev === NONE || (vmas.vmFlags[prev]! & VM_GROWSDOWN) !== 0) return true;
  const isAccessible = (vmas.vmFlags[prev]! & (VM_READ | VM_WRITE | VM_EXEC)) !== 0;
  return !isAccessible || vpn - vmas.vmEnd[prev]! >= rules.stackGuardGap;
}

function growDown(mm: Mm, h: number, vpn: number): boolean {
  const { vmas, rules } = mm;
  if (!keepsGuardGap(mm, h, vpn)) return false;
  anonVmaPrepare(mm, h);
  const grow = vmas.vmStart[h]! - vpn;
  if (rules.stackGuardGap > 0 && grow > vmas.vmPgoff[h]!) return false;
  if (!mm.vm.enoughMemory(grow)) return false;
  if (!withinLimits(mm, h, vmas.vmEnd[h]! - vpn, grow)) {
    mm.vm.unacct(grow);
    return false;
  }
  vmas.setStart(h, vpn);
  vmas.vmPgoff[h]! -= grow;
  grown(mm, h, grow);
  return true;
}

/** The register stack is not charged: exec makes it without VM_ACCOUNT. */
function growUp(mm: Mm, h: number): boolean {
  const { vmas } = mm;
  if (!withinLimits(mm, h, vmas.vmEnd[h]! - vmas.vmStart[h]!, 1)) return false;
  vmas.setEnd(h, vmas.vmEnd[h]! + 1);
  grown(mm, h, 1);
  return true;
}

function grown(mm: Mm, h: number, npages: number): void {
  mm.account(mm.vmas.vmFlags[h]!, npages);
  if ((mm.vmas.vmFlags[h]! & VM_LOCKED) !== 0) mm.lockedVm += npages;
}
