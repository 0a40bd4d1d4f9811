/**
 * uaccess: words and bytes of guest memory by guest address, through the page tables and their rights.
 * Kernel and programs use the same functions. An address is its two halves; words must be aligned.
 */
import { EFAULT } from '../arch/generic/errno.js';
import type { Target } from '../arch/index.js';
import { pageOffset, vpnOf } from '../lib/u64.js';
import type { Mm } from './mm.js';

/** Not a word: what load32 returns for memory that cannot be read. Words are signed 32-bit. */
export const FAULT = 2 ** 40;

/** access_ok(): whether the machine would try to reach `npages` and `bytes` from page `vpn`, byte `offset`, on. */
export function accessOk(
  { accessOk, taskSize, region, pageSize }: Target, vpn: number, offset: number, npages: number, bytes: number,
): boolean {
  if (accessOk === 'nothing') return true;
  if (accessOk === 'first byte') return vpn < taskSize && (region === null || vpn % region.pages < region.mapLimit);
  const end = vpn + npages + Math.floor((offset + bytes) / pageSize);
  return end < taskSize || (end === taskSize && (offset + bytes) % pageSize === 0);
}

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
  return mm.pageTable.memory.store32(pfn, pageOffset(lo, shift), word) < 0 ? exhausted(mm) : 0;
}

/** The page is there, but what is written needs a frame and there is none: the OOM killer's moment. */
function exhausted(mm: Mm): number {
  mm.pageTable.lastFault = 'OOM';
  return -EFAULT;
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
  return mm.pageTable.memory.store8(pfn, pageOffset(lo, shift), byte) < 0 ? exhausted(mm) : 0;
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
  const { pageTable, target } = mm;
  let vpn = vpnOf(hi, lo, target.pageShift);
  let offset = pageOffset(lo, target.pageShift);
  for (let done = 0; done < count; ) {
    const end = Math.min(done + target.pageSize - offset, count);
    const pfn = vpn < target.vpnEnd ? pageTable.forRead(vpn) : -EFAULT;
    if (pfn < 0) return done;
    pageTable.memory.readBytes(pfn, offset, to, done, end);
    done = end;
    vpn += 1;
    offset = 0;
  }
  return count;
}

/** Copies `count` bytes of `from` into guest memory; returns how many could be stored. */
export function copyToUser(mm: Mm, from: Uint8Array, hi: number, lo: number, count = from.length): number {
  const { pageTable, target } = mm;
  let vpn = vpnOf(hi, lo, target.pageShift);
  let offset = pageOffset(lo, target.pageShift);
  for (let done = 0; done < count; ) {
    const end = Math.min(done + target.pageSize - offset, count);
    const pfn = vpn < target.vpnEnd ? pageTable.forWrite(vpn) : -EFAULT;
    if (pfn < 0) return done;
    if (pageTable.memory.writeBytes(pfn, offset, from, done, end) < 0) {
      exhausted(mm);
      return done;
    }
    done = end;
    vpn += 1;
    offset = 0;
  }
  return count;
}

/** Zeroes `count` bytes of guest memory; returns how many could be zeroed. */
export function clearUser(mm: Mm, hi: number, lo: number, count: number): number {
  const { pageTable, target } = mm;
  let vpn = vpnOf(hi, lo, target.pageShift);
  let offset = pageOffset(lo, target.pageShift);
  for (let done = 0; done < count; ) {
    const n = Math.min(target.pageSize - offset, count - done);
    const pfn = vpn < target.vpnEnd ? pageTable.forWrite(vpn) : -EFAULT;
    if (pfn < 0) return done;
    pageTable.memory.clearBytes(pfn, offset, offset + n);
    done += n;
    vpn += 1;
    offset = 0;
  }
  return count;
}
