/**
 * Merging. `vmaMerge` is what a new area does to its neighbours; `vmaModify` changes the flags of a part of an
 * existing area, merging with what lies beside it or splitting off the rest.
 *
 *   AAA|BBB        prev ends where it starts, compatible:     prev grows
 *   AAA|BBB|CCC    and it ends where next starts, too:        prev swallows both
 *       BBB|CCC    only next is compatible:                   next grows down
 *
 * Sources: Linux 2.5.46, mm/mmap.c: vma_merge(), include/linux/mm.h: can_vma_merge(); 2.5.74 and 2.6.6: the same,
 * is_mergeable_vma(); 2.6.11 and 2.6.18,
 * mm/mmap.c: vma_merge(), can_vma_merge_before(), can_vma_merge_after(); 6.1, mm/mmap.c; 6.13 and 6.18, mm/vma.c.
 */
import { EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { VM_SHARED } from '../arch/generic/mman.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** What an area must be for a neighbour to take it in. */
interface Like {
  vmFlags: number;
  file: number;
  /** vm_pgoff at the area's start, and the start. */
  pgoff: number;
  start: number;
  /** anon_vma; 0 for none. */
  anonVma: number;
}

const like: Like = { vmFlags: 0, file: 0, pgoff: 0, start: 0, anonVma: 0 };

/** 2.5.46's test: anonymous, and exactly these flags, VM_ACCOUNT and the MAY bits included. */
export function canVmaMerge(mm: Mm, h: number, vmFlags: number): boolean {
  return mm.vmas.vmFile[h] === 0 && mm.vmas.vmFlags[h] === vmFlags;
}

/** Whether neighbour `h` and the area described by `x` may become one. */
function compatible(mm: Mm, h: number, x: Like): boolean {
  const { vmas, rules } = mm;
  if (rules.merges === 'anonymous') return x.file === 0 && (x.vmFlags & VM_SHARED) === 0 && canVmaMerge(mm, h, x.vmFlags);
  if ((x.vmFlags & rules.neverMerges) !== 0) return false;
  if (vmas.vmFlags[h] !== x.vmFlags || vmas.vmFile[h] !== x.file) return false;
  // Before 2.6.7 memory without a file has no place in one.
  if (x.file === 0 && rules.merges !== 'everything') return true;
  if (vmas.vmPgoff[h]! - vmas.vmStart[h]! !== x.pgoff - x.start) return false;
  return anonVmaAgrees(mm, vmas.vmAnon[h]!, x.anonVma);
}

/** An anon_vma is a number, times two, plus one in a fork's child, whose chain has several entries. */
function isInherited(anonVma: number): boolean {
  return (anonVma & 1) !== 0;
}

function anonVmaAgrees(mm: Mm, neighbour: number, mine: number): boolean {
  if (neighbour === mine && mine !== 0) return true;
  if (neighbour !== 0 && mine !== 0) return false;
  const rule = mm.rules.anonVma;
  if (rule === '6.1' || rule === '6.13') return mine === 0 && !isInherited(neighbour);
  if (rule === '6.18') return !isInherited(neighbour) && !isInherited(mine);
  return true;
}

/**
 * mmap and brk: tries to put a new area [start, end) into a neighbour; `above` is the VMA above it (NONE:
 * nothing). Returns whether it did.
 */
export function vmaMerge(
  mm: Mm, above: number, start: number, end: number, vmFlags: number, file: number, pgoff: number,
): boolean {
  return mergeNew(mm, above, start, end, vmFlags, file, pgoff, 0, mm.rules.anonVma === '6.1');
}

/** copy_vma(): the same for the copy that mremap makes of an area with `anonVma`. */
export function vmaMergeMoved(
  mm: Mm, above: number, start: number, end: number, vmFlags: number, file: number, pgoff: number, anonVma: number,
): boolean {
  return mergeNew(mm, above, start, end, vmFlags, file, pgoff, anonVma, false);
}

/** mremap in place, 6.x: area `h` reaches up to `end` from here on, and takes in the area that begins there. */
export function vmaExpand(mm: Mm, h: number, end: number): void {
  const { vmas } = mm;
  const oldEnd = vmas.vmEnd[h]!;
  const next = vmas.next(h);
  like.vmFlags = vmas.vmFlags[h]!;
  like.file = vmas.vmFile[h]!;
  like.pgoff = vmas.vmPgoff[h]! + (oldEnd - vmas.vmStart[h]!);
  like.start = oldEnd;
  like.anonVma = vmas.vmAnon[h]!;
  const joinsNext = next !== NONE && vmas.vmStart[next] === end && compatible(mm, next, like);
  if (!joinsNext || !bothSidesAgree(mm, h, next, false)) {
    vmas.setEnd(h, end);
    return;
  }
  mm.stats.merges += 1;
  vmas.vmAnon[h] = vmas.vmAnon[h]! || vmas.vmAnon[next]!;
  vmas.setEnd(h, vmas.vmEnd[next]!);
  mm.removeArea(next);
}

function mergeNew(
  mm: Mm, above: number, start: number, end: number, vmFlags: number, file: number, pgoff: number,
  anonVma: number, nextFirst: boolean,
): boolean {
  const { vmas } = mm;
  const prev = vmas.before(above);
  like.vmFlags = vmFlags;
  like.file = file;
  like.pgoff = pgoff;
  like.start = start;
  like.anonVma = anonVma;
  const joinsNext = above !== NONE && vmas.vmStart[above] === end && compatible(mm, above, like);
  const joinsPrev = prev !== NONE && vmas.vmEnd[prev] === start && compatible(mm, prev, like);
  if (joinsPrev && joinsNext && bothSidesAgree(mm, prev, above, nextFirst)) {
    joinPrevAndNext(mm, prev, above, anonVma);
    return true;
  }
  // 6.1's mmap tries next first: where the two sides disagree, it is next that grows.
  if (joinsPrev && !(joinsNext && nextFirst)) {
    mm.stats.merges += 1;
    vmas.setEnd(prev, end);
    if (anonVma !== 0) vmas.vmAnon[prev] = anonVma;
    return true;
  }
  if (!joinsNext) return false;
  mm.stats.merges += 1;
  if (mm.rules.merges === 'everything' || file !== 0) vmas.vmPgoff[above] = pgoff;
  else if (mm.rules.merges !== 'anonymous') vmas.vmPgoff[above]! -= end - start;
  if (anonVma !== 0) vmas.vmAnon[above] = anonVma;
  vmas.setStart(above, start);
  return true;
}

/** Whether prev and next may become one: in 2.5.46 they may if each may with what lies between. */
function bothSidesAgree(mm: Mm, prev: number, next: number, nextFirst: boolean): boolean {
  const a = mm.vmas.vmAnon[prev]!;
  const b = mm.vmas.vmAnon[next]!;
  if (nextFirst) return b === 0 ? true : a === b;
  return a === 0 || b === 0 || a === b;
}

function joinPrevAndNext(mm: Mm, prev: number, next: number, anonVma: number): void {
  const { vmas } = mm;
  mm.stats.merges += 2;
  const anon = vmas.vmAnon[prev]! || vmas.vmAnon[next]! || anonVma;
  vmas.vmAnon[prev] = anon;
  vmas.setEnd(prev, vmas.vmEnd[next]!);
  mm.removeArea(next);
}

/**
 * Gives [start, end), a part of area `h`, other flags: merges it with what is beside it, or splits off the
 * rest. Returns 0, -ENOMEM when a split would exceed the map limit (an earlier split stays), or -EINVAL for a part of
 * what the kernel maps.
 * The engine of 2.6.7 and later: mprotect, madvise, mlock.
 */
export function vmaModify(mm: Mm, area: number, start: number, end: number, newFlags: number): number {
  const { vmas } = mm;
  let h = area;
  if (mergeModified(mm, h, start, end, newFlags)) return 0;
  if (start !== vmas.vmStart[h]) {
    if (vmas.size >= mm.maxMapCount) return -ENOMEM;
    if (mm.isUncut(h)) return -EINVAL;
    h = mm.split(h, start);
  }
  if (end !== vmas.vmEnd[h]) {
    if (vmas.size >= mm.maxMapCount) return -ENOMEM;
    if (mm.isUncut(h)) return -EINVAL;
    h = vmas.prev(mm.split(h, end));
  }
  vmas.vmFlags[h] = newFlags;
  return 0;
}

const JOINS_PREV = 1;
const JOINS_NEXT = 2;

/** Which of its neighbours would take in [start, end) of area `h` with other flags. */
function neighboursFor(mm: Mm, h: number, start: number, end: number, newFlags: number): number {
  const { vmas } = mm;
  const prev = start === vmas.vmStart[h] ? vmas.prev(h) : NONE;
  const next = end === vmas.vmEnd[h] ? vmas.next(h) : NONE;
  like.vmFlags = newFlags;
  like.file = vmas.vmFile[h]!;
  like.pgoff = vmas.vmPgoff[h]! + (start - vmas.vmStart[h]!);
  like.start = start;
  like.anonVma = vmas.vmAnon[h]!;
  const joinsPrev = prev !== NONE && vmas.vmEnd[prev] === start && compatible(mm, prev, like);
  const joinsNext = next !== NONE && vmas.vmStart[next] === end && compatible(mm, next, like);
  return (joinsPrev ? JOINS_PREV : 0) | (joinsNext ? JOINS_NEXT : 0);
}

/** Whether the area above would, and the one below would not. */
export function joinsNextAlone(mm: Mm, h: number, start: number, end: number, newFlags: number): boolean {
  return neighboursFor(mm, h, start, end, newFlags) === JOINS_NEXT;
}

function mergeModified(mm: Mm, h: number, start: number, end: number, newFlags: number): boolean {
  const { vmas } = mm;
  const joins = neighboursFor(mm, h, start, end, newFlags);
  if (joins === 0) return false;
  const joinsPrev = (joins & JOINS_PREV) !== 0;
  const joinsNext = (joins & JOINS_NEXT) !== 0;
  const prev = joinsPrev ? vmas.prev(h) : NONE;
  const next = joinsNext ? vmas.next(h) : NONE;
  const anon = vmas.vmAnon[h]!;
  if (joinsPrev && joinsNext && bothSidesAgree(mm, prev, next, false)) {
    vmas.vmAnon[prev] = vmas.vmAnon[prev]! || anon || vmas.vmAnon[next]!;
    vmas.setEnd(prev, vmas.vmEnd[next]!);
    mm.removeArea(mm.removeArea(h));
    mm.stats.merges += 2;
    return true;
  }
  mm.stats.merges += 1;
  if (joinsPrev) growPrev(mm, prev, h, end);
  else growNext(mm, h, next, start);
  return true;
}

/** The front of `h` up to `end` goes to the area below it. */
function growPrev(mm: Mm, prev: number, h: number, end: number): void {
  const { vmas } = mm;
  vmas.vmAnon[prev] = vmas.vmAnon[prev]! || vmas.vmAnon[h]!;
  vmas.setEnd(prev, end);
  if (end === vmas.vmEnd[h]) {
    mm.removeArea(h);
    return;
  }
  vmas.vmPgoff[h]! += end - vmas.vmStart[h]!;
  vmas.setStart(h, end);
}

/** The rear of `h` from `start` on goes to the area above it. */
function growNext(mm: Mm, h: number, next: number, start: number): void {
  const { vmas } = mm;
  vmas.vmAnon[next] = vmas.vmAnon[next]! || vmas.vmAnon[h]!;
  vmas.vmPgoff[next]! -= vmas.vmStart[next]! - start;
  if (start === vmas.vmStart[h]) {
    // Removing a row may move the one above it: grow it first, over a neighbour that is then taken out.
    const vpn = vmas.vmEnd[next]! - 1;
    mm.removeArea(h);
    vmas.setStart(vmas.find(vpn), start);
    return;
  }
  vmas.setEnd(h, start);
  vmas.setStart(next, start);
}
