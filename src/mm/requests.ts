/**
 * What is asked of an mm: the arguments of mmap, and of a search for a hole. Records are kept and filled in
 * anew for each call, so nobody may hold on to one.
 */
import type { AddressSpace } from './address_space.js';

/** A file that can be mapped: what /proc/PID/maps prints of it. */
export interface MappedFile {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  readonly inode: number;
  /** Its pages; null for a file whose contents nobody gave, which reads as zeroes. */
  readonly mapping?: AddressSpace | null;
  /** Not a file: what the kernel itself maps, as [vdso]. */
  readonly isSpecial?: boolean;
  /** True for /dev/zero: a shared map of it is new shared memory. */
  readonly isZero?: boolean;
  /** Its file system has kernels of 5.18 and later align it to huge pages, as ext4 and xfs do. */
  readonly alignsHuge?: boolean;
}

/** A file as mmap sees it. */
export interface OpenFile {
  readonly mapped: MappedFile;
  readonly readable: boolean;
  readonly writable: boolean;
  /** False for a file without an mmap operation, such as a terminal. */
  readonly mappable: boolean;
}

/** The arguments of one mmap. */
export interface MmapArgs {
  /** Address: page number and offset in the page. */
  vpn: number;
  offset: number;
  /** Length: whole pages, and bytes beyond them. */
  lenPages: number;
  lenOffset: number;
  prot: number;
  flags: number;
  file: OpenFile | null;
  pgoff: number;
  /** Out: offset in its page of the returned address; 0 unless a zero-length mmap returned its hint. */
  resultOffset: number;

  // Left by the steps: the length rounded up, the address found, the area's flags, pages charged.
  npages: number;
  at: number;
  vmFlags: number;
  charged: number;
  /** Pages that were replaced, and how many of them gave back a charge. */
  replaced: number;
  givenBack: number;
  noReplace: boolean;
}

export function newMmapArgs(): MmapArgs {
  return {
    vpn: 0, offset: 0, lenPages: 0, lenOffset: 0, prot: 0, flags: 0, file: null, pgoff: 0, resultOffset: 0,
    npages: 0, at: 0, vmFlags: 0, charged: 0, replaced: 0, givenBack: 0, noReplace: false,
  };
}

/** A request for a hole, filled in by mmap and mremap. */
export interface AreaRequest {
  /** Hint, page number and offset in the page as the caller gave it. */
  vpn: number;
  offset: number;
  npages: number;
  isFile: boolean;
  isShared: boolean;
  pgoff: number;
  /** MAP_32BIT of x86_64: an address between 1 and 2 GiB. */
  low32: boolean;
}
