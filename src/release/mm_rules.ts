/**
 * The rules of each release in mm. Read from: Linux 2.5.46, 2.6.11-rc5, 2.6.18, 6.1.20 and 6.18.35: mm/mmap.c,
 * mm/vma.c (6.18), mm/mprotect.c, mm/mremap.c, kernel/fork.c, fs/proc/task_mmu.c.
 */
import type { MmapStep, MmRules, MprotectStep } from './rules.js';

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

const mprotect25: readonly MprotectStep[] = ['unaligned: EINVAL', 'wraps: EINVAL', 'unknown bits: EINVAL', 'rounds to 0: 0'];

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
  anonymousPgoff: false,
  mergesFiles: false,
  adviceMerges: false,
  neverMerges: 0,
  anonVma: 'none',
  brkMergesHeapOnly: false,
  munmapLimit: 'every-split',
  prot: { semIsShared: true, growsFlags: false, dropsAccount: false, dataLimit: false },
  noreserveFlag: false,
  stackFlag: false,
  sharedAnonymousPgoffZero: false,
  mmapMinAddr: 0,
  stackGuardGap: 0,
  searchKeepsGaps: false,
  heuristic: 'free',
  brk: { least: 'end_code', dataLimitFirst: false, dataFrom: 'start_data', shrinkNeedsMap: false, dataVm: false },
  alignsHugePages: false,
  maps: '2.5.46',
};

export const rules2611: MmRules = {
  ...rules25,
  mmap: [
    'file without mmap: ENODEV',
    'length 0 returns the address',
    'rounds to 0 or longer than TASK_SIZE: EINVAL',
    'pgoff wraps: EINVAL',
    'map_count above the limit: ENOMEM',
    'find the address',
    'vm_flags',
    'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    ...types2x,
    ...tail2x,
  ],
  mprotect: [
    'GROWSDOWN with GROWSUP: EINVAL', 'unaligned: EINVAL', 'wraps: ENOMEM', 'unknown bits: EINVAL', 'rounds to 0: 0',
  ],
  anonymousPgoff: true,
  mergesFiles: true,
  neverMerges: VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_RESERVED,
  anonVma: 'equal-or-missing',
  prot: { semIsShared: false, growsFlags: true, dropsAccount: false, dataLimit: false },
  maps: '2.6.0',
};

export const rules2618: MmRules = {
  ...rules2611,
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
  adviceMerges: true,
  neverMerges: VM_IO | VM_DONTEXPAND | VM_RESERVED | VM_PFNMAP,
  brk: { ...rules2611.brk, dataLimitFirst: true },
  maps: '2.6.18',
};

export const rules61: MmRules = {
  ...rules2618,
  mmap: [
    'length 0: EINVAL',
    'MAP_FIXED_NOREPLACE is MAP_FIXED',
    'hint rounds down, and up to mmap_min_addr',
    'rounds to 0: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'find the address, then check it',
    'something mapped under MAP_FIXED_NOREPLACE: EEXIST',
    'vm_flags',
    'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    'shared and writable on a read-only file: EACCES',
    'file not readable: EACCES',
    'file without mmap: ENODEV',
    'MAP_GROWSDOWN on a file: EINVAL',
    'map type: EINVAL',
    'MAP_GROWSDOWN on a shared map: EINVAL',
    'MAP_NORESERVE',
    'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM',
    'unmap what is there',
    'charge: ENOMEM',
  ],
  neverMerges: VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP,
  anonVma: '6.1',
  brkMergesHeapOnly: true,
  munmapLimit: 'hole-in-one-area',
  prot: { semIsShared: false, growsFlags: true, dropsAccount: false, dataLimit: true },
  noreserveFlag: true,
  sharedAnonymousPgoffZero: true,
  mmapMinAddr: 65536,
  stackGuardGap: 256,
  heuristic: 'total',
  brk: { least: 'start_brk', dataLimitFirst: true, dataFrom: 'start_brk', shrinkNeedsMap: true, dataVm: true },
  maps: '6.1',
};

export const rules618: MmRules = {
  ...rules61,
  mmap: [
    'length 0: EINVAL',
    'MAP_FIXED_NOREPLACE is MAP_FIXED',
    'hint rounds down, and up to mmap_min_addr',
    'rounds to 0: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'vm_flags',
    'find the address, then check it',
    'something mapped under MAP_FIXED_NOREPLACE: EEXIST',
    'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    'shared and writable on a read-only file: EACCES',
    'file not readable: EACCES',
    'file without mmap: ENODEV',
    'MAP_GROWSDOWN on a file: EINVAL',
    'map type: EINVAL',
    'MAP_GROWSDOWN on a shared map: EINVAL',
    'MAP_NORESERVE',
    'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM',
    'charge less what is replaced: ENOMEM',
    'unmap what is there',
  ],
  anonVma: '6.18',
  prot: { semIsShared: false, growsFlags: true, dropsAccount: true, dataLimit: true },
  stackFlag: true,
  searchKeepsGaps: true,
  alignsHugePages: true,
};
