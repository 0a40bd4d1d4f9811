/**
 * mremap, madvise and the others on drawn address spaces, and address spaces with the rules of a release
 * whatever record it has: `draw('AA', withRules('6.1'))`.
 */
import { VM_LOCKED } from '../../src/arch/generic/mman.js';
import { dupMmap } from '../../src/mm/dup_mmap.js';
import { doMadvise } from '../../src/mm/madvise.js';
import { makeMm } from '../../src/mm/make_mm.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMremap } from '../../src/mm/mremap.js';
import type { MmRules } from '../../src/release/index.js';
import { rules25, rules61, rules412, rules613, rules618, rules2611, rules2618 } from '../../src/release/mm_rules.js';
import { rules36, rules38 } from '../../src/release/mm_rules_3x.js';
import { baseOf, type DrawChoice } from './draw.js';

export type Rules = '2.5' | '2.6.11' | '2.6.18' | '3.6' | '3.8' | '4.12' | '6.1' | '6.13' | '6.18';

export const ruleSets: Readonly<Record<Rules, MmRules>> = {
  '2.5': rules25,
  '2.6.11': rules2611,
  '2.6.18': rules2618,
  '3.6': rules36,
  '3.8': rules38,
  '4.12': rules412,
  '6.1': rules61,
  '6.13': rules613,
  '6.18': rules618,
};

/** What draw() takes, with the rules of a release on an i386 whose search is first fit. */
export function withRules(rules: Rules, more: DrawChoice = {}): DrawChoice {
  return { search: 'first-fit', ...more, rules: ruleSets[rules] };
}

function shown(mm: Mm, vpn: number): number {
  return vpn < 0 ? vpn : vpn - baseOf(mm);
}

/** mremap of whole pages of the drawing: the page where the memory is now, or -errno. */
export function remap(mm: Mm, page: number, oldLen: number, newLen: number, flags: number, target = 0): number {
  const newVpn = target === 0 && (flags & 2) === 0 ? 0 : baseOf(mm) + target;
  return shown(mm, doMremap(mm, {
    vpn: baseOf(mm) + page, offset: 0, oldPages: oldLen, oldOffset: 0, newPages: newLen, newOffset: 0,
    flags, newVpn, newVpnOffset: 0,
  }));
}

/** The same with offsets in the page and lengths in bytes. */
export function remapBytes(
  mm: Mm, page: number, offset: number, oldLen: number, newLen: number, flags: number, target = 0, targetOffset = 0,
): number {
  const { pageSize } = mm.target;
  return shown(mm, doMremap(mm, {
    vpn: baseOf(mm) + page, offset,
    oldPages: Math.floor(oldLen / pageSize), oldOffset: oldLen % pageSize,
    newPages: Math.floor(newLen / pageSize), newOffset: newLen % pageSize,
    flags, newVpn: baseOf(mm) + target, newVpnOffset: targetOffset,
  }));
}

/** madvise of whole pages of the drawing. */
export function advise(mm: Mm, page: number, npages: number, advice: number): number {
  return doMadvise(mm, baseOf(mm) + page, 0, npages, 0, advice);
}

/** The address space of a forked child, in the same memory. */
export function forked(mm: Mm): Mm {
  const child = makeMm(mm.target, mm.vm, mm.pageTable.memory, mm.rlimits);
  if (dupMmap(mm, child) < 0) throw new Error('the child was refused');
  child.check();
  return child;
}

/** vm_flags at a page of the drawing. */
export function flagsAt(mm: Mm, page: number): number {
  return mm.vmas.vmFlags[mm.vmas.find(baseOf(mm) + page)]!;
}

/** Marks the area at `page`, of `npages`, as locked, in releases too that would not let a program do it. */
export function lockPages(mm: Mm, page: number, npages: number): void {
  const h = mm.vmas.find(baseOf(mm) + page);
  mm.vmas.vmFlags[h] = (mm.vmas.vmFlags[h]! | VM_LOCKED) >>> 0;
  mm.lockedVm += npages;
}
