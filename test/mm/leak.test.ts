/* The leak test of 2005: the cursor dies in the round, and with the areas, in which the compiled kernel's does. */
import { expect, it } from 'vitest';
import { leak } from './leak.js';

it('the cursor of 2.5.74 to 2.6.12 finds no hole after 52,624 rounds, with 92 areas', () => {
  expect(leak('cursor', false, 1_000_000)).toEqual({ rounds: 52_624, areas: 92 });
});
