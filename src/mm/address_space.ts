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
}

/** Memory of a fixed size that starts as zeroes: what MAP_SHARED | MAP_ANONYMOUS maps. */
export function zeroBacking(bytes: number): Backing {
  const nothing = new Uint8Array(0);
  return { size: () => bytes, read: () => nothing };
}

export class AddressSpace {
  /** Areas, of all mms, that map it. */
  areas = 0;
  /** True for shared memory without a name: it dies with its last area. */
  readonly isAnonymous: boolean;
  private readonly memory: PhysicalMemory;
  private readonly backing: Backing;
  private readonly pages = new Map<number, number>();

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
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== 0 && memory.store8(pfn, i, bytes[i]!) < 0) {
        memory.freePage(pfn);
        return BEYOND_END;
      }
    }
    this.pages.set(index, pfn);
    return pfn;
  }

  /** Whether the page is in memory. */
  has(index: number): boolean {
    return this.pages.has(index);
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
      }
    }
  }

  /** Nobody maps it and nobody can again: its pages go. */
  drop(): void {
    for (const pfn of this.pages.values()) this.memory.freePage(pfn);
    this.pages.clear();
  }
}
