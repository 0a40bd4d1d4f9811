/**
 * cursor. Linux 2.5.74 to 2.6.8 on i386 (the bottom-up layout up to 2.6.12), 2.6.0 to 2.6.12 on sparc64 and
 * x86_64, 2.5.75 to 3.8 on ia64; mm/mmap.c: arch_get_unmapped_area(), arch_unmap_area().
 *
 * free_area_cache is where the last search ended: next fit. An unmap below moves it down, the end of the address
 * space starts it once more from TASK_UNMAPPED_BASE. From 2.6.13 on the hook is told where the whole hole begins, and
 * ignores it where that is below TASK_UNMAPPED_BASE: ia64's cursor stays when the lowest map of its region goes.
 *
 *          [S][S]..[S][S][S][S]..............
 *                ^ not looked at   ^ free_area_cache
 *
 * Cost: one step while the space above is free, whatever small holes lie below: that is what 2.5.46's cache could
 * not do. Its weakness: holes are left behind until the space is used up, so a program that maps and unmaps sizes
 * that alternate fragments its address space until nothing fits (2.6.13 brought the hole size).
 */
import type { Mm, Search } from '../mm.js';
import type { AreaRequest } from '../requests.js';
import { endBelow } from './hole_size_up.js';
import { lowerCursor, nextFit } from './next_fit.js';

function getUnmappedArea(mm: Mm, request: AreaRequest): number {
  mm.stats.searches += 1;
  return nextFit(mm, request);
}

export const cursor: Search = {
  name: 'cursor',
  about: 'goes on where the last search ended, once more from TASK_UNMAPPED_BASE',
  cost: 'O(1) while there is room above, O(n) once a round',
  direction: 'up',
  gapIndex: null,
  getUnmappedArea,
  unmapped(mm, start) {
    if (mm.target.cursorFallsTo === 'each area') lowerCursor(mm, start);
  },
  unmappedRange(mm, above) {
    if (mm.target.cursorFallsTo === 'the area below') lowerCursor(mm, endBelow(mm, above));
  },
  check() {},
};
