/* The run queue, first in first out, and the table of tasks under it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunQueue } from '../../src/task/sched.js';
import { TASK_FREE, TASK_RUNNING, TaskTable } from '../../src/task/task_table.js';

function newQueue(count: number): RunQueue {
  const tasks = new TaskTable();
  for (let i = 0; i < count; i++) tasks.alloc(i + 1, 0);
  return new RunQueue(tasks);
}

describe('RunQueue', () => {
  it('runs tasks in the order in which they became runnable', () => {
    const queue = newQueue(3);
    for (const slot of [2, 0, 1]) queue.push(slot);
    expect([queue.pick(), queue.pick(), queue.pick(), queue.pick()]).toEqual([2, 0, 1, -1]);
  });

  it('a task that yields goes behind the others', () => {
    const queue = newQueue(3);
    for (const slot of [0, 1, 2]) queue.push(slot);
    queue.push(queue.pick());
    expect([queue.pick(), queue.pick(), queue.pick()]).toEqual([1, 2, 0]);
  });

  it('counts a switch when another task runs than before, not when the same goes on', () => {
    const queue = newQueue(2);
    for (const slot of [0, 0, 1, 0]) {
      queue.push(slot);
      queue.pick();
    }
    expect(queue.switches).toBe(3);
  });

  it('is empty after clear and after reset', () => {
    const queue = newQueue(2);
    queue.push(0);
    queue.clear();
    expect(queue.pick()).toBe(-1);
    queue.push(1);
    queue.reset();
    expect([queue.pick(), queue.switches]).toEqual([-1, 0]);
  });

  it('is an array with push and shift, under random operations', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 7 }), { maxLength: 200 }), (script) => {
        const queue = newQueue(8);
        const naive: number[] = [];
        for (const slot of script) {
          if (slot < 0) expect(queue.pick()).toBe(naive.shift() ?? -1);
          else if (!naive.includes(slot)) {
            queue.push(slot);
            naive.push(slot);
          }
        }
      }),
      { seed: 2546, numRuns: 200 },
    );
  });
});

describe('TaskTable', () => {
  it('gives slots from 0 on and a freed slot again', () => {
    const tasks = new TaskTable();
    expect([tasks.alloc(1000, 0), tasks.alloc(1001, 0), tasks.alloc(1002, 0)]).toEqual([0, 1, 2]);
    tasks.release(1);
    expect(tasks.state[1]).toBe(TASK_FREE);
    expect(tasks.alloc(1003, 0)).toBe(1);
    expect([tasks.tid[1], tasks.state[1]]).toEqual([1003, TASK_RUNNING]);
  });

  it('a new task does not inherit what the slot\'s last one left', () => {
    const tasks = new TaskTable();
    tasks.alloc(1000, 0);
    tasks.clearTidHi[0] = 1;
    tasks.clearTidLo[0] = 2;
    tasks.wakeResult[0] = -110;
    tasks.release(0);
    tasks.alloc(1001, 3);
    expect([tasks.clearTidHi[0], tasks.clearTidLo[0], tasks.wakeResult[0], tasks.process[0]]).toEqual([0, 0, 0, 3]);
  });

  it('counts live tasks and the most there were', () => {
    const tasks = new TaskTable();
    for (let i = 0; i < 5; i++) tasks.alloc(i + 1, 0);
    for (let slot = 0; slot < 3; slot++) tasks.release(slot);
    tasks.alloc(9, 0);
    expect([tasks.live, tasks.peak]).toEqual([3, 5]);
  });

  it('keeps every column when it grows', () => {
    const tasks = new TaskTable();
    for (let i = 0; i < 1000; i++) {
      const slot = tasks.alloc(i + 1, 0);
      tasks.clearTidLo[slot] = i;
      tasks.futexKey[slot] = i * 2 ** 33;
    }
    for (let slot = 0; slot < 1000; slot++) {
      expect([tasks.tid[slot], tasks.clearTidLo[slot], tasks.futexKey[slot]]).toEqual([slot + 1, slot, slot * 2 ** 33]);
    }
  });

  it('visits live tasks in the order of their slots', () => {
    const tasks = new TaskTable();
    for (let i = 0; i < 4; i++) tasks.alloc(i + 1, 0);
    tasks.release(2);
    const seen: number[] = [];
    tasks.forEach((slot) => {
      seen.push(slot);
    });
    expect(seen).toEqual([0, 1, 3]);
  });

  it('is empty after reset', () => {
    const tasks = new TaskTable();
    tasks.alloc(1, 0);
    tasks.reset();
    expect([tasks.live, tasks.peak, tasks.alloc(7, 0)]).toEqual([0, 0, 0]);
  });
});

describe('RunQueue with a schedule', () => {
  /** A queue in which slot 0 runs and the others wait, and what its schedule was asked. */
  function scheduled(count: number, answers: number[]) {
    const queue = newQueue(count);
    const asked: string[] = [];
    queue.schedule = {
      reset: () => {},
      choose: (why, ready, n) => {
        asked.push(`${['point', 'blocked', 'yielded'][why]} ${[...ready.subarray(0, n)].join('')}`);
        return answers.shift() ?? 0;
      },
    };
    queue.push(0);
    queue.pick();
    queue.point();
    for (let slot = 1; slot < count; slot++) queue.push(slot);
    return { queue, asked };
  }

  it('asks at a point with the running task first, and lets it go on for 0', () => {
    const { queue, asked } = scheduled(3, [0]);
    expect([queue.point(), asked]).toEqual([false, ['point 012']]);
  });

  it('runs the chosen task next, and asks it nothing before its own first step', () => {
    const { queue, asked } = scheduled(3, [2]);
    expect(queue.point()).toBe(true);
    queue.push(0);
    expect([queue.pick(), queue.point(), asked]).toEqual([2, false, ['point 012']]);
    expect([queue.point(), asked[1]]).toEqual([false, 'point 210']);
  });

  it('a task that was preempted at a point goes on with its step: the next point is a choice again', () => {
    const { queue, asked } = scheduled(2, [1, 1]);
    queue.point();
    queue.push(0);
    queue.pick();
    queue.point();
    queue.point();
    queue.push(1);
    expect([queue.pick(), queue.point(), asked]).toEqual([0, false, ['point 01', 'point 10', 'point 01']]);
  });

  it('asks who comes next when the running task sleeps or yields, not when there is but one', () => {
    const { queue, asked } = scheduled(3, [1, 0]);
    expect([queue.pick(), asked]).toEqual([2, ['blocked 12']]);
    queue.push(2);
    expect([queue.pick(), asked[1]]).toEqual([1, 'yielded 12']);
    expect([queue.pick(), asked.length]).toEqual([2, 2]);
  });

  it('asks nothing at a point of the only task', () => {
    const { queue, asked } = scheduled(1, []);
    expect([queue.point(), queue.point(), asked]).toEqual([false, false, []]);
  });

  it('a task that passes a thousand points goes behind the others', () => {
    const { queue, asked } = scheduled(2, []);
    for (let i = 0; i < 999; i++) expect(queue.point()).toBe(false);
    expect(queue.point()).toBe(true);
    expect([asked.length, asked[998], asked[999]]).toEqual([1000, 'point 01', 'yielded 10']);
  });

  it('-1 stops the run', () => {
    const { queue } = scheduled(2, [-1]);
    expect([queue.point(), queue.stopped]).toEqual([true, true]);
  });
});
