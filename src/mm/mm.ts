/**
 * Mm: one address space, the kernel's mm_struct. It holds the VMAs, the search's memory
 * (free_area_cache), the heap's bounds, the accounting, and exact counts of what everything cost.
 * The calls on it are one file each: mmap.ts, munmap.ts, mprotect.ts, brk.ts.
 *
 * Addresses are virtual page numbers. Failures are negative errno values (src/arch/generic/errno.ts).
 */
import { topDownBase } from '../arch/generic/layout.js';
import { VM_ACCOUNT, VM_GROWSDOWN, VM_LOCKED, VM_SHARED, VM_WRITE } from '../arch/generic/mman.js';
import type { ImageArea, Target, TaskView } from '../arch/index.js';
import { bug } from '../lib/bug.js';
import type { MmRules, SearchName } from '../release/index.js';
import type { AddressSpace } from './address_space.js';
import { PageTable } from './page_table.js';
import type { PhysicalMemory } from './physical_memory.js';
import type { AreaRequest, MappedFile, MmapArgs } from './requests.js';
import { type GapIndex, VmaSet } from './vma_set.js';
import type { Vm } from './vm.js';

/** The call is answered by what the step left in the arguments. */
export const FINISHED = 1;

/** One of the checks of mmap: 0 to go on, a negative errno to end the call, or FINISHED. */
export type MmapStepFunction = (mm: Mm, args: MmapArgs) => number;

/**
 * What a search is: one generation of arch_get_unmapped_area(). Every generation stands in a file of its own
 * in unmapped_area/ and imports no other; what the machine's loop adds (a hole, regions, colours, the meaning
 * of a hint) is data of the target, applied by walk.ts.
 */
export interface Search {
  readonly name: SearchName;
  readonly about: string;
  /** What a call costs with n areas. */
  readonly cost: string;
  /**
   * Which way it looks: up from TASK_UNMAPPED_BASE, down from mmap_base, or as the address space is laid out.
   * A search that goes down gets a base below the stack where the machine's own layout goes up.
   */
  readonly direction: 'up' | 'down' | 'layout';
  /** What the tree of areas must know about its gaps for this search; null for the list searches. */
  readonly gapIndex: ((target: Target) => GapIndex) | null;
  /** Address of a hole for `request`, or a negative errno. Counts its probes in mm.stats. */
  getUnmappedArea(mm: Mm, request: AreaRequest): number;
  /** The hook of 2.5.46 to 2.6.12 (unmap_vma): [start, end) of one area has just been removed. */
  unmapped(mm: Mm, start: number, end: number): void;
  /**
   * The hook of 2.6.13 to 3.8, once a munmap (detach_vmas_to_be_unmapped): every area of the range is gone, and
   * `above` is the first one above it, or NONE.
   */
  unmappedRange(mm: Mm, above: number): void;
  /** Verifies what the search promises of its own state; throws a Bug. */
  check(mm: Mm): void;
}

/** What make_mm.ts puts into an mm: the functions that its release and machine use. */
export interface MmParts {
  readonly search: Search;
  /** The release's checks of mmap, in its order. */
  readonly mmapSteps: readonly MmapStepFunction[];
  /** Those of them that can matter to memory without a file. */
  readonly anonymousSteps: readonly MmapStepFunction[];
  /** Grows a stack over an unmapped page if its rules allow. */
  expandStack(mm: Mm, vpn: number): boolean;
  /** Keeps the guard page of a stack where its page `vpn` is made; false where it cannot. */
  checkStackGuardPage(mm: Mm, vpn: number): boolean;
  /** Notes that area `h` gets its first private page. */
  anonVmaPrepare(mm: Mm, h: number): void;
}

/** Soft limits, bytes; Infinity is RLIM_INFINITY. */
export interface Rlimits {
  data: number;
  /** The hard limit, which counts where the soft one is 0: may_expand_vm() for Valgrind, 4.12 on. */
  dataHard: number;
  stack: number;
  memlock: number;
  as: number;
}

/**
 * INIT_RLIMITS, asm-i386/resource.h of 2.5.46 and asm-generic/resource.h since: an 8 MiB stack, what may be
 * locked as the release has it, all else of the VM unlimited.
 */
export function initRlimits(memlock = Number.POSITIVE_INFINITY): Rlimits {
  const unlimited = Number.POSITIVE_INFINITY;
  return { data: unlimited, dataHard: unlimited, stack: 8 * 1024 * 1024, memlock, as: unlimited };
}

/** Exact counts since the mm was made; the same on every host. */
export interface MmStats {
  /** Searches of get_unmapped_area (MAP_FIXED needs none). */
  searches: number;
  /** VMAs that search loops examined, not counting the find_vma they start with. */
  probes: number;
  splits: number;
  merges: number;
  peakVmas: number;
}

/** What stands behind [vdso] and the like: a name, and pages of the kernel's. */
function specialFile(path: string): MappedFile {
  return { path, major: 0, minor: 0, inode: 0, isSpecial: true };
}

export type { MappedFile } from './requests.js';

export class Mm {
  readonly vmas = new VmaSet();
  /** Files by the index in VmaSet.vmFile; entry 0 stands for "no file". */
  readonly files: (MappedFile | null)[] = [null];
  /** Areas of each file, by the same index. */
  private readonly fileAreas: number[] = [];
  private readonly dying: AddressSpace[] = [];
  readonly target: Target;
  readonly vm: Vm;
  readonly pageTable: PageTable;
  readonly search: Search;
  readonly rules: MmRules;
  /** The release's checks of mmap, in its order. */
  readonly mmapSteps: readonly MmapStepFunction[];
  readonly anonymousSteps: readonly MmapStepFunction[];
  /** Searches go down from mmap_base, set at exec; where they go up it is TASK_UNMAPPED_BASE. */
  isTopDown = false;
  mmapBase = 0;
  readonly rlimits: Rlimits;
  readonly maxMapCount: number;
  /** Told when a page that tasks sleep on is copied for this mm: set once it shares pages with a forked one. */
  movedFutexes: ((fromPfn: number, toPfn: number) => void) | null = null;

  /** The running task as TASK_UNMAPPED_BASE sees it. */
  task: TaskView;
  /** Where the next search starts, kept by the searches from 2.5.46 to 3.6; what it means is theirs. */
  freeAreaCache = 0;
  /** Page where exec put the vdso, or -1: context.vdso. */
  vdsoStart = -1;
  /** Pages of the largest hole that the search has passed since free_area_cache moved; Infinity is ~0UL. */
  cachedHoleSize = Number.POSITIVE_INFINITY;

  /** Program text begins and ends here, static data starts here; brk is exact to the byte. */
  startCode = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  startBrk = 0;
  brkVpn = 0;
  brkOffset = 0;

  /** Pages mapped, those of them that are private, writable and no stack, and pages mapped VM_LOCKED. */
  totalVm = 0;
  dataVm = 0;
  lockedVm = 0;
  /** The most total_vm was when it last shrank. */
  private peakVm = 0;
  /** Flags that every new area gets: VM_LOCKED after mlockall(MCL_FUTURE). */
  defFlags = 0;

  /** Told of each page that a fault grew a stack to; null: nobody listens. */
  onGrowth: ((vpn: number) => void) | null = null;

  readonly stats: MmStats = { searches: 0, probes: 0, splits: 0, merges: 0, peakVmas: 0 };

  constructor(
    target: Target, vm: Vm, memory: PhysicalMemory, rlimits: Rlimits, maxMapCount: number, parts: MmParts,
  ) {
    this.target = target;
    this.vm = vm;
    this.rlimits = rlimits;
    this.search = parts.search;
    this.mmapSteps = parts.mmapSteps;
    this.anonymousSteps = parts.anonymousSteps;
    this.rules = target.release.rules;
    this.maxMapCount = maxMapCount;
    this.task = target.newTask;
    this.pageTable = new PageTable(this.vmas, memory, {
      mappingOf: (index) => this.files[index]?.mapping ?? null,
      readFaultNeeds: target.readFaultNeeds,
      expandStack: (vpn) => {
        const grew = parts.expandStack(this, vpn);
        if (grew) this.onGrowth?.(vpn);
        return grew;
      },
      guardsStacks: this.rules.stack.guardPage,
      checkStackGuardPage: (vpn) => parts.checkStackGuardPage(this, vpn),
      anonVmaPrepare: (h) => parts.anonVmaPrepare(this, h),
      sleepersMove: (from, to) => this.movedFutexes?.(from, to),
    });
    if (this.search.gapIndex !== null) this.vmas.trackGaps(this.search.gapIndex(target));
    this.mmInit();
  }

  /** TASK_UNMAPPED_BASE, for the task running now. */
  taskUnmappedBase(): number {
    return this.target.taskUnmappedBase(this.task);
  }

  /** mm_init(): no layout yet. TASK_UNMAPPED_BASE is that of the task that is still running. */
  private mmInit(): void {
    this.vdsoStart = -1;
    this.isTopDown = false;
    this.mmapBase = this.taskUnmappedBase();
    this.freeAreaCache = this.mmapBase;
    this.cachedHoleSize = Number.POSITIVE_INFINITY;
  }

  /**
   * arch_pick_mmap_layout() and what load_elf_binary() does after it, once the new image's personality is set.
   * Before 2.6.9 there was one layout, and the search started at TASK_UNMAPPED_BASE: mmap_base here.
   */
  pickMmapLayout(): void {
    const { target, search, rlimits } = this;
    this.isTopDown = search.direction === 'down' || (search.direction === 'layout' && target.topDownBase !== null);
    this.mmapBase = this.isTopDown ? topDownBase(target, rlimits.stack) : this.taskUnmappedBase() + target.mmapBaseUp;
    this.freeAreaCache = this.mmapBase;
    this.cachedHoleSize = 0;
  }

  /** dup_mmap(): the layout is the parent's, what its search remembered is not. */
  copyLayoutFrom(parent: Mm): void {
    this.task = parent.task;
    this.isTopDown = parent.isTopDown;
    this.vdsoStart = parent.vdsoStart;
    this.mmapBase = parent.mmapBase;
    this.freeAreaCache = parent.mmapBase;
    this.cachedHoleSize = Number.POSITIVE_INFINITY;
  }

  /**
   * exec: replaces everything by the target's initial image, mapping `program`.
   */
  exec(task: TaskView, program: MappedFile): void {
    this.flush(task);
    const { target, vmas } = this;
    this.files.push(program);
    for (const area of target.image) {
      const file = area.fileOffset === null ? 0 : 1;
      const start = area.what === 'stack' ? this.stackStart(area) : area.start;
      this.addArea(vmas.find(start), start, area.end, this.imagePgoff(area, start), area.vmFlags, file);
      this.account(area.vmFlags, area.end - start);
      // Image and stack are charged whatever the mode: a refusal would fail the exec itself.
      if ((area.vmFlags & VM_ACCOUNT) !== 0 || area.neverGivesBack === true) this.vm.committed += area.end - start;
      if (area.what === 'text') {
        this.startCode = area.start;
        this.endCode = area.end;
      }
      if (area.what === 'data') {
        this.startData = area.start;
        this.endData = area.end;
      }
    }
    this.startBrk = target.startBrk;
    this.brkVpn = target.startBrk;
    this.brkOffset = 0;
    this.mapVdso();
    this.notePeak();
  }

  private stackStart({ start, end }: ImageArea): number {
    const most = Math.max(Math.floor(this.rlimits.stack / this.target.pageSize), 1);
    return this.rules.stack.startsInLimit ? Math.max(start, end - most) : start;
  }

  /** vm_pgoff of what exec maps from page `start` on. */
  private imagePgoff({ what, end, fileOffset }: ImageArea, start: number): number {
    const { pageSize } = this.target;
    if (fileOffset !== null) return fileOffset / pageSize;
    if (!this.rules.anonymousPgoff) return 0;
    return what === 'stack' ? start + this.stackShift(end) : start;
  }

  /** How many pages exec has moved a stack down that ends at `end`: its vm_pgoff does not tell. */
  stackShift(end: number): number {
    return this.rules.stack.isMoved ? this.target.stackTopMax - end : 0;
  }

  /** arch_setup_additional_pages(): one place for all of them, side by side. It is not the program's, nor counted. */
  private mapVdso(): void {
    const { vdso, vdsoHint, vdsoShift } = this.target;
    if (vdso.length === 0) return;
    const npages = vdso.reduce((sum, area) => sum + area.npages, 0);
    let start = this.placeVdso(vdsoHint, npages);
    if (start >= 0 && vdsoShift > 0) start = this.placeVdso(start + vdsoShift, npages);
    if (start < 0) return;
    for (const area of vdso) {
      if (area.what === 'vdso') this.vdsoStart = start;
      const end = start + area.npages;
      // It has no file: insert_vm_struct() takes its address for the offset, which 6.x does not show.
      const pgoff = this.rules.maps.anonymousOffsetZero ? 0 : start;
      this.addArea(this.vmas.find(start), start, end, pgoff, area.vmFlags, this.fileIndex(specialFile(area.name)));
      this.account(area.vmFlags, area.npages);
      start = end;
    }
    this.stats.searches = 0;
    this.stats.probes = 0;
  }

  private placeVdso(vpn: number, npages: number): number {
    const request = { vpn, offset: 0, npages, isFile: false, isShared: false, pgoff: 0, low32: false };
    return this.search.getUnmappedArea(this, request);
  }

  /**
   * flush_old_exec() and the choice of a layout: an empty address space for a new image. The task is the new
   * one from here on, so TASK_UNMAPPED_BASE is evaluated after it is set.
   */
  flush(task: TaskView): void {
    this.clear();
    this.task = task;
    this.pickMmapLayout();
  }

  /** An empty address space with fresh counts, as mm_init leaves it. Keeps its memory. */
  clear(): void {
    this.unacctAll();
    this.pageTable.clear();
    for (let h = this.vmas.first(); h >= 0; h = this.vmas.next(h)) {
      if (this.vmas.vmFile[h] !== 0) this.noteFileAreas(this.vmas.vmFile[h]!, -1);
    }
    this.dropUnmapped();
    this.vmas.clear();
    this.files.length = 1;
    this.fileAreas.length = 0;
    this.totalVm = 0;
    this.dataVm = 0;
    this.lockedVm = 0;
    this.peakVm = 0;
    this.defFlags = 0;
    Object.assign(this.stats, { searches: 0, probes: 0, splits: 0, merges: 0, peakVmas: 0 });
    this.mmInit();
  }

  /** exit_mmap(): what the areas were charged is given back. */
  private unacctAll(): void {
    const { vmas } = this;
    for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
      if ((vmas.vmFlags[h]! & VM_ACCOUNT) !== 0) this.vm.unacct(vmas.vmEnd[h]! - vmas.vmStart[h]!);
    }
  }

  // ---- areas and the files behind them ------------------------------------------------------------

  /** Inserts an area below `above` (NONE: above all); see VmaSet.insert. */
  addArea(above: number, start: number, end: number, pgoff: number, vmFlags: number, file: number): void {
    this.vmas.insert(above, start, end, pgoff, vmFlags, file);
    if (file !== 0) this.noteFileAreas(file, 1);
  }

  /** Removes area `h`; returns the one above it. */
  removeArea(h: number): number {
    const file = this.vmas.vmFile[h]!;
    const next = this.vmas.remove(h);
    if (file !== 0) this.noteFileAreas(file, -1);
    return next;
  }

  /** Index of `file` in `files`, where it is put if it is new. */
  fileIndex(file: MappedFile | null): number {
    if (file === null) return 0;
    const known = this.files.indexOf(file);
    if (known > 0) return known;
    const free = this.files.indexOf(null, 1);
    if (free < 0) return this.files.push(file) - 1;
    this.files[free] = file;
    return free;
  }

  /** fork: the child names the same files by the same indices. */
  copyFilesFrom(parent: Mm): void {
    this.files.length = 0;
    this.files.push(...parent.files);
    this.fileAreas.length = 0;
  }

  /** Counts areas of a file; the last one's end lets go of it, and of pages that nobody maps. */
  private noteFileAreas(file: number, by: number): void {
    const count = (this.fileAreas[file] ?? 0) + by;
    this.fileAreas[file] = count;
    const mapping = this.files[file]?.mapping;
    if (mapping) mapping.areas += by;
    if (count > 0) return;
    this.files[file] = null;
    if (mapping && mapping.areas === 0) this.dying.push(mapping);
  }

  /** Frees the pages of files and shared memory whose last area has gone; called once page tables have let go. */
  dropUnmapped(): void {
    if (this.dying.length === 0) return;
    for (const mapping of this.dying.splice(0)) if (mapping.areas === 0) this.dropMapping(mapping);
  }

  private dropMapping(mapping: AddressSpace): void {
    mapping.drop();
    if (this.rules.sharedMemory.fputWaits) this.vm.late += mapping.charged;
    else this.vm.unacct(mapping.charged);
    mapping.charged = 0;
  }

  /** Call after anything that may have added an area. */
  notePeak(): void {
    if (this.vmas.size > this.stats.peakVmas) this.stats.peakVmas = this.vmas.size;
  }

  /** vm_stat_account(): pages of an area with these flags came (or went, negative). */
  account(vmFlags: number, npages: number): void {
    if (npages < 0 && this.totalVm > this.peakVm) this.peakVm = this.totalVm;
    this.totalVm += npages;
    if ((vmFlags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE) this.dataVm += npages;
  }

  /** Pages of an area with these flags go, and with them what they were charged and locked. */
  unaccount(vmFlags: number, npages: number): void {
    this.account(vmFlags, -npages);
    if ((vmFlags & VM_ACCOUNT) !== 0) this.vm.unacct(npages);
    if ((vmFlags & VM_LOCKED) !== 0) this.lockedVm -= npages;
  }

  /** Most pages that were mapped at once (VmPeak). */
  get hiwaterVm(): number {
    return Math.max(this.peakVm, this.totalVm);
  }

  /** may_expand_vm(): room for `npages` more of this kind under RLIMIT_AS and, for data, RLIMIT_DATA. */
  mayExpand(vmFlags: number, npages: number): boolean {
    if (this.bytes(this.totalVm + npages) > this.rlimits.as) return false;
    const isData = (vmFlags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
    const { data, dataHard } = this.rlimits;
    return !isData || this.bytes(this.dataVm + npages) <= (data === 0 ? dataHard : data);
  }

  /** Whether one area more is one too many for a call that splits: mprotect or mlock. */
  mayNotSplit(): boolean {
    return this.rules.limitsSplits && this.vmas.size >= this.maxMapCount;
  }

  /** security_vm_enough_memory(): charges `pages` to all that is committed, or refuses. */
  enoughMemory(pages: number): boolean {
    return this.vm.enoughMemory(pages, this.totalVm);
  }

  /** Whether a file is behind area `h`: vm_file, which what the kernel itself maps has not. */
  hasFile(h: number): boolean {
    const file = this.vmas.vmFile[h]!;
    return file !== 0 && this.files[file]!.isSpecial !== true;
  }

  /** Whether area `h` is the kernel's own and none may cut it: may_split() of its vm_ops. */
  isUncut(h: number): boolean {
    const file = this.vmas.vmFile[h]!;
    return file !== 0 && !this.rules.special.isCut && this.files[file]!.isSpecial === true;
  }

  /** Splits VMA `h` at `vpn`; returns the upper piece, the lower is prev. Bounds are the caller's. */
  split(h: number, vpn: number): number {
    this.stats.splits += 1;
    const file = this.vmas.vmFile[h]!;
    const upper = this.vmas.split(h, vpn);
    if (file !== 0) this.noteFileAreas(file, 1);
    this.notePeak();
    return upper;
  }

  /** Bytes of `pages`, for comparison with limits. */
  bytes(pages: number): number {
    return pages * this.target.pageSize;
  }

  /** Verifies every invariant of the address space; throws a Bug. Tests call it after each step. */
  check(): void {
    const { vmas, target } = this;
    vmas.check();
    // The vsyscall page of x86_64's 32-bit tasks lies above. The search of 2.6.12-rc1 grants what wraps below zero.
    const highest = Math.max(target.taskSize, ...target.image.map(({ end }) => end));
    const most = this.search.name === 'topdown-2.6.12' ? target.vpnEnd : highest;
    let total = 0;
    for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
      const start = vmas.vmStart[h]!;
      const end = vmas.vmEnd[h]!;
      total += end - start;
      if (end > most) bug('vma beyond TASK_SIZE', { start, end });
    }
    if (total !== this.totalVm) bug('total_vm is wrong', { totalVm: this.totalVm, total });
    this.search.check(this);
    this.pageTable.check();
  }
}
