/**
 * remap_file_pages on shared memory: reordered entries of the page table up to 3.19, new areas from 4.0 on.
 * Facts from mm/fremap.c of Linux 2.5.46, 2.6.11, 2.6.18 and mm/mmap.c of 6.1 and 6.18.
 */
import { describe, expect, it } from 'vitest';
import { EINVAL } from '../../src/arch/generic/errno.js';
import { PROT_READ, PROT_WRITE, VM_LOCKED } from '../../src/arch/generic/mman.js';
import { MADV_DONTNEED, VM_NONLINEAR } from '../../src/arch/generic/mman_calls.js';
import type { Mm } from '../../src/mm/mm.js';
import { doRemapFilePages } from '../../src/mm/remap_file_pages.js';
import { load32, store32 } from '../../src/mm/uaccess.js';
import { addressOf, baseOf, draw, picture } from '../support/draw.js';
import { advise, flagsAt, lockPages, remap, type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const all = Object.keys(ruleSets) as Rules[];
const reordered: Rules[] = ['2.5', '2.6.11', '2.6.18'];
const recent: Rules[] = ['4.12', '6.1', '6.13', '6.18'];

/** Reading and writing where the call takes rights, and 0 where they must be 0. */
function shuffle(mm: Mm, page: number, npages: number, pgoff: number, rights?: number): number {
  const prot = rights ?? (mm.rules.remapFilePages === 'any prot' ? PROT_READ | PROT_WRITE : 0);
  return doRemapFilePages(mm, {
    vpn: baseOf(mm) + page, offset: 0, sizePages: npages, sizeOffset: 0, prot, pgoff, flags: 0,
  });
}

/** Shared memory whose pages hold 10, 11, 12 ... */
function numbered(rules: Rules, text: string): Mm {
  const mm = draw(text, withRules(rules));
  for (let page = 0; page < text.length; page++) {
    if (text[page] === 'S') store32(mm, ...addressOf(mm, page), 10 + page);
  }
  return mm;
}

function words(mm: Mm, npages: number): number[] {
  return Array.from({ length: npages }, (_, page) => load32(mm, ...addressOf(mm, page)));
}

/** A byte of a size must be seen beside an address that has 51 bits of page number. */
it('an unaligned size is exact at the top of the sparc64 address space, too', () => {
  const mm = draw('SS', { ...withRules('2.5'), arch: 'sparc64' });
  const call = { vpn: baseOf(mm), offset: 0, sizePages: 0, prot: PROT_READ, pgoff: 1, flags: 0 };
  expect(doRemapFilePages(mm, { ...call, sizeOffset: 1 })).toBe(0);
  expect(doRemapFilePages(mm, { ...call, vpn: call.vpn + 1, sizePages: 1, sizeOffset: 1 })).toBe(-EINVAL);
  expect(doRemapFilePages(mm, { ...call, sizeOffset: 0 })).toBe(-EINVAL);
});

describe.each(all)('every release, %s', (rules) => {
  it('a page shows another page of its file', () => {
    const mm = numbered(rules, 'SSSS');
    expect([shuffle(mm, 0, 2, 2), words(mm, 4)]).toEqual([0, [12, 13, 12, 13]]);
    store32(mm, ...addressOf(mm, 0), 77);
    expect(words(mm, 4)).toEqual([77, 13, 77, 13]);
    mm.check();
  });

  it('the whole of an area can be turned around, page by page', () => {
    const mm = numbered(rules, 'SSS');
    [0, 1, 2].forEach((page) => { expect(shuffle(mm, page, 1, 2 - page)).toBe(0); });
    expect(words(mm, 3)).toEqual([12, 11, 10]);
    mm.check();
  });

  it('private memory and holes fail with EINVAL', () => {
    const mm = numbered(rules, 'AF.S');
    expect([0, 1, 2].map((page) => shuffle(mm, page, 1, 0))).toEqual([-EINVAL, -EINVAL, -EINVAL]);
  });

  it('a size of 0 and a range beyond the area fail with EINVAL', () => {
    const mm = numbered(rules, 'SS');
    expect([shuffle(mm, 0, 0, 0), shuffle(mm, 1, 2, 0)]).toEqual([-EINVAL, -EINVAL]);
  });

  it('pages move with mremap', () => {
    const mm = numbered(rules, 'SS......');
    shuffle(mm, 0, 1, 1);
    expect(remap(mm, 0, 1, 1, 3, 5)).toBe(5);
    expect(load32(mm, ...addressOf(mm, 5))).toBe(11);
    mm.check();
  });
});

describe('prot', () => {
  it('is given to the pages in 2.5.46', () => {
    const mm = numbered('2.5', 'SS');
    expect(shuffle(mm, 0, 1, 1, PROT_READ)).toBe(0);
    expect(load32(mm, ...addressOf(mm, 0))).toBe(11);
  });

  it.each(all.slice(1))('must be 0 in %s', (rules) => {
    expect(shuffle(numbered(rules, 'SS'), 0, 1, 1, PROT_READ)).toBe(-EINVAL);
  });
});

describe.each(reordered)('reordered pages: %s', (rules) => {
  it('the areas stay as they are', () => {
    const mm = numbered(rules, 'SSSS');
    shuffle(mm, 1, 1, 3);
    expect([mm.vmas.size, mm.pageTable.rss]).toEqual([1, 4]);
    expect(flagsAt(mm, 0) & VM_NONLINEAR).toBe(rules === '2.5' ? 0 : VM_NONLINEAR);
  });

  it('the linear order leaves no mark', () => {
    const mm = numbered(rules, 'SS');
    expect([shuffle(mm, 1, 1, 1), picture(mm)]).toEqual([0, 'SS']);
  });

  it('a page that is dropped comes back in its linear place', () => {
    const mm = numbered(rules, 'SS');
    shuffle(mm, 0, 1, 1);
    advise(mm, 0, 1, MADV_DONTNEED);
    expect(words(mm, 2)).toEqual([10, 11]);
  });

  it('pages behind the end of the file fail with EINVAL, and nothing changes', () => {
    const mm = numbered(rules, 'SSS');
    expect([shuffle(mm, 0, 2, 2), words(mm, 3)]).toEqual([-EINVAL, [10, 11, 12]]);
  });
});

describe('rounding', () => {
  const call = (rules: Rules, offset: number, sizeOffset: number) => {
    const mm = numbered(rules, 'SSSS');
    const prot = rules === '2.5' ? 3 : 0;
    const result = doRemapFilePages(mm, {
      vpn: baseOf(mm), offset, sizePages: 1, sizeOffset, prot, pgoff: 3, flags: 0,
    });
    return [result, ...words(mm, 3)];
  };

  it('is up in 2.5.46 and down after', () => {
    expect(call('2.5', 1, 0)).toEqual([0, 10, 13, 12]);
    expect(call('2.6.18', 1, 5)).toEqual([0, 13, 11, 12]);
    expect(call('6.1', 1, 5)).toEqual([0, 13, 11, 12]);
  });
});

describe.each(recent)('mapped anew: %s', (rules) => {
  it('an area for the pages appears', () => {
    const mm = numbered(rules, 'SSSS');
    expect([shuffle(mm, 1, 1, 3), picture(mm)]).toEqual([0, 'S|S|SS']);
    const h = mm.vmas.find(baseOf(mm) + 1);
    expect([mm.vmas.vmPgoff[h], mm.pageTable.isPresent(baseOf(mm) + 1)]).toEqual([3, true]);
  });

  it('putting the pages back in order merges the areas again', () => {
    const mm = numbered(rules, 'SSSS');
    shuffle(mm, 1, 1, 3);
    expect([shuffle(mm, 1, 1, 1), picture(mm)]).toEqual([0, 'SSSS']);
    mm.check();
  });

  it('a range over several areas of the file is taken when they are alike', () => {
    const mm = numbered(rules, 'SSSS');
    shuffle(mm, 1, 1, 3);
    expect([shuffle(mm, 0, 4, 0), words(mm, 4), picture(mm)]).toEqual([0, [10, 11, 12, 13], 'SSSS']);
  });

  it('two pieces of shared memory are two files: a range over both fails with EINVAL', () => {
    expect(shuffle(draw('S|S', withRules(rules)), 0, 2, 0)).toBe(-EINVAL);
  });

  it('locked areas stay locked', () => {
    const mm = numbered(rules, 'SS');
    lockPages(mm, 0, 2);
    expect([shuffle(mm, 0, 1, 1), flagsAt(mm, 0) & VM_LOCKED, mm.lockedVm]).toEqual([0, VM_LOCKED, 2]);
    mm.check();
  });

  it('the only area of its memory can be mapped anew: what is in it stays', () => {
    const mm = numbered(rules, 'S');
    expect([shuffle(mm, 0, 1, 0), words(mm, 1)]).toEqual([0, [10]]);
    mm.check();
  });
});
