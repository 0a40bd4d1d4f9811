/**
 * The upward search of 2.5.74 to 2.6.12, mm/mmap.c: arch_get_unmapped_area() and arch_unmap_area(): next fit
 * from free_area_cache, once more from the base when the top is reached. The cursor search is this; the
 * top-down searches of its time fall back to it.
 *
 * On ia64 a hint takes the cursor's place, and is left behind the new area too (Linux 2.5.75 to 3.8,
 * arch/ia64/kernel/sys_ia64.c).
 */
import type { Mm } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { colourAlign, hintPage, probeHint, searchBase, tooLong, walkUp } from './walk.js';

/** Address of a hole, or -ENOMEM; a success leaves free_area_cache behind the new area. */
export function nextFit(mm: Mm, request: AreaRequest): number {
  const { target } = mm;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0 && target.hintStartsSearch) return nextFitFrom(mm, request, hint);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  const base = searchBase(mm, request);
  return nextFitFrom(mm, request, target.hintStartsSearch ? mm.freeAreaCache : Math.max(mm.freeAreaCache, base));
}

function nextFitFrom(mm: Mm, request: AreaRequest, from: number): number {
  const { target } = mm;
  const base = searchBase(mm, request);
  let vpn = walkUp(mm, request, from);
  // ia64 compares its aligned start with the base, the others where they started from.
  const started = target.hintStartsSearch ? colourAlign(target, request, from) : from;
  if (vpn < 0 && started !== base) vpn = walkUp(mm, request, base);
  if (vpn >= 0) mm.freeAreaCache = vpn + request.npages;
  return vpn;
}

/** arch_unmap_area(): a new hole at the lowest possible address. */
export function lowerCursor(mm: Mm, start: number): void {
  if (start >= mm.taskUnmappedBase() && start < mm.freeAreaCache) mm.freeAreaCache = start;
}
