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
 *
 * Unlike Linux: the lowest gap is always found. 4.12 leaves out what lies left of a node whose own gap ends below the
 * range (unmapped_area() compares vm_start_gap() with low_limit), as it does for a stack less than 257 pages above
 * mmap_base in a bottom-up layout; whether anything lies there depends on the shape that the red-black tree has just then.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import { VM_GROWSDOWN, VM_GROWSUP } from '../../arch/generic/mman.js';
import type { Target } from '../../arch/index.js';
import type { Mm, Search } from '../mm.js';
import { type GapIndex, NONE } from '../vma_set.js';
import { alignGapDown, alignGapUp, type GapSearch, searchGaps, type UnmappedAreaInfo } from './vm_unmapped_area.js';

function lowest(mm: Mm, info: UnmappedAreaInfo): number {
  const { vmas, stats } = mm;
  const gap = vmas.lowestGap(info.low, info.high, info.npages + info.alignPages - 1);
  stats.probes += vmas.walked;
  return gap === NONE ? -ENOMEM : alignGapUp(info, gap);
}

function highest(mm: Mm, info: UnmappedAreaInfo): number {
  const { vmas, stats } = mm;
  const length = info.npages + info.alignPages - 1;
  const gap = vmas.highestGap(info.low, info.high, length);
  stats.probes += vmas.walked;
  return gap === NONE ? -ENOMEM : alignGapDown(info, gap + length - info.npages);
}

const gaps: GapSearch = { lowest, highest };

/** vm_start_gap(), vm_end_gap(): only register stacks grow up. */
function gapIndex({ release, region }: Target): GapIndex {
  return {
    classes: [{ pages: 1, offset: 0 }],
    guardPages: release.rules.stackGuardGap,
    guardedBelow: VM_GROWSDOWN,
    guardedAbove: region === null ? 0 : VM_GROWSUP,
  };
}

export const gapTree: Search = {
  name: 'gap-tree',
  about: 'the highest (or lowest) gap that is large enough, by a red-black tree that knows its gaps',
  cost: 'O(log n)',
  direction: 'layout',
  gapIndex,
  getUnmappedArea: (mm, request) => searchGaps(mm, request, gaps),
  unmapped() {},
  unmappedRange() {},
  check() {},
};
