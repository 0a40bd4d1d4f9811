/*
 * Random programs under random schedules: what each primitive promises holds in every one. A failure prints the seed
 * and the program; `--schedule` names the rest.
 */

import fc from 'fast-check';
import type { Addr, Libc } from 'guardpage';
import { describe, expect, it } from 'vitest';
import { type Config, machines, type Program, run } from '../thread/run.js';

const SEED = 20021031;

/** The machines with either NPTL; one schedule of a kind and seed. */
const configs: readonly Config[] = machines.flatMap(({ config }) => [config, { ...config, kernel: '6.1', nptl: '2.36' }])
  .filter(({ arch, kernel }) => kernel === undefined || arch === 'i386');
const config = fc.record({
  machine: fc.constantFrom(...configs),
  schedule: fc.constantFrom('random', 'pct:2', 'pct:5'),
  seed: fc.nat(1_000_000),
});

function ends({ machine, schedule, seed }: { machine: Config; schedule: string; seed: number }, main: Program): void {
  const ran = run({ ...machine, schedule, seed, quiet: true }, main);
  expect({ outcome: ran.outcome, exit: ran.exit, message: ran.message, deadlock: ran.deadlock }).toEqual({
    outcome: 'exited', exit: 0, message: null, deadlock: [],
  });
}

/** main that runs `bodies` as threads, joins them and then returns what `check` says. */
function threads(libc: Libc, bodies: readonly (() => unknown)[], check: () => boolean) {
  return (function* () {
    const all: Addr[] = [];
    for (const body of bodies) all.push((yield* libc.pthread_create(null, body))[1]);
    for (const thread of all) expect((yield* libc.pthread_join(thread))[0]).toBe(0);
    return check() ? 0 : 1;
  })();
}

describe('under random schedules', () => {
  it('a mutex, however it is taken, lets one thread in', () => {
    const script = fc.array(fc.array(fc.constantFrom('lock', 'trylock', 'spin', 'wrlock'), { maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(config, script, (chosen, scripts) => {
      ends(chosen, (libc) => {
        const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
        const spin = libc.bss(libc.sizeof.pthread_spinlock_t);
        const rwlock = libc.bss(libc.sizeof.pthread_rwlock_t);
        libc.pthread_spin_init(spin, 0);
        libc.pthread_rwlock_init(rwlock);
        const words = { mutex: libc.bss(4), spin: libc.bss(4), rwlock: libc.bss(4) };
        let wanted = 0;
        function* inside(word: Addr) {
          expect(yield* libc.atomic_fetch_add32(word, 1)).toBe(0);
          wanted -= 1;
          expect(yield* libc.atomic_fetch_sub32(word, 1)).toBe(1);
        }
        function* step(how: string) {
          if (how === 'spin') {
            yield* libc.pthread_spin_lock(spin);
            yield* inside(words.spin);
            yield* libc.pthread_spin_unlock(spin);
          } else if (how === 'wrlock') {
            yield* libc.pthread_rwlock_wrlock(rwlock);
            yield* inside(words.rwlock);
            yield* libc.pthread_rwlock_unlock(rwlock);
          } else {
            if (how === 'lock') yield* libc.pthread_mutex_lock(mutex);
            else while ((yield* libc.pthread_mutex_trylock(mutex)) !== 0) yield* libc.sched_yield();
            yield* inside(words.mutex);
            yield* libc.pthread_mutex_unlock(mutex);
          }
        }
        const bodies = scripts.map((steps) => function* body() {
          for (const how of steps) yield* step(how);
        });
        wanted = scripts.flat().length;
        return threads(libc, bodies, () => wanted === 0);
      });
    }), { seed: SEED, numRuns: 150 });
  });

  it('readers come in together or a writer alone', () => {
    const script = fc.array(fc.array(fc.boolean(), { maxLength: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(config, script, (chosen, scripts) => {
      ends(chosen, (libc) => {
        const lock = libc.bss(libc.sizeof.pthread_rwlock_t);
        libc.pthread_rwlock_init(lock);
        const [readers, writers] = [libc.bss(4), libc.bss(4)];
        const bodies = scripts.map((steps) => function* body() {
          for (const writes of steps) {
            yield* writes ? libc.pthread_rwlock_wrlock(lock) : libc.pthread_rwlock_rdlock(lock);
            const mine = writes ? writers : readers;
            const before = yield* libc.atomic_fetch_add32(mine, 1);
            if (writes) expect(before).toBe(0);
            expect(yield* libc.atomic_load32(writes ? readers : writers)).toBe(0);
            yield* libc.atomic_fetch_sub32(mine, 1);
            yield* libc.pthread_rwlock_unlock(lock);
          }
        });
        return threads(libc, bodies, () => true);
      });
    }), { seed: SEED, numRuns: 150 });
  });

  it('no wake-up of a condition variable is lost: producers and consumers come to an end', () => {
    const sizes = fc.record({
      items: fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }), consumers: fc.integer({ min: 1, max: 3 }), broadcasts: fc.boolean(),
    });
    fc.assert(fc.property(config, sizes, (chosen, { items, consumers, broadcasts }) => {
      ends(chosen, (libc) => {
        const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
        const cond = libc.bss(libc.sizeof.pthread_cond_t);
        let queued = 0;
        let left = items.reduce((sum, n) => sum + n, 0);
        const producers = items.map((count) => function* producer() {
          for (let i = 0; i < count; i++) {
            yield* libc.pthread_mutex_lock(mutex);
            queued += 1;
            yield* broadcasts ? libc.pthread_cond_broadcast(cond) : libc.pthread_cond_signal(cond);
            yield* libc.pthread_mutex_unlock(mutex);
          }
        });
        function* consumer() {
          yield* libc.pthread_mutex_lock(mutex);
          while (left > 0) {
            if (queued > 0) {
              queued -= 1;
              left -= 1;
              if (left === 0) yield* libc.pthread_cond_broadcast(cond);
            } else yield* libc.pthread_cond_wait(cond, mutex);
          }
          yield* libc.pthread_mutex_unlock(mutex);
        }
        return threads(libc, [...Array(consumers).fill(consumer), ...producers], () => left === 0 && queued === 0);
      });
    }), { seed: SEED, numRuns: 150 });
  });

  it('a barrier lets all through at once, and one of each round is told so', () => {
    const sizes = fc.record({ count: fc.integer({ min: 1, max: 4 }), rounds: fc.integer({ min: 1, max: 3 }) });
    fc.assert(fc.property(config, sizes, (chosen, { count, rounds }) => {
      ends(chosen, (libc) => {
        const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
        libc.pthread_barrier_init(barrier, null, count);
        const arrived = libc.bss(4);
        let serials = 0;
        function* body() {
          for (let round = 1; round <= rounds; round++) {
            yield* libc.atomic_fetch_add32(arrived, 1);
            if ((yield* libc.pthread_barrier_wait(barrier)) === libc.PTHREAD_BARRIER_SERIAL_THREAD) serials += 1;
            expect(yield* libc.atomic_load32(arrived)).toBeGreaterThanOrEqual(round * count);
          }
        }
        return threads(libc, Array(count).fill(body), () => serials === rounds);
      });
    }), { seed: SEED, numRuns: 150 });
  });

  it('a semaphore lets in as many as it was given', () => {
    const sizes = fc.record({ value: fc.integer({ min: 1, max: 3 }), steps: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }) });
    fc.assert(fc.property(config, sizes, (chosen, { value, steps }) => {
      ends(chosen, (libc) => {
        const sem = libc.bss(libc.sizeof.sem_t);
        libc.sem_init(sem, 0, value);
        const inside = libc.bss(4);
        const bodies = steps.map((count) => function* body() {
          for (let i = 0; i < count; i++) {
            yield* libc.sem_wait(sem);
            expect(yield* libc.atomic_fetch_add32(inside, 1)).toBeLessThan(value);
            yield* libc.atomic_fetch_sub32(inside, 1);
            yield* libc.sem_post(sem);
          }
        });
        return threads(libc, bodies, () => libc.sem_getvalue(sem)[1] === value);
      });
    }), { seed: SEED, numRuns: 150 });
  });
});
