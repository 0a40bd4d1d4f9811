/* When nobody will ever run again, the report says who waits on what, and who could help. */

import { describe, expect, it } from 'vitest';
import type { Addr } from 'guardpage';
import { machines, run } from './run.js';

describe.each(machines)('$name', ({ config }) => {
  it('two threads that take two locks in opposite order', () => {
    const ran = run(config, function* main(libc) {
      const a = libc.bss(libc.sizeof.pthread_mutex_t);
      const b = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.eprintf('%s %s', libc.addressText(a), libc.addressText(b));
      function* both(first: Addr, second: Addr) {
        yield* libc.pthread_mutex_lock(first);
        yield* libc.sched_yield();
        yield* libc.pthread_mutex_lock(second);
      }
      const [, one] = yield* libc.pthread_create(null, function* forward() {
        yield* both(a, b);
      });
      yield* libc.pthread_create(null, function* backward() {
        yield* both(b, a);
      });
      yield* libc.pthread_join(one);
    });
    const [a, b] = ran.stderr.split(' ');
    expect([ran.outcome, ran.exit, ran.signal, ran.message]).toEqual(['deadlock', 1, null, null]);
    expect(ran.deadlock).toEqual([
      { tid: 1000, name: 'main', waitsOn: 'pthread_join of thread 1001', ownedBy: 1001 },
      { tid: 1001, name: 'forward', waitsOn: `mutex ${b}`, ownedBy: 1002 },
      { tid: 1002, name: 'backward', waitsOn: `mutex ${a}`, ownedBy: 1001 },
    ]);
  });

  it('a wake-up that is lost: the signal came before the wait', () => {
    const ran = run(config, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      yield* libc.eprintf('%s', libc.addressText(cond));
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_cond_wait(cond, mutex);
    });
    expect(ran.outcome).toBe('deadlock');
    expect(ran.deadlock).toEqual([
      { tid: 1000, name: 'main', waitsOn: `condition variable ${ran.stderr}`, ownedBy: null },
    ]);
  });

  it('a barrier that one too few come to', () => {
    const ran = run(config, function* main(libc) {
      const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
      libc.pthread_barrier_init(barrier, null, 3);
      yield* libc.eprintf('%s', libc.addressText(barrier));
      yield* libc.pthread_create(null, function* other() {
        yield* libc.pthread_barrier_wait(barrier);
      });
      yield* libc.pthread_barrier_wait(barrier);
    });
    const waitsOn = `barrier ${ran.stderr}`;
    expect(ran.deadlock).toEqual([
      { tid: 1000, name: 'main', waitsOn, ownedBy: null },
      { tid: 1001, name: 'other', waitsOn, ownedBy: null },
    ]);
  });
});

describe('other ways to wait for ever', () => {
  it('a plain mutex locked twice by one thread waits for its own owner', () => {
    const ran = run({}, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_mutex_lock(mutex);
    });
    expect(ran.deadlock).toEqual([{ tid: 1000, name: 'main', waitsOn: 'mutex 0x8049410', ownedBy: 1000 }]);
  });

  it('a mutex whose owner has ended names the thread that is gone', () => {
    const ran = run({}, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const [, thread] = yield* libc.pthread_create(null, function* owner() {
        yield* libc.pthread_mutex_lock(mutex);
      });
      yield* libc.pthread_join(thread);
      yield* libc.pthread_mutex_lock(mutex);
    });
    expect(ran.deadlock).toEqual([{ tid: 1000, name: 'main', waitsOn: 'mutex 0x8049410', ownedBy: 1001 }]);
  });

  it('a thread that waits for the mutex after it was signalled waits on the mutex', () => {
    const ran = run({}, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      const [, thread] = yield* libc.pthread_create(null, function* waiter() {
        yield* libc.pthread_mutex_lock(mutex);
        yield* libc.pthread_cond_wait(cond, mutex);
      });
      yield* libc.sched_yield();
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_join(thread);
    });
    expect(ran.deadlock).toEqual([
      { tid: 1000, name: 'main', waitsOn: 'pthread_join of thread 1001', ownedBy: 1001 },
      { tid: 1001, name: 'waiter', waitsOn: 'mutex 0x8049410', ownedBy: 1000 },
    ]);
  });

  it('a start routine without a name is called "thread"', () => {
    const ran = run({}, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      const [, thread] = yield* libc.pthread_create(null, (() => function* () {
        yield* libc.pthread_mutex_lock(mutex);
      })());
      yield* libc.pthread_join(thread);
    });
    expect(ran.deadlock.map(({ name }) => name)).toEqual(['main', 'thread']);
  });

  it('waiters are listed by tid, the maps and counts as at the end', () => {
    const ran = run({ pidMax: 1003 }, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      // Pids 1001 and 1002, then 300.
      for (let i = 0; i < 3; i++) yield* libc.pthread_create(null, () => libc.pthread_mutex_lock(mutex));
      yield* libc.pthread_mutex_lock(mutex);
    });
    expect(ran.deadlock.map(({ tid }) => tid)).toEqual([300, 1000, 1001, 1002]);
    expect(ran.maps).toHaveLength(3 + 2 * 3);
    expect(ran.stats.peakThreads).toBe(4);
  });

  it('somebody who could still run is no deadlock, even if others never will', () => {
    const ran = run({}, function* main(libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_create(null, function* stuck() {
        yield* libc.pthread_mutex_lock(mutex);
      });
      yield* libc.sched_yield();
      return 4;
    });
    expect([ran.outcome, ran.exit, ran.deadlock]).toEqual(['exited', 4, []]);
  });
});
