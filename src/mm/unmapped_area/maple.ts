/**
 * maple. Linux 6.1 and later, mm/mmap.c (6.18: mm/vma.c): unmapped_area(), unmapped_area_topdown(), with the
 * arch_get_unmapped_area*() of arch/x86/kernel/sys_x86_64.c and the generic ones.
 *
 * The tree of areas knows the largest gap below each of its nodes, so the highest (or lowest) gap that is
 * large enough is found without a walk. Top-down layouts search below mmap_base first and, where that
 * fails, from TASK_UNMAPPED_BASE up. A probe is a node looked into; here the nodes are VmaSet's.
 *
 * 6.1 keeps the distance to a neighbouring stack only for hints; 6.18 in the search too, by going on beside
 * the stack's guard gap.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import { VM_GROWSDOWN, VM_GROWSUP } from '../../arch/generic/mman.js';
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { NONE } from '../vma_set.js';

/** MAP_32BIT: between 1 and 2 GiB. */
const LOW32_START = 0x40000000;
const LOW32_END = 0x80000000;

/** vm_start_gap(): where an area begins for its neighbour below. */
function startWithGap(mm: Mm, h: number): number {
  const grows = (mm.vmas.vmFlags[h]! & VM_GROWSDOWN) !== 0;
  return grows ? Math.max(0, mm.vmas.vmStart[h]! - mm.rules.stackGuardGap) : mm.vmas.vmStart[h]!;
}

/** vm_end_gap(): where it ends for its neighbour above. Only register stacks grow up. */
function endWithGap(mm: Mm, h: number): number {
  const grows = (mm.vmas.vmFlags[h]! & VM_GROWSUP) !== 0 && mm.target.region !== null;
  return grows ? mm.vmas.vmEnd[h]! + mm.rules.stackGuardGap : mm.vmas.vmEnd[h]!;
}

/** The hint itself if it lies below `end`, is free and keeps its distance, else -1. */
function probeHint(mm: Mm, vpn: number, npages: number, end: number): number {
  const { vmas, target } = mm;
  if (vpn > end - npages) return -1;
  const above = vmas.find(vpn);
  if (above !== NONE && vpn + npages > startWithGap(mm, above)) return -1;
  if (!target.hintTestsPrev) return vpn;
  const below = vmas.before(above);
  return below !== NONE && vpn < endWithGap(mm, below) ? -1 : vpn;
}

/** Lowest address that fits in [low, high), or -ENOMEM. */
function bottomUp(mm: Mm, low: number, high: number, npages: number): number {
  const { vmas, stats } = mm;
  for (let from = low; ; ) {
    const found = vmas.lowestGap(from, high, npages);
    stats.probes += vmas.walked;
    if (found === NONE) return -ENOMEM;
    if (!mm.rules.searchKeepsGaps) return found;
    const above = vmas.find(found);
    if (above === NONE || startWithGap(mm, above) >= found + npages) return found;
    from = vmas.vmEnd[above]!;
  }
}

/** Highest address that fits in [low, high), or -ENOMEM. */
function topDown(mm: Mm, low: number, high: number, npages: number): number {
  const { vmas, stats } = mm;
  for (let below = high; ; ) {
    const found = vmas.highestGap(low, below, npages);
    stats.probes += vmas.walked;
    if (found === NONE) return -ENOMEM;
    if (!mm.rules.searchKeepsGaps) return found;
    const above = vmas.find(found);
    const limit = above === NONE ? Number.POSITIVE_INFINITY : startWithGap(mm, above);
    if (limit >= found + npages) return found;
    below = limit;
  }
}

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  const { target, rules } = mm;
  const { npages } = request;
  const least = rules.searchKeepsGaps ? Math.ceil(rules.mmapMinAddr / target.pageSize) : 0;
  mm.stats.searches += 1;
  if (npages > target.searchEnd) return -ENOMEM;
  // MAP_32BIT goes up from 1 GiB, also in a top-down layout; a hint may be below that, and not above its end.
  const end = request.low32 ? LOW32_END / target.pageSize : target.taskSize;
  if (npages > end) return -ENOMEM;
  if (request.vpn > 0) {
    const vpn = probeHint(mm, request.vpn, npages, end);
    if (vpn >= 0) return vpn;
  }
  if (request.low32) return bottomUp(mm, LOW32_START / target.pageSize, end, npages);
  if (mm.isTopDown) {
    const found = topDown(mm, Math.max(target.lowestSearched, least), mm.mmapBase, npages);
    if (found >= 0) return found;
  }
  return bottomUp(mm, Math.max(mm.taskUnmappedBase(), least), target.searchEnd, npages);
}

export const maple: Search = {
  name: 'maple',
  about: 'the highest (or lowest) gap that is large enough, by a tree that knows its gaps',
  getUnmappedArea,
  unmapped() {},
  check() {},
};
