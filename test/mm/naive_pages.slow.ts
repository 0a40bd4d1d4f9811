/** Millions of the calls that naive_pages.test.ts makes, with a seed of their own. */
import { describe, expect, it } from 'vitest';
import { freshSeed } from '../support/seed.js';
import { pageMachines, walkPages } from './pages_walk.js';

const CALLS = 3_000_000;

const seed = freshSeed('page model');
let made = 0;

describe.each(pageMachines)('$name', (machine) => {
  it('every call does what the page model does', () => {
    made += walkPages(machine, CALLS / pageMachines.length, seed);
  });
});

it('at least 3,000,000 calls were compared', () => {
  console.log(`page model: ${made} calls on ${pageMachines.length} machines`);
  expect(made).toBeGreaterThanOrEqual(CALLS);
});
