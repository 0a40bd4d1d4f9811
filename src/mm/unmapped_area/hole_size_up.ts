/**
 * The upward search of 2.6.13 to 3.7, mm/mmap.c: arch_get_unmapped_area(): next fit from free_area_cache, but from
 * TASK_UNMAPPED_BASE for a request that is not larger than cached_hole_size, the largest hole that was passed.
 * Both generations of the hole size share it, for their bottom-up layouts and as the last resort of the others.
 *
 *   TASK_UNMAPPED_BASE [S]...[S][S].[S][S][S]......
 *                         ^ cached_hole_size = 3   ^ free_area_cache
 *
 * sparc64's own loop measures the hole from the aligned candidate. x86_64's moves the cache instead of starting
 * below it. Unlike Linux: ia64 never had it; forced there, it is that machine's loop with the hole size.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Mm } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { NONE } from '../vma_set.js';
import {
  afterHole, colourAlign, highestStart, hintPage, probeHint, searchBase, tooLong,
} from './walk.js';

/** Address of a hole, or -ENOMEM; a success leaves free_area_cache behind the new area. */
export function holeSizeUp(mm: Mm, request: AreaRequest): number {
  const { target } = mm;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0 && target.hintStartsSearch) return fitFrom(mm, request, hint);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  return fitFrom(mm, request, startOf(mm, request));
}

/** Where the walk starts, not aligned yet. */
function startOf(mm: Mm, request: AreaRequest): number {
  const base = searchBase(mm, request);
  const { holeSizeHit, hintStartsSearch } = mm.target;
  const asks = holeSizeHit !== 'moves the cache for MAP_32BIT' || request.low32;
  if (asks && request.npages <= mm.cachedHoleSize) {
    mm.cachedHoleSize = 0;
    if (holeSizeHit === 'starts at the base') return base;
    mm.freeAreaCache = base;
  }
  return hintStartsSearch ? mm.freeAreaCache : Math.max(mm.freeAreaCache, base);
}

function fitFrom(mm: Mm, request: AreaRequest, from: number): number {
  const base = searchBase(mm, request);
  let vpn = walkNoting(mm, request, from);
  if (vpn < 0 && from !== base) {
    mm.cachedHoleSize = 0;
    vpn = walkNoting(mm, request, base);
  }
  if (vpn >= 0) mm.freeAreaCache = vpn + request.npages;
  return vpn;
}

/** Walks up from `from` as the other list searches do, and keeps the size of the largest hole passed. */
function walkNoting(mm: Mm, request: AreaRequest, from: number): number {
  const { vmas, target, stats } = mm;
  const { npages } = request;
  let vpn = colourAlign(target, request, from);
  let h = vmas.find(vpn);
  for (;;) {
    if (vpn > highestStart(target, request, vpn)) {
      const goesOn = afterHole(target, request, vpn);
      if (goesOn < 0) return -ENOMEM;
      if (goesOn !== vpn) h = vmas.find(goesOn);
      vpn = goesOn;
      if (vpn > highestStart(target, request, vpn)) return -ENOMEM;
    }
    if (h === NONE) return vpn;
    stats.probes += 1;
    if (vpn + npages <= vmas.vmStart[h]!) return vpn;
    noteHole(mm, vpn, vmas.vmStart[h]!);
    vpn = colourAlign(target, request, vmas.vmEnd[h]!);
    h = vmas.next(h);
  }
}

/** A hole from `vpn` to `end` is passed. A size of ~0 wraps in the kernel's sum: any hole takes its place. */
export function noteHole(mm: Mm, vpn: number, end: number): void {
  const known = mm.cachedHoleSize === Number.POSITIVE_INFINITY ? 0 : mm.cachedHoleSize;
  const wraps = known !== mm.cachedHoleSize && vpn <= end;
  if (wraps || vpn + known < end) mm.cachedHoleSize = end - vpn;
}

/** What hooks see below the area `above`: the end of the one before it, or mmap_base. */
export function endBelow(mm: Mm, above: number): number {
  const below = mm.vmas.before(above);
  return below === NONE ? mm.mmapBase : mm.vmas.vmEnd[below]!;
}

/** And above the removed range: the start of the first area there, or mmap_base. */
export function startAbove(mm: Mm, above: number): number {
  return above === NONE ? mm.mmapBase : mm.vmas.vmStart[above]!;
}

/**
 * What the searches that go down have in common: the hint, then the generation's own walk `topDown` (an address, or -1),
 * then up from the base. MAP_32BIT goes up at once.
 */
export function holeSizeDown(mm: Mm, request: AreaRequest, topDown: (mm: Mm, request: AreaRequest) => number): number {
  const { target } = mm;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  if (request.low32) return fallBack(mm, request);
  const hint = hintPage(target, request);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  const vpn = topDown(mm, request);
  return vpn < 0 ? fallBack(mm, request) : vpn;
}

/** The last resort of a search that goes down: up from TASK_UNMAPPED_BASE, everything remembered forgotten. */
function fallBack(mm: Mm, request: AreaRequest): number {
  mm.cachedHoleSize = Number.POSITIVE_INFINITY;
  mm.freeAreaCache = mm.taskUnmappedBase();
  const vpn = holeSizeUp(mm, request);
  mm.freeAreaCache = mm.mmapBase;
  mm.cachedHoleSize = Number.POSITIVE_INFINITY;
  return vpn;
}

/** arch_unmap_area_topdown(): the hole ends at `end`. */
export function raiseCache(mm: Mm, end: number): void {
  mm.freeAreaCache = Math.min(Math.max(mm.freeAreaCache, end), mm.mmapBase);
}
