/**
 * topdown-2.6.9. Linux 2.6.9 to 2.6.11 on i386, mm/mmap.c: arch_get_unmapped_area_topdown(),
 * arch_unmap_area_topdown() (flexible mmap).
 *
 * free_area_cache is the end of the highest hole known; the search goes down from there, area by area, then once
 * more from mmap_base, and at last up from TASK_UNMAPPED_BASE as the cursor search does. Where the address space
 * is laid out bottom-up it is the cursor search.
 *
 *   TASK_UNMAPPED_BASE ...........[S][S][S][S] mmap_base
 *                                ^ free_area_cache
 *
 * Cost: one step while the space below is free. Its weakness is the cursor's: holes are left behind.
 */
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { NONE } from '../vma_set.js';
import { lowerCursor, nextFit } from './next_fit.js';
import { hintPage, probeHint, tooLong } from './walk.js';
import { alignDown, examine, fitsBelow, raiseCursor } from './walk_down.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  mm.stats.searches += 1;
  // x86_64 looked for MAP_32BIT from below even in a layout that goes down.
  if (!mm.isTopDown || request.low32) return nextFit(mm, request);
  return topDown(mm, request);
}

function topDown(mm: Mm, request: AreaRequest): number {
  const refused = tooLong(mm.target, request);
  if (refused < 0) return refused;
  mm.freeAreaCache = Math.min(mm.freeAreaCache, mm.mmapBase);
  const hint = hintPage(mm.target, request);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  let vpn = downFromCache(mm, request);
  if (vpn < 0) {
    mm.freeAreaCache = mm.mmapBase;
    vpn = downFromCache(mm, request);
  }
  return vpn < 0 ? fallBack(mm, request) : vpn;
}

/** Down from free_area_cache; an address, or -1. */
function downFromCache(mm: Mm, request: AreaRequest): number {
  const { vmas, target } = mm;
  const { npages } = request;
  let vpn = alignDown(target, request, mm.freeAreaCache - npages);
  while (vpn >= 0) {
    const h = examine(mm, vpn);
    // Above all areas: the cache is not moved.
    if (h === NONE) return vpn;
    const below = vmas.prev(h);
    if (fitsBelow(mm, request, vpn, h) && (below === NONE || vpn >= vmas.vmEnd[below]!)) {
      mm.freeAreaCache = vpn;
      return vpn;
    }
    if (mm.freeAreaCache === vmas.vmEnd[h]!) mm.freeAreaCache = vmas.vmStart[h]!;
    vpn = alignDown(target, request, vmas.vmStart[h]! - npages);
  }
  return -1;
}

/** Large stack limits and large requests: whatever there is, from below, the hint once more. */
function fallBack(mm: Mm, request: AreaRequest): number {
  mm.freeAreaCache = mm.taskUnmappedBase();
  const vpn = nextFit(mm, request);
  mm.freeAreaCache = mm.mmapBase;
  return vpn;
}

function unmapped(mm: Mm, start: number, end: number): void {
  if (mm.isTopDown) raiseCursor(mm, end);
  else lowerCursor(mm, start);
}

export const topdown269: Search = {
  name: 'topdown-2.6.9',
  about: 'down from free_area_cache, once more from mmap_base, then up from TASK_UNMAPPED_BASE',
  cost: 'O(1) while there is room below, O(n) once a round',
  direction: 'down',
  gapIndex: null,
  getUnmappedArea,
  unmapped,
  unmappedRange() {},
  check() {},
};
