/*
 * Finds repetitions in a list of areas: 64,000 times [guard][stack] is one fold of period 2. Both
 * pictures of an address space stay small by it.
 *
 *   areas   T D |A|A|A|A S        (| guard, A anonymous)
 *   folds   T D (|A) x 4 S
 */

import { bytesText } from './bytes.js';
import { grouped } from './numbers.js';
import { kindOf, type MapsArea, sizeOf } from './maps_text.js';

/** areas[first] up to areas[first + period * times]; a single area has period and times 1. */
export interface Fold {
  readonly first: number;
  readonly period: number;
  readonly times: number;
}

/** Equal in all but place, holes included; or of one kind, whatever the sizes and holes. */
export type Likeness = 'equal' | 'same kind';

/** A pattern longer than this is not looked for. */
const LONGEST_PERIOD = 4;

/**
 * Covers every area once, in order. Only what repeats `least` times or more is folded.
 * Takes time in proportion to the areas, as what was compared for long is folded at once.
 */
export function foldAreas(
  areas: readonly MapsArea[],
  likeness: Likeness,
  least: number,
): Fold[] {
  const keys = keysOf(areas, likeness);
  const folds: Fold[] = [];
  for (let first = 0; first < areas.length; ) {
    let best: Fold = { first, period: 1, times: 1 };
    for (let period = 1; period <= LONGEST_PERIOD; period++) {
      const times = timesAt(first, period, keys);
      if (times >= least && times * period > pastOf(best) - first) best = { first, period, times };
    }
    folds.push(best);
    first = pastOf(best);
  }
  return folds;
}

/** Index after the last area of a fold. */
export function pastOf(fold: Fold): number {
  return fold.first + fold.period * fold.times;
}

/** Areas with the same numbers are alike, and so are the holes below them. */
interface Keys {
  readonly shapes: readonly number[];
  readonly holes: readonly number[];
}

function keysOf(areas: readonly MapsArea[], likeness: Likeness): Keys {
  const shapes = new Map<string, number>();
  const holes = new Map<bigint, number>();
  const isEqual = likeness === 'equal';
  return {
    shapes: areas.map((area) => {
      const { perms, name } = area;
      // [stack:1234] of 3.4 to 4.4 has the thread's number.
      const ownName = name.replace(/^\[stack:\d+\]$/, '[stack]');
      const equal = isEqual ? ` ${perms} ${sizeOf(area)} ${ownName}` : '';
      return numbered(shapes, kindOf(area) + equal);
    }),
    holes: areas.map((area, i) => {
      return numbered(holes, isEqual && i > 0 ? area.start - (areas[i - 1] as MapsArea).end : 0n);
    }),
  };
}

function numbered<Key>(numbers: Map<Key, number>, key: Key): number {
  const number = numbers.get(key) ?? numbers.size;
  numbers.set(key, number);
  return number;
}

/** How often the `period` areas from `first` on follow each other. */
function timesAt(first: number, period: number, { shapes, holes }: Keys): number {
  let i = first + period;
  // The hole below areas[first] is not part of the pattern.
  const isAlike = () =>
    shapes[i] === shapes[i - period] && (i === first + period || holes[i] === holes[i - period]);
  while (i < shapes.length && isAlike()) i += 1;
  return Math.floor((i - first) / period);
}

/** "2,000 x [guard 4 KiB][anonymous rw 8 MiB]", or with sizes from least to most. */
export function foldText(areas: readonly MapsArea[], fold: Fold): string {
  const { first, period, times } = fold;
  const parts = Array.from({ length: period }, (_, phase) => {
    const i = first + phase;
    const sizes = Array.from({ length: times }, (_, n) => {
      return sizeOf(areas[i + n * period] as MapsArea);
    });
    const holes = Array.from({ length: times }, (_, n) => i + 1 + n * period)
      .filter((next) => next < pastOf(fold))
      .map((next) => (areas[next] as MapsArea).start - (areas[next - 1] as MapsArea).end);
    const hole = holes.some((bytes) => bytes > 0n) ? ` (hole ${rangeText(holes)}) ` : '';
    return `[${kindOf(areas[i] as MapsArea)} ${rangeText(sizes)}]${hole}`;
  });
  return `${grouped(times)} x ${parts.join('').trimEnd()}`;
}

function rangeText(sizes: readonly bigint[]): string {
  let least = sizes[0] as bigint;
  let most = least;
  for (const size of sizes) {
    if (size < least) least = size;
    if (size > most) most = size;
  }
  const [from, to] = [bytesText(least), bytesText(most)];
  return from === to ? from : `${from} to ${to}`;
}
