/**
 * first-fit. Linux 2.4 to 2.5.45, mm/mmap.c: arch_get_unmapped_area(); on sparc64 and ia64 that
 * machine's own loop of 2.5.46, which walks in the same way.
 *
 * Every call walks the list of areas from TASK_UNMAPPED_BASE to the first hole that is large enough, so
 * the answer is always the lowest one. Cost: one step an area below the hole. With n thread stacks and
 * their guard pages that is 2n steps a call, which ended it.
 */
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { hintPage, probeHint, searchBase, tooLong, walkUp } from './walk.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  const { target } = mm;
  mm.stats.searches += 1;
  const refused = tooLong(target, request);
  if (refused < 0) return refused;
  const hint = hintPage(target, request);
  if (hint >= 0 && target.hintStartsSearch) return walkUp(mm, request, hint);
  if (hint >= 0) {
    const vpn = probeHint(mm, request, hint);
    if (vpn >= 0) return vpn;
  }
  return walkUp(mm, request, searchBase(mm, request));
}

export const firstFit: Search = {
  name: 'first-fit',
  about: 'walks every area from TASK_UNMAPPED_BASE, at every call',
  cost: 'O(n)',
  direction: 'up',
  gapIndex: null,
  getUnmappedArea,
  unmapped() {},
  unmappedRange() {},
  check() {},
};
