/*
 * Where things go in the pictures of an address space: numbers in, numbers out. Heights (or cells)
 * are given to the areas of a run to scale, labels are moved apart, runs spread over columns.
 */

/**
 * Shares `height` in proportion to `sizes`, but `least` to each at least: who would get less is
 * given that, and the others share what remains, to scale among themselves.
 * Requires: height >= least * sizes.length.
 */
export function shareHeight(sizes: readonly number[], height: number, least: number): number[] {
  const atLeast = sizes.map(() => false);
  for (;;) {
    const isFree = (_: unknown, i: number) => !atLeast[i];
    const free = sizes.filter(isFree).reduce((a, b) => a + b, 0);
    const scale = (height - least * (sizes.length - sizes.filter(isFree).length)) / free;
    // Written so that a size of 0 is small even where the scale is infinite.
    const small = sizes.flatMap((size, i) => (atLeast[i] || size * scale >= least ? [] : [i]));
    if (small.length === 0) return sizes.map((size, i) => (atLeast[i] ? least : size * scale));
    for (const i of small) atLeast[i] = true;
  }
}

/**
 * Moves labels apart, `step` at least from each to the next, as little as that takes, and within
 * `low` to `high` where there is room. Labels that push each other keep their common centre.
 * Requires: `wanted` ascends.
 */
export function spread(
  wanted: readonly number[],
  step: number,
  low: number,
  high: number,
): number[] {
  // With i * step taken off, "step apart" is "ascending": pool those that are not, each pool
  // at its mean.
  const pools: { sum: number; count: number }[] = [];
  wanted.forEach((y, i) => {
    let pool = { sum: y - i * step, count: 1 };
    for (let last = pools.at(-1); last && mean(last) > mean(pool); last = pools.at(-1)) {
      pools.pop();
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  const most = Math.max(low, high - (wanted.length - 1) * step);
  return pools
    .flatMap((pool) => Array<number>(pool.count).fill(mean(pool)))
    .map((y, i) => Math.min(most, Math.max(low, y)) + i * step);
}

function mean(pool: { sum: number; count: number }): number {
  return pool.sum / pool.count;
}

/**
 * How many of the next heights go into each column, none above `most` unless alone. The same
 * number of columns is then filled as evenly as it goes.
 */
export function columnsOf(heights: readonly number[], most: number): number[][] {
  const columns = packed(heights, most);
  const total = heights.reduce((a, b) => a + b, 0);
  const tallest = Math.max(0, ...heights);
  for (let share = 0; share < 10; share++) {
    const even = Math.max(tallest, (total / columns.length) * (1 + share / 10));
    const evenly = packed(heights, even);
    if (even < most && evenly.length <= columns.length) return evenly;
  }
  return columns;
}

/** Indices of the heights, column by column. */
function packed(heights: readonly number[], most: number): number[][] {
  const columns: number[][] = [[]];
  let used = 0;
  heights.forEach((height, i) => {
    if (used > 0 && used + height > most) {
      columns.push([]);
      used = 0;
    }
    columns.at(-1)?.push(i);
    used += height;
  });
  return columns;
}
