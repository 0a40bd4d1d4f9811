/**
 * What the downward searches share: the candidate below an address, and the walk from area to area by find_vma().
 *
 *          fits                      addr
 *           v                          v
 *   [A]........[B ][C ]..[D][E   ][F  ]      each step looks up the candidate: small holes below it are skipped
 *
 * Sources: Linux 2.6.9 to 3.6, mm/mmap.c: arch_get_unmapped_area_topdown(); arch/sparc64/kernel/sys_sparc.c,
 * which aligns each candidate to its cache colour.
 *
 * Unlike Linux: ia64 never searched downwards; forced there, candidates keep inside what a region can map.
 */
import type { Target } from '../../arch/index.js';
import type { Mm } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { NONE } from '../vma_set.js';
import { colourOffset, colourPages } from './walk.js';

/**
 * Highest candidate at or below `vpn`: sparc64's COLOUR_ALIGN_DOWN rounds down to the colour's page, or where
 * that is above `vpn` to as many pages below the multiple. May be negative.
 */
export function alignDown(target: Target, request: AreaRequest, vpn: number): number {
  const inRegion = target.region === null ? vpn : lowerIntoRegion(target.region, vpn, request.npages);
  const pages = colourPages(target, request);
  if (pages === 1) return inRegion;
  const base = Math.floor(inRegion / pages) * pages;
  const offset = colourOffset(target, request, pages);
  return base + offset <= inRegion ? base + offset : base - offset;
}

function lowerIntoRegion(region: { readonly pages: number; readonly mapLimit: number }, vpn: number, npages: number): number {
  const base = Math.floor(vpn / region.pages) * region.pages;
  return Math.min(vpn, base + region.mapLimit - npages);
}

/** find_vma() of a candidate, counted as examined. */
export function examine(mm: Mm, vpn: number): number {
  const h = mm.vmas.find(vpn);
  if (h !== NONE) mm.stats.probes += 1;
  return h;
}

/** True when the request fits at `vpn`, whose find_vma is `h`. */
export function fitsBelow(mm: Mm, request: AreaRequest, vpn: number, h: number): boolean {
  return h === NONE || vpn + request.npages <= mm.vmas.vmStart[h]!;
}

/** arch_unmap_area_topdown() of 2.6.9: a new hole at the highest possible address. */
export function raiseCursor(mm: Mm, end: number): void {
  if (end > mm.freeAreaCache) mm.freeAreaCache = end;
}
