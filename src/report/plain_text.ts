/* Text from outside, such as names of files, made fit for a terminal and for XML. */

const ELLIPSIS = '\u2026';

/** Control characters and halves of surrogate pairs in octal, as ls writes them. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029\ufffe\uffff]/gu, (char) => {
    return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}

/** Of that length at most, and never with half a surrogate pair at its end. */
export function clipped(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '') + ELLIPSIS;
}
