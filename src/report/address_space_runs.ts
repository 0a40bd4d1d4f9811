/*
 * What the picture of an address space draws, before it has any place: areas, and beyond a number
 * of them breaks that stand for the middle of a repetition; and the runs these make.
 */

import { bytesText } from './bytes.js';
import { type Fold, foldAreas, foldText, pastOf } from './fold_areas.js';
import { type MapsArea, sizeOf } from './maps_text.js';
import { grouped } from './numbers.js';

/** Something with a place in the address space. `index` is that of its (first) area. */
export type Drawn = DrawnArea | Break;

export interface DrawnArea {
  readonly kind: 'area';
  readonly index: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly area: MapsArea;
  /** The repetition it is part of. */
  readonly repeat: Repeat | null;
}

/** Areas that are not drawn, with the holes among them. */
export interface Break {
  readonly kind: 'break';
  readonly index: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly areas: number;
  readonly text: string;
  readonly repeat: Repeat | null;
}

/** Indices of areas; `text` as "2,000 x [guard 4 KiB][anonymous rw 8 MiB]". */
export interface Repeat {
  readonly first: number;
  readonly past: number;
  readonly period: number;
  readonly text: string;
}

/** Neighbours without a hole between them, lowest first, and the repetitions within. */
export interface Run {
  readonly items: readonly Drawn[];
  readonly repeats: readonly Repeat[];
}

/** Up to this many areas are all drawn. */
const MOST_AREAS = 400;
const LEAST_REPEATS = 5;
/** Of a repetition, at its either end. */
const SHOWN_REPEATS = 3;

/** In the order of the areas, no more than about MOST_AREAS. */
export function drawnOf(areas: readonly MapsArea[]): Drawn[] {
  const equal = foldAreas(areas, 'equal', LEAST_REPEATS);
  if (areas.length <= MOST_AREAS) return drawFolds(areas, equal, false);
  const drawn = drawFolds(areas, equal, true);
  if (drawn.length <= MOST_AREAS) return drawn;
  const alike = drawFolds(areas, foldAreas(areas, 'same kind', LEAST_REPEATS), true);
  if (alike.length <= MOST_AREAS) return alike;
  return withoutMiddle(areas, alike);
}

function drawFolds(areas: readonly MapsArea[], folds: readonly Fold[], isShort: boolean): Drawn[] {
  return folds.flatMap((fold): Drawn[] => {
    const { first, period, times } = fold;
    const past = pastOf(fold);
    const repeat = times > 1 ? { first, past, period, text: foldText(areas, fold) } : null;
    const hidden = times - 2 * SHOWN_REPEATS;
    if (!isShort || hidden < 2) return draw(areas, first, past, repeat);
    const [from, to] = [first + SHOWN_REPEATS * period, past - SHOWN_REPEATS * period];
    return [
      ...draw(areas, first, from, repeat),
      breakOf(areas, from, to, `${grouped(hidden)} more times`, repeat),
      ...draw(areas, to, past, repeat),
    ];
  });
}

function draw(
  areas: readonly MapsArea[],
  first: number,
  past: number,
  repeat: Repeat | null,
): Drawn[] {
  return areas.slice(first, past).map((area, i) => {
    const { start, end } = area;
    return { kind: 'area', index: first + i, start, end, area, repeat };
  });
}

function breakOf(
  areas: readonly MapsArea[],
  first: number,
  past: number,
  text: string,
  repeat: Repeat | null,
): Break {
  const { start } = areas[first] as MapsArea;
  const { end } = areas[past - 1] as MapsArea;
  return { kind: 'break', index: first, start, end, areas: past - first, text, repeat };
}

/** When no pattern helps: both ends, and one break for all between. */
function withoutMiddle(areas: readonly MapsArea[], drawn: readonly Drawn[]): Drawn[] {
  const kept = MOST_AREAS / 2;
  const low = drawn.slice(0, kept);
  const high = drawn.slice(-kept);
  const first = (drawn[kept] as Drawn).index;
  const past = (high[0] as Drawn).index;
  let bytes = 0n;
  for (let i = first; i < past; i++) bytes += sizeOf(areas[i] as MapsArea);
  const text = `${grouped(past - first)} areas, ${bytesText(bytes)}`;
  return [...low, breakOf(areas, first, past, text, null), ...high];
}

/** Lowest first. A repetition with holes in it is one of none of its runs. */
export function runsOf(drawn: readonly Drawn[]): Run[] {
  const groups: Drawn[][] = [];
  for (const item of drawn) {
    const last = groups.at(-1);
    if (last && last.at(-1)?.end === item.start) last.push(item);
    else groups.push([item]);
  }
  return groups.map((items) => {
    const repeats = new Set(items.flatMap(({ repeat }) => (repeat ? [repeat] : [])));
    return { items, repeats: [...repeats].filter((repeat) => isWithin(repeat, items)) };
  });
}

function isWithin(repeat: Repeat, items: readonly Drawn[]): boolean {
  const [low, high] = [items[0] as Drawn, items.at(-1) as Drawn];
  const past = high.index + (high.kind === 'break' ? high.areas : 1);
  return repeat.first >= low.index && repeat.past <= past;
}
