/**
 * PageTable: which page of physical memory stands behind each virtual page of an mm, and the fault that
 * puts one there. Entries lie in chunks of 64, found by a hash, so that the two pages of a thread's stack
 * that are ever touched cost a few bytes; a small direct-mapped TLB in front answers most accesses.
 *
 * Source of the access rules: Linux 2.5.46, arch/i386/mm/fault.c: do_page_fault(),
 * mm/memory.c: handle_mm_fault().
 */
import { EFAULT, ENOMEM } from '../arch/generic/errno.js';
import { VM_EXEC, VM_READ, VM_WRITE } from '../arch/generic/mman.js';
import { bug } from '../lib/bug.js';
import { F64Map } from '../lib/f64_map.js';
import { type PhysicalMemory, ZERO_PFN } from './physical_memory.js';
import { NONE, type VmaSet } from './vma_set.js';

const CHUNK = 64;
const PTE_READ = 1;
const PTE_WRITE = 2;
/** The zero page, readable: what an unwritten page of a readable area shows. Never in the table. */
const ZERO_PTE = ZERO_PFN * 4 + PTE_READ;
const TLB_SIZE = 512;
const TLB_MASK = TLB_SIZE - 1;

/** PTE_* that an area's flags allow. A writable page can be read, as on all machines here. */
function pteRights(vmFlags: number): number {
  if ((vmFlags & VM_WRITE) !== 0) return PTE_READ | PTE_WRITE;
  return (vmFlags & (VM_READ | VM_EXEC)) !== 0 ? PTE_READ : 0;
}

export class PageTable {
  private readonly vmas: VmaSet;
  readonly memory: PhysicalMemory;

  /** Present pages, the kernel's mm->rss. */
  rss = 0;

  /**
   * Chunk by floor(vpn / CHUNK); chunk c's entries are ptes[c * CHUNK ...]. An entry is the pfn times four
   * plus PTE_READ and PTE_WRITE, 0 when no page is present.
   */
  private readonly chunks = new F64Map();
  private ptes = new Int32Array(4 * CHUNK);
  private present = new Uint8Array(4);
  private chunksMade = 0;
  private readonly freeChunks: number[] = [];
  /** The chunk used last, by number. */
  private lastNumber = -1;
  private lastChunk = -1;

  private readonly tlbVpn = new Float64Array(TLB_SIZE).fill(-1);
  private readonly tlbPfn = new Int32Array(TLB_SIZE);
  private readonly tlbWritable = new Uint8Array(TLB_SIZE);

  constructor(vmas: VmaSet, memory: PhysicalMemory) {
    this.vmas = vmas;
    this.memory = memory;
  }

  /** The page to read at `vpn` (the zero page if nothing was ever written), or -EFAULT. */
  forRead(vpn: number): number {
    const i = vpn & TLB_MASK;
    return this.tlbVpn[i] === vpn ? this.tlbPfn[i]! : this.fault(vpn, false);
  }

  /** The page to write at `vpn`, or -EFAULT, or -ENOMEM when memory is exhausted. */
  forWrite(vpn: number): number {
    const i = vpn & TLB_MASK;
    return this.tlbVpn[i] === vpn && this.tlbWritable[i] === 1 ? this.tlbPfn[i]! : this.fault(vpn, true);
  }

  /** A TLB miss: the page table answers, and only what it lacks asks the areas. */
  private fault(vpn: number, isWrite: boolean): number {
    let pte = this.lookup(vpn);
    if ((pte & (isWrite ? PTE_WRITE : PTE_READ)) === 0) {
      pte = this.handleMmFault(vpn, isWrite);
      if (pte < 0) return pte;
    }
    const i = vpn & TLB_MASK;
    this.tlbVpn[i] = vpn;
    this.tlbPfn[i] = pte >>> 2;
    this.tlbWritable[i] = (pte & PTE_WRITE) !== 0 ? 1 : 0;
    return pte >>> 2;
  }

  /** Checks the area's rights and allocates on the first write. Returns the entry, or a negative errno. */
  private handleMmFault(vpn: number, isWrite: boolean): number {
    const h = this.vmas.find(vpn);
    if (h === NONE || this.vmas.vmStart[h]! > vpn) return -EFAULT;
    const flags = this.vmas.vmFlags[h]!;
    if ((flags & (isWrite ? VM_WRITE : VM_READ | VM_EXEC)) === 0) return -EFAULT;
    if (!isWrite) return ZERO_PTE;
    const pfn = this.memory.allocPage();
    if (pfn < 0) return -ENOMEM;
    const pte = pfn * 4 + pteRights(flags);
    this.install(vpn, pte);
    return pte;
  }

  /** Frees the pages of [start, end): the areas there are gone. */
  unmap(start: number, end: number): void {
    this.flushTlb(start, end);
    this.forEachChunk(start, end, this.zapChunk);
  }

  /** Gives the pages of [start, end) the rights of areas with `vmFlags` (change_protection). */
  protect(start: number, end: number, vmFlags: number): void {
    this.flushTlb(start, end);
    const rights = pteRights(vmFlags);
    this.forEachChunk(start, end, (_n, chunk, from, to) => {
      for (let i = chunk * CHUNK + from; i < chunk * CHUNK + to; i++) {
        if (this.ptes[i] !== 0) this.ptes[i] = (this.ptes[i]! & ~3) | rights;
      }
    });
  }

  /** Calls `visit` for each chunk that has pages in [start, end), with the entries [from, to) to treat. */
  private forEachChunk(
    start: number, end: number, visit: (n: number, chunk: number, from: number, to: number) => void,
  ): void {
    if (this.rss === 0) return;
    const first = Math.floor(start / CHUNK);
    const last = Math.floor((end - 1) / CHUNK);
    const one = (n: number) => {
      const chunk = this.chunkOf(n);
      if (chunk >= 0) visit.call(this, n, chunk, Math.max(start - n * CHUNK, 0), Math.min(end - n * CHUNK, CHUNK));
    };
    if (last - first < this.chunks.size * 2) {
      for (let n = first; n <= last; n++) one(n);
      return;
    }
    // A range far larger than what is present: go through what is present.
    const hit: number[] = [];
    this.chunks.forEach((n) => {
      if (n >= first && n <= last) hit.push(n);
    });
    hit.forEach(one);
  }

  private flushTlb(start: number, end: number): void {
    if (end - start > TLB_SIZE) {
      this.tlbVpn.fill(-1);
      return;
    }
    for (let vpn = start; vpn < end; vpn++) {
      const i = vpn & TLB_MASK;
      if (this.tlbVpn[i] === vpn) this.tlbVpn[i] = -1;
    }
  }

  /** Frees every page. */
  clear(): void {
    this.chunks.forEach((_n, chunk) => {
      for (let i = chunk * CHUNK; i < (chunk + 1) * CHUNK; i++) {
        if (this.ptes[i] !== 0) this.memory.freePage(this.ptes[i]! >>> 2);
      }
    });
    this.chunks.clear();
    this.lastNumber = -1;
    this.freeChunks.length = 0;
    this.chunksMade = 0;
    this.rss = 0;
    this.tlbVpn.fill(-1);
  }

  /** Every present page lies in an area; throws a Bug otherwise. For tests. */
  check(): void {
    let seen = 0;
    this.chunks.forEach((n, chunk) => {
      for (let i = 0; i < CHUNK; i++) {
        if (this.ptes[chunk * CHUNK + i] === 0) continue;
        seen += 1;
        const h = this.vmas.find(n * CHUNK + i);
        if (h === NONE || this.vmas.vmStart[h]! > n * CHUNK + i) bug('page outside every vma', { vpn: n * CHUNK + i });
      }
    });
    if (seen !== this.rss) bug('rss is wrong', { rss: this.rss, seen });
  }

  private chunkOf(n: number): number {
    if (n === this.lastNumber) return this.lastChunk;
    const chunk = this.chunks.get(n);
    if (chunk >= 0) {
      this.lastNumber = n;
      this.lastChunk = chunk;
    }
    return chunk;
  }

  private lookup(vpn: number): number {
    const n = Math.floor(vpn / CHUNK);
    const chunk = this.chunkOf(n);
    return chunk < 0 ? 0 : this.ptes[chunk * CHUNK + (vpn - n * CHUNK)]!;
  }

  private install(vpn: number, pte: number): void {
    const n = Math.floor(vpn / CHUNK);
    let chunk = this.chunkOf(n);
    if (chunk < 0) {
      chunk = this.newChunk();
      this.chunks.set(n, chunk);
    }
    this.ptes[chunk * CHUNK + (vpn - n * CHUNK)] = pte;
    this.present[chunk]! += 1;
    this.rss += 1;
  }

  private newChunk(): number {
    const chunk = this.freeChunks.pop() ?? this.chunksMade++;
    if (chunk === this.present.length) {
      const ptes = new Int32Array(this.ptes.length * 2);
      const present = new Uint8Array(this.present.length * 2);
      ptes.set(this.ptes);
      present.set(this.present);
      this.ptes = ptes;
      this.present = present;
    }
    this.ptes.fill(0, chunk * CHUNK, (chunk + 1) * CHUNK);
    this.present[chunk] = 0;
    return chunk;
  }

  private zapChunk(n: number, chunk: number, from: number, to: number): void {
    for (let i = chunk * CHUNK + from; i < chunk * CHUNK + to; i++) {
      if (this.ptes[i] === 0) continue;
      this.memory.freePage(this.ptes[i]! >>> 2);
      this.ptes[i] = 0;
      this.present[chunk]! -= 1;
      this.rss -= 1;
    }
    if (this.present[chunk] === 0) {
      this.chunks.delete(n);
      this.lastNumber = -1;
      this.freeChunks.push(chunk);
    }
  }
}
