/**
 * What the searches by a tree of gaps share (3.8 and later): the hint, and the ranges that each machine's
 * arch_get_unmapped_area*() hands to vm_unmapped_area(), with what it wants the address aligned to. How the tree
 * finds the lowest or highest gap of a range is each generation's own.
 *
 *   bottom-up:  [TASK_UNMAPPED_BASE, TASK_SIZE), the lowest gap
 *   top-down:   [lowest page, mmap_base), the highest gap; where there is none, bottom-up
 *   sparc64:    bottom-up below the VA hole, then above it;  ia64: from the hint or TASK_UNMAPPED_BASE up
 *
 * Sources: Linux 3.8, 4.12, 6.1, 6.18 mm/mmap.c, arch/sparc/kernel/sys_sparc_64.c, arch/x86/kernel/sys_x86_64.c;
 * 3.10 arch/ia64/kernel/sys_ia64.c.
 */
import { VM_GROWSDOWN, VM_GROWSUP } from '../../arch/generic/mman.js';
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Mm } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { NONE } from '../vma_set.js';
import { colourAlign, colourOffset, colourPages, hintPage, searchBase, searchEnd, tooLong } from './walk.js';

/** struct vm_unmapped_area_info, pages. */
export interface UnmappedAreaInfo {
  npages: number;
  low: number;
  high: number;
  /** The address is `alignOffset` above a multiple of `alignPages`, a power of two. */
  alignPages: number;
  alignOffset: number;
}

/** One generation's vm_unmapped_area(): an address or -ENOMEM. */
export interface GapSearch {
  lowest(mm: Mm, info: UnmappedAreaInfo): number;
  highest(mm: Mm, info: UnmappedAreaInfo): number;
}

const info: UnmappedAreaInfo = { npages: 0, low: 0, high: 0, alignPages: 1, alignOffset: 0 };

/** Address of a hole for `request`, or a negative errno. */
export function searchGaps(mm: Mm, request: AreaRequest, gaps: GapSearch): number {
  const { target } = mm;
  mm.stats.searches += 1;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0 && !target.hintStartsSearch) {
    const vpn = probeHintWithGaps(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  info.npages = request.npages;
  info.alignPages = colourPages(target, request);
  info.alignOffset = colourOffset(target, request, info.alignPages);
  if (mm.isTopDown && !request.low32) {
    const found = inRange(mm, gaps, target.lowestSearched, mm.mmapBase, true);
    if (found >= 0) return found;
  }
  return goingUp(mm, request, gaps, hint >= 0 && target.hintStartsSearch ? hint : searchBase(mm, request));
}

function goingUp(mm: Mm, request: AreaRequest, gaps: GapSearch, low: number): number {
  const { target } = mm;
  const end = searchEnd(target, request);
  const hole = target.vaHole;
  if (hole === null) return inRange(mm, gaps, low, end, false);
  const found = inRange(mm, gaps, low, Math.min(end, hole.start), false);
  return found < 0 && end > hole.end ? inRange(mm, gaps, hole.end, end, false) : found;
}

function inRange(mm: Mm, gaps: GapSearch, low: number, high: number, topDown: boolean): number {
  info.low = low;
  info.high = high;
  if (low > high - info.npages - (info.alignPages - 1)) return -ENOMEM;
  return topDown ? gaps.highest(mm, info) : gaps.lowest(mm, info);
}

/** Lowest address in a gap that starts at `start`: the kernel's gap_start += (align_offset - gap_start) & align_mask. */
export function alignGapUp({ alignPages, alignOffset }: UnmappedAreaInfo, start: number): number {
  return alignPages === 1 ? start : start + modulo(alignOffset - start, alignPages);
}

/** Highest address at or below `vpn`: gap_end -= (gap_end - align_offset) & align_mask. */
export function alignGapDown({ alignPages, alignOffset }: UnmappedAreaInfo, vpn: number): number {
  return alignPages === 1 ? vpn : vpn - modulo(vpn - alignOffset, alignPages);
}

function modulo(a: number, n: number): number {
  return ((a % n) + n) % n;
}

// ---- guard gaps --------------------------------------------------------------------------------------

/** vm_start_gap(): where an area begins for its neighbour below. */
export function startWithGap(mm: Mm, h: number): number {
  const grows = (mm.vmas.vmFlags[h]! & VM_GROWSDOWN) !== 0;
  return grows ? Math.max(0, mm.vmas.vmStart[h]! - mm.rules.stackGuardGap) : mm.vmas.vmStart[h]!;
}

/** vm_end_gap(): where it ends for its neighbour above. Only register stacks grow up. */
function endWithGap(mm: Mm, h: number): number {
  const grows = (mm.vmas.vmFlags[h]! & VM_GROWSUP) !== 0 && mm.target.region !== null;
  return grows ? mm.vmas.vmEnd[h]! + mm.rules.stackGuardGap : mm.vmas.vmEnd[h]!;
}

/** The hint itself if it lies in the searched space, is free and keeps its distance, else -1. */
function probeHintWithGaps(mm: Mm, request: AreaRequest, hint: number): number {
  const { vmas, target } = mm;
  const { npages } = request;
  const aligned = colourAlign(target, request, hint);
  const vpn = aligned >= target.vpnEnd ? aligned - target.vpnEnd : aligned;
  if (vpn > searchEnd(target, request) - npages) return -1;
  const above = vmas.find(vpn);
  if (above !== NONE && vpn + npages > startWithGap(mm, above)) return -1;
  if (!target.hintTestsPrev) return vpn;
  // mmap has lifted its hint above mmap_min_addr; the one of mremap's MREMAP_DONTUNMAP may lie below.
  if (vpn * target.pageSize < mm.rules.mmapMinAddr) return -1;
  const below = vmas.before(above);
  return below !== NONE && vpn < endWithGap(mm, below) ? -1 : vpn;
}
