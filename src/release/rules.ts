/**
 * What a release does in mm, as data: the order of the checks of each call, what merges, where limits are
 * tested. The steps themselves are functions of the same names in src/mm; a record lists them in the order
 * in which that kernel takes them, so that the list is documentation, code and test at once.
 */

/** Steps of do_mmap_pgoff() / do_mmap() and mmap_region(), see src/mm/mmap_steps.ts. */
export type MmapStep =
  | 'file without mmap: ENODEV'
  | 'length 0 returns the address'
  | 'rounds to 0 returns the address'
  | 'length 0: EINVAL'
  | 'MAP_FIXED_NOREPLACE is MAP_FIXED'
  | 'hint rounds down, and up to mmap_min_addr'
  | 'longer than TASK_SIZE before rounding: EINVAL'
  | 'longer than TASK_SIZE: EINVAL'
  | 'rounds to 0 or longer than TASK_SIZE: EINVAL'
  | 'rounds to 0 or longer than TASK_SIZE: ENOMEM'
  | 'rounds to 0: ENOMEM'
  | 'pgoff wraps: EINVAL'
  | 'pgoff wraps: EOVERFLOW'
  | 'the machine refuses the range: EINVAL'
  | 'map_count above the limit: ENOMEM'
  | 'find the address'
  | 'find the address, then check it'
  | 'something mapped under MAP_FIXED_NOREPLACE: EEXIST'
  | 'vm_flags'
  | 'vm_flags but VM_LOCKED'
  | 'MAP_LOCKED needs CAP_IPC_LOCK: EPERM'
  | 'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM'
  | 'RLIMIT_MEMLOCK: EAGAIN'
  | 'MAP_SHARED_VALIDATE of a file with unknown flags: EOPNOTSUPP'
  | 'shared and writable on a read-only file: EACCES'
  | 'file not readable: EACCES'
  | 'MAP_GROWSDOWN on a file: EINVAL'
  | 'MAP_GROWSDOWN on a shared map: EINVAL'
  | 'map type: EINVAL'
  | 'MAP_NORESERVE'
  | 'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM'
  | 'cut at the edges of what is there'
  | 'unmap what is there'
  | 'RLIMIT_AS: ENOMEM'
  | 'charge: ENOMEM'
  | 'ask for memory: ENOMEM'
  | 'charge less what is replaced: ENOMEM'
  | 'charged map grows down on a file: EINVAL';

/** Argument checks of sys_mprotect(), in order. */
export type MprotectStep =
  | 'GROWSDOWN with GROWSUP: EINVAL'
  | 'unaligned: EINVAL'
  | 'wraps: EINVAL'
  | 'wraps: ENOMEM'
  | 'length 0: 0'
  | 'ends at or below its start: ENOMEM'
  | 'unknown bits: EINVAL'
  | 'bits other than READ, WRITE and EXEC: EINVAL'
  | 'rounds to 0: 0';

/** Steps of do_mremap() and its successors, see src/mm/mremap_steps.ts. */
export type MremapStep =
  | 'flags other than MAYMOVE and FIXED: EINVAL'
  | 'flags other than MAYMOVE, FIXED and DONTUNMAP: EINVAL'
  | 'unaligned: EINVAL'
  | 'new length 0: EINVAL'
  | 'new length above TASK_SIZE: EINVAL'
  | 'FIXED or DONTUNMAP without MAYMOVE: EINVAL'
  | 'DONTUNMAP with another length: EINVAL'
  | 'DONTUNMAP with another number of pages: EINVAL'
  | 'target unaligned: EINVAL'
  | 'target above TASK_SIZE: EINVAL'
  | 'target overlaps: EINVAL'
  | 'target overlaps, an empty old range included: EINVAL'
  | 'no room for two more areas: ENOMEM'
  | 'unmap the target'
  | 'unmap the target, whatever that says'
  | 'cut off the tail'
  | 'cut off the tail, whatever that says'
  | 'cut off the tail, and expect it still'
  | 'several areas one by one'
  | 'nothing mapped there: EFAULT'
  | 'private memory cannot be doubled: EINVAL'
  | 'DONTUNMAP of memory that may not grow: EINVAL'
  | 'range leaves the area: EFAULT'
  | 'old range leaves the area: EFAULT'
  | 'pgoff wraps: EINVAL'
  | 'may not grow: EFAULT'
  | 'RLIMIT_MEMLOCK: EAGAIN'
  | 'RLIMIT_AS: ENOMEM'
  | 'growth over RLIMIT_MEMLOCK: EAGAIN'
  | 'growth over RLIMIT_AS or RLIMIT_DATA: ENOMEM'
  | 'DONTUNMAP over RLIMIT_AS or RLIMIT_DATA: ENOMEM'
  | 'charge the growth: ENOMEM'
  | 'ask for the growth: ENOMEM'
  | 'charge the growth: EFAULT'
  | 'grow in place'
  | 'grow in place, charged and merged'
  | 'may not move: ENOMEM'
  | 'find the address by VM_SHARED'
  | 'find the address'
  | 'find the address, then check it'
  | 'find the address for the piece, then check it'
  | 'three areas below the limit: ENOMEM'
  | 'special memory is not cut: EINVAL'
  | 'charge what is new: ENOMEM'
  | 'charge what is new or was cut off: ENOMEM';

/** Argument checks of sys_madvise() and do_madvise(), in order. */
export type MadviseStep =
  | 'unknown advice: EINVAL'
  | 'unaligned: EINVAL'
  | 'length rounds to 0: EINVAL'
  | 'wraps: EINVAL'
  | 'empty: 0'
  | 'hardware errors need CAP_SYS_ADMIN: EPERM';

/** What one advice does with a piece of an area, see src/mm/madvise.ts. */
export type AdviceRule =
  | 'read-ahead, split even if unchanged'
  | 'read-ahead, mismerged with what is above'
  | 'read-ahead, split above the map limit once: ENOMEM'
  | 'flags'
  | 'huge pages'
  | 'huge pages, once, of private memory of its own'
  | 'flags, also of special memory'
  | 'flags that do not merge pages of shared or special memory'
  | 'no file: EBADF'
  | 'no file: EBADF, beyond its end: EIO'
  | 'nothing'
  | 'drop pages'
  | 'drop pages, locked ones too'
  | 'free lazily'
  | 'punch a hole: needs VM_WRITE, ENOSYS'
  | 'punch a hole: needs VM_WRITE'
  | 'punch a hole: needs VM_MAYWRITE'
  | 'age'
  | 'populate'
  | 'populate the range, holes end it'
  | 'guard'
  | 'unguard'
  | 'guard private anonymous memory'
  | 'unguard private anonymous memory'
  | 'inject an error';

/** Argument checks of sys_mincore(), in order. */
export type MincoreStep =
  | 'unaligned: EINVAL'
  | 'wraps: EINVAL'
  | 'starts above TASK_SIZE: ENOMEM'
  | 'ends above TASK_SIZE: EINVAL'
  | 'length 0: 0'
  | 'rounds to 0 or ends above TASK_SIZE: ENOMEM'
  | 'ends above TASK_SIZE, not rounded: ENOMEM'
  | 'vector above TASK_SIZE: EFAULT'
  | 'empty: 0';

export interface MmRules {
  readonly mmap: readonly MmapStep[];
  readonly mprotect: readonly MprotectStep[];
  readonly mremap: readonly MremapStep[];
  readonly madvise: readonly MadviseStep[];
  /** What is known, by MADV_* number. */
  readonly advice: Readonly<Record<number, AdviceRule>>;
  /** Errno of an advice that would split an area at the map limit: madvise_behavior(). */
  readonly adviceAtMapLimit: 'EAGAIN' | 'ENOMEM';
  /** madvise of memory without a file is EBADF, whatever the advice, known or not: 2.6.13 alone (madvise_vma()). */
  readonly adviceNeedsFile: boolean;

  /** vm_pgoff of private anonymous areas is their address: since 2.6.7. */
  readonly anonymousPgoff: boolean;
  /** Which areas merge with equal neighbours, and in which calls. */
  readonly merges: MergeRule;
  /** mlock and munlock merge: since 2.6.12. (What madvise does stands in `advice`.) */
  readonly mlockMerges: boolean;
  /** Flags whose areas never merge (VM_SPECIAL). */
  readonly neverMerges: number;
  /** How two anon_vmas must agree; 'none' before they existed. What 6.13 does 4.12 did already. */
  readonly anonVma: 'none' | 'equal-or-missing' | '6.1' | '6.13' | '6.18';
  /** brk merges with the heap itself only: 6.x. */
  readonly brkMergesHeapOnly: boolean;

  /**
   * munmap tests the map limit at each split, or only where it makes a hole in one area (2.4 and 6.x); mprotect and
   * mlock test it at each split, but in 2.4.
   */
  readonly munmapLimit: 'every-split' | 'hole-in-one-area';
  readonly limitsSplits: boolean;
  /**
   * What vm_enough_memory() grants is charged, and areas remember it by VM_ACCOUNT. 2.4 only asks, for mmap, brk and
   * mremap, and any overcommit mode but 0 grants everything.
   */
  readonly accounts: boolean;
  /** mprotect: what it charges, which flags it knows, and which limit it asks. */
  readonly prot: {
    /** A private map that becomes writable is charged: all releases but 2.6.5 and 2.6.6, whose test is inverted. */
    readonly charges: boolean;
    /** PROT_SEM is ORed into the flags raw, where it means VM_SHARED: 2.5.46. */
    readonly semIsShared: boolean;
    /** PROT_GROWSDOWN and PROT_GROWSUP are known. */
    readonly growsFlags: boolean;
    /** A map that becomes unwritable and was never written gives its charge back: 6.13, not yet in 6.1. */
    readonly dropsAccount: boolean;
    /** Growing data_vm over RLIMIT_DATA is refused: 6.x. */
    readonly dataLimit: boolean;
  };
  readonly sharedMemory: SharedMemoryRules;
  readonly special: SpecialRules;
  /** VM_NORESERVE is kept in the area's flags: 6.x. */
  readonly noreserveFlag: boolean;
  /** MAP_STACK keeps huge pages away by a flag of its own: 6.7 on. */
  readonly stackFlag: boolean;
  /** Shared memory without a file begins at pgoff 0, whatever the caller says: not yet in 2.6.18. */
  readonly sharedAnonymousPgoffZero: boolean;
  /** The search colours it by that 0, too, not by the caller's pgoff: not yet in 3.8. */
  readonly coloursByPgoffZero: boolean;
  /** Bytes below which nothing may be mapped; 0 before mmap_min_addr existed. */
  readonly mmapMinAddr: number;
  /** MAP_FIXED at -4095 to -1 returns that: get_unmapped_area() takes the address for an errno, IS_ERR_VALUE(). 2.6.22 on. */
  readonly highestAreErrors: boolean;
  /** An unmap below the cache forgets the hole size, too (arch_unmap_area(), mm/mmap.c): no more in 3.6, on any machine. */
  readonly unmapForgetsHole: boolean;
  /** Pages kept free beside a stack that grows. */
  readonly stackGuardGap: number;
  /**
   * What a growing stack keeps the gap from: all memory that is no stack, and address 0 (4.12,
   * expand_downwards()), or memory that can be accessed (6.1). Before the gap it says nothing.
   */
  readonly stackGapFrom: 'all memory' | 'accessible memory';
  readonly stack: StackRules;
  /** The search itself keeps that gap, and the least address, and not the hint's test alone: 6.13. */
  readonly searchKeepsGaps: boolean;
  /** Overcommit mode 0 compares one request with free memory, or with all of it (6.x). */
  readonly heuristic: 'free' | 'total';
  readonly reserve: ReserveRules;
  readonly brk: BrkRules;
  readonly mincore: readonly MincoreStep[];
  /** mincore knows private pages, and a hole ends it: 6.x. Before, memory without a file is ENOMEM. */
  readonly mincoreSeesPages: boolean;
  /** msync of a range that wraps around: EINVAL in 2.4. */
  readonly msyncWraps: 'EINVAL' | 'ENOMEM';
  /** msync of a range that runs past the last area of all succeeds: 2.6.18. */
  readonly msyncForgetsEnd: boolean;
  /**
   * remap_file_pages reorders page-table entries (2.5; from 2.6.0 in areas marked VM_NONLINEAR), or maps anew:
   * files alone, whose dirty pages are counted (3.6, 3.8), or all (4.0 on).
   */
  readonly remapFilePages: 'any prot' | 'linear' | 'nonlinear' | 'nonlinear, files anew' | 'emulated';
  readonly move: MoveRules;
  readonly lock: LockRules;
  /** MAP_POPULATE makes private memory present, too, unless MAP_NONBLOCK stands with it: not yet in 2.6.18. */
  readonly populatesPrivate: boolean;
  /** Anonymous requests of whole huge pages without a hint are aligned to one, on 64-bit tasks: 6.7 on. */
  readonly alignsHugePages: boolean;
  /** Which tasks' maps of files are, where the file system asks for it. */
  readonly alignsHugeFiles: 'never' | 'every task' | '64-bit tasks';
  readonly maps: MapsRules;
}

/**
 * 'anonymous': memory without a file, by its flags alone. 'files of mmap': from 2.5.60 mmap merges files, too,
 * where their pages go on. 'files of mmap and mremap': mremap as well. 'everything': from 2.6.7 one engine for
 * mmap, brk, mprotect and mremap, which compares pgoff, files and anon_vma.
 */
export type MergeRule = 'anonymous' | 'files of mmap' | 'files of mmap and mremap' | 'everything';

/** Format of /proc/PID/maps. */
export interface MapsRules {
  /** Numbers are padded to a long's width (2.4 and 2.5), or to 8 digits. */
  readonly pads: 'long' | '8 digits';
  /** A blank follows the inode where there is no name: from the seq_file version of 2.5 on. */
  readonly blankAfterInode: boolean;
  /**
   * What memory without a file is called: [heap] and [stack] since 2.6.12; in 3.6 and 3.8 [stack] or [stack:TID] where
   * a task's stack pointer is (Target.showsStacks); 6.x marks what overlaps the heap.
   */
  readonly names: 'none' | '2.6.12' | '3.6' | '6.1' | '6.13';
  /** Offset 0 where there is no file. */
  readonly anonymousOffsetZero: boolean;
  /**
   * [vdso] is what starts where exec put it, be that unmapped or cut meanwhile: arch_vma_name(), arch/i386 in 2.6.18,
   * arch/x86/vdso in 3.6 and 3.8. Later each piece of it keeps the name.
   */
  readonly vdsoByStart: boolean;
}

export interface BrkRules {
  /** Lowest brk: the end of the text (2.x) or the start of the heap (6.x). */
  readonly least: 'end_code' | 'start_brk';
  /** RLIMIT_DATA is tested before everything else, shrinking included (2.6.18 on). */
  readonly dataLimitFirst: boolean;
  /** What RLIMIT_DATA counts: from start_data, or heap plus data segment. */
  readonly dataFrom: 'start_data' | 'start_brk';
  /** Shrinking over nothing mapped is refused: 6.x. */
  readonly shrinkNeedsMap: boolean;
  /** The new area counts against RLIMIT_DATA by data_vm: 6.x. */
  readonly dataVm: boolean;
}

/** move_vma() of mremap, once every check has passed. */
export interface MoveRules {
  /** What remains of an area whose front moved away is not accounted any more: 2.5.46. */
  readonly frontLosesAccount: boolean;
  /** A locked area is made present as a whole, not only where it grew: 2.5.46. */
  readonly populatesAll: boolean;
  /** MREMAP_DONTUNMAP counts locked pages at both places: 6.17 on. */
  readonly locksTwice: boolean;
  /** The machine is asked about an area that would grow in place (vma_expandable() by get_unmapped_area()). */
  readonly growthIsChecked: boolean;
}

/** Areas that grow by faults: expand_downwards(), expand_upwards(), mm/mmap.c. */
export interface StackRules {
  /**
   * The last page of the area keeps other memory away: a fault there grows it by one more, or is a SIGBUS where
   * something else lies next to it. /proc/PID/maps and mlock leave that page out. check_stack_guard_page(), 3.6 and 3.8.
   */
  readonly guardPage: boolean;
  /** An access right above other memory does not grow it down there, which leaves no page to guard it: not yet in 3.6. */
  readonly keepsPageBelow: boolean;
  /** It grows down by no more pages than its vm_pgoff has: not yet in 2.6.18. */
  readonly keepsPgoff: boolean;
  /** exec makes it below STACK_TOP_MAX and moves it to its place, where vm_pgoff stays: shift_arg_pages(), not yet in 2.6.18. */
  readonly isMoved: boolean;
  /** exec gives it no more pages than RLIMIT_STACK: setup_arg_pages(), not yet in 2.6.18. */
  readonly startsInLimit: boolean;
}

/** What vm_enough_memory() keeps from tasks without CAP_SYS_ADMIN, which all programs here are. */
export interface ReserveRules {
  /** A part of free memory in mode 0, for root: 2.5.74 to 4.12. */
  readonly mode0: boolean;
  /** A part of what mode 2 allows, for root: 2.6.9 on. */
  readonly mode2: boolean;
  /** And one by the size of the asking process, for others: 2.6.11 on. */
  readonly process: boolean;
  /** The parts are a 32nd each; from 4.12 on at most 8 MiB and 128 MiB, the former of memory at boot. */
  readonly capped: boolean;
  /** What mode 2 allows is an unsigned long, so a process 32 times as large is allowed everything: 2.6.11, 3.6 and 3.8. */
  readonly wraps: boolean;
}

/** shmem_zero_setup(): the object behind shared memory without a file, or of /dev/zero, is charged as a whole. */
export interface SharedMemoryRules {
  /** SHMEM_MAX_BYTES limits it, EINVAL: up to 3.0. */
  readonly hasLimit: boolean;
  /** MAP_NORESERVE excuses it, but in overcommit mode 2: not yet in 2.4. */
  readonly noreserveExcuses: boolean;
  /** What a MAP_FIXED replaces gives its charge back at the very end, in __mmap_complete(): 6.13. */
  readonly chargedBesideOld: boolean;
  /** The last fput(), which gives the charge back, waits until the system call returns (task_work): 3.6 on. */
  readonly fputWaits: boolean;
}

/** What the kernel itself maps under a name: _install_special_mapping(), mm/mmap.c. */
export interface SpecialRules {
  /** A call may take a part of it: EINVAL from 5.11 on (special_mapping_split()). */
  readonly isCut: boolean;
  /**
   * Where that ends an munmap from below, locked areas which it would have taken whole stay and are not counted as locked
   * any more: 6.1 (munmap_sidetree()), not in 6.13.
   */
  readonly forgetsLocks: boolean;
  /** mincore says of all its pages that they are there, as of all that has no file to ask: can_do_mincore(), 5.2 on. */
  readonly seemsPresent: boolean;
}

/** mlock and its relatives. */
export interface LockRules {
  /** mlock needs CAP_IPC_LOCK, which no program here has: up to 2.6.8. */
  readonly privileged: boolean;
  /** At most half of memory may be locked: up to 2.5.46. */
  readonly halfOfRam: boolean;
  /** Pages locked already do not count a second time against RLIMIT_MEMLOCK: 4.9 on. */
  readonly countsOnce: boolean;
  /** Pages are made present after all areas have their flag, which special ones (VM_SPECIAL) never get: 3.6 on. */
  readonly presentLast: boolean;
  /** MLOCK_ONFAULT exists, and mprotect makes locked memory present that becomes writable: 4.4 on. */
  readonly onFault: boolean;
  /** MLOCK_ONFAULT asks for rights, too, though it touches nothing: PROT_NONE is ENOMEM. 4.12, populate_vma_page_range(). */
  readonly onFaultNeedsRights: boolean;
  /** mlockall(MCL_ONFAULT) alone is no error, and unlocks everything: 4.12, not in 6.1 any more. */
  readonly onFaultAlone: boolean;
  /** Locked bytes of a range are added up in an int: 4.12, count_mm_mlocked_page_nr(). */
  readonly countsInInt: boolean;
  /** A locked stack grows within RLIMIT_MEMLOCK: acct_stack_growth(), 2.6.11 on. */
  readonly limitsStacks: boolean;
}
