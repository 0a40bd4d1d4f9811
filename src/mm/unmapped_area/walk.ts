/**
 * The upward walk that the list searches share: from an address, area by area, until the request fits.
 *
 *      addr                 fits here
 *       v                       v
 *   [A ][B   ][C ]..[D][E   ]........[F]
 *       examined ->             ^ F is the last one examined
 *
 * The three machines' loops differ in what they do with each candidate address, and the target says it:
 * sparc64 jumps over the VA hole and aligns to cache colours; ia64 gives up at a region's end and aligns
 * shared mappings to 1 MB. Sources: Linux 2.5.46 mm/mmap.c: arch_get_unmapped_area(),
 * arch/sparc64/kernel/sys_sparc.c, arch/ia64/kernel/sys_ia64.c.
 */
import type { Target } from '../../arch/index.js';
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Mm } from '../mm.js';
import { BEYOND, NONE } from '../vma_set.js';
import type { AreaRequest } from '../requests.js';

/** Pages that a request's address is a multiple of. */
function colourPages(target: Target, request: AreaRequest): number {
  if (request.isShared) return target.colour.shared;
  return request.isFile ? target.colour.file : 1;
}

/**
 * `vpn` rounded up to the request's colour. sparc64's COLOUR_ALIGN rounds up first and adds the colour
 * of pgoff after, so it can skip a page that would fit: kept.
 */
export function colourAlign(target: Target, request: AreaRequest, vpn: number): number {
  const pages = colourPages(target, request);
  if (pages === 1) return vpn;
  const rounded = Math.ceil(vpn / pages) * pages;
  return target.colour.addsPgoff ? rounded + (request.pgoff % pages) : rounded;
}

/** Highest address at which `npages` may start, judged from a candidate at `vpn`. */
export function highestStart(target: Target, vpn: number, npages: number): number {
  const limit = target.searchEnd - npages;
  const hole = target.vaHole;
  if (hole !== null && vpn < hole.end) return Math.min(limit, hole.start - npages);
  const region = target.region;
  if (region === null) return limit;
  const base = Math.floor(vpn / region.pages) * region.pages;
  return Math.min(limit, base + region.mapLimit - npages);
}

/** -ENOMEM for a request that no address can hold, else 0. */
export function tooLong(target: Target, npages: number): number {
  const most = target.region?.mapLimit ?? target.vaHole?.start ?? target.taskSize;
  return npages > most || npages > target.searchEnd ? -ENOMEM : 0;
}

/**
 * Page-aligned hint, or -1 when there is none: a zero hint, or one that rounds up past the last
 * address, which wraps to 0 as it does in the kernel (`vpn` 0 is then a real hint on i386).
 */
export function hintPage(target: Target, request: AreaRequest): number {
  if (request.vpn === 0 && request.offset === 0) return -1;
  const vpn = request.vpn + (request.offset > 0 ? 1 : 0);
  return vpn >= target.vpnEnd ? 0 : vpn;
}

/**
 * The generic hint probe (i386): the hint itself if it is free, else -1.
 * mm/mmap.c, 2.4 to 2.6.20: the hint is rounded up and tried once.
 */
export function probeHint(mm: Mm, vpn: number, npages: number): number {
  const { vmas, target } = mm;
  if (vpn > target.taskSize - npages) return -1;
  const h = vmas.find(vpn);
  return h === NONE || vpn + npages <= vmas.vmStart[h]! ? vpn : -1;
}

/** True when every page is a candidate. */
export function isPlain(target: Target, request: AreaRequest): boolean {
  return colourPages(target, request) === 1;
}

/** Walks up from `from` (not yet aligned) and returns the first address that fits, or -ENOMEM. */
export function walkUp(mm: Mm, request: AreaRequest, from: number): number {
  const { target } = mm;
  const aligned = colourAlign(target, request, from);
  // A hint in the last pages of all rounds up past the end, which wraps.
  const start = aligned >= target.vpnEnd ? aligned - target.vpnEnd : aligned;
  const h = mm.vmas.find(start);
  return isPlain(target, request)
    ? walkPlain(mm, request.npages, start, h)
    : walkColoured(mm, request, start, h);
}

/**
 * Page-aligned candidates from `start`, whose find_vma is `first`: the inner loop is VmaSet's. Returns
 * the first address that fits, or -ENOMEM.
 */
export function walkPlain(mm: Mm, npages: number, start: number, first: number): number {
  const { vmas, target, stats } = mm;
  const found = vmas.walkToGap(first, start, npages, highestStart(target, start, npages));
  stats.probes += vmas.walked;
  if (found !== BEYOND) return vmas.gapStart;
  const hole = target.vaHole;
  if (hole === null || vmas.gapStart >= hole.end || vmas.gapStart > target.searchEnd - npages) return -ENOMEM;
  return walkPlain(mm, npages, hole.end, vmas.find(hole.end));
}

/** Candidates that are aligned after every area. */
export function walkColoured(mm: Mm, request: AreaRequest, start: number, first: number): number {
  const { vmas, target, stats } = mm;
  const { npages } = request;
  let vpn = start;
  let h = first;
  for (;;) {
    if (vpn > highestStart(target, vpn, npages)) {
      const hole = target.vaHole;
      if (hole === null || vpn >= hole.end || vpn > target.searchEnd - npages) return -ENOMEM;
      vpn = hole.end;
      h = vmas.find(vpn);
      if (vpn > target.searchEnd - npages) return -ENOMEM;
    }
    if (h === NONE) return vpn;
    stats.probes += 1;
    if (vpn + npages <= vmas.vmStart[h]!) return vpn;
    vpn = colourAlign(target, request, vmas.vmEnd[h]!);
    h = vmas.next(h);
  }
}
