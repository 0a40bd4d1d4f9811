/**
 * The areas of the naive address space: objects in a plain sorted array, addresses in bytes as bigints,
 * with the accounting, the splits and merges, and do_munmap of Linux 2.5.46 in the slowest, clearest way.
 * Nothing is shared with src/mm. Errors are negative errno values.
 */
import type { NaiveMachine } from './naive_machine.js';
import { alignUp, EINVAL, ENOMEM, type NaiveSearch, naiveSearch, type Searchable } from './naive_search.js';

export const VM_WRITE = 0x2;
export const VM_SHARED = 0x8;
export const VM_LOCKED = 0x2000;
export const VM_ACCOUNT = 0x10_0000;

export interface NaiveArea {
  start: bigint;
  end: bigint;
  flags: number;
  /** The file, shmem's own for shared anonymous memory, null for private anonymous memory. */
  file: string | null;
  /** Offset in pages. */
  pgoff: bigint;
  /** The object behind shared memory, of which each piece of an area knows, and what it was charged in pages. */
  readonly shm?: { readonly charged: bigint };
}

export interface NaiveLimits {
  readonly search: string;
  readonly maxMapCount: number;
  readonly overcommit: 0 | 1 | 2;
  readonly ramPages: bigint;
  /** Bytes, or null for RLIM_INFINITY. */
  readonly rlimitAs: bigint | null;
  readonly rlimitData: bigint | null;
  readonly rlimitMemlock: bigint | null;
  /** mm->def_flags: 0, or VM_LOCKED after mlockall(MCL_FUTURE). */
  readonly defFlags: number;
}

export class NaiveAreas implements Searchable {
  readonly machine: NaiveMachine;
  readonly limits: NaiveLimits;
  protected readonly search: NaiveSearch;
  areas: NaiveArea[] = [];
  freeAreaCache: bigint;
  probes = 0;
  splits = 0;
  merges = 0;
  /** Pages. */
  totalVm = 0n;
  lockedVm = 0n;
  committed = 0n;

  constructor(machine: NaiveMachine, limits: NaiveLimits) {
    this.machine = machine;
    this.limits = limits;
    this.search = naiveSearch(machine, limits.search);
    this.freeAreaCache = machine.TASK_UNMAPPED_BASE;
  }

  protected pageAlign(bytes: bigint): bigint {
    return alignUp(this.machine, bytes, this.machine.PAGE_SIZE);
  }

  protected isAligned(addr: bigint): boolean {
    return addr % this.machine.PAGE_SIZE === 0n;
  }

  protected pages(bytes: bigint): bigint {
    return bytes / this.machine.PAGE_SIZE;
  }

  /** vm_enough_memory: charges, or refuses. */
  protected enoughMemory(pages: bigint): boolean {
    const { overcommit, ramPages } = this.limits;
    const allowed = (ramPages * 50n) / 100n;
    this.committed += pages;
    if (overcommit === 1) return true;
    if (overcommit === 0 ? ramPages > pages : this.committed < allowed) return true;
    this.committed -= pages;
    return false;
  }

  protected link(area: NaiveArea): void {
    this.areas.push(area);
    this.areas.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  // ---- merging --------------------------------------------------------------------------------------

  /** can_vma_merge: protected anonymous memory with exactly these flags. */
  protected canMerge(area: NaiveArea | undefined, flags: number): area is NaiveArea {
    return area !== undefined && area.file === null && area.flags === flags;
  }

  protected vmaMerge(start: bigint, end: bigint, flags: number): boolean {
    const prev = this.areas.filter((area) => area.end <= start).pop();
    const next = this.areas.find((area) => area.start >= end);
    const joinsNext = this.canMerge(next, flags) && next.start === end;
    if (this.canMerge(prev, flags) && prev.end === start) {
      prev.end = joinsNext ? next.end : end;
      if (joinsNext) this.areas.splice(this.areas.indexOf(next), 1);
      this.merges += joinsNext ? 2 : 1;
      return true;
    }
    if (joinsNext) {
      next.start = start;
      this.merges += 1;
    }
    return joinsNext;
  }

  /** split_vma: false at the map limit. The lower part keeps its identity. */
  protected split(area: NaiveArea, at: bigint): NaiveArea | null {
    if (this.areas.length >= this.limits.maxMapCount) return null;
    const upper = { ...area, start: at, pgoff: area.pgoff + this.pages(at - area.start) };
    area.end = at;
    this.link(upper);
    this.splits += 1;
    return upper;
  }

  // ---- munmap ---------------------------------------------------------------------------------------

  munmap(start: bigint, len: bigint): bigint {
    const { TASK_SIZE, TASK_UNMAPPED_BASE } = this.machine;
    if (!this.isAligned(start) || start > TASK_SIZE || len > TASK_SIZE - start) return -EINVAL;
    const size = this.pageAlign(len);
    if (size === 0n) return -EINVAL;
    const end = start + size;
    const first = this.areas.find((area) => area.end > start);
    if (first === undefined || first.start >= end) return 0n;
    if (first.start < start && this.split(first, start) === null) return -ENOMEM;
    const last = this.areas.find((area) => area.end > end);
    if (last !== undefined && last.start < end && this.split(last, end) === null) return -ENOMEM;
    const gone = this.areas.filter((area) => area.start >= start && area.end <= end);
    this.areas = this.areas.filter((area) => !gone.includes(area));
    for (const area of gone) {
      const npages = this.pages(area.end - area.start);
      this.totalVm -= npages;
      if ((area.flags & VM_LOCKED) !== 0) this.lockedVm -= npages;
      if ((area.flags & VM_ACCOUNT) !== 0) this.committed -= npages;
      const lowers = area.start >= TASK_UNMAPPED_BASE && area.start < this.freeAreaCache;
      if (lowers && this.limits.search === 'free-area-cache') this.freeAreaCache = area.start;
    }
    const objects = new Set(gone.map(({ shm }) => shm));
    for (const shm of objects) {
      if (shm !== undefined && !this.areas.some((area) => area.shm === shm)) this.committed -= shm.charged;
    }
    return 0n;
  }
}
