/**
 * What the list searches share: hints, alignment, and the upward walk from an address, area by area, until the
 * request fits.
 *
 *      addr                 fits here
 *       v                       v
 *   [A ][B   ][C ]..[D][E   ]........[F]
 *       examined ->             ^ F is the last one examined
 *
 * The machines' loops differ in what they do with each candidate address, and the target says it: sparc64
 * jumps over the VA hole and aligns to cache colours; ia64 gives up at a region's end and aligns shared
 * mappings to 1 MB; x86_64 keeps MAP_32BIT between two addresses. Sources: Linux 2.5.46 to 3.8,
 * mm/mmap.c: arch_get_unmapped_area(), arch/sparc64/kernel/sys_sparc.c, arch/ia64/kernel/sys_ia64.c,
 * arch/x86_64/kernel/sys_x86_64.c.
 */
import type { Target } from '../../arch/index.js';
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Mm } from '../mm.js';
import { BEYOND, NONE } from '../vma_set.js';
import type { AreaRequest } from '../requests.js';

// ---- the request -------------------------------------------------------------------------------------

/** Pages that a request's address is a multiple of. */
export function colourPages(target: Target, request: AreaRequest): number {
  if (request.isShared) return target.colour.shared;
  return request.isFile ? target.colour.file : 1;
}

/** Offset of the request's address from a multiple of `pages`: the colour of pgoff on sparc64. */
export function colourOffset(target: Target, request: AreaRequest, pages: number): number {
  return target.colour.addsPgoff ? request.pgoff % pages : 0;
}

/**
 * `vpn` rounded up to the request's colour. sparc64's COLOUR_ALIGN rounds up first and adds the colour
 * of pgoff after, so it can skip a page that would fit: kept.
 */
export function colourAlign(target: Target, request: AreaRequest, vpn: number): number {
  const pages = colourPages(target, request);
  return pages === 1 ? vpn : Math.ceil(vpn / pages) * pages + colourOffset(target, request, pages);
}

/** True when every page is a candidate. */
export function isPlain(target: Target, request: AreaRequest): boolean {
  return colourPages(target, request) === 1;
}

/** TASK_UNMAPPED_BASE, or where MAP_32BIT starts. */
export function searchBase(mm: Mm, request: AreaRequest): number {
  return request.low32 ? mm.target.low32!.start : mm.taskUnmappedBase();
}

/** End of the space that the request may use. */
export function searchEnd(target: Target, request: AreaRequest): number {
  return request.low32 ? target.low32!.end : target.searchEnd;
}

/** -ENOMEM for a request that no address can hold, else 0. */
export function tooLong(target: Target, request: AreaRequest): number {
  return request.npages > target.longestRequest || request.npages > searchEnd(target, request) ? -ENOMEM : 0;
}

// ---- hints -------------------------------------------------------------------------------------------

/**
 * Hint rounded up to a page, or -1 when there is none: a zero hint, or one in a range that does not count.
 * One that rounds up past the last address wraps to 0 as it does in the kernel (0 is then a real hint on i386).
 */
export function hintPage(target: Target, request: AreaRequest): number {
  if (request.vpn === 0 && request.offset === 0) return -1;
  const ignored = target.hintsIgnored;
  if (ignored !== null && request.vpn >= ignored.start && request.vpn < ignored.end) return -1;
  const vpn = request.vpn + (request.offset > 0 ? 1 : 0);
  return vpn >= target.vpnEnd ? 0 : vpn;
}

/** `vpn` aligned for the request; the last pages of all round up past the end, which wraps. */
export function alignedHint(target: Target, request: AreaRequest, vpn: number): number {
  const aligned = colourAlign(target, request, vpn);
  return aligned >= target.vpnEnd ? aligned - target.vpnEnd : aligned;
}

/** The hint, aligned, if it is free, else -1: the one probe that comes before a search. */
export function probeHint(mm: Mm, request: AreaRequest, hint: number): number {
  const { vmas, target } = mm;
  const { npages } = request;
  const vpn = alignedHint(target, request, hint);
  if (vpn > searchEnd(target, request) - npages) return -1;
  const h = vmas.find(vpn);
  return h === NONE || vpn + npages <= vmas.vmStart[h]! ? vpn : -1;
}

// ---- the walk ----------------------------------------------------------------------------------------

/** Highest address at which the request may start, judged from a candidate at `vpn`. */
export function highestStart(target: Target, request: AreaRequest, vpn: number): number {
  const { npages } = request;
  const limit = searchEnd(target, request) - npages;
  const hole = target.vaHole;
  if (hole !== null && vpn < hole.testedBelow) return Math.min(limit, hole.lastEnd - npages);
  const region = target.region;
  if (region === null) return limit;
  const base = Math.floor(vpn / region.pages) * region.pages;
  return Math.min(limit, base + region.mapLimit - npages);
}

/**
 * Where a walk goes on whose candidate `vpn` is above highestStart(): behind the VA hole, at the candidate
 * itself where that is not tested against the hole any more, or nowhere (-1).
 */
export function afterHole(target: Target, request: AreaRequest, vpn: number): number {
  const hole = target.vaHole;
  if (hole === null || vpn > searchEnd(target, request) - request.npages) return -1;
  return vpn < hole.testedBelow ? hole.end : vpn;
}

/** Walks up from `from` (not yet aligned) and returns the first address that fits, or -ENOMEM. */
export function walkUp(mm: Mm, request: AreaRequest, from: number): number {
  const { target } = mm;
  const start = alignedHint(target, request, from);
  const h = mm.vmas.find(start);
  return isPlain(target, request)
    ? walkPlain(mm, request, start, h)
    : walkColoured(mm, request, start, h);
}

/**
 * Page-aligned candidates from `start`, whose find_vma is `first`: the inner loop is VmaSet's. Returns
 * the first address that fits, or -ENOMEM.
 */
export function walkPlain(mm: Mm, request: AreaRequest, start: number, first: number): number {
  const { vmas, target, stats } = mm;
  const found = vmas.walkToGap(first, start, request.npages, highestStart(target, request, start));
  stats.probes += vmas.walked;
  if (found !== BEYOND) return vmas.gapStart;
  const goesOn = afterHole(target, request, vmas.gapStart);
  return goesOn < 0 ? -ENOMEM : walkPlain(mm, request, goesOn, vmas.find(goesOn));
}

/** Candidates that are aligned after every area. */
export function walkColoured(mm: Mm, request: AreaRequest, start: number, first: number): number {
  const { vmas, target, stats } = mm;
  const { npages } = request;
  let vpn = start;
  let h = first;
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
    vpn = colourAlign(target, request, vmas.vmEnd[h]!);
    h = vmas.next(h);
  }
}
