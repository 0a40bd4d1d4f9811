/* Tables of text in the look of src/report. */
import Table from 'cli-table3';
import { colors } from './output.js';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Longest line; longer texts are wrapped. */
  readonly width?: number;
}

/** A table for `fd`, which decides about colour. */
export function tableText(columns: readonly Column[], rows: readonly (readonly string[])[], fd: number): string {
  const { bold } = colors(fd);
  const table = new Table({
    head: columns.map((column) => bold(column.head)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((text, i) => wrapped(text, columns[i]!.width)));
  return table.toString();
}

function wrapped(text: string, width = Number.POSITIVE_INFINITY): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
