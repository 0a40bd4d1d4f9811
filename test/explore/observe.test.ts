/* What is said of a run: locks taken in a circle, wake-ups that nobody heard. */

import type { Addr, Libc } from 'guardpage';
import { describe, expect, it } from 'vitest';
import { observeRun } from '../../src/explore/observe_run.js';
import { NO_CHOICES } from '../../src/task/choices.js';
import { ReplaySchedule } from '../../src/task/schedules.js';
import { type Program, run } from '../thread/run.js';
import { abba } from './programs.js';

const observed = (main: Program) => observeRun({}, main, [], new ReplaySchedule(NO_CHOICES));

/** Takes `locks` one in another, then gives them back. */
function* nest(libc: Libc, locks: readonly Addr[]) {
  for (const lock of locks) yield* libc.pthread_mutex_lock(lock);
  for (const lock of locks) yield* libc.pthread_mutex_unlock(lock);
}

/** A program whose threads each nest the mutexes with these numbers. */
function nesting(orders: readonly (readonly number[])[], isSequential = false): Program {
  return function* main(libc: Libc) {
    const mutexes = [0, 1, 2, 3].map(() => libc.bss(libc.sizeof.pthread_mutex_t));
    const threads: Addr[] = [];
    for (const order of orders) {
      const [, thread] = yield* libc.pthread_create(null, function* nested() {
        yield* nest(libc, order.map((i) => mutexes[i]!));
      });
      if (isSequential) yield* libc.pthread_join(thread);
      else threads.push(thread);
    }
    for (const thread of threads) yield* libc.pthread_join(thread);
    return 0;
  };
}

describe('locks taken in a circle', () => {
  it('are named with threads and lines, though this run did not deadlock', () => {
    const { result, lockCycles } = observed(abba(false));
    expect(result.outcome).toBe('exited');
    expect(lockCycles).toHaveLength(1);
    const [[first, second]] = lockCycles as [[(typeof lockCycles)[0][0], (typeof lockCycles)[0][0]]];
    expect([first.tid, second.tid, first.thread]).toEqual([1001, 1002, 'both']);
    expect([first.holds, first.takes]).toEqual([second.takes, second.holds]);
    for (const step of [first, second]) {
      expect(step.heldSince).toMatch(/both \(.*programs\.ts:\d+:\d+\)$/);
      expect(step.takenAt).toMatch(/both \(.*programs\.ts:\d+:\d+\)$/);
    }
  });

  it('of three threads are one circle of three', () => {
    expect(observed(nesting([[0, 1], [1, 2], [2, 0]])).lockCycles.map((cycle) => cycle.length)).toEqual([3]);
  });

  it.each([
    ['the order is the same', [[0, 1, 2], [0, 1, 2], [0, 2], [1, 2]], false],
    ['another lock is held around both', [[3, 0, 1], [3, 1, 0]], false],
    ['one thread took them both ways', [[0, 1]], false],
    ['the threads never live at once', [[0, 1], [1, 0]], true],
  ] as const)('are none where %s', (_why, orders, isSequential) => {
    expect(observed(nesting(orders, isSequential)).lockCycles).toEqual([]);
  });

  it('do not change a run: its counts are the same without an observer', () => {
    const plain = run({ schedule: 'replay:', quiet: true }, abba(false));
    expect(observed(abba(false)).result.stats).toEqual(plain.stats);
  });
});

describe('a lost wake-up', () => {
  it('is named with who signalled and who waits', () => {
    const { result, lostWakeups } = observed(function* main(libc: Libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      const [, thread] = yield* libc.pthread_create(null, function* signaller() {
        yield* libc.pthread_cond_signal(cond);
      });
      yield* libc.pthread_join(thread);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_cond_wait(cond, mutex);
      return 0;
    });
    expect(result.outcome).toBe('deadlock');
    expect(lostWakeups).toMatchObject([{
      call: 'pthread_cond_signal',
      signaller: { tid: 1001, thread: 'signaller', site: expect.stringMatching(/observe\.test\.ts:\d+:\d+/) },
      waiter: { tid: 1000, thread: 'main', site: expect.stringMatching(/observe\.test\.ts:\d+:\d+/) },
    }]);
  });

  it('is none where the wait ends', () => {
    const { result, lostWakeups } = observed(function* main(libc: Libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      yield* libc.pthread_cond_signal(cond);
      const [, thread] = yield* libc.pthread_create(null, function* signaller() {
        yield* libc.pthread_cond_signal(cond);
      });
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_cond_wait(cond, mutex);
      yield* libc.pthread_join(thread);
      return 0;
    });
    expect([result.outcome, lostWakeups]).toEqual(['exited', []]);
  });
});
