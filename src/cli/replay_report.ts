/* What `guardpage replay` says: sentences for one log, a table for several, JSON for programs. */
import { bytesText } from '../report/bytes.js';
import { type FragmentsReport, fragmentsText } from '../report/fragments.js';
import { grouped } from '../report/numbers.js';
import { machineName } from '../report/series.js';
import type { Divergence, MissContext, ReplayResult } from '../trace/replay.js';
import type { SearchWalk } from '../trace/search_walk.js';
import { fragmentsJson } from './fragments_report.js';
import { colors } from './output.js';
import { type Column, tableText } from './table.js';

/** One log under one release. */
export interface Replayed {
  readonly log: string;
  /** As the user asked for it. */
  readonly kernel: string;
  readonly result: ReplayResult;
  /** Where it was asked for. */
  readonly fragments?: FragmentsReport;
}

/** The JSON of one replay; keys and meanings are kept. */
export function replayJson({ log, kernel, result, fragments }: Replayed): object {
  const {
    arch, bits, record, search, calls, skipped, compared, matched, diverged, notes, vmas, peakVmas, probes, largestHole, maps,
  } = result;
  return {
    log, arch, bits, kernel, record, search, calls, skipped, compared, matched, diverged, notes, vmas, peakVmas, probes,
    largestHole, maps, ...(fragments === undefined ? {} : { fragments: fragmentsJson(fragments) }),
  };
}

/** Of more results that differ, the first are shown. */
const MOST_SHOWN = 10;

/** One log under one release. */
export function replayText(replayed: Replayed, fd: number): string {
  const { log, result } = replayed;
  const { green, red, bold } = colors(fd);
  const paint = result.matched === result.compared ? green : red;
  const verdict = paint(bold(`${grouped(result.matched)} of ${grouped(result.compared)} matched`));
  return [
    `${log} on ${machineText(replayed)}: ${verdict}`,
    countsText(result),
    ...result.notes.map((note) => `note: ${note}`),
    ...missText(result, fd),
    ...(replayed.fragments === undefined ? [] : ['', fragmentsText(replayed.fragments)]),
    '',
  ].join('\n');
}

function machineText({ kernel, result }: Replayed): string {
  const { record, search } = result;
  const release = record === kernel ? `Linux ${record}` : `Linux ${kernel} (record ${record})`;
  return `${machineName(result)}, ${release}, ${search}`;
}

function countsText({ calls, skipped, compared, vmas, peakVmas, probes, largestHole }: ReplayResult): string {
  const left = calls - compared;
  const uncompared = left > 0 ? ` (${grouped(left)} not compared)` : '';
  return (
    `${grouped(calls)} memory calls${uncompared}, ${grouped(skipped)} other lines skipped; ` +
    `${grouped(vmas)} areas at the end, ${grouped(peakVmas)} at most, ${grouped(probes)} probes, ` +
    `largest hole ${bytesText(BigInt(largestHole))}`
  );
}

function missText({ diverged, before }: ReplayResult, fd: number): string[] {
  const lines = diverged.slice(0, MOST_SHOWN).flatMap((miss, i) => [
    '', ...divergenceText(miss), ...(i === 0 && before !== null ? contextText(before, fd) : []),
  ]);
  const more = diverged.length - MOST_SHOWN;
  return more > 0 ? [...lines, '', `and ${grouped(more)} more`] : lines;
}

function divergenceText({ line, call, recorded, predicted }: Divergence): string[] {
  return [`line ${line} differs: ${call}`, `  recorded   ${recorded}`, `  predicted  ${predicted}`];
}

function contextText({ around, walk }: MissContext, fd: number): string[] {
  return [
    'the address space before it:',
    ...around.map((line) => `  ${line}`),
    ...(walk === null ? [] : walkText(walk, fd)),
  ];
}

/** The holes in the order of the search, the answers marked. */
function walkText(walk: SearchWalk, fd: number): string[] {
  const { direction, from, fromName, wanted, holes, omitted } = walk;
  const columns: Column[] = [{ head: 'hole' }, { head: 'bytes', align: 'right' }, { head: '' }, { head: 'answer' }];
  const rows = holes.map(({ start, end, bytes, verdict, answers }) => [
    `${start}-${end}`, grouped(bytes), verdict, answers.join(', '),
  ]);
  return [
    `the search for ${grouped(wanted)} bytes goes ${direction} from ${fromName}, ${from}:`,
    ...(holes.length === 0 ? ['  no hole'] : [tableText(columns, rows, fd)]),
    ...(omitted > 0 ? [`  ${grouped(omitted)} holes in the middle are left out`] : []),
  ];
}

/** Several logs or releases: a row each. */
export function replaysText(all: readonly Replayed[], fd: number): string {
  const columns: Column[] = [
    { head: 'log' }, { head: 'machine' }, { head: 'kernel' }, { head: 'search' }, { head: 'calls', align: 'right' },
    { head: 'compared', align: 'right' }, { head: 'matched', align: 'right' }, { head: 'first difference', width: 48 },
    { head: 'areas', align: 'right' }, { head: 'probes', align: 'right' },
  ];
  const rows = all.map(({ log, kernel, result }) => [
    log, machineName(result), kernel === result.record ? kernel : `${kernel} (${result.record})`, result.search,
    grouped(result.calls), grouped(result.compared), grouped(result.matched), firstText(result.diverged[0]),
    grouped(result.vmas), grouped(result.probes),
  ]);
  const fragments = all.flatMap((one) => {
    return one.fragments === undefined ? [] : [`\n${one.log}, ${one.kernel}: ${fragmentsText(one.fragments)}\n`];
  });
  const notes = all.flatMap(({ log, result }) => result.notes.map((note) => `${log}: ${note}`));
  return `${tableText(columns, rows, fd)}\n${[...new Set(notes)].map((note) => `note: ${note}\n`).join('')}${fragments.join('')}`;
}

function firstText(miss: Divergence | undefined): string {
  return miss === undefined ? '' : `line ${miss.line}: ${miss.recorded}, predicted ${miss.predicted}`;
}
