/** What a new mapping does to its neighbours and to what lay in its place. Linux 2.5.46, vma_merge(). */
import { describe, expect, it } from 'vitest';
import { VM_LOCKED } from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import { mmap } from '../support/calls.js';
import { draw, map, mapAnywhere, picture } from '../support/draw.js';
import { machines } from '../support/machines.js';

/** [before, page, pages, kind, after]: mmap with MAP_FIXED. */
type Row = readonly [string, number, number, string, string];

function expectMapped(before: string, page: number, npages: number, letter: string, after: string): Mm {
  const mm = draw(before);
  expect(map(mm, page, npages, letter)).toBe(page);
  expect(picture(mm)).toBe(after);
  mm.check();
  return mm;
}

describe('private anonymous memory', () => {
  it('a mapping between two equal neighbours merges all three', () => {
    const mm = expectMapped('AA.A', 2, 1, 'A', 'AAAA');
    expect([mm.vmas.size, mm.stats.merges]).toEqual([1, 2]);
  });

  it.each<Row>([
    ['A..', 1, 1, 'A', 'AA.'],
    ['..A', 1, 1, 'A', '.AA'],
    ['A..A', 1, 1, 'A', 'AA.A'],
    ['A.', 1, 1, 'A', 'AA'],
    ['N..', 1, 2, 'N', 'NNN'],
    ['A.R', 1, 1, 'A', 'AAR'],
    ['A.R', 1, 1, 'R', 'ARR'],
  ])('%s: page %i, %i of %s, joins the equal neighbour: %s', (...row) => {
    const mm = expectMapped(...row);
    expect(mm.stats.merges).toBe(1);
  });

  it.each<Row>([
    ['A.A', 1, 1, 'R', 'ARA'],
    ['X.X', 1, 1, 'A', 'XAX'],
    ['A...A', 2, 1, 'A', 'A.A.A'],
  ])('%s: page %i, %i of %s, stays apart from other rights and from a distance: %s', (...row) => {
    const mm = expectMapped(...row);
    expect(mm.stats.merges).toBe(0);
  });

  it.each<Row>([
    ['A.A', 1, 1, 'a', 'AaA'],
    ['a.a', 1, 1, 'A', 'aAa'],
    ['r.r', 1, 1, 'R', 'rRr'],
    ['n.n', 1, 1, 'N', 'nNn'],
  ])('%s: page %i, %i of %s: VM_ACCOUNT is part of the flags, so equal rights stay apart: %s', (...row) => {
    expectMapped(...row);
  });

  it('a MAP_GROWSDOWN stack does not merge with ordinary memory of the same rights', () => {
    expectMapped('A.A', 1, 1, 'D', 'ADA');
    expectMapped('D.D', 1, 1, 'D', 'DDD');
  });

  it('locked memory does not merge with memory that is not', () => {
    const mm = draw('A.');
    mm.defFlags = VM_LOCKED;
    expect(map(mm, 1, 1, 'A')).toBe(1);
    expect([mm.vmas.size, mm.lockedVm]).toEqual([2, 1]);
  });

  it('a seam further away stays where it is', () => {
    expectMapped('A|A.A|A', 2, 1, 'A', 'A|AAA|A');
  });

  it('the page offset plays no part, and the area that grows keeps its own', () => {
    const mm = draw('A..');
    mmap(mm, { len: 0x1000n, pgoff: 7 });
    expect(picture(mm)).toBe('AA.');
    expect(mm.vmas.vmPgoff[mm.vmas.first()]).toBe(0);
  });

  it('one page after the other where the search puts them is one area', () => {
    const mm = draw('......');
    for (let i = 0; i < 6; i++) expect(mapAnywhere(mm, 1, 'A')).toBe(i);
    expect([picture(mm), mm.vmas.size]).toEqual(['AAAAAA', 1]);
  });
});

describe('shared memory and files', () => {
  it.each<Row>([
    ['S.S', 1, 1, 'S', 'S|S|S'],
    ['F.F', 1, 1, 'F', 'F|F|F'],
    ['G.G', 1, 1, 'G', 'G|G|G'],
    ['O.O', 1, 1, 'O', 'O|O|O'],
    ['T..', 1, 2, 'T', 'T|TT'],
    ['A.A', 1, 1, 'F', 'AFA'],
    ['F.F', 1, 1, 'A', 'FAF'],
  ])('%s: page %i, %i of %s, never merges, contiguous or not: %s', (...row) => {
    const mm = expectMapped(...row);
    expect(mm.stats.merges).toBe(0);
  });
});

describe('MAP_FIXED over what is mapped already', () => {
  it.each<Row>([
    ['AAA', 0, 3, 'R', 'RRR'],
    ['AAA', 0, 1, 'R', 'RAA'],
    ['AAA', 2, 1, 'R', 'AAR'],
    ['AAA', 1, 1, 'R', 'ARA'],
    ['AARRNN', 1, 4, 'S', 'ASSSSN'],
    ['A.R.N', 0, 5, 'S', 'SSSSS'],
    ['FFFF', 1, 2, 'F', 'F|FF|F'],
  ])('%s: page %i, %i of %s, replaces it: %s', (...row) => {
    expectMapped(...row);
  });

  it('the same kind over the middle splits twice and merges twice: one area again', () => {
    const mm = expectMapped('AAA', 1, 1, 'A', 'AAA');
    expect([mm.vmas.size, mm.stats.splits, mm.stats.merges]).toEqual([1, 2, 2]);
  });

  it('the piece above keeps its place in the file', () => {
    const mm = expectMapped('FFFF', 1, 1, 'A', 'FAFF');
    expect(mm.vmas.vmPgoff[mm.vmas.last()]).toBe(2);
  });

  it('the pages are counted once', () => {
    const mm = expectMapped('AAAA', 1, 2, 'R', 'ARRA');
    expect([mm.totalVm, mm.vm.committed]).toEqual([4, 2]);
  });
});

describe.each(machines)('$name', (machine) => {
  it('merges, splits and replaces as every other machine does', () => {
    const mm = draw('A.R.N.S.', machine);
    for (const [page, letter] of [[1, 'A'], [3, 'R'], [5, 'A'], [7, 'S'], [4, 'A']] as const) {
      expect(map(mm, page, 1, letter)).toBe(page);
    }
    expect(picture(mm)).toBe('AARRAAS|S');
    mm.check();
  });
});
