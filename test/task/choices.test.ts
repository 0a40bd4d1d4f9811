/* Lists of choices as short strings. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeChoices, encodeChoices } from '../../src/task/choices.js';

describe('a list of choices', () => {
  it('is the zeros before each choice in base 36, then the choice in capitals', () => {
    expect(encodeChoices({ at: [38, 39, 42], choice: [1, 2, 27] })).toBe('12A0B2AA');
    expect(decodeChoices('12A0B2AA')).toEqual({ at: [38, 39, 42], choice: [1, 2, 27] });
  });

  it('of zeros alone is empty', () => {
    expect([encodeChoices({ at: [], choice: [] }), decodeChoices('')]).toEqual(['', { at: [], choice: [] }]);
  });

  it('comes back from its string, whatever it is', () => {
    const list = fc.array(fc.tuple(fc.nat(50_000), fc.integer({ min: 1, max: 20_000 })), { maxLength: 50 });
    fc.assert(
      fc.property(list, (pairs) => {
        let next = 0;
        const at = pairs.map(([gap]) => {
          next += gap + 1;
          return next - 1;
        });
        const choices = { at, choice: pairs.map(([, choice]) => choice) };
        expect(decodeChoices(encodeChoices(choices))).toEqual(choices);
      }),
      { seed: 36, numRuns: 300 },
    );
  });

  it.each(['A', '5', '5a', '5AB-', '5A 3B', '5A3', 'zzzzzzzzA', '0AAAAAAAAAAA'])('"%s" is none', (text) => {
    expect(decodeChoices(text)).toBeNull();
  });
});
