/**
 * The holes of an address space: what is free between its lowest and its highest area. What a machine cannot map,
 * sparc64's VA hole and the ends of ia64's regions, is no hole.
 */
import type { Target } from '../arch/index.js';
import type { Mm } from '../mm/mm.js';
import { NONE } from '../mm/vma_set.js';

/** Pages [start, end). */
export interface FreeRange {
  readonly start: number;
  readonly end: number;
}

/** Lowest first. */
export function holesOf(mm: Mm): FreeRange[] {
  const { vmas, target } = mm;
  const holes: FreeRange[] = [];
  let end = -1;
  for (let h = vmas.first(); h !== NONE; h = vmas.next(h)) {
    if (end >= 0 && vmas.vmStart[h]! > end) holes.push(...usable(target, end, vmas.vmStart[h]!));
    end = vmas.vmEnd[h]!;
  }
  return holes;
}

/** The parts of [start, end) that this machine can map. */
function usable(target: Target, start: number, end: number): FreeRange[] {
  const { vaHole, region } = target;
  if (vaHole !== null) return [cut(start, end, 0, vaHole.start), cut(start, end, vaHole.end, end)].filter(isSome);
  if (region === null) return [{ start, end }];
  const ranges: FreeRange[] = [];
  for (let base = Math.floor(start / region.pages) * region.pages; base < end; base += region.pages) {
    ranges.push(cut(start, end, base, base + region.mapLimit));
  }
  return ranges.filter(isSome);
}

function cut(start: number, end: number, low: number, high: number): FreeRange {
  return { start: Math.max(start, low), end: Math.min(end, high) };
}

function isSome({ start, end }: FreeRange): boolean {
  return start < end;
}
