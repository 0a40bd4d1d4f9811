/** msync: argument checks, holes and locked memory. Facts from mm/msync.c of Linux 2.5.46 to 6.18. */
import { describe, expect, it } from 'vitest';
import { EBUSY, EINVAL, ENOMEM } from '../../src/arch/generic/errno.js';
import { MS_ASYNC, MS_INVALIDATE, MS_SYNC } from '../../src/arch/generic/mman_calls.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMsync } from '../../src/mm/msync.js';
import { baseOf, draw } from '../support/draw.js';
import { lockPages, type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const all = Object.keys(ruleSets) as Rules[];

function msync(mm: Mm, page: number, npages: number, flags: number): number {
  return doMsync(mm, baseOf(mm) + page, 0, npages, 0, flags);
}

describe.each(all)('every release, %s', (rules) => {
  const start = (text: string) => draw(text, withRules(rules));

  it('unknown flags, and MS_ASYNC with MS_SYNC, fail with EINVAL', () => {
    const mm = start('G');
    expect([msync(mm, 0, 1, 8), msync(mm, 0, 1, MS_ASYNC | MS_SYNC)]).toEqual([-EINVAL, -EINVAL]);
  });

  it('an unaligned address fails with EINVAL, even with length 0', () => {
    const mm = start('G');
    expect(doMsync(mm, baseOf(mm), 1, 0, 0, MS_SYNC)).toBe(-EINVAL);
  });

  it('a range that wraps around fails with ENOMEM; one that rounds to 0 succeeds', () => {
    const mm = start('G');
    const { vpnEnd, pageSize } = mm.target;
    expect(msync(mm, 0, vpnEnd - 2, MS_SYNC)).toBe(-ENOMEM);
    expect([msync(mm, 5, 0, MS_SYNC), doMsync(mm, baseOf(mm), 0, vpnEnd - 1, pageSize - 1, 0)]).toEqual([0, 0]);
  });

  it('memory of any kind can be synchronized, with any of the flags or none', () => {
    const mm = start('GFAS');
    for (const flags of [0, MS_ASYNC, MS_SYNC, MS_INVALIDATE, MS_INVALIDATE | MS_SYNC]) {
      expect(msync(mm, 0, 4, flags)).toBe(0);
    }
  });

  it('a hole between areas fails with ENOMEM', () => {
    const mm = start('G.G');
    expect([msync(mm, 0, 3, MS_SYNC), msync(mm, 0, 3, MS_ASYNC), msync(mm, 1, 1, 0)])
      .toEqual([-ENOMEM, -ENOMEM, -ENOMEM]);
  });

  it('MS_INVALIDATE of locked memory fails with EBUSY, also behind a hole', () => {
    const mm = start('G.G');
    lockPages(mm, 2, 1);
    expect([msync(mm, 2, 1, MS_INVALIDATE), msync(mm, 2, 1, MS_SYNC)]).toEqual([-EBUSY, 0]);
    expect(msync(mm, 0, 3, MS_INVALIDATE)).toBe(-EBUSY);
  });

  it('a range that runs past the last area of all fails with ENOMEM, but in 2.6.18 it succeeds', () => {
    const mm = start('G..');
    expect(msync(mm, 0, 3, MS_SYNC)).toBe(rules === '2.6.18' ? 0 : -ENOMEM);
    expect(msync(mm, 1, 1, MS_SYNC)).toBe(-ENOMEM);
  });
});
