/**
 * A run's choices as a short string, what `--schedule replay:` takes. Choice 0 is what first in, first out would do, so
 * only the others are written: how many zeros come before it in base 36 (0-9, a-z), then the choice in capitals, A
 * for 1, Z for 26, AA for 27.
 *
 *   replay:12A0B     38 times 0, then 1, then 2; zeros from there on
 */

/** Choices other than 0: `choice[i]` is the one with number `at[i]`, counted from 0; ascending. */
export interface Choices {
  readonly at: readonly number[];
  readonly choice: readonly number[];
}

export const NO_CHOICES: Choices = { at: [], choice: [] };

/** Highest number of a choice, and highest choice: beyond them a string is nonsense. */
const MOST = 2 ** 31 - 1;

export function encodeChoices({ at, choice }: Choices): string {
  return at.map((n, i) => `${(n - (i === 0 ? 0 : at[i - 1]! + 1)).toString(36)}${letters(choice[i]!)}`).join('');
}

/** Null for a string that is none. */
export function decodeChoices(text: string): Choices | null {
  if (!/^(?:[0-9a-z]+[A-Z]+)*$/.test(text)) return null;
  const at: number[] = [];
  const choice: number[] = [];
  let next = 0;
  for (const [, gap, name] of text.matchAll(/([0-9a-z]+)([A-Z]+)/g)) {
    next += Number.parseInt(gap!, 36);
    at.push(next++);
    choice.push(numberOf(name!));
    if (next > MOST || numberOf(name!) > MOST) return null;
  }
  return { at, choice };
}

/** 1 is A, 26 Z, 27 AA. */
function letters(n: number): string {
  const rest = Math.floor((n - 1) / 26);
  const last = String.fromCharCode(65 + ((n - 1) % 26));
  return rest === 0 ? last : letters(rest) + last;
}

function numberOf(name: string): number {
  let n = 0;
  for (const letter of name) n = n * 26 + letter.charCodeAt(0) - 64;
  return n;
}
