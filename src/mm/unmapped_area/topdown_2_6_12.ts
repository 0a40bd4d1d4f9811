/**
 * topdown-2.6.12. Linux 2.6.12-rc1 on i386, mm/mmap.c: arch_get_unmapped_area_topdown(),
 * arch_unmap_area_topdown().
 *
 * A simpler topdown-2.6.9: one look directly below free_area_cache, and if that does not fit the whole way down
 * from mmap_base, so low holes near the base are found again; then up from TASK_UNMAPPED_BASE. Where the
 * address space is laid out bottom-up it is the cursor search.
 *
 * Cost: one step while the space below the last area is free, all areas otherwise.
 *
 * Its defect is kept: a request longer than mmap_base wraps below zero, nothing is mapped there, and the address
 * near the end of the address space is returned. 2.6.13 tests for it.
 */
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { NONE } from '../vma_set.js';
import { lowerCursor, nextFit } from './next_fit.js';
import { hintPage, probeHint, tooLong } from './walk.js';
import { alignDown, examine, fitsBelow, raiseCursor } from './walk_down.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  mm.stats.searches += 1;
  if (!mm.isTopDown || request.low32) return nextFit(mm, request);
  const { target } = mm;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  const vpn = topDown(mm, request);
  return vpn < 0 ? fallBack(mm, request) : vpn;
}

/** An address, or -1. */
function topDown(mm: Mm, request: AreaRequest): number {
  const { vmas, target } = mm;
  const { npages } = request;
  const top = alignDown(target, request, mm.freeAreaCache - npages);
  if (top >= 0) {
    const h = examine(mm, top);
    if (h === NONE || top + npages <= vmas.vmStart[h]!) return found(mm, top);
  }
  let vpn = alignDown(target, request, mm.mmapBase - npages);
  if (vpn < 0) vpn += target.vpnEnd;
  do {
    const h = examine(mm, vpn);
    if (fitsBelow(mm, request, vpn, h)) return found(mm, vpn);
    vpn = alignDown(target, request, vmas.vmStart[h]! - npages);
  } while (vpn >= 0);
  return -1;
}

function found(mm: Mm, vpn: number): number {
  mm.freeAreaCache = vpn;
  return vpn;
}

/** Large stack limits and large requests: whatever there is, from below, the hint once more. */
function fallBack(mm: Mm, request: AreaRequest): number {
  mm.freeAreaCache = mm.taskUnmappedBase();
  const vpn = nextFit(mm, request);
  mm.freeAreaCache = mm.mmapBase;
  return vpn;
}

function unmapped(mm: Mm, start: number, end: number): void {
  if (!mm.isTopDown) {
    lowerCursor(mm, start);
    return;
  }
  raiseCursor(mm, end);
  mm.freeAreaCache = Math.min(mm.freeAreaCache, mm.mmapBase);
}

export const topdown2612: Search = {
  name: 'topdown-2.6.12',
  about: 'below free_area_cache, else the whole way down from mmap_base, then up from TASK_UNMAPPED_BASE',
  cost: 'O(1) while the area mapped last has room below, else O(n)',
  direction: 'down',
  gapIndex: null,
  getUnmappedArea,
  unmapped,
  unmappedRange() {},
  check() {},
};
