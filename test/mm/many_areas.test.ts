/**
 * The calls in an mm of hundreds of areas, at each of them in turn: what they do must not depend on where in
 * the leaves of the VmaSet an area lies, though a split there moves its neighbours.
 */
import { describe, expect, it } from 'vitest';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import { LEAF_ROWS } from '../../src/mm/vma_set.js';
import { draw, map, picture, protect, unmap } from '../support/draw.js';

const AREAS = 2 * LEAF_ROWS;
/** Read-only and PROT_NONE areas of three pages, in turn, without holes. */
const TEXT = 'RRRNNN'.repeat(AREAS / 2);
const RWX = PROT_READ | PROT_WRITE | PROT_EXEC;

/** `letters` in the place of as many pages of TEXT from `page` on. */
function replaced(page: number, letters: string): string {
  return TEXT.slice(0, page) + letters + TEXT.slice(page + letters.length);
}

/** Makes the change in a fresh mm at page `offset` of each area, and expects `letters` there and nothing else. */
function atEachArea(offset: number, letters: string, change: (mm: Mm, page: number) => number): void {
  for (let area = 0; area < AREAS; area++) {
    const page = 3 * area + offset;
    if (page + letters.length > TEXT.length) continue;
    const mm = draw(TEXT);
    if (change(mm, page) < 0) throw new Error(`refused at area ${area}`);
    mm.check();
    if (picture(mm) !== replaced(page, letters)) throw new Error(`area ${area}: ${picture(mm)}`);
  }
}

describe.each([
  ['the first page', 0, 1], ['the middle page', 1, 1], ['the last page', 2, 1], ['the first two pages', 0, 2],
  ['a whole area', 0, 3], ['the end of one and the start of the next', 2, 2], ['all of one and some of the next', 0, 4],
  ['some of one and all of the next', 1, 5], ['some of one, the next and some of its next', 2, 5],
] as const)('%s of each of hundreds of areas', (_what, offset, npages) => {
  it('can be unmapped', () => {
    atEachArea(offset, '.'.repeat(npages), (mm, page) => unmap(mm, page, npages));
  });

  it('can be mapped anew', () => {
    atEachArea(offset, 'A'.repeat(npages), (mm, page) => map(mm, page, npages, 'A'));
  });

  it('can be protected, which merges what it changes', () => {
    atEachArea(offset, 'X'.repeat(npages), (mm, page) => protect(mm, page, npages, RWX));
  });
});

it('a drawing of hundreds of areas is what was drawn', () => {
  const mm = draw(TEXT);
  expect([mm.vmas.size, picture(mm)]).toEqual([AREAS, TEXT]);
});
