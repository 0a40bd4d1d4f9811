/* Kinds of mutexes: recursive, error-checking, adaptive, timed; what POSIX and glibc answer to misuse. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { type Config, calls, evaluate, isModern, libraries, run, withTimeouts } from './run.js';

type Kind = 'NORMAL' | 'RECURSIVE' | 'ERRORCHECK' | 'ADAPTIVE_NP';

/** A new mutex of this kind, by way of an attribute. */
function mutexOf(libc: Libc, kind: Kind): Addr {
  const attr = libc.bss(libc.sizeof.pthread_mutexattr_t);
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  libc.pthread_mutexattr_init(attr);
  expect(libc.pthread_mutexattr_settype(attr, libc[`PTHREAD_MUTEX_${kind}`])).toBe(0);
  expect(libc.pthread_mutex_init(mutex, attr)).toBe(0);
  return mutex;
}

/** What `call` returns in another thread. */
function* elsewhere<T>(libc: Libc, call: () => ThreadBody<T>): ThreadBody<T> {
  const [, thread] = yield* libc.pthread_create(null, call);
  return (yield* libc.pthread_join(thread))[1] as T;
}

describe.each(libraries)('$name', ({ config }) => {
  it('a recursive mutex is locked and unlocked as often, by its owner alone', () => {
    const seen = evaluate(config, function* (libc) {
      const m = mutexOf(libc, 'RECURSIVE');
      const errors: number[] = [];
      for (let i = 0; i < 3; i++) errors.push(yield* libc.pthread_mutex_lock(m));
      errors.push(yield* libc.pthread_mutex_trylock(m));
      const foreign = yield* elsewhere(libc, function* () {
        return [yield* libc.pthread_mutex_trylock(m), yield* libc.pthread_mutex_unlock(m)];
      });
      for (let i = 0; i < 4; i++) errors.push(yield* libc.pthread_mutex_unlock(m));
      return { errors, foreign, after: yield* libc.pthread_mutex_unlock(m), E: libc.E };
    });
    expect(seen.errors).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(seen.foreign).toEqual([seen.E.EBUSY, seen.E.EPERM]);
    expect(seen.after).toBe(seen.E.EPERM);
  });

  it('the count of a recursive mutex overflows with EAGAIN', () => {
    const seen = evaluate(config, function* (libc) {
      const m = mutexOf(libc, 'RECURSIVE');
      yield* libc.pthread_mutex_lock(m);
      libc.store32(libc.add(m, 4), -1);
      return [yield* libc.pthread_mutex_lock(m), libc.E.EAGAIN];
    });
    expect(seen[0]).toBe(seen[1]);
  });

  it('an error-checking mutex: EDEADLK for its owner, EPERM for anybody else, trylock is EBUSY', () => {
    const seen = evaluate(config, function* (libc) {
      const m = mutexOf(libc, 'ERRORCHECK');
      const before = yield* libc.pthread_mutex_unlock(m);
      yield* libc.pthread_mutex_lock(m);
      const held = [yield* libc.pthread_mutex_lock(m), yield* libc.pthread_mutex_trylock(m)];
      const foreign = yield* elsewhere(libc, function* () {
        return yield* libc.pthread_mutex_unlock(m);
      });
      return { got: [before, ...held, foreign, yield* libc.pthread_mutex_unlock(m)], E: libc.E };
    });
    const { EPERM, EDEADLK, EBUSY } = seen.E;
    expect(seen.got).toEqual([EPERM, EDEADLK, EBUSY, EPERM, 0]);
  });

  it('a normal mutex does not ask who unlocks it; an adaptive one neither', () => {
    const seen = evaluate(config, function* (libc) {
      const errors: number[] = [];
      for (const kind of ['NORMAL', 'ADAPTIVE_NP'] as const) {
        const m = mutexOf(libc, kind);
        yield* libc.pthread_mutex_lock(m);
        errors.push(yield* elsewhere(libc, () => libc.pthread_mutex_unlock(m) as ThreadBody<number>));
        errors.push(yield* libc.pthread_mutex_trylock(m));
      }
      return errors;
    });
    expect(seen).toEqual([0, 0, 0, 0]);
  });

  it('a normal mutex that its owner locks again is a deadlock', () => {
    const ran = run(config, function* (libc) {
      const m = mutexOf(libc, 'NORMAL');
      yield* libc.pthread_mutex_lock(m);
      yield* libc.pthread_mutex_lock(m);
    });
    expect(ran.outcome).toBe('deadlock');
    expect(ran.deadlock[0]).toMatchObject({ tid: 1000, ownedBy: 1000 });
  });

  it('timedlock of a free one looks at no clock, however wrong the time', () => {
    const ran = run(config, function* (libc) {
      const m = mutexOf(libc, 'NORMAL');
      expect(yield* libc.pthread_mutex_timedlock(m, { sec: -5, nsec: 2e9 })).toBe(0);
      expect(yield* libc.pthread_mutex_timedlock(m, { sec: 1, nsec: 1e9 })).toBe(libc.E.EINVAL);
      expect(yield* libc.pthread_mutex_timedlock(m, { sec: 0, nsec: 0 })).toBe(libc.E.ETIMEDOUT);
    });
    expect([ran.outcome, ran.message]).toEqual(['exited', null]);
  });

  it('settype refuses what is no type with EINVAL and keeps the old one', () => {
    const seen = evaluate(config, function* (libc) {
      const attr = libc.bss(4);
      libc.pthread_mutexattr_settype(attr, libc.PTHREAD_MUTEX_RECURSIVE);
      const wrong = [-1, 4, 1.5, 77].map((type) => libc.pthread_mutexattr_settype(attr, type) === libc.E.EINVAL);
      yield* libc.sched_yield();
      return [...wrong, libc.pthread_mutexattr_gettype(attr)[1]];
    });
    expect(seen).toEqual([true, true, true, true, 1]);
  });

  it('robust, protocol and ceiling are attributes of 2.36; 2.3.3 answers ENOSYS', () => {
    const seen = evaluate(config, function* (libc) {
      const attr = libc.bss(4);
      libc.pthread_mutexattr_init(attr);
      yield* libc.sched_yield();
      return {
        set: [libc.pthread_mutexattr_setrobust(attr, 1), libc.pthread_mutexattr_setprotocol(attr, 1)],
        wrong: [libc.pthread_mutexattr_setrobust(attr, 2), libc.pthread_mutexattr_setprotocol(attr, 3)],
        got: [libc.pthread_mutexattr_getrobust(attr), libc.pthread_mutexattr_getprotocol(attr)],
        E: libc.E,
      };
    });
    const { ENOSYS, EINVAL } = seen.E;
    if (isModern(config)) expect(seen).toMatchObject({ set: [0, 0], wrong: [EINVAL, EINVAL], got: [[0, 1], [0, 1]] });
    else expect(seen).toMatchObject({ set: [ENOSYS, ENOSYS], wrong: [ENOSYS, ENOSYS], got: [[ENOSYS, 0], [ENOSYS, 0]] });
  });
});

describe.each(withTimeouts)('$name', ({ config }) => {
  it('timedlock of one that stays held is ETIMEDOUT at the time, not earlier', () => {
    const seen = evaluate(config, function* (libc) {
      const m = mutexOf(libc, 'NORMAL');
      yield* libc.pthread_mutex_lock(m);
      const error = yield* elsewhere(libc, function* () {
        return yield* libc.pthread_mutex_timedlock(m, { sec: 1036022400 + 7, nsec: 0 });
      });
      return { error, now: Date.now(), wanted: libc.E.ETIMEDOUT };
    });
    expect(seen.error).toBe(seen.wanted);
    expect(Math.floor(seen.now / 1000)).toBe(1036022407);
  });
});

describe('futexes of a mutex', () => {
  function contended(config: Config, pshared: number): string[] {
    const ran = run(config, function* (libc) {
      const attr = libc.bss(4);
      const m = libc.bss(libc.sizeof.pthread_mutex_t);
      libc.pthread_mutexattr_setpshared(attr, pshared);
      libc.pthread_mutex_init(m, attr);
      yield* libc.pthread_mutex_lock(m);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.pthread_mutex_lock(m);
        yield* libc.pthread_mutex_unlock(m);
      });
      yield* libc.sched_yield();
      yield* libc.pthread_mutex_unlock(m);
      yield* libc.sched_yield();
      yield* libc.pthread_join(thread);
    });
    return calls(ran, /^futex/).map((line) => line.replace(/0x[0-9a-f]+/, 'lock'));
  }

  it('are private in 2.36 unless the mutex is shared, and know no privacy in 2.3.3', () => {
    const shared = [
      'futex(lock, FUTEX_WAIT, 2, NULL <unfinished ...>', 'futex(lock, FUTEX_WAKE, 1) = 1', 'futex(lock, FUTEX_WAKE, 1) = 0',
    ];
    expect(contended({ kernel: '6.1' }, 0)).toEqual(shared.map((line) => line.replace(/(WAIT|WAKE)/, '$1_PRIVATE')));
    expect(contended({ kernel: '6.1' }, 1)).toEqual(shared);
    expect(contended({ nptl: '2.3.3' }, 0)).toEqual(shared);
  });
});
