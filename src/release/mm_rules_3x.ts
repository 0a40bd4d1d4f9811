/**
 * The rules of 3.x in mm. Read from Linux 3.6 and 3.8.13, mm/{mmap,mprotect,mremap,mlock,madvise,mincore,msync,fremap,
 * memory,ksm,huge_memory}.c, kernel/fork.c, fs/proc/task_mmu.c.
 */
import { advice2618, madvise26, rules2618 } from './mm_rules.js';
import type { AdviceRule, MmRules } from './rules.js';

const VM_IO = 0x4000;
const VM_PFNMAP = 0x400;
const VM_DONTEXPAND = 0x40000;

/** MADV_MERGEABLE to MADV_DODUMP; hardware errors are asked about before everything else. */
const advice36: Readonly<Record<number, AdviceRule>> = {
  ...advice2618,
  9: 'punch a hole: needs VM_WRITE',
  12: 'flags that do not merge pages of shared or special memory',
  13: 'flags that do not merge pages of shared or special memory',
  14: 'huge pages, once, of private memory of its own',
  15: 'huge pages, once, of private memory of its own',
  16: 'flags',
  17: 'flags, also of special memory',
  100: 'inject an error',
  101: 'inject an error',
};

/** mmap rounds hints; anon_vmas of a fork's child stay apart; one page guards a stack; [stack:TID]. */
export const rules36: MmRules = {
  ...rules2618,
  mmap: [
    'length 0: EINVAL',
    'hint rounds down, and up to mmap_min_addr',
    'rounds to 0: ENOMEM',
    'pgoff wraps: EOVERFLOW',
    'map_count above the limit: ENOMEM',
    'the machine refuses the range: EINVAL',
    'find the address, then check it',
    'vm_flags',
    'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM',
    'RLIMIT_MEMLOCK: EAGAIN',
    'map type: EINVAL',
    'shared and writable on a read-only file: EACCES',
    'file not readable: EACCES',
    'file without mmap: ENODEV',
    'unmap what is there',
    'RLIMIT_AS: ENOMEM',
    'MAP_NORESERVE',
    'charge: ENOMEM',
    'charged map grows down on a file: EINVAL',
    'MAP_GROWSDOWN on a shared map: EINVAL',
  ],
  mremap: [
    'flags other than MAYMOVE and FIXED: EINVAL',
    'unaligned: EINVAL',
    'new length 0: EINVAL',
    'FIXED or DONTUNMAP without MAYMOVE: EINVAL',
    'target unaligned: EINVAL',
    'target above TASK_SIZE: EINVAL',
    'target overlaps, an empty old range included: EINVAL',
    'unmap the target',
    'cut off the tail',
    'nothing mapped there: EFAULT',
    'range leaves the area: EFAULT',
    'may not grow: EFAULT',
    'pgoff wraps: EINVAL',
    'RLIMIT_MEMLOCK: EAGAIN',
    'RLIMIT_AS: ENOMEM',
    'charge the growth: EFAULT',
    'grow in place',
    'may not move: ENOMEM',
    'find the address for the piece, then check it',
    'three areas below the limit: ENOMEM',
  ],
  madvise: ['hardware errors need CAP_SYS_ADMIN: EPERM', 'unknown advice: EINVAL', ...madvise26],
  advice: advice36,
  mincore: ['unaligned: EINVAL', 'ends above TASK_SIZE, not rounded: ENOMEM', 'vector above TASK_SIZE: EFAULT', 'length 0: 0'],
  mincoreSeesPages: true,
  msyncForgetsEnd: false,
  remapFilePages: 'nonlinear, files anew',
  move: { ...rules2618.move, growthIsChecked: true },
  lock: { ...rules2618.lock, presentLast: true },
  populatesPrivate: true,
  anonVma: '6.13',
  munmapLimit: 'hole-in-one-area',
  sharedMemory: { ...rules2618.sharedMemory, hasLimit: false, fputWaits: true },
  noreserveFlag: true,
  sharedAnonymousPgoffZero: true,
  mmapMinAddr: 65536,
  highestAreErrors: true,
  unmapForgetsHole: false,
  stack: { guardPage: true, keepsPageBelow: false, keepsPgoff: true, isMoved: true, startsInLimit: true },
  brk: { ...rules2618.brk, least: 'start_brk', dataFrom: 'start_brk' },
  maps: { ...rules2618.maps, names: '3.6', anonymousOffsetZero: true },
  reserve: { ...rules2618.reserve, wraps: true },
};

/** Holes are found in a tree (the searches' business); VM_RESERVED is gone; a stack keeps a page from what lies below. */
export const rules38: MmRules = {
  ...rules36,
  advice: { ...advice36, 17: 'flags' },
  neverMerges: VM_IO | VM_DONTEXPAND | VM_PFNMAP,
  stack: { ...rules36.stack, keepsPageBelow: true },
};
