/* The primitives under random schedules: every preemption point may switch, and nothing is lost, doubled or stuck. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { Machine } from '../../src/machine.js';

const configs = [
  { arch: 'i386', nptl: '2.3.3' }, { arch: 'sparc64', nptl: '2.3.3' }, { arch: 'i386', kernel: '6.1' },
  { arch: 'x86_64', kernel: '6.1' }, { arch: 'sparc64', nptl: '2.36' },
] as const;

type Config = (typeof configs)[number];
type Program = (libc: Libc) => ThreadBody<number>;

/** Machines are kept: a load is cheap and a machine is not. */
const kept = new Map<string, Machine>();

function runs(config: Config, schedule: string, seed: number, program: Program): void {
  const key = JSON.stringify([config, schedule, seed]);
  const machine = kept.get(key) ?? new Machine({ ...config, schedule, seed });
  kept.set(key, machine);
  machine.load(program);
  const { outcome, exit, message, deadlock } = machine.run();
  expect({ outcome, exit, message, deadlock }).toEqual({ outcome: 'exited', exit: 0, message: null, deadlock: [] });
}

function property(program: (n: number) => Program): void {
  fc.assert(
    fc.property(
      fc.constantFrom(...configs), fc.constantFrom('random', 'pct'), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 4 }),
      (config, schedule, seed, n) => runs(config, schedule, seed, program(n)),
    ),
    { seed: 236, numRuns: 60 },
  );
}

function* spawn(libc: Libc, n: number, body: (i: number) => unknown): ThreadBody<void> {
  const threads: Addr[] = [];
  for (let i = 0; i < n; i++) threads.push((yield* libc.pthread_create(null, body, i))[1]);
  for (const thread of threads) yield* libc.pthread_join(thread);
}

describe('under random schedules', () => {
  it('mutexes of every kind keep everybody else out', () => {
    property((n) => function* (libc) {
      const attr = libc.bss(4);
      const word = libc.bss(4);
      for (const type of [0, 1, 2, 3]) {
        libc.pthread_mutexattr_settype(attr, type);
        const m = libc.bss(libc.sizeof.pthread_mutex_t);
        libc.pthread_mutex_init(m, attr);
        libc.store32(word, 0);
        yield* spawn(libc, n, function* () {
          for (let i = 0; i < 2; i++) {
            yield* libc.pthread_mutex_lock(m);
            const value = yield* libc.atomic_load32(word);
            yield* libc.atomic_store32(word, value + 1);
            yield* libc.pthread_mutex_unlock(m);
          }
        });
        if (libc.load32(word) !== 2 * n) return 1;
      }
      return 0;
    });
  });

  it('a bounded buffer loses nothing: signals', () => {
    property((n) => function* (libc) {
      const m = libc.bss(libc.sizeof.pthread_mutex_t);
      const [full, empty] = [libc.bss(libc.sizeof.pthread_cond_t), libc.bss(libc.sizeof.pthread_cond_t)];
      const queue: number[] = [];
      const taken: number[] = [];
      yield* spawn(libc, 2 * n, function* (i) {
        for (let round = 0; round < 3; round++) {
          yield* libc.pthread_mutex_lock(m);
          if (i % 2 === 0) {
            while (queue.length === 1) yield* libc.pthread_cond_wait(empty, m);
            queue.push(10 * i + round);
            yield* libc.pthread_cond_signal(full);
          } else {
            while (queue.length === 0) yield* libc.pthread_cond_wait(full, m);
            taken.push(queue.shift()!);
            yield* libc.pthread_cond_signal(empty);
          }
          yield* libc.pthread_mutex_unlock(m);
        }
      });
      yield* libc.pthread_cond_destroy(full);
      return new Set(taken).size === 3 * n ? 0 : 1;
    });
  });

  it('a broadcast wakes all, timed waiters end, cancelled ones take no signal away', () => {
    property((n) => function* (libc) {
      const m = libc.bss(libc.sizeof.pthread_mutex_t);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      let isOpen = false;
      let through = 0;
      const waiter = function* (): ThreadBody<void> {
        yield* libc.pthread_mutex_lock(m);
        try {
          while (!isOpen) yield* libc.pthread_cond_wait(cond, m);
          through += 1;
        } finally {
          yield* libc.pthread_mutex_unlock(m);
        }
      };
      const [, victim] = yield* libc.pthread_create(null, waiter);
      const threads: Addr[] = [];
      for (let i = 0; i < n; i++) threads.push((yield* libc.pthread_create(null, waiter))[1]);
      yield* libc.sched_yield();
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_cancel(victim);
      yield* libc.pthread_join(victim);
      const before = through;
      yield* libc.pthread_mutex_lock(m);
      isOpen = true;
      yield* libc.pthread_cond_broadcast(cond);
      const late = yield* libc.pthread_cond_timedwait(cond, m, { sec: 1036022401, nsec: 0 });
      yield* libc.pthread_mutex_unlock(m);
      for (const thread of threads) yield* libc.pthread_join(thread);
      yield* libc.pthread_cond_destroy(cond);
      return before === 0 && through === n && (late === libc.E.ETIMEDOUT || late === 0) ? 0 : 1;
    });
  });

  it('barriers let nobody into the next round early, and one thread of each is the serial one', () => {
    property((n) => function* (libc) {
      const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
      libc.pthread_barrier_init(barrier, null, n);
      const at = Array(n).fill(0);
      let serial = 0;
      let wrong = 0;
      yield* spawn(libc, n, function* (i) {
        for (let round = 0; round < 3; round++) {
          at[i] = round;
          if (Math.max(...at) - Math.min(...at) > 1) wrong += 1;
          if ((yield* libc.pthread_barrier_wait(barrier)) === libc.PTHREAD_BARRIER_SERIAL_THREAD) serial += 1;
          if (Math.min(...at) < round) wrong += 1;
        }
      });
      yield* libc.pthread_barrier_destroy(barrier);
      return wrong === 0 && serial === 3 ? 0 : 1;
    });
  });

  it('read-write locks of every kind: a writer alone, readers together', () => {
    property((n) => function* (libc) {
      const attr = libc.bss(8);
      for (const kind of [0, 2]) {
        libc.pthread_rwlockattr_setkind_np(attr, kind);
        const lock = libc.bss(libc.sizeof.pthread_rwlock_t);
        libc.pthread_rwlock_init(lock, attr);
        let [readers, writers, wrong] = [0, 0, 0];
        yield* spawn(libc, n, function* (i) {
          for (let round = 0; round < 2; round++) {
            const writes = (i + round) % 2 === 0;
            yield* writes ? libc.pthread_rwlock_wrlock(lock) : libc.pthread_rwlock_rdlock(lock);
            if (writes) writers += 1;
            else readers += 1;
            if (writers > 1 || (writers > 0 && readers > 0)) wrong += 1;
            yield* libc.sched_yield();
            if (writes) writers -= 1;
            else readers -= 1;
            yield* libc.pthread_rwlock_unlock(lock);
          }
        });
        if (wrong > 0) return 1;
      }
      return 0;
    });
  });

  it('semaphores let in as many as were posted; once runs once', () => {
    property((n) => function* (libc) {
      const sem = libc.bss(libc.sizeof.sem_t);
      const control = libc.bss(4);
      libc.sem_init(sem, 0, 1);
      let [inside, wrong, ran] = [0, 0, 0];
      yield* spawn(libc, n, function* () {
        yield* libc.pthread_once(control, function* () {
          yield* libc.sched_yield();
          ran += 1;
        });
        if (ran !== 1) wrong += 1;
        yield* libc.sem_wait(sem);
        inside += 1;
        if (inside > 1) wrong += 1;
        yield* libc.sched_yield();
        inside -= 1;
        yield* libc.sem_post(sem);
      });
      return wrong === 0 && libc.sem_getvalue(sem)[1] === 1 ? 0 : 1;
    });
  });
});
