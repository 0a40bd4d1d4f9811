/* What an experiment is: published figures, the same made here, a plot, and a sentence on how they compare. */
import type { PlotOptions, PlotSeries } from '../../report/plot_terminal.js';

/** Named figures; lists are for programs, tables leave them out. */
export type Figures = Readonly<Record<string, Figure>>;
export type Figure = string | number | boolean | null | readonly number[] | readonly (readonly number[])[];

export interface Row {
  readonly what: string;
  /** Null where nothing was published. */
  readonly published: Figures | null;
  readonly ours: Figures;
}

export interface Findings {
  readonly rows: readonly Row[];
  /** Lines of maps that processes began with, beyond what exec leaves. */
  readonly initialMaps: readonly string[];
  readonly series: readonly PlotSeries[];
  readonly plot: Pick<PlotOptions, 'title' | 'xLabel' | 'yLabel'>;
  /** What agrees and what does not. */
  readonly sentence: string;
}

/** Called before each part of an experiment: what comes, and the share of the whole that is done. */
export type Step = (label: string, done: number) => void;

export interface Experiment {
  readonly name: string;
  readonly about: string;
  /** Where the figures were published. */
  readonly source: string;
  /** What it may take, to within a factor of a few. */
  readonly expectedMs: number;
  run(step: Step): Promise<Findings> | Findings;
}
