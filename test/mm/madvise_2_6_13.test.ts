/**
 * madvise as 2.6.13 alone has it (mm/madvise.c; mended in 2.6.14): nothing for memory without a file, and two mistakes
 * of its merging. "F" is a private map of a file, whose pages go on from area to area.
 */
import { describe, expect, it } from 'vitest';
import { EBADF, EINVAL, ENOMEM } from '../../src/arch/generic/errno.js';
import * as calls from '../../src/arch/generic/mman_calls.js';
import type { Mm } from '../../src/mm/mm.js';
import { load32, store32 } from '../../src/mm/uaccess.js';
import { rules2613, rules2618 } from '../../src/release/mm_rules.js';
import { addressOf, baseOf, draw } from '../support/draw.js';
import { advise, flagsAt, lockPages } from '../support/mm_calls.js';

const { MADV_DONTNEED, MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, VM_RAND_READ, VM_SEQ_READ } = calls;

const start = (text: string, rules = rules2613) => draw(text, { search: 'first-fit', rules });

/** One letter a page: s sequential, r random, n neither; "|" where an area begins, "." where none is. */
function hints(mm: Mm, npages: number): string {
  mm.check();
  let text = '';
  for (let page = 0; page < npages; page++) {
    const vpn = baseOf(mm) + page;
    const h = mm.vmas.find(vpn);
    if (h < 0 || mm.vmas.vmStart[h]! > vpn) text += '.';
    else {
      const flags = flagsAt(mm, page);
      const begins = mm.vmas.vmStart[h] === vpn && page > 0 && !text.endsWith('.');
      text += (begins ? '|' : '') + ((flags & VM_SEQ_READ) !== 0 ? 's' : (flags & VM_RAND_READ) !== 0 ? 'r' : 'n');
    }
  }
  return text;
}

/** Four pages, of which [from, from + npages) are advised so. */
function advised(from: number, npages: number, advice: number, rules = rules2613): Mm {
  const mm = start('FFFF', rules);
  expect(advise(mm, from, npages, advice)).toBe(0);
  return mm;
}

describe('memory without a file', () => {
  it.each([MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED])('advice %i fails with EBADF', (advice) => {
    const mm = start('A');
    store32(mm, ...addressOf(mm, 0, 4), 5);
    expect([advise(mm, 0, 1, advice), load32(mm, ...addressOf(mm, 0, 4))]).toEqual([-EBADF, 5]);
  });

  it('fails so before an unknown advice is known to be one', () => {
    const mm = start('AF');
    expect([advise(mm, 0, 1, 77), advise(mm, 1, 1, 77)]).toEqual([-EBADF, -EINVAL]);
  });

  it('ends the walk; a hole alone is ENOMEM, and so is one before a file', () => {
    const mm = start('FA.F');
    expect([advise(mm, 0, 2, MADV_RANDOM), advise(mm, 2, 1, MADV_RANDOM), advise(mm, 2, 2, MADV_RANDOM)]).toEqual([
      -EBADF, -ENOMEM, -ENOMEM,
    ]);
    expect(hints(mm, 4)).toBe('r|n.r');
  });

  it('is not what shared memory is, nor locked memory an exception', () => {
    const mm = start('SF');
    store32(mm, ...addressOf(mm, 0, 4), 5);
    expect([advise(mm, 0, 1, MADV_DONTNEED), load32(mm, ...addressOf(mm, 0, 4))]).toEqual([0, 5]);
    lockPages(mm, 1, 1);
    expect(advise(mm, 1, 1, MADV_DONTNEED)).toBe(-EINVAL);
  });
});

describe('merging', () => {
  it('with the area below is right', () => {
    const mm = advised(0, 2, MADV_RANDOM);
    expect([advise(mm, 2, 1, MADV_RANDOM), hints(mm, 4)]).toEqual([0, 'rrr|n']);
  });

  it('with both is right', () => {
    const mm = advised(1, 1, MADV_RANDOM);
    expect([hints(mm, 4), advise(mm, 1, 1, MADV_NORMAL), hints(mm, 4)]).toEqual(['n|r|nn', 0, 'nnnn']);
  });

  it('advice that changes nothing splits nothing', () => {
    expect(hints(advised(1, 2, MADV_NORMAL), 4)).toBe('nnnn');
  });

  it('with the area above alone takes its advice away instead of giving it', () => {
    const mm = advised(2, 2, MADV_SEQUENTIAL);
    expect(hints(mm, 4)).toBe('nn|ss');
    expect([advise(mm, 0, 2, MADV_SEQUENTIAL), hints(mm, 4)]).toEqual([0, 'nnnn']);
  });

  it('the same from the middle of an area loses what lies in front: nothing is mapped there any more', () => {
    const mm = advised(3, 1, MADV_SEQUENTIAL);
    expect([advise(mm, 1, 2, MADV_SEQUENTIAL), hints(mm, 4)]).toEqual([0, '.nnn']);
    expect(mm.vmas.vmPgoff[mm.vmas.first()]).toBe(1);
  });

  it('a range goes on behind what was merged: the rest of it is not advised', () => {
    const mm = advised(2, 1, MADV_SEQUENTIAL);
    expect([hints(mm, 4), advise(mm, 0, 3, MADV_SEQUENTIAL), hints(mm, 4)]).toEqual(['nn|s|n', 0, 'nnn|n']);
  });

  it('2.6.18 does all three', () => {
    const mm = advised(2, 2, MADV_SEQUENTIAL, rules2618);
    expect([advise(mm, 0, 2, MADV_SEQUENTIAL), hints(mm, 4)]).toEqual([0, 'ssss']);
    const other = advised(3, 1, MADV_SEQUENTIAL, rules2618);
    expect([advise(other, 1, 2, MADV_SEQUENTIAL), hints(other, 4)]).toEqual([0, 'n|sss']);
  });
});
