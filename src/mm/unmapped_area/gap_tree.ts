/**
 * gap-tree. Linux 3.8 to 6.0, mm/mmap.c: unmapped_area(), unmapped_area_topdown(), with the
 * arch_get_unmapped_area*() of each machine (vm_unmapped_area.ts). Michel Lespinasse, commits d37371870ceb and
 * db4fbfb9523c: Ingo Molnar's wish of 2002.
 *
 * The red-black tree of areas keeps in each node the largest gap below any area under it (rb_subtree_gap), so the
 * highest or lowest gap that is large enough is found without a walk. A request that must be aligned asks for
 * its length and the whole alignment mask: a gap that would fit only with luck is passed over.
 *
 * Cost: logarithmic, paid for at every change of the tree. A probe is a node looked into; here the nodes are
 * VmaSet's. From 4.12 on a gap ends 256 pages below a stack.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Mm, Search } from '../mm.js';
import { NONE } from '../vma_set.js';
import {
  alignGapDown, alignGapUp, endWithGap, type GapSearch, searchGaps, startWithGap, type UnmappedAreaInfo,
} from './vm_unmapped_area.js';

function lowest(mm: Mm, info: UnmappedAreaInfo): number {
  const { vmas, stats } = mm;
  const length = info.npages + info.alignPages - 1;
  for (let from = info.low; ; ) {
    const gap = vmas.lowestGap(from, info.high, length);
    stats.probes += vmas.walked;
    if (gap === NONE) return -ENOMEM;
    const above = vmas.find(gap);
    const below = vmas.before(above);
    const start = below === NONE ? gap : Math.max(gap, endWithGap(mm, below));
    const end = above === NONE ? info.high : Math.min(info.high, startWithGap(mm, above));
    if (end - start >= length) return alignGapUp(info, start);
    if (above === NONE) return -ENOMEM;
    from = vmas.vmEnd[above]!;
  }
}

function highest(mm: Mm, info: UnmappedAreaInfo): number {
  const { vmas, stats } = mm;
  const length = info.npages + info.alignPages - 1;
  for (let high = info.high; ; ) {
    const gap = vmas.highestGap(info.low, high, length);
    stats.probes += vmas.walked;
    if (gap === NONE) return -ENOMEM;
    const above = vmas.find(gap);
    const below = vmas.before(above);
    const start = below === NONE ? info.low : Math.max(info.low, endWithGap(mm, below));
    const end = above === NONE ? info.high : Math.min(info.high, startWithGap(mm, above));
    if (end - start >= length) return alignGapDown(info, end - info.npages);
    if (below === NONE) return -ENOMEM;
    high = vmas.vmStart[below]!;
  }
}

const gaps: GapSearch = { lowest, highest };

export const gapTree: Search = {
  name: 'gap-tree',
  about: 'the highest (or lowest) gap that is large enough, by a red-black tree that knows its gaps',
  cost: 'O(log n)',
  direction: 'layout',
  getUnmappedArea: (mm, request) => searchGaps(mm, request, gaps),
  unmapped() {},
  unmappedRange() {},
  check() {},
};
