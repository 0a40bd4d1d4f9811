/**
 * get_unmapped_area() for a request without MAP_FIXED: the release's search, and around it the alignment of
 * anonymous memory to huge pages that recent kernels add (Linux 6.18, mm/mmap.c: __get_unmapped_area(),
 * mm/huge_memory.c: thp_get_unmapped_area_vmflags()).
 */
import type { Mm } from '../mm.js';
import type { AreaRequest, MmapArgs } from '../requests.js';

const request: AreaRequest = {
  vpn: 0, offset: 0, npages: 0, isFile: false, isShared: false, pgoff: 0, low32: false,
};

/** Address of a hole for the mapping that `args` asks for, or a negative errno. */
export function getUnmappedArea(mm: Mm, args: MmapArgs): number {
  const { map } = mm.target;
  request.vpn = args.vpn;
  request.offset = args.offset;
  request.npages = args.npages;
  request.isFile = args.file !== null;
  request.isShared = (args.flags & map.SHARED) !== 0;
  request.pgoff = args.pgoff;
  request.low32 = map.LOW32 !== 0 && (args.flags & map.LOW32) !== 0;
  return searchAligned(mm, request);
}

/** The same for mremap: no hint, the area's own kind. */
export function getUnmappedAreaFor(mm: Mm, npages: number, isFile: boolean, isShared: boolean, pgoff: number): number {
  Object.assign(request, { vpn: 0, offset: 0, npages, isFile, isShared, pgoff, low32: false });
  return searchAligned(mm, request);
}

function searchAligned(mm: Mm, wanted: AreaRequest): number {
  const huge = mm.target.hugePages;
  const aligns = mm.rules.alignsHugePages && huge > 0 && mm.target.bits === 64;
  const isPlain = !wanted.isFile && !wanted.isShared && wanted.vpn === 0 && wanted.offset === 0;
  if (!aligns || !isPlain || wanted.npages % huge !== 0) return mm.search.getUnmappedArea(mm, wanted);
  const { npages } = wanted;
  wanted.npages = npages + huge;
  const found = mm.search.getUnmappedArea(mm, wanted);
  wanted.npages = npages;
  if (found < 0) return mm.search.getUnmappedArea(mm, wanted);
  const up = (huge - (found % huge)) % huge;
  // __thp_get_unmapped_area() asks for the direction of the mm, not of the search: MAP_32BIT goes up by one, too.
  return found + (up === 0 && mm.isTopDown ? huge : up);
}
