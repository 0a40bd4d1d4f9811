/**
 * The steps of mmap, by the names that a release's record lists them under (src/release/mm_rules.ts). Each
 * looks at one thing: it returns 0 to go on, a negative errno to end the call, or FINISHED when the call has
 * its answer. What a step finds out it leaves in the arguments' record.
 */
import {
  EACCES, EAGAIN, EEXIST, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM,
} from '../arch/generic/errno.js';
import {
  legacyMapMask, PROT_EXEC, PROT_READ, PROT_WRITE, VM_ACCOUNT, VM_DENYWRITE, VM_EXEC, VM_EXECUTABLE, VM_GROWSDOWN, VM_LOCKED,
  VM_MAYRWX, VM_MAYSHARE, VM_MAYWRITE, VM_NOHUGEPAGE, VM_NORESERVE, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import type { Target } from '../arch/index.js';
import { POW2 } from '../lib/u64.js';
import type { MmapStep } from '../release/index.js';
import { FINISHED, type Mm, type MmapStepFunction } from './mm.js';
import { fixedRefused, machineRefuses } from './mmap_check.js';
import { cutEdges, doMunmap } from './munmap.js';
import type { MmapArgs } from './requests.js';
import { isExcused } from './shmem.js';
import { colourPgoff, getUnmappedArea } from './unmapped_area/get_unmapped_area.js';
import { NONE } from './vma_set.js';

const MAX_ERRNO = 4095;

function isFixed(mm: Mm, args: MmapArgs): boolean {
  return (args.flags & mm.target.map.FIXED) !== 0;
}

/** IS_ERR_VALUE() of the address that is asked for. */
function isErrno({ target }: Mm, { vpn, offset }: MmapArgs): boolean {
  return vpn === target.vpnEnd - 1 && target.pageSize - offset <= MAX_ERRNO;
}

function isShared(mm: Mm, args: MmapArgs): boolean {
  return (args.flags & mm.target.map.TYPE) === mm.target.map.SHARED;
}

/** What the machines' searches look at, before anybody has looked at the type. */
function hasSharedBit(mm: Mm, args: MmapArgs): boolean {
  return (args.flags & mm.target.map.SHARED) !== 0;
}

function isEmpty(args: MmapArgs): boolean {
  return args.lenPages === 0 && args.lenOffset === 0;
}

/** Whether [vpn + offset, ...) of npages reaches above page `end`. */
function reachesAbove(vpn: number, offset: number, npages: number, end: number): boolean {
  return vpn > end - npages || (vpn === end - npages && offset > 0);
}

/** calc_vm_flags(): prot bits are VM bits. MAP_GROWSUP is not carried over: only exec makes such an area. */
function calcVmFlags({ map, readImpliesExec }: Target, prot: number, flags: number): number {
  let vmFlags = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
  if (readImpliesExec && (prot & PROT_READ) !== 0) vmFlags |= VM_EXEC;
  if ((flags & map.GROWSDOWN) !== 0) vmFlags |= VM_GROWSDOWN;
  if ((flags & map.DENYWRITE) !== 0) vmFlags |= VM_DENYWRITE;
  if ((flags & map.EXECUTABLE) !== 0) vmFlags |= VM_EXECUTABLE;
  if ((flags & map.LOCKED) !== 0) vmFlags |= VM_LOCKED;
  return vmFlags;
}

/** Pages of areas in [start, end), of all kinds and of those that are charged. */
function replaced(mm: Mm, start: number, end: number): { pages: number; charged: number } {
  const { vmas } = mm;
  let pages = 0;
  let charged = 0;
  for (let h = vmas.find(start); h !== NONE && vmas.vmStart[h]! < end; h = vmas.next(h)) {
    const n = Math.min(vmas.vmEnd[h]!, end) - Math.max(vmas.vmStart[h]!, start);
    pages += n;
    if ((vmas.vmFlags[h]! & VM_ACCOUNT) !== 0) charged += n;
  }
  return { pages, charged };
}

/** Pages that must be charged: private, writable, and not excused by MAP_NORESERVE. */
function chargeable(mm: Mm, args: MmapArgs): boolean {
  return !isExcused(mm, args) && (args.vmFlags & (VM_SHARED | VM_WRITE)) === VM_WRITE;
}

function charge(mm: Mm, args: MmapArgs, pages: number): number {
  if (!chargeable(mm, args)) return 0;
  if (!mm.enoughMemory(pages)) return -ENOMEM;
  args.charged = pages;
  args.vmFlags |= VM_ACCOUNT;
  return 0;
}

export const mmapSteps: Readonly<Record<MmapStep, MmapStepFunction>> = {
  'file without mmap: ENODEV': (_mm, args) => (args.file !== null && !args.file.mappable ? -ENODEV : 0),

  'length 0 returns the address': (_mm, args) => {
    if (!isEmpty(args)) return 0;
    args.resultOffset = args.offset;
    return FINISHED;
  },

  'rounds to 0 returns the address': (_mm, args) => {
    if (args.npages !== 0) return 0;
    args.resultOffset = args.offset;
    return FINISHED;
  },

  'length 0: EINVAL': (_mm, args) => (isEmpty(args) ? -EINVAL : 0),

  'MAP_FIXED_NOREPLACE is MAP_FIXED': (mm, args) => {
    const { map } = mm.target;
    args.noReplace = map.FIXED_NOREPLACE !== 0 && (args.flags & map.FIXED_NOREPLACE) !== 0;
    if (args.noReplace) args.flags |= map.FIXED;
    return 0;
  },

  'hint rounds down, and up to mmap_min_addr': (mm, args) => {
    if (isFixed(mm, args)) return 0;
    args.offset = 0;
    const least = Math.ceil(mm.rules.mmapMinAddr / mm.target.pageSize);
    if (args.vpn > 0 && args.vpn < least) args.vpn = least;
    return 0;
  },

  'longer than TASK_SIZE before rounding: EINVAL': (mm, args) =>
    reachesAbove(args.lenPages, args.lenOffset, 0, mm.target.taskSize) ? -EINVAL : 0,

  'longer than TASK_SIZE: EINVAL': (mm, args) => (args.npages > mm.target.taskSize ? -EINVAL : 0),

  'rounds to 0 or longer than TASK_SIZE: EINVAL': (mm, args) =>
    args.npages === 0 || args.npages > mm.target.taskSize ? -EINVAL : 0,

  'rounds to 0 or longer than TASK_SIZE: ENOMEM': (mm, args) =>
    args.npages === 0 || args.npages > mm.target.taskSize ? -ENOMEM : 0,

  'rounds to 0: ENOMEM': (_mm, args) => (args.npages === 0 ? -ENOMEM : 0),

  'pgoff wraps: EINVAL': (mm, args) => (args.pgoff + args.npages >= POW2[mm.target.kernelBits]! ? -EINVAL : 0),

  'pgoff wraps: EOVERFLOW': (mm, args) =>
    args.pgoff + args.npages >= POW2[mm.target.kernelBits]! ? -EOVERFLOW : 0,

  'the machine refuses the range: EINVAL': (mm, args) =>
    machineRefuses(mm, args.vpn, args.offset, args.npages, isFixed(mm, args)) ? -EINVAL : 0,

  'map_count above the limit: ENOMEM': (mm) => (mm.vmas.size > mm.maxMapCount ? -ENOMEM : 0),

  // get_unmapped_area() up to 2.6.11: MAP_FIXED is tested for its range before its alignment.
  'find the address': (mm, args) => {
    if (isFixed(mm, args)) {
      if (reachesAbove(args.vpn, args.offset, args.npages, mm.target.taskSize)) return -ENOMEM;
      if (args.offset !== 0) return -EINVAL;
      args.at = args.vpn;
      return fixedRefused(mm, args.at, 0, args.npages, hasSharedBit(mm, args), colourPgoff(mm, args)) ? -EINVAL : 0;
    }
    args.at = getUnmappedArea(mm, args);
    return Math.min(args.at, 0);
  },

  // From 2.6.18 on the same tests are made on whatever address came out.
  'find the address, then check it': (mm, args) => {
    const { taskSize, pageSize, longestMap } = mm.target;
    if (args.npages > longestMap) return -ENOMEM;
    args.at = isFixed(mm, args) ? args.vpn : getUnmappedArea(mm, args);
    if (args.at < 0) return args.at;
    const pgoff = colourPgoff(mm, args);
    if (isFixed(mm, args) && fixedRefused(mm, args.at, args.offset, args.npages, hasSharedBit(mm, args), pgoff)) return -EINVAL;
    if (isFixed(mm, args) && mm.rules.highestAreErrors && isErrno(mm, args)) return args.offset - pageSize;
    const offset = isFixed(mm, args) ? args.offset : 0;
    if (reachesAbove(args.at, offset, args.npages, taskSize)) return -ENOMEM;
    if (offset !== 0) return -EINVAL;
    return args.at * pageSize < mm.rules.mmapMinAddr ? -EPERM : 0;
  },

  'something mapped under MAP_FIXED_NOREPLACE: EEXIST': (mm, args) => {
    if (!args.noReplace) return 0;
    const above = mm.vmas.find(args.at);
    return above !== NONE && mm.vmas.vmStart[above]! < args.at + args.npages ? -EEXIST : 0;
  },

  vm_flags: (mm, args) => {
    args.vmFlags = calcVmFlags(mm.target, args.prot, args.flags) | mm.defFlags | VM_MAYRWX;
    if (mm.rules.stackFlag && (args.flags & mm.target.map.STACK) !== 0) args.vmFlags |= VM_NOHUGEPAGE;
    return 0;
  },

  // calc_vm_flags() of 2.4 does not know MAP_LOCKED.
  'vm_flags but VM_LOCKED': (mm, args) => {
    args.vmFlags = calcVmFlags(mm.target, args.prot, args.flags) & ~VM_LOCKED | mm.defFlags | VM_MAYRWX;
    return 0;
  },

  // Programs here run without CAP_IPC_LOCK, as an ordinary user's do.
  'MAP_LOCKED needs CAP_IPC_LOCK: EPERM': (mm, args) => ((args.flags & mm.target.map.LOCKED) !== 0 ? -EPERM : 0),

  'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM': (mm, args) =>
    (args.flags & mm.target.map.LOCKED) !== 0 && mm.rlimits.memlock === 0 ? -EPERM : 0,

  'RLIMIT_MEMLOCK: EAGAIN': (mm, args) =>
    (args.vmFlags & VM_LOCKED) !== 0 && mm.bytes(mm.lockedVm + args.npages) > mm.rlimits.memlock ? -EAGAIN : 0,

  // From here on it is like MAP_SHARED.
  'MAP_SHARED_VALIDATE of a file with unknown flags: EOPNOTSUPP': (mm, args) => {
    const { TYPE, SHARED, SHARED_VALIDATE } = mm.target.map;
    if (args.file === null || (args.flags & TYPE) !== SHARED_VALIDATE) return 0;
    if ((args.flags & ~legacyMapMask(mm.target.map)) !== 0) return -EOPNOTSUPP;
    args.flags = (args.flags & ~TYPE) | SHARED;
    return 0;
  },

  'shared and writable on a read-only file: EACCES': (mm, args) =>
    args.file !== null && isShared(mm, args) && (args.prot & PROT_WRITE) !== 0 && !args.file.writable ? -EACCES : 0,

  'file not readable: EACCES': (mm, args) => {
    const type = args.flags & mm.target.map.TYPE;
    const isKnown = type === mm.target.map.SHARED || type === mm.target.map.PRIVATE;
    return args.file !== null && isKnown && !args.file.readable ? -EACCES : 0;
  },

  'MAP_GROWSDOWN on a file: EINVAL': (_mm, args) =>
    args.file !== null && (args.vmFlags & VM_GROWSDOWN) !== 0 ? -EINVAL : 0,

  'MAP_GROWSDOWN on a shared map: EINVAL': (_mm, args) =>
    (args.vmFlags & VM_SHARED) !== 0 && (args.vmFlags & VM_GROWSDOWN) !== 0 ? -EINVAL : 0,

  // Neither shared nor private is an error; the flags of a shared map are known only here.
  'map type: EINVAL': (mm, args) => {
    const { map } = mm.target;
    const type = args.flags & map.TYPE;
    if (type !== map.SHARED && type !== map.PRIVATE) return -EINVAL;
    if (type === map.SHARED) {
      args.vmFlags |= VM_SHARED | VM_MAYSHARE;
      if (args.file !== null && !args.file.writable) args.vmFlags &= ~(VM_MAYWRITE | VM_SHARED);
      if (args.file === null && mm.rules.sharedAnonymousPgoffZero) args.pgoff = 0;
    }
    return 0;
  },

  MAP_NORESERVE: (mm, args) => {
    if ((args.flags & mm.target.map.NORESERVE) !== 0 && mm.vm.overcommit !== 2) args.vmFlags |= VM_NORESERVE;
    return 0;
  },

  'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM': (mm, args) => {
    const { pages } = replaced(mm, args.at, args.at + args.npages);
    return mm.mayExpand(args.vmFlags, args.npages - pages) ? 0 : -ENOMEM;
  },

  // vms_gather_munmap_vmas() splits before the checks that follow, and a split stays when they fail.
  'cut at the edges of what is there': (mm, args) => {
    const end = args.at + args.npages;
    const above = mm.vmas.find(args.at);
    return above === NONE || mm.vmas.vmStart[above]! >= end ? 0 : Math.min(cutEdges(mm, above, args.at, end), 0);
  },

  'unmap what is there': (mm, args) => {
    const above = mm.vmas.find(args.at);
    if (above === NONE || mm.vmas.vmStart[above]! >= args.at + args.npages) return 0;
    const { totalVm } = mm;
    const { committed } = mm.vm;
    if (doMunmap(mm, args.at, 0, args.npages, 0) < 0) return -ENOMEM;
    args.replaced = totalVm - mm.totalVm;
    args.givenBack = committed - mm.vm.committed;
    return 0;
  },

  'RLIMIT_AS: ENOMEM': (mm, args) => (mm.bytes(mm.totalVm + args.npages) > mm.rlimits.as ? -ENOMEM : 0),

  'charge: ENOMEM': (mm, args) => charge(mm, args, args.npages),

  // 2.4: private, writable and not excused by MAP_NORESERVE, in whatever overcommit mode.
  'ask for memory: ENOMEM': (mm, args) => {
    if ((args.vmFlags & (VM_SHARED | VM_WRITE)) !== VM_WRITE || (args.flags & mm.target.map.NORESERVE) !== 0) return 0;
    return mm.enoughMemory(args.npages) ? 0 : -ENOMEM;
  },

  // What is replaced gives its own charge back when it goes.
  'charge less what is replaced: ENOMEM': (mm, args) => {
    const { charged } = replaced(mm, args.at, args.at + args.npages);
    if (!chargeable(mm, args)) return 0;
    if (!mm.enoughMemory(args.npages - charged)) return -ENOMEM;
    mm.vm.committed += charged;
    args.charged = args.npages;
    args.vmFlags |= VM_ACCOUNT;
    return 0;
  },

  'charged map grows down on a file: EINVAL': (mm, args) => {
    if (args.file === null || (args.vmFlags & VM_GROWSDOWN) === 0) return 0;
    mm.vm.unacct(args.charged);
    return -EINVAL;
  },
};
