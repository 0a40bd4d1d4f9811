/**
 * mprotect: sys_mprotect() and mprotect_fixup() of Linux 2.5.46. It merges what it changes into the area
 * below, and into the one above only where the range ends exactly at an area's end.
 */
import { describe, expect, it } from 'vitest';
import { EACCES, ENOMEM } from '../../src/arch/generic/errno.js';
import {
  PROT_EXEC, PROT_NONE, PROT_READ, PROT_SEM, PROT_WRITE, VM_SHARED,
} from '../../src/arch/generic/mman.js';
import { mprotect } from '../support/calls.js';
import { draw, picture, protect } from '../support/draw.js';
import { machines, machineSizes, newMm, targetOf } from '../support/machines.js';

const R = PROT_READ;
const RW = PROT_READ | PROT_WRITE;
const RX = PROT_READ | PROT_EXEC;

/** [before, page, pages, PROT_*, after, what it shows]. */
type Row = readonly [string, number, number, number, string, string];

const splits: Row[] = [
  ['AAA', 0, 3, R, 'rrr', 'a whole area changes'],
  ['AAA', 0, 1, R, 'rAA', 'the first page is split off'],
  ['AAA', 2, 1, R, 'AAr', 'the last page is split off'],
  ['AAA', 1, 1, R, 'ArA', 'a page in the middle makes three areas'],
  ['FFF', 1, 1, RX, 'FtF', 'a file is split as well'],
  ['AAA', 1, 1, RW, 'AAA', 'equal rights split nothing'],
  ['A|A', 0, 2, RW, 'A|A', 'equal rights merge nothing'],
];

const merges: Row[] = [
  ['AN', 1, 1, RW, 'AA', 'into the area below, all of it'],
  ['ANN', 1, 1, RW, 'AAN', 'into the area below, the front alone: that area grows'],
  ['NNA', 1, 1, RW, 'NAA', 'into the area above: the range ends exactly where that begins'],
  ['NA', 0, 1, RW, 'AA', 'into the area above, all of it'],
  ['ANA', 1, 1, RW, 'AAA', 'with both neighbours'],
  ['A.N', 2, 1, RW, 'A.A', 'not across a hole below'],
  ['N.A', 0, 1, RW, 'A.A', 'not across a hole above'],
  ['NNNA', 0, 2, RW, 'AANA', 'not where the range ends inside an area'],
  ['NAN', 0, 3, RW, 'A|AA', 'not below an area that did not change'],
  ['NRN', 0, 3, RW, 'AAA', 'each changed area into the one changed before it'],
  ['A|AN', 2, 1, RW, 'A|AA', 'no further than one area down'],
  ['NA|A', 0, 1, RW, 'AA|A', 'no further than one area up'],
  ['FN', 1, 1, RW, 'FA', 'never into a file'],
  ['TF', 0, 1, RW, 'F|F', 'never a file, contiguous or not'],
  ['sS', 0, 1, RW, 'S|S', 'never shared memory'],
];

describe.each(machines)('$name', (machine) => {
  it.each(splits)('%s: from page %i, %i pages, rights %i: %s: %s', (text, page, npages, prot, after) => {
    const mm = draw(text, machine);
    expect(protect(mm, page, npages, prot)).toBe(0);
    expect(picture(mm)).toBe(after);
    mm.check();
  });

  it.each(merges)('%s: from page %i, %i pages, rights %i: %s: merges %s', (text, page, npages, prot, after) => {
    const mm = draw(text, machine);
    expect(protect(mm, page, npages, prot)).toBe(0);
    expect(picture(mm)).toBe(after);
    mm.check();
  });
});

describe('VM_ACCOUNT', () => {
  it('memory that becomes writable is charged and accounted, so it is like fresh writable memory', () => {
    const mm = draw('NNN');
    expect(protect(mm, 1, 1, RW)).toBe(0);
    expect([picture(mm), mm.vm.committed]).toEqual(['NAN', 1]);
  });

  it('memory that ceases to be writable stays charged, so it is not like fresh memory', () => {
    const mm = draw('AAN');
    expect(protect(mm, 1, 1, PROT_NONE)).toBe(0);
    expect([picture(mm), mm.vm.committed]).toEqual(['AnN', 2]);
    expect(protect(mm, 1, 1, RW)).toBe(0);
    expect([picture(mm), mm.vm.committed]).toEqual(['AAN', 2]);
  });

  it('a MAP_NORESERVE mapping is charged once it was read only in between', () => {
    const mm = draw('aa');
    protect(mm, 0, 2, R);
    expect([picture(mm), mm.vm.committed]).toEqual(['RR', 0]);
    protect(mm, 0, 2, RW);
    expect([picture(mm), mm.vm.committed]).toEqual(['AA', 2]);
  });

  it('shared memory is not charged again', () => {
    const mm = draw('ss');
    protect(mm, 0, 2, RW);
    expect([picture(mm), mm.vm.committed]).toEqual(['SS', 2]); // since it was mapped
  });

  it('a refused charge fails with ENOMEM and changes nothing of that area', () => {
    const mm = draw('RNNN', { overcommit: 2, ram: 6 * 4096 });
    expect(protect(mm, 0, 4, RW)).toBe(-ENOMEM);
    expect([picture(mm), mm.vm.committed]).toEqual(['ANNN', 1]);
  });
});

describe('a hole', () => {
  it('at the start fails with ENOMEM', () => {
    const mm = draw('.AA');
    expect(protect(mm, 0, 2, R)).toBe(-ENOMEM);
    expect(protect(mm, 3, 1, R)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('.AA');
  });

  it('further up fails with ENOMEM, and what lies below it stays changed', () => {
    const mm = draw('AR.A');
    expect(protect(mm, 0, 4, PROT_NONE)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('nN.A');
  });

  it('at the end fails with ENOMEM, and no merge with the area above the hole is tried', () => {
    const mm = draw('N.A');
    expect(protect(mm, 0, 2, RW)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('A.A');
  });
});

describe('EACCES', () => {
  it('rights that the mapping may never have fail, and areas below stay changed', () => {
    const mm = draw('RO');
    expect(protect(mm, 0, 2, RW)).toBe(-EACCES);
    expect(picture(mm)).toBe('AO');
  });

  it('PROT_SEM is the bit of VM_SHARED, so it fails on private memory', () => {
    const mm = draw('A');
    expect(protect(mm, 0, 1, RW | PROT_SEM)).toBe(-EACCES);
    expect(picture(mm)).toBe('A');
  });

  it('PROT_SEM changes nothing on shared memory', () => {
    const mm = draw('S');
    expect(protect(mm, 0, 1, RW | PROT_SEM)).toBe(0);
    expect(picture(mm)).toBe('S');
  });

  it('PROT_SEM makes a shared file that was opened read only VM_SHARED again', () => {
    const mm = draw('O');
    const flags = mm.vmas.vmFlags[mm.vmas.first()]!;
    expect(protect(mm, 0, 1, R | PROT_SEM)).toBe(0);
    expect(mm.vmas.vmFlags[mm.vmas.first()]).toBe(flags | VM_SHARED);
  });
});

describe.each(machineSizes)('$name: the checks, in order', ({ arch, bits }) => {
  const { pageShift, vpnEnd } = targetOf({ arch, bits });
  const PAGE = 1n << BigInt(pageShift);
  const END = BigInt(vpnEnd) * PAGE;
  const mm = newMm({ arch, bits });

  it.each<[string, bigint, bigint, number, string]>([
    ['an unaligned address fails, even with length zero', 1n, 0n, R, 'EINVAL'],
    ['a range that wraps around fails', END - PAGE, 2n * PAGE, R, 'EINVAL'],
    ['a range up to the very last byte fails: its end is 0', END - PAGE, PAGE, R, 'EINVAL'],
    ['unknown rights fail, even with length zero', 0n, 0n, 16, 'EINVAL'],
    ['a length of zero succeeds, mapped or not', 0n, 0n, R, '0'],
    ['a length that rounds up to 0 succeeds', PAGE, END - 1n, R, '0'],
    ['the last page that there is, unmapped, fails', END - 2n * PAGE, PAGE, R, 'ENOMEM'],
  ])('%s', (_what, addr, len, prot, result) => {
    expect(mprotect(mm, addr, len, prot)).toBe(result);
  });

  it('a length is rounded up to whole pages', () => {
    const two = draw('AA', { arch, bits });
    const base = BigInt(two.taskUnmappedBase()) * PAGE;
    expect(mprotect(two, base, 1n, R)).toBe('0');
    expect(picture(two)).toBe('rA');
  });
});

describe('the map limit', () => {
  it('refuses a split at the start with ENOMEM, and the charge is given back', () => {
    const mm = draw('NNN', { maxMapCount: 1 });
    expect(protect(mm, 1, 1, RW)).toBe(-ENOMEM);
    expect([picture(mm), mm.vm.committed]).toEqual(['NNN', 0]);
  });

  it('refuses the split at the end and leaves the one at the start done', () => {
    const mm = draw('NNN', { maxMapCount: 2 });
    expect(protect(mm, 1, 1, RW)).toBe(-ENOMEM);
    expect([picture(mm), mm.vm.committed]).toEqual(['N|NN', 0]);
  });

  it('does not hinder a merge, which needs no area', () => {
    const mm = draw('ANN', { maxMapCount: 1 });
    expect(protect(mm, 1, 1, RW)).toBe(0);
    expect(picture(mm)).toBe('AAN');
  });
});

describe('page offsets', () => {
  it('of a file go on in the upper pieces of a split', () => {
    const mm = draw('FFFF');
    protect(mm, 1, 2, R);
    const { vmas } = mm;
    const second = vmas.next(vmas.first());
    expect([vmas.vmPgoff[vmas.first()], vmas.vmPgoff[second], vmas.vmPgoff[vmas.last()]]).toEqual([0, 1, 3]);
  });
});
