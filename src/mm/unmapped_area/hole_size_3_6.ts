/**
 * hole-size-3.6. Linux 3.4 to 3.7 on i386 and x86_64 (read in 3.6), mm/mmap.c: arch_get_unmapped_area(),
 * arch_get_unmapped_area_topdown(), arch/x86/kernel/sys_x86_64.c (Xiao Guangrong's series).
 *
 * hole-size with two things mended: going down, the walk starts at free_area_cache and only when it ends without
 * a hole once more at mmap_base; and going up, an unmap no longer forgets the size of the largest hole.
 *
 * Cost: one step for requests larger than every hole passed, else a walk. What remains: the size is measured from
 * the candidate, and small holes below it are skipped.
 */
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { endBelow, holeSizeDown, holeSizeUp, noteHole, raiseCache, startAbove } from './hole_size_up.js';
import { alignDown, examine, fitsBelow } from './walk_down.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  mm.stats.searches += 1;
  return mm.isTopDown ? holeSizeDown(mm, request, topDown) : holeSizeUp(mm, request);
}

/** Down from free_area_cache, then from mmap_base; an address, or -1. */
function topDown(mm: Mm, request: AreaRequest): number {
  if (request.npages <= mm.cachedHoleSize) {
    mm.cachedHoleSize = 0;
    mm.freeAreaCache = mm.mmapBase;
  }
  const start = mm.freeAreaCache;
  const vpn = downFrom(mm, request, start);
  if (vpn >= 0 || start === mm.mmapBase) return vpn;
  mm.freeAreaCache = mm.mmapBase;
  mm.cachedHoleSize = 0;
  return downFrom(mm, request, mm.mmapBase);
}

function downFrom(mm: Mm, request: AreaRequest, start: number): number {
  const { vmas, target } = mm;
  const { npages } = request;
  if (start < npages) return -1;
  let vpn = alignDown(target, request, start - npages);
  while (vpn >= 0) {
    const h = examine(mm, vpn);
    if (fitsBelow(mm, request, vpn, h)) {
      mm.freeAreaCache = vpn;
      return vpn;
    }
    noteHole(mm, vpn, vmas.vmStart[h]!);
    if (vmas.vmStart[h]! <= npages) return -1;
    vpn = alignDown(target, request, vmas.vmStart[h]! - npages);
  }
  return -1;
}

function unmappedRange(mm: Mm, above: number): void {
  if (mm.isTopDown) {
    raiseCache(mm, startAbove(mm, above));
    return;
  }
  const hole = endBelow(mm, above);
  if (hole >= mm.taskUnmappedBase() && hole < mm.freeAreaCache) mm.freeAreaCache = hole;
}

export const holeSize36: Search = {
  name: 'hole-size-3.6',
  about: 'as hole-size, but down from free_area_cache, and an unmap does not forget the hole',
  cost: 'O(1) for requests larger than every hole passed, else O(n)',
  direction: 'layout',
  gapIndex: null,
  getUnmappedArea,
  unmapped() {},
  unmappedRange,
  check() {},
};
