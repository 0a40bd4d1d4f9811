/** Arguments of system calls beyond words: signed longs, 64-bit offsets of 32-bit tasks, strings. */
import { EFAULT, ENAMETOOLONG } from '../arch/generic/errno.js';
import { FAULT, load8 } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

const PATH_MAX = 4096;

/** Argument i as a signed long. Exact below 2^53, which is above whatever it is compared with. */
export function long(k: Kernel, i: number): number {
  return k.target.bits === 32 ? k.lo(i) : k.hi(i) * 2 ** 32 + (k.lo(i) >>> 0);
}

/** Argument i as an unsigned long, likewise. */
export function unsignedLong(k: Kernel, i: number): number {
  return (k.hi(i) >>> 0) * 2 ** 32 + (k.lo(i) >>> 0);
}

/** A signed 64-bit argument: one word of a 64-bit task, two of a 32-bit one, in the order of its bytes. */
export function loff(k: Kernel, i: number): number {
  if (k.target.bits === 64) return long(k, i);
  const [high, low] = k.target.bigEndian ? [i, i + 1] : [i + 1, i];
  return k.lo(high) * 2 ** 32 + (k.lo(low) >>> 0);
}

/** getname(): the string at argument i, or -EFAULT, or -ENAMETOOLONG. */
export function pathname(k: Kernel, i: number): string | number {
  const bytes: number[] = [];
  let hi = k.hi(i);
  let lo = k.lo(i) >>> 0;
  while (bytes.length < PATH_MAX) {
    const byte = load8(k.mm, hi, lo);
    if (byte === FAULT) return -EFAULT;
    if (byte === 0) return decode(bytes);
    bytes.push(byte);
    lo += 1;
    if (lo === 2 ** 32) {
      lo = 0;
      hi += 1;
    }
  }
  return -ENAMETOOLONG;
}

/** Paths of programs are UTF-8. */
function decode(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
