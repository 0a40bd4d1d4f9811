/*
 * The map of an address space for a terminal, lowest address first, in twenty lines at most:
 *
 *   9 areas, 24 MiB mapped, 2 holes, the largest 1.98 GiB at 41803000
 *   08048000-0804a000     8 KiB  TTDD                            2 areas: test_str02
 *                                ... 896 MiB free
 *   40000000-41803000    24 MiB  |AAAAAAAAA|AAAAAAAAA|AAAAAAAAA  6 areas
 *
 * A line holds neighbours, or one repetition. Its bar is to scale within itself, but an area has
 * one cell at least, and a hole has one however large; the bar's length is the logarithm of its
 * bytes. When there would be too many lines, repetitions are taken more loosely, and then lines
 * joined where the holes between them are smallest.
 */

import pc from 'picocolors';
import { addressText, bytesText } from './bytes.js';
import { type Fold, foldAreas, foldText, type Likeness, pastOf } from './fold_areas.js';
import {
  AREA_KINDS,
  type AreaKind,
  gapText,
  kindOf,
  type MapsArea,
  sizeOf,
  summarise,
  summaryText,
} from './maps_text.js';
import { grouped } from './numbers.js';
import { clipped, printable } from './plain_text.js';
import { shareHeight } from './svg_layout.js';

export interface StripMapOptions {
  /** Of the terminal; 60 at least are used. */
  readonly columns: number;
  /** Without colour a letter tells the kind, with it the colour. */
  readonly color: boolean;
  readonly title?: string;
}

/** Neighbours, or one fold: areas[first] up to areas[past]. */
interface Strip {
  readonly first: number;
  readonly past: number;
  readonly fold: Fold | null;
  /** Mapped. */
  readonly bytes: bigint;
}

type Cell = AreaKind | 'hole' | 'more';

const LEAST_COLUMNS = 60;
const MOST_LINES = 20;
/** Strips of a map, with a line for the hole between each two. */
const MOST_STRIPS = 9;
const FEWEST_STRIPS = 4;
const LEAST_REPEATS = 5;
const LONGEST_BAR = 44;
const SHORTEST_BAR = 16;
const LONGEST_LABEL = 44;
const SIZE_COLUMNS = 8;
const GUTTER = '  ';
/** Repetitions of a fold that are drawn; the rest is "more". */
const DRAWN_REPEATS = 3;
const MORE = '\u2026';
const PAGE = 4096n;

const LETTERS: Readonly<Record<Cell, string>> = {
  'file text': 'T',
  'file data': 'D',
  heap: 'H',
  'anonymous rw': 'A',
  stack: 'S',
  guard: '|',
  reserved: ':',
  shared: 'M',
  other: 'O',
  hole: '.',
  more: MORE,
};
const BLOCK = '\u2588';
/** Half a cell, so that a guard stays a line between stacks. */
const HALF_BLOCK = '\u258c';
/** Address space without memory. */
const LIGHT_SHADE = '\u2591';

/** Lines without a newline at the end. Requires: areas ascend, as parseMaps gives them. */
export function stripMap(areas: readonly MapsArea[], options: StripMapOptions): string {
  const summary = summaryText(summarise(areas));
  const columns = Math.max(LEAST_COLUMNS, options.columns);
  const head = headOf(summary, columns, options.title);
  if (areas.length === 0) return head.join('\n');
  const tail = legendOf(areas, columns, options.color);
  for (let most = MOST_STRIPS; ; most--) {
    const body = bodyOf(areas, stripsOf(areas, most), columns, options.color);
    const lines = [...head, ...body, ...tail];
    if (lines.length <= MOST_LINES || most === FEWEST_STRIPS) return lines.join('\n');
  }
}

/** One line if it fits. */
function headOf(summary: string, columns: number, title?: string): string[] {
  if (title === undefined) return [clipped(summary, columns)];
  const line = `${printable(title)}: ${summary}`;
  if (line.length <= columns) return [line];
  return [clipped(printable(title), columns), clipped(summary, columns)];
}

// ---- which areas share a line ---------------------------------------------------------------------

function stripsOf(areas: readonly MapsArea[], most: number): Strip[] {
  const likenesses: Likeness[] = ['equal', 'same kind'];
  let strips: Strip[] = [];
  for (const likeness of likenesses) {
    strips = stripsOfFolds(areas, foldAreas(areas, likeness, LEAST_REPEATS));
    if (strips.length <= most) return strips;
  }
  return joined(areas, strips, most);
}

/** A fold has a strip of its own; other areas share one until a hole wider than what is around it. */
function stripsOfFolds(areas: readonly MapsArea[], folds: readonly Fold[]): Strip[] {
  const isWide = wideHoles(areas);
  const strips: Strip[] = [];
  let first = 0;
  const close = (past: number, fold: Fold | null) => {
    if (past > first) strips.push(stripOf(areas, first, past, fold));
    first = past;
  };
  for (const fold of folds) {
    if (fold.times > 1 || isWide[fold.first]) close(fold.first, null);
    if (fold.times > 1) close(pastOf(fold), fold);
  }
  close(areas.length, null);
  return strips;
}

function stripOf(areas: readonly MapsArea[], first: number, past: number, fold: Fold | null): Strip {
  let bytes = 0n;
  for (let i = first; i < past; i++) bytes += sizeOf(areas[i] as MapsArea);
  return { first, past, fold, bytes };
}

/** For each area, whether the hole below it is at least as wide as the runs that it parts. */
function wideHoles(areas: readonly MapsArea[]): boolean[] {
  const isWide = areas.map(() => false);
  let before = 0n;
  let from = 0;
  for (let i = 1; i <= areas.length; i++) {
    if (i < areas.length && holeBelow(areas, i) === 0n) continue;
    const run = (areas[i - 1] as MapsArea).end - (areas[from] as MapsArea).start;
    isWide[from] = from > 0 && holeBelow(areas, from) >= (run > before ? run : before);
    before = run;
    from = i;
  }
  return isWide;
}

/** Free bytes below area i, which is not the first. */
function holeBelow(areas: readonly MapsArea[], i: number): bigint {
  return (areas[i] as MapsArea).start - (areas[i - 1] as MapsArea).end;
}

/** Parts the areas at the `most` - 1 borders that tell most: wide holes, and ends of large folds. */
function joined(areas: readonly MapsArea[], strips: readonly Strip[], most: number): Strip[] {
  const borders = strips.slice(1).map((strip, i) => {
    const below = strips[i] as Strip;
    const weights = [
      holeBelow(areas, strip.first),
      strip.fold ? strip.bytes : 0n,
      below.fold ? below.bytes : 0n,
    ];
    return { at: i + 1, weight: weights.reduce((a, b) => (a > b ? a : b)) };
  });
  borders.sort((a, b) => (a.weight < b.weight ? 1 : a.weight > b.weight ? -1 : a.at - b.at));
  const kept = borders.slice(0, most - 1).map(({ at }) => at);
  const bounds = [0, ...kept.sort((a, b) => a - b), strips.length];
  return bounds.slice(1).map((past, i) => {
    const group = strips.slice(bounds[i], past);
    const [low, high] = [group[0] as Strip, group.at(-1) as Strip];
    return group.length === 1 ? low : stripOf(areas, low.first, high.past, null);
  });
}

// ---- lines ----------------------------------------------------------------------------------------

function bodyOf(
  areas: readonly MapsArea[],
  strips: readonly Strip[],
  columns: number,
  color: boolean,
): string[] {
  const ranges = strips.map((strip) => rangeOf(areas, strip));
  const labels = strips.map((strip) => labelOf(areas, strip));
  const rangeWidth = Math.max(...ranges.map((range) => range.length));
  const room = columns - rangeWidth - SIZE_COLUMNS - 3 * GUTTER.length;
  // A label that leaves the bar no room has a line below it.
  const beside = labels.map((label) => label.length).filter((length) => length <= room - SHORTEST_BAR);
  const wanted = Math.max(SHORTEST_BAR, room - Math.max(0, ...beside));
  const barWidth = Math.min(LONGEST_BAR, wanted, room + GUTTER.length);
  const indent = rangeWidth + SIZE_COLUMNS + 2 * GUTTER.length;
  const { dim } = pc.createColors(color);
  const longestLog = Math.max(...strips.map(logOf));
  return strips.flatMap((strip, i) => {
    const label = labels[i] as string;
    const cells = cellsOf(areas, strip, barWidth, logOf(strip) / longestLog);
    const size = bytesText(strip.bytes).padStart(SIZE_COLUMNS);
    const start = `${(ranges[i] as string).padStart(rangeWidth)}${GUTTER}${size}${GUTTER}`;
    const bar = painted(cells, color) + ' '.repeat(barWidth - cells.length);
    const fits = label.length <= room - barWidth;
    const hole = i > 0 ? holeBelow(areas, strip.first) : 0n;
    return [
      ...(hole > 0n ? [dim(rightmost(`... ${gapText(hole, areas[strip.first] as MapsArea)}`, indent, columns))] : []),
      start + (fits ? `${bar}${GUTTER}${label}`.trimEnd() : painted(cells, color)),
      ...(fits ? [] : [rightmost(label, indent, columns)]),
    ];
  });
}

function rangeOf(areas: readonly MapsArea[], { first, past }: Strip): string {
  const [low, high] = [areas[first] as MapsArea, areas[past - 1] as MapsArea];
  return `${addressText(low.start)}-${addressText(high.end)}`;
}

/** Grows by a step for each doubling; 1 for a page. */
function logOf({ bytes }: Strip): number {
  return Math.log2(Math.max(2, Number(bytes / PAGE) + 1));
}

function labelOf(areas: readonly MapsArea[], { first, past, fold }: Strip): string {
  if (fold) return foldText(areas, fold);
  const own = areas.slice(first, past);
  const names = [...new Set(own.map(shortName).filter((name) => name !== ''))].join(', ');
  if (own.length === 1) return `${(own[0] as MapsArea).perms} ${names}`.trimEnd();
  const label = `${grouped(own.length)} areas${names === '' ? '' : `: ${names}`}`;
  return clipped(label, LONGEST_LABEL);
}

/** The last part of a path: "libc.so.6". */
function shortName({ name }: MapsArea): string {
  return printable(name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name);
}

/** Indented, but by less where the end would be cut off. */
function rightmost(label: string, indent: number, columns: number): string {
  const most = Math.max(0, columns - label.length);
  return clipped(' '.repeat(Math.min(indent, most)) + label, columns);
}

// ---- bars -----------------------------------------------------------------------------------------

function cellsOf(areas: readonly MapsArea[], strip: Strip, most: number, share: number): Cell[] {
  const { first, fold } = strip;
  const drawn = fold ? Math.min(fold.times, DRAWN_REPEATS) * fold.period : strip.past - first;
  const isFull = first + drawn === strip.past;
  const pieces = piecesOf(areas.slice(first, first + drawn));
  const room = isFull ? most : most - 1;
  const length = Math.min(room, Math.max(pieces.length, Math.round(share * room)));
  const cells = pieces.length <= length ? allot(pieces, length) : sampled(pieces, length);
  return isFull ? cells : [...cells, 'more'];
}

/** An area, or a hole, which is given no size: it has one cell however large. */
interface Piece {
  readonly cell: Cell;
  readonly size: number;
}

function piecesOf(areas: readonly MapsArea[]): Piece[] {
  const isReserved = (area: MapsArea) => kindOf(area) === 'reserved';
  // What is only reserved would hide what is there: no piece of it is larger than the largest other.
  const largest = areas.reduce((most, area) => (isReserved(area) ? most : Math.max(most, Number(sizeOf(area)))), 1);
  return areas.flatMap((area, i) => {
    const size = Number(sizeOf(area));
    const piece = { cell: kindOf(area), size: isReserved(area) ? Math.min(size, largest) : size };
    const hasHole = i > 0 && holeBelow(areas, i) > 0n;
    return hasHole ? [{ cell: 'hole', size: 0 } as const, piece] : [piece];
  });
}

/**
 * By size, a cell at least for each; what rounding leaves goes to the largest remainders.
 * Requires: no more pieces than cells.
 */
function allot(pieces: readonly Piece[], length: number): Cell[] {
  const exact = shareHeight(pieces.map(({ size }) => size), length, 1);
  const counts = exact.map(Math.floor);
  const remainder = (i: number) => (exact[i] as number) % 1;
  const left = length - counts.reduce((a, b) => a + b, 0);
  const order = pieces.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a));
  for (const i of order.slice(0, left)) counts[i] = (counts[i] as number) + 1;
  return pieces.flatMap(({ cell }, i) => Array<Cell>(counts[i] as number).fill(cell));
}

/** What is in the middle of each cell. Requires: more pieces than cells. */
function sampled(pieces: readonly Piece[], length: number): Cell[] {
  const total = pieces.reduce((sum, { size }) => sum + size, 0);
  const cells: Cell[] = [];
  let passed = 0;
  for (const { cell, size } of pieces) {
    passed += size;
    while (cells.length < length && (cells.length + 0.5) * (total / length) < passed) {
      cells.push(cell);
    }
  }
  return cells;
}

/** Neighbours of one kind are painted at once, so that the line stays short. */
function painted(cells: readonly Cell[], color: boolean): string {
  if (!color) return cells.map((cell) => LETTERS[cell]).join('');
  let text = '';
  for (let i = 0; i < cells.length; ) {
    const cell = cells[i] as Cell;
    let past = i + 1;
    while (cells[past] === cell) past += 1;
    text += paint(cell)(glyphOf(cell).repeat(past - i));
    i = past;
  }
  return text;
}

function glyphOf(cell: Cell): string {
  if (cell === 'guard') return HALF_BLOCK;
  if (cell === 'reserved') return LIGHT_SHADE;
  return cell === 'hole' || cell === 'more' ? LETTERS[cell] : BLOCK;
}

function paint(cell: Cell): (text: string) => string {
  const { blue, cyan, green, yellow, magenta, red, white, gray, dim } = pc.createColors(true);
  const paints: Readonly<Record<Cell, (text: string) => string>> = {
    'file text': blue,
    'file data': cyan,
    heap: green,
    'anonymous rw': yellow,
    stack: magenta,
    guard: red,
    reserved: dim,
    shared: white,
    other: gray,
    hole: dim,
    more: dim,
  };
  return paints[cell];
}

/** The kinds there are, with their bytes, in as many lines as they take. */
function legendOf(areas: readonly MapsArea[], columns: number, color: boolean): string[] {
  const { byKind, holes } = summarise(areas);
  const kinds = AREA_KINDS.filter((kind) => byKind[kind].areas > 0);
  const entries = kinds.map((kind) => {
    return { cell: kind as Cell, text: `${kind} ${bytesText(byKind[kind].bytes)}` };
  });
  if (holes > 0) entries.push({ cell: 'hole', text: 'hole' });
  const lines: string[] = [];
  let used = columns;
  for (const { cell, text } of entries) {
    const width = 2 + text.length + GUTTER.length;
    const entry = `${painted([cell], color)} ${text}`;
    if (used + width > columns + GUTTER.length) {
      lines.push(entry);
      used = width;
      continue;
    }
    lines.push(`${lines.pop()}${GUTTER}${entry}`);
    used += width;
  }
  return lines;
}
