/* The virtual clock's timers: the earliest deadline first, and of equal ones the first to be armed. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock, EPOCH_NS } from '../../src/task/clock.js';

/** Takes all timers out, in order: "task@deadline". */
function drain(clock: Clock): string[] {
  const order: string[] = [];
  for (let timer = clock.peek(); timer !== undefined; timer = clock.peek()) {
    order.push(`${timer.task}@${timer.deadline}`);
    clock.pop();
  }
  return order;
}

describe('Clock', () => {
  it('starts at 0 ns, which is the day of the seed commit', () => {
    expect(new Clock().now).toBe(0);
    expect(new Date(EPOCH_NS / 1e6).toISOString()).toBe('2002-10-31T00:00:00.000Z');
  });

  it('has no timer at first, and popping none does no harm', () => {
    const clock = new Clock();
    expect(clock.peek()).toBeUndefined();
    clock.pop();
    expect(clock.peek()).toBeUndefined();
  });

  it('gives the earliest deadline first', () => {
    const clock = new Clock();
    for (const deadline of [30, 10, 20, 5, 25]) clock.arm(deadline, deadline, 0);
    expect(drain(clock)).toEqual(['5@5', '10@10', '20@20', '25@25', '30@30']);
  });

  it('gives equal deadlines in the order of arming', () => {
    const clock = new Clock();
    for (let task = 0; task < 10; task++) clock.arm(task % 2 === 0 ? 7 : 3, task, 0);
    expect(drain(clock)).toEqual(['1@3', '3@3', '5@3', '7@3', '9@3', '0@7', '2@7', '4@7', '6@7', '8@7']);
  });

  it('keeps which sleep of the task a timer belongs to', () => {
    const clock = new Clock();
    clock.arm(5, 3, 42);
    expect(clock.peek()).toMatchObject({ deadline: 5, task: 3, sleep: 42 });
  });

  it('has neither time nor timers after reset', () => {
    const clock = new Clock();
    clock.now = 99;
    clock.arm(100, 1, 1);
    clock.reset();
    expect([clock.now, clock.peek()]).toEqual([0, undefined]);
  });

  it('is a sorted list, under random arming and popping', () => {
    const step = fc.oneof({ weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }) }, { weight: 1, arbitrary: fc.constant('pop' as const) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (script) => {
        const clock = new Clock();
        const naive: { deadline: number; task: number }[] = [];
        script.forEach((deadline, task) => {
          if (deadline === 'pop') {
            clock.pop();
            naive.shift();
          } else {
            clock.arm(deadline, task, 0);
            naive.push({ deadline, task });
            naive.sort((a, b) => a.deadline - b.deadline || a.task - b.task);
          }
          expect(clock.peek()?.task).toBe(naive[0]?.task);
        });
        expect(drain(clock)).toEqual(naive.map((timer) => `${timer.task}@${timer.deadline}`));
      }),
      { seed: 2546, numRuns: 200 },
    );
  });
});
