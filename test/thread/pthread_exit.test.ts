/* How threads and processes end. */

import { describe, expect, it } from 'vitest';
import type { Addr } from 'guardpage';
import { evaluate, machines, run } from './run.js';

describe.each(machines)('$name', ({ config }) => {
  it('pthread_exit ends the thread with its value, however deep it is called', () => {
    const value = evaluate(config, function* (libc) {
      function* deep(n: number): Generator<unknown, never, unknown> {
        if (n === 0) return yield* libc.pthread_exit('from below');
        return yield* deep(n - 1);
      }
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* deep(5);
      });
      return yield* libc.pthread_join(thread);
    });
    expect(value).toEqual([0, 'from below']);
  });

  it('pthread_exit runs the finally blocks on its way, the innermost first', () => {
    const order = evaluate(config, function* (libc) {
      const seen: string[] = [];
      const [, thread] = yield* libc.pthread_create(null, function* () {
        try {
          try {
            yield* libc.pthread_exit(1);
          } finally {
            seen.push('inner');
          }
          seen.push('not reached');
        } finally {
          seen.push('outer');
        }
      });
      const [, value] = yield* libc.pthread_join(thread);
      return [...seen, value];
    });
    expect(order).toEqual(['inner', 'outer', 1]);
  });

  it('main\'s pthread_exit lets the others finish; the process ends with 0 when the last one does', () => {
    const ran = run(config, function* (libc) {
      yield* libc.pthread_create(null, function* () {
        for (let i = 0; i < 3; i++) yield* libc.sched_yield();
        yield* libc.printf('still here');
        return 9;
      });
      yield* libc.pthread_exit(5);
    });
    expect([ran.outcome, ran.exit, ran.stdout]).toEqual(['exited', 0, 'still here']);
  });

  it('exit ends all threads at once with its code', () => {
    const ran = run(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_create(null, function* sleeper() {
        yield* libc.pthread_mutex_lock(mutex);
      });
      const [, thread] = yield* libc.pthread_create(null, function* ender() {
        yield* libc.printf('bye');
        yield* libc.exit(7);
      });
      yield* libc.pthread_join(thread);
      yield* libc.printf('not reached');
    });
    expect([ran.outcome, ran.exit, ran.stdout]).toEqual(['exited', 7, 'bye']);
  });

  it('main\'s return ends all threads with its value', () => {
    const ran = run(config, function* (libc) {
      yield* libc.pthread_create(null, function* () {
        for (;;) yield* libc.sched_yield();
      });
      yield* libc.sched_yield();
      return 3;
    });
    expect([ran.outcome, ran.exit]).toEqual(['exited', 3]);
  });

  it('main may be joined after its pthread_exit', () => {
    const ran = run(config, function* (libc) {
      const main = libc.pthread_self();
      yield* libc.pthread_create(null, function* () {
        const [error, value] = yield* libc.pthread_join(main);
        yield* libc.printf('%d %s', error, value as string);
      });
      yield* libc.pthread_exit('done');
    });
    expect(ran.stdout).toBe('0 done');
  });
});

describe('exit codes', () => {
  it('are taken modulo 256', () => {
    expect(run({}, () => 256 + 5).exit).toBe(5);
    expect(run({}, () => -1).exit).toBe(255);
  });

  it('main that returns nothing, or no number, exits with 0', () => {
    expect(run({}, () => {}).exit).toBe(0);
    expect(run({}, () => 'text').exit).toBe(0);
  });
});

describe('finally blocks of pthread_exit', () => {
  it('may make calls that block', () => {
    const seen = evaluate({}, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const log: string[] = [];
      yield* libc.pthread_mutex_lock(mutex);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        try {
          yield* libc.pthread_exit('value');
        } finally {
          yield* libc.pthread_mutex_lock(mutex);
          log.push('locked');
          yield* libc.pthread_mutex_unlock(mutex);
        }
      });
      yield* libc.sched_yield();
      log.push('unlocking');
      yield* libc.pthread_mutex_unlock(mutex);
      const [, value] = yield* libc.pthread_join(thread);
      return [...log, value];
    });
    expect(seen).toEqual(['unlocking', 'locked', 'value']);
  });

  it('may call pthread_exit again, whose value counts', () => {
    const value = evaluate({}, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, function* () {
        try {
          yield* libc.pthread_exit('first');
        } finally {
          yield* libc.pthread_exit('second');
        }
      });
      return (yield* libc.pthread_join(thread))[1];
    });
    expect(value).toBe('second');
  });

  it('do not run at exit', () => {
    const seen: string[] = [];
    const ran = run({}, function* (libc) {
      try {
        yield* libc.exit(4);
      } finally {
        seen.push('finally');
      }
    });
    expect([ran.exit, seen]).toEqual([4, []]);
  });
});

describe('main\'s own stack', () => {
  /** Creates, joins and so caches `count` threads of 8 MiB: five are as much as the cache holds. */
  it.each(['joined', 'detached'])('is never reused for a thread when main was %s', (how) => {
    const ran = run({}, function* main(libc) {
      const self = libc.pthread_self();
      yield* libc.printf('main runs\n');
      yield* libc.pthread_create(null, function* worker() {
        if (how === 'joined') yield* libc.pthread_join(self);
        else yield* libc.sched_yield();
        const threads: Addr[] = [];
        for (let i = 0; i < 8; i++) threads.push((yield* libc.pthread_create(null, () => {}))[1]);
        for (const thread of threads) yield* libc.pthread_join(thread);
        const more: Addr[] = [];
        for (let i = 0; i < 10; i++) more.push((yield* libc.pthread_create(null, () => libc.printf('thread runs\n')))[1]);
        for (const thread of more) yield* libc.pthread_join(thread);
      });
      if (how === 'detached') yield* libc.pthread_detach(self);
      yield* libc.pthread_exit();
    });
    expect(ran.message).toBeNull();
    expect(ran.stdout).toBe(`main runs\n${'thread runs\n'.repeat(10)}`);
    expect(ran.strace.filter((line) => line.includes('munmap(NULL'))).toEqual([]);
  });
});
