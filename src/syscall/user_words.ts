/**
 * Words of structures in guest memory, at any alignment: what get_user() and put_user() do for the fields of a
 * timespec, a sigaction or a siginfo_t. An address may run over the end of its low half.
 */
import { EFAULT } from '../arch/generic/errno.js';
import type { Target } from '../arch/index.js';
import type { Mm } from '../mm/mm.js';
import { FAULT, load32, load8, store32, store8 } from '../mm/uaccess.js';

/** What words are read from and written to: the kernel's current mm, or that of a task that sleeps. */
export interface Memory {
  readonly mm: Mm;
  readonly target: Target;
}

/** The 32-bit word at `at` bytes from hi:lo, signed, or FAULT. */
export function getWord(m: Memory, hi: number, lo: number, at = 0): number {
  const low = (lo >>> 0) + at;
  const high = (hi + Math.floor(low / 2 ** 32)) & (m.target.bits === 32 ? 0 : -1);
  if ((low & 3) === 0) return load32(m.mm, high, low | 0);
  let word = 0;
  for (let i = 0; i < 4; i++) {
    const byteLow = low + i;
    const byte = load8(m.mm, high + (Math.floor(byteLow / 2 ** 32) - Math.floor(low / 2 ** 32)), byteLow | 0);
    if (byte === FAULT) return FAULT;
    word |= byte << (8 * (m.target.bigEndian ? 3 - i : i));
  }
  return word;
}

/** Stores a 32-bit word at `at` bytes from hi:lo: 0 or -EFAULT. */
export function putWord(m: Memory, hi: number, lo: number, at: number, word: number): number {
  const low = (lo >>> 0) + at;
  const high = (hi + Math.floor(low / 2 ** 32)) & (m.target.bits === 32 ? 0 : -1);
  if ((low & 3) === 0) return store32(m.mm, high, low | 0, word | 0);
  for (let i = 0; i < 4; i++) {
    const byteLow = low + i;
    const byte = (word >>> (8 * (m.target.bigEndian ? 3 - i : i))) & 0xff;
    if (store8(m.mm, high + (Math.floor(byteLow / 2 ** 32) - Math.floor(low / 2 ** 32)), byteLow | 0, byte) < 0) return -EFAULT;
  }
  return 0;
}

/** A word of 4 or 8 bytes in halves, left in `long`: 0 or -EFAULT. */
export const long = { hi: 0, lo: 0 };

export function getLong(m: Memory, hi: number, lo: number, at: number, bytes: number): number {
  const first = getWord(m, hi, lo, at);
  const second = bytes === 4 ? 0 : getWord(m, hi, lo, at + 4);
  if (first === FAULT || second === FAULT) return -EFAULT;
  const isHighFirst = bytes === 8 && m.target.bigEndian;
  long.hi = isHighFirst ? first : second;
  long.lo = isHighFirst ? second : first;
  return 0;
}

export function putLong(m: Memory, hi: number, lo: number, at: number, bytes: number, valueHi: number, valueLo: number): number {
  if (bytes === 4) return putWord(m, hi, lo, at, valueLo);
  const [first, second] = m.target.bigEndian ? [valueHi, valueLo] : [valueLo, valueHi];
  return putWord(m, hi, lo, at, first) < 0 || putWord(m, hi, lo, at + 4, second) < 0 ? -EFAULT : 0;
}

/** A signed word of 4 or 8 bytes as a number (exact below 2^53), or FAULT. */
export function getNumber(m: Memory, hi: number, lo: number, at: number, bytes: number): number {
  if (getLong(m, hi, lo, at, bytes) < 0) return FAULT;
  if (bytes === 4) return long.lo;
  const value = long.hi * 2 ** 32 + (long.lo >>> 0);
  // FAULT itself, should a program store it, is read as the number after it.
  return value === FAULT ? value + 1 : value;
}

/** Stores a signed number as a word of 4 or 8 bytes: 0 or -EFAULT. */
export function putNumber(m: Memory, hi: number, lo: number, at: number, bytes: number, value: number): number {
  return putLong(m, hi, lo, at, bytes, Math.floor(value / 2 ** 32) | 0, value | 0);
}
