/** munmap: do_munmap() of Linux 2.5.46. */
import { describe, expect, it } from 'vitest';
import { ENOMEM } from '../../src/arch/generic/errno.js';
import type { Mm } from '../../src/mm/mm.js';
import { mmap, munmap } from '../support/calls.js';
import { draw, mapAnywhere, picture, unmap } from '../support/draw.js';
import { machines, machineSizes, newMm, targetOf } from '../support/machines.js';

/** vmPgoff of each area. */
function pgoffs(mm: Mm): number[] {
  const list: number[] = [];
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) list.push(mm.vmas.vmPgoff[h]!);
  return list;
}

describe.each(machines)('$name', (machine) => {
  it.each<[string, number, number, string, string]>([
    ['AAA', 0, 3, '...', 'of a whole area removes it'],
    ['AAA', 0, 1, '.AA', 'of the first page leaves the rest'],
    ['AAA', 2, 1, 'AA.', 'of the last page leaves the rest'],
    ['AAA', 1, 1, 'A.A', 'of the middle page splits the area in two'],
    ['AAA', 0, 2, '..A', 'of the front leaves the last page'],
    ['AARRNN', 1, 4, 'A....N', 'cuts the first and the last area and removes what is between'],
    ['A.R.N.', 0, 6, '......', 'skips holes'],
    ['.A.', 0, 3, '...', 'may begin and end in holes'],
    ['A|A|A', 1, 1, 'A.A', 'of one of equal neighbours leaves the others'],
    ['...', 0, 3, '...', 'of nothing succeeds'],
    ['A..A', 1, 2, 'A..A', 'of a hole between areas succeeds and changes nothing'],
  ])('%s: munmap from page %i, %i pages: %s, %s', (text, page, npages, after) => {
    const mm = draw(text, machine);
    expect(unmap(mm, page, npages)).toBe(0);
    expect(picture(mm)).toBe(after);
    mm.check();
  });
});

describe.each(machineSizes)('$name: what munmap refuses', ({ arch, bits }) => {
  const { pageShift, taskSize, vpnEnd } = targetOf({ arch, bits });
  const PAGE = 1n << BigInt(pageShift);
  const TASK_SIZE = BigInt(taskSize) << BigInt(pageShift);

  it.each<[string, bigint, bigint]>([
    ['an address that is not page-aligned', 1n, PAGE],
    ['an address above TASK_SIZE', TASK_SIZE + PAGE, PAGE],
    ['a range that passes TASK_SIZE by a byte', TASK_SIZE - PAGE, PAGE + 1n],
    ['a byte at TASK_SIZE', TASK_SIZE, 1n],
    ['a length above TASK_SIZE', 0n, TASK_SIZE + 1n],
    ['a length that would wrap around', PAGE, BigInt(vpnEnd) * PAGE - PAGE],
    ['a length of zero', 0n, 0n],
    ['a length of zero at TASK_SIZE', TASK_SIZE, 0n],
  ])('%s fails with EINVAL', (_what, addr, len) => {
    const mm = draw('A', { arch, bits, base: 0 });
    expect(munmap(mm, addr, len)).toBe('EINVAL');
    expect(picture(mm)).toBe('A');
  });

  it('a length is rounded up to whole pages', () => {
    const mm = draw('AAA', { arch, bits, base: 0 });
    expect(munmap(mm, 0n, 1n)).toBe('0');
    expect(picture(mm)).toBe('.AA');
    expect(munmap(mm, PAGE, PAGE + 1n)).toBe('0');
    expect(picture(mm)).toBe('...');
  });

  it('nothing of a range that is the whole address space', () => {
    const mm = draw('A.R', { arch, bits });
    expect(munmap(mm, 0n, TASK_SIZE)).toBe('0');
    expect([mm.vmas.size, mm.totalVm, mm.vm.committed]).toEqual([0, 0, 0]);
  });

  it('nothing of the last page', () => {
    const mm = draw('NN', { arch, bits, base: taskSize - 2 });
    expect(munmap(mm, TASK_SIZE - PAGE, PAGE)).toBe('0');
    expect(picture(mm)).toBe('N.');
  });
});

describe('the map limit', () => {
  it('refuses a split with ENOMEM when there are as many areas as the limit', () => {
    const mm = draw('AAA.N', { maxMapCount: 2 });
    expect(unmap(mm, 1, 1)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('AAA.N');
  });

  it('refuses even a cut at the front, whose split would not outlast the call', () => {
    const mm = draw('AAA.N', { maxMapCount: 2 });
    expect([unmap(mm, 0, 1), unmap(mm, 2, 1)]).toEqual([-ENOMEM, -ENOMEM]);
    expect(picture(mm)).toBe('AAA.N');
  });

  it('that allows the first split but not the second leaves the first one done', () => {
    const mm = draw('AAA.N', { maxMapCount: 3 });
    expect(unmap(mm, 1, 1)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('A|AA.N');
  });

  it('does not hinder the removal of whole areas', () => {
    const mm = draw('A.R.N', { maxMapCount: 1 });
    expect(unmap(mm, 0, 3)).toBe(0);
    expect(picture(mm)).toBe('....N');
  });
});

describe('the accounts', () => {
  it('total_vm and the commitment go down by what was there, accounted areas alone', () => {
    const mm = draw('AAaaNNrrSS', {});
    expect([mm.totalVm, mm.vm.committed]).toEqual([10, 6]);
    expect(unmap(mm, 1, 8)).toBe(0);
    expect([mm.totalVm, mm.vm.committed]).toEqual([2, 3]); // the shared object's two pages stay
  });

  it('locked_vm goes down by locked pages', () => {
    const mm = draw('AA');
    mm.vmas.vmFlags[mm.vmas.first()]! |= 0x2000;
    mm.lockedVm = 2;
    unmap(mm, 0, 1);
    expect(mm.lockedVm).toBe(1);
  });

  it('a refused split leaves them alone', () => {
    const mm = draw('AAA', { maxMapCount: 1 });
    expect(unmap(mm, 1, 1)).toBe(-ENOMEM);
    expect([mm.totalVm, mm.vm.committed]).toEqual([3, 3]);
  });
});

describe('a split', () => {
  it('gives the upper piece the page offset where it begins, file or not', () => {
    const mm = draw('FFFFF');
    unmap(mm, 1, 2);
    expect([picture(mm), pgoffs(mm)]).toEqual(['F..FF', [0, 3]]);
    const anonymous = newMm();
    mmap(anonymous, { len: 0x5000n, pgoff: 10 });
    munmap(anonymous, 0x40001000n, 0x1000n);
    expect(pgoffs(anonymous)).toEqual([10, 12]);
  });

  it('of shared memory leaves two pieces of it', () => {
    const mm = draw('SSS');
    unmap(mm, 1, 1);
    expect(picture(mm)).toBe('S.S');
    expect(mm.vmas.vmFile[mm.vmas.first()]).toBe(mm.vmas.vmFile[mm.vmas.last()]);
  });
});

describe('free_area_cache', () => {
  it('falls to the lowest page removed above TASK_UNMAPPED_BASE', () => {
    const mm = draw('ANANAN..');
    expect(mapAnywhere(mm, 1, 'R')).toBe(6);
    expect(mm.freeAreaCache).toBe(0x40006);
    unmap(mm, 3, 2);
    expect(mm.freeAreaCache).toBe(0x40003);
    unmap(mm, 5, 1);
    expect(mm.freeAreaCache).toBe(0x40003);
  });

  it('falls to where the removed piece starts, not to where its area did', () => {
    const mm = draw('AAAA..');
    mapAnywhere(mm, 1, 'R');
    unmap(mm, 2, 1);
    expect(mm.freeAreaCache).toBe(0x40002);
  });

  it('is not touched by holes below TASK_UNMAPPED_BASE', () => {
    const mm = draw('NAA..', { base: 0x3ffff });
    mapAnywhere(mm, 1, 'R');
    unmap(mm, 0, 1);
    expect(mm.freeAreaCache).toBe(0x40002);
  });

  it('is not touched by an area that begins below TASK_UNMAPPED_BASE and ends above it', () => {
    const mm = draw('AAA..', { base: 0x3ffff });
    mapAnywhere(mm, 1, 'R');
    unmap(mm, 0, 3);
    expect(mm.freeAreaCache).toBe(0x40002);
  });

  it('falls when MAP_FIXED replaces what is below it, until the next search', () => {
    const mm = draw('ANR..');
    mapAnywhere(mm, 1, 'N');
    expect(mm.freeAreaCache).toBe(0x40003);
    mmap(mm, { addr: 0x40001000n, len: 0x1000n, flags: 'SHARED ANONYMOUS FIXED' });
    expect(mm.freeAreaCache).toBe(0x40001);
    mapAnywhere(mm, 1, 'N');
    expect(mm.freeAreaCache).toBe(0x40004);
  });

  it('stays where first fit does not use it', () => {
    const mm = draw('ANR..', { search: 'first-fit' });
    mapAnywhere(mm, 1, 'N');
    unmap(mm, 0, 1);
    expect(mm.freeAreaCache).toBe(0x40000);
  });
});
