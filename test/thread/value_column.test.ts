/** ValueColumn against an ordinary array. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueColumn } from '../../src/thread/value_column.js';

const anObject = { name: 'shared' };
const values = fc.oneof(
  fc.integer(), fc.double(), fc.constantFrom(undefined, null, -0, 0, NaN, 2 ** 31, 2 ** 53, '', anObject, true), fc.object(),
);

describe('a value column', () => {
  it('gives back what was set last, or undefined, as an array does', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(200), values), { maxLength: 300 }), (sets) => {
      const column = new ValueColumn();
      const array: unknown[] = [];
      for (const [row, value] of sets) {
        column.set(row, value);
        array[row] = value;
        expect(column.get(row)).toBe(array[row]);
      }
      for (let row = 0; row < 210; row++) expect(column.get(row)).toBe(array[row]);
    }));
  });

  it('keeps -0 and NaN, which are no small numbers', () => {
    const column = new ValueColumn();
    column.set(0, -0);
    column.set(1, Number.NaN);
    expect([column.get(0), column.get(1)]).toEqual([-0, Number.NaN]);
  });
});
