/* Cancellation: who ends, where, what runs on the way out, and by which calls. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { calls, evaluate, isModern, libraries, run } from './run.js';

/** Creates a thread, lets it run, cancels it, joins it: [error of cancel, its value]. */
function* cancelled(libc: Libc, body: () => ThreadBody): ThreadBody<[number, unknown]> {
  const [, thread] = yield* libc.pthread_create(null, body);
  yield* libc.sched_yield();
  const error = yield* libc.pthread_cancel(thread);
  return [error, (yield* libc.pthread_join(thread))[1]];
}

describe.each(libraries)('$name', ({ config }) => {
  it('a thread that sleeps in a cancellation point ends there, with PTHREAD_CANCELED', () => {
    const seen = evaluate(config, function* (libc) {
      const sem = libc.bss(libc.sizeof.sem_t);
      libc.sem_init(sem, 0, 0);
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const [, sleeper] = yield* libc.pthread_create(null, function* () {
        yield* libc.sem_wait(sem);
      });
      const waits: (() => ThreadBody)[] = [
        function* () {
          yield* libc.sem_wait(sem);
        },
        function* () {
          yield* libc.pthread_mutex_lock(mutex);
          try {
            yield* libc.pthread_cond_wait(cond, mutex);
          } finally {
            yield* libc.pthread_mutex_unlock(mutex);
          }
        },
        function* () {
          yield* libc.pthread_join(sleeper);
        },
        function* () {
          yield* libc.pause();
        },
        function* () {
          yield* libc.sigwait([libc.SIG.SIGUSR1!]);
        },
      ];
      const values: unknown[] = [];
      for (const wait of waits) values.push(yield* cancelled(libc, wait));
      yield* libc.sem_post(sem);
      return [values, (yield* libc.pthread_join(sleeper))[0], yield* libc.pthread_mutex_trylock(mutex)];
    });
    expect(seen).toEqual([Array(5).fill([0, -1]), 0, 0]);
  });

  it('a deferred thread goes on until its next cancellation point', () => {
    const seen = evaluate(config, function* (libc) {
      const log: string[] = [];
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.sched_yield();
        log.push('still here');
        yield* libc.pthread_testcancel();
        log.push('never');
      });
      yield* libc.sched_yield();
      yield* libc.pthread_cancel(thread);
      const [, value] = yield* libc.pthread_join(thread);
      return [log, value];
    });
    expect(seen).toEqual([['still here'], -1]);
  });

  it('an asynchronous one ends wherever it is', () => {
    const seen = evaluate(config, function* (libc) {
      const log: string[] = [];
      const value = yield* cancelled(libc, function* () {
        yield* libc.pthread_setcanceltype(libc.PTHREAD_CANCEL_ASYNCHRONOUS);
        for (let i = 0; i < 5; i++) yield* libc.sched_yield();
        log.push('never');
      });
      return [log, value];
    });
    expect(seen).toEqual([[], [0, -1]]);
  });

  it('one that has disabled it is cancelled when it enables it again and comes to a cancellation point', () => {
    const seen = evaluate(config, function* (libc) {
      const log: unknown[] = [];
      const value = yield* cancelled(libc, function* () {
        log.push(yield* libc.pthread_setcancelstate(libc.PTHREAD_CANCEL_DISABLE));
        yield* libc.sched_yield();
        yield* libc.pthread_testcancel();
        log.push(yield* libc.pthread_setcancelstate(libc.PTHREAD_CANCEL_ENABLE));
        yield* libc.pthread_testcancel();
        log.push('never');
      });
      return [log, value];
    });
    expect(seen).toEqual([[[0, 0], [0, 1]], [0, -1]]);
  });

  it('finally blocks run first, then cleanup handlers, the last pushed first, then destructors; a pop takes one off', () => {
    const log = evaluate(config, function* (libc) {
      const seen: string[] = [];
      const [, key] = libc.pthread_key_create(function* (value: string) {
        yield* libc.sched_yield();
        seen.push(`destroyed ${value}`);
      });
      yield* cancelled(libc, function* () {
        libc.pthread_setspecific(key, 'data');
        libc.pthread_cleanup_push((name: string) => seen.push(name), 'first');
        libc.pthread_cleanup_push((name: string) => seen.push(name), 'popped');
        yield* libc.pthread_cleanup_pop(1);
        libc.pthread_cleanup_push(function* (name: string) {
          yield* libc.sched_yield();
          seen.push(name);
        }, 'second');
        try {
          yield* libc.pause();
        } finally {
          seen.push('finally');
        }
      });
      return seen;
    });
    expect(log).toEqual(['popped', 'finally', 'second', 'first', 'destroyed data']);
  });

  it('a waiter of a condition variable has the mutex again, and other waiters lose no signal', () => {
    const seen = evaluate(config, function* (libc) {
      const cond = libc.bss(libc.sizeof.pthread_cond_t);
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const log: string[] = [];
      const waiter = function* (name: string): ThreadBody<void> {
        yield* libc.pthread_mutex_lock(mutex);
        try {
          yield* libc.pthread_cond_wait(cond, mutex);
          log.push(`${name} woken`);
        } finally {
          yield* libc.pthread_mutex_unlock(mutex);
        }
      };
      const threads: Addr[] = [];
      for (const name of ['a', 'b', 'c']) threads.push((yield* libc.pthread_create(null, waiter, name))[1]);
      yield* libc.sched_yield();
      yield* libc.pthread_cancel(threads[1]!);
      yield* libc.pthread_join(threads[1]!);
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_cond_signal(cond);
      yield* libc.pthread_join(threads[0]!);
      yield* libc.pthread_join(threads[2]!);
      return log.sort();
    });
    expect(seen).toEqual(['a woken', 'c woken']);
  });

  it('of oneself takes effect at the next cancellation point', () => {
    const seen = evaluate(config, function* (libc) {
      const log: string[] = [];
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.pthread_cancel(libc.pthread_self());
        log.push('on');
        yield* libc.pthread_testcancel();
        log.push('never');
      });
      return [(yield* libc.pthread_join(thread))[1], log];
    });
    expect(seen).toEqual([-1, ['on']]);
  });

  it('EINVAL for states and types that are none, ESRCH for what is no thread', () => {
    const seen = evaluate(config, function* (libc) {
      const { EINVAL, ESRCH } = libc.E;
      return [
        (yield* libc.pthread_setcancelstate(2))[0] === EINVAL, (yield* libc.pthread_setcanceltype(-1))[0] === EINVAL,
        (yield* libc.pthread_cancel(libc.bss(16))) === ESRCH, (yield* libc.pthread_cancel(4)) === ESRCH,
      ];
    });
    expect(seen).toEqual([true, true, true, true]);
  });

  it('of a thread that has ended: 0 in 2.36, ESRCH in 2.3.3', () => {
    const seen = evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => 7);
      yield* libc.sched_yield();
      const error = yield* libc.pthread_cancel(thread);
      return [error, yield* libc.pthread_join(thread), libc.E.ESRCH];
    });
    expect(seen).toEqual([isModern(config) ? 0 : seen[2], [0, 7], seen[2]]);
  });
});

describe('its system calls', () => {
  const program = function* (libc: Libc): ThreadBody<number> {
    const sem = libc.bss(libc.sizeof.sem_t);
    libc.sem_init(sem, 0, 0);
    yield* cancelled(libc, function* () {
      yield* libc.sem_wait(sem);
    });
    return 0;
  };
  const names = (config: object) => calls(run(config, program), /^(tgkill|rt_sig|getpid)/).map((line) => line.replace(/0x[0-9a-f]+/g, 'ADDR'));

  it('2.3.3: the handler at start-up, and one tgkill', () => {
    const made = names({ kernel: '2.6.0' });
    expect(made.filter((line) => /^tgkill/.test(line))).toEqual(['tgkill(1000, 1001, SIGRTMIN) = 0']);
    expect(made[0]).toMatch(/^rt_sigaction\(SIGRTMIN, /);
  });

  it('2.36: the handler at the first pthread_cancel, and getpid and tgkill with every signal blocked', () => {
    const made = names({ kernel: '6.1' }).map((line) => line.replace(/\(.*/, ''));
    const at = made.indexOf('tgkill');
    expect(made.slice(at - 3, at + 2)).toEqual(['rt_sigaction', 'rt_sigprocmask', 'getpid', 'tgkill', 'rt_sigprocmask']);
  });

  it('none for a thread that is not asleep', () => {
    const ran = run({}, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => libc.pthread_testcancel());
      yield* libc.pthread_cancel(thread);
      yield* libc.pthread_join(thread);
    });
    expect(calls(ran, /^t?g?kill/)).toEqual([]);
  });
});
