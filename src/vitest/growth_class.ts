/*
 * How exact counts grow: which of the usual functions they follow, and by which exponent. Pure functions; the
 * matchers of index.ts are made of them.
 *
 * Counts follow f when cost / f(n) stays level, so its exponent over the counts, the least-squares slope of
 * log(cost / f(n)) on log(n), must be near 0. Lower terms shift a slope a little, and n log n looks like n^1.1 over
 * a few thousands, hence the tolerance and the demand for counts that double.
 */
import { slopeOf } from '../report/growth.js';
import { grouped } from '../report/numbers.js';

/** "constant", "log n", "n", "n log n", "n^2" and the like. */
export type GrowthClass = 'constant' | 'log n' | 'n' | 'n log n' | `n^${number}`;

/** What a size cost. */
export type Count = readonly [n: number, cost: number];

/** Counts as pairs, or as a record or Map from n to its cost. */
export type Counts = readonly Count[] | Readonly<Record<number, number>> | ReadonlyMap<number, number>;

export interface GrowthOptions {
  /** How far the exponent may be off; default 0.1. */
  readonly tolerance?: number;
}

export interface Growth {
  /** k in cost ~ n^k. */
  readonly exponent: number;
  /** k in cost / f(n) ~ n^k: 0 where the counts follow f. */
  readonly excess: number;
  /** The counts, smallest n first. */
  readonly counts: readonly Count[];
}

export const TOLERANCE = 0.1;
const FEWEST = 4;
const LEAST_STEP = 2;
/** Named in messages, in this order. */
const USUAL: readonly GrowthClass[] = ['constant', 'log n', 'n', 'n log n', 'n^2', 'n^3'];

/** Measures `counts` against `name`. Throws Error for counts that cannot tell, and for a name that is none. */
export function growthOfCounts(counts: Counts, name: GrowthClass): Growth {
  const f = functionOf(name);
  const pairs = pairsOf(counts);
  refuse(pairs);
  // What never costs anything is as constant as can be, and grows no way else.
  if (pairs.every(([, cost]) => cost === 0)) {
    return { exponent: 0, excess: name === 'constant' ? 0 : Number.NEGATIVE_INFINITY, counts: pairs };
  }
  return { exponent: slopeOf(pairs), excess: slopeOf(pairs.map(([n, cost]) => [n, cost / f(n)])), counts: pairs };
}

function pairsOf(counts: Counts): Count[] {
  if (Array.isArray(counts)) return [...(counts as readonly Count[])].sort(([a], [b]) => a - b);
  const entries = counts instanceof Map ? [...counts] : Object.entries(counts);
  return entries.map(([n, cost]) => [Number(n), cost as number] as const).sort(([a], [b]) => a - b);
}

/** A slope over few or crowded counts says little and looks exact. */
function refuse(pairs: readonly Count[]): void {
  if (pairs.length < FEWEST) {
    throw new Error(`growth needs at least ${FEWEST} counts, each at least twice the one before: there are ${pairs.length}`);
  }
  pairs.forEach(([n, cost], i) => {
    if (!(n > 1) || !(cost >= 0)) throw new Error(`growth needs n above 1 and costs not below 0: n = ${n} has ${cost}`);
    const before = pairs[i - 1]?.[0];
    if (before !== undefined && n < LEAST_STEP * before) {
      throw new Error(`growth needs counts that at least double: ${n} follows ${before}`);
    }
  });
  const costs = pairs.filter(([, cost]) => cost === 0).length;
  if (costs > 0 && costs < pairs.length) throw new Error('growth cannot be told where some costs are 0 and others are not');
}

function functionOf(name: GrowthClass): (n: number) => number {
  switch (name) {
    case 'constant':
      return () => 1;
    case 'log n':
      return Math.log2;
    case 'n':
      return (n) => n;
    case 'n log n':
      return (n) => n * Math.log2(n);
    default: {
      const power = /^n\^(-?\d+(?:\.\d+)?)$/.exec(name)?.[1];
      if (power === undefined) throw new Error(`no growth "${name}"; there are: ${USUAL.join(', ')}, n^K for any number K`);
      return (n) => n ** Number(power);
    }
  }
}

/** The usual function that the counts follow best. */
export function bestFit(counts: Counts): GrowthClass {
  const off = (name: GrowthClass) => Math.abs(growthOfCounts(counts, name).excess);
  return USUAL.reduce((best, name) => (off(name) < off(best) ? name : best));
}

/** The measured exponent, and a line for each count. */
export function growthText(name: GrowthClass, { counts, exponent, excess }: Growth): string {
  const f = functionOf(name);
  const rows = [['n', 'cost', `cost / ${name === 'constant' ? '1' : `(${name})`}`]];
  for (const [n, cost] of counts) rows.push([grouped(n), grouped(cost), decimal(cost / f(n))]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `  ${row.map((text, column) => text.padStart(widths[column]!)).join('  ')}`);
  return [`measured: n^${decimal(exponent)}, which is n^${decimal(excess)} times ${name}`, ...lines].join('\n');
}

/** Three significant digits. */
function decimal(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
