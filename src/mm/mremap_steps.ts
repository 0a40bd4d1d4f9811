/**
 * The steps of mremap, by the names that a release's record lists them under (src/release/mm_rules.ts). Each
 * returns 0 to go on, a negative errno to end the call, or ANSWERED when the call has its result, which is
 * `to`. Steps about a target look only at calls with MREMAP_FIXED or MREMAP_DONTUNMAP.
 */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from '../arch/generic/errno.js';
import {
  VM_ACCOUNT, VM_DONTEXPAND, VM_LOCKED, VM_MAYSHARE, VM_PFNMAP, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from '../arch/generic/mman_calls.js';
import { POW2 } from '../lib/u64.js';
import type { MremapStep } from '../release/index.js';
import type { Mm } from './mm.js';
import { fixedRefused, machineRefuses } from './mmap_check.js';
import { doMunmap } from './munmap.js';
import { makePagesPresent } from './populate.js';
import type { AreaRequest } from './requests.js';
import { getUnmappedAreaFor } from './unmapped_area/get_unmapped_area.js';
import { vmaExpand } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** The arguments of one mremap, and what its steps found out. Lengths are pages, rounded up. */
export interface Remap {
  vpn: number;
  readonly offset: number;
  oldPages: number;
  newPages: number;
  /** The lengths as they were given were the same to the byte. */
  readonly sameBytes: boolean;
  readonly flags: number;
  /** The new address that was asked for. */
  newVpn: number;
  readonly newOffset: number;
  /** Where the memory goes: the result. */
  to: number;
  /** Pages charged, to be given back if the call fails. */
  charged: number;
  /** Pages cut off before the move. */
  cut: number;
}

/** The call's result is in `to`. */
export const ANSWERED = 1;

type Step = (mm: Mm, remap: Remap) => number;

function hasTarget(remap: Remap): boolean {
  return (remap.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0;
}

function keepsOld(remap: Remap): boolean {
  return (remap.flags & MREMAP_DONTUNMAP) !== 0;
}

function growth(remap: Remap): number {
  return remap.newPages - remap.oldPages;
}

/** End of the old range; one that wraps around overlaps nothing, in any release. */
function oldEnd(mm: Mm, remap: Remap): number {
  return (remap.vpn + remap.oldPages) % mm.target.vpnEnd;
}

/** The area that contains the old address, or NONE. */
export function sourceArea(mm: Mm, remap: Remap): number {
  const h = mm.vmas.find(remap.vpn);
  return h === NONE || mm.vmas.vmStart[h]! > remap.vpn ? NONE : h;
}

function flagsOf(mm: Mm, remap: Remap): number {
  return mm.vmas.vmFlags[sourceArea(mm, remap)]!;
}

function unmapTarget(mm: Mm, remap: Remap): number {
  return (remap.flags & MREMAP_FIXED) === 0 ? 0 : doMunmap(mm, remap.newVpn, 0, remap.newPages, 0);
}

/** A shrink, or no change of size: done unless the memory is to move as well. */
function cutTail(mm: Mm, remap: Remap, ignoresErrors: boolean): number {
  const { vpn, oldPages, newPages } = remap;
  if (oldPages < newPages) return 0;
  if (oldPages > newPages) {
    // An address that wraps is that of low memory.
    const error = doMunmap(mm, (vpn + newPages) % mm.target.vpnEnd, 0, oldPages - newPages, 0);
    if (error < 0 && !ignoresErrors) return error;
  }
  if (!hasTarget(remap) || remap.newVpn === vpn) {
    remap.to = vpn;
    return ANSWERED;
  }
  remap.cut = oldPages - newPages;
  remap.oldPages = newPages;
  return 0;
}

/**
 * The same in 2.4, whose old length stays what it was: a shrink that moves does not find the tail which it has just cut
 * off, and ends with EFAULT, the target's old maps gone.
 * Unlike Linux 2.4: a tail that the map limit keeps ends it, too; there the new area would be smaller than what moves.
 */
function cutTailAndForget(mm: Mm, remap: Remap): number {
  const { vpn, oldPages, newPages } = remap;
  if (oldPages < newPages) return 0;
  const error = doMunmap(mm, (vpn + newPages) % mm.target.vpnEnd, 0, oldPages - newPages, 0);
  if (hasTarget(remap) && remap.newVpn !== vpn) return error === -ENOMEM ? error : 0;
  remap.to = vpn;
  return ANSWERED;
}

/** Pages of the old range that are to be there after a shrink: all that must lie in one area. */
function keptPages(remap: Remap): number {
  return Math.min(remap.oldPages, remap.newPages);
}

function overMemlock(mm: Mm, remap: Remap): boolean {
  const isLocked = (flagsOf(mm, remap) & VM_LOCKED) !== 0;
  return isLocked && mm.bytes(mm.lockedVm + growth(remap)) > mm.rlimits.memlock;
}

/** Charges `pages` for an accounted area. */
function charge(mm: Mm, remap: Remap, pages: number): number {
  if ((flagsOf(mm, remap) & VM_ACCOUNT) === 0) return 0;
  if (!mm.enoughMemory(pages)) return -ENOMEM;
  remap.charged = pages;
  return 0;
}

/** Whether the area ends with the old range and has room above for the growth. */
function fitsInPlace(mm: Mm, remap: Remap): boolean {
  const { vmas } = mm;
  const h = sourceArea(mm, remap);
  if (hasTarget(remap) || vmas.vmEnd[h]! - remap.vpn !== remap.oldPages) return false;
  const next = vmas.next(h);
  const roof = next === NONE ? mm.target.taskSize : vmas.vmStart[next]!;
  if (roof - remap.vpn < remap.newPages) return false;
  return !mm.rules.move.growthIsChecked || mayStretch(mm, vmas.vmStart[h]!, remap.vpn + remap.newPages);
}

/** What get_unmapped_area() says of an area [start, end) under MAP_FIXED: vma_expandable(). */
function mayStretch(mm: Mm, start: number, end: number): boolean {
  return mm.bytes(start) >= mm.rules.mmapMinAddr && !machineRefuses(mm, start, 0, end - start, true);
}

function grownInPlace(mm: Mm, remap: Remap, vmFlags: number): number {
  mm.account(vmFlags, growth(remap));
  if ((vmFlags & VM_LOCKED) !== 0) {
    mm.lockedVm += growth(remap);
    makePagesPresent(mm, remap.vpn + remap.oldPages, remap.vpn + remap.newPages);
  }
  remap.to = remap.vpn;
  return ANSWERED;
}

const hinted: AreaRequest = {
  vpn: 0, offset: 0, npages: 0, isFile: false, isShared: false, pgoff: 0, low32: false,
};

/** get_unmapped_area() for the memory of the source; `sharedBit` says by which flag it counts as shared. */
function find(mm: Mm, remap: Remap, sharedBit: number, fromPiece: boolean): number {
  if ((remap.flags & MREMAP_FIXED) !== 0) return remap.newVpn;
  const { vmas } = mm;
  const h = sourceArea(mm, remap);
  const isFile = vmas.vmFile[h] !== 0;
  const isShared = (vmas.vmFlags[h]! & sharedBit) !== 0;
  const pgoff = vmas.vmPgoff[h]! + (fromPiece ? remap.vpn - vmas.vmStart[h]! : 0);
  const hint = keepsOld(remap) ? remap.newVpn : 0;
  if (hint === 0) return getUnmappedAreaFor(mm, remap.newPages, mm.files[vmas.vmFile[h]!] ?? null, isShared, pgoff);
  Object.assign(hinted, { vpn: hint, offset: 0, npages: remap.newPages, isFile, isShared, pgoff });
  return mm.search.getUnmappedArea(mm, hinted);
}

function found(remap: Remap, vpn: number): number {
  remap.to = vpn;
  return Math.min(vpn, 0);
}

function foundAndChecked(mm: Mm, remap: Remap, vpn: number): number {
  if (remap.newPages > mm.target.longestMap) return -ENOMEM;
  if (vpn >= 0 && vpn > mm.target.taskSize - remap.newPages) return -ENOMEM;
  if (vpn >= 0 && vpn * mm.target.pageSize < mm.rules.mmapMinAddr) return -EPERM;
  return found(remap, vpn);
}

/** get_unmapped_area() of 3.x and later asks the machine first, with the address that was asked for. */
function checkedByMachine(mm: Mm, remap: Remap): number {
  const isFixed = (remap.flags & MREMAP_FIXED) !== 0;
  if (machineRefuses(mm, hasTarget(remap) ? remap.newVpn : 0, 0, remap.newPages, isFixed)) return -EINVAL;
  if (!isFixed) return 0;
  const h = sourceArea(mm, remap);
  const isShared = (mm.vmas.vmFlags[h]! & VM_MAYSHARE) !== 0;
  const pgoff = mm.vmas.vmPgoff[h]! + remap.vpn - mm.vmas.vmStart[h]!;
  return fixedRefused(mm, remap.newVpn, 0, remap.newPages, isShared, pgoff) ? -EINVAL : 0;
}

export const mremapSteps: Readonly<Record<Exclude<MremapStep, 'several areas one by one'>, Step>> = {
  'flags other than MAYMOVE and FIXED: EINVAL': (_mm, remap) =>
    (remap.flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) !== 0 ? -EINVAL : 0,

  'flags other than MAYMOVE, FIXED and DONTUNMAP: EINVAL': (_mm, remap) =>
    (remap.flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0 ? -EINVAL : 0,

  'unaligned: EINVAL': (_mm, remap) => (remap.offset !== 0 ? -EINVAL : 0),

  'new length 0: EINVAL': (_mm, remap) => (remap.newPages === 0 ? -EINVAL : 0),

  'new length above TASK_SIZE: EINVAL': (mm, remap) => (remap.newPages > mm.target.taskSize ? -EINVAL : 0),

  'FIXED or DONTUNMAP without MAYMOVE: EINVAL': (_mm, remap) =>
    hasTarget(remap) && (remap.flags & MREMAP_MAYMOVE) === 0 ? -EINVAL : 0,

  'DONTUNMAP with another length: EINVAL': (_mm, remap) => (keepsOld(remap) && !remap.sameBytes ? -EINVAL : 0),

  'DONTUNMAP with another number of pages: EINVAL': (_mm, remap) =>
    keepsOld(remap) && remap.oldPages !== remap.newPages ? -EINVAL : 0,

  'target unaligned: EINVAL': (_mm, remap) => (hasTarget(remap) && remap.newOffset !== 0 ? -EINVAL : 0),

  'target above TASK_SIZE: EINVAL': (mm, remap) =>
    hasTarget(remap) && remap.newVpn > mm.target.taskSize - remap.newPages ? -EINVAL : 0,

  'target overlaps: EINVAL': (mm, remap) => {
    const { vpn, newVpn, newPages } = remap;
    return hasTarget(remap) && oldEnd(mm, remap) > newVpn && newVpn + newPages > vpn ? -EINVAL : 0;
  },

  'target overlaps, an empty old range included: EINVAL': (mm, remap) => {
    const { vpn, newVpn, newPages } = remap;
    const reachesOld = newVpn <= vpn && newVpn + newPages > vpn;
    const liesInOld = vpn <= newVpn && oldEnd(mm, remap) > newVpn;
    return hasTarget(remap) && (reachesOld || liesInOld) ? -EINVAL : 0;
  },

  'no room for two more areas: ENOMEM': (mm, remap) =>
    hasTarget(remap) && mm.vmas.size + 2 >= mm.maxMapCount - 3 ? -ENOMEM : 0,

  'unmap the target': unmapTarget,

  // Unlike Linux 2.5.46, which goes on at the map limit too, where the old maps stay, and dies of a BUG().
  'unmap the target, whatever that says': (mm, remap) => (unmapTarget(mm, remap) === -ENOMEM ? -ENOMEM : 0),

  'cut off the tail': (mm, remap) => cutTail(mm, remap, false),

  'cut off the tail, whatever that says': (mm, remap) => cutTail(mm, remap, true),

  'cut off the tail, and expect it still': cutTailAndForget,

  'nothing mapped there: EFAULT': (mm, remap) => (sourceArea(mm, remap) === NONE ? -EFAULT : 0),

  'private memory cannot be doubled: EINVAL': (mm, remap) =>
    remap.oldPages === 0 && (flagsOf(mm, remap) & (VM_SHARED | VM_MAYSHARE)) === 0 ? -EINVAL : 0,

  'DONTUNMAP of memory that may not grow: EINVAL': (mm, remap) =>
    keepsOld(remap) && (flagsOf(mm, remap) & (VM_DONTEXPAND | VM_PFNMAP)) !== 0 ? -EINVAL : 0,

  // A shrink or no change at the old address asks this in 2.x no more, and in 6.18 not at all.
  'range leaves the area: EFAULT': (mm, remap) => {
    if (!hasTarget(remap) && remap.oldPages >= remap.newPages) return 0;
    return keptPages(remap) > mm.vmas.vmEnd[sourceArea(mm, remap)]! - remap.vpn ? -EFAULT : 0;
  },

  'old range leaves the area: EFAULT': (mm, remap) =>
    remap.oldPages > mm.vmas.vmEnd[sourceArea(mm, remap)]! - remap.vpn ? -EFAULT : 0,

  'pgoff wraps: EINVAL': (mm, remap) => {
    const h = sourceArea(mm, remap);
    const pgoff = mm.vmas.vmPgoff[h]! + (remap.vpn - mm.vmas.vmStart[h]!);
    return growth(remap) > 0 && pgoff + remap.newPages >= POW2[mm.target.kernelBits]! ? -EINVAL : 0;
  },

  'may not grow: EFAULT': (mm, remap) =>
    growth(remap) > 0 && (flagsOf(mm, remap) & (VM_DONTEXPAND | VM_PFNMAP)) !== 0 ? -EFAULT : 0,

  'RLIMIT_MEMLOCK: EAGAIN': (mm, remap) => (overMemlock(mm, remap) ? -EAGAIN : 0),

  'RLIMIT_AS: ENOMEM': (mm, remap) => (mm.bytes(mm.totalVm + growth(remap)) > mm.rlimits.as ? -ENOMEM : 0),

  'growth over RLIMIT_MEMLOCK: EAGAIN': (mm, remap) => (growth(remap) > 0 && overMemlock(mm, remap) ? -EAGAIN : 0),

  'growth over RLIMIT_AS or RLIMIT_DATA: ENOMEM': (mm, remap) =>
    growth(remap) > 0 && !mm.mayExpand(flagsOf(mm, remap), growth(remap)) ? -ENOMEM : 0,

  'DONTUNMAP over RLIMIT_AS or RLIMIT_DATA: ENOMEM': (mm, remap) =>
    keepsOld(remap) && !mm.mayExpand(flagsOf(mm, remap), remap.oldPages) ? -ENOMEM : 0,

  'charge the growth: ENOMEM': (mm, remap) => charge(mm, remap, growth(remap)),

  'ask for the growth: ENOMEM': (mm, remap) => {
    const isPrivateWritable = (flagsOf(mm, remap) & (VM_SHARED | VM_WRITE)) === VM_WRITE;
    return isPrivateWritable && !mm.enoughMemory(growth(remap)) ? -ENOMEM : 0;
  },

  'charge the growth: EFAULT': (mm, remap) => (charge(mm, remap, growth(remap)) < 0 ? -EFAULT : 0),

  'grow in place': (mm, remap) => {
    if (!fitsInPlace(mm, remap)) return 0;
    const h = sourceArea(mm, remap);
    mm.vmas.setEnd(h, remap.vpn + remap.newPages);
    return grownInPlace(mm, remap, mm.vmas.vmFlags[h]!);
  },

  'grow in place, charged and merged': (mm, remap) => {
    if (!fitsInPlace(mm, remap)) return 0;
    const error = charge(mm, remap, growth(remap));
    if (error < 0) return error;
    const h = sourceArea(mm, remap);
    const vmFlags = mm.vmas.vmFlags[h]!;
    vmaExpand(mm, h, remap.vpn + remap.newPages);
    return grownInPlace(mm, remap, vmFlags);
  },

  'may not move: ENOMEM': (_mm, remap) => ((remap.flags & MREMAP_MAYMOVE) === 0 ? -ENOMEM : 0),

  'find the address by VM_SHARED': (mm, remap) => found(remap, find(mm, remap, VM_SHARED, false)),

  'find the address': (mm, remap) => found(remap, find(mm, remap, VM_MAYSHARE, false)),

  'find the address, then check it': (mm, remap) =>
    foundAndChecked(mm, remap, find(mm, remap, VM_MAYSHARE, false)),

  'find the address for the piece, then check it': (mm, remap) => {
    const error = checkedByMachine(mm, remap);
    return error < 0 ? error : foundAndChecked(mm, remap, find(mm, remap, VM_MAYSHARE, true));
  },

  'three areas below the limit: ENOMEM': (mm) => (mm.vmas.size >= mm.maxMapCount - 3 ? -ENOMEM : 0),

  'special memory is not cut: EINVAL': (mm, remap) => {
    const h = sourceArea(mm, remap);
    const isPart = mm.vmas.vmStart[h]! < remap.vpn || mm.vmas.vmEnd[h]! !== remap.vpn + remap.oldPages;
    return isPart && mm.isUncut(h) ? -EINVAL : 0;
  },

  'charge what is new: ENOMEM': (mm, remap) => charge(mm, remap, keepsOld(remap) ? remap.newPages : growth(remap)),

  // The size of a shrink is still in the record when the move charges it; 6.17 never gives it back.
  'charge what is new or was cut off: ENOMEM': (mm, remap) =>
    charge(mm, remap, keepsOld(remap) ? remap.newPages : growth(remap) + remap.cut),
};
