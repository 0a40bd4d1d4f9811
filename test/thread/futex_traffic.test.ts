/*
 * futex calls of each primitive, with operations, values and order: 2.36 as recorded from static glibc programs (i386), 2.3.3
 * from its source. Addresses are offsets into the object.
 */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { type Config, calls, run } from './run.js';

const modern: Config = { arch: 'i386', kernel: '6.1' };
const old: Config = { arch: 'i386', kernel: '2.5.46', nptl: '2.3.3' };
/** The first static address of a program: what bss() gives. */
const FIRST = 0x8049410;

function traffic(config: Config, program: (libc: Libc, object: Addr) => ThreadBody<void>): string[] {
  const ran = run(config, function* (libc) {
    yield* program(libc, libc.bss(64));
  });
  expect([ran.outcome, ran.message]).toEqual(['exited', null]);
  return calls(ran, /^futex/)
    .filter((line) => Math.abs(Number(/0x[0-9a-f]+/.exec(line)![0]) - FIRST) < 64)
    .map((line) => line.replace(/^futex\(0x([0-9a-f]+)/, (_, at) => `+${Number.parseInt(at, 16) - FIRST}`).replace(/ <unf.*|\) = .*/, ''));
}

function* waiters(libc: Libc, n: number, body: () => ThreadBody): ThreadBody<Addr[]> {
  const threads: Addr[] = [];
  for (let i = 0; i < n; i++) threads.push((yield* libc.pthread_create(null, body))[1]);
  yield* libc.sched_yield();
  return threads;
}

describe('a condition variable', () => {
  const program = (wake: 'signal' | 'broadcast', n: number) =>
    function* (libc: Libc, cond: Addr): ThreadBody<void> {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const threads = yield* waiters(libc, n, function* () {
        yield* libc.pthread_mutex_lock(mutex);
        yield* libc.pthread_cond_wait(cond, mutex);
        yield* libc.pthread_mutex_unlock(mutex);
      });
      yield* wake === 'signal' ? libc.pthread_cond_signal(cond) : libc.pthread_cond_broadcast(cond);
      for (const thread of threads) yield* libc.pthread_join(thread);
    };

  it('of 2.36 sleeps on g_signals of G2, absolute on CLOCK_REALTIME, and is woken there; the first signal changes the groups', () => {
    expect(traffic(modern, program('signal', 1))).toEqual([
      '+40, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY', '+40, FUTEX_WAKE_PRIVATE, 1',
    ]);
  });

  it('of 2.36 wakes all at a broadcast and requeues nobody', () => {
    const made = traffic(modern, program('broadcast', 3));
    expect(made.filter((line) => line.startsWith('+40')).slice(-1)).toEqual(['+40, FUTEX_WAKE_PRIVATE, 2147483647']);
    expect(made.join()).not.toContain('REQUEUE');
  });

  it('of 2.3.3 moves all but one to the mutex where the kernel can, from 2.5.70 on', () => {
    const made = traffic({ arch: 'i386', kernel: '2.6.0', nptl: '2.3.3' }, program('broadcast', 3));
    expect(made.filter((line) => line.includes('REQUEUE'))).toEqual([`+16, FUTEX_REQUEUE, 1, 2147483647, 0x${(FIRST + 64).toString(16)}`]);
    expect(made.filter((line) => line.includes('WAKE, 2147483647'))).toEqual([]);
  });
});

describe('a barrier of two', () => {
  const program = function* (libc: Libc, barrier: Addr): ThreadBody<void> {
    libc.pthread_barrier_init(barrier, null, 2);
    const threads = yield* waiters(libc, 1, function* () {
      yield* libc.pthread_barrier_wait(barrier);
    });
    yield* libc.pthread_barrier_wait(barrier);
    for (const thread of threads) yield* libc.pthread_join(thread);
  };

  it('of 2.36 waits on current_round', () => {
    expect(traffic(modern, program)).toEqual(['+4, FUTEX_WAIT_PRIVATE, 0, NULL', '+4, FUTEX_WAKE_PRIVATE, 2147483647']);
  });

  it('of 2.3.3 waits on curr_event', () => {
    expect(traffic(old, program)).toEqual(['+0, FUTEX_WAIT, 0, NULL', '+0, FUTEX_WAKE, 2147483647']);
  });
});

describe('a semaphore', () => {
  const program = function* (libc: Libc, sem: Addr): ThreadBody<void> {
    libc.sem_init(sem, 0, 0);
    const threads = yield* waiters(libc, 1, function* () {
      yield* libc.sem_wait(sem);
    });
    yield* libc.sem_post(sem);
    for (const thread of threads) yield* libc.pthread_join(thread);
  };

  it('of 2.36 on a 32-bit machine waits for the bit that says so', () => {
    expect(traffic(modern, program)).toEqual([
      '+0, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 1, NULL, FUTEX_BITSET_MATCH_ANY', '+0, FUTEX_WAKE_PRIVATE, 1',
    ]);
  });

  it('of 2.3.3 waits for a count that is not 0', () => {
    expect(traffic(old, program)).toEqual(['+0, FUTEX_WAIT, 0, NULL', '+0, FUTEX_WAKE, 1']);
  });
});

describe('a read-write lock', () => {
  const program = function* (libc: Libc, lock: Addr): ThreadBody<void> {
    yield* libc.pthread_rwlock_wrlock(lock);
    const threads = yield* waiters(libc, 1, function* () {
      yield* libc.pthread_rwlock_rdlock(lock);
      yield* libc.pthread_rwlock_unlock(lock);
    });
    yield* libc.pthread_rwlock_unlock(lock);
    for (const thread of threads) yield* libc.pthread_join(thread);
  };

  it('of 2.36: a reader waits for the end of the writing phase, with the bit that says so', () => {
    expect(traffic(modern, program)).toEqual([
      '+8, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 3, NULL, FUTEX_BITSET_MATCH_ANY', '+8, FUTEX_WAKE_PRIVATE, 2147483647',
    ]);
  });

  it('of 2.3.3: it waits for the next wake-up of readers', () => {
    expect(traffic(old, program)).toEqual(['+8, FUTEX_WAIT, 0, NULL', '+8, FUTEX_WAKE, 2147483647']);
  });
});

it('pthread_join of 2.36 waits on the tid, absolute and shared', () => {
  const ran = run(modern, function* (libc) {
    const [, thread] = yield* libc.pthread_create(null, () => libc.sched_yield());
    yield* libc.pthread_join(thread);
  });
  expect(calls(ran, /^futex/).map((line) => line.replace(/0x[0-9a-f]+/, 'tid').replace(/ <.*|\) = .*/, ''))).toEqual([
    'futex(tid, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 1001, NULL, FUTEX_BITSET_MATCH_ANY',
  ]);
});

it('read and write are cancellation points', () => {
  const ran = run({}, function* (libc) {
    const values: unknown[] = [];
    for (const call of [() => libc.write(1, 'never\n'), () => libc.read(0, libc.bss(4), 0)]) {
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.pthread_cancel(libc.pthread_self());
        return yield* call();
      });
      values.push((yield* libc.pthread_join(thread))[1]);
    }
    expect(values).toEqual([-1, -1]);
  });
  expect([ran.outcome, ran.stdout]).toEqual(['exited', '']);
});
