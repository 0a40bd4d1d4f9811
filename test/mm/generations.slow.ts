/* The generations of generations.test.ts for longer: 200,000 calls each, 17 million together. */
import { describe, expect, it } from 'vitest';
import { pairings, walkGenerations } from './generation_pair.js';

describe('200,000 random calls', () => {
  it.each(pairings())('$name', ({ search, world }) => {
    expect(walkGenerations(search, world, 100, 2000)).toBe(200_000);
  });
});
