/* Every generation against its slow transcription: addresses, remembered fields and probes, after every call. */
import { describe, expect, it } from 'vitest';
import { targetOf } from '../support/machines.js';
import { pairings, realWorlds, walkGenerations } from './generation_pair.js';

describe('10,000 random calls', () => {
  it.each(pairings())('$name', ({ search, world }) => {
    // A fresh address space every 500 calls: some stay nearly empty, some fill up.
    expect(walkGenerations(search, world, 20, 500)).toBe(10_000);
  });
});

describe('10,000 random calls on machines as they were, by their own search', () => {
  it.each(realWorlds)('$arch $bits-bit, $release', ({ world, ...machine }) => {
    const target = targetOf(machine);
    expect(walkGenerations(target.search, world, 20, 500, target)).toBe(10_000);
  });
});
