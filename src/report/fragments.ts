/*
 * What fragments, what stalls: the holes of an address space as a program left them and at their worst, the areas
 * against the limit, and what searches cost. Data in, text out; the data are FragmentsTrace's of src/trace.
 */

import { addressText, bytesText } from './bytes.js';
import { grouped } from './numbers.js';

/** The holes that a search may give out, at one moment. Pages throughout. */
export interface SpaceShape {
  /** Memory calls made before. */
  readonly call: number;
  readonly areas: number;
  readonly holes: number;
  readonly freePages: number;
  readonly largestPages: number;
}

/** A moment that is drawn, too: mapped [start, end) pairs in a row, ascending. */
export interface SpaceSample extends SpaceShape {
  readonly runs: readonly number[];
}

/** Searches that looked at `least` to `most` areas or nodes. */
export interface ProbeBucket {
  readonly least: number;
  readonly most: number;
  readonly calls: number;
}

export interface FragmentsReport {
  readonly pageSize: number;
  /** Where searches look, pages. */
  readonly searched: { readonly start: number; readonly end: number };
  readonly calls: number;
  readonly end: SpaceShape;
  /** Of the samples, the one with the highest fragmentation. */
  readonly worst: SpaceShape;
  /** End of the highest area that ever was, stacks of exec apart; null where there was none. */
  readonly highestPage: number | null;
  readonly peakVmas: number;
  readonly maxMapCount: number;
  readonly histogram: readonly ProbeBucket[];
  /** Evenly spread over the calls. */
  readonly samples: readonly SpaceSample[];
}

const BAR = 40;

/** External fragmentation: 1 - largest hole / all that is free; 0 where nothing is. */
export function fragmentationOf({ freePages, largestPages }: SpaceShape): number {
  return freePages === 0 ? 0 : 1 - largestPages / freePages;
}

/** Lines without a newline at the end. */
export function fragmentsText(report: FragmentsReport): string {
  const { end, worst, searched, highestPage, peakVmas, maxMapCount, calls } = report;
  const address = (page: number) => addressText(BigInt(page) * BigInt(report.pageSize));
  const rows: [string, string][] = [
    ['searches look at', `${address(searched.start)}-${address(searched.end)}`],
    ['holes at the end', holesText(report, end)],
    [`at their worst, after call ${grouped(worst.call)} of ${grouped(calls)}`, holesText(report, worst)],
    ['highest address used', highestPage === null ? '-' : address(highestPage)],
    ['areas at most', `${grouped(peakVmas)}, ${share(peakVmas / maxMapCount)} of the ${grouped(maxMapCount)} allowed`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return ['fragmentation', ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`), ...histogramText(report)].join('\n');
}

function holesText({ pageSize }: FragmentsReport, shape: SpaceShape): string {
  const bytes = (pages: number) => bytesText(BigInt(pages) * BigInt(pageSize));
  const { holes, freePages, largestPages } = shape;
  return `${grouped(holes)}, ${bytes(freePages)} free, the largest ${bytes(largestPages)}: fragmentation ${share(fragmentationOf(shape))}`;
}

/** "0%", "0.4%", "61%": whole percents where there is one at least. */
function share(value: number): string {
  const percent = 100 * value;
  return `${percent > 0 && percent < 1 ? Number(percent.toPrecision(1)) : Math.round(percent)}%`;
}

/** A bar for each bucket, to scale of the fullest. */
function histogramText({ histogram }: FragmentsReport): string[] {
  if (histogram.length === 0) return ['  no search was made'];
  const names = histogram.map(({ least, most }) => (least === most ? grouped(least) : `${grouped(least)}-${grouped(most)}`));
  const counts = histogram.map(({ calls }) => grouped(calls));
  const [nameWidth, countWidth] = [names, counts].map((texts) => Math.max(...texts.map((text) => text.length))) as [number, number];
  const fullest = Math.max(...histogram.map(({ calls }) => calls));
  return [
    '  probes a search, and searches that took so many',
    ...histogram.map(({ calls }, i) => {
      const bar = '#'.repeat(calls === 0 ? 0 : Math.max(1, Math.round((BAR * calls) / fullest)));
      return `  ${names[i]!.padStart(nameWidth)}  ${counts[i]!.padStart(countWidth)}  ${bar}`.trimEnd();
    }),
  ];
}
