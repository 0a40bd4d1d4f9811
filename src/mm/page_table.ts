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
const TLB_SIZE = 512;
const TLB_MASK = TLB_SIZE - 1;

export class PageTable {
  private readonly vmas: VmaSet;
  readonly memory: PhysicalMemory;

  /** Present pages, the kernel's mm->rss. */
  rss = 0;

  /** Chunk number by floor(vpn / CHUNK); chunk c's entries are ptes[c * CHUNK ...], 0 = not present. */
  private readonly chunks = new F64Map();
  private ptes = new Int32Array(4 * CHUNK);
  private present = new Uint8Array(4);
  private chunksMade = 0;
  private readonly freeChunks: number[] = [];

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

  /** Looks up the area, checks its rights, and allocates on the first write. */
  private fault(vpn: number, isWrite: boolean): number {
    const h = this.vmas.find(vpn);
    if (h === NONE || this.vmas.vmStart[h]! > vpn) return -EFAULT;
    const flags = this.vmas.vmFlags[h]!;
    if ((flags & (isWrite ? VM_WRITE : VM_READ | VM_EXEC)) === 0) return -EFAULT;
    let pfn = this.lookup(vpn);
    if (pfn === 0 && isWrite) {
      pfn = this.memory.allocPage();
      if (pfn < 0) return -ENOMEM;
      this.install(vpn, pfn);
    }
    const i = vpn & TLB_MASK;
    this.tlbVpn[i] = vpn;
    this.tlbPfn[i] = pfn;
    this.tlbWritable[i] = pfn !== ZERO_PFN && (flags & VM_WRITE) !== 0 ? 1 : 0;
    return pfn;
  }

  /** Frees the pages of [start, end): the areas there are gone. */
  unmap(start: number, end: number): void {
    this.protect(start, end);
    if (this.rss === 0) return;
    const first = Math.floor(start / CHUNK);
    const last = Math.floor((end - 1) / CHUNK);
    if (last - first < this.chunks.size * 2) {
      for (let n = first; n <= last; n++) this.zapChunk(n, start, end);
      return;
    }
    const hit: number[] = [];
    this.chunks.forEach((n) => {
      if (n >= first && n <= last) hit.push(n);
    });
    for (const n of hit) this.zapChunk(n, start, end);
  }

  /** Forgets translations of [start, end): their rights have changed. */
  protect(start: number, end: number): void {
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
        if (this.ptes[i] !== 0) this.memory.freePage(this.ptes[i]!);
      }
    });
    this.chunks.clear();
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

  private lookup(vpn: number): number {
    const n = Math.floor(vpn / CHUNK);
    const chunk = this.chunks.get(n);
    return chunk < 0 ? 0 : this.ptes[chunk * CHUNK + (vpn - n * CHUNK)]!;
  }

  private install(vpn: number, pfn: number): void {
    const n = Math.floor(vpn / CHUNK);
    let chunk = this.chunks.get(n);
    if (chunk < 0) {
      chunk = this.newChunk();
      this.chunks.set(n, chunk);
    }
    this.ptes[chunk * CHUNK + (vpn - n * CHUNK)] = pfn;
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

  private zapChunk(n: number, start: number, end: number): void {
    const chunk = this.chunks.get(n);
    if (chunk < 0) return;
    const from = Math.max(start - n * CHUNK, 0);
    const to = Math.min(end - n * CHUNK, CHUNK);
    for (let i = chunk * CHUNK + from; i < chunk * CHUNK + to; i++) {
      if (this.ptes[i] === 0) continue;
      this.memory.freePage(this.ptes[i]!);
      this.ptes[i] = 0;
      this.present[chunk]! -= 1;
      this.rss -= 1;
    }
    if (this.present[chunk] === 0) {
      this.chunks.delete(n);
      this.freeChunks.push(chunk);
    }
  }
}
