/*
 * Numbers as people read them, and the ticks of logarithmic axes. Written out rather than left to
 * toLocaleString, whose answer depends on the host's language data; reports must not.
 */

const KIBI = 1024;
const STEPS_OF_A_DECADE = [1, 2, 5];

/** "1,234,567.50": thousands grouped by a comma, `digits` places after the point. */
export function grouped(value: number, digits = 0): string {
  const [whole, fraction] = value.toFixed(digits).split('.') as [string, string?];
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

/**
 * How the numbers of one axis are written, three significant digits at most: "0.1", "2", "64k", "1.5M". Counts that are
 * all powers of two, or multiples of such, are "1Ki", "64Ki": "65.5k" would hide it. Never both on one axis.
 */
export function axisText(ticks: readonly number[]): (value: number) => string {
  const large = ticks.filter((tick) => tick >= 1000);
  const isBinary = large.every((tick) => tick % KIBI === 0) && large.some((tick) => tick % 1000 !== 0);
  return isBinary ? binary : decimal;
}

function binary(value: number): string {
  if (value >= KIBI ** 2 && value % KIBI ** 2 === 0) return `${grouped(value / KIBI ** 2)}Mi`;
  return value >= KIBI ? `${grouped(value / KIBI)}Ki` : significant(value);
}

function decimal(value: number): string {
  if (value >= 1e9) return `${significant(value / 1e9)}G`;
  if (value >= 1e6) return `${significant(value / 1e6)}M`;
  if (value >= 1e3) return `${significant(value / 1e3)}k`;
  return significant(value);
}

function significant(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/**
 * Ticks at the thread counts themselves, since those were chosen and mean something; thinned evenly
 * from the smallest where more than `most` would not fit.
 */
export function countTicks(counts: readonly number[], most: number): number[] {
  const sorted = [...new Set(counts)].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(sorted.length / most));
  return sorted.filter((_, i) => i % every === 0);
}

/** The powers of ten from the one at or below `lo` to the one at or above `hi`; two at least. */
export function decadeTicks(lo: number, hi: number): number[] {
  const [first, last] = decadesAround(lo, hi);
  return Array.from({ length: last - first + 1 }, (_, i) => powerOfTen(first + i));
}

/** 1, 2, 5, 10, 20, ... covering lo to hi as closely as that allows; two at least. */
export function fineTicks(lo: number, hi: number): number[] {
  const [first, last] = decadesAround(lo, hi);
  const steps: number[] = [];
  for (let decade = first; decade <= last; decade++) {
    steps.push(
      ...STEPS_OF_A_DECADE.map((step) => Number((step * powerOfTen(decade)).toPrecision(1))),
    );
  }
  const from = steps.findLastIndex((step) => step <= lo);
  const to = steps.findIndex((step) => step >= hi && step > (steps[from] as number));
  return steps.slice(from, to + 1);
}

/** Exponents of ten, the last above the first even where one value is all there is. */
function decadesAround(lo: number, hi: number): [number, number] {
  const first = Math.floor(Math.log10(lo));
  return [first, Math.max(first + 1, Math.ceil(Math.log10(hi)))];
}

/** 10 ** -1 and the like come out exact by way of the decimal text. */
function powerOfTen(exponent: number): number {
  return Number(`1e${exponent}`);
}
