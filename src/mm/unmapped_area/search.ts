/**
 * What a search is: one generation of arch_get_unmapped_area(), chosen by name. Every generation stands
 * in a file of its own and imports no other; what the machine's loop adds (a hole, regions, colours,
 * the meaning of a hint) is data of the target, applied by walk.ts.
 */
import type { SearchName } from '../../release/index.js';
import type { Mm } from '../mm.js';

/** A request, filled in by mmap and mremap; reused, so a search must not keep it. */
export interface AreaRequest {
  /** Hint, page number and offset in the page as the caller gave it. */
  vpn: number;
  offset: number;
  npages: number;
  isFile: boolean;
  isShared: boolean;
  pgoff: number;
}

export interface Search {
  readonly name: SearchName;
  readonly about: string;
  /** Address of a hole for `request`, or a negative errno. Counts its probes in mm.stats. */
  getUnmappedArea(mm: Mm, request: AreaRequest): number;
  /** The kernel's hook in unmap_vma: [start, end) of one area has just been removed. */
  unmapped(mm: Mm, start: number, end: number): void;
  /** Verifies what the search promises of its own state; throws a Bug. */
  check(mm: Mm): void;
}
