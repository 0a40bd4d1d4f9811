/**
 * malloc(3) on the process's heap: pieces of 16 bytes and up carved from memory that brk gives in steps of
 * 132 KiB, freed pieces kept by size; 128 KiB and more by mmap of their own, as glibc's thresholds are.
 *
 * Unlike glibc: one arena for all threads, and the sizes of pieces are kept here and not in front of them.
 */
import { PROT_READ, PROT_WRITE } from '../arch/generic/mman.js';
import { hiOfNumber } from '../lib/u64.js';
import type { Nptl } from './nptl.js';

const MMAP_THRESHOLD = 128 * 1024;
const TOP_PAD = 128 * 1024;
const UNIT = 16;

/** An address as a key: its halves cannot be one number on 64-bit machines. */
function key(hi: number, lo: number): string {
  return `${hi}:${lo}`;
}

export class Heap {
  /** Of the last successful call. */
  hi = 0;
  lo = 0;

  private readonly nptl: Nptl;
  /** Start of the heap, and bytes used and available from it. */
  private baseHi = 0;
  private baseLo = 0;
  private used = 0;
  private available = -1;
  private sizes = new Map<string, number>();
  private mapped = new Map<string, number>();
  private freed = new Map<number, { hi: number; lo: number }[]>();

  constructor(nptl: Nptl) {
    this.nptl = nptl;
  }

  /** The heap of a child, whose memory is a copy: the same pieces. */
  forkFrom(parent: Heap): void {
    this.baseHi = parent.baseHi;
    this.baseLo = parent.baseLo;
    this.used = parent.used;
    this.available = parent.available;
    this.sizes = new Map(parent.sizes);
    this.mapped = new Map(parent.mapped);
    this.freed = new Map([...parent.freed].map(([size, pieces]) => [size, [...pieces]]));
  }

  /** Leaves the address in hi and lo. Returns false when memory is refused. */
  malloc(bytes: number): boolean {
    const size = Math.max(UNIT, Math.ceil(bytes / UNIT) * UNIT);
    if (size >= MMAP_THRESHOLD) return this.map(size);
    const piece = this.freed.get(size)?.pop();
    if (piece !== undefined) this.set(piece.hi, piece.lo);
    else if (!this.carve(size)) return false;
    this.sizes.set(key(this.hi, this.lo), size);
    return true;
  }

  /** Gives a piece back. False for an address that malloc did not return (glibc would abort). */
  free(hi: number, lo: number): boolean {
    const name = key(hi, lo);
    const mapped = this.mapped.get(name);
    if (mapped !== undefined) {
      this.mapped.delete(name);
      this.nptl.sys.munmap(hi, lo, mapped);
      return true;
    }
    const size = this.sizes.get(name);
    if (size === undefined) return false;
    this.sizes.delete(name);
    const pieces = this.freed.get(size);
    if (pieces === undefined) this.freed.set(size, [{ hi, lo }]);
    else pieces.push({ hi, lo });
    return true;
  }

  private set(hi: number, lo: number): void {
    this.hi = hi;
    this.lo = lo;
  }

  private map(size: number): boolean {
    const { sys, params, target, pageSize } = this.nptl;
    const whole = Math.ceil(size / pageSize) * pageSize;
    if (whole >= 2 ** target.bits) return false; // more than a size_t holds
    const flags = target.map.PRIVATE | target.map.ANONYMOUS;
    if (sys.mmapAnonymous(params.mmapCall, whole, PROT_READ | PROT_WRITE, flags) < 0) return false;
    this.set(sys.resultHi, sys.resultLo);
    this.mapped.set(key(this.hi, this.lo), whole);
    return true;
  }

  private carve(size: number): boolean {
    if (this.available < 0) this.start();
    if (this.used + size > this.available && !this.grow(size)) return false;
    const low = (this.baseLo >>> 0) + this.used;
    this.used += size;
    this.set(this.baseHi + hiOfNumber(low), low | 0);
    return true;
  }

  /** brk(0): where the heap begins. */
  private start(): void {
    const { sys } = this.nptl;
    sys.brk(0, 0);
    this.baseHi = sys.resultHi;
    this.baseLo = sys.resultLo;
    this.available = 0;
  }

  private grow(size: number): boolean {
    const { sys, pageSize } = this.nptl;
    const wanted = Math.ceil((this.used + size + TOP_PAD) / pageSize) * pageSize;
    const low = (this.baseLo >>> 0) + wanted;
    sys.brk(this.baseHi + hiOfNumber(low), low | 0);
    if (sys.resultLo !== (low | 0)) return false;
    this.available = wanted;
    return true;
  }
}
