/**
 * Arguments and results of strace lines as numbers: NULL, decimal and hexadecimal words, products
 * (8192*1024), names of flags with "|" between them, shifts (21<<MAP_HUGE_SHIFT), descriptors with their
 * path (3</lib/libc.so.6>), and the comments that -X verbose adds.
 */
import * as calls from '../arch/generic/mman_calls.js';
import * as mman from '../arch/generic/mman.js';
import type { MapFlags } from '../arch/index.js';

/** A 64-bit word as two signed halves, as registers hold it. */
export interface Word {
  readonly hi: number;
  readonly lo: number;
}

type Names = Readonly<Record<string, number>>;

export const ZERO: Word = { hi: 0, lo: 0 };

/** asm-generic/mman-common.h: what no machine here does anything with, or calls otherwise. */
const OTHER_MAP_FLAGS: Names = {
  MAP_FILE: 0, MAP_ANON: mman.genericMap.ANONYMOUS, MAP_32BIT: 0x40, MAP_ABOVE4G: 0x80, MAP_SHARED_VALIDATE: 3,
  MAP_DROPPABLE: 8, MAP_HUGETLB: 0x40000, MAP_SYNC: 0x80000, MAP_UNINITIALIZED: 0x4000000,
};
const MAP_HUGE_SHIFT = 26;

function constants(module: object, prefix: string): Names {
  return Object.fromEntries(Object.entries(module).filter(([name]) => name.startsWith(prefix))) as Names;
}

const genericFlags: Names = prefixed(mman.genericMap);

export const protNames: Names = constants(mman, 'PROT_');
export const mremapNames: Names = constants(calls, 'MREMAP_');

function prefixed(map: MapFlags): Names {
  return Object.fromEntries(Object.entries(map).map(([name, bit]) => [`MAP_${name}`, bit as number]));
}

/** Of the machines met so far. */
const namesByMap = new WeakMap<MapFlags, Names>();

/** Names of mmap's flags; one that a machine does not have keeps the value it has elsewhere. */
export function mapNames(map: MapFlags): Names {
  const known = namesByMap.get(map);
  if (known !== undefined) return known;
  const own = Object.entries(prefixed(map)).filter(([, bit]) => bit !== 0);
  const names = { ...OTHER_MAP_FLAGS, ...genericFlags, ...Object.fromEntries(own) };
  namesByMap.set(map, names);
  return names;
}

/** The word that a text stands for, or null. */
export function wordOf(text: string, names: Names = {}): Word | null {
  const plain = text.replace(/\/\*.*?\*\//g, '').trim();
  const single = numberWord(plain);
  if (single !== null) return single;
  let bits = 0;
  for (const part of plain.split('|')) {
    const value = bitsOf(part.trim(), names);
    if (value === null) return null;
    bits |= value;
  }
  return { hi: 0, lo: bits };
}

/** One name, or a shift of a number. */
function bitsOf(text: string, names: Names): number | null {
  const shift = /^(\d+|0x[0-9a-f]+)<<(?:MAP_HUGE_SHIFT|(\d+))$/.exec(text);
  if (shift !== null) return Number(shift[1]) << Number(shift[2] ?? MAP_HUGE_SHIFT);
  if (Object.hasOwn(names, text)) return names[text]!;
  return numberWord(text)?.lo ?? null;
}

function numberWord(text: string): Word | null {
  if (text === 'NULL') return ZERO;
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return hexWord(text.slice(2));
  if (/^-?\d{1,15}$/.test(text)) return { hi: Math.floor(Number(text) / 2 ** 32) | 0, lo: Number(text) | 0 };
  const product = /^(\d{1,15})\*(\d{1,15})$/.exec(text);
  if (product !== null) return numberWord(String(Number(product[1]) * Number(product[2])));
  // Lengths above 2^53 are tests of limits, and rare.
  if (!/^\d{16,20}$/.test(text) || BigInt(text) >= 2n ** 64n) return null;
  return hexWord(BigInt(text).toString(16));
}

function hexWord(digits: string): Word {
  const hi = digits.length > 8 ? Number.parseInt(digits.slice(0, -8), 16) : 0;
  return { hi: hi | 0, lo: Number.parseInt(digits.slice(-8), 16) | 0 };
}

/** A descriptor's number and, with -y, its path. */
export interface Descriptor {
  readonly fd: number;
  readonly path: string | null;
}

export function descriptorOf(text: string): Descriptor | null {
  const match = /^(-?\d+|0x[0-9a-f]{1,16})(?:<(.*)>)?(?:\s*\/\*.*\*\/)?$/.exec(text.trim());
  if (match === null) return null;
  const word = numberWord(match[1]!);
  return word && { fd: word.lo, path: match[2] ?? null };
}

/** What a call returned: a word, or the name of an errno; null where the log does not say ("= ?"). */
export type Recorded = { readonly word: Word } | { readonly error: string } | null;

/** Undefined for a text that is no result. */
export function recordedOf(text: string): Recorded | undefined {
  const match = /^(0x[0-9a-f]{1,16}|-?\d+|\?)(?:<.*?>)?(?:\s+([A-Z][A-Z0-9_]+))?(?:\s|$)/.exec(text);
  if (match === null) return undefined;
  // What strace itself put in place of the kernel's answer says nothing of the kernel.
  if (match[1] === '?' || text.includes('(INJECTED)')) return null;
  if (match[1]!.startsWith('-') && match[2] !== undefined) return { error: match[2] };
  const word = numberWord(match[1]!);
  return word === null ? undefined : { word };
}
