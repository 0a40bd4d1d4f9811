/**
 * hole-size. Linux 2.6.13 to 3.3 (read in 2.6.18), mm/mmap.c: arch_get_unmapped_area(),
 * arch_get_unmapped_area_topdown() and their unmap hooks; on sparc64, bottom-up for 64-bit and top-down for
 * 32-bit tasks, up to 3.7: arch/sparc64/kernel/sys_sparc.c, with the
 * hook of mm/mmap.c, which stopped forgetting the hole size before 3.6 (Wolfgang Wander and Ken Chen, commit 1363c3cd).
 *
 * Beside the cursor the size of the largest hole that a search has passed is kept: a request that is not larger
 * starts from the base again, so holes are used before the space above (or below) is. The unmap hook is told
 * once a munmap, where the whole hole begins or ends, its free neighbours included.
 *
 * Cost: one step for requests larger than every hole; a walk for those a hole may fit. Its weakness: going down,
 * the hole is measured from the candidate, not from its true bottom, so the size is too small and depends on how
 * areas are merged, and find_vma() skips small holes (fixed in part in 3.4, ended by the tree in 3.8).
 */
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { endBelow, holeSizeDown, holeSizeUp, noteHole, raiseCache, startAbove } from './hole_size_up.js';
import { alignDown, examine, fitsBelow } from './walk_down.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  mm.stats.searches += 1;
  return mm.isTopDown ? holeSizeDown(mm, request, topDown) : holeSizeUp(mm, request);
}

/** One look below free_area_cache, else the whole way down from mmap_base; an address, or -1. */
function topDown(mm: Mm, request: AreaRequest): number {
  const { vmas, target } = mm;
  const { npages } = request;
  if (npages <= mm.cachedHoleSize) {
    mm.cachedHoleSize = 0;
    mm.freeAreaCache = mm.mmapBase;
  }
  const top = alignDown(target, request, mm.freeAreaCache - npages);
  if (top > 0) {
    const h = examine(mm, top);
    if (fitsBelow(mm, request, top, h)) return found(mm, top);
  }
  if (mm.mmapBase < npages) return -1;
  let vpn = alignDown(target, request, mm.mmapBase - npages);
  while (vpn >= 0) {
    const h = examine(mm, vpn);
    if (fitsBelow(mm, request, vpn, h)) return found(mm, vpn);
    noteHole(mm, vpn, vmas.vmStart[h]!);
    if (vmas.vmStart[h]! <= npages) return -1;
    vpn = alignDown(target, request, vmas.vmStart[h]! - npages);
  }
  // Unlike Linux: a colour that leads below page 0 ends the search; there it wraps to an address that is refused.
  return -1;
}

function found(mm: Mm, vpn: number): number {
  mm.freeAreaCache = vpn;
  return vpn;
}

function unmappedRange(mm: Mm, above: number): void {
  if (mm.isTopDown) {
    raiseCache(mm, startAbove(mm, above));
    return;
  }
  const hole = endBelow(mm, above);
  if (hole < mm.taskUnmappedBase() || hole >= mm.freeAreaCache) return;
  mm.freeAreaCache = hole;
  if (mm.rules.unmapForgetsHole) mm.cachedHoleSize = Number.POSITIVE_INFINITY;
}

export const holeSize: Search = {
  name: 'hole-size',
  about: 'as the cursor, but from the base for requests that fit the largest hole passed',
  cost: 'O(1) for requests larger than every hole passed, else O(n)',
  direction: 'layout',
  gapIndex: null,
  getUnmappedArea,
  unmapped() {},
  unmappedRange,
  check() {},
};
