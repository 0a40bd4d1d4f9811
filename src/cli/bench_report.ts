/* What a benchmark shows: tables and plot for people, JSON for programs, SVG for papers. */
import {
  type BenchReport, type BenchRun, growthTable, type NativeRun, plotTerminal, plotThreadsSvg, probesSeries, seriesOf,
  threadsTable,
} from '../report/index.js';
import { grouped } from '../report/numbers.js';
import { hasColor, STDERR, STDOUT, TO_STDOUT, writeAll, writeFile, writeJson } from './output.js';
import { type Column, tableText } from './table.js';

export interface ReportOptions {
  readonly json?: string;
  readonly svg?: string;
  readonly quiet: boolean;
  /** Sentences below the table. */
  readonly notes: readonly string[];
  /** What is to be seen, after the plot. */
  readonly explanation?: string;
}

/** Text goes to stdout, or to stderr where stdout carries the JSON. */
export async function reportBench(report: BenchReport, options: ReportOptions): Promise<void> {
  const { json, svg, quiet } = options;
  const fd = json === TO_STDOUT ? STDERR : STDOUT;
  if (!quiet) writeAll(fd, textOf(report, options, fd));
  if (json !== undefined) writeJson(json, report);
  if (svg !== undefined) writeFile(svg, await plotThreadsSvg(report.runs));
  if (quiet) return;
  for (const path of [json, svg]) if (path !== undefined && path !== TO_STDOUT) writeAll(fd, `wrote ${path}\n`);
}

function textOf({ runs, growth, native }: BenchReport, options: ReportOptions, fd: number): string {
  const color = hasColor(fd);
  const parts = [
    threadsTable(runs, { color }),
    options.notes.join('\n'),
    growthTable(growth, { color }),
    growth.some(({ exponent }) => exponent === null) ? 'An exponent takes at least four counts, each at least twice the one before.' : '',
    native === undefined ? '' : nativeText(native, runs, fd),
    plotTerminal(probesSeries(runs), { color }),
    options.explanation ?? '',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n\n`;
}

/** Microseconds a thread: the host's own, and each of our curves at the same count. */
function nativeText(native: readonly NativeRun[], runs: readonly BenchRun[], fd: number): string {
  if (native.length === 0) return '';
  const series = seriesOf(runs);
  const columns: Column[] = [
    { head: 'threads', align: 'right' },
    { head: 'this host, us/thread', align: 'right' },
    ...series.map(({ label }): Column => ({ head: label, align: 'right' })),
  ];
  const rows = native.map((row) => [
    grouped(row.threads),
    grouped(row.usPerThread, 2),
    ...series.map(({ runs: own }) => {
      const same = own.find((run) => run.threads === row.threads);
      return same === undefined ? '-' : grouped(same.usPerThread, 2);
    }),
  ]);
  const failed = native.filter((row) => row.failedAt !== undefined)
    .map((row) => `\nthis host stopped at ${grouped(row.threads)} threads: ${row.failedAt}`);
  return tableText(columns, rows, fd) + failed.join('');
}

