/*
 * Runs sorted into curves. A curve is all runs of one machine, word size, release, search, stack
 * strategy and NPTL; its label names the machine and the search, and of the rest only what differs
 * somewhere in the report, so that a legend stays short and still unambiguous.
 */

import type { BenchRun, SeriesKey } from './bench_json.js';

/** The runs of one curve, in the order they came. */
export interface RunSeries {
  readonly key: SeriesKey;
  readonly label: string;
  readonly runs: readonly BenchRun[];
}

const MACHINES_OF_32_BITS = new Set(['i386']);

/** "sparc64", or "sparc64 32-bit" for a 32-bit task of a 64-bit machine. */
export function machineName(key: Pick<SeriesKey, 'arch' | 'bits'>): string {
  const isCompat = key.bits === 32 && !MACHINES_OF_32_BITS.has(key.arch);
  return isCompat ? `${key.arch} 32-bit` : key.arch;
}

/** True where the rows do not all have the same value of `field`. */
export function varies(rows: readonly SeriesKey[], field: keyof SeriesKey): boolean {
  return new Set(rows.map((row) => row[field])).size > 1;
}

/** The curves of a report in first-seen order. */
export function seriesOf(runs: readonly BenchRun[]): RunSeries[] {
  const groups = new Map<string, BenchRun[]>();
  for (const run of runs) {
    const id = JSON.stringify(keyOf(run));
    const group = groups.get(id);
    if (group) group.push(run);
    else groups.set(id, [run]);
  }
  return [...groups.values()].map((group) => {
    const key = keyOf(group[0] as BenchRun);
    return { key, label: labelOf(key, runs), runs: group };
  });
}

function keyOf({ arch, bits, kernel, search, stacks, nptl }: SeriesKey): SeriesKey {
  return { arch, bits, kernel, search, stacks, nptl };
}

function labelOf(key: SeriesKey, all: readonly SeriesKey[]): string {
  const words = [machineName(key)];
  if (varies(all, 'kernel')) words.push(key.kernel);
  words.push(key.search);
  if (varies(all, 'stacks')) words.push(key.stacks);
  if (varies(all, 'nptl')) words.push(`NPTL ${key.nptl}`);
  return words.join(' ');
}
