/**
 * What a machine is. `Arch` is a machine as `--arch` names it; `arch.at(release, bits)` resolves it with
 * a release into one flat `Target`, data and tiny total functions, from which everything above reads.
 * Nothing above this folder asks which machine it is on: a difference is a field here.
 *
 * Addresses are virtual page numbers (see src/lib/u64.ts) of the target's own page size.
 */
import type { Release, SearchName } from '../release/index.js';
import type { OpenFlags } from './generic/fcntl.js';
import type { StatLayout } from './generic/stat.js';
import type { SignalAbi } from './generic/signal.js';
import type { Trap } from './trap.js';

export type { Field, FrameLayout, SignalAbi } from './generic/signal.js';
export type { Trap } from './trap.js';

export type Bits = 32 | 64;

export interface Arch {
  readonly name: string;
  readonly about: string;
  /** Word sizes of tasks it runs, its own first. */
  readonly bits: readonly Bits[];
  /** By word size, the releases whose values for this machine have been read from source; others are refused. */
  readonly releases: Readonly<Partial<Record<Bits, readonly string[]>>>;
  /** The release that took the machine out of Linux, or null. */
  readonly removedIn: string | null;
  at(release: Release, bits: Bits): Target;
}

/**
 * The small view of a running task that TASK_UNMAPPED_BASE needs, as the kernel's macros do: sparc64
 * tests TIF_32BIT, ia64 reads current->thread.map_base.
 */
export interface TaskView {
  readonly is32bit: boolean;
  /** vpn; ia64's thread.map_base, unused elsewhere. */
  readonly mapBase: number;
}

/** MAP_* values, which differ (MAP_LOCKED of sparc is MAP_GROWSDOWN elsewhere). 0: not on this machine. */
export interface MapFlags {
  readonly SHARED: number;
  readonly PRIVATE: number;
  readonly TYPE: number;
  /** A type of files, from 4.15 on: MAP_SHARED, but unknown flags are errors. */
  readonly SHARED_VALIDATE: number;
  readonly FIXED: number;
  readonly ANONYMOUS: number;
  readonly GROWSDOWN: number;
  readonly GROWSUP: number;
  readonly DENYWRITE: number;
  readonly EXECUTABLE: number;
  readonly LOCKED: number;
  readonly NORESERVE: number;
  readonly POPULATE: number;
  readonly NONBLOCK: number;
  readonly STACK: number;
  readonly FIXED_NOREPLACE: number;
  /** MAP_32BIT of x86_64. */
  readonly LOW32: number;
  /** Bits of LEGACY_MAP_MASK that nothing here looks at: huge pages, and what x86 knows for both word sizes. */
  readonly OTHER_LEGACY: number;
}

/** A range of pages, end exclusive. */
export interface PageRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Addresses that the processor does not implement, and how a search going up passes them: a candidate below
 * `testedBelow` whose end is above `lastEnd` goes on at `end`. Up to 2.6.11 an area may end where the hole
 * starts, and every candidate below the hole's end is tested; from 2.6.18 on none may touch it, and candidates
 * inside it (behind an area that a hint put there) are not tested.
 */
export interface VaHole extends PageRange {
  readonly testedBelow: number;
  readonly lastEnd: number;
}

/** One area of the address space as exec leaves it. */
export interface ImageArea extends PageRange {
  readonly vmFlags: number;
  /** Bytes into the program's file, or null for anonymous memory. */
  readonly fileOffset: number | null;
  readonly what: 'text' | 'data' | 'stack' | 'rbs' | 'nat' | 'vdso';
  /** Charged although it lacks VM_ACCOUNT, so that nothing gives the charge back. */
  readonly neverGivesBack?: boolean;
}

/** An area of the kernel's own that exec maps where the search finds room. */
export interface PlacedArea {
  readonly what: 'vvar' | 'vdso';
  readonly npages: number;
  readonly vmFlags: number;
  /** What /proc/PID/maps calls it. */
  readonly name: string;
}

/** Pages above TASK_SIZE that /proc/PID/maps lists last, although no area is there (get_gate_vma). */
export interface GateArea extends PageRange {
  readonly vmFlags: number;
  /** Empty where the release gives none. */
  readonly name: string;
}

/** Numbers of pages that something moves at most, less one; 0 where it stays. */
export interface Randomization {
  /** mmap_base going down, and going up. */
  readonly down: number;
  readonly up: number;
  /** Going up, the space below the base is not searched at all: 4.12 on. */
  readonly upMovesBase: boolean;
  readonly stack: number;
  /** The register stack goes with the memory stack (ia64). */
  readonly movesRegisterStack: boolean;
  readonly brk: number;
  /** Pages left free below the heap before it moves. */
  readonly brkGap: number;
  /**
   * mmap_base before it moves, by the stack limit: from 3.6 on it leaves room for the stack's own way. Null where
   * nothing goes down.
   */
  readonly topDownBase: ((stackBytes: number) => number) | null;
  /**
   * The page that the search is asked to put a vdso of `npages` at, by the end of the stack, TASK_SIZE and a generator of
   * numbers below `range`; null where it is asked for none.
   */
  readonly vdsoHint:
    | ((stackTop: number, npages: number, taskSize: number, below: (range: number) => number) => number)
    | null;
  /** How far the vdso moves from where the search finds room. */
  readonly vdsoShift: number;
}

/** Values that glibc was built with; see src/thread. Bytes unless the name says otherwise. */
export interface NptlParameters {
  readonly version: '2.3.3' | '2.36';
  readonly PTHREAD_STACK_MIN: number;
  /** Default stack when RLIMIT_STACK is infinite. */
  readonly ARCH_STACK_DEFAULT_SIZE: number;
  readonly MINIMAL_REST_STACK: number;
  /** Divides the default taken from RLIMIT_STACK: 2 on ia64 in 2.3.3, for its two stacks. */
  readonly defaultStackDivisor: number;
  /** Stacks of a multiple of this get one page more (i686 builds up to 2.33), or 0. */
  readonly MULTI_PAGE_ALIASING: number;
  readonly staticTlsSize: number;
  readonly staticTlsAlign: number;
  readonly sizeofPthread: number;
  /** Offset of `tid` in struct pthread. */
  readonly tidOffset: number;
  /** Offset of `robust_head` in struct pthread; a word below it lies robust_prev of 64-bit machines. 2.3.3 has none. */
  readonly robustOffset: number;
  /** What a spin lock that is free holds: 1 on i386, 0 elsewhere. */
  readonly spinFree: 0 | 1;
  /** True where struct pthread lies below the thread pointer (ia64), false where it is at the end. */
  readonly dtvAtTp: boolean;
  /** PROT_* of a stack: with PROT_EXEC where a program without PT_GNU_STACK gets it. */
  readonly stackProt: number;
  /** True where the register stack grows up from the block's start and the guard is in the middle. */
  readonly guardInMiddle: boolean;
  /** The guard is part of the requested size (2.3.3) or added to it (2.36). */
  readonly guardInsideSize: boolean;
  /** Map PROT_NONE and open the rest (2.36), or map and close the guard (2.3.3). */
  readonly mapsClosed: boolean;
  readonly cloneFlags: number;
  /** This glibc asks for a thread by clone3 first (2.36 on x86), and by clone where the kernel has none. */
  readonly clone3: boolean;
  /** What clone's tls argument is: a user_desc in memory (i386), pd itself, or the address above it. */
  readonly tls: 'user_desc' | 'pd' | 'above-pd';
  /** Name of the call that mmap() uses, and bytes a unit of its offset. */
  readonly mmapCall: 'mmap' | 'mmap2';
  readonly mmapUnit: number;
  readonly sizeof: Readonly<Record<PthreadType, number>>;
}

export type PthreadType =
  | 'pthread_attr_t' | 'pthread_mutex_t' | 'pthread_cond_t' | 'pthread_rwlock_t' | 'pthread_barrier_t' | 'sem_t'
  | 'pthread_spinlock_t' | 'pthread_once_t' | 'pthread_mutexattr_t' | 'pthread_condattr_t' | 'pthread_rwlockattr_t'
  | 'pthread_barrierattr_t';

/** The order in which clone takes its arguments on this machine. */
export type CloneOrder = 'tls-fourth' | 'tls-fifth' | 'stack-size';

export interface Target {
  readonly arch: string;
  /** utsname.machine: the kernel's, for 32-bit tasks too. */
  readonly machine: string;
  /** Word size of the task, and of the kernel below it. */
  readonly bits: Bits;
  readonly kernelBits: Bits;
  readonly release: Release;
  readonly bigEndian: boolean;
  readonly pageShift: number;
  /** Bytes of a page: 2^pageShift. */
  readonly pageSize: number;
  /** Pages that an unsigned long of the kernel can address: page numbers are below it. */
  readonly vpnEnd: number;

  // Address space.
  readonly taskSize: number;
  /** End of the space that a search may use: TASK_SIZE, or 0xf0000000 of 32-bit sparc tasks. */
  readonly searchEnd: number;
  readonly stackTop: number;
  /** STACK_TOP_MAX: where exec makes every task's stack first. */
  readonly stackTopMax: number;
  taskUnmappedBase(task: TaskView): number;
  /** The task that exec makes: what TASK_UNMAPPED_BASE will be evaluated for. */
  readonly newTask: TaskView;
  /** The search of the machine's own layout, and of one that is bottom-up by choice (`--layout legacy`). */
  readonly search: SearchName;
  readonly legacySearch: SearchName;
  /** An unlimited stack makes the layout a bottom-up one: up to 4.12 at least, no more in 6.1. */
  readonly unlimitedStackIsLegacy: boolean;
  /** Most pages that one map may have, MAP_FIXED or not: more are ENOMEM, whatever the address. */
  readonly longestMap: number;
  /** Most pages that one request may have: a search answers ENOMEM to a longer one at once. */
  readonly longestRequest: number;
  /** mmap_base of a top-down layout, by the soft stack limit in bytes; null where searches go up. */
  readonly topDownBase: ((stackBytes: number) => number) | null;
  /** How far chance moves things, or null where the release or this record of it knows no randomisation. */
  readonly randomization: Randomization | null;
  /** Pages that a layout that goes up starts above TASK_UNMAPPED_BASE: 0 unless randomised. */
  readonly mmapBaseUp: number;
  /** Lowest page that a top-down search gives out. */
  readonly lowestSearched: number;
  /** A hint must also keep its distance from the area below it (the generic search of 6.x). */
  readonly hintTestsPrev: boolean;
  /** Rights of which an area needs one to be read where no page is present yet: access_error() and its like. */
  readonly readFaultNeeds: number;
  /**
   * What access_ok() asks of user memory: that the range ends within the space; that its first byte lies there and
   * in the mappable part of a region (ia64); or nothing, where the kernel has a space of its own (sparc64) and for
   * 32-bit tasks of x86_64, all of whose pointers lie below its limit.
   */
  readonly accessOk: 'range' | 'first byte' | 'nothing';
  /** membarrier has barriers for changed code: ARCH_HAS_MEMBARRIER_SYNC_CORE. */
  readonly syncsCore: boolean;
  /** Pages of a huge page that recent kernels align anonymous maps to; 0 where there are none. */
  readonly hugePages: number;
  /** A hint is where the search starts (sparc64, ia64 of 2.5.46) or is probed once (generic). */
  readonly hintStartsSearch: boolean;
  /** Hints in this range count as none: ia64's region of huge pages, from 2.5.75 on; null elsewhere. */
  readonly hintsIgnored: PageRange | null;
  /**
   * What unmapping lowers the cursor search to: the start of each area that goes (unmap_vma(), up to 2.6.12), or once
   * a call the end of the area below (detach_vmas_to_be_unmapped(), 2.6.13 on, where ia64 alone still has the cursor).
   */
  readonly cursorFallsTo: 'each area' | 'the area below';
  /** Where MAP_32BIT looks, on machines that have it. */
  readonly low32: PageRange | null;
  /**
   * What a request does that cached_hole_size promises a hole to: it starts at TASK_UNMAPPED_BASE (generic, sparc64 in
   * 2.6.18), or moves the cache there (sparc64 in 2.6.13), which x86_64 does for 32-bit tasks and MAP_32BIT alone.
   */
  readonly holeSizeHit: 'starts at the base' | 'moves the cache' | 'moves the cache for MAP_32BIT';
  readonly vaHole: VaHole | null;
  /** ia64: pages a region, and the highest offset + length that may be mapped in one; else null. */
  readonly region: { readonly pages: number; readonly mapLimit: number } | null;
  /** Searches align to this many pages: `shared` for MAP_SHARED, `file` for mappings of files. */
  readonly colour: { readonly shared: number; readonly file: number; readonly addsPgoff: boolean };

  /**
   * arch_mmap_check(), 2.6.18 and later: what it refuses with EINVAL. sparc64 looks at the length, and at the range
   * for MAP_FIXED alone (2.6.18) or always; ia64 always looks at both.
   */
  readonly mmapCheck: 'none' | 'fixed ranges' | 'all ranges';
  /** PTE_FILE_MAX_BITS: width of the page number that an entry of a nonlinear map can hold (remap_file_pages, 3.6, 3.8). */
  readonly pteFileMaxBits: number;
  /** A shared MAP_FIXED must have the colour of its offset, else EINVAL: sparc64 from 2.6.32 on. */
  readonly checksFixedColour: boolean;
  /** KSTK_ESP() is the user's stack pointer, by which 3.4 to 4.4 find stacks; ia64's is the kernel's own. */
  readonly showsStacks: boolean;
  /** What /proc/PID/maps adds at the end, or null. */
  readonly gate: GateArea | null;

  // Numbers and conventions of the system-call interface.
  readonly map: MapFlags;
  readonly open: OpenFlags;
  /** struct stat of stat, fstat and lstat, and of the calls with 64 in their names. */
  readonly stat: StatLayout;
  readonly stat64: StatLayout;
  readonly signals: SignalAbi;
  /** Machine's own number for a generic errno. */
  errno(generic: number): number;
  /** The generic errno of the machine's own number. */
  genericErrno(errno: number): number;
  readonly trap: Trap;
  /** Call numbers by kernel name. */
  readonly nr: Readonly<Record<string, number>>;
  /** Calls of the release that this table does not have yet, and that an NPTL may need all the same. */
  readonly lateCalls: readonly string[];
  /** Calls that this release lacks but NPTL needs: present, and marked. */
  readonly backported: readonly string[];
  /** Handler of a call whose entry differs from the generic one of the same name. */
  readonly entry: Readonly<Record<string, string>>;
  readonly cloneOrder: CloneOrder;
  /** RLIM_INFINITY as getrlimit stores it, [high, low] half. */
  readonly rlimInfinity: readonly [number, number];
  /** Two RLIMIT_* that have each other's generic numbers, or null. */
  readonly swappedRlimits: readonly [number, number] | null;

  /** GDT_ENTRY_TLS_MIN: the first of the descriptors that set_thread_area gives out; 0 where there are none. */
  readonly tlsEntry: number;
  /** Bytes of timeval.tv_usec. */
  readonly usecBytes: number;

  // What exec leaves.
  readonly image: readonly ImageArea[];
  /** Mapped side by side, in this order, when the image is there. */
  readonly vdso: readonly PlacedArea[];
  /** The page where the vdso is wanted, 0 if anywhere; and pages above the place found where it is wanted then. */
  readonly vdsoHint: number;
  readonly vdsoShift: number;
  readonly startBrk: number;
  readonly dataDefaultFlags: number;
  /** The task has READ_IMPLIES_EXEC: what it maps and protects readable is executable, too. */
  readonly readImpliesExec: boolean;

  nptl(version: '2.3.3' | '2.36'): NptlParameters;
}
