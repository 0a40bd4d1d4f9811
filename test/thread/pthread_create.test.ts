/* pthread_create, pthread_join, pthread_detach, pthread_self, pthread_equal: what POSIX says of them. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { evaluate, isSparc, machines, run } from './run.js';

const ESRCH = 3;
const EINVAL = 22;

/** A thread that does nothing. */
function* idle() {}

describe.each(machines)('$name', ({ config }) => {
  const EDEADLK = isSparc(config) ? 78 : 35;

  it('a thread gets its argument, and its value goes to the one who joins', () => {
    const joined = evaluate(config, function* (libc) {
      const [error, thread] = yield* libc.pthread_create(null, (n: number) => n + 1, 41);
      return [error, ...(yield* libc.pthread_join(thread))];
    });
    expect(joined).toEqual([0, 0, 42]);
  });

  it('pthread_self of a thread is what pthread_create returned', () => {
    const equal = evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => libc.pthread_self());
      const [, self] = yield* libc.pthread_join(thread);
      return [libc.pthread_equal(thread, self as Addr), libc.pthread_equal(thread, libc.pthread_self())];
    });
    expect(equal).toEqual([1, 0]);
  });

  it('gettid differs from thread to thread, getpid does not', () => {
    const ids = evaluate(config, function* (libc) {
      const seen = [[yield* libc.getpid(), yield* libc.gettid()]];
      const [, thread] = yield* libc.pthread_create(null, function* () {
        seen.push([yield* libc.getpid(), yield* libc.gettid()]);
      });
      yield* libc.pthread_join(thread);
      return seen;
    });
    expect(ids).toEqual([[1000, 1000], [1000, 1001]]);
  });

  it('joining oneself fails with EDEADLK', () => {
    expect(evaluate(config, function* (libc) {
      return yield* libc.pthread_join(libc.pthread_self());
    })).toEqual([EDEADLK, undefined]);
  });

  it('joining a thread that joins oneself fails with EDEADLK', () => {
    const errors = evaluate(config, function* (libc) {
      const main = libc.pthread_self();
      const [, thread] = yield* libc.pthread_create(null, function* () {
        return (yield* libc.pthread_join(main))[0];
      });
      return yield* libc.pthread_join(thread);
    });
    expect(errors).toEqual([0, EDEADLK]);
  });

  it('joining twice fails with ESRCH', () => {
    expect(evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, idle);
      yield* libc.pthread_join(thread);
      return yield* libc.pthread_join(thread);
    })).toEqual([ESRCH, undefined]);
  });

  it('joining or detaching a detached thread fails with EINVAL', () => {
    expect(evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, idle);
      const first = yield* libc.pthread_detach(thread);
      return [first, yield* libc.pthread_detach(thread), (yield* libc.pthread_join(thread))[0]];
    })).toEqual([0, EINVAL, EINVAL]);
  });

  it('joining a thread that was created detached fails with EINVAL', () => {
    expect(evaluate(config, function* (libc) {
      const attr = libc.bss(libc.sizeof.pthread_attr_t);
      libc.pthread_attr_init(attr);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_DETACHED);
      const [, thread] = yield* libc.pthread_create(attr, idle);
      return (yield* libc.pthread_join(thread))[0];
    })).toEqual(EINVAL);
  });

  it('joining a thread that another one joins fails with EINVAL', () => {
    const errors = evaluate(config, function* (libc) {
      const [, slow] = yield* libc.pthread_create(null, function* () {
        yield* libc.sched_yield();
        return 'slow';
      });
      const [, first] = yield* libc.pthread_create(null, function* () {
        return yield* libc.pthread_join(slow);
      });
      yield* libc.sched_yield();
      const second = (yield* libc.pthread_join(slow))[0];
      return [second, (yield* libc.pthread_join(first))[1]];
    });
    expect(errors).toEqual([EINVAL, [0, 'slow']]);
  });

  it('detaching a thread that somebody joins succeeds and changes nothing', () => {
    const seen = evaluate(config, function* (libc) {
      const [, slow] = yield* libc.pthread_create(null, function* () {
        yield* libc.sched_yield();
        return 7;
      });
      const [, joiner] = yield* libc.pthread_create(null, function* () {
        return yield* libc.pthread_join(slow);
      });
      yield* libc.sched_yield();
      return [yield* libc.pthread_detach(slow), (yield* libc.pthread_join(joiner))[1]];
    });
    expect(seen).toEqual([0, [0, 7]]);
  });

  it('a pthread_t that is no thread\'s fails with ESRCH', () => {
    const errors = evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, idle);
      const wild = [libc.add(thread, 1), libc.add(thread, 16), libc.bss(16), 0, 12345];
      const seen: number[] = [];
      for (const each of wild) seen.push((yield* libc.pthread_join(each))[0], yield* libc.pthread_detach(each));
      yield* libc.pthread_join(thread);
      return seen;
    });
    expect(errors).toEqual(Array(10).fill(ESRCH));
  });

  it('a thread that has ended before it is joined is joined without a wait', () => {
    const ran = run(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => 1);
      yield* libc.sched_yield();
      const [, value] = yield* libc.pthread_join(thread);
      return value;
    });
    expect(ran.exit).toBe(1);
    expect(ran.stats.syscallsByName.futex).toBeUndefined();
  });
});

describe('a start routine', () => {
  it('may be a plain function', () => {
    expect(evaluate({}, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, (n: number) => n * 2, 21);
      return yield* libc.pthread_join(thread);
    })).toEqual([0, 42]);
  });

  it('runs when its creator gives up the processor, in the order of creation', () => {
    const order = evaluate({}, function* (libc) {
      const seen: string[] = [];
      const threads: Addr[] = [];
      for (const name of ['a', 'b', 'c']) {
        const [, thread] = yield* libc.pthread_create(null, () => seen.push(name));
        threads.push(thread);
        seen.push(`created ${name}`);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      return seen;
    });
    expect(order).toEqual(['created a', 'created b', 'created c', 'a', 'b', 'c']);
  });

  it('that is no function is reported in one sentence', () => {
    const ran = run({}, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, 'worker' as never);
      yield* libc.pthread_join(thread);
    });
    expect([ran.outcome, ran.exit]).toEqual(['exited', 1]);
    expect(ran.message).toContain('pthread_create was given a start routine that is not a function');
  });
});

describe('a chain of threads, each joining the next', () => {
  function chain(libc: Libc, depth: number) {
    return function* thread(): Generator<unknown, number, unknown> {
      if (depth === 0) return 0;
      const [, child] = yield* libc.pthread_create(null, chain(libc, depth - 1));
      const [, below] = yield* libc.pthread_join(child);
      return (below as number) + 1;
    };
  }

  it.each(machines)('is as long as asked on $name', ({ config }) => {
    expect(evaluate(config, (libc) => chain(libc, 100)())).toBe(100);
  });
});

describe('a creation that fails at clone, for want of a pid', () => {
  /** Pids 300 to 1000: 700 threads besides main. */
  const config = { pidMax: 1001 };

  function* fill(libc: Libc): ThreadBody<{ attr: Addr; threads: Addr[]; error: number }> {
    const attr = libc.bss(libc.sizeof.pthread_attr_t);
    libc.pthread_attr_init(attr);
    libc.pthread_attr_setstacksize(attr, libc.PTHREAD_STACK_MIN);
    const threads: Addr[] = [];
    for (;;) {
      const [error, thread] = yield* libc.pthread_create(attr, () => {});
      if (error !== 0) return { attr, threads, error };
      threads.push(thread);
    }
  }

  it('returns EAGAIN', () => {
    expect(evaluate(config, function* (libc) {
      const { threads, error } = yield* fill(libc);
      return [threads.length, libc.strerrorname(error)];
    })).toEqual([700, 'EAGAIN']);
  });

  it('keeps the stack for the next thread', () => {
    const ran = run(config, function* (libc) {
      const { attr, threads } = yield* fill(libc);
      yield* libc.pthread_join(threads[0]!);
      expect((yield* libc.pthread_create(attr, () => {}))[0]).toBe(0);
    });
    expect([ran.stats.syscallsByName.mmap2, ran.stats.syscallsByName.munmap]).toEqual([701, undefined]);
  });

  it('counts no thread: the process ends with the last one there is', () => {
    const ran = run(config, function* (libc) {
      const { threads } = yield* fill(libc);
      for (const thread of threads) yield* libc.pthread_join(thread);
      yield* libc.pthread_exit();
    });
    expect([ran.outcome, ran.exit]).toEqual(['exited', 0]);
  });
});
