/* Barriers: nobody goes on before the last one comes, and one thread of each round is told so. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc } from 'guardpage';
import { calls, compute, type Config, evaluate, machines, run } from './run.js';

const EINVAL = 22;
const EBUSY = 16;
const SERIAL = -1;

function newBarrier(libc: Libc, count: number): Addr {
  const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
  expect(libc.pthread_barrier_init(barrier, null, count)).toBe(0);
  return barrier;
}

/** What each of `count` threads got in each round, round by round. */
function rounds(config: Config, count: number, times: number): number[][] {
  return evaluate(config, function* (libc) {
    const barrier = newBarrier(libc, count);
    const results: number[][] = Array.from({ length: times }, () => []);
    const threads: Addr[] = [];
    for (let i = 0; i < count; i++) {
      const [, thread] = yield* libc.pthread_create(null, function* (n: number) {
        for (const round of results) {
          // Threads come in a different order each time.
          for (let k = 0; k < (n * 7 + results.indexOf(round)) % 3; k++) yield* libc.sched_yield();
          round.push(yield* libc.pthread_barrier_wait(barrier));
        }
      }, i);
      threads.push(thread);
    }
    for (const thread of threads) yield* libc.pthread_join(thread);
    return results;
  });
}

describe.each(machines)('$name', ({ config }) => {
  it('exactly one thread of each round is the serial one, over many rounds', () => {
    for (const round of rounds(config, 5, 20)) {
      expect([...round].sort((a, b) => a - b)).toEqual([SERIAL, 0, 0, 0, 0]);
    }
  });

  it('nobody passes before the last one comes', () => {
    const log = evaluate(config, function* (libc) {
      const barrier = newBarrier(libc, 3);
      const seen: string[] = [];
      const threads: Addr[] = [];
      for (const name of ['a', 'b']) {
        const [, thread] = yield* libc.pthread_create(null, function* () {
          seen.push(`${name} comes`);
          yield* libc.pthread_barrier_wait(barrier);
          seen.push(`${name} goes`);
        });
        threads.push(thread);
      }
      yield* libc.sched_yield();
      seen.push('main comes');
      yield* libc.pthread_barrier_wait(barrier);
      for (const thread of threads) yield* libc.pthread_join(thread);
      return seen;
    });
    expect(log).toEqual(['a comes', 'b comes', 'main comes', 'a goes', 'b goes']);
  });

  it('of one thread holds nobody', () => {
    expect(rounds(config, 1, 3)).toEqual([[SERIAL], [SERIAL], [SERIAL]]);
  });

  it('a count of 0 fails with EINVAL', () => {
    expect(compute(config, (libc) => {
      return libc.pthread_barrier_init(libc.bss(libc.sizeof.pthread_barrier_t), null, 0);
    })).toBe(EINVAL);
  });

  it('destroy while a thread waits fails with EBUSY', () => {
    const seen = evaluate(config, function* (libc) {
      const barrier = newBarrier(libc, 2);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        return yield* libc.pthread_barrier_wait(barrier);
      });
      yield* libc.sched_yield();
      const busy = yield* libc.pthread_barrier_destroy(barrier);
      yield* libc.pthread_barrier_wait(barrier);
      yield* libc.pthread_join(thread);
      return [busy, yield* libc.pthread_barrier_destroy(barrier)];
    });
    expect(seen).toEqual([EBUSY, 0]);
  });
});

describe('futex calls of a round', () => {
  it('each but the last waits on curr_event, and the last wakes all', () => {
    const ran = run({}, function* (libc) {
      const barrier = newBarrier(libc, 3);
      for (let i = 0; i < 2; i++) yield* libc.pthread_create(null, () => libc.pthread_barrier_wait(barrier));
      yield* libc.sched_yield();
      yield* libc.pthread_barrier_wait(barrier);
    });
    expect(calls(ran, /^futex/)).toEqual([
      'futex(0x8049410, FUTEX_WAIT, 0, NULL <unfinished ...>',
      'futex(0x8049410, FUTEX_WAIT, 0, NULL <unfinished ...>',
      'futex(0x8049410, FUTEX_WAKE, 2147483647) = 2',
    ]);
  });

  it('curr_event counts the rounds', () => {
    const events = evaluate({ arch: 'sparc64' }, function* (libc) {
      const barrier = newBarrier(libc, 1);
      const seen: number[] = [];
      for (let i = 0; i < 3; i++) {
        yield* libc.pthread_barrier_wait(barrier);
        seen.push(libc.load32(barrier));
      }
      return seen;
    });
    expect(events).toEqual([1, 2, 3]);
  });
});
