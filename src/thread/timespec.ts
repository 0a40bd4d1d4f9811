/** struct timespec as programs hold it, and in guest memory as the kernel reads it. */
import { hiOfNumber, numberOf } from '../lib/u64.js';
import type { Nptl } from './nptl.js';

export interface Timespec {
  /** Whole seconds. */
  readonly sec: number;
  /** Nanoseconds, 0 to 999,999,999. */
  readonly nsec: number;
}

export function validNanoseconds({ nsec }: Timespec): boolean {
  return nsec >= 0 && nsec < 1_000_000_000;
}

/** Writes `time` at hi:lo. */
export function storeTimespec(nptl: Nptl, hi: number, lo: number, { sec, nsec }: Timespec): void {
  const half = nptl.target.bits / 8;
  storeLong(nptl, hi, lo, sec);
  storeLong(nptl, hi, lo + half, nsec);
}

export function loadTimespec(nptl: Nptl, hi: number, lo: number): Timespec {
  const half = nptl.target.bits / 8;
  return { sec: loadLong(nptl, hi, lo), nsec: loadLong(nptl, hi, lo + half) };
}

/** A C long at hi:lo; signed, exact to 2^53. */
export function loadLong(nptl: Nptl, hi: number, lo: number): number {
  if (nptl.target.bits === 32) return nptl.load(hi, lo);
  const low = nptl.target.bigEndian ? 4 : 0;
  const high = nptl.load(hi, lo + 4 - low);
  return high < 0 ? high * 2 ** 32 + (nptl.load(hi, lo + low) >>> 0) : numberOf(high, nptl.load(hi, lo + low));
}

export function storeLong(nptl: Nptl, hi: number, lo: number, value: number): void {
  if (nptl.target.bits === 32) {
    nptl.store(hi, lo, value | 0);
    return;
  }
  const low = nptl.target.bigEndian ? 4 : 0;
  nptl.store(hi, lo + low, value | 0);
  nptl.store(hi, lo + 4 - low, hiOfNumber(value));
}

/** later - earlier, with nsec in range. */
export function timeBetween(later: Timespec, earlier: Timespec): Timespec {
  const nsec = later.nsec - earlier.nsec;
  const sec = later.sec - earlier.sec;
  return nsec < 0 ? { sec: sec - 1, nsec: nsec + 1_000_000_000 } : { sec, nsec };
}
