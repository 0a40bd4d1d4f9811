/* Real-time priorities and priority inheritance, seen from a program: --rlimit rtprio. */

import { describe, expect, it } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { run } from './run.js';

/** Three threads of SCHED_FIFO 10, 20 and 30; the lowest holds a mutex that the highest wants. Who finishes when. */
function order(protocol: 'none' | 'inherit'): string[] {
  const log: string[] = [];
  run({ kernel: '6.1', rlimits: { rtprio: 50 } }, function* (libc: Libc): ThreadBody<number> {
    const lock = libc.bss(4);
    const param = libc.bss(4);
    function* schedule(priority: number): ThreadBody<void> {
      libc.store32(param, priority);
      if ((yield* libc.syscall(libc.nr.sched_setscheduler!, 0, 1, param)) !== 0) throw new Error('sched_setscheduler');
    }
    function* take(): ThreadBody<void> {
      const tid = yield* libc.gettid();
      if (protocol === 'inherit') {
        if (libc.load32(lock) === 0) libc.store32(lock, tid);
        else yield* libc.syscall(libc.nr.futex!, lock, 6, 0, 0);
      } else while (libc.load32(lock) !== 0) yield* libc.syscall(libc.nr.futex!, lock, 0, libc.load32(lock), 0);
      if (protocol === 'none') libc.store32(lock, tid);
    }
    function* give(): ThreadBody<void> {
      if (protocol === 'inherit') yield* libc.syscall(libc.nr.futex!, lock, 7);
      else {
        libc.store32(lock, 0);
        yield* libc.syscall(libc.nr.futex!, lock, 1, 1);
      }
    }
    function* low(): ThreadBody<void> {
      yield* take();
      yield* schedule(10);
      for (let i = 0; i < 5; i++) yield* libc.sched_yield();
      yield* give();
      log.push('low');
    }
    function* middle(): ThreadBody<void> {
      yield* schedule(20);
      for (let i = 0; i < 20; i++) yield* libc.sched_yield();
      log.push('middle');
    }
    function* high(): ThreadBody<void> {
      yield* schedule(30);
      yield* take();
      log.push('high');
      yield* give();
    }
    yield* schedule(50); // which the threads inherit, until each has its own
    const threads = [];
    for (const start of [low, middle, high]) threads.push((yield* libc.pthread_create(null, start))[1]);
    for (const thread of threads) yield* libc.pthread_join(thread);
    return 0;
  });
  return log;
}

describe('three threads of real-time priority', () => {
  it('without inheritance, the middle one keeps the highest waiting: priority inversion', () => {
    expect(order('none')[0]).toBe('middle');
  });

  it('with a PI futex, the owner runs with the priority of the highest and lets it go first', () => {
    expect(order('inherit').at(-1)).toBe('middle');
  });
});
