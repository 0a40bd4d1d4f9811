/*
 * The figure of `bench threads` as SVG, by vega-lite and vega: what one thread costs in probes, and
 * in microseconds, against the number of threads. Two panels, both axes logarithmic, one legend.
 *
 * Curves of one growth lie on each other. Each series has a colour, a mark and a dash of its own,
 * and each later one is drawn thinner and smaller over the earlier, so that all of a pile show.
 *
 * vega takes a while to load and is needed by --svg alone, so it is imported at the first call.
 */

import type { TopLevelSpec } from 'vega-lite';
import type { BenchRun } from './bench_json.js';
import { axisText, countTicks, decadeTicks, fineTicks } from './numbers.js';
import { seriesOf } from './series.js';

type Measure = 'probesPerThread' | 'usPerThread';

/** One point of the figure. */
interface Row {
  readonly series: string;
  readonly threads: number;
  readonly probesPerThread: number;
  readonly usPerThread: number;
}

const PANEL_WIDTH = 300;
const PANEL_HEIGHT = 260;
const FONT = 'Helvetica, Arial, sans-serif';
const MOST_X_TICKS = 8;
/** Fewer decades than this get ticks at 1, 2 and 5. */
const DECADES_WORTH_POWERS_ALONE = 3;

/** Okabe and Ito's colours: told apart by colour-blind readers, and dark enough for paper. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [4, 4],
  [10, 4],
];
const WIDEST_STROKE = 4.5;
const THINNEST_STROKE = 1.2;
const LARGEST_MARK = 240;
const SMALLEST_MARK = 28;
const LEGEND = { title: null, orient: 'bottom', columns: 2, symbolSize: 90 };

/**
 * An SVG document. A run without a logarithm (no thread, no probe) is left out of the panel.
 * Requires: one run at least, or there is no series to lay out.
 */
export async function plotThreadsSvg(runs: readonly BenchRun[]): Promise<string> {
  if (runs.length === 0) throw new Error('plotThreadsSvg: no runs to plot');
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(figureOf(runs)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function figureOf(runs: readonly BenchRun[]): TopLevelSpec {
  const series = seriesOf(runs);
  const labels = series.map(({ label }) => label);
  const rows = series.flatMap(({ label, runs: own }) => own.map((run) => rowOf(label, run)));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: 'What one thread costs', anchor: 'middle', fontSize: 15, offset: 14 },
    background: 'white',
    padding: 12,
    spacing: 36,
    data: { values: rows },
    hconcat: [
      panel('probesPerThread', 'Probes per thread', rows, labels),
      panel('usPerThread', 'Microseconds per thread', rows, labels),
    ],
    config: {
      font: FONT,
      axis: {
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        gridColor: '#e4e4e4',
      },
      legend: { labelFontSize: 11, labelLimit: 0, symbolStrokeWidth: 2 },
    },
  } as TopLevelSpec;
}

function rowOf(series: string, { threads, probesPerThread, usPerThread }: BenchRun): Row {
  return { series, threads, probesPerThread, usPerThread };
}

/** The panels share the scales of the series, and so the one legend. */
function panel(measure: Measure, title: string, rows: readonly Row[], labels: string[]): object {
  const drawable = rows.filter((row) => row.threads > 0 && row[measure] > 0);
  const counts = drawable.map((row) => row.threads);
  const yTicks = valueTicks(drawable.map((row) => row[measure]));
  return {
    width: PANEL_WIDTH,
    height: PANEL_HEIGHT,
    transform: [{ filter: `datum.threads > 0 && datum.${measure} > 0` }],
    encoding: {
      x: logAxis('threads', 'Threads', countTicks(counts, MOST_X_TICKS), counts),
      y: logAxis(measure, title, yTicks, yTicks),
      color: perSeries(labels, COLOURS),
    },
    layer: labels.flatMap((label, i) => layersOf(label, i, labels)),
  };
}

/** Line and marks of one series. Their sizes are constants here: as scales they would be blended. */
function layersOf(label: string, i: number, labels: string[]): object[] {
  const share = i / Math.max(1, labels.length - 1);
  const strokeDash = DASHES[i % DASHES.length];
  const strokeWidth = WIDEST_STROKE * (THINNEST_STROKE / WIDEST_STROKE) ** share;
  const size = LARGEST_MARK * (SMALLEST_MARK / LARGEST_MARK) ** share;
  const transform = [{ filter: { field: 'series', equal: label } }];
  return [
    { transform, mark: { type: 'line', strokeDash, strokeWidth } },
    {
      transform,
      mark: { type: 'point', filled: false, strokeWidth: 1.6, opacity: 1, size },
      encoding: { shape: perSeries(labels, SHAPES) },
    },
  ];
}

/** A value of `values` for each series, begun again where there are more series than values. */
function perSeries(labels: string[], values: readonly string[]): object {
  const range = labels.map((_, i) => values[i % values.length]);
  return { field: 'series', type: 'nominal', scale: { domain: labels, range }, legend: LEGEND };
}

function valueTicks(values: readonly number[]): number[] {
  if (values.length === 0) return [];
  const [lo, hi] = [Math.min(...values), Math.max(...values)];
  const decades = decadeTicks(lo, hi);
  return decades.length > DECADES_WORTH_POWERS_ALONE ? decades : fineTicks(lo, hi);
}

/** Covers `values`. Labels are looked up, as vega's own number formats know no "64k". */
function logAxis(field: string, title: string, ticks: number[], values: number[]): object {
  const textOf = axisText(ticks);
  const labels = Object.fromEntries(ticks.map((tick) => [String(tick), textOf(tick)]));
  const lo = values.length > 0 ? Math.min(...values) : 1;
  // A single count, or none, still needs an axis to stand on.
  const hi = Math.max(2 * lo, ...values);
  return {
    field,
    type: 'quantitative',
    title,
    scale: { type: 'log', domain: [lo, hi], nice: false, padding: 8 },
    axis: { values: ticks, labelExpr: `${JSON.stringify(labels)}[datum.value]` },
  };
}
