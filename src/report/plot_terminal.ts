/*
 * A log-log plot in the terminal, drawn by simple-ascii-chart. Logarithms are taken here and ticks
 * written back as plain numbers. Lines are dotted between their marks.
 *
 * Curves of one growth lie on each other, and the last drawn would hide the rest. So series that
 * fall on the same row at every count they share become one line with one mark, and the legend
 * names all of them.
 *
 *   100 ┤        ....o     o  i386 first-fit
 *    10 ┤   o....             sparc64 first-fit (same line)
 *     1 ┤x........x...x    x  i386 free-area-cache
 */

import pc from 'picocolors';
import { plot } from 'simple-ascii-chart';
import type { BenchRun } from './bench_json.js';
import { axisText, countTicks, decadeTicks } from './numbers.js';
import { seriesOf } from './series.js';

export interface PlotSeries {
  readonly label: string;
  readonly points: readonly PlotPoint[];
}

/** Both positive, or the point is left out: it has no logarithm. */
export interface PlotPoint {
  readonly threads: number;
  readonly value: number;
}

export interface PlotOptions {
  /** Without colour the marks alone tell the lines apart; with it both do. */
  readonly color: boolean;
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Of the whole plot, labels included. */
  readonly columns?: number;
  /** Of the area inside the axes. */
  readonly rows?: number;
}

type LogPoint = [x: number, y: number];

/** Series that cannot be told apart at this size. */
interface Line {
  readonly labels: string[];
  /** log10 of the threads -> log10 of the value. */
  readonly points: Map<number, number>;
}

/** The ranges of both axes as logarithms, and the room for them. */
interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: number[];
  readonly yTicks: number[];
  readonly width: number;
  readonly height: number;
}

const MARKS = ['o', 'x', '+', '*', '#', '@', '%', '&', '$', '~'];
const TRACE = '.';
const TRACE_DENSITY = 2;
const COLUMNS = 72;
const ROWS = 18;
/** A tick's label and the space after it. */
const COLUMNS_PER_TICK = 7;
/** What the package sets beside the plot: the axis, its arrow and a margin. */
const AXIS_COLUMNS = 4;

/** The series `plotTerminal` is for: probes per thread of every curve of a report. */
export function probesSeries(runs: readonly BenchRun[]): PlotSeries[] {
  return seriesOf(runs).map(({ label, runs: own }) => ({
    label,
    points: own.map((run) => ({ threads: run.threads, value: run.probesPerThread })),
  }));
}

/** Lines of text without a newline at the end; a sentence where there is nothing to draw. */
export function plotTerminal(series: readonly PlotSeries[], options: PlotOptions): string {
  const title = options.title ?? 'Probes per thread against threads, both axes logarithmic';
  const drawable = series.map(logSeries).filter((line) => line.points.size > 0);
  if (drawable.length === 0) return `${title}: nothing to draw`;
  const frame = frameOf(drawable, options);
  const lines = mergeCoinciding(drawable, (frame.y[1] - frame.y[0]) / frame.height);
  return [
    title,
    '',
    options.yLabel ?? 'probes per thread',
    ...chartRows(lines, frame, options),
    (options.xLabel ?? 'threads').padStart(options.columns ?? COLUMNS),
    '',
    ...lines.flatMap((line, i) => legendOf(line, paint(i, options.color)(markOf(i)))),
  ].join('\n');
}

function logSeries({ label, points }: PlotSeries): Line {
  const drawable = points.filter((point) => point.threads > 0 && point.value > 0);
  const logs = drawable.map((point): LogPoint => {
    return [Math.log10(point.threads), Math.log10(point.value)];
  });
  return { labels: [label], points: new Map(logs.sort((a, b) => a[0] - b[0])) };
}

function frameOf(lines: readonly Line[], options: PlotOptions): Frame {
  const xs = lines.flatMap((line) => [...line.points.keys()]);
  const ys = lines.flatMap((line) => [...line.points.values()]);
  const decades = decadeTicks(10 ** Math.min(...ys), 10 ** Math.max(...ys));
  const yTicks = decades.map(Math.log10);
  const yText = axisText(decades);
  const labels = Math.max(...decades.map((tick) => yText(tick).length));
  const width = (options.columns ?? COLUMNS) - labels - AXIS_COLUMNS;
  const left = Math.min(...xs);
  return {
    // A single count still needs an axis to stand on.
    x: [left, Math.max(...xs, left + Math.log10(2))],
    y: [yTicks[0] as number, yTicks.at(-1) as number],
    xTicks: countTicks(xs, Math.floor(width / COLUMNS_PER_TICK)),
    yTicks,
    width,
    height: options.rows ?? ROWS,
  };
}

/** Joins each line to the first it lies on. Same mark, so that a reader never has to guess. */
function mergeCoinciding(lines: readonly Line[], rowHeight: number): Line[] {
  const merged: Line[] = [];
  for (const line of lines) {
    const same = merged.find((other) => coincide(line, other, rowHeight / 2));
    if (!same) {
      merged.push(line);
      continue;
    }
    same.labels.push(...line.labels);
    for (const [x, y] of line.points) if (!same.points.has(x)) same.points.set(x, y);
  }
  return merged;
}

/** At one shared count at least, and nowhere further apart than `tolerance`. */
function coincide(a: Line, b: Line, tolerance: number): boolean {
  const shared = [...a.points].filter(([x]) => b.points.has(x));
  return (
    shared.length > 0 &&
    shared.every(([x, y]) => Math.abs(y - (b.points.get(x) as number)) <= tolerance)
  );
}

/**
 * The package gives all lines one symbol and does not say which line it is drawing, but it does
 * say which point: so the symbol is looked up by the point. What is drawn later wins, hence marks
 * after traces, and the two corners, blank, first: they hold the axes to the frame.
 */
function chartRows(lines: readonly Line[], frame: Frame, options: PlotOptions): string[] {
  const symbols = new Map<string, string>();
  const symbolise = (points: LogPoint[], symbol: string): LogPoint[] => {
    for (const point of points) symbols.set(point.join(), symbol);
    return points;
  };
  const corners: LogPoint[] = [
    [frame.x[0], frame.y[0]],
    [frame.x[1], frame.y[1]],
  ];
  const blank = symbolise(corners, ' ');
  const traces = lines.map((line, i) => {
    return symbolise(traceOf(line, frame), paint(i, options.color)(TRACE));
  });
  const marks = lines.map((line, i) => {
    return symbolise([...line.points], paint(i, options.color)(markOf(i)));
  });
  const xText = axisText(frame.xTicks.map(unlog));
  const yText = axisText(frame.yTicks.map(unlog));
  const chart = plot([blank, ...traces, ...marks], {
    width: frame.width,
    height: frame.height,
    yRange: [...frame.y],
    customXAxisTicks: frame.xTicks,
    customYAxisTicks: frame.yTicks,
    formatter: (log, { axis }) => (axis === 'x' ? xText : yText)(unlog(log)),
    lineFormatter: ({ x, y, plotX, plotY }) => {
      return { x: plotX, y: plotY, symbol: symbols.get([x, y].join()) ?? TRACE };
    },
  });
  return chart
    .split('\n')
    .map((row) => row.trimEnd())
    .filter((row) => row !== '');
}

/** Straight from mark to mark; close enough that rounding leaves no column without its dot. */
function traceOf(line: Line, frame: Frame): LogPoint[] {
  const points = [...line.points].sort((a, b) => a[0] - b[0]);
  const perColumn = frame.width / (frame.x[1] - frame.x[0]);
  return points.slice(1).flatMap(([x, y], i) => {
    const [fromX, fromY] = points[i] as LogPoint;
    const steps = Math.max(1, Math.ceil((x - fromX) * perColumn * TRACE_DENSITY));
    return Array.from({ length: steps - 1 }, (_, step): LogPoint => {
      const part = (step + 1) / steps;
      return [fromX + part * (x - fromX), fromY + part * (y - fromY)];
    });
  });
}

function legendOf(line: Line, mark: string): string[] {
  return line.labels.map((label, i) =>
    i === 0 ? `  ${mark}  ${label}` : `     ${label} (same line)`,
  );
}

/** 10 ** Math.log10(4096) is not quite 4096. */
function unlog(log: number): number {
  return Number((10 ** log).toPrecision(12));
}

function markOf(i: number): string {
  return MARKS[i % MARKS.length] as string;
}

function paint(i: number, color: boolean): (text: string) => string {
  const { cyan, yellow, green, magenta, red, blue } = pc.createColors(color);
  const paints = [cyan, yellow, green, magenta, red, blue];
  return paints[i % paints.length] as (text: string) => string;
}
