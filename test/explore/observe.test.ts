/* What is said of a run: locks taken in a circle, wake-ups that nobody heard. */

import type { Addr, Libc } from 'guardpage';
import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explore/explore.js';
import { observeRun } from '../../src/explore/observe_run.js';
import { ProgramRun } from '../../src/explore/program_run.js';
import { NO_CHOICES } from '../../src/task/choices.js';
import { findSchedule, ReplaySchedule } from '../../src/task/schedules.js';
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

/** One slot, one condition variable for both sides, and a signal where a broadcast belongs. */
function oneSlot(libc: Libc, takers: number, makers: number, items: number) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const full = libc.bss(4);
  const turns = (until: number) => function* turn() {
    for (let i = 0; i < items; i++) {
      yield* libc.pthread_mutex_lock(mutex);
      while (libc.load32(full) !== until) yield* libc.pthread_cond_wait(cond, mutex);
      libc.store32(full, 1 - until);
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_mutex_unlock(mutex);
    }
  };
  return function* all() {
    const threads: Addr[] = [];
    for (let i = 0; i < takers; i++) threads.push((yield* libc.pthread_create(null, turns(1)))[1]);
    for (let i = 0; i < makers; i++) threads.push((yield* libc.pthread_create(null, turns(0)))[1]);
    for (const thread of threads) yield* libc.pthread_join(thread);
    return 0;
  };
}

describe('a signal that woke the wrong one', () => {
  it('is named where signals before it that nobody heard did no harm', () => {
    const main = (libc: Libc) => oneSlot(libc, 2, 2, 2)();
    const program = new ProgramRun({}, main);
    const { found } = explore((schedule) => program.run(schedule), { runs: 20_000 });
    expect(found!.finding).toBe('deadlock');
    const { lostWakeups, oneWoken } = observeRun({}, main, [], findSchedule(found!.schedule, 1)!);
    expect(lostWakeups).toEqual([]);
    expect(oneWoken).toMatchObject([{ signaller: { thread: 'turn' }, woken: { thread: 'turn' }, sleepsAgain: true }]);
    const [{ woken, others }] = oneWoken as [(typeof oneWoken)[0]];
    expect(others.map(({ tid }) => tid)).not.toContain(woken.tid);
    expect(others.length).toBeGreaterThan(0);
  });

  it('is named where the one that it woke went on: signal for broadcast', async () => {
    const { default: main } = await import('../../examples/bugs/signal_for_broadcast.js');
    const program = new ProgramRun({}, main);
    const { found } = explore((schedule) => program.run(schedule), { runs: 300 });
    const { lostWakeups, oneWoken } = observeRun({}, main, [], findSchedule(found!.schedule, 1)!);
    expect(lostWakeups).toEqual([]);
    expect(oneWoken).toMatchObject([{ signaller: { tid: 1000 }, woken: { thread: 'pass' }, sleepsAgain: false, others: [{ thread: 'pass' }] }]);
  });
});

describe('nothing is said of wake-ups', () => {
  it('where the waiter looked after the signal that nobody heard', () => {
    const { result, lostWakeups, oneWoken } = observed(function* main(libc: Libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      const items = libc.bss(4);
      const [, thread] = yield* libc.pthread_create(null, function* maker() {
        libc.store32(items, 1);
        yield* libc.pthread_cond_signal(cond);
      });
      yield* libc.pthread_join(thread);
      yield* libc.pthread_mutex_lock(mutex);
      for (let i = 0; i < 2; i++) {
        while (libc.load32(items) === 0) yield* libc.pthread_cond_wait(cond, mutex);
        libc.store32(items, libc.load32(items) - 1);
      }
      return 0;
    });
    expect([result.outcome, lostWakeups, oneWoken]).toEqual(['deadlock', [], []]);
  });

  /** Two that take one of `made` items each, which they count in JavaScript; the only signal comes before they wait. */
  const takers = (made: number, each: readonly number[]) => function* main(libc: Libc) {
    const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
    const cond = libc.bss(libc.sizeof.pthread_cond_t);
    let items = made;
    yield* libc.pthread_cond_signal(cond);
    const threads: Addr[] = [];
    for (const wanted of each) {
      threads.push((yield* libc.pthread_create(null, function* taker() {
        for (let i = 0; i < wanted; i++) {
          yield* libc.pthread_mutex_lock(mutex);
          while (items === 0) yield* libc.pthread_cond_wait(cond, mutex);
          items -= 1;
          yield* libc.pthread_mutex_unlock(mutex);
        }
      }))[1]);
    }
    for (const thread of threads) yield* libc.pthread_join(thread);
    return 0;
  };

  it.each([
    ['the waiter had the mutex before', takers(1, [2])],
    ['another had the mutex before', takers(1, [1, 1])],
  ])('where %s, after the signal that nobody heard', (_why, main) => {
    const { result, lostWakeups, oneWoken } = observed(main);
    expect([result.outcome, lostWakeups, oneWoken]).toEqual(['deadlock', [], []]);
  });
});
