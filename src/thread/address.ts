/** Guest addresses as programs hold them: a number on 32-bit tasks, an unsigned Long on 64-bit ones. */
import { Long } from '../lib/u64.js';

export type Addr = number | Long;

export function hiOf(addr: Addr): number {
  return typeof addr === 'number' ? Math.floor(addr / 2 ** 32) | 0 : addr.high;
}

export function loOf(addr: Addr): number {
  return typeof addr === 'number' ? addr | 0 : addr.low;
}

/** hi:lo as a task of `bits` holds it. */
export function makeAddr(bits: 32 | 64, hi: number, lo: number): Addr {
  return bits === 32 ? lo >>> 0 : new Long(lo, hi, true);
}

/** addr + bytes, in the same form. */
export function addAddr(addr: Addr, bytes: number): Addr {
  return typeof addr === 'number' ? addr + bytes : addr.add(bytes);
}
