/**
 * PageTable: which page of physical memory stands behind each virtual page of an mm, and the fault that
 * puts one there. Entries lie in chunks of 256, found by a hash, so that the two pages of a thread's stack
 * that are ever touched cost a few bytes; a small direct-mapped TLB in front answers most accesses.
 *
 * Source of the access rules: Linux 2.5.46, arch/i386/mm/fault.c: do_page_fault(),
 * mm/memory.c: handle_mm_fault().
 */
import { EFAULT, ENOMEM } from '../arch/generic/errno.js';
import { VM_EXEC, VM_GROWSDOWN, VM_GROWSUP, VM_READ, VM_SHARED, VM_WRITE } from '../arch/generic/mman.js';
import { VM_WIPEONFORK } from '../arch/generic/mman_calls.js';
import { bug } from '../lib/bug.js';
import { F64Map } from '../lib/f64_map.js';
import { type PhysicalMemory, ZERO_PFN } from './physical_memory.js';
import type { AddressSpace } from './address_space.js';
import { NONE, type VmaSet } from './vma_set.js';

/** Entries a chunk, 1 KiB: with 64 a thread of ia64, twelve pages apart from the next, costs a tenth more. */
const CHUNK = 256;
const PTE_READ = 1;
const PTE_WRITE = 2;
/** The zero page, readable: what an unwritten page of a readable area shows. Never in the table. */
const ZERO_PTE = ZERO_PFN * 4 + PTE_READ;
/** MADV_GUARD_INSTALL's marker: no page and no rights, and an access finds nothing mapped. */
const PTE_GUARD = -(2 ** 31);
const TLB_SIZE = 512;
const TLB_MASK = TLB_SIZE - 1;

/** PTE_* that an area's flags allow. A writable page can be read, as on all machines here. */
function pteRights(vmFlags: number): number {
  if ((vmFlags & VM_WRITE) !== 0) return PTE_READ | PTE_WRITE;
  return (vmFlags & (VM_READ | VM_EXEC)) !== 0 ? PTE_READ : 0;
}

/** What the page table asks of its mm when an access finds no page. */
export interface FaultHelp {
  /** The pages behind the areas of file `index`; null for anonymous memory. */
  mappingOf(index: number): AddressSpace | null;
  /** Target.readFaultNeeds. */
  readonly readFaultNeeds: number;
  /** Grows a stack over the unmapped page `vpn` if its rules allow. */
  expandStack(vpn: number): boolean;
  /** The last page of a stack is no ordinary one: StackRules.guardPage. */
  readonly guardsStacks: boolean;
  /** Page `vpn` of a stack is about to be made: grows the stack by one more if need be; false for a SIGBUS. */
  checkStackGuardPage(vpn: number): boolean;
  /** Area `h` is about to get its first private page. */
  anonVmaPrepare(h: number): void;
  /** A page on whose words tasks sleep was copied for this mm: its sleepers wait on the copy from now on. */
  sleepersMove(from: number, to: number): void;
}

/** Why the last access was refused: si_code of SIGSEGV, SIGBUS, or no memory. */
export type FaultReason = 'SEGV_MAPERR' | 'SEGV_ACCERR' | 'SIGBUS' | 'OOM';

const NO_HELP: FaultHelp = {
  mappingOf: () => null, readFaultNeeds: VM_READ | VM_EXEC, expandStack: () => false, guardsStacks: false,
  checkStackGuardPage: () => true, anonVmaPrepare: () => {}, sleepersMove: () => {},
};

export class PageTable {
  private readonly vmas: VmaSet;
  readonly memory: PhysicalMemory;
  private readonly help: FaultHelp;
  lastFault: FaultReason = 'SEGV_MAPERR';
  /** Faults answered so far, and how many of them copied a page. */
  faults = 0;
  copies = 0;

  /** Why `populate` stopped: a negative errno, or 0. */
  populateError = 0;

  /** Present pages, the kernel's mm->rss. */
  rss = 0;
  /** The most it was when it last shrank. */
  private hiwaterRss = 0;
  /** Guard markers. */
  guards = 0;

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

  constructor(vmas: VmaSet, memory: PhysicalMemory, help: FaultHelp = NO_HELP) {
    this.vmas = vmas;
    this.memory = memory;
    this.help = help;
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
      // Unlike Linux, where the zero page is in the table from here on: the guard page of a stack is asked about again.
      if (pte === ZERO_PTE && this.help.guardsStacks) return pte >>> 2;
    }
    const i = vpn & TLB_MASK;
    this.tlbVpn[i] = vpn;
    this.tlbPfn[i] = pte >>> 2;
    this.tlbWritable[i] = (pte & PTE_WRITE) !== 0 ? 1 : 0;
    return pte >>> 2;
  }

  /** Checks the area's rights and finds or makes the page. Returns the entry, or a negative errno. */
  private handleMmFault(vpn: number, isWrite: boolean): number {
    let h = this.vmas.find(vpn);
    if (h === NONE || this.vmas.vmStart[h]! > vpn) {
      if (!this.help.expandStack(vpn)) return this.refuse('SEGV_MAPERR');
      h = this.vmas.find(vpn);
    }
    const flags = this.vmas.vmFlags[h]!;
    if ((flags & (isWrite ? VM_WRITE : this.help.readFaultNeeds)) === 0) return this.refuse('SEGV_ACCERR');
    this.faults += 1;
    const present = this.lookup(vpn);
    if (present === PTE_GUARD) return this.refuse('SEGV_MAPERR');
    const isStack = (flags & (VM_GROWSDOWN | VM_GROWSUP)) !== 0 && this.vmas.vmFile[h] === 0;
    if (isStack && present === 0 && this.help.guardsStacks && !this.help.checkStackGuardPage(vpn)) {
      return this.refuse('SIGBUS');
    }
    if (isWrite && (flags & VM_SHARED) === 0 && this.vmas.vmAnon[h] === 0) this.help.anonVmaPrepare(h);
    const mapping = this.vmas.vmFile[h] === 0 ? null : this.help.mappingOf(this.vmas.vmFile[h]!);
    if (present !== 0) {
      if (!isWrite) return present;
      if (mapping !== null && (flags & VM_SHARED) !== 0) mapping.markDirty(present >>> 2);
      return this.breakCow(vpn, present, flags);
    }
    if (mapping !== null) return this.filePage(vpn, h, mapping, isWrite);
    return isWrite ? this.anonymousPage(vpn, flags) : ZERO_PTE;
  }

  private refuse(reason: FaultReason): number {
    this.lastFault = reason;
    return reason === 'OOM' ? -ENOMEM : -EFAULT;
  }

  private anonymousPage(vpn: number, flags: number): number {
    const pfn = this.memory.allocPage();
    if (pfn < 0) return this.refuse('OOM');
    const pte = pfn * 4 + pteRights(flags);
    this.install(vpn, pte);
    return pte;
  }

  /** do_no_page(): a page of a file or of shared memory; a private area's write gets a copy. */
  private filePage(vpn: number, h: number, mapping: AddressSpace, isWrite: boolean): number {
    const { vmas, memory } = this;
    const flags = vmas.vmFlags[h]!;
    const cached = mapping.page(vmas.vmPgoff[h]! + (vpn - vmas.vmStart[h]!));
    if (cached < 0) return this.refuse('SIGBUS');
    const isShared = (flags & VM_SHARED) !== 0;
    if (isWrite && !isShared) {
      const copy = memory.copyPage(cached);
      if (copy < 0) return this.refuse('OOM');
      this.copies += 1;
      const pte = copy * 4 + pteRights(flags);
      this.install(vpn, pte);
      return pte;
    }
    memory.getPage(cached);
    // Where writes must be known, a page is opened for them by the first one (page_mkwrite).
    const opens = isShared && (isWrite || !mapping.tracksWrites);
    if (isWrite) mapping.markDirty(cached);
    const rights = opens ? pteRights(flags) : pteRights(flags & ~VM_WRITE) | PTE_READ;
    this.install(vpn, cached * 4 + rights);
    return cached * 4 + rights;
  }

  /** do_wp_page(): the first write to a page that others may hold too. */
  private breakCow(vpn: number, pte: number, flags: number): number {
    const { memory } = this;
    const pfn = pte >>> 2;
    let mine = pfn;
    if ((flags & VM_SHARED) === 0 && memory.refCount(pfn) > 1) {
      mine = memory.copyPage(pfn);
      if (mine < 0) return this.refuse('OOM');
      this.copies += 1;
      if (memory.isPinned(pfn)) this.help.sleepersMove(pfn, mine);
      memory.freePage(pfn);
    }
    const writable = mine * 4 + pteRights(flags);
    this.replace(vpn, writable);
    return writable;
  }

  /** fork: the child shows the same pages; private ones are copied at the first write of either. */
  copyTo(child: PageTable): void {
    this.tlbVpn.fill(-1);
    this.chunks.forEach((n, chunk) => {
      for (let i = 0; i < CHUNK; i++) {
        const pte = this.ptes[chunk * CHUNK + i]!;
        if (pte === 0) continue;
        const vpn = n * CHUNK + i;
        const h = child.vmas.find(vpn);
        if (h === NONE || child.vmas.vmStart[h]! > vpn) continue; // an area that is not inherited
        if ((child.vmas.vmFlags[h]! & VM_WIPEONFORK) !== 0) continue;
        if (pte === PTE_GUARD) {
          child.put(vpn, pte);
          child.guards += 1;
          continue;
        }
        const isShared = (child.vmas.vmFlags[h]! & VM_SHARED) !== 0;
        const both = isShared ? pte : pte & ~PTE_WRITE;
        this.ptes[chunk * CHUNK + i] = both;
        this.memory.getPage(pte >>> 2);
        child.install(vpn, both);
      }
    });
  }

  /** Most pages that were present at once (VmHWM). */
  get peakRss(): number {
    return Math.max(this.hiwaterRss, this.rss);
  }

  /** Every present page and the page of memory behind it, in no order. */
  forEachPage(visit: (vpn: number, pfn: number) => void): void {
    this.chunks.forEach((n, chunk) => {
      for (let i = 0; i < CHUNK; i++) {
        const pte = this.ptes[chunk * CHUNK + i]!;
        if (pte !== 0 && pte !== PTE_GUARD) visit(n * CHUNK + i, pte >>> 2);
      }
    });
  }

  /** Whether a page stands behind `vpn` (mincore). */
  isPresent(vpn: number): boolean {
    const pte = this.lookup(vpn);
    return pte !== 0 && pte !== PTE_GUARD;
  }

  /**
   * make_pages_present(), populate_vma_page_range(): faults on every page of [start, end), which lies in one
   * area. Returns how many pages came before one was refused, whose errno is in `populateError`. Pages that
   * memory has no room for are refused here, though one that is only touched later may be sparse and fit.
   */
  populate(start: number, end: number, isWrite: boolean): number {
    this.populateError = 0;
    const { memory, vmas } = this;
    if (!isWrite && vmas.vmFile[vmas.find(start)] === 0) return this.populateZeroPages(start, end);
    for (let vpn = start; vpn < end; vpn++) {
      const isFull = memory.pages >= memory.maxFrames && this.lookup(vpn) === 0;
      const pfn = isFull ? this.refuse('OOM') : isWrite ? this.forWrite(vpn) : this.forRead(vpn);
      if (pfn < 0) {
        this.populateError = pfn;
        return vpn - start;
      }
    }
    return end - start;
  }

  /** Reads of anonymous memory put nothing into the table: only its rights and its guard markers matter. */
  private populateZeroPages(start: number, end: number): number {
    this.populateError = Math.min(this.forRead(start), 0);
    if (this.populateError < 0) return 0;
    let guard = end;
    let present = 0;
    this.forEachChunk(start, end, (n, chunk, from, to) => {
      for (let i = from; i < to; i++) {
        const pte = this.ptes[chunk * CHUNK + i]!;
        if (pte === PTE_GUARD) guard = Math.min(guard, n * CHUNK + i);
        else if (pte !== 0) present += 1;
      }
    });
    this.faults += Math.max(guard - start - present - 1, 0);
    if (guard < end) this.populateError = this.refuse('SEGV_MAPERR');
    return guard - start;
  }

  /** move_page_tables(): the pages of npages from `from` on stand at `to` afterwards, where nothing stood. */
  move(from: number, to: number, npages: number): void {
    this.flushTlb(from, from + npages);
    this.flushTlb(to, to + npages);
    this.forEachChunk(from, from + npages, (n, chunk, first, end) => {
      for (let i = first; i < end; i++) {
        const pte = this.ptes[chunk * CHUNK + i]!;
        if (pte === 0) continue;
        this.ptes[chunk * CHUNK + i] = 0;
        this.present[chunk]! -= 1;
        this.put(n * CHUNK + i - from + to, pte);
      }
      this.dropEmptyChunk(n, chunk);
    });
  }

  /** MADV_DONTNEED: frees the pages of [start, end), where areas remain. Guard markers stay. */
  zap(start: number, end: number): void {
    this.flushTlb(start, end);
    this.forEachChunk(start, end, (n, chunk, from, to) => this.zapChunk(n, chunk, from, to, true));
  }

  /**
   * MADV_GUARD_INSTALL: whatever page was there goes. A marker takes as much of the host's memory as a sparse
   * page, so there may be as many. Returns 0, or -ENOMEM when no more markers fit: those before stay.
   */
  installGuards(start: number, end: number): number {
    this.zap(start, end);
    for (let vpn = start; vpn < end; vpn++) {
      if (this.lookup(vpn) !== 0) continue;
      if (this.guards >= this.memory.maxPages) return -ENOMEM;
      this.put(vpn, PTE_GUARD);
      this.guards += 1;
    }
    return 0;
  }

  /** MADV_GUARD_REMOVE: takes out the markers, and leaves pages alone. */
  removeGuards(start: number, end: number): void {
    this.forEachChunk(start, end, (n, chunk, from, to) => {
      for (let i = chunk * CHUNK + from; i < chunk * CHUNK + to; i++) {
        if (this.ptes[i] !== PTE_GUARD) continue;
        this.ptes[i] = 0;
        this.present[chunk]! -= 1;
        this.guards -= 1;
      }
      this.dropEmptyChunk(n, chunk);
    });
  }

  /** install_page() of remap_file_pages: page `index` of `mapping` stands at `vpn`, whatever did before. */
  installFilePage(vpn: number, mapping: AddressSpace, index: number, vmFlags: number): boolean {
    const pfn = mapping.page(index);
    if (pfn < 0) return false;
    this.zap(vpn, vpn + 1);
    this.memory.getPage(pfn);
    if ((vmFlags & VM_WRITE) !== 0) mapping.markDirty(pfn);
    this.install(vpn, pfn * 4 + pteRights(vmFlags));
    return true;
  }

  /** Frees the pages of [start, end): the areas there are gone. */
  unmap(start: number, end: number): void {
    this.flushTlb(start, end);
    if (this.chunks.size === 0) return;
    // A thread's stack lies in one chunk or two: no closure for those, 4% of a thread's cost.
    const first = Math.floor(start / CHUNK);
    const last = Math.floor((end - 1) / CHUNK);
    if (last - first > 1) {
      this.forEachChunk(start, end, (n, chunk, from, to) => this.zapChunk(n, chunk, from, to, false));
      return;
    }
    this.zapPart(first, start, end);
    if (last !== first) this.zapPart(last, start, end);
  }

  private zapPart(n: number, start: number, end: number): void {
    const chunk = this.chunkOf(n);
    if (chunk >= 0) this.zapChunk(n, chunk, Math.max(start - n * CHUNK, 0), Math.min(end - n * CHUNK, CHUNK), false);
  }

  /** Gives the pages of [start, end) the rights of areas with `vmFlags` (change_protection). */
  protect(start: number, end: number, vmFlags: number): void {
    this.flushTlb(start, end);
    if (this.chunks.size === 0) return;
    const rights = pteRights(vmFlags);
    const first = Math.floor(start / CHUNK);
    const last = Math.floor((end - 1) / CHUNK);
    if (last === first) {
      const chunk = this.chunkOf(first);
      if (chunk >= 0) this.protectChunk(chunk, start - first * CHUNK, end - first * CHUNK, rights);
      return;
    }
    this.forEachChunk(start, end, (_n, chunk, from, to) => this.protectChunk(chunk, from, to, rights));
  }

  private protectChunk(chunk: number, from: number, to: number, rights: number): void {
    for (let i = chunk * CHUNK + from; i < chunk * CHUNK + to; i++) {
      const pte = this.ptes[i]!;
      if (pte === 0 || pte === PTE_GUARD) continue;
      // A page that others hold too stays closed for writing: the fault decides about a copy.
      const shared = this.memory.refCount(pte >>> 2) > 1 ? ~PTE_WRITE : ~0;
      this.ptes[i] = (pte & ~3) | (rights & shared);
    }
  }

  /** Calls `visit` for each chunk that has pages in [start, end), with the entries [from, to) to treat. */
  private forEachChunk(
    start: number, end: number, visit: (n: number, chunk: number, from: number, to: number) => void,
  ): void {
    if (this.chunks.size === 0) return;
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
        if (this.ptes[i] !== 0 && this.ptes[i] !== PTE_GUARD) this.memory.freePage(this.ptes[i]! >>> 2);
      }
    });
    this.chunks.clear();
    this.lastNumber = -1;
    this.freeChunks.length = 0;
    // A chunk not made yet is all zeroes: newChunk() relies on it.
    this.ptes.fill(0, 0, this.chunksMade * CHUNK);
    this.present.fill(0, 0, this.chunksMade);
    this.chunksMade = 0;
    this.rss = 0;
    this.guards = 0;
    this.tlbVpn.fill(-1);
  }

  /** Every present page lies in an area; throws a Bug otherwise. For tests. */
  check(): void {
    let seen = 0;
    let markers = 0;
    this.chunks.forEach((n, chunk) => {
      for (let i = 0; i < CHUNK; i++) {
        const pte = this.ptes[chunk * CHUNK + i]!;
        if (pte === 0) continue;
        if (pte === PTE_GUARD) markers += 1;
        else seen += 1;
        const h = this.vmas.find(n * CHUNK + i);
        if (h === NONE || this.vmas.vmStart[h]! > n * CHUNK + i) bug('page outside every vma', { vpn: n * CHUNK + i });
      }
    });
    if (seen !== this.rss) bug('rss is wrong', { rss: this.rss, seen });
    if (markers !== this.guards) bug('the count of guard markers is wrong', { guards: this.guards, markers });
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
    this.put(vpn, pte);
    this.rss += 1;
  }

  /** Fills the empty entry of `vpn`. */
  private put(vpn: number, pte: number): void {
    const n = Math.floor(vpn / CHUNK);
    let chunk = this.chunkOf(n);
    if (chunk < 0) {
      chunk = this.newChunk();
      this.chunks.set(n, chunk);
    }
    this.ptes[chunk * CHUNK + (vpn - n * CHUNK)] = pte;
    this.present[chunk]! += 1;
  }

  private replace(vpn: number, pte: number): void {
    const n = Math.floor(vpn / CHUNK);
    this.ptes[this.chunkOf(n) * CHUNK + (vpn - n * CHUNK)] = pte;
  }

  private newChunk(): number {
    const used = this.freeChunks.pop();
    if (used !== undefined) {
      this.ptes.fill(0, used * CHUNK, (used + 1) * CHUNK);
      this.present[used] = 0;
      return used;
    }
    const chunk = this.chunksMade++;
    if (chunk === this.present.length) {
      const ptes = new Int32Array(this.ptes.length * 4);
      const present = new Uint8Array(this.present.length * 4);
      ptes.set(this.ptes);
      present.set(this.present);
      this.ptes = ptes;
      this.present = present;
    }
    return chunk;
  }

  private zapChunk(n: number, chunk: number, from: number, to: number, keepsGuards: boolean): void {
    if (this.rss > this.hiwaterRss) this.hiwaterRss = this.rss;
    for (let i = chunk * CHUNK + from; i < chunk * CHUNK + to; i++) {
      const pte = this.ptes[i]!;
      if (pte === 0 || (keepsGuards && pte === PTE_GUARD)) continue;
      if (pte !== PTE_GUARD) {
        this.memory.freePage(pte >>> 2);
        this.rss -= 1;
      } else {
        this.guards -= 1;
      }
      this.ptes[i] = 0;
      this.present[chunk]! -= 1;
    }
    this.dropEmptyChunk(n, chunk);
  }

  private dropEmptyChunk(n: number, chunk: number): void {
    if (this.present[chunk] === 0) {
      this.chunks.delete(n);
      this.lastNumber = -1;
      this.freeChunks.push(chunk);
    }
  }
}
