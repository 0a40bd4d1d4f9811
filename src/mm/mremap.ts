/**
 * mremap: do_mremap() and move_vma(), mm/mremap.c. The checks and their order are the release's
 * (src/release/mm_rules.ts names them, mremap_steps.ts does them); here the memory moves.
 *
 *   [ A1 | A2 | A3 ]  ->  [ A1 ]      [ A3 ]  ...  [ A2 ]     the moved pages keep their frames; what remains
 *          ^^^^                                               of the area is split off by the munmap
 *
 * Sources: Linux 2.4.20, 2.5.46, 2.6.11 and 2.6.18: do_mremap(); 6.1 and 6.13: mremap_to(), vma_to_resize() (6.13:
 * resize_is_valid()); 6.18: remap_move().
 */
import { EFAULT, EINVAL } from '../arch/generic/errno.js';
import { VM_ACCOUNT, VM_LOCKED, VM_SHARED } from '../arch/generic/mman.js';
import { MREMAP_DONTUNMAP, MREMAP_FIXED, VM_LOCKONFAULT } from '../arch/generic/mman_calls.js';
import type { MremapStep } from '../release/index.js';
import type { Mm } from './mm.js';
import { ANSWERED, mremapSteps, type Remap, sourceArea } from './mremap_steps.js';
import { doMunmap } from './munmap.js';
import { pageAlign } from './page_align.js';
import { makePagesPresent } from './populate.js';
import { vmaMergeMoved } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** The arguments of one call: addresses and lengths as pages and bytes beyond. */
export interface MremapArgs {
  readonly vpn: number;
  readonly offset: number;
  readonly oldPages: number;
  readonly oldOffset: number;
  readonly newPages: number;
  readonly newOffset: number;
  readonly flags: number;
  readonly newVpn: number;
  readonly newVpnOffset: number;
}

/** Resizes, moves or doubles a mapping. Returns the page number where it is now, or a negative errno. */
export function doMremap(mm: Mm, args: MremapArgs): number {
  const remap: Remap = {
    vpn: args.vpn,
    offset: args.offset,
    oldPages: pageAlign(mm, args.oldPages, args.oldOffset),
    newPages: pageAlign(mm, args.newPages, args.newOffset),
    sameBytes: args.oldPages === args.newPages && args.oldOffset === args.newOffset,
    flags: args.flags,
    newVpn: args.newVpn,
    newOffset: args.newVpnOffset,
    to: 0,
    charged: 0,
    cut: 0,
  };
  return run(mm, remap, mm.rules.mremap);
}

function run(mm: Mm, remap: Remap, steps: readonly MremapStep[]): number {
  for (const [i, name] of steps.entries()) {
    if (name === 'several areas one by one') {
      if ((remap.flags & MREMAP_FIXED) === 0 || remap.oldPages !== remap.newPages) continue;
      return moveSeveral(mm, remap, steps.slice(i + 1));
    }
    const result = mremapSteps[name](mm, remap);
    if (result === ANSWERED) return remap.to;
    if (result < 0) {
      if (remap.charged > 0) mm.vm.unacct(remap.charged);
      return result;
    }
  }
  // Unlike Linux up to 2.6.5, which makes an area without a page where the tail could not be cut off.
  if (remap.newPages === 0) return -EINVAL;
  moveVma(mm, remap);
  return remap.to;
}

/** remap_move(), 6.17 on: every area in the range, lowest first, with the gaps between them. */
function moveSeveral(mm: Mm, whole: Remap, steps: readonly MremapStep[]): number {
  const { vmas } = mm;
  const end = whole.vpn + whole.oldPages;
  let result = -EFAULT;
  for (let at = whole.vpn; at < end; ) {
    const h = vmas.find(at);
    if (h === NONE || vmas.vmStart[h]! >= end) break;
    const start = Math.max(vmas.vmStart[h]!, at);
    if (start > at && result < 0) return -EFAULT;
    const npages = Math.min(vmas.vmEnd[h]!, end) - start;
    const newVpn = whole.newVpn + (start - whole.vpn);
    const moved = run(mm, { ...whole, vpn: start, oldPages: npages, newPages: npages, newVpn }, steps);
    if (moved < 0) return moved;
    if (result < 0) result = moved;
    at = start + npages;
  }
  return result;
}

/** move_vma(): the area at the target is made or merged, pages move, the old range goes. */
function moveVma(mm: Mm, remap: Remap): void {
  const { vmas } = mm;
  const { vpn, oldPages, newPages, to } = remap;
  const vmFlags = vmas.vmFlags[sourceArea(mm, remap)]!;
  const isMerged = copyVma(mm, remap);
  mm.pageTable.move(vpn, to, oldPages);
  mm.account(vmFlags, newPages);
  mm.notePeak();
  if ((remap.flags & MREMAP_DONTUNMAP) !== 0) {
    leaveEmpty(mm, remap, isMerged);
    if (mm.rules.move.locksTwice && (vmFlags & VM_LOCKED) !== 0) mm.lockedVm += newPages;
    return;
  }
  if (mm.rules.move.frontLosesAccount) unmapSource25(mm, remap, vmFlags);
  else unmapSource(mm, remap, vmFlags);
  if ((vmFlags & VM_LOCKED) === 0) return;
  mm.lockedVm += newPages;
  const h = vmas.find(to);
  if (mm.rules.move.populatesAll) makePagesPresent(mm, vmas.vmStart[h]!, vmas.vmEnd[h]!);
  else if (newPages > oldPages) makePagesPresent(mm, to + oldPages, to + newPages);
}

/** copy_vma(): an area at the target like the source. Returns whether a neighbour there took it in. */
function copyVma(mm: Mm, remap: Remap): boolean {
  const { vmas, rules } = mm;
  const h = sourceArea(mm, remap);
  const vmFlags = vmas.vmFlags[h]!;
  const file = vmas.vmFile[h]!;
  const anonVma = vmas.vmAnon[h]!;
  const { to } = remap;
  const end = to + remap.newPages;
  // Memory that was never written has no pages that would know their old place.
  const isFresh = rules.anonymousPgoff && file === 0 && anonVma === 0;
  const pgoff = isFresh ? to : vmas.vmPgoff[h]! + (remap.vpn - vmas.vmStart[h]!);
  const above = vmas.find(to);
  const mergesFiles = rules.merges === 'everything' || rules.merges === 'files of mmap and mremap';
  const mayMerge = mergesFiles || (file === 0 && (vmFlags & VM_SHARED) === 0);
  if (mayMerge && vmaMergeMoved(mm, above, to, end, vmFlags, file, pgoff, anonVma)) return true;
  mm.addArea(above, to, end, pgoff, vmFlags, file);
  vmas.vmAnon[vmas.find(to)] = anonVma;
  return false;
}

/** MREMAP_DONTUNMAP: the source stays, without pages and locks; moved as a whole, it is as if never written. */
function leaveEmpty(mm: Mm, remap: Remap, isMerged: boolean): void {
  const { vmas } = mm;
  const h = sourceArea(mm, remap);
  vmas.vmFlags[h] = (vmas.vmFlags[h]! & ~(VM_LOCKED | VM_LOCKONFAULT)) >>> 0;
  const isWhole = vmas.vmStart[h] === remap.vpn && vmas.vmEnd[h] === remap.vpn + remap.oldPages;
  if (isWhole && !(isMerged && h === vmas.find(remap.to))) vmas.vmAnon[h] = 0;
}

function setAccount(mm: Mm, h: number, isAccounted: boolean): void {
  if (h === NONE) return;
  const { vmFlags } = mm.vmas;
  vmFlags[h] = (isAccounted ? vmFlags[h]! | VM_ACCOUNT : vmFlags[h]! & ~VM_ACCOUNT) >>> 0;
}

/**
 * Unmaps the source. Its charge went with the pages, so the flag is hidden from munmap and put back on what
 * remains. A munmap that fails (an old length of 0) leaves the flag off, and what it stood for is given back.
 */
function unmapSource(mm: Mm, remap: Remap, vmFlags: number): void {
  const { vmas } = mm;
  const { vpn, oldPages } = remap;
  if ((vmFlags & VM_ACCOUNT) === 0) {
    doMunmap(mm, vpn, 0, oldPages, 0);
    return;
  }
  const h = sourceArea(mm, remap);
  const start = vmas.vmStart[h]!;
  const end = vmas.vmEnd[h]!;
  setAccount(mm, h, false);
  if (doMunmap(mm, vpn, 0, oldPages, 0) < 0) {
    mm.vm.unacct(end - start - oldPages);
    return;
  }
  if (start < vpn) setAccount(mm, vmas.find(vpn - 1), true);
  if (vpn + oldPages < end) setAccount(mm, vmas.find(vpn + oldPages), true);
}

/**
 * The same in 2.5.46, which keeps the flag in a pointer to the area: when the front of an area moves, that
 * pointer names what munmap removed, and the rest is not accounted any more.
 * Unlike Linux: where an old length of 0 makes it set the flag on the next area, one may be missing.
 */
function unmapSource25(mm: Mm, remap: Remap, vmFlags: number): void {
  const { vmas } = mm;
  const { vpn, oldPages } = remap;
  const isAccounted = (vmFlags & VM_ACCOUNT) !== 0;
  const h = sourceArea(mm, remap);
  const start = vmas.vmStart[h]!;
  const end = vmas.vmEnd[h]!;
  if (isAccounted) setAccount(mm, h, false);
  const error = doMunmap(mm, vpn, 0, oldPages, 0);
  if (!isAccounted) return;
  if (vpn > start) {
    const below = vmas.find(vpn - 1);
    setAccount(mm, below, true);
    if (vpn + oldPages < end) setAccount(mm, vmas.next(below), true);
  } else if (error < 0 && vpn + oldPages !== end) {
    setAccount(mm, vmas.find(vpn), true);
  }
}
