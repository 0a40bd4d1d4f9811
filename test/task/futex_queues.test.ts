/* Sleepers on words, first come first served, against a list for each word. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FutexQueues } from '../../src/task/futex.js';
import { TASK_FUTEX, TASK_RUNNING, TaskTable } from '../../src/task/task_table.js';

interface World {
  readonly tasks: TaskTable;
  readonly futexes: FutexQueues;
}

function newWorld(count: number): World {
  const tasks = new TaskTable();
  for (let i = 0; i < count; i++) tasks.alloc(1000 + i, 0);
  return { tasks, futexes: new FutexQueues(tasks, 4096) };
}

function wake({ tasks, futexes }: World, key: number, count: number): number[] {
  const woken: number[] = [];
  const n = futexes.wake(key, count, (slot) => {
    tasks.state[slot] = TASK_RUNNING;
    woken.push(slot);
  });
  expect(n).toBe(woken.length);
  return woken;
}

describe('FutexQueues', () => {
  it('wakes in the order of arrival', () => {
    const world = newWorld(4);
    for (const slot of [2, 0, 3, 1]) world.futexes.wait(slot, 64);
    expect(wake(world, 64, 3)).toEqual([2, 0, 3]);
    expect(wake(world, 64, 3)).toEqual([1]);
    expect(wake(world, 64, 3)).toEqual([]);
  });

  it('wakes one when asked for 0 or fewer, as 2.5.46 does', () => {
    const world = newWorld(3);
    for (let slot = 0; slot < 3; slot++) world.futexes.wait(slot, 64);
    expect([wake(world, 64, 0), wake(world, 64, -1)]).toEqual([[0], [1]]);
  });

  it('a sleeper that goes and comes back is the last', () => {
    const world = newWorld(3);
    for (let slot = 0; slot < 3; slot++) world.futexes.wait(slot, 64);
    world.futexes.remove(0);
    world.futexes.wait(0, 64);
    expect(wake(world, 64, 9)).toEqual([1, 2, 0]);
  });

  it('keeps the order of each word when the table grows under many sleepers', () => {
    const world = newWorld(1000);
    for (let slot = 0; slot < 1000; slot++) world.futexes.wait(slot, 4 * (slot % 3));
    expect(world.futexes.waiters).toBe(1000);
    for (const word of [0, 1, 2]) {
      const expected = Array.from({ length: 1000 }, (_, slot) => slot).filter((slot) => slot % 3 === word);
      expect(wake(world, 4 * word, 1000)).toEqual(expected);
    }
    expect(world.futexes.waiters).toBe(0);
  });

  it('tells words apart whose addresses differ by a power of two, above 2^32 as well', () => {
    const keys = Array.from({ length: 50 }, (_, i) => 2 ** (i + 2));
    const world = newWorld(keys.length);
    keys.forEach((key, slot) => {
      world.futexes.wait(slot, key);
    });
    keys.forEach((key, slot) => {
      expect(wake(world, key, 9)).toEqual([slot]);
    });
  });

  it('counts each sleep of a task, so that an old timer can be told from a new one', () => {
    const world = newWorld(1);
    const before = world.tasks.sleeps[0]!;
    world.futexes.wait(0, 4);
    wake(world, 4, 1);
    world.futexes.wait(0, 4);
    expect(world.tasks.sleeps[0]).toBe(before + 2);
    expect(world.tasks.state[0]).toBe(TASK_FUTEX);
  });

  it('is empty after reset', () => {
    const world = newWorld(2);
    world.futexes.wait(0, 4);
    world.futexes.reset();
    expect([world.futexes.waiters, wake(world, 4, 9)]).toEqual([0, []]);
  });
});

// ---- random operations against a list for each word ---------------------------------------------------

const TASKS = 90;
const WORDS = 6;

/** Tasks asleep on each word, oldest first: the obvious way to do it. */
class NaiveQueues {
  readonly queues: number[][] = Array.from({ length: WORDS }, () => []);

  asleep(slot: number): boolean {
    return this.queues.some((queue) => queue.includes(slot));
  }

  wake(word: number, count: number): number[] {
    return this.queues[word]!.splice(0, Math.max(1, count));
  }

  remove(slot: number): void {
    for (const queue of this.queues) if (queue.includes(slot)) queue.splice(queue.indexOf(slot), 1);
  }
}

const slots = fc.integer({ min: 0, max: TASKS - 1 });
const wordsOf = fc.integer({ min: 0, max: WORDS - 1 });
const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant('wait' as const), slot: slots, word: wordsOf }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), slot: slots }) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('wake' as const), word: wordsOf, count: fc.integer({ min: -1, max: 6 }) }),
    },
  ),
  { minLength: 50, maxLength: 300 },
);

describe('FutexQueues under random operations', () => {
  it('does what a list for each word does', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const world = newWorld(TASKS);
        const naive = new NaiveQueues();
        for (const step of steps) {
          if (step.op === 'wake') {
            expect(wake(world, 4096 * step.word + 4, step.count)).toEqual(naive.wake(step.word, step.count));
          } else if (step.op === 'wait') {
            if (naive.asleep(step.slot)) continue;
            naive.queues[step.word]!.push(step.slot);
            world.futexes.wait(step.slot, 4096 * step.word + 4);
          } else if (naive.asleep(step.slot)) {
            naive.remove(step.slot);
            world.futexes.remove(step.slot);
            world.tasks.state[step.slot] = TASK_RUNNING;
          }
          expect(world.futexes.waiters).toBe(naive.queues.flat().length);
        }
      }),
      { seed: 2546, numRuns: 100 },
    );
  });
});
