/**
 * The rules of each release in mm. Read from Linux 2.5.46, 2.5.74, 2.6.0, 2.6.6, 2.6.9, 2.6.11, 2.6.12-rc1, 2.6.13,
 * 2.6.18, 4.12.4, 6.1.20, 6.13.2 and 6.18.35: mm/{mmap,mprotect,mremap,mlock,madvise,mincore,msync,fremap,shmem}.c,
 * mm/vma.c (6.13 on), kernel/fork.c, fs/proc/{array,task_mmu}.c.
 */
import type { AdviceRule, MadviseStep, MmapStep, MmRules, MprotectStep, MremapStep } from './rules.js';

const VM_IO = 0x4000;
const VM_PFNMAP = 0x400;
const VM_DONTCOPY = 0x20000;
const VM_DONTEXPAND = 0x40000;
const VM_RESERVED = 0x80000;
const VM_MIXEDMAP = 0x10000000;

/** The checks on files and map types, the same in all of 2.x. */
const types2x: readonly MmapStep[] = [
  'shared and writable on a read-only file: EACCES',
  'file not readable: EACCES',
  'map type: EINVAL',
];

const tail2x: readonly MmapStep[] = [
  'unmap what is there',
  'RLIMIT_AS: ENOMEM',
  'charge: ENOMEM',
  'charged map grows down on a file: EINVAL',
];

/** do_mmap() and mmap_region() once there is an address, the same in 4.12 and 6.1. */
const mmapFlags4x: readonly MmapStep[] = [
  'vm_flags',
  'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
  'RLIMIT_MEMLOCK: EAGAIN',
  'map type: EINVAL',
  'shared and writable on a read-only file: EACCES',
  'file not readable: EACCES',
  'file without mmap: ENODEV',
  'MAP_GROWSDOWN on a file: EINVAL',
  'MAP_GROWSDOWN on a shared map: EINVAL',
  'MAP_NORESERVE',
  'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM',
  'unmap what is there',
  'charge: ENOMEM',
];

/** And in 6.1, where MAP_SHARED_VALIDATE is a type of files: from 4.15 on. */
const mmapFlags61: readonly MmapStep[] = mmapFlags4x.flatMap((step): readonly MmapStep[] =>
  step === 'map type: EINVAL'
    ? ['MAP_SHARED_VALIDATE of a file with unknown flags: EOPNOTSUPP', step]
    : [step]);

const mprotect25: readonly MprotectStep[] = ['unaligned: EINVAL', 'wraps: EINVAL', 'unknown bits: EINVAL', 'rounds to 0: 0'];

/** do_mremap() from its growth limits on, the same in all of 2.x but for the search. */
const mremapGrows2x: readonly MremapStep[] = [
  'nothing mapped there: EFAULT',
  'range leaves the area: EFAULT',
  'may not grow: EFAULT',
  'RLIMIT_MEMLOCK: EAGAIN',
  'RLIMIT_AS: ENOMEM',
  'charge the growth: ENOMEM',
  'grow in place',
  'may not move: ENOMEM',
];

const mremapTarget: readonly MremapStep[] = [
  'target unaligned: EINVAL',
  'FIXED or DONTUNMAP without MAYMOVE: EINVAL',
  'target above TASK_SIZE: EINVAL',
];

const mremap26: readonly MremapStep[] = [
  'flags other than MAYMOVE and FIXED: EINVAL',
  'unaligned: EINVAL',
  'new length 0: EINVAL',
  ...mremapTarget,
  'target overlaps, an empty old range included: EINVAL',
  'unmap the target',
  'cut off the tail',
  ...mremapGrows2x,
];

/** vma_to_resize() of 4.12: what is looked at before the areas of 6.x are compared with limits. */
const mremapGrowth4x: readonly MremapStep[] = [
  'range leaves the area: EFAULT',
  'pgoff wraps: EINVAL',
  'may not grow: EFAULT',
  'growth over RLIMIT_MEMLOCK: EAGAIN',
  'growth over RLIMIT_AS or RLIMIT_DATA: ENOMEM',
];

/** vma_to_resize() of 6.1, check_prep_vma() of 6.18. */
const mremapArea6x: readonly MremapStep[] = [
  'nothing mapped there: EFAULT',
  'private memory cannot be doubled: EINVAL',
  'DONTUNMAP of memory that may not grow: EINVAL',
  ...mremapGrowth4x,
];

const mremapMoves6x: readonly MremapStep[] = [
  'DONTUNMAP over RLIMIT_AS or RLIMIT_DATA: ENOMEM',
  'grow in place, charged and merged',
  'may not move: ENOMEM',
  'find the address for the piece, then check it',
  'three areas below the limit: ENOMEM',
  'special memory is not cut: EINVAL',
];

export const madvise26: readonly MadviseStep[] = ['unaligned: EINVAL', 'length rounds to 0: EINVAL', 'wraps: EINVAL', 'empty: 0'];

/** MADV_NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED. */
const advice25: Readonly<Record<number, AdviceRule>> = {
  0: 'read-ahead, split even if unchanged',
  1: 'read-ahead, split even if unchanged',
  2: 'read-ahead, split even if unchanged',
  3: 'no file: EBADF',
  4: 'drop pages',
};

const advice2613: Readonly<Record<number, AdviceRule>> = {
  ...advice25,
  0: 'read-ahead, mismerged with what is above',
  1: 'read-ahead, mismerged with what is above',
  2: 'read-ahead, mismerged with what is above',
};

/** And REMOVE, DONTFORK, DOFORK. */
export const advice2618: Readonly<Record<number, AdviceRule>> = {
  ...advice25, 0: 'flags', 1: 'flags', 2: 'flags', 9: 'punch a hole: needs VM_WRITE, ENOSYS', 10: 'flags', 11: 'flags',
};

/** MADV_FREE, and MERGEABLE to DODUMP. */
const advice412: Readonly<Record<number, AdviceRule>> = {
  ...advice2618,
  3: 'nothing',
  8: 'free lazily',
  9: 'punch a hole: needs VM_WRITE',
  12: 'flags that do not merge pages of shared or special memory',
  13: 'flags that do not merge pages of shared or special memory',
  14: 'huge pages',
  15: 'huge pages',
  16: 'flags',
  17: 'flags',
  100: 'inject an error',
  101: 'inject an error',
};

/** And WIPEONFORK to DONTNEED_LOCKED; MADV_COLLAPSE is not known here. */
const advice61: Readonly<Record<number, AdviceRule>> = {
  ...advice412,
  18: 'flags',
  19: 'flags',
  20: 'age',
  21: 'age',
  22: 'populate',
  23: 'populate',
  24: 'drop pages, locked ones too',
};

/** Guard markers stand in private anonymous memory alone, not yet in files'. */
const advice613: Readonly<Record<number, AdviceRule>> = {
  ...advice61,
  9: 'punch a hole: needs VM_MAYWRITE',
  22: 'populate the range, holes end it',
  23: 'populate the range, holes end it',
  102: 'guard private anonymous memory',
  103: 'unguard private anonymous memory',
};

const advice618: Readonly<Record<number, AdviceRule>> = { ...advice613, 102: 'guard', 103: 'unguard' };

/** 2.5.45 and 2.5.46 differ in their search alone. */
export const rules25: MmRules = {
  mmap: [
    'file without mmap: ENODEV',
    'length 0 returns the address',
    'longer than TASK_SIZE before rounding: EINVAL',
    'pgoff wraps: EINVAL',
    'map_count above the limit: ENOMEM',
    'find the address',
    'vm_flags',
    'MAP_LOCKED needs CAP_IPC_LOCK: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    ...types2x,
    ...tail2x,
  ],
  mprotect: mprotect25,
  mremap: [
    'flags other than MAYMOVE and FIXED: EINVAL',
    'unaligned: EINVAL',
    ...mremapTarget,
    'target overlaps, an empty old range included: EINVAL',
    'unmap the target, whatever that says',
    'cut off the tail, whatever that says',
    ...mremapGrows2x,
    'find the address by VM_SHARED',
  ],
  madvise: ['unaligned: EINVAL', 'wraps: EINVAL', 'empty: 0'],
  advice: advice25,
  adviceAtMapLimit: 'EAGAIN',
  adviceNeedsFile: false,
  mincore: ['unaligned: EINVAL', 'wraps: EINVAL', 'vector above TASK_SIZE: EFAULT', 'empty: 0'],
  mincoreSeesPages: false,
  msyncWraps: 'ENOMEM',
  msyncForgetsEnd: false,
  remapFilePages: 'any prot',
  move: { frontLosesAccount: true, populatesAll: true, locksTwice: false, growthIsChecked: false },
  lock: {
    privileged: true, halfOfRam: true, countsOnce: false, countsInInt: false, presentLast: false, onFault: false,
    onFaultNeedsRights: false, onFaultAlone: false, limitsStacks: false,
  },
  populatesPrivate: false,
  anonymousPgoff: false,
  merges: 'anonymous',
  mlockMerges: false,
  neverMerges: 0,
  anonVma: 'none',
  brkMergesHeapOnly: false,
  munmapLimit: 'every-split',
  limitsSplits: true,
  accounts: true,
  prot: { charges: true, semIsShared: true, growsFlags: false, dropsAccount: false, dataLimit: false },
  sharedMemory: { hasLimit: true, noreserveExcuses: true, chargedBesideOld: false, fputWaits: false },
  special: { isCut: true, forgetsLocks: false, seemsPresent: false },
  noreserveFlag: false,
  stackFlag: false,
  sharedAnonymousPgoffZero: false,
  coloursByPgoffZero: false,
  mmapMinAddr: 0,
  highestAreErrors: false,
  unmapForgetsHole: true,
  stackGuardGap: 0,
  stackGapFrom: 'accessible memory',
  stack: { guardPage: false, keepsPageBelow: false, keepsPgoff: false, isMoved: false, startsInLimit: false },
  searchKeepsGaps: false,
  heuristic: 'free',
  reserve: { mode0: false, mode2: false, process: false, capped: false, wraps: false },
  brk: { least: 'end_code', dataLimitFirst: false, dataFrom: 'start_data', shrinkNeedsMap: false, dataVm: false },
  alignsHugePages: false,
  alignsHugeFiles: 'never',
  maps: { pads: 'long', blankAfterInode: false, names: 'none', anonymousOffsetZero: false, vdsoByStart: false },
};

/** mmap merges files from 2.5.60 on; mlock looks at the limit alone; /proc/PID/maps is a seq_file. */
export const rules2574: MmRules = {
  ...rules25,
  remapFilePages: 'linear',
  move: { ...rules25.move, frontLosesAccount: false },
  lock: { ...rules25.lock, halfOfRam: false },
  merges: 'files of mmap',
  neverMerges: VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_RESERVED,
  maps: { ...rules25.maps, blankAfterInode: true },
  reserve: { ...rules25.reserve, mode0: true },
};

export const rules260: MmRules = {
  ...rules2574,
  mmap: [
    'file without mmap: ENODEV',
    'length 0 returns the address',
    'rounds to 0 or longer than TASK_SIZE: EINVAL',
    'pgoff wraps: EINVAL',
    'map_count above the limit: ENOMEM',
    'find the address',
    'vm_flags',
    'MAP_LOCKED needs CAP_IPC_LOCK: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    ...types2x,
    ...tail2x,
  ],
  mprotect: ['GROWSDOWN with GROWSUP: EINVAL', ...mprotect25],
  mremap: [
    'flags other than MAYMOVE and FIXED: EINVAL',
    'unaligned: EINVAL',
    ...mremapTarget,
    'target overlaps, an empty old range included: EINVAL',
    'unmap the target, whatever that says',
    'cut off the tail, whatever that says',
    ...mremapGrows2x,
    'find the address',
  ],
  remapFilePages: 'nonlinear',
  move: { frontLosesAccount: false, populatesAll: false, locksTwice: false, growthIsChecked: false },
  prot: { ...rules25.prot, semIsShared: false, growsFlags: true },
  maps: { ...rules2574.maps, pads: '8 digits' },
};

/** VM_MAYACCT is inverted: mprotect charges nothing in 2.6.5 and 2.6.6. */
export const rules266: MmRules = {
  ...rules260,
  mprotect: [
    'GROWSDOWN with GROWSUP: EINVAL', 'unaligned: EINVAL', 'wraps: ENOMEM', 'unknown bits: EINVAL', 'rounds to 0: 0',
  ],
  mremap: [...mremap26, 'find the address', 'three areas below the limit: ENOMEM'],
  merges: 'files of mmap and mremap',
  prot: { ...rules260.prot, charges: false },
};

/** One engine merges everything (2.6.7); everybody may lock memory up to a limit; two layouts. */
export const rules269: MmRules = {
  ...rules266,
  mmap: rules260.mmap.map((step) =>
    step === 'MAP_LOCKED needs CAP_IPC_LOCK: EPERM' ? 'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM' : step),
  madvise: madvise26,
  lock: { ...rules266.lock, privileged: false },
  anonymousPgoff: true,
  merges: 'everything',
  anonVma: 'equal-or-missing',
  prot: { ...rules266.prot, charges: true },
  reserve: { ...rules266.reserve, mode2: true },
};

export const rules2611: MmRules = {
  ...rules269,
  lock: { ...rules269.lock, limitsStacks: true },
  mincore: [
    'unaligned: EINVAL', 'starts above TASK_SIZE: ENOMEM', 'ends above TASK_SIZE: EINVAL', 'vector above TASK_SIZE: EFAULT',
  ],
  reserve: { ...rules269.reserve, process: true, wraps: true },
};

/** mlock merges; [heap] and [stack] in /proc/PID/maps. */
export const rules2612: MmRules = {
  ...rules2611,
  mincore: [
    'unaligned: EINVAL', 'starts above TASK_SIZE: ENOMEM', 'length 0: 0',
    'rounds to 0 or ends above TASK_SIZE: ENOMEM', 'vector above TASK_SIZE: EFAULT',
  ],
  mlockMerges: true,
  maps: { ...rules2611.maps, names: '2.6.12' },
};

/** Lengths and addresses are judged as later (2.6.12-rc2); madvise merges, with two mistakes, and wants a file. */
export const rules2613: MmRules = {
  ...rules2612,
  mmap: [
    'file without mmap: ENODEV',
    'length 0: EINVAL',
    'rounds to 0 or longer than TASK_SIZE: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'find the address, then check it',
    'vm_flags',
    'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    ...types2x,
    ...tail2x,
  ],
  mprotect: [
    'GROWSDOWN with GROWSUP: EINVAL', 'unaligned: EINVAL', 'length 0: 0', 'ends at or below its start: ENOMEM',
    'unknown bits: EINVAL',
  ],
  mremap: [...mremap26, 'find the address, then check it', 'three areas below the limit: ENOMEM'],
  advice: advice2613,
  adviceNeedsFile: true,
  reserve: { ...rules2612.reserve, wraps: false },
};

export const rules2618: MmRules = {
  ...rules2613,
  mmap: rules2613.mmap.flatMap((step) =>
    step === 'length 0: EINVAL' ? [step, 'the machine refuses the range: EINVAL' as const] : [step]),
  advice: advice2618,
  adviceNeedsFile: false,
  msyncForgetsEnd: true,
  neverMerges: VM_IO | VM_DONTEXPAND | VM_RESERVED | VM_PFNMAP,
  brk: { ...rules2613.brk, dataLimitFirst: true },
  maps: { ...rules2613.maps, vdsoByStart: true },
};

/**
 * A gap of 256 pages beside stacks, kept by every search; RLIMIT_DATA counts private writable memory; mlock2;
 * remap_file_pages maps anew. A list of areas still, which merge with the one below first.
 */
export const rules412: MmRules = {
  ...rules2618,
  mmap: [
    'length 0: EINVAL',
    'hint rounds down, and up to mmap_min_addr',
    'rounds to 0: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'the machine refuses the range: EINVAL',
    'find the address, then check it',
    ...mmapFlags4x,
  ],
  mremap: [
    'flags other than MAYMOVE and FIXED: EINVAL',
    'FIXED or DONTUNMAP without MAYMOVE: EINVAL',
    'unaligned: EINVAL',
    'new length 0: EINVAL',
    ...mremapTarget,
    'target overlaps: EINVAL',
    'unmap the target',
    'cut off the tail',
    'nothing mapped there: EFAULT',
    ...mremapGrowth4x,
    'charge the growth: ENOMEM',
    'grow in place',
    'may not move: ENOMEM',
    'find the address for the piece, then check it',
    'three areas below the limit: ENOMEM',
  ],
  madvise: ['unknown advice: EINVAL', ...madvise26, 'hardware errors need CAP_SYS_ADMIN: EPERM'],
  advice: advice412,
  adviceAtMapLimit: 'ENOMEM',
  mincore: ['unaligned: EINVAL', 'ends above TASK_SIZE, not rounded: ENOMEM', 'vector above TASK_SIZE: EFAULT', 'length 0: 0'],
  mincoreSeesPages: true,
  msyncForgetsEnd: false,
  remapFilePages: 'emulated',
  move: { ...rules2618.move, growthIsChecked: true },
  lock: {
    ...rules2618.lock, presentLast: true, countsOnce: true, countsInInt: true, onFault: true, onFaultNeedsRights: true,
    onFaultAlone: true,
  },
  populatesPrivate: true,
  neverMerges: VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP,
  anonVma: '6.13',
  munmapLimit: 'hole-in-one-area',
  prot: { ...rules2618.prot, dataLimit: true },
  sharedMemory: { ...rules2618.sharedMemory, hasLimit: false, fputWaits: true },
  noreserveFlag: true,
  sharedAnonymousPgoffZero: true,
  coloursByPgoffZero: true,
  mmapMinAddr: 65536,
  highestAreErrors: true,
  stackGuardGap: 256,
  stackGapFrom: 'all memory',
  stack: { guardPage: false, keepsPageBelow: false, keepsPgoff: true, isMoved: true, startsInLimit: true },
  brk: { least: 'start_brk', dataLimitFirst: true, dataFrom: 'start_brk', shrinkNeedsMap: false, dataVm: true },
  maps: { ...rules2618.maps, names: '6.1', anonymousOffsetZero: true, vdsoByStart: false },
  reserve: { ...rules2618.reserve, capped: true },
};

/** The areas stand in a tree; mmap tries the area above first. */
export const rules61: MmRules = {
  ...rules412,
  mmap: [
    'length 0: EINVAL',
    'MAP_FIXED_NOREPLACE is MAP_FIXED',
    'hint rounds down, and up to mmap_min_addr',
    'rounds to 0: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'the machine refuses the range: EINVAL',
    'find the address, then check it',
    'something mapped under MAP_FIXED_NOREPLACE: EEXIST',
    ...mmapFlags61,
  ],
  mremap: [
    'flags other than MAYMOVE, FIXED and DONTUNMAP: EINVAL',
    'FIXED or DONTUNMAP without MAYMOVE: EINVAL',
    'DONTUNMAP with another length: EINVAL',
    'unaligned: EINVAL',
    'new length 0: EINVAL',
    'nothing mapped there: EFAULT',
    ...mremapTarget,
    'target overlaps: EINVAL',
    'no room for two more areas: ENOMEM',
    'unmap the target',
    'cut off the tail',
    ...mremapArea6x,
    ...mremapMoves6x,
    'charge what is new: ENOMEM',
  ],
  advice: advice61,
  adviceAtMapLimit: 'EAGAIN',
  lock: { ...rules412.lock, countsInInt: false, onFaultNeedsRights: false, onFaultAlone: false },
  special: { isCut: false, forgetsLocks: true, seemsPresent: true },
  anonVma: '6.1',
  brkMergesHeapOnly: true,
  stackGapFrom: 'accessible memory',
  heuristic: 'total',
  brk: { ...rules412.brk, shrinkNeedsMap: true },
  alignsHugeFiles: 'every task',
  reserve: { ...rules412.reserve, mode0: false },
};

/** mm/vma.c merges with the area below first; huge pages are aligned to; mremap is still that of 6.1. */
export const rules613: MmRules = {
  ...rules61,
  mmap: [
    'length 0: EINVAL',
    'MAP_FIXED_NOREPLACE is MAP_FIXED',
    'hint rounds down, and up to mmap_min_addr',
    'rounds to 0: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'vm_flags',
    'the machine refuses the range: EINVAL',
    'find the address, then check it',
    'something mapped under MAP_FIXED_NOREPLACE: EEXIST',
    'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    'MAP_SHARED_VALIDATE of a file with unknown flags: EOPNOTSUPP',
    'map type: EINVAL',
    'shared and writable on a read-only file: EACCES',
    'file not readable: EACCES',
    'file without mmap: ENODEV',
    'MAP_GROWSDOWN on a file: EINVAL',
    'MAP_GROWSDOWN on a shared map: EINVAL',
    'MAP_NORESERVE',
    'cut at the edges of what is there',
    'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM',
    'charge less what is replaced: ENOMEM',
    'unmap what is there',
  ],
  advice: advice613,
  maps: { ...rules61.maps, names: '6.13' },
  special: { ...rules61.special, forgetsLocks: false },
  anonVma: '6.13',
  prot: { ...rules61.prot, dropsAccount: true },
  sharedMemory: { ...rules61.sharedMemory, chargedBesideOld: true },
  stackFlag: true,
  searchKeepsGaps: true,
  alignsHugePages: true,
  alignsHugeFiles: '64-bit tasks',
};

export const rules618: MmRules = {
  ...rules613,
  mremap: [
    'flags other than MAYMOVE, FIXED and DONTUNMAP: EINVAL',
    'unaligned: EINVAL',
    'new length 0: EINVAL',
    'new length above TASK_SIZE: EINVAL',
    ...mremapTarget,
    'target overlaps: EINVAL',
    'DONTUNMAP with another number of pages: EINVAL',
    'no room for two more areas: ENOMEM',
    'several areas one by one',
    ...mremapArea6x,
    'unmap the target',
    'nothing mapped there: EFAULT',
    'cut off the tail',
    ...mremapMoves6x,
    'charge what is new or was cut off: ENOMEM',
  ],
  advice: advice618,
  move: { frontLosesAccount: false, populatesAll: false, locksTwice: true, growthIsChecked: true },
  anonVma: '6.18',
};
