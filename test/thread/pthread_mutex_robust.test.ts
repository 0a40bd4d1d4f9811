/* Robust, priority-inheriting and protected mutexes of 2.36; what 2.3.3 says instead. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { type Config, calls, evaluate, run } from './run.js';

const modern: readonly { readonly name: string; readonly config: Config }[] = [
  { name: 'i386, Linux 6.1', config: { arch: 'i386', kernel: '6.1' } },
  { name: 'x86_64, Linux 6.1', config: { arch: 'x86_64', kernel: '6.1' } },
  { name: 'x86_64 32-bit, Linux 6.18', config: { arch: 'x86_64', bits: 32, kernel: '6.18' } },
];

interface Kind {
  readonly type?: number;
  readonly robust?: boolean;
  readonly protocol?: number;
  readonly ceiling?: number;
}

function make(libc: Libc, { type = 0, robust = false, protocol = 0, ceiling }: Kind): Addr {
  const attr = libc.bss(4);
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  libc.pthread_mutexattr_settype(attr, type);
  libc.pthread_mutexattr_setrobust(attr, robust ? libc.PTHREAD_MUTEX_ROBUST : libc.PTHREAD_MUTEX_STALLED);
  libc.pthread_mutexattr_setprotocol(attr, protocol);
  if (ceiling !== undefined) expect(libc.pthread_mutexattr_setprioceiling(attr, ceiling)).toBe(0);
  expect(libc.pthread_mutex_init(mutex, attr)).toBe(0);
  return mutex;
}

/** A thread that locks and dies. */
function* dies(libc: Libc, mutexes: readonly Addr[]): ThreadBody<void> {
  const [, thread] = yield* libc.pthread_create(null, function* () {
    for (const mutex of mutexes) yield* libc.pthread_mutex_lock(mutex);
  });
  yield* libc.pthread_join(thread);
}

describe.each(modern)('$name', ({ config }) => {
  describe.each([0, 1])('a robust mutex, protocol %i', (protocol) => {
    it('whose owner died is EOWNERDEAD for the next, and usable again once consistent', () => {
      const seen = evaluate(config, function* (libc) {
        const m = make(libc, { robust: true, protocol });
        yield* dies(libc, [m]);
        const errors = [yield* libc.pthread_mutex_lock(m), libc.pthread_mutex_consistent(m)];
        errors.push(yield* libc.pthread_mutex_unlock(m), yield* libc.pthread_mutex_lock(m), yield* libc.pthread_mutex_unlock(m));
        errors.push(libc.pthread_mutex_consistent(m), libc.pthread_mutex_destroy(m));
        return [errors, [libc.E.EOWNERDEAD, 0, 0, 0, 0, libc.E.EINVAL, 0]];
      });
      expect(seen[0]).toEqual(seen[1]);
    });

    it('unlocked without having been made consistent is ENOTRECOVERABLE for ever', () => {
      const seen = evaluate(config, function* (libc) {
        const m = make(libc, { robust: true, protocol });
        yield* dies(libc, [m]);
        const errors = [yield* libc.pthread_mutex_trylock(m), yield* libc.pthread_mutex_unlock(m)];
        errors.push(yield* libc.pthread_mutex_lock(m), yield* libc.pthread_mutex_trylock(m));
        return [errors, [libc.E.EOWNERDEAD, 0, libc.E.ENOTRECOVERABLE, libc.E.ENOTRECOVERABLE]];
      });
      expect(seen[0]).toEqual(seen[1]);
    });

    it('wakes one that waits when its owner dies; several are all marked', () => {
      const seen = evaluate(config, function* (libc) {
        const mutexes = [make(libc, { robust: true, protocol }), make(libc, { robust: true, protocol }), make(libc, { robust: true, protocol })];
        const [, owner] = yield* libc.pthread_create(null, function* () {
          for (const m of mutexes) yield* libc.pthread_mutex_lock(m);
          yield* libc.pthread_mutex_unlock(mutexes[1]!);
          yield* libc.sched_yield();
        });
        yield* libc.sched_yield();
        const errors: number[] = [];
        for (const m of mutexes) errors.push(yield* libc.pthread_mutex_lock(m));
        yield* libc.pthread_join(owner);
        return [errors, [libc.E.EOWNERDEAD, 0, libc.E.EOWNERDEAD]];
      });
      expect(seen[0]).toEqual(seen[1]);
    });
  });

  it('a priority-inheriting mutex: one at a time, EPERM for who does not hold it, EBUSY, EDEADLK, ETIMEDOUT', () => {
    const seen = evaluate(config, function* (libc) {
      const m = make(libc, { protocol: libc.PTHREAD_PRIO_INHERIT, type: libc.PTHREAD_MUTEX_ERRORCHECK });
      const word = libc.bss(4);
      const threads: Addr[] = [];
      for (let i = 0; i < 3; i++) {
        const [, thread] = yield* libc.pthread_create(null, function* () {
          for (let j = 0; j < 3; j++) {
            yield* libc.pthread_mutex_lock(m);
            const value = libc.load32(word);
            yield* libc.sched_yield();
            libc.store32(word, value + 1);
            yield* libc.pthread_mutex_unlock(m);
          }
        });
        threads.push(thread);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      yield* libc.pthread_mutex_lock(m);
      const [, other] = yield* libc.pthread_create(null, function* () {
        return [
          yield* libc.pthread_mutex_unlock(m), yield* libc.pthread_mutex_trylock(m),
          yield* libc.pthread_mutex_timedlock(m, { sec: 10, nsec: 0 }),
        ];
      });
      const [, errors] = yield* libc.pthread_join(other);
      const again = yield* libc.pthread_mutex_lock(m);
      const { EPERM, EBUSY, ETIMEDOUT, EDEADLK } = libc.E;
      return [libc.load32(word), errors, again, [EPERM, EBUSY, ETIMEDOUT], EDEADLK];
    });
    expect(seen.slice(0, 3)).toEqual([9, seen[3], seen[4]]);
  });

  it('a protected mutex: the ceiling is kept, and read and changed', () => {
    const seen = evaluate(config, function* (libc) {
      const m = make(libc, { protocol: libc.PTHREAD_PRIO_PROTECT, ceiling: 10 });
      const before = libc.pthread_mutex_getprioceiling(m);
      const changed = yield* libc.pthread_mutex_setprioceiling(m, 12);
      const wrong = yield* libc.pthread_mutex_setprioceiling(m, 1000);
      return [before, changed, libc.pthread_mutex_getprioceiling(m), wrong[0] === libc.E.EINVAL];
    });
    expect(seen).toEqual([[0, 10], [0, 10], [0, 12], true]);
  });

  it('a thread of SCHED_OTHER has no priority to raise: EINVAL, as from glibc', () => {
    const seen = evaluate(config, function* (libc) {
      const m = make(libc, { protocol: libc.PTHREAD_PRIO_PROTECT, ceiling: 10 });
      return [yield* libc.pthread_mutex_lock(m), libc.E.EINVAL];
    });
    expect(seen[0]).toBe(seen[1]);
  });
});

describe('their futexes', () => {
  const traffic = (kind: (libc: Libc) => Kind) => {
    const ran = run({ kernel: '6.1' }, function* (libc) {
      const m = make(libc, kind(libc));
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
    expect(ran.outcome).toBe('exited');
    return calls(ran, /^futex/).map((line) => line.replace(/^futex\(0x[0-9a-f]+, /, '').replace(/[,)].*/, ''));
  };

  it('of a robust mutex are shared; who has waited takes it as if others did too', () => {
    expect(traffic(() => ({ robust: true }))).toEqual(['FUTEX_WAIT', 'FUTEX_WAKE', 'FUTEX_WAKE']);
  });

  it('of a priority-inheriting one are asked for at the first init, and locked and unlocked by the kernel', () => {
    // The kernel hands it over with the bit for waiters set, so the second unlock asks too.
    expect(traffic(() => ({ protocol: 1 }))).toEqual([
      'FUTEX_UNLOCK_PI_PRIVATE', 'FUTEX_LOCK_PI_PRIVATE', 'FUTEX_UNLOCK_PI_PRIVATE', 'FUTEX_UNLOCK_PI_PRIVATE',
    ]);
  });
});

it('a kernel without PI futexes makes priority inheritance ENOTSUP', () => {
  const seen = evaluate({ nptl: '2.36' }, function* (libc) {
    const attr = libc.bss(4);
    libc.pthread_mutexattr_setprotocol(attr, libc.PTHREAD_PRIO_INHERIT);
    yield* libc.sched_yield();
    return [libc.pthread_mutex_init(libc.bss(libc.sizeof.pthread_mutex_t), attr), libc.E.EOPNOTSUPP];
  });
  expect(seen[0]).toBe(seen[1]);
});
