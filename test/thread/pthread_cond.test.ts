/* The condition variable of 2.3.3: release and sleep as one step, signal wakes one, broadcast wakes all. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { calls, type Config, evaluate, machines, run } from './run.js';

/** A mutex and a condition variable in static memory. */
function monitor(libc: Libc): { mutex: Addr; cond: Addr } {
  return { mutex: libc.bss(libc.sizeof.pthread_mutex_t), cond: libc.bss(libc.sizeof.pthread_cond_t) };
}

/** `count` threads that wait once and then note their number; returns when all are asleep. */
function* waiters(libc: Libc, { mutex, cond }: { mutex: Addr; cond: Addr }, count: number, seen: number[]): ThreadBody<Addr[]> {
  const threads: Addr[] = [];
  for (let i = 0; i < count; i++) {
    const [, thread] = yield* libc.pthread_create(null, function* waiter(n: number) {
      yield* libc.pthread_mutex_lock(mutex);
      const error = yield* libc.pthread_cond_wait(cond, mutex);
      seen.push(error === 0 ? n : -error);
      yield* libc.pthread_mutex_unlock(mutex);
    }, i);
    threads.push(thread);
  }
  yield* libc.sched_yield();
  return threads;
}

describe.each(machines)('$name', ({ config }) => {
  it('signal wakes one waiter, in the order in which they came', () => {
    const order = evaluate(config, function* (libc) {
      const pair = monitor(libc);
      const seen: number[] = [];
      const steps: number[][] = [];
      const threads = yield* waiters(libc, pair, 3, seen);
      for (let i = 0; i < 3; i++) {
        expect(yield* libc.pthread_cond_signal(pair.cond)).toBe(0);
        yield* libc.sched_yield();
        steps.push([...seen]);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      return steps;
    });
    expect(order).toEqual([[0], [0, 1], [0, 1, 2]]);
  });

  it('broadcast wakes all of them, and each has the mutex when it returns', () => {
    const order = evaluate(config, function* (libc) {
      const pair = monitor(libc);
      const seen: number[] = [];
      const threads = yield* waiters(libc, pair, 5, seen);
      expect(yield* libc.pthread_cond_broadcast(pair.cond)).toBe(0);
      for (const thread of threads) yield* libc.pthread_join(thread);
      return seen;
    });
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('signal and broadcast with nobody waiting make no call and are forgotten', () => {
    const ran = run(config, function* (libc) {
      const { mutex, cond } = monitor(libc);
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_cond_broadcast(cond);
      expect(libc.load32(cond)).toBe(0);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_cond_wait(cond, mutex);
    });
    expect(ran.outcome).toBe('deadlock');
    expect(calls(ran, /^futex/).map((line) => line.replace(/0x[0-9a-f]+/, 'word'))).toEqual([
      'futex(word, FUTEX_WAIT, 0, NULL <unfinished ...>',
    ]);
  });

  it('sleeps on the low half of wakeup_seq, at 16 or 20 by byte order', () => {
    const ran = run(config, function* (libc) {
      const pair = monitor(libc);
      const threads = yield* waiters(libc, pair, 1, []);
      yield* libc.printf('%s', libc.addressText(pair.cond));
      yield* libc.pthread_cond_signal(pair.cond);
      yield* libc.pthread_join(threads[0]!);
    });
    const word = BigInt(ran.stdout) + (config.arch === 'sparc64' ? 20n : 16n);
    expect(calls(ran, /^futex/)).toContain(`futex(0x${word.toString(16)}, FUTEX_WAIT, 0, NULL <unfinished ...>`);
    expect(calls(ran, /^futex/)).toContain(`futex(0x${word.toString(16)}, FUTEX_WAKE, 1) = 1`);
  });

  it('broadcast is WAKE of everybody: these kernels have no FUTEX_REQUEUE', () => {
    const ran = run(config, function* (libc) {
      const pair = monitor(libc);
      const threads = yield* waiters(libc, pair, 3, []);
      yield* libc.pthread_cond_broadcast(pair.cond);
      for (const thread of threads) yield* libc.pthread_join(thread);
    });
    expect(calls(ran, /FUTEX_WAKE, 2147483647/).map((line) => line.split(' = ')[1])).toEqual(['3']);
  });

  it('the mutex stays in use while a thread waits: destroy fails with EBUSY', () => {
    const error = evaluate(config, function* (libc) {
      const pair = monitor(libc);
      const [thread] = yield* waiters(libc, pair, 1, []);
      const busy = libc.pthread_mutex_destroy(pair.mutex);
      yield* libc.pthread_cond_signal(pair.cond);
      yield* libc.pthread_join(thread!);
      return [busy, libc.pthread_mutex_destroy(pair.mutex), yield* libc.pthread_cond_destroy(pair.cond)];
    });
    expect(error).toEqual([16, 0, 0]);
  });
});

describe('a signal', () => {
  it('does not reach a thread that starts to wait after it', () => {
    const order = evaluate({}, function* (libc) {
      const pair = monitor(libc);
      const seen: number[] = [];
      const [first] = yield* waiters(libc, pair, 1, seen);
      yield* libc.pthread_cond_signal(pair.cond);
      // Before the woken one runs, another begins to wait.
      const [, late] = yield* libc.pthread_create(null, function* late() {
        yield* libc.pthread_mutex_lock(pair.mutex);
        yield* libc.pthread_cond_wait(pair.cond, pair.mutex);
        seen.push(99);
        yield* libc.pthread_mutex_unlock(pair.mutex);
      });
      yield* libc.pthread_join(first!);
      const before = [...seen];
      yield* libc.pthread_cond_signal(pair.cond);
      yield* libc.pthread_join(late);
      return [before, seen];
    });
    expect(order).toEqual([[0], [0, 99]]);
  });

  it('given with the mutex held wakes a thread that then waits for the mutex', () => {
    const order = evaluate({}, function* (libc) {
      const pair = monitor(libc);
      const seen: number[] = [];
      const log: string[] = [];
      const [thread] = yield* waiters(libc, pair, 1, seen);
      yield* libc.pthread_mutex_lock(pair.mutex);
      yield* libc.pthread_cond_signal(pair.cond);
      yield* libc.sched_yield();
      log.push(`still ${seen.length}`);
      yield* libc.pthread_mutex_unlock(pair.mutex);
      yield* libc.pthread_join(thread!);
      return [...log, `then ${seen.length}`];
    });
    expect(order).toEqual(['still 0', 'then 1']);
  });
});

describe('a bounded buffer, the classic use', () => {
  /** Items that consumers took, in order. */
  function taken(config: Config, producers: number, consumers: number, each: number, room: number): number[] {
    return evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const notFull = libc.bss(libc.sizeof.pthread_cond_t);
      const notEmpty = libc.bss(libc.sizeof.pthread_cond_t);
      const buffer: number[] = [];
      const got: number[] = [];
      const total = producers * each;
      const threads: Addr[] = [];
      for (let p = 0; p < producers; p++) {
        const [, thread] = yield* libc.pthread_create(null, function* producer() {
          for (let i = 0; i < each; i++) {
            yield* libc.pthread_mutex_lock(mutex);
            while (buffer.length >= room) yield* libc.pthread_cond_wait(notFull, mutex);
            buffer.push(p * 1000 + i);
            yield* libc.pthread_cond_signal(notEmpty);
            yield* libc.pthread_mutex_unlock(mutex);
          }
        });
        threads.push(thread);
      }
      for (let c = 0; c < consumers; c++) {
        const [, thread] = yield* libc.pthread_create(null, function* consumer() {
          for (;;) {
            yield* libc.pthread_mutex_lock(mutex);
            while (buffer.length === 0 && got.length < total) yield* libc.pthread_cond_wait(notEmpty, mutex);
            if (got.length >= total) break;
            got.push(buffer.shift()!);
            if (got.length === total) yield* libc.pthread_cond_broadcast(notEmpty);
            yield* libc.pthread_cond_signal(notFull);
            yield* libc.pthread_mutex_unlock(mutex);
            yield* libc.sched_yield();
          }
          yield* libc.pthread_mutex_unlock(mutex);
        });
        threads.push(thread);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      return got;
    });
  }

  it('loses nothing, keeps each producer\'s order, and ends', () => {
    const count = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...machines), count, count, fc.integer({ min: 1, max: 8 }), count, ({ config }, p, c, each, room) => {
        const got = taken(config, p, c, each, room);
        expect(got).toHaveLength(p * each);
        for (let producer = 0; producer < p; producer++) {
          const own = got.filter((item) => Math.floor(item / 1000) === producer);
          expect(own).toEqual(Array.from({ length: each }, (_, i) => producer * 1000 + i));
        }
      }),
      { seed: 2546, numRuns: 60 },
    );
  });
});
