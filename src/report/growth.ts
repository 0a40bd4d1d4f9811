/*
 * How the cost of the search grows: the exponent k in probes ~ threads^k, as the least-squares slope
 * of log(probes) on log(threads). 1 is a constant cost per thread, 2 a search that walks every stack
 * already there.
 *
 * A slope over few or crowded counts says little and looks exact, so it is refused (null) unless
 * there are at least four counts and each is at least twice the one before.
 */

import type { BenchRun, Growth } from './bench_json.js';
import { seriesOf } from './series.js';

const MIN_COUNTS = 4;
const MIN_STEP = 2;

/** One row per machine, word size, release, search, stack strategy and NPTL, as first seen. */
export function growthOf(runs: readonly BenchRun[]): Growth[] {
  return seriesOf(runs).map((series) => ({ ...series.key, exponent: exponentOf(series.runs) }));
}

function exponentOf(runs: readonly BenchRun[]): number | null {
  const sorted = [...runs].sort((a, b) => a.threads - b.threads);
  if (sorted.length < MIN_COUNTS || !doubles(sorted.map((run) => run.threads))) return null;
  // A stack strategy that never searched has no logarithm, and no growth either.
  if (sorted.some((run) => run.probes <= 0)) return null;
  return slope(sorted.map((run) => [Math.log(run.threads), Math.log(run.probes)]));
}

/** Each count at least twice the one before; a run without threads never qualifies. */
function doubles(counts: readonly number[]): boolean {
  return counts.every((count, i) => count > 0 && count >= MIN_STEP * (counts[i - 1] ?? 0));
}

/** k in y ~ x^k: the slope of log(y) on log(x). Requires: positive numbers, two different x at least. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  return slope(points.map(([x, y]) => [Math.log(x), Math.log(y)]));
}

/** Requires: two different x at least. Means are taken off first, which keeps the sums small. */
function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  let covariance = 0;
  let variance = 0;
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
}
