/**
 * hole-tree. In no Linux: the "inverse" tree of free ranges that Ingo Molnar's mail of October 2002 named as the
 * general solution and did not write. First fit's answers, those of 2.5.45, at a logarithmic cost whatever an
 * adversary has done before.
 *
 * Every free range is the gap below an area, so the tree of areas is the tree of free ranges too, indexed by
 * address; its nodes are indexed by size: each holds the largest gap below it, once for every class of alignment
 * that the machine asks for (sparc64: any page, and the two cache colours; ia64: any page, and multiples of 1 MB).
 *
 *            [ 9 | 4 ]              best gap below, any page | even pages
 *         [ 3 | 2 ]  [ 9 | 4 ]
 *        A..B...C    D.........E    "4 even pages": up from the base's area, down where 4 or more are
 *
 * The walk of the list searches from candidate to candidate becomes a path up and a path down (VmaSet.nextGap);
 * the rest of the machine's loop, its hole, its regions, what a hint means, is as in first-fit. Cost: a probe is a
 * node looked into; never more than 64 a search.
 */
import { ENOMEM } from '../../arch/generic/errno.js';
import type { Target } from '../../arch/index.js';
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { type GapClass, type GapIndex, NONE } from '../vma_set.js';
import {
  afterHole, alignedHint, colourAlign, colourOffset, colourPages, highestStart, hintPage, probeHint, searchBase, tooLong,
} from './walk.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  const { target } = mm;
  mm.stats.searches += 1;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0 && target.hintStartsSearch) return lowestFrom(mm, request, hint);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  return lowestFrom(mm, request, searchBase(mm, request));
}

/** Lowest address at or above `from` that fits, or -ENOMEM. */
function lowestFrom(mm: Mm, request: AreaRequest, from: number): number {
  const { vmas, target, stats } = mm;
  const { npages } = request;
  const pages = colourPages(target, request);
  const k = vmas.classOf(pages, colourOffset(target, request, pages));
  let vpn = alignedHint(target, request, from);
  let h = vmas.find(vpn);
  for (;;) {
    if (vpn > highestStart(target, request, vpn)) {
      const goesOn = afterHole(target, request, vpn);
      if (goesOn < 0) return -ENOMEM;
      if (goesOn !== vpn) h = vmas.find(goesOn);
      vpn = goesOn;
      if (vpn > highestStart(target, request, vpn)) return -ENOMEM;
    }
    if (h === NONE || vpn + npages <= vmas.vmStart[h]!) return vpn;
    h = vmas.nextGap(h, npages, k);
    stats.probes += vmas.walked;
    vpn = colourAlign(target, request, vmas.vmEnd[vmas.before(h)]!);
  }
}

/** Any page, and every colour that this machine aligns to. */
function gapClasses({ colour }: Target): readonly GapClass[] {
  const sizes = new Set([colour.shared, colour.file].filter((pages) => pages > 1));
  const offsets = (pages: number) => (colour.addsPgoff ? Array.from({ length: pages }, (_, offset) => offset) : [0]);
  return [
    { pages: 1, offset: 0 },
    ...[...sizes].flatMap((pages) => offsets(pages).map((offset) => ({ pages, offset }))),
  ];
}

function gapIndex(target: Target): GapIndex {
  return { classes: gapClasses(target), guardPages: 0, guardedBelow: 0, guardedAbove: 0 };
}

export const holeTree: Search = {
  name: 'hole-tree',
  about: "first fit's answers from a tree of free ranges, by address and size",
  cost: 'O(log n), at most 64 nodes',
  direction: 'up',
  gapIndex,
  getUnmappedArea,
  unmapped() {},
  unmappedRange() {},
  check() {},
};
