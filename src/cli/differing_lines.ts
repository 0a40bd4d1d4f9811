/* Two outputs, in whatever order their lines came: the first lines that one has and the other has not. */

/** Lines of each kind, and letters of a line, that are shown. */
const MOST_LINES = 2;
const MOST_LETTERS = 100;

/** A line for each, quoted. */
export function differingLines(here: string, first: string): string {
  const shown = (what: string, lines: readonly string[]) =>
    lines.slice(0, MOST_LINES).map((line) => `  ${what}: ${JSON.stringify(line.slice(0, MOST_LETTERS))}\n`).join('');
  return shown('printed here alone', without(here, first)) + shown('printed by the first alone', without(first, here));
}

/** Lines of `text` that are not in `other` as often. */
function without(text: string, other: string): string[] {
  const left = new Map<string, number>();
  for (const line of linesOf(other)) left.set(line, (left.get(line) ?? 0) + 1);
  return linesOf(text).filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** What follows the last newline is a line if there is anything. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
