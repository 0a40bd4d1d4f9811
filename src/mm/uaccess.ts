/**
 * uaccess: words and bytes of guest memory by guest address, through the page tables and their rights.
 * Kernel and programs use the same functions. An address is its two halves; words must be aligned.
 */
import { EFAULT } from '../arch/generic/errno.js';
import { pageOffset, vpnOf } from '../lib/u64.js';
import type { Mm } from './mm.js';

/** Not a word: what load32 returns for memory that cannot be read. Words are signed 32-bit. */
export const FAULT = 2 ** 40;

/** The word at hi:lo, signed, or FAULT. */
export function load32(mm: Mm, hi: number, lo: number): number {
  const shift = mm.target.pageShift;
  const pfn = mm.pageTable.forRead(vpnOf(hi, lo, shift));
  return pfn < 0 ? FAULT : mm.pageTable.memory.load32(pfn, pageOffset(lo, shift));
}

/** Stores a word; returns 0 or -EFAULT. */
export function store32(mm: Mm, hi: number, lo: number, word: number): number {
  const shift = mm.target.pageShift;
  const pfn = mm.pageTable.forWrite(vpnOf(hi, lo, shift));
  if (pfn < 0) return -EFAULT;
  return mm.pageTable.memory.store32(pfn, pageOffset(lo, shift), word) < 0 ? -EFAULT : 0;
}

/** The byte at hi:lo, or FAULT. */
export function load8(mm: Mm, hi: number, lo: number): number {
  const shift = mm.target.pageShift;
  const pfn = mm.pageTable.forRead(vpnOf(hi, lo, shift));
  return pfn < 0 ? FAULT : mm.pageTable.memory.load8(pfn, pageOffset(lo, shift));
}

/** Stores a byte; returns 0 or -EFAULT. */
export function store8(mm: Mm, hi: number, lo: number, byte: number): number {
  const shift = mm.target.pageShift;
  const pfn = mm.pageTable.forWrite(vpnOf(hi, lo, shift));
  if (pfn < 0) return -EFAULT;
  return mm.pageTable.memory.store8(pfn, pageOffset(lo, shift), byte) < 0 ? -EFAULT : 0;
}

/**
 * Physical address of the word at hi:lo, which names a futex, or -1 when the memory cannot be reached. The
 * page is made present first, so that it has an identity; a read-only page need only be readable.
 */
export function futexKey(mm: Mm, hi: number, lo: number): number {
  const shift = mm.target.pageShift;
  const vpn = vpnOf(hi, lo, shift);
  let pfn = mm.pageTable.forWrite(vpn);
  if (pfn < 0) pfn = mm.pageTable.forRead(vpn);
  return pfn < 0 ? -1 : pfn * mm.target.pageSize + pageOffset(lo, shift);
}

/** Copies `count` bytes out of guest memory into `to`; returns how many could be read. */
export function copyFromUser(mm: Mm, to: Uint8Array, hi: number, lo: number, count: number): number {
  let high = hi;
  let low = lo >>> 0;
  for (let i = 0; i < count; i++) {
    const byte = load8(mm, high, low);
    if (byte === FAULT) return i;
    to[i] = byte;
    low += 1;
    if (low === 2 ** 32) {
      low = 0;
      high += 1;
    }
  }
  return count;
}
