/**
 * mmap: do_mmap_pgoff() of Linux 2.5.46, mm/mmap.c, check by check in its order. What stands in front of
 * it in a machine's system call (sparc64's hole, ia64's regions) is in src/syscall/sys_mmap.ts.
 */
import { EACCES, EAGAIN, EINVAL, ENOMEM, EPERM } from '../arch/generic/errno.js';
import {
  PROT_EXEC, PROT_READ, PROT_WRITE, VM_ACCOUNT, VM_DENYWRITE, VM_EXECUTABLE, VM_GROWSDOWN, VM_LOCKED,
  VM_MAYRWX, VM_MAYSHARE, VM_MAYWRITE, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import type { MapFlags } from '../arch/index.js';
import { POW2 } from '../lib/u64.js';
import { AddressSpace, zeroBacking } from './address_space.js';
import type { MappedFile, Mm } from './mm.js';
import { doMunmap } from './munmap.js';
import type { AreaRequest } from './unmapped_area/index.js';
import { vmaMerge } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** The arguments of one mmap. A caller keeps one record and fills it in anew for each call. */
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
}

/** A file as mmap sees it. */
export interface OpenFile {
  readonly mapped: MappedFile;
  readonly readable: boolean;
  readonly writable: boolean;
}

export function newMmapArgs(): MmapArgs {
  return {
    vpn: 0, offset: 0, lenPages: 0, lenOffset: 0, prot: 0, flags: 0, file: null, pgoff: 0, resultOffset: 0,
  };
}

const request: AreaRequest = { vpn: 0, offset: 0, npages: 0, isFile: false, isShared: false, pgoff: 0 };

/** PAGE_ALIGN of a length, in pages; 0 when it wraps, as it does in the kernel. */
export function pageAlign(mm: Mm, pages: number, offset: number): number {
  const { target } = mm;
  const npages = pages + (offset > 0 ? 1 : 0);
  return npages >= target.vpnEnd ? 0 : npages;
}

/**
 * Maps, and returns the page number of the address (see `resultOffset`) or a negative errno: EINVAL for
 * a length above TASK_SIZE or a map type that is neither shared nor private, ENOMEM for too many maps,
 * no hole, or limits, EPERM for MAP_LOCKED, EACCES and EAGAIN as mmap(2) says.
 */
export function doMmap(mm: Mm, args: MmapArgs): number {
  const { target } = mm;
  args.resultOffset = 0;
  if (args.lenPages === 0 && args.lenOffset === 0) {
    args.resultOffset = args.offset;
    return args.vpn;
  }
  const { taskSize } = target;
  if (args.lenPages > taskSize || (args.lenPages === taskSize && args.lenOffset > 0)) return -EINVAL;
  const npages = pageAlign(mm, args.lenPages, args.lenOffset);
  if (args.pgoff + npages >= POW2[target.kernelBits]!) return -EINVAL;
  if (mm.vmas.size > mm.maxMapCount) return -ENOMEM;
  const vpn = getUnmappedArea(mm, args, npages);
  if (vpn < 0) return vpn;
  const vmFlags = newVmFlags(mm, args, npages);
  if (vmFlags < 0) return vmFlags;
  return mapArea(mm, args, vpn, npages, vmFlags);
}

/** mm/mmap.c: get_unmapped_area(). MAP_FIXED: the range is tested before the alignment. */
function getUnmappedArea(mm: Mm, args: MmapArgs, npages: number): number {
  const { map, taskSize } = mm.target;
  if ((args.flags & map.FIXED) !== 0) {
    if (args.vpn > taskSize - npages || (args.vpn === taskSize - npages && args.offset > 0)) return -ENOMEM;
    return args.offset !== 0 ? -EINVAL : args.vpn;
  }
  request.vpn = args.vpn;
  request.offset = args.offset;
  request.npages = npages;
  request.isFile = args.file !== null;
  request.isShared = (args.flags & map.SHARED) !== 0;
  request.pgoff = args.pgoff;
  return mm.search.getUnmappedArea(mm, request);
}

/**
 * calc_vm_flags(): prot bits are VM bits; MAP_GROWSDOWN, DENYWRITE and EXECUTABLE are carried over. ia64's
 * MAP_GROWSUP is not: only exec makes a VM_GROWSUP area.
 */
function calcVmFlags(map: MapFlags, prot: number, flags: number): number {
  let vmFlags = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
  if ((flags & map.GROWSDOWN) !== 0) vmFlags |= VM_GROWSDOWN;
  if ((flags & map.DENYWRITE) !== 0) vmFlags |= VM_DENYWRITE;
  if ((flags & map.EXECUTABLE) !== 0) vmFlags |= VM_EXECUTABLE;
  return vmFlags;
}

/** Flags of the new area, or a negative errno. */
function newVmFlags(mm: Mm, args: MmapArgs, npages: number): number {
  const { map } = mm.target;
  const vmFlags = calcVmFlags(map, args.prot, args.flags) | mm.defFlags | VM_MAYRWX;
  // Programs here run without CAP_IPC_LOCK, as an ordinary user's do.
  if ((args.flags & map.LOCKED) !== 0) return -EPERM;
  if ((vmFlags & VM_LOCKED) !== 0 && mm.bytes(mm.lockedVm + npages) > mm.rlimits.memlock) return -EAGAIN;
  const type = args.flags & map.TYPE;
  if (type !== map.SHARED && type !== map.PRIVATE) return -EINVAL;
  const isShared = type === map.SHARED;
  if (args.file === null) return isShared ? vmFlags | VM_SHARED | VM_MAYSHARE : vmFlags;
  return fileVmFlags(args, args.file, vmFlags, isShared);
}

function fileVmFlags(args: MmapArgs, file: OpenFile, vmFlags: number, isShared: boolean): number {
  if (isShared && (args.prot & PROT_WRITE) !== 0 && !file.writable) return -EACCES;
  if (!file.readable) return -EACCES;
  if (!isShared) return vmFlags;
  const shared = vmFlags | VM_SHARED | VM_MAYSHARE;
  return file.writable ? shared : shared & ~(VM_MAYWRITE | VM_SHARED);
}

/** The second half of do_mmap_pgoff: old maps go, limits are tested, the area merges or is made. */
function mapArea(mm: Mm, args: MmapArgs, vpn: number, npages: number, asked: number): number {
  const { vmas } = mm;
  let vmFlags = asked;
  const end = vpn + npages;
  let above = vmas.find(vpn);
  if (above !== NONE && vmas.vmStart[above]! < end) {
    if (doMunmap(mm, vpn, 0, npages, 0) < 0) return -ENOMEM;
    above = vmas.find(vpn);
  }
  if (mm.bytes(mm.totalVm + npages) > mm.rlimits.as) return -ENOMEM;
  const reserves = (args.flags & mm.target.map.NORESERVE) === 0 || mm.vm.overcommit > 1;
  if (reserves && (vmFlags & (VM_SHARED | VM_WRITE)) === VM_WRITE) {
    if (!mm.vm.enoughMemory(npages)) return -ENOMEM;
    vmFlags |= VM_ACCOUNT;
  }
  if (args.file !== null && (vmFlags & VM_GROWSDOWN) !== 0) {
    if ((vmFlags & VM_ACCOUNT) !== 0) mm.vm.unacct(npages);
    return -EINVAL;
  }
  const mayMerge = args.file === null && (vmFlags & VM_SHARED) === 0;
  if (!(mayMerge && vmaMerge(mm, above, vpn, end, vmFlags))) {
    mm.addArea(above, vpn, end, args.pgoff, vmFlags, mm.fileIndex(mappedFile(mm, args, vmFlags, npages)));
  }
  mm.totalVm += npages;
  if ((vmFlags & VM_LOCKED) !== 0) mm.lockedVm += npages;
  mm.notePeak();
  return vpn;
}

/** What stands behind the area: a file, new shared memory (shmem_zero_setup), or nothing. */
function mappedFile(mm: Mm, args: MmapArgs, vmFlags: number, npages: number): MappedFile | null {
  if (args.file !== null) return args.file.mapped;
  if ((vmFlags & VM_SHARED) === 0) return null;
  const mapping = new AddressSpace(mm.pageTable.memory, zeroBacking(mm.bytes(npages)), true);
  return { path: '/dev/zero (deleted)', major: 0, minor: 0, inode: mm.vm.nextInode(), mapping };
}
