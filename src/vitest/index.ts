/*
 * guardpage/vitest: complexity as a test. Importing this file registers two matchers that state how exact counts grow:
 *
 *   import 'guardpage/vitest';
 *
 *   const probes = [1000, 2000, 4000, 8000].map((n) => [n, probesOf(n)] as const);
 *   expect(probes).toGrowAs('n');
 *   expect(probes).toGrowAtMostAs('n log n');
 *
 * Counts, not times: they are the same on every host, so such a test never fails by chance.
 */
import { expect } from 'vitest';
import {
  bestFit, type Counts, type Growth, type GrowthClass, type GrowthOptions, growthOfCounts, growthText, TOLERANCE,
} from './growth_class.js';

export type { Count, Counts, GrowthClass, GrowthOptions } from './growth_class.js';

interface GrowthMatchers<R> {
  /** The counts grow as `name` says, neither faster nor slower. */
  toGrowAs(name: GrowthClass, options?: GrowthOptions): R;
  /** They grow so, or slower. */
  toGrowAtMostAs(name: GrowthClass, options?: GrowthOptions): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: vitest declares it so.
  interface Matchers<T = any> extends GrowthMatchers<T> {}
}

function verdict(counts: Counts, name: GrowthClass, isMet: (growth: Growth) => boolean, how: string) {
  const growth = growthOfCounts(counts, name);
  return {
    pass: isMet(growth),
    message: () => `expected counts ${how} ${name}; they grow as ${bestFit(counts)}\n${growthText(name, growth)}`,
  };
}

expect.extend({
  toGrowAs(counts: Counts, name: GrowthClass, { tolerance = TOLERANCE }: GrowthOptions = {}) {
    const not = this.isNot ? 'not ' : '';
    return verdict(counts, name, ({ excess }) => Math.abs(excess) <= tolerance, `${not}to grow as`);
  },

  toGrowAtMostAs(counts: Counts, name: GrowthClass, { tolerance = TOLERANCE }: GrowthOptions = {}) {
    const how = this.isNot ? 'to grow faster than' : 'to grow at most as';
    return verdict(counts, name, ({ excess }) => excess <= tolerance, how);
  },
});
