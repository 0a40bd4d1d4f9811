/*
 * The holes of an address space over time, as SVG: memory calls to the right, addresses upwards. Blue is mapped, orange
 * is a hole between what is mapped, violet both within one pixel, pale is free above or below. Ranges that nobody ever mapped are left out between
 * panels, and say how large they are. Below it, how much of the free space the largest hole does not have.
 *
 *   40800000 ┌───────────────────────────┐
 *            │         ┌─────────────────│   blue
 *            │    ┌────┘      ███████    │   orange: unmapped again
 *            │────┘                      │
 *   40000000 └───────────────────────────┘
 *            0        memory calls    1,000
 */

import { addressText, bytesText } from './bytes.js';
import type { FragmentsReport, SpaceSample } from './fragments.js';
import { fragmentationOf } from './fragments.js';
import { grouped } from './numbers.js';
import { clipped, printable } from './plain_text.js';
import { shareHeight } from './svg_layout.js';

export interface HolesOptions {
  readonly title?: string;
}

/** Pages [start, end) that are drawn in one piece. */
interface Panel {
  readonly start: number;
  readonly end: number;
}

interface PlacedPanel extends Panel {
  /** Of its upper edge. */
  readonly y: number;
  readonly height: number;
}

const WIDTH = 1000;
const MARGIN = 24;
const LEFT = 150;
const RIGHT = 60;
const PLOT = WIDTH - LEFT - RIGHT;
const TOP = 108;
const PANELS_HEIGHT = 400;
const LEAST_PANEL = 20;
/** Between two panels: room for a label. */
const GAP = 26;
const CHART_HEIGHT = 90;
const MOST_PANELS = 6;
const LONGEST_TITLE = 90;
const MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace";
const SANS = 'Helvetica, Arial, sans-serif';
const INK = '#222222';
const FAINT = '#777777';
const FREE = '#f1f4f6';
const MAPPED = '#2f7fb8';
const HOLE = '#f29a2e';
/** No mixture of the two, which would be a brown that looks like neither. */
const BOTH = '#b48ac4';
const LOST = '#c81e1e';
/** What a pixel shows: colours by level, 0 being what is free. */
const LEVELS = [FREE, MAPPED, BOTH, HOLE] as const;
/** A pixel is of one kind when less than this part of it is of the other. */
const NEGLIGIBLE = 0.25;
const TICKS = 4;
const SEAM = 0.5;

/** An SVG document. */
export function holesSvg(report: FragmentsReport, options: HolesOptions = {}): string {
  const title = clipped(printable(options.title ?? 'Holes over time'), LONGEST_TITLE);
  const panels = placed(panelsOf(report.samples));
  const last = panels.at(-1);
  const bottom = last === undefined ? TOP : last.y + last.height;
  const chartTop = bottom + 62;
  const height = chartTop + CHART_HEIGHT + 50;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img"`,
    ` aria-label="${escaped(title)}" font-family="${SANS}" font-size="12" fill="${INK}">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    headSvg(report, title),
    ...panels.flatMap((panel, i) => [panelSvg(report, panel), gapSvg(report, panel, panels[i + 1])]),
    axisSvg(report, bottom),
    chartSvg(report, chartTop),
    '</svg>',
  ].join('\n');
}

function headSvg(report: FragmentsReport, title: string): string {
  const { end, worst, pageSize, calls } = report;
  const bytes = (pages: number) => bytesText(BigInt(pages) * BigInt(pageSize));
  const summary =
    `${grouped(calls)} memory calls; at the end ${grouped(end.holes)} ${end.holes === 1 ? 'hole' : 'holes'}, the largest ` +
    `${bytes(end.largestPages)}; at worst ${Math.round(100 * fragmentationOf(worst))}% of the free space lies outside the largest hole`;
  const legend = [
    ['mapped', MAPPED], ['hole between maps', HOLE], ['both within one pixel', BOTH], ['free above or below', FREE],
  ] as const;
  let x = LEFT;
  const keys = legend.map(([label, fill]) => {
    const key = `${rect(x, 80, 14, 12, fill)}${text(x + 20, 90, label)}`;
    x += 40 + 7 * label.length;
    return key;
  });
  return [
    text(MARGIN, 38, title, 'font-size="20" font-weight="bold"'), text(MARGIN, 62, summary, 'font-size="13"'), ...keys,
  ].join('');
}

// ---- panels -----------------------------------------------------------------------------------------

/** What was mapped at any time, lowest first, parted where the ranges between are widest. */
function panelsOf(samples: readonly SpaceSample[]): Panel[] {
  const pieces = samples.flatMap(({ runs }) => {
    return Array.from({ length: runs.length / 2 }, (_, i) => ({ start: runs[2 * i]!, end: runs[2 * i + 1]! }));
  });
  pieces.sort((a, b) => a.start - b.start);
  const union: { start: number; end: number }[] = [];
  for (const { start, end } of pieces) {
    const below = union.at(-1);
    if (below !== undefined && start <= below.end) below.end = Math.max(below.end, end);
    else union.push({ start, end });
  }
  const total = union.reduce((sum, { start, end }) => sum + end - start, 0);
  const gaps = union.slice(1).map(({ start }, i) => ({ at: i + 1, pages: start - union[i]!.end }));
  const wide = gaps.filter(({ pages }) => pages > total / 4).sort((a, b) => b.pages - a.pages).slice(0, MOST_PANELS - 1);
  const bounds = [0, ...wide.map(({ at }) => at).sort((a, b) => a - b), union.length];
  if (union.length === 0) return [];
  return bounds.slice(1).map((past, i) => ({ start: union[bounds[i]!]!.start, end: union[past - 1]!.end }));
}

/** Highest addresses on top. */
function placed(panels: readonly Panel[]): PlacedPanel[] {
  const order = [...panels].reverse();
  const heights = shareHeight(order.map(({ start, end }) => end - start), PANELS_HEIGHT, LEAST_PANEL).map(Math.round);
  let y = TOP;
  return order.map((panel, i) => {
    const own = { ...panel, y, height: heights[i]! };
    y += own.height + GAP;
    return own;
  });
}

function panelSvg(report: FragmentsReport, panel: PlacedPanel): string {
  const { y, height } = panel;
  return [
    rect(LEFT, y, PLOT, height, FREE),
    `<g shape-rendering="crispEdges">${cellsSvg(report, panel)}</g>`,
    `<rect x="${LEFT}" y="${y}" width="${PLOT}" height="${height}" fill="none" stroke="${FAINT}" stroke-width=".7"/>`,
    address(report, panel.end, y + 9),
    ...(height > 2 * LEAST_PANEL ? [address(report, panel.start, y + height)] : []),
  ].join('\n');
}

function address({ pageSize }: FragmentsReport, page: number, y: number): string {
  const label = addressText(BigInt(page) * BigInt(pageSize));
  return text(LEFT - 8, y, label, `text-anchor="end" font-family="${MONO}" font-size="11"`);
}

/** What was never mapped, between a panel and the one below it. */
function gapSvg({ pageSize }: FragmentsReport, above: PlacedPanel, below: PlacedPanel | undefined): string {
  if (below === undefined) return '';
  const label = `${bytesText(BigInt(above.start - below.end) * BigInt(pageSize))} never mapped`;
  return text(LEFT + PLOT / 2, above.y + above.height + GAP / 2 + 4, label, `text-anchor="middle" fill="${FAINT}" font-style="italic"`);
}

/** One rectangle for every stretch of calls in which a stretch of addresses looks the same. */
function cellsSvg(report: FragmentsReport, panel: PlacedPanel): string {
  const { samples, calls } = report;
  const parts: string[] = [];
  let open = new Map<string, number>();
  const x = (call: number) => LEFT + (PLOT * call) / Math.max(1, calls);
  samples.forEach((sample, i) => {
    const from = i === 0 ? LEFT : x(sample.call);
    const now = new Map<string, number>();
    for (const stripe of stripesOf(levelsOf(sample, panel))) now.set(stripe, open.get(stripe) ?? from);
    for (const [stripe, since] of open) if (!now.has(stripe)) parts.push(stripeSvg(stripe, since, from, panel));
    open = now;
  });
  for (const [stripe, since] of open) parts.push(stripeSvg(stripe, since, LEFT + PLOT, panel));
  return parts.join('\n');
}

/** A level for each pixel of the panel's height, from the top: an index of LEVELS. */
function levelsOf({ runs }: SpaceSample, { start, end, height }: PlacedPanel): Uint8Array {
  const levels = new Uint8Array(height);
  const mapped = new Float64Array(height);
  const pages = (end - start) / height;
  let [lowest, highest] = [height, -1];
  for (let i = 0; i < runs.length; i += 2) {
    const [low, high] = [Math.max(runs[i]!, start), Math.min(runs[i + 1]!, end)];
    if (high <= low) continue;
    const [first, last] = [(low - start) / pages, (high - start) / pages];
    const top = Math.min(height - 1, Math.ceil(last) - 1);
    for (let cell = Math.floor(first); cell <= top; cell++) mapped[cell]! += Math.min(last, cell + 1) - Math.max(first, cell);
    lowest = Math.min(lowest, Math.floor(first));
    highest = Math.max(highest, top);
  }
  for (let cell = lowest; cell <= highest; cell++) {
    // At the two ends what is not mapped is free, no hole.
    const free = cell === lowest || cell === highest ? 0 : 1 - mapped[cell]!;
    levels[height - 1 - cell] = levelOf(free);
  }
  return levels;
}

/** "level from to" of each stretch of one level, the free ones left out. */
function stripesOf(levels: Uint8Array): string[] {
  const stripes: string[] = [];
  for (let from = 0; from < levels.length; ) {
    let to = from + 1;
    while (levels[to] === levels[from]) to += 1;
    if (levels[from] !== 0) stripes.push(`${levels[from]} ${from} ${to}`);
    from = to;
  }
  return stripes;
}

function stripeSvg(stripe: string, from: number, to: number, { y }: PlacedPanel): string {
  const [level, top, bottom] = stripe.split(' ').map(Number) as [number, number, number];
  // A little over the edge, so that no seam shows between neighbours; not over the frame.
  return rect(from, y + top, Math.min(to + SEAM, LEFT + PLOT) - from, bottom - top, LEVELS[level]!);
}

/** Of a pixel of which the part `free` is hole. */
function levelOf(free: number): number {
  const colour = free < NEGLIGIBLE ? MAPPED : free > 1 - NEGLIGIBLE ? HOLE : BOTH;
  return LEVELS.indexOf(colour);
}

// ---- axis and chart ---------------------------------------------------------------------------------

function axisSvg({ calls }: FragmentsReport, y: number): string {
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => {
    const x = LEFT + (PLOT * i) / TICKS;
    const mark = `<path d="M${n(x)},${y}v5" stroke="${FAINT}"/>`;
    return mark + text(x, y + 18, grouped(Math.round((calls * i) / TICKS)), 'text-anchor="middle" font-size="11"');
  });
  return [...ticks, text(LEFT + PLOT, y + 34, 'memory calls', `text-anchor="end" fill="${FAINT}"`)].join('');
}

/** External fragmentation in percent, and the number of holes on a scale of its own. */
function chartSvg({ samples, calls }: FragmentsReport, top: number): string {
  const most = Math.max(1, ...samples.map(({ holes }) => holes));
  const x = (call: number) => n(LEFT + (PLOT * call) / Math.max(1, calls));
  const y = (share: number) => n(top + CHART_HEIGHT * (1 - share));
  const line = (shareOf: (sample: SpaceSample) => number) => samples.map((sample) => `${x(sample.call)},${y(shareOf(sample))}`).join(' ');
  const right = LEFT + PLOT;
  return [
    rect(LEFT, top, PLOT, CHART_HEIGHT, '#fafafa'),
    ...[0, 0.5, 1].map((share) => {
      const grid = `<path d="M${LEFT},${y(share)}H${right}" stroke="#dddddd"/>`;
      return grid + text(LEFT - 8, Number(y(share)) + 4, `${100 * share}%`, `text-anchor="end" font-size="11" fill="${LOST}"`);
    }),
    text(right + 8, top + 8, grouped(most), 'font-size="11"'),
    text(right + 8, top + CHART_HEIGHT + 4, '0', 'font-size="11"'),
    `<polyline points="${line(({ holes }) => holes / most)}" fill="none" stroke="${INK}" stroke-width="1" stroke-dasharray="4 3"/>`,
    `<polyline points="${line(fragmentationOf)}" fill="none" stroke="${LOST}" stroke-width="1.8"/>`,
    `<path d="M${LEFT},${top + CHART_HEIGHT + 22}h24" stroke="${LOST}" stroke-width="1.8"/>`,
    text(LEFT + 32, top + CHART_HEIGHT + 26, 'external fragmentation: free space outside the largest hole'),
    `<path d="M${LEFT + 420},${top + CHART_HEIGHT + 22}h24" stroke="${INK}" stroke-dasharray="4 3"/>`,
    text(LEFT + 452, top + CHART_HEIGHT + 26, 'number of holes (scale at the right)'),
  ].join('\n');
}

// ---- elements ---------------------------------------------------------------------------------------

function text(x: number, y: number, label: string, attributes = ''): string {
  return `<text x="${n(x)}" y="${n(y)}" ${attributes}>${escaped(label)}</text>`;
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${fill}"/>`;
}

/** A coordinate, to a hundredth. */
function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(label: string): string {
  return label.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]!);
}
