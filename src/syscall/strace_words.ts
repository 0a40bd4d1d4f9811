/** Pieces of strace's text: pointers, sizes, flags, times. */
import { hex } from '../lib/u64.js';
import type { Kernel } from './kernel.js';
import { readTimespec, time, type TimespecKind } from './timespec.js';

/** The arguments of a call, kept from its entry: results may overwrite their registers. */
export type Args = { readonly lo: number[]; readonly hi: number[] };
export type Format = (k: Kernel, args: Args, result: number | null) => string;

export function word(args: Args, i: number): string {
  return hex(args.hi[i]!, args.lo[i]!);
}

export function pointer(args: Args, i: number): string {
  return args.hi[i] === 0 && args.lo[i] === 0 ? 'NULL' : word(args, i);
}

/** An unsigned decimal. */
export function size(args: Args, i: number): string {
  return String((args.hi[i]! >>> 0) * 2 ** 32 + (args.lo[i]! >>> 0));
}

/** Names of the bits of `value`, the rest in hexadecimal; `zero` for none. */
export function bits(value: number, names: readonly (readonly [number, string])[], zero: string): string {
  let rest = value;
  const shown: string[] = [];
  for (const [bit, name] of names) {
    if (bit === 0 || (rest & bit) !== bit) continue;
    shown.push(name);
    rest &= ~bit;
  }
  if (rest !== 0) shown.push(hex(0, rest));
  return shown.length > 0 ? shown.join('|') : zero;
}

/** {tv_sec=1, tv_nsec=500}, NULL, or the address of one that cannot be read. */
export function timespec(k: Kernel, args: Args, i: number, kind: TimespecKind): string {
  const [hi, lo] = [args.hi[i]!, args.lo[i]!];
  if ((hi === 0 && lo === 0) || readTimespec(k, hi, lo, kind) < 0) return pointer(args, i);
  return `{tv_sec=${time.seconds}, tv_nsec=${time.ns}}`;
}
