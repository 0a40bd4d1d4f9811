/*
 * Pictures and tables of what was measured: pure functions, data in, text out. Importing this loads
 * no plotting library but the terminal's; vega comes in with the first call of plotThreadsSvg.
 */

export type { AddressSpaceOptions } from './address_space_svg.js';
export { addressSpaceSvg } from './address_space_svg.js';
export type {
  BenchHost,
  BenchLimits,
  BenchReport,
  BenchRun,
  Growth,
  NativeRun,
  SeriesKey,
} from './bench_json.js';
export { growthOf } from './growth.js';
export type { AreaKind, Hole, KindTotal, MapsArea, MapsSummary } from './maps_text.js';
export { kindOf, MapsTextError, parseMaps, summarise, summaryText } from './maps_text.js';
export { plotThreadsSvg } from './plot_svg.js';
export type { PlotOptions, PlotPoint, PlotSeries } from './plot_terminal.js';
export { plotTerminal, probesSeries } from './plot_terminal.js';
export type { RunSeries } from './series.js';
export { seriesOf } from './series.js';
export type { StripMapOptions } from './strip_map.js';
export { stripMap } from './strip_map.js';
export type { TableOptions } from './threads_table.js';
export { growthTable, threadsTable } from './threads_table.js';
