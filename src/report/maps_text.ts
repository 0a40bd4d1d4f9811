/*
 * Reads the text of /proc/PID/maps, of any kernel from 2.2 on and any machine, and sums it up.
 *
 * The kernels differ in padding (8 or 16 digits, or none), in what follows the inode (nothing, a
 * space, a name), and in names: 2.6.0 to 2.6.10 escape space, tab, newline and backslash in octal,
 * others the newline alone. An area keeps its line as it was read.
 */

import { addressText, bytesText } from './bytes.js';
import { grouped } from './numbers.js';
import { clipped, printable } from './plain_text.js';

/** One line of maps. `end` is exclusive. */
export interface MapsArea {
  readonly start: bigint;
  /** Above start. */
  readonly end: bigint;
  /** Four letters, as "rw-p". */
  readonly perms: string;
  readonly isShared: boolean;
  readonly offset: bigint;
  /** "major:minor" in hexadecimal; "00:00" without a file. */
  readonly device: string;
  readonly inode: bigint;
  /** Path with its " (deleted)", "[heap]" and the like, or empty. Octal escapes are undone. */
  readonly name: string;
  readonly line: string;
  /** What it is for, as far as it and the area above it tell. */
  readonly kind: AreaKind;
}

/** As `line` N of the text, counted from 1. */
export class MapsTextError extends Error {
  readonly lineNumber: number;

  constructor(lineNumber: number, message: string) {
    super(`line ${lineNumber}: ${message}`);
    this.name = 'MapsTextError';
    this.lineNumber = lineNumber;
  }
}

/** What an area is for, as far as its line tells. In the order of legends. */
export const AREA_KINDS = [
  'file text',
  'file data',
  'heap',
  'anonymous rw',
  'stack',
  'guard',
  'reserved',
  'shared',
  'other',
] as const;

export type AreaKind = (typeof AREA_KINDS)[number];

export interface Hole {
  readonly start: bigint;
  readonly end: bigint;
  readonly bytes: bigint;
}

/** How many areas, and their bytes together. */
export interface KindTotal {
  readonly areas: number;
  readonly bytes: bigint;
}

export interface MapsSummary {
  readonly areas: number;
  readonly bytes: bigint;
  readonly byKind: Readonly<Record<AreaKind, KindTotal>>;
  /** Holes lie between areas: what is below the lowest and above the highest is none. */
  readonly holes: number;
  readonly freeBytes: bigint;
  /** The lowest of the largest; null where areas leave no hole. */
  readonly largestHole: Hole | null;
  /** The highest end; null without areas. */
  readonly highestAddress: bigint | null;
  readonly pageSize: number;
  readonly guardPages: number;
  /**
   * Pairs of neighbours that could be one area as far as maps tells: they touch, have the same
   * rights, and the same file at consecutive offsets or none. The kernel knows of more that keeps
   * areas apart (VM_GROWSDOWN, VM_ACCOUNT, anon_vma), so this is an upper bound.
   */
  readonly mergeable: number;
  /**
   * External fragmentation: 1 - largest hole / all free bytes between the lowest and the highest
   * area. 0 when the free bytes are in one hole, or there are none; near 1 when they are in many.
   */
  readonly fragmentation: number;
}

const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]{1,16}) ([0-9a-f]+:[0-9a-f]+) ([0-9]+)(?: +(.*))?$/s;
const SMAPS_LINE = /^(?:[A-Z][A-Za-z_]+: +\d+( kB)?|VmFlags:.*)\s*$/;
const EXAMPLE = '08048000-08049000 r-xp 00000000 03:01 4711 /bin/cat';
/** Of a wrong line, in its error message. */
const MOST_QUOTED = 60;
const SMALLEST_PAGE = 4096n;
const LARGEST_PAGE = 65536n;

/**
 * Areas in the order of the text. Blank lines are skipped.
 * Throws MapsTextError for any line that is not of maps, or not above the one before it.
 */
export function parseMaps(text: string): { areas: MapsArea[] } {
  const areas: Unkinded[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '') return;
    const area = parseLine(line, i + 1);
    const before = areas.at(-1);
    if (before && area.start < before.end) {
      const [start, end] = [addressText(area.start), addressText(before.end)];
      throw new MapsTextError(
        i + 1,
        `the area begins at ${start}, below the end of the one before it, ${end}; areas must ascend`,
      );
    }
    areas.push(area);
  });
  return { areas: areas.map((area, i) => ({ ...area, kind: kindWithin(area, areas[i + 1]) })) };
}

/** An area before its neighbours are known. */
type Unkinded = Omit<MapsArea, 'kind'>;

function parseLine(line: string, lineNumber: number): Unkinded {
  const match = LINE.exec(line);
  if (!match) throw new MapsTextError(lineNumber, notALine(line));
  const [, start, end, perms, offset, device, inode, name = ''] = match as unknown as string[];
  const area = {
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    perms: perms as string,
    isShared: (perms as string).endsWith('s'),
    offset: BigInt(`0x${offset}`),
    device: device as string,
    inode: BigInt(inode as string),
    name: unescaped(name),
    line,
  };
  if (area.end <= area.start) {
    throw new MapsTextError(lineNumber, `the end ${end} is not above the start ${start}`);
  }
  return area;
}

function notALine(line: string): string {
  const quoted = clipped(printable(line), MOST_QUOTED);
  const hint = SMAPS_LINE.test(line) ? '; this looks like smaps: give the maps file instead' : '';
  return `"${quoted}" is not a line of /proc/PID/maps; one looks like "${EXAMPLE}"${hint}`;
}

/**
 * The four escapes of 2.6.0; later kernels write the newline's alone. Where those leave a
 * backslash as it is, a path with the four characters \040 in it is read as one with a space.
 */
function unescaped(name: string): string {
  return name.replace(/\\(011|012|040|134)/g, (_, octal) => {
    return String.fromCharCode(Number.parseInt(octal, 8));
  });
}

export function sizeOf(area: Pick<MapsArea, 'start' | 'end'>): bigint {
  return area.end - area.start;
}

/** What an area is for. */
export function kindOf(area: MapsArea): AreaKind {
  return area.kind;
}

/** Pages that may not be touched are a guard up to this many bytes, wherever they lie: 16 pages of 4 KiB. */
const LARGEST_LONE_GUARD = 65536n;

/**
 * A stack is one that maps calls so: kernels before 2.6.12 name neither it nor the heap, and thread
 * stacks have names in 3.4 to 4.4 only. Elsewhere they are anonymous, often above a guard.
 */
function kindWithin(area: Unkinded, above: Unkinded | undefined): AreaKind {
  const { perms, name } = area;
  if (area.isShared) return 'shared';
  if (name === '[heap]') return 'heap';
  if (/^\[stack[:\]]/.test(name)) return 'stack';
  if (perms.startsWith('---') && !hasFile(area) && isAnonymous(area)) return isGuard(area, above) ? 'guard' : 'reserved';
  if (hasFile(area)) return perms[2] === 'x' ? 'file text' : 'file data';
  if (!isAnonymous(area)) return 'other';
  return perms.startsWith('rw') ? 'anonymous rw' : 'other';
}

/**
 * A guard is small, or ends where writable memory at least as large as itself begins, as a stack's does. What is
 * larger is address space that somebody reserved for later: the rest of a malloc arena, a garbage collector's cage.
 */
function isGuard(area: Unkinded, above: Unkinded | undefined): boolean {
  if (sizeOf(area) <= LARGEST_LONE_GUARD) return true;
  const isStack = above !== undefined && above.start === area.end && above.perms.startsWith('rw') && !hasFile(above);
  return isStack && sizeOf(above) >= sizeOf(area);
}

function hasFile(area: Unkinded): boolean {
  return area.inode !== 0n || (area.name !== '' && !area.name.startsWith('['));
}

/** No file, and nothing the kernel put there, as [vdso]. */
function isAnonymous(area: Unkinded): boolean {
  return !hasFile(area) && (area.name === '' || /^\[anon(_shmem)?:/.test(area.name));
}

/**
 * Requires: areas ascend, as parseMaps gives them. Without a page size, the largest from 4 to
 * 64 KiB that all bounds are multiples of; guardPages alone depends on it.
 */
export function summarise(areas: readonly MapsArea[], pageSize = pageSizeOf(areas)): MapsSummary {
  const byKind = totalsOf(areas);
  const holes = holesOf(areas);
  const freeBytes = sum(holes.map((hole) => hole.bytes));
  const largestHole = holes.reduce<Hole | null>((largest, hole) => {
    return largest && largest.bytes >= hole.bytes ? largest : hole;
  }, null);
  return {
    areas: areas.length,
    bytes: sum(areas.map(sizeOf)),
    byKind,
    holes: holes.length,
    freeBytes,
    largestHole,
    highestAddress: areas.at(-1)?.end ?? null,
    pageSize,
    guardPages: Number(byKind.guard.bytes / BigInt(pageSize)),
    mergeable: areas.filter((area, i) => i > 0 && canMerge(areas[i - 1] as MapsArea, area)).length,
    fragmentation: largestHole ? 1 - Number(largestHole.bytes) / Number(freeBytes) : 0,
  };
}

/** "9 areas, 24 MiB mapped, 2 holes, the largest 1.98 GiB at 41803000". */
export function summaryText(summary: MapsSummary): string {
  const { largestHole: hole } = summary;
  const largest = hole ? `, the largest ${bytesText(hole.bytes)} at ${addressText(hole.start)}` : '';
  const mapped = `${counted(summary.areas, 'area')}, ${bytesText(summary.bytes)} mapped`;
  return `${mapped}, ${counted(summary.holes, 'hole')}${largest}`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * x86_64's vsyscall page lies in the kernel's half: below it are addresses that no processor has, and the kernel. What
 * parts it from the areas below is no hole of the process, and not free.
 */
export function isBeyondUserSpace({ name }: MapsArea): boolean {
  return name === '[vsyscall]';
}

/** "1.98 GiB free", or what else lies there: `bytes` below `above`. */
export function gapText(bytes: bigint, above: MapsArea): string {
  return `${bytesText(bytes)} ${isBeyondUserSpace(above) ? 'beyond user space' : 'free'}`;
}

export function holesOf(areas: readonly MapsArea[]): Hole[] {
  return areas.slice(1).flatMap((area, i) => {
    const { end } = areas[i] as MapsArea;
    return area.start > end && !isBeyondUserSpace(area) ? [{ start: end, end: area.start, bytes: area.start - end }] : [];
  });
}

function totalsOf(areas: readonly MapsArea[]): Record<AreaKind, KindTotal> {
  const totals = AREA_KINDS.map((kind) => [kind, { areas: 0, bytes: 0n }] as const);
  const byKind = Object.fromEntries(totals) as Record<AreaKind, { areas: number; bytes: bigint }>;
  for (const area of areas) {
    const total = byKind[kindOf(area)];
    total.areas += 1;
    total.bytes += sizeOf(area);
  }
  return byKind;
}

function canMerge(low: MapsArea, high: MapsArea): boolean {
  if (low.end !== high.start || low.perms !== high.perms || low.name !== high.name) return false;
  if (!hasFile(low)) {
    const { name } = low;
    return !hasFile(high) && (isAnonymous(low) || name === '[heap]' || name === '[stack]');
  }
  const isSameFile = low.device === high.device && low.inode === high.inode;
  return isSameFile && low.offset + sizeOf(low) === high.offset;
}

function pageSizeOf(areas: readonly MapsArea[]): number {
  let pageSize = LARGEST_PAGE;
  const isMultiple = ({ start, end }: MapsArea) => (start | end) % pageSize === 0n;
  while (pageSize > SMALLEST_PAGE && !areas.every(isMultiple)) pageSize /= 2n;
  return Number(pageSize);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
