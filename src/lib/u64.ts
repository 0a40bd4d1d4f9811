/**
 * 64-bit words as two 32-bit halves, and pages.
 *
 * Inside `mm` an address is a virtual page number (vpn), a plain non-negative number: with pages of
 * 4 KiB or more it needs at most 52 bits and is exact. A word at the edge is a high and a low half;
 * halves may be given as signed or unsigned 32-bit numbers. `shift` is the machine's page shift,
 * valid in 12..16. This file is the only place that converts between the two.
 */
import Long from 'long';

/** 2^n for n in 0..64. A table, since 2 ** n with a variable n is a call that cost 20% of a thread. */
export const POW2: Float64Array = Float64Array.from({ length: 65 }, (_, n) => 2 ** n);

/** Page number of the address hi:lo. */
export function vpnOf(hi: number, lo: number, shift: number): number {
  return (hi >>> 0) * POW2[32 - shift]! + (lo >>> shift);
}

/** Offset in its page of an address whose low half is `lo`. */
export function pageOffset(lo: number, shift: number): number {
  return lo & ((1 << shift) - 1);
}

/** High half, signed, of the first byte of page `vpn`. */
export function hiOfVpn(vpn: number, shift: number): number {
  return Math.floor(vpn / POW2[32 - shift]!) | 0;
}

/** Low half, signed, of the byte `offset` of page `vpn`. */
export function loOfVpn(vpn: number, shift: number, offset = 0): number {
  const scale = POW2[32 - shift]!;
  return ((vpn - Math.floor(vpn / scale) * scale) << shift) | offset;
}

/** Hexadecimal digits of hi:lo without prefix, at least `digits` of them. */
export function hexDigits(hi: number, lo: number, digits = 1): string {
  const high = hi >>> 0;
  const low = (lo >>> 0).toString(16);
  const all = high === 0 ? low : high.toString(16) + low.padStart(8, '0');
  return all.padStart(digits, '0');
}

/** "0x..." of hi:lo. */
export function hex(hi: number, lo: number): string {
  return `0x${hexDigits(hi, lo)}`;
}

/** "0x..." of the byte `offset` of page `vpn`. */
export function hexVpn(vpn: number, shift: number, offset = 0): string {
  return hex(hiOfVpn(vpn, shift), loOfVpn(vpn, shift, offset));
}

/** Page number of an address given as a bigint; for tables and tests, not for loops. */
export function vpnOfBig(address: bigint, shift: number): number {
  return Number(BigInt.asUintN(64, address) >> BigInt(shift));
}

/** Number of a word that is known to be below 2^53. */
export function numberOf(hi: number, lo: number): number {
  return (hi >>> 0) * 2 ** 32 + (lo >>> 0);
}

/** Low half, signed, of a number whose magnitude is below 2^53. */
export function loOfNumber(value: number): number {
  return value | 0;
}

/** High half, signed, of a number in 0..2^53, or of a negative one not below -2^53. */
export function hiOfNumber(value: number): number {
  return Math.floor(value / 2 ** 32) | 0;
}

export { Long };
