/* The plain mutex: one at a time, first come first served, and no system call when nobody waits. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Addr } from 'guardpage';
import { type Config, calls, evaluate, machines, run } from './run.js';

const EBUSY = 16;

describe.each(machines)('$name', ({ config }) => {
  it('without contention there is no futex call', () => {
    const ran = run(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      for (let i = 0; i < 10; i++) {
        expect(yield* libc.pthread_mutex_lock(mutex)).toBe(0);
        expect(yield* libc.pthread_mutex_unlock(mutex)).toBe(0);
      }
    });
    expect(ran.stats.syscallsByName.futex).toBeUndefined();
  });

  it('with contention there is one WAIT and one WAKE', () => {
    const ran = run(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.pthread_mutex_lock(mutex);
        return 1;
      });
      yield* libc.sched_yield();
      yield* libc.pthread_mutex_unlock(mutex);
      yield* libc.sched_yield();
      yield* libc.pthread_join(thread);
    });
    expect(calls(ran, /^futex/).map((line) => line.replace(/0x[0-9a-f]+/, 'lock'))).toEqual([
      'futex(lock, FUTEX_WAIT, 2, NULL <unfinished ...>', 'futex(lock, FUTEX_WAKE, 1) = 1',
    ]);
  });

  it('holds everybody else off, whatever they do inside', () => {
    const most = evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      let inside = 0;
      let seen = 0;
      const threads: Addr[] = [];
      for (let i = 0; i < 5; i++) {
        const [, thread] = yield* libc.pthread_create(null, function* () {
          for (let round = 0; round < 4; round++) {
            yield* libc.pthread_mutex_lock(mutex);
            inside += 1;
            yield* libc.sched_yield();
            seen = Math.max(seen, inside);
            inside -= 1;
            yield* libc.pthread_mutex_unlock(mutex);
          }
        });
        threads.push(thread);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      return seen;
    });
    expect(most).toBe(1);
  });

  it('trylock of a mutex that is held fails with EBUSY, by its holder too', () => {
    const seen = evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const errors = [yield* libc.pthread_mutex_trylock(mutex), yield* libc.pthread_mutex_trylock(mutex)];
      const [, thread] = yield* libc.pthread_create(null, function* () {
        return yield* libc.pthread_mutex_trylock(mutex);
      });
      errors.push((yield* libc.pthread_join(thread))[1] as number);
      yield* libc.pthread_mutex_unlock(mutex);
      return [...errors, yield* libc.pthread_mutex_trylock(mutex)];
    });
    expect(seen).toEqual([0, EBUSY, EBUSY, 0]);
  });

  it('destroy of a mutex that is held fails with EBUSY', () => {
    const seen = evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      libc.pthread_mutex_init(mutex);
      yield* libc.pthread_mutex_lock(mutex);
      const held = libc.pthread_mutex_destroy(mutex);
      yield* libc.pthread_mutex_unlock(mutex);
      return [held, libc.pthread_mutex_destroy(mutex)];
    });
    expect(seen).toEqual([EBUSY, 0]);
  });

  it('its words: lock 0, owner 8, and the users at 16 or 12', () => {
    const seen = evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const words = () => [0, 8, libc.sizeof.long === 4 ? 16 : 12].map((at) => libc.load32(libc.add(mutex, at)));
      const free = words();
      yield* libc.pthread_mutex_lock(mutex);
      const held = words();
      yield* libc.pthread_mutex_unlock(mutex);
      return [free, held, words()];
    });
    expect(seen).toEqual([[0, 0, 0], [1, 1000, 1], [0, 0, 0]]);
  });
});

describe('those who wait', () => {
  it('are woken one for each unlock, in the order in which they came', () => {
    const order = evaluate({}, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const seen: number[] = [];
      yield* libc.pthread_mutex_lock(mutex);
      const threads: Addr[] = [];
      for (let i = 0; i < 5; i++) {
        const [, thread] = yield* libc.pthread_create(null, function* (n: number) {
          yield* libc.pthread_mutex_lock(mutex);
          seen.push(n);
          yield* libc.pthread_mutex_unlock(mutex);
        }, i);
        threads.push(thread);
      }
      yield* libc.sched_yield();
      yield* libc.pthread_mutex_unlock(mutex);
      for (const thread of threads) yield* libc.pthread_join(thread);
      return seen;
    });
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('may be overtaken by a thread that comes while the lock is free: woken is not given', () => {
    const order = evaluate({}, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const seen: string[] = [];
      yield* libc.pthread_mutex_lock(mutex);
      const [, sleeper] = yield* libc.pthread_create(null, function* () {
        yield* libc.pthread_mutex_lock(mutex);
        seen.push('sleeper');
        yield* libc.pthread_mutex_unlock(mutex);
      });
      yield* libc.sched_yield();
      yield* libc.pthread_mutex_unlock(mutex);
      yield* libc.pthread_mutex_lock(mutex);
      seen.push('main again');
      yield* libc.pthread_mutex_unlock(mutex);
      yield* libc.pthread_join(sleeper);
      return seen;
    });
    expect(order).toEqual(['main again', 'sleeper']);
  });
});

describe('under random programs', () => {
  /** Each thread's script: how often it yields outside and inside the lock, round by round. */
  const scripts = fc.array(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });

  function counted(config: Config, threadsScript: [number, number][][]): { total: number; clashes: number } {
    return evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const counter = libc.bss(4);
      let clashes = 0;
      let inside = 0;
      const threads: Addr[] = [];
      for (const script of threadsScript) {
        const [, thread] = yield* libc.pthread_create(null, function* () {
          for (const [outsideYields, insideYields] of script) {
            for (let i = 0; i < outsideYields; i++) yield* libc.sched_yield();
            yield* libc.pthread_mutex_lock(mutex);
            if (inside++ > 0) clashes += 1;
            const value = libc.load32(counter);
            for (let i = 0; i < insideYields; i++) yield* libc.sched_yield();
            libc.store32(counter, value + 1);
            inside -= 1;
            yield* libc.pthread_mutex_unlock(mutex);
          }
        });
        threads.push(thread);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      return { total: libc.load32(counter), clashes };
    });
  }

  it('no increment is lost and nobody waits for ever', () => {
    fc.assert(
      fc.property(fc.constantFrom(...machines), scripts, ({ config }, script) => {
        expect(counted(config, script)).toEqual({ total: script.flat().length, clashes: 0 });
      }),
      { seed: 2546, numRuns: 100 },
    );
  });
});
