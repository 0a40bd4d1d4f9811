/**
 * get_unmapped_area() for a request without MAP_FIXED: the release's search, and around it the alignment to huge
 * pages that recent kernels add: of anonymous memory (Linux 6.18, mm/mmap.c: __get_unmapped_area(),
 * mm/huge_memory.c: thp_get_unmapped_area_vmflags()), and of files whose file system asks for it (5.18 on,
 * mm/huge_memory.c: thp_get_unmapped_area(), which btrfs, ext2, ext4, fuse and xfs have as their own).
 */
import type { Mm } from '../mm.js';
import type { AreaRequest, MappedFile, MmapArgs } from '../requests.js';

const request: AreaRequest = {
  vpn: 0, offset: 0, npages: 0, isFile: false, isShared: false, pgoff: 0, low32: false,
};

/** The offset that an address is coloured by: that of memory without a file is 0 in 6.x, whatever the caller says. */
export function colourPgoff(mm: Mm, args: MmapArgs): number {
  return args.file === null && mm.rules.coloursByPgoffZero ? 0 : args.pgoff;
}

/** Address of a hole for the mapping that `args` asks for, or a negative errno. */
export function getUnmappedArea(mm: Mm, args: MmapArgs): number {
  const { map } = mm.target;
  request.vpn = args.vpn;
  request.offset = args.offset;
  request.npages = args.npages;
  request.isFile = args.file !== null;
  request.isShared = (args.flags & map.SHARED) !== 0;
  request.pgoff = colourPgoff(mm, args);
  request.low32 = map.LOW32 !== 0 && (args.flags & map.LOW32) !== 0;
  return args.file === null ? searchAnonymous(mm, request) : searchFor(mm, request, args.file.mapped);
}

/** The same for mremap: no hint, the area's own kind and file. */
export function getUnmappedAreaFor(
  mm: Mm, npages: number, file: MappedFile | null, isShared: boolean, pgoff: number,
): number {
  Object.assign(request, { vpn: 0, offset: 0, npages, isFile: file !== null, isShared, pgoff, low32: false });
  return file === null ? searchAnonymous(mm, request) : searchFor(mm, request, file);
}

function searchAnonymous(mm: Mm, wanted: AreaRequest): number {
  const huge = mm.target.hugePages;
  const aligns = mm.rules.alignsHugePages && huge > 0 && mm.target.bits === 64;
  const isPlain = !wanted.isShared && wanted.vpn === 0 && wanted.offset === 0;
  if (!aligns || !isPlain || wanted.npages % huge !== 0) return mm.search.getUnmappedArea(mm, wanted);
  return searchAligned(mm, wanted, 0);
}

function searchFor(mm: Mm, wanted: AreaRequest, file: MappedFile): number {
  const { rules, target } = mm;
  const huge = target.hugePages;
  const aligns = rules.alignsHugeFiles === 'every task' || (rules.alignsHugeFiles === '64-bit tasks' && target.bits === 64);
  const aligned = Math.ceil(wanted.pgoff / huge) * huge;
  // A whole huge page of the file must fit.
  const hasOne = wanted.pgoff + wanted.npages - aligned >= huge;
  if (!aligns || huge === 0 || file.alignsHuge !== true || !hasOne) return mm.search.getUnmappedArea(mm, wanted);
  return searchAligned(mm, wanted, wanted.pgoff);
}

/** __thp_get_unmapped_area(): a huge page more is searched for, and the address in it that goes with `pgoff` taken. */
function searchAligned(mm: Mm, wanted: AreaRequest, pgoff: number): number {
  const huge = mm.target.hugePages;
  const { npages } = wanted;
  wanted.npages = npages + huge;
  const found = mm.search.getUnmappedArea(mm, wanted);
  wanted.npages = npages;
  if (found < 0) return mm.search.getUnmappedArea(mm, wanted);
  if (found === wanted.vpn && found > 0) return found;
  const up = (((pgoff - found) % huge) + huge) % huge;
  // It asks for the direction of the mm, not of the search: MAP_32BIT goes up by one, too. 6.1 did not ask yet.
  return found + (up === 0 && mm.isTopDown && mm.rules.alignsHugePages ? huge : up);
}
