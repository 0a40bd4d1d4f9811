/**
 * Stacks that grow by faults. A VM_GROWSDOWN area grows down to any page below it that nothing is mapped
 * between; a VM_GROWSUP one (ia64's register stack) up by one page at a time. Linux 2.4.20, include/linux/mm.h, which
 * does not ask for memory, and 2.5.46, mm/mmap.c: expand_stack(); arch/ia64/mm/fault.c: expand_backing_store(),
 * check_expansion. 2.6.18, mm/mmap.c: expand_upwards(), acct_stack_growth(); 3.6, mm/memory.c: check_stack_guard_page();
 * 3.8, mm/mmap.c: expand_stack(); 4.12 and 6.1, mm/mmap.c, and 6.18, mm/vma.c: expand_downwards().
 *
 * Unlike i386: no user stack pointer is compared; TypeScript programs touch their stack in order. Unlike 3.6 and 3.8 with
 * huge pages: a fault that is given one, at the start of a stack that happens to be aligned to it, makes no guard page.
 */
import { VM_ACCOUNT, VM_EXEC, VM_GROWSDOWN, VM_GROWSUP, VM_LOCKED, VM_READ, VM_WRITE } from '../arch/generic/mman.js';
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
  if (mm.rules.stack.keepsPageBelow && touchesMemoryBelow(mm, vpn, below)) return false;
  return inSameRegion(mm, vpn, vmas.vmStart[above]!) && growDown(mm, above, vpn);
}

/** expand_stack() of 3.8: the page lies right above memory that is no stack. */
function touchesMemoryBelow({ vmas }: Mm, vpn: number, below: number): boolean {
  return below !== NONE && vmas.vmEnd[below] === vpn && (vmas.vmFlags[below]! & VM_GROWSDOWN) === 0;
}

/** ia64: a stack does not leave its region, nor the part of it that can be mapped. */
function inSameRegion(mm: Mm, vpn: number, start: number): boolean {
  const { region } = mm.target;
  if (region === null) return true;
  const base = Math.floor(start / region.pages) * region.pages;
  return vpn >= base && vpn - base < region.mapLimit;
}

/**
 * acct_stack_growth(): RLIMIT_AS, RLIMIT_STACK, and from 2.6.11 on RLIMIT_MEMLOCK for a locked stack. Where
 * RLIMIT_DATA counts private writable memory it counts a register stack, which VM_STACK does not name.
 */
function withinLimits(mm: Mm, h: number, stackPages: number, grow: number): boolean {
  const vmFlags = mm.vmas.vmFlags[h]!;
  // expand_backing_store(), before register stacks were charged, did not ask about locks.
  const isLocked = (vmFlags & VM_LOCKED) !== 0 && (vmFlags & (VM_GROWSUP | VM_ACCOUNT)) !== VM_GROWSUP;
  if (isLocked && mm.rules.lock.limitsStacks && mm.bytes(mm.lockedVm + grow) > mm.rlimits.memlock) return false;
  if (mm.bytes(stackPages) > mm.rlimits.stack) return false;
  return mm.rules.brk.dataVm ? mm.mayExpand(vmFlags, grow) : mm.bytes(mm.totalVm + grow) <= mm.rlimits.as;
}

/** Whether a stack of the other kind of growth, or any memory as the release has it, is to be kept at a distance. */
function isKeptAway(mm: Mm, neighbour: number, sameGrowth: number): boolean {
  const vmFlags = mm.vmas.vmFlags[neighbour]!;
  if ((vmFlags & sameGrowth) !== 0) return false;
  return mm.rules.stackGapFrom === 'all memory' || (vmFlags & (VM_READ | VM_WRITE | VM_EXEC)) !== 0;
}

/** 4.12 on: a stack keeps the guard gap from memory below that is no stack itself. */
function keepsGuardGap(mm: Mm, h: number, vpn: number): boolean {
  const { vmas, rules } = mm;
  if (vpn * mm.target.pageSize < rules.mmapMinAddr) return false;
  if (rules.stackGapFrom === 'all memory' && vpn < rules.stackGuardGap) return false;
  const prev = vmas.prev(h);
  return prev === NONE || vpn - vmas.vmEnd[prev]! >= rules.stackGuardGap || !isKeptAway(mm, prev, VM_GROWSDOWN);
}

/** The same above a register stack that has grown to page `end`. */
function keepsGapAbove(mm: Mm, h: number, end: number): boolean {
  const next = mm.vmas.next(h);
  return next === NONE || mm.vmas.vmStart[next]! - end >= mm.rules.stackGuardGap || !isKeptAway(mm, next, VM_GROWSUP);
}

/** Pages at the bottom of area `h` that only keep other memory away: stack_guard_page_start() of 3.6, 0 or 1. */
export function guardPagesBelow({ vmas, rules }: Mm, h: number): number {
  if (!rules.stack.guardPage || (vmas.vmFlags[h]! & VM_GROWSDOWN) === 0) return 0;
  const prev = vmas.prev(h);
  return prev !== NONE && vmas.vmEnd[prev] === vmas.vmStart[h] && (vmas.vmFlags[prev]! & VM_GROWSDOWN) !== 0 ? 0 : 1;
}

/** The same at its top: stack_guard_page_end(). */
export function guardPagesAbove({ vmas, rules }: Mm, h: number): number {
  if (!rules.stack.guardPage || (vmas.vmFlags[h]! & VM_GROWSUP) === 0) return 0;
  const next = vmas.next(h);
  return next !== NONE && vmas.vmStart[next] === vmas.vmEnd[h] && (vmas.vmFlags[next]! & VM_GROWSUP) !== 0 ? 0 : 1;
}

/**
 * A page of memory without a file is about to be made at `vpn`: where it is the area's last one, the area grows by
 * a page if it can. False when something else lies there already.
 */
export function checkStackGuardPage(mm: Mm, vpn: number): boolean {
  const { vmas } = mm;
  const h = vmas.find(vpn);
  const vmFlags = vmas.vmFlags[h]!;
  if ((vmFlags & VM_GROWSDOWN) !== 0 && vpn === vmas.vmStart[h]) {
    const prev = vmas.prev(h);
    if (prev !== NONE && vmas.vmEnd[prev] === vpn) return (vmas.vmFlags[prev]! & VM_GROWSDOWN) !== 0;
    if (vpn > 0 && growDown(mm, h, vpn - 1)) mm.onGrowth?.(vpn - 1);
  }
  if ((vmFlags & VM_GROWSUP) !== 0 && vpn + 1 === vmas.vmEnd[h]) {
    const next = vmas.next(h);
    if (next !== NONE && vmas.vmStart[next] === vpn + 1) return (vmas.vmFlags[next]! & VM_GROWSUP) !== 0;
    if (growUp(mm, h)) mm.onGrowth?.(vpn + 1);
  }
  return true;
}

function growDown(mm: Mm, h: number, vpn: number): boolean {
  const { vmas, rules } = mm;
  if (!keepsGuardGap(mm, h, vpn)) return false;
  anonVmaPrepare(mm, h);
  const grow = vmas.vmStart[h]! - vpn;
  if (rules.stack.keepsPgoff && grow > vmas.vmPgoff[h]!) return false;
  if (rules.accounts && !mm.enoughMemory(grow)) return false;
  if (!withinLimits(mm, h, vmas.vmEnd[h]! - vpn, grow)) {
    mm.vm.unacct(grow);
    return false;
  }
  vmas.setStart(h, vpn);
  vmas.vmPgoff[h]! -= grow;
  grown(mm, h, grow);
  return true;
}

/**
 * A register stack. From 2.6.18 on exec makes it with VM_ACCOUNT and expand_upwards() grows it: it is charged, and
 * compared with the limit by its new size. expand_backing_store() before charges nothing and takes the old size.
 */
function growUp(mm: Mm, h: number): boolean {
  const { vmas } = mm;
  const isCharged = (vmas.vmFlags[h]! & VM_ACCOUNT) !== 0;
  if (!keepsGapAbove(mm, h, vmas.vmEnd[h]! + 1)) return false;
  if (isCharged) anonVmaPrepare(mm, h);
  if (!withinLimits(mm, h, vmas.vmEnd[h]! - vmas.vmStart[h]! + (isCharged ? 1 : 0), 1)) return false;
  if (isCharged && !mm.enoughMemory(1)) return false;
  vmas.setEnd(h, vmas.vmEnd[h]! + 1);
  grown(mm, h, 1);
  return true;
}

function grown(mm: Mm, h: number, npages: number): void {
  mm.account(mm.vmas.vmFlags[h]!, npages);
  if ((mm.vmas.vmFlags[h]! & VM_LOCKED) !== 0) mm.lockedVm += npages;
}
