/**
 * free-area-cache. Linux 2.5.46 to 2.5.73, mm/mmap.c: arch_get_unmapped_area() and unmap_vma()
 * (Ingo Molnar's change, first in 2.5.46).
 *
 * mm->free_area_cache is the first hole of any size: everything between TASK_UNMAPPED_BASE and it is
 * mapped, so a search may start there and still give first fit's answer. A search moves it up to the
 * first hole it meets; an unmap below it moves it down.
 *
 *   TASK_UNMAPPED_BASE        free_area_cache
 *          v                        v
 *          [S][S][S][S][S][S][S][S].........
 *
 * Cost: with stacks mapped one after the other, two steps a call. Its weakness: one low hole smaller
 * than every request pins the cache there and the walk is as long as before (fixed in 2.5.74).
 * The promise breaks where an area crosses TASK_UNMAPPED_BASE: unmapping it lowers nothing.
 *
 * Unlike Linux: sparc64 and ia64 never had this generation. Forced on them it is their own loop,
 * started from the cache; the hole is noted before a candidate is aligned, which keeps the promise.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import { bug } from '../../lib/bug.js';
import type { Mm, Search } from '../mm.js';
import { BEYOND, NONE } from '../vma_set.js';
import type { AreaRequest } from '../requests.js';
import {
  colourAlign, highestStart, hintPage, isPlain, probeHint, searchBase, tooLong, walkColoured, walkPlain, walkUp,
} from './walk.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  const { target } = mm;
  mm.stats.searches += 1;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0 && target.hintStartsSearch) return walkUp(mm, request, hint);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  // MAP_32BIT is younger than the cache: first fit there.
  return request.low32 ? walkUp(mm, request, searchBase(mm, request)) : searchFromCache(mm, request);
}

/**
 * Moves the cache up to the first hole at or above it, and walks on from there. The areas passed on the
 * way are the first ones of the kernel's one loop and are counted as such. When the walk passes the last
 * possible address before any hole, the cache stays.
 */
function searchFromCache(mm: Mm, request: AreaRequest): number {
  const { vmas, stats, target } = mm;
  const start = mm.freeAreaCache;
  const limit = highestStart(target, request, start);
  const h = vmas.walkToGap(vmas.find(start), start, 1, limit);
  if (h === BEYOND) {
    stats.probes += vmas.walked;
    return -ENOMEM;
  }
  // The area above the hole is examined by the walk that goes on, and counted there.
  stats.probes += h === NONE ? vmas.walked : vmas.walked - 1;
  mm.freeAreaCache = vmas.gapStart;
  if (isPlain(target, request)) return walkPlain(mm, request, vmas.gapStart, h);
  // First fit's own first candidate, the aligned base, may lie above the hole already: sparc64 adds the colour
  // of pgoff after rounding. Every later one follows from the end of an area, as it does here.
  const base = mm.taskUnmappedBase();
  if (colourAlign(target, request, base) >= mm.freeAreaCache) return walkUp(mm, request, base);
  return walkColoured(mm, request, colourAlign(target, request, mm.freeAreaCache), h);
}

function unmapped(mm: Mm, start: number): void {
  if (start >= mm.taskUnmappedBase() && start < mm.freeAreaCache) mm.freeAreaCache = start;
}

/** What must hold unless an area crossed TASK_UNMAPPED_BASE: no hole below the cache. */
function check(mm: Mm): void {
  if (mm.freeAreaCache < mm.taskUnmappedBase()) {
    bug('free_area_cache below TASK_UNMAPPED_BASE', { cache: mm.freeAreaCache });
  }
}

export const freeAreaCache: Search = {
  name: 'free-area-cache',
  about: 'starts at mm->free_area_cache, the first hole',
  cost: 'O(1) for stacks one after the other, O(n) above a small low hole',
  direction: 'up',
  gapIndex: null,
  getUnmappedArea,
  unmapped,
  unmappedRange() {},
  check,
};
