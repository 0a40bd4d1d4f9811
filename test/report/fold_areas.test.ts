/* Repetitions in a list of areas. A letter an area: the letter is its size and the case its kind. */

import { describe, expect, it } from 'vitest';
import { foldAreas, foldText, type Likeness } from '../../src/report/fold_areas.js';
import { parseMaps } from '../../src/report/maps_text.js';

/** "gA.gA": lower case are guards, "." is a hole; a is one page, b two, and so on. */
function draw(picture: string) {
  let page = 16;
  const lines: string[] = [];
  for (const char of picture) {
    if (char === '.') {
      page += 1;
      continue;
    }
    const pages = char.toLowerCase().charCodeAt(0) - 96;
    const perms = char === char.toLowerCase() ? '---p' : 'rw-p';
    const end = page + pages;
    lines.push(`${(page * 4096).toString(16)}-${(end * 4096).toString(16)} ${perms} 0 00:00 0`);
    page = end;
  }
  return parseMaps(lines.join('\n')).areas;
}

function folds(picture: string, likeness: Likeness = 'equal'): string[] {
  const letters = picture.replaceAll('.', '');
  return foldAreas(draw(picture), likeness, 3).map(({ first, period, times }) => {
    const pattern = letters.slice(first, first + period);
    return times === 1 ? pattern : `(${pattern})x${times}`;
  });
}

describe('foldAreas', () => {
  it('folds the shortest pattern that covers most', () => {
    expect(folds('CaBaBaBD')).toEqual(['C', '(aB)x3', 'D']);
    expect(folds('AAAAAA')).toEqual(['(A)x6']);
    expect(folds('AABAABAAB')).toEqual(['(AAB)x3']);
  });

  it('less than the least number of times is not folded', () => {
    expect(folds('aBaB')).toEqual(['a', 'B', 'a', 'B']);
  });

  it('an incomplete last repetition is left over', () => {
    expect(folds('aBaBaBa')).toEqual(['(aB)x3', 'a']);
  });

  it('equal means in size, rights and the holes between', () => {
    expect(folds('A.A.A.A')).toEqual(['(A)x4']);
    expect(folds('A.A..A.A')).toEqual(['A', 'A', 'A', 'A']);
    expect(folds('ABCD')).toEqual(['A', 'B', 'C', 'D']);
    expect(folds('aAaAaA')).toEqual(['(aA)x3']);
  });

  it('the same kind is enough where that is asked for', () => {
    expect(folds('aB.aC..aD', 'same kind')).toEqual(['(aB)x3']);
  });
});

describe('foldText', () => {
  it.each([
    ['aBaBaB', 'equal', '3 x [guard 4 KiB][anonymous rw 8 KiB]'],
    ['B.B.B', 'equal', '3 x [anonymous rw 8 KiB] (hole 4 KiB)'],
    ['aB.aC..aD', 'same kind', '3 x [guard 4 KiB][anonymous rw 8 KiB to 16 KiB] (hole 4 KiB to 8 KiB)'],
    ['a.Ba.Ba.B', 'equal', '3 x [guard 4 KiB] (hole 4 KiB) [anonymous rw 8 KiB]'],
  ] as const)('%s', (picture, likeness, text) => {
    const areas = draw(picture);
    const [fold] = foldAreas(areas, likeness, 3);
    expect(fold && foldText(areas, fold)).toBe(text);
  });
});
