/* guardpage reproduce [NAME...]: published experiments made again, their figures beside ours. */
import { isatty } from 'node:tty';
import { SingleBar } from 'cli-progress';
import { plotTerminal } from '../report/plot_terminal.js';
import { grouped } from '../report/numbers.js';
import { UsageError } from './errors.js';
import { checkWritable, colors, hasColor, STDERR, STDOUT, TO_STDOUT, writeAll, writeJson } from './output.js';
import type { Experiment, Figure, Figures, Findings } from './reproduce/experiment.js';
import { experiments } from './reproduce/index.js';
import { tableText } from './table.js';

/** The flags, as commander hands them over. */
export interface ReproduceFlags {
  readonly json?: string;
  readonly quiet?: boolean;
}

const MOST_COLUMNS = 44;
const PLOT_ROWS = 12;

/** Returns the exit status. */
export async function reproduce(names: readonly string[], flags: ReproduceFlags): Promise<number> {
  checkWritable(flags.json);
  const chosen = names.length === 0 ? experiments : [...new Set(names)].map(experimentNamed);
  const fd = flags.json === TO_STDOUT ? STDERR : STDOUT;
  const progress = new Progress(chosen, flags.quiet !== true && isatty(STDERR));
  const records: object[] = [];
  try {
    for (const experiment of chosen) {
      const findings = await experiment.run((label, done) => progress.show(experiment, label, done));
      progress.end(experiment);
      if (flags.quiet !== true) writeAll(fd, textOf(experiment, findings, fd));
      const { rows, initialMaps, sentence } = findings;
      records.push({ name: experiment.name, source: experiment.source, rows, initialMaps, sentence });
    }
  } finally {
    progress.stop();
  }
  if (flags.json !== undefined) writeJson(flags.json, { schemaVersion: 1, experiments: records });
  return 0;
}

function experimentNamed(name: string): Experiment {
  const found = experiments.find((experiment) => experiment.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`no experiment "${name}"; there are: ${experiments.map((experiment) => experiment.name).join(', ')}`);
}

function textOf({ name, about, source }: Experiment, findings: Findings, fd: number): string {
  const { rows, initialMaps, series, plot, sentence } = findings;
  const { bold } = colors(fd);
  const columns = [{ head: 'what', width: 40 }, { head: 'published', width: 26 }, { head: 'ours', width: MOST_COLUMNS }];
  const table = tableText(columns, rows.map(({ what, published, ours }) => [what, figuresText(published), figuresText(ours)]), fd);
  const maps = initialMaps.length === 0 ? [] : ['Mapped before the first call:', ...initialMaps.map((line) => `  ${line}`)];
  return [
    bold(`${name}: ${about}`), source, table, ...maps,
    plotTerminal(series, { color: hasColor(fd), rows: PLOT_ROWS, ...plot }), '', sentence, '', '',
  ].join('\n');
}

/** "rounds 52,624, areas 92". Lists are left to programs. */
function figuresText(figures: Figures | null): string {
  if (figures === null) return '-';
  return Object.entries(figures)
    .filter(([, value]) => !Array.isArray(value))
    .map(([name, value]) => `${words(name)} ${valueText(value)}`)
    .join(', ');
}

/** "probesPerThread" as "probes per thread". */
function words(name: string): string {
  return name.replace(/([a-z])([A-Z0-9])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);
}

function valueText(value: Figure): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return grouped(value);
  return Math.abs(value) < 0.1 ? String(Number(value.toPrecision(2))) : grouped(value, 2);
}

/** A bar over all experiments by the time that each may take. */
class Progress {
  private readonly bar: SingleBar | null;
  private done = 0;

  constructor(chosen: readonly Experiment[], isShown: boolean) {
    this.bar = isShown
      ? new SingleBar({
          format: '{bar} {percentage}%  {label}', stream: process.stderr, clearOnComplete: true, stopOnComplete: false,
          hideCursor: false, barsize: 24,
        })
      : null;
    this.bar?.start(chosen.reduce((sum, { expectedMs }) => sum + expectedMs, 0), 0, { label: '' });
  }

  show({ name, expectedMs }: Experiment, label: string, share: number): void {
    this.bar?.update(this.done + share * expectedMs, { label: `${name}: ${label}` });
  }

  end({ expectedMs }: Experiment): void {
    this.done += expectedMs;
  }

  stop(): void {
    this.bar?.stop();
  }
}
