/*
 * `bench threads` as tables for a terminal. Stack strategy and NPTL get a column only where they
 * differ between the runs, which keeps the usual table within a wide terminal.
 *
 * Colours come from picocolors, asked for explicitly: cli-table3's own would look at the
 * environment, and reports are decided by their caller alone.
 */

import Table from 'cli-table3';
import pc from 'picocolors';
import type { BenchRun, Growth, SeriesKey } from './bench_json.js';
import { grouped } from './numbers.js';
import { machineName, varies } from './series.js';

export interface TableOptions {
  readonly color: boolean;
}

/** A column of a table: its heading, its text for a row, its side. */
interface Column<Row> {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly text: (row: Row) => string;
}

const NOTHING = '-';

const MACHINE: Column<SeriesKey> = { head: 'machine', align: 'left', text: machineName };
const RELEASE: Column<SeriesKey> = { head: 'release', align: 'left', text: (row) => row.kernel };
const STACKS: Column<SeriesKey> = { head: 'stacks', align: 'left', text: (row) => row.stacks };
const RUN_STACKS: Column<BenchRun> = {
  head: 'stacks', align: 'left', text: (run) => (run.stacksForced === true ? `${run.stacks} (forced)` : run.stacks),
};
const RUN_NPTL: Column<BenchRun> = {
  head: 'NPTL', align: 'left', text: (run) => (run.nptlForced === true ? `${run.nptl} (forced)` : run.nptl),
};
const NPTL: Column<SeriesKey> = { head: 'NPTL', align: 'left', text: (row) => row.nptl };

/** One row per run, in the order of the report. */
export function threadsTable(runs: readonly BenchRun[], options: TableOptions): string {
  const columns: Column<BenchRun>[] = [
    MACHINE,
    RELEASE,
    { head: 'search', align: 'left', text: searchName },
    ...(varies(runs, 'stacks') || runs.some((run) => run.stacksForced) ? [RUN_STACKS] : []),
    ...(varies(runs, 'nptl') || runs.some((run) => run.nptlForced) ? [RUN_NPTL] : []),
    { head: 'threads', align: 'right', text: threadsReached },
    { head: 'VMAs', align: 'right', text: (run) => grouped(run.vmas) },
    { head: 'probes/thread', align: 'right', text: (run) => grouped(run.probesPerThread, 2) },
    { head: 'us/thread', align: 'right', text: (run) => grouped(run.usPerThread, 2) },
    { head: 'first stack', align: 'right', text: (run) => run.firstStack ?? NOTHING },
    { head: 'last stack', align: 'right', text: (run) => run.lastStack ?? NOTHING },
  ];
  return tableOf(columns, runs, options);
}

/** One row per curve; the exponent is that of all probes, so 1 is a constant cost per thread. */
export function growthTable(growth: readonly Growth[], options: TableOptions): string {
  const columns: Column<Growth>[] = [
    MACHINE,
    RELEASE,
    { head: 'search', align: 'left', text: (row) => row.search },
    STACKS,
    NPTL,
    {
      head: 'all probes ~ threads^',
      align: 'right',
      text: (row) => row.exponent?.toFixed(2) ?? NOTHING,
    },
  ];
  return tableOf(columns, growth, options);
}

function searchName(run: BenchRun): string {
  return run.searchForced ? `${run.search} (forced)` : run.search;
}

/** A run that met a limit says what was asked, or its row would pass for a smaller run. */
function threadsReached(run: BenchRun): string {
  const reached = grouped(run.threads);
  return run.threads < run.threadsAsked ? `${reached} of ${grouped(run.threadsAsked)}` : reached;
}

function tableOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string {
  const { bold } = pc.createColors(options.color);
  const table = new Table({
    head: columns.map((column) => bold(column.head)),
    colAligns: columns.map((column) => column.align),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(columns.map((column) => column.text(row)));
  return table.toString();
}
