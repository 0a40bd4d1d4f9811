/* The seeded bugs of examples/bugs: --explore finds each within its stated number of schedules, and nothing in its twin. */

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explore/explore.js';
import { observeRun } from '../../src/explore/observe_run.js';
import { ProgramRun } from '../../src/explore/program_run.js';
import { findSchedule } from '../../src/task/schedules.js';
import type { Main } from '../../src/thread/ts_user_mode.js';

interface Bug {
  readonly default: Main;
  readonly schedules: number;
}

const folder = fileURLToPath(new URL('../../examples/bugs/', import.meta.url));
const names = readdirSync(folder).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3));

async function load(name: string): Promise<Bug> {
  return (await import(`../../examples/bugs/${name}.ts`)) as Bug;
}

/** What each is found as. */
const FOUND: Readonly<Record<string, string>> = {
  aba: 'exception',
  abba_deadlock: 'deadlock',
  barrier_reuse: 'deadlock',
  cancel_with_lock: 'deadlock',
  check_then_act: 'exit status',
  dining_philosophers: 'deadlock',
  double_checked_init: 'exception',
  double_join: 'exception',
  exit_without_unlock: 'deadlock',
  loop_variable: 'exit status',
  fork_with_lock: 'deadlock',
  lost_update: 'exit status',
  lost_wakeup: 'deadlock',
  missing_while: 'exception',
  nested_monitor: 'deadlock',
  once_by_hand: 'exit status',
  reader_upgrade: 'deadlock',
  reference_count: 'exception',
  semaphore_order: 'deadlock',
  signal_for_broadcast: 'deadlock',
  two_mutexes: 'deadlock',
  use_after_exit: 'exception',
  wrong_peterson: 'exception',
};

it('there are at least fifteen', () => {
  expect(names.length).toBeGreaterThanOrEqual(15);
});

describe.each(names)('%s', (name) => {
  it('is found within its stated number of schedules, the first of which goes well, and comes back', async () => {
    const { default: main, schedules } = await load(name);
    const program = new ProgramRun({}, main);
    const { found } = explore((schedule) => program.run(schedule), { runs: schedules });
    expect(found).not.toBeNull();
    const { result } = observeRun({}, main, [], findSchedule(found!.schedule, 1)!);
    expect([result.outcome, result.exit]).toEqual([found!.seen.outcome, found!.seen.exit]);
    expect(found!.number).toBeGreaterThan(1);
    expect(found!.finding).toBe(FOUND[name]);
  });

  it('is not found in its twin', async () => {
    const { default: main, schedules } = await load(name);
    const program = new ProgramRun({}, main, ['fixed']);
    expect(explore((schedule) => program.run(schedule), { runs: Math.min(2 * schedules, 500) }).found).toBeNull();
  });
});
