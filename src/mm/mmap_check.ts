/**
 * What a machine says of a range before anything else does: arch_mmap_check() of 2.6.18 and later, on sparc64
 * (arch/sparc64/kernel/sys_sparc.c) and ia64 (arch/ia64/kernel/sys_ia64.c), and what MAP_FIXED meets in their
 * arch_get_unmapped_area().
 */
import type { PageRange } from '../arch/index.js';
import type { Mm } from './mm.js';

/** True where the machine refuses [vpn + offset, ...) of npages, with EINVAL. */
export function machineRefuses(mm: Mm, vpn: number, offset: number, npages: number, isFixed: boolean): boolean {
  const { target } = mm;
  if (target.mmapCheck === 'none') return false;
  const { region, vaHole } = target;
  if (region !== null) {
    return npages > region.mapLimit || reachesAbove(vpn % region.pages, offset, npages, region.mapLimit);
  }
  if (vaHole === null) return false;
  const looksAtRange = isFixed || target.mmapCheck === 'all ranges';
  if (target.bits === 32) {
    return npages >= target.searchEnd || (looksAtRange && reachesAbove(vpn, offset, npages, target.searchEnd));
  }
  return npages >= vaHole.start || (looksAtRange && touchesHole(vaHole, target.vpnEnd, vpn, npages));
}

/** invalid_64bit_range(): an end in the excluded part is enough, a range around all of it is not. */
export function touchesHole(hole: PageRange, vpnEnd: number, vpn: number, npages: number): boolean {
  const end = vpn + npages;
  return end >= vpnEnd || isIn(hole, vpn) || isIn(hole, end);
}

function isIn(range: PageRange, vpn: number): boolean {
  return vpn >= range.start && vpn < range.end;
}

function reachesAbove(vpn: number, offset: number, npages: number, end: number): boolean {
  return vpn + npages > end || (vpn + npages === end && offset > 0);
}

/**
 * A fixed address, vpn + offset, that no search would give: huge pages only (ia64, is_hugepage_only_range(), which looks
 * at the first byte and at the last), or the wrong colour for sharing (sparc64).
 */
export function fixedRefused(mm: Mm, vpn: number, offset: number, npages: number, isShared: boolean, pgoff: number): boolean {
  const { hintsIgnored, checksFixedColour, colour } = mm.target;
  const last = vpn + npages - (offset > 0 ? 0 : 1);
  if (hintsIgnored !== null && isIn(hintsIgnored, vpn) && isIn(hintsIgnored, last)) return true;
  return checksFixedColour && isShared && vpn % colour.shared !== pgoff % colour.shared;
}
