/**
 * PhysicalMemory: the pages of a machine, named by page frame number (pfn) and shared by its mms.
 *
 * A page starts *sparse*: up to SPARSE_WORDS written words beside their offsets, so that a thread's
 * descriptor with its tid costs 50 bytes and not a frame. When a further word is written it becomes a
 * *frame*, real bytes in a WebAssembly.Memory that is created when the first frame is. `--ram` limits
 * frames, and pages of either kind to some thousands and one for every SPARSE_COST of its bytes. Page 0 is the zero page: read by everybody, written by nobody.
 */
import { bug } from '../lib/bug.js';

/** Words that a sparse page holds: struct pthread's tid and index, and a few stack words. */
const SPARSE_WORDS = 8;
/** Bytes that the host spends at most on a sparse page: its columns, and a chunk of page table for it alone. */
const SPARSE_COST = 256;
/** Pages that there may be whatever `--ram` says: a MiB of the host's memory. */
const FREE_PAGES = 4096;
const NO_FRAME = -1;
/** What store and allocate return when memory is exhausted. */
export const OUT_OF_MEMORY = -1;
export const ZERO_PFN = 0;

/** A WebAssembly.Memory has at most 2^16 pages of 64 KiB, and the last one is not usable everywhere. */
export const MAX_RAM = 2 ** 32 - 65536;
const WASM_PAGE = 65536;

export class PhysicalMemory {
  readonly pageSize: number;
  readonly bigEndian: boolean;
  /** Frames that may exist. */
  readonly maxFrames: number;
  /** Pages that may be allocated, frames among them. */
  readonly maxPages: number;

  /** Pages allocated now, and the most there were. */
  pages = 0;
  peakPages = 0;
  /** Frames in use now. */
  frames = 0;

  // Columns by pfn. A frame is named by the index of its first word in `ints`; `frameOf` chains free pfns while a page
  // is not allocated.
  /** Page-table entries and page caches that hold the page. */
  private refs: Int32Array;
  /** Sleepers on a word of the page: it keeps its identity while there are any. */
  private pins: Int32Array;
  private offsets: Uint16Array;
  private words: Int32Array;
  private used: Uint8Array;
  private frameOf: Int32Array;
  private pfns = 1;
  private freePfn = OUT_OF_MEMORY;

  private memory: WebAssembly.Memory | null = null;
  private bytes = new Uint8Array(0);
  private ints = new Int32Array(0);
  private framesMade = 0;
  private readonly freeFrames: number[] = [];

  constructor(pageSize: number, bigEndian: boolean, ram: number) {
    this.pageSize = pageSize;
    this.bigEndian = bigEndian;
    this.maxFrames = Math.floor(Math.min(ram, MAX_RAM) / pageSize);
    this.maxPages = FREE_PAGES + Math.floor(ram / SPARSE_COST);
    const pfns = 64;
    this.offsets = new Uint16Array(pfns * SPARSE_WORDS);
    this.words = new Int32Array(pfns * SPARSE_WORDS);
    this.used = new Uint8Array(pfns);
    this.frameOf = new Int32Array(pfns).fill(NO_FRAME);
    this.refs = new Int32Array(pfns);
    this.pins = new Int32Array(pfns);
  }

  /** Gives every page back; memory is kept for the next run. */
  reset(): void {
    this.pages = 0;
    this.peakPages = 0;
    this.frames = 0;
    this.used.fill(0, 0, this.pfns);
    this.frameOf.fill(NO_FRAME, 0, this.pfns);
    this.pins.fill(0, 0, this.pfns);
    this.pfns = 1;
    this.freePfn = OUT_OF_MEMORY;
    this.freeFrames.length = 0;
    this.framesMade = 0;
  }

  /** A zeroed page, or OUT_OF_MEMORY. */
  allocPage(): number {
    if (this.pages >= this.maxPages) return OUT_OF_MEMORY;
    let pfn = this.freePfn;
    if (pfn >= 0) {
      this.freePfn = this.frameOf[pfn]!;
    } else {
      if (this.pfns === this.used.length) this.growPfns();
      pfn = this.pfns++;
    }
    this.used[pfn] = 0;
    this.frameOf[pfn] = NO_FRAME;
    this.refs[pfn] = 1;
    this.pages += 1;
    if (this.pages > this.peakPages) this.peakPages = this.pages;
    return pfn;
  }

  /** One more holder of a page. */
  getPage(pfn: number): void {
    this.refs[pfn]! += 1;
  }

  /** Holders of a page. */
  refCount(pfn: number): number {
    return this.refs[pfn]!;
  }

  /** A new page with the contents of `pfn`, or OUT_OF_MEMORY. */
  copyPage(pfn: number): number {
    const copy = this.allocPage();
    if (copy < 0) return OUT_OF_MEMORY;
    const frame = this.frameOf[pfn]!;
    if (frame === NO_FRAME) {
      const from = pfn * SPARSE_WORDS;
      const to = copy * SPARSE_WORDS;
      this.offsets.copyWithin(to, from, from + this.used[pfn]!);
      this.words.copyWithin(to, from, from + this.used[pfn]!);
      this.used[copy] = this.used[pfn]!;
      return copy;
    }
    if (this.toFrame(copy) < 0) {
      this.freePage(copy);
      return OUT_OF_MEMORY;
    }
    const from = frame * 4;
    this.bytes.copyWithin(this.frameOf[copy]! * 4, from, from + this.pageSize);
    return copy;
  }

  /** Drops one holder; the last one's drop frees the page. */
  freePage(pfn: number): void {
    if (pfn === ZERO_PFN) bug('the zero page cannot be freed');
    this.refs[pfn]! -= 1;
    if (this.refs[pfn]! === 0 && this.pins[pfn]! === 0) this.release(pfn);
  }

  /** A task sleeps on a word of the page: its number is not given to another page meanwhile. */
  pinPage(pfn: number): void {
    this.pins[pfn]! += 1;
  }

  /** Whether tasks sleep on words of the page. */
  isPinned(pfn: number): boolean {
    return this.pins[pfn]! > 0;
  }

  unpinPage(pfn: number): void {
    this.pins[pfn]! -= 1;
    if (this.pins[pfn]! === 0 && this.refs[pfn]! === 0 && pfn !== ZERO_PFN) this.release(pfn);
  }

  private release(pfn: number): void {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) {
      this.freeFrames.push(frame);
      this.frames -= 1;
    }
    this.frameOf[pfn] = this.freePfn;
    this.freePfn = pfn;
    this.pages -= 1;
  }

  /** The 32-bit word at `offset`, a multiple of 4, signed. */
  load32(pfn: number, offset: number): number {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) {
      const word = this.ints[frame + (offset >>> 2)]!;
      return this.bigEndian ? swap32(word) : word;
    }
    const base = pfn * SPARSE_WORDS;
    for (let i = base + this.used[pfn]! - 1; i >= base; i--) {
      if (this.offsets[i] === offset) return this.words[i]!;
    }
    return 0;
  }

  /** Stores the word at `offset`, a multiple of 4. Returns 0, or OUT_OF_MEMORY. */
  store32(pfn: number, offset: number, word: number): number {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) {
      this.ints[frame + (offset >>> 2)] = this.bigEndian ? swap32(word) : word;
      return 0;
    }
    const base = pfn * SPARSE_WORDS;
    const used = this.used[pfn]!;
    for (let i = base; i < base + used; i++) {
      if (this.offsets[i] === offset) {
        this.words[i] = word;
        return 0;
      }
    }
    if ((word | 0) === 0) return 0; // an unwritten word reads as zero anyway
    if (used === SPARSE_WORDS) {
      return this.toFrame(pfn) < 0 ? OUT_OF_MEMORY : this.store32(pfn, offset, word);
    }
    this.offsets[base + used] = offset;
    this.words[base + used] = word;
    this.used[pfn] = used + 1;
    return 0;
  }

  /** Index in `words` of a word that a sparse page has written, or -1. */
  private written(pfn: number, offset: number): number {
    const base = pfn * SPARSE_WORDS;
    for (let i = base + this.used[pfn]! - 1; i >= base; i--) if (this.offsets[i] === offset) return i;
    return -1;
  }

  /** Compare and exchange: stores `word` where `expected` is. False where something else is, or memory is exhausted. */
  exchange32(pfn: number, offset: number, expected: number, word: number): boolean {
    const i = this.frameOf[pfn] === NO_FRAME ? this.written(pfn, offset) : -1;
    if (i < 0) return this.load32(pfn, offset) === expected && this.store32(pfn, offset, word) === 0;
    if (this.words[i] !== expected) return false;
    this.words[i] = word;
    return true;
  }

  /** Adds to the word at `offset`. Returns 0, or OUT_OF_MEMORY. */
  add32(pfn: number, offset: number, summand: number): number {
    const i = this.frameOf[pfn] === NO_FRAME ? this.written(pfn, offset) : -1;
    if (i < 0) return this.store32(pfn, offset, this.load32(pfn, offset) + summand);
    this.words[i]! += summand;
    return 0;
  }

  load8(pfn: number, offset: number): number {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) return this.bytes[frame * 4 + offset]!;
    return (this.load32(pfn, offset & ~3) >>> this.byteShift(offset)) & 0xff;
  }

  /** Stores a byte. Returns 0, or OUT_OF_MEMORY. */
  store8(pfn: number, offset: number, byte: number): number {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) {
      this.bytes[frame * 4 + offset] = byte;
      return 0;
    }
    const shift = this.byteShift(offset);
    const word = this.load32(pfn, offset & ~3);
    return this.store32(pfn, offset & ~3, (word & ~(0xff << shift)) | ((byte & 0xff) << shift));
  }

  /** Copies bytes of the page, from `offset` on, into `to` at [at, end). */
  readBytes(pfn: number, offset: number, to: Uint8Array, at: number, end: number): void {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) {
      const start = frame * 4 + offset;
      to.set(this.bytes.subarray(start, start + end - at), at);
      return;
    }
    to.fill(0, at, end);
    const base = pfn * SPARSE_WORDS;
    for (let i = base; i < base + this.used[pfn]!; i++) {
      for (let byte = this.offsets[i]!; byte < this.offsets[i]! + 4; byte++) {
        const place = at + byte - offset;
        if (place >= at && place < end) to[place] = (this.words[i]! >>> this.byteShift(byte)) & 0xff;
      }
    }
  }

  /** Stores `from` at [at, end) into the page, from `offset` on. Returns 0, or OUT_OF_MEMORY. */
  writeBytes(pfn: number, offset: number, from: Uint8Array, at: number, end: number): number {
    for (let i = at; i < end; i++) {
      const frame = this.frameOf[pfn]!;
      if (frame !== NO_FRAME) {
        this.bytes.set(from.subarray(i, end), frame * 4 + offset + i - at);
        return 0;
      }
      if (this.store8(pfn, offset + i - at, from[i]!) < 0) return OUT_OF_MEMORY;
    }
    return 0;
  }

  /** Zeroes [from, end) of the page. */
  clearBytes(pfn: number, from: number, end: number): void {
    const frame = this.frameOf[pfn]!;
    if (frame !== NO_FRAME) this.bytes.fill(0, frame * 4 + from, frame * 4 + end);
    else if (this.used[pfn] !== 0) for (let i = from; i < end; i++) this.store8(pfn, i, 0);
  }

  private byteShift(offset: number): number {
    return (this.bigEndian ? 3 - (offset & 3) : offset & 3) * 8;
  }

  /** Turns a sparse page into a frame with the same contents. Returns 0, or OUT_OF_MEMORY. */
  private toFrame(pfn: number): number {
    const frame = this.takeFrame();
    if (frame < 0) return OUT_OF_MEMORY;
    const start = frame * 4;
    this.bytes.fill(0, start, start + this.pageSize);
    this.frameOf[pfn] = frame;
    const base = pfn * SPARSE_WORDS;
    for (let i = base; i < base + this.used[pfn]!; i++) {
      this.store32(pfn, this.offsets[i]!, this.words[i]!);
    }
    return 0;
  }

  private takeFrame(): number {
    const free = this.freeFrames.pop();
    if (free !== undefined) {
      this.frames += 1;
      return free;
    }
    if (this.framesMade >= this.maxFrames) return OUT_OF_MEMORY;
    if ((this.framesMade + 1) * this.pageSize > this.bytes.length && !this.growMemory()) return OUT_OF_MEMORY;
    const frame = (this.framesMade * this.pageSize) / 4;
    this.framesMade += 1;
    this.frames += 1;
    return frame;
  }

  /** Doubles the WebAssembly.Memory; its views die with each growth. False if the host has no more. */
  private growMemory(): boolean {
    const most = Math.ceil((this.maxFrames * this.pageSize) / WASM_PAGE);
    const now = this.bytes.length / WASM_PAGE;
    const wanted = Math.min(Math.max(1, now * 2), most);
    try {
      if (this.memory === null) this.memory = new WebAssembly.Memory({ initial: wanted, maximum: most });
      else this.memory.grow(wanted - now);
    } catch {
      return false;
    }
    this.bytes = new Uint8Array(this.memory.buffer);
    this.ints = new Int32Array(this.memory.buffer);
    return true;
  }

  private growPfns(): void {
    const n = this.used.length * 4;
    const offsets = new Uint16Array(n * SPARSE_WORDS);
    const words = new Int32Array(n * SPARSE_WORDS);
    const used = new Uint8Array(n);
    const frameOf = new Int32Array(n).fill(NO_FRAME);
    offsets.set(this.offsets);
    words.set(this.words);
    used.set(this.used);
    frameOf.set(this.frameOf);
    const refs = new Int32Array(n);
    refs.set(this.refs);
    const pins = new Int32Array(n);
    pins.set(this.pins);
    Object.assign(this, { offsets, words, used, frameOf, refs, pins });
  }
}

/** The word with its bytes reversed; typed arrays are little-endian on every host Node runs on. */
function swap32(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
