/**
 * mm against the page model (naive_pages.ts): random programs of all memory calls, of loads and stores, stacks that
 * grow and forks, on every machine, in every word size, under every release there is. After each call the result,
 * the whole map, the accounting and the pages present are the same, and mm.check() finds nothing. Millions of
 * calls are in naive_pages.slow.ts.
 */
import { describe, expect, it } from 'vitest';
import { seed } from '../support/seed.js';
import { pageMachines, walkPages } from './pages_walk.js';

const CALLS = 210_000;

let made = 0;

describe.each(pageMachines)('$name', (machine) => {
  it('every call does what the page model does', () => {
    made += walkPages(machine, CALLS / pageMachines.length, seed);
  });
});

it('at least 200,000 calls were compared', () => {
  expect(made).toBeGreaterThan(200_000);
});
