/* Lanes that take turns: what is found, and in which schedule, whichever of them is ahead of the others. */

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Explorer, type Part } from '../../src/explore/explore.js';
import { joined, rootOf } from '../../src/explore/lanes.js';
import { ProgramRun } from '../../src/explore/program_run.js';
import type { Main } from '../../src/thread/ts_user_mode.js';
import { counters } from './programs.js';

const LANES = 16;
const folder = fileURLToPath(new URL('../../examples/bugs/', import.meta.url));
const names = readdirSync(folder).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3));

function lanesOf(main: Main, runs: number): Explorer[] {
  const program = new ProgramRun({}, main);
  return Array.from({ length: LANES }, (_, shard) =>
    new Explorer((schedule) => program.run(schedule), { runs, shard, shards: LANES }));
}

/** Each lane up to its limit, or a schedule of each in turn. */
function explored(main: Main, limits: readonly number[]): Part[] {
  return lanesOf(main, 500).map((lane, i) => lane.explore(limits[i]! + rootOf(i)));
}

describe('sixteen lanes', () => {
  it.each(names)('%s is found within its stated number of schedules', async (name) => {
    const { default: main, schedules } = (await import(`../../examples/bugs/${name}.ts`)) as { default: Main; schedules: number };
    const { found } = joined(explored(main, new Array(LANES).fill(Math.ceil(schedules / LANES) + 1)));
    expect(found!.number).toBeGreaterThan(1);
    expect(found!.number).toBeLessThanOrEqual(schedules);
  });

  it('what some had run beyond the finding counts for nothing', async () => {
    const { default: main } = await import('../../examples/bugs/aba.js');
    const most = explored(main, new Array(LANES).fill(60));
    const { found, explored: count, cut, complete } = joined(most);
    expect(count).toBe(found!.number);
    for (let more = 1; more < LANES; more += 4) {
      const limits = most.map((_, i) => (i % LANES < more ? 45 : 100));
      expect(joined(explored(main, limits))).toMatchObject({ found, explored: count, cut, complete });
    }
  });

  it('have all schedules of a small program between them', () => {
    const program = new ProgramRun({}, counters(3, 2, 0));
    const whole = new Explorer((schedule) => program.run(schedule), { runs: 10_000 }).explore();
    expect(whole.exhausted).toBe(true);
    const parts = lanesOf(counters(3, 2, 0), 10_000).map((lane) => lane.explore());
    expect(joined(parts)).toMatchObject({ explored: whole.explored, exhausted: true, found: null, complete: whole.complete });
  });
});
