/** The comparison with this host, for some minutes: host.test.ts says what is compared. */
import { describe, expect, it } from 'vitest';
import { ALL, MAPS, walkArena } from './arena_walk.js';
import { openHost } from './host.js';

const host = await openHost();

describe.skipIf(typeof host === 'string')('this host, a long walk', () => {
  if (typeof host === 'string') return;

  it.each([
    ['maps and faults', MAPS],
    ['maps, faults and mremap', { ...MAPS, mremap: 8 }],
    ['maps, faults, madvise and mlock', { ...MAPS, madvise: 8, mlock: 2, munlock: 2, mlock2: 2 }],
    ['all calls', ALL],
  ])('%s', (_name, mix) => {
    expect(walkArena(host, mix, 25_000)).toBeGreaterThan(1_000_000);
  });
});
