/* The leak test of 2005 for its million rounds: as many areas are left as under the compiled kernels. */
import { expect, it } from 'vitest';
import { leak } from './leak.js';

it.each([
  ['first-fit', false, 8], ['free-area-cache', false, 8], ['hole-size', false, 4], ['gap-tree', false, 8], ['hole-tree', false, 8],
  ['topdown-2.6.9', true, 106], ['topdown-2.6.12', true, 89], ['hole-size', true, 15], ['gap-tree', true, 8],
] as const)('%s, down: %s, ends with %i areas', (search, topDown, areas) => {
  expect(leak(search, topDown, 1_000_000)).toEqual({ rounds: 1_000_000, areas });
});
