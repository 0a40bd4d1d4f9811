/**
 * AddressSpace: the pages of a file or of a piece of shared memory by page index, the kernel's struct
 * address_space (its page cache). Every mm that maps it shows the same pages.
 */
import type { PhysicalMemory } from './physical_memory.js';

/** Beyond the end of the file: an access raises SIGBUS. */
export const BEYOND_END = -1;

/** Where pages come from and how many there are. */
export interface Backing {
  /** i_size, bytes. */
  size(): number;
  /** Contents of page `index`, up to a page of bytes; empty for zeroes. */
  read(index: number): Uint8Array;
  /** Takes back page `index`, cut off at the file's end; null where pages have nowhere to go. */
  readonly write: ((index: number, bytes: Uint8Array) => void) | null;
}

/** Memory of a fixed size that starts as zeroes: what MAP_SHARED | MAP_ANONYMOUS maps. */
export function zeroBacking(bytes: number): Backing {
  const nothing = new Uint8Array(0);
  return { size: () => bytes, read: () => nothing, write: null };
}

export class AddressSpace {
  /** Areas, of all mms, that map it. */
  areas = 0;
  /**
   * Pages that it was charged when it was made: the object is, not the areas that map it, so a fork costs nothing and
   * an unmapped half gives nothing back.
   */
  charged = 0;
  /** True for shared memory without a name: it dies with its last area. */
  readonly isAnonymous: boolean;
  private readonly memory: PhysicalMemory;
  private readonly backing: Backing;
  private readonly pages = new Map<number, number>();
  /** Pages (pfns) that were opened for writing through a shared area since they were read. */
  private readonly dirty = new Set<number>();

  constructor(memory: PhysicalMemory, backing: Backing, isAnonymous: boolean) {
    this.isAnonymous = isAnonymous;
    this.memory = memory;
    this.backing = backing;
  }

  /** The page at `index`, read in if need be; BEYOND_END, which stands for no memory too. */
  page(index: number): number {
    const { memory, backing } = this;
    if (index * memory.pageSize >= backing.size()) return BEYOND_END;
    const known = this.pages.get(index);
    if (known !== undefined) return known;
    const pfn = memory.allocPage();
    if (pfn < 0) return BEYOND_END;
    const bytes = backing.read(index);
    if (memory.writeBytes(pfn, 0, bytes, 0, bytes.length) < 0) {
      memory.freePage(pfn);
      return BEYOND_END;
    }
    this.pages.set(index, pfn);
    return pfn;
  }

  /** Pages up to its end, the last one counted whole. */
  get npages(): number {
    return Math.ceil(this.backing.size() / this.memory.pageSize);
  }

  /** Whether the page is in memory. */
  has(index: number): boolean {
    return this.pages.has(index);
  }

  /** The page in memory at `index`, or -1. */
  pfnAt(index: number): number {
    return this.pages.get(index) ?? -1;
  }

  /** Pages [first, end) read as zeroes again, in every mm that maps them. */
  punch(first: number, end: number): void {
    const { memory } = this;
    for (const [index, pfn] of this.pages) {
      if (index < first || index >= end) continue;
      if (memory.refCount(pfn) > 1) {
        // Another mm shows the page: it stays, emptied.
        for (let at = 0; at < memory.pageSize; at += 4) memory.store32(pfn, at, 0);
      } else {
        memory.freePage(pfn);
        this.pages.delete(index);
        this.dirty.delete(pfn);
      }
    }
  }

  /** Whether a page must be closed for writing until somebody writes, so that it is known as changed. */
  get tracksWrites(): boolean {
    return this.backing.write !== null;
  }

  /** A page of it is about to be written through a shared area. */
  markDirty(pfn: number): void {
    if (this.backing.write !== null) this.dirty.add(pfn);
  }

  /** What memory has of the file beyond what its backing does: bytes of page `index`, or null. */
  peek(index: number): Uint8Array | null {
    const pfn = this.pages.get(index);
    return pfn === undefined ? null : this.contents(pfn);
  }

  /** Bytes were written to the file at `at`: pages in memory show them too. */
  update(at: number, bytes: Uint8Array): void {
    const { memory } = this;
    const { pageSize } = memory;
    for (let done = 0; done < bytes.length; ) {
      const offset = (at + done) % pageSize;
      const end = Math.min(done + pageSize - offset, bytes.length);
      const pfn = this.pages.get(Math.floor((at + done) / pageSize));
      if (pfn !== undefined) memory.writeBytes(pfn, offset, bytes, done, end);
      done = end;
    }
  }

  /** The file ends at `size` now: pages beyond go, and the rest of its last page is zeroes. */
  truncate(size: number): void {
    const { memory } = this;
    for (const [index, pfn] of this.pages) {
      const keep = size - index * memory.pageSize;
      if (keep > 0) {
        if (keep < memory.pageSize) memory.clearBytes(pfn, keep, memory.pageSize);
        continue;
      }
      memory.freePage(pfn);
      this.pages.delete(index);
      this.dirty.delete(pfn);
    }
  }

  /**
   * Changed pages go to the file. They stay marked: areas that opened them for writing still may, without
   * another fault.
   */
  writeBack(first = 0, end = Number.POSITIVE_INFINITY): void {
    const { backing, memory } = this;
    if (backing.write === null) return;
    if (this.dirty.size === 0) return;
    for (const [index, pfn] of this.pages) {
      if (index < first || index >= end || !this.dirty.has(pfn)) continue;
      const left = backing.size() - index * memory.pageSize;
      if (left > 0) backing.write(index, this.contents(pfn).subarray(0, left));
    }
  }

  /** Nobody maps it: a file takes its pages back, and they go. */
  drop(): void {
    this.writeBack();
    for (const pfn of this.pages.values()) this.memory.freePage(pfn);
    this.pages.clear();
    this.dirty.clear();
  }

  private contents(pfn: number): Uint8Array {
    const bytes = new Uint8Array(this.memory.pageSize);
    this.memory.readBytes(pfn, 0, bytes, 0, bytes.length);
    return bytes;
  }
}
