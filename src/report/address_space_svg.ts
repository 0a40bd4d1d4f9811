/*
 * The picture of an address space, as SVG: highest address on top, as textbooks draw it. A run of
 * neighbouring areas is to scale, but no area is less than a hairline; between runs the holes are
 * compressed and say how large they are. What is too much for one column goes on at the right.
 *
 *      60000fffffffc000 ┌──────┐
 *                       │      │ rw-p  32 KiB
 *      60000fffffff4000 └──────┘
 *                       2 GiB free
 *      60000fff80004000 ┌──────┐
 *
 * Beyond 400 areas repetitions are drawn by their first and last three times, the rest is a break
 * that says how much it stands for. Written by hand: vega has no axis with such breaks.
 */

import { type Break, type Drawn, type DrawnArea, drawnOf, type Run, runsOf } from './address_space_runs.js';
import { addressText, bytesText } from './bytes.js';
import {
  AREA_KINDS,
  type AreaKind,
  gapText,
  isBeyondUserSpace,
  kindOf,
  type MapsArea,
  sizeOf,
  summarise,
  summaryText,
} from './maps_text.js';
import { grouped } from './numbers.js';
import { clipped, printable } from './plain_text.js';
import { columnsOf, shareHeight, spread } from './svg_layout.js';

export interface AddressSpaceOptions {
  readonly title?: string;
}

/** What has been given a place: y is its upper edge. */
interface Placed {
  readonly drawn: Drawn;
  readonly y: number;
  readonly height: number;
}

interface Label {
  readonly text: string;
  /** What it points at. */
  readonly y: number;
  readonly isBold: boolean;
}

/** x of the parts of a column, from its left edge. */
interface Columns {
  readonly bar: number;
  readonly width: number;
}

const MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace";
const SANS = 'Helvetica, Arial, sans-serif';
const FONT_SIZE = 12;
/** Width of a letter of a monospaced font, of its size. */
const MONO_ADVANCE = 0.61;
const SANS_ADVANCE = 0.6;
const LETTER = FONT_SIZE * MONO_ADVANCE;
const LABEL_STEP = 14;
const MARGIN = 24;
const BAR_WIDTH = 120;
/** Room for the line from an area to its label. */
const LEADER = 26;
const COLUMN_GAP = 28;
const HOLE_HEIGHT = 30;
const BREAK_HEIGHT = 30;
/** Of an area; a guard is drawn wider than the bar to be seen even so. */
const HAIRLINE = 2.5;
const FINEST_HAIRLINE = 0.8;
/** Height that the hairlines of a run together may take; with more they are finer. */
const MOST_OF_HAIRLINES = 260;
const GUARD_OVERHANG = 5;
/** A guard lower than this is solid, a higher one hatched: it would outshine the rest. */
const LARGEST_SOLID_GUARD = 8;
const HEIGHT_PER_DOUBLING = 4;
const PAGE = 4096;
/** A picture with less in it is stretched to this. */
const LEAST_BODY_HEIGHT = 470;
/** So that title and legend have room. */
const LEAST_WIDTH = 640;
/** Width to height that several columns aim at: a slide's. */
const ASPECT = 1.5;
/** Of labels, in letters. */
const LONGEST_LABEL = 44;
const LONGEST_REPEAT = 60;
const LONGEST_TITLE = 100;
const LONGEST_HOVER = 300;
/** Labels in one run; the largest areas have them, the others the hover text alone. */
const MOST_LABELS = 36;

/** Okabe and Ito's colours, lightened where they are large; guards red. */
const COLOURS: Readonly<Record<AreaKind, string>> = {
  'file text': '#2f7fb8',
  'file data': '#8cc8ee',
  heap: '#3fae8a',
  'anonymous rw': '#f2c14e',
  stack: '#d38fb8',
  guard: '#c81e1e',
  reserved: '#ececec',
  shared: '#7a6bb5',
  other: '#a8a8a8',
};
const INK = '#222222';
const FAINT = '#8a8a8a';

/** An SVG document. Requires: areas ascend, as parseMaps gives them. */
export function addressSpaceSvg(
  areas: readonly MapsArea[],
  options: AddressSpaceOptions = {},
): string {
  const title = clipped(printable(options.title ?? 'Address space'), LONGEST_TITLE);
  const drawn = drawnOf(areas);
  // Highest first, as the picture has it.
  const runs = runsOf(drawn).reverse();
  const heights = stretched(runs);
  const total = heights.reduce((a, b) => a + b + HOLE_HEIGHT, 0);
  const aimed = Math.sqrt((total * (columnsFor(runs).width + COLUMN_GAP)) / ASPECT);
  const most = Math.max(LEAST_BODY_HEIGHT * 1.4, aimed);
  const filled = columnsOf(heights.map((height) => height + HOLE_HEIGHT), most);
  const head = headOf(areas, drawn, title, filled.length > 1);
  let x = MARGIN;
  const bodies = filled.map((indices) => {
    const columns = columnsFor(indices.map((i) => runs[i] as Run));
    const body = columnSvg(indices, runs, heights, { columns, x, y: head.height });
    x += columns.width + COLUMN_GAP;
    return body;
  });
  const bottom = Math.max(head.height, ...bodies.map((body) => body.bottom));
  const width = Math.ceil(Math.max(LEAST_WIDTH, x - COLUMN_GAP + MARGIN, head.width + 2 * MARGIN));
  const legend = legendSvg(areas, width, bottom + 30);
  const height = Math.ceil(legend.bottom + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`,
    ` viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}"`,
    ` font-family="${SANS}" font-size="${FONT_SIZE}" fill="${INK}">`,
    STYLE,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    head.svg,
    ...bodies.map((body) => body.svg),
    legend.svg,
    '</svg>',
  ].join('\n');
}

/** What many elements share, and the hatch of large guards. */
const STYLE = [
  '<defs><style>',
  `.gp-m{font-family:${MONO}}`,
  `.gp-l{fill:none;stroke:${FAINT};stroke-width:.7}`,
  `.gp-h{fill:${FAINT};font-style:italic;text-anchor:middle}`,
  '.gp-a{stroke:#ffffff;stroke-width:.5}',
  '</style>',
  '<pattern id="gp-hatch" width="6" height="6"',
  ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">',
  `${rect(0, 0, 6, 6, '#fbe9e7')}${rect(0, 0, 1.6, 6, COLOURS.guard)}`,
  '</pattern></defs>',
].join('');

// ---- head and legend ------------------------------------------------------------------------------

function headOf(
  areas: readonly MapsArea[],
  drawn: readonly Drawn[],
  title: string,
  hasColumns: boolean,
) {
  const shown = drawn.filter((item) => item.kind === 'area').length;
  const folded =
    shown < areas.length ? `; ${grouped(areas.length - shown)} areas folded` : '';
  const summary = `${summaryText(summarise(areas))}${folded}`;
  const order = hasColumns ? 'Highest address first, from column to column' : 'Highest address first';
  const note = `${order}. Neighbours are to scale, holes are not.`;
  const lines = [
    text(MARGIN, MARGIN + 14, title, 'font-size="20" font-weight="bold"'),
    text(MARGIN, MARGIN + 36, summary, 'font-size="13"'),
    text(MARGIN, MARGIN + 54, note, `fill="${FAINT}"`),
  ];
  const width = Math.max(title.length * 20 * SANS_ADVANCE, summary.length * 13 * SANS_ADVANCE);
  return { svg: lines.join('\n'), width, height: MARGIN + 82 };
}

function legendSvg(areas: readonly MapsArea[], width: number, top: number) {
  const { byKind } = summarise(areas);
  const parts: string[] = [];
  let [x, y] = [MARGIN, top];
  for (const kind of AREA_KINDS) {
    const total = byKind[kind];
    if (total.areas === 0) continue;
    const label = `${kind}: ${grouped(total.areas)}, ${bytesText(total.bytes)}`;
    const own = 22 + label.length * FONT_SIZE * SANS_ADVANCE + 18;
    if (x > MARGIN && x + own > width - MARGIN) [x, y] = [MARGIN, y + 20];
    const shape =
      kind === 'guard'
        ? rect(x, y - 11, 16, 13, 'url(#gp-hatch)') + rect(x - 2, y - 1, 20, 3, COLOURS.guard)
        : rect(x, y - 11, 16, 13, COLOURS[kind]);
    parts.push(shape, text(x + 22, y, label));
    x += own;
  }
  return { svg: parts.join('\n'), bottom: y };
}

// ---- sizes ----------------------------------------------------------------------------------------

/** Heights of the runs, enlarged together where they would not fill the picture. */
function stretched(runs: readonly Run[]): number[] {
  const heights = runs.map(heightOf);
  const total = heights.reduce((a, b) => a + b + HOLE_HEIGHT, 0);
  const missing = LEAST_BODY_HEIGHT - total;
  if (missing <= 0) return heights;
  const weights = runs.map((run) => doublings(run) ** 2);
  const all = weights.reduce((a, b) => a + b, 0);
  return heights.map((height, i) => height + (missing * (weights[i] as number)) / all);
}

/** Room for the run's labels on either side, and more for more bytes. */
function heightOf(run: Run): number {
  const areas = areasOf(run);
  const breaks = run.items.length - areas.length;
  const labels = labelledOf(run).size + run.repeats.length + 1;
  const forLabels = labels * LABEL_STEP + (areas.length > 0 ? doublings(run) : 0) * HEIGHT_PER_DOUBLING;
  return Math.max(forLabels, 2 * areas.length * hairlineOf(areas.length)) + breaks * BREAK_HEIGHT;
}

function hairlineOf(areas: number): number {
  return Math.max(FINEST_HAIRLINE, Math.min(HAIRLINE, MOST_OF_HAIRLINES / areas));
}

function areasOf(run: Run): DrawnArea[] {
  return run.items.filter((item) => item.kind === 'area');
}

/** 1 for a page, 2 for two, 3 for four; without what is in breaks. */
function doublings(run: Run): number {
  const bytes = areasOf(run).reduce((sum, { area }) => sum + Number(sizeOf(area)), 0);
  return 1 + Math.log2(Math.max(1, bytes / PAGE));
}

/** For a column of these runs. */
function columnsFor(runs: readonly Run[]): Columns {
  const digits = runs.flatMap((run) => run.items.map((item) => addressText(item.end).length));
  const labels = runs.flatMap((run) => rightTexts(run).map((label) => label.text.length));
  const bar = Math.max(8, ...digits) * LETTER + LEADER;
  const right = bar + BAR_WIDTH + LEADER;
  return { bar, width: right + Math.max(12, ...labels) * LETTER };
}

// ---- labels ---------------------------------------------------------------------------------------

/** The items of a run that have labels: not the middle of a repetition, and then the largest. */
function labelledOf(run: Run): Set<Drawn> {
  const isInside = (item: Drawn) =>
    run.repeats.some(({ first, past, period }) => {
      return item.index >= first + period && item.index < past - period;
    });
  const outside = run.items.filter((item) => !isInside(item));
  const bySize = [...outside].sort((a, b) => {
    return a.end - a.start < b.end - b.start ? 1 : a.end - a.start > b.end - b.start ? -1 : 0;
  });
  return new Set(bySize.slice(0, MOST_LABELS));
}

/** Labels at the right without their place, lowest first. `of` is what each is about. */
function rightTexts(run: Run): { text: string; isBold: boolean; first: Drawn; last: Drawn }[] {
  const labelled = labelledOf(run);
  const own = run.items
    .filter((item) => labelled.has(item) && item.kind === 'area')
    .map((item) => ({ text: areaText(item), isBold: false, first: item, last: item }));
  const repeats = run.repeats.map((repeat) => {
    const inside = run.items.filter(({ index }) => index >= repeat.first && index < repeat.past);
    const [first, last] = [inside[0] as Drawn, inside.at(-1) as Drawn];
    return { text: clipped(repeat.text, LONGEST_REPEAT), isBold: true, first, last };
  });
  return [...own, ...repeats];
}

/** "rw-p    8 MiB  libc.so.6". */
function areaText(item: Drawn): string {
  if (item.kind === 'break') return '';
  const { perms, name } = item.area;
  const short = name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
  const size = bytesText(sizeOf(item.area)).padStart(8);
  return clipped(`${perms} ${size}  ${printable(short)}`.trimEnd(), LONGEST_LABEL);
}

// ---- columns --------------------------------------------------------------------------------------

interface Origin {
  readonly columns: Columns;
  readonly x: number;
  readonly y: number;
}

/** The runs of one column from the top, each with the hole below it. */
function columnSvg(
  indices: readonly number[],
  runs: readonly Run[],
  heights: readonly number[],
  { columns, x, y: top }: Origin,
) {
  const parts: string[] = [];
  let y = top;
  for (const i of indices) {
    const run = runs[i] as Run;
    const height = heights[i] as number;
    const placed = placeRun(run, y, height);
    const { labels, brackets } = rightLabels(run, placed);
    const [bar, end] = [x + columns.bar, x + columns.bar + BAR_WIDTH];
    parts.push(
      ...placed.map((item) => itemSvg(item, bar)),
      ...brackets.map((span) => bracketSvg(span, end + 4)),
      labelsSvg(leftLabels(run, placed), bar, -1, [y, y + height]),
      labelsSvg(labels, end, 1, [y, y + height]),
    );
    y += height;
    const below = runs[i + 1];
    if (!below) break;
    parts.push(holeSvg(run, below, x + columns.bar, y));
    y += HOLE_HEIGHT;
  }
  return { svg: parts.join('\n'), bottom: y };
}

/** From the top, that is from the highest item. Breaks have their height, areas share the rest. */
function placeRun(run: Run, top: number, height: number): Placed[] {
  const items = [...run.items].reverse();
  const sizes = items.flatMap((item) => (item.kind === 'area' ? [Number(sizeOf(item.area))] : []));
  const nbreaks = items.length - sizes.length;
  const forBreak = sizes.length > 0 ? BREAK_HEIGHT : height / nbreaks;
  const shares = shareHeight(sizes, height - nbreaks * forBreak, hairlineOf(sizes.length));
  let y = top;
  let next = 0;
  return items.map((drawn) => {
    const own = drawn.kind === 'area' ? (shares[next++] as number) : forBreak;
    const placed = { drawn, y, height: own };
    y += own;
    return placed;
  });
}

/** The start of each labelled item, and the end of the run; highest first. */
function leftLabels(run: Run, placed: readonly Placed[]): Label[] {
  const labelled = labelledOf(run);
  const top = placed[0] as Placed;
  const starts = placed
    .filter(({ drawn }, i) => labelled.has(drawn) || i === placed.length - 1)
    .map(({ drawn, y, height }) => {
      return { text: addressText(drawn.start), y: y + height, isBold: false };
    });
  return [{ text: addressText(top.drawn.end), y: top.y, isBold: false }, ...starts];
}

function rightLabels(run: Run, placed: readonly Placed[]) {
  const places = new Map(placed.map((item) => [item.drawn, item]));
  const brackets: { from: number; to: number }[] = [];
  const labels = rightTexts(run).map(({ text: label, isBold, first, last }) => {
    const [low, high] = [places.get(first) as Placed, places.get(last) as Placed];
    const [from, to] = [high.y, low.y + low.height];
    if (isBold) brackets.push({ from, to });
    return { text: label, y: (from + to) / 2, isBold };
  });
  return { labels: labels.sort((a, b) => a.y - b.y), brackets };
}

// ---- elements -------------------------------------------------------------------------------------

function itemSvg({ drawn, y, height }: Placed, x: number): string {
  if (drawn.kind === 'break') return breakSvg(drawn, x, y, height);
  const { area } = drawn;
  const kind = kindOf(area);
  const isThinGuard = kind === 'guard' && height < LARGEST_SOLID_GUARD;
  const overhang = isThinGuard ? GUARD_OVERHANG : 0;
  const fill = kind === 'guard' && !isThinGuard ? 'url(#gp-hatch)' : COLOURS[kind];
  const line = clipped(printable(area.line.trimEnd()), LONGEST_HOVER);
  const hover = escaped(`${line}\n${bytesText(sizeOf(area))}, ${kind}`);
  const box = rect(x - overhang, y, BAR_WIDTH + 2 * overhang, height, fill);
  return `<g${isThinGuard ? '' : ' class="gp-a"'}><title>${hover}</title>${box}</g>`;
}

/** Torn edges above and below the words. */
function breakSvg({ text: label, areas }: Break, x: number, y: number, height: number): string {
  const tooth = BAR_WIDTH / 12;
  const edge = (at: number) =>
    Array.from({ length: 13 }, (_, i) => `${n(x + i * tooth)},${n(at + (i % 2) * 4)}`).join(' ');
  const hover = escaped(`${grouped(areas)} areas not drawn: ${label}`);
  return [
    `<g><title>${hover}</title>`,
    rect(x, y, BAR_WIDTH, height, '#ffffff'),
    `<polyline class="gp-l" points="${edge(y + 2)}"/>`,
    `<polyline class="gp-l" points="${edge(y + height - 6)}"/>`,
    text(x + BAR_WIDTH / 2, y + height / 2 + 4, label, 'text-anchor="middle" font-size="11"'),
    '</g>',
  ].join('');
}

function holeSvg(above: Run, below: Run, x: number, y: number): string {
  const start = (below.items.at(-1) as Drawn).end;
  const lowest = above.items[0] as Drawn;
  const end = lowest.start;
  const isHole = lowest.kind === 'break' || !isBeyondUserSpace(lowest.area);
  const label = lowest.kind === 'break' ? `${bytesText(end - start)} free` : gapText(end - start, lowest.area);
  const hover = `${isHole ? 'hole ' : ''}${addressText(start)}-${addressText(end)}\n${label}`;
  const middle = x + BAR_WIDTH / 2;
  const words = text(middle, y + HOLE_HEIGHT / 2 + 4, label, 'class="gp-h"');
  return `<g><title>${escaped(hover)}</title>${words}</g>`;
}

function bracketSvg({ from, to }: { from: number; to: number }, x: number): string {
  return `<path class="gp-l" stroke-width="1.4" d="M${n(x + 2)},${n(from)}h4V${n(to)}h-4"/>`;
}

/** Labels at one side of a run, moved apart, with a line from each to its place. */
function labelsSvg(
  labels: readonly Label[],
  edge: number,
  side: 1 | -1,
  [low, high]: [number, number],
): string {
  const wanted = labels.map((label) => label.y);
  const ys = spread(wanted, LABEL_STEP, low, high);
  return labels
    .map((label, i) => {
      const y = ys[i] as number;
      const bracket = label.isBold ? 10 : GUARD_OVERHANG + 1;
      const [from, to] = [edge + side * bracket, edge + side * (LEADER - 4)];
      const path = `M${n(from)},${n(label.y)}L${n(to - side * 4)},${n(y)}H${n(to)}`;
      const anchor = side < 0 ? ' text-anchor="end"' : '';
      const weight = label.isBold ? ' font-weight="bold"' : '';
      const attributes = `class="gp-m" xml:space="preserve"${anchor}${weight}`;
      const words = text(edge + side * LEADER, y + 4, label.text, attributes);
      return `<path class="gp-l" d="${path}"/>${words}`;
    })
    .join('\n');
}

function text(x: number, y: number, label: string, attributes = ''): string {
  return `<text x="${n(x)}" y="${n(y)}" ${attributes}>${escaped(label)}</text>`;
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  const box = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
  return `<rect ${box} fill="${fill}"/>`;
}

/** A coordinate, to a hundredth. */
function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(label: string): string {
  return label.replace(/[&<>"]/g, (char) => {
    return { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[char] as string;
  });
}
