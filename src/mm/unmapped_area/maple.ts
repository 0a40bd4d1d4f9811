/**
 * maple. Linux 6.1 and later, mm/mmap.c (6.18: mm/vma.c): unmapped_area(), unmapped_area_topdown(), with the
 * arch_get_unmapped_area*() of each machine (vm_unmapped_area.ts).
 *
 * The tree of areas (a B-tree of ranges with the largest gap below each of its nodes) gives the highest or lowest
 * gap that is large enough without a walk. A probe is a node looked into; here the nodes are VmaSet's.
 *
 * Cost: logarithmic. 6.1 keeps the distance to a neighbouring stack only for hints; 6.13 in the search too, by
 * going on beside the stack's guard gap, once for each such gap that is too small.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Mm, Search } from '../mm.js';
import { type GapIndex, NONE } from '../vma_set.js';
import {
  alignGapDown, alignGapUp, type GapSearch, searchGaps, startWithGap, type UnmappedAreaInfo,
} from './vm_unmapped_area.js';

/** mmap_min_addr in pages: from 6.13 on no range starts below it. */
function lowLimit(mm: Mm, low: number): number {
  return mm.rules.searchKeepsGaps ? Math.max(low, Math.ceil(mm.rules.mmapMinAddr / mm.target.pageSize)) : low;
}

function lowest(mm: Mm, info: UnmappedAreaInfo): number {
  const { vmas, stats } = mm;
  const length = info.npages + info.alignPages - 1;
  for (let from = lowLimit(mm, info.low); ; ) {
    const gap = vmas.lowestGap(from, info.high, length);
    stats.probes += vmas.walked;
    if (gap === NONE) return -ENOMEM;
    const vpn = alignGapUp(info, gap);
    if (!mm.rules.searchKeepsGaps) return vpn;
    const above = vmas.find(gap);
    if (above === NONE || startWithGap(mm, above) >= vpn + length) return vpn;
    from = vmas.vmEnd[above]!;
  }
}

function highest(mm: Mm, info: UnmappedAreaInfo): number {
  const { vmas, stats } = mm;
  const length = info.npages + info.alignPages - 1;
  const low = lowLimit(mm, info.low);
  for (let below = info.high; ; ) {
    const gap = vmas.highestGap(low, below, length);
    stats.probes += vmas.walked;
    if (gap === NONE) return -ENOMEM;
    const end = gap + length;
    const vpn = alignGapDown(info, end - info.npages);
    if (!mm.rules.searchKeepsGaps) return vpn;
    const above = vmas.find(gap);
    const limit = above === NONE ? Number.POSITIVE_INFINITY : startWithGap(mm, above);
    if (limit >= end) return vpn;
    below = limit;
  }
}

const gaps: GapSearch = { lowest, highest };

const anyPage: GapIndex = { classes: [{ pages: 1, offset: 0 }], guardPages: 0, guardedBelow: 0, guardedAbove: 0 };

export const maple: Search = {
  name: 'maple',
  about: 'the highest (or lowest) gap that is large enough, by a tree of ranges that knows its gaps',
  cost: 'O(log n)',
  direction: 'layout',
  gapIndex: () => anyPage,
  getUnmappedArea: (mm, request) => searchGaps(mm, request, gaps),
  unmapped() {},
  unmappedRange() {},
  check() {},
};
