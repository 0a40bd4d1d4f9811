/* Read-write locks, semaphores, spin locks, keys and once: both designs, on all machines. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { type Config, evaluate, isModern, libraries, withTimeouts } from './run.js';

const EPOCH = 1036022400;

function rwlockOf(libc: Libc, kind = 0): Addr {
  const attr = libc.bss(libc.sizeof.pthread_rwlockattr_t);
  const lock = libc.bss(libc.sizeof.pthread_rwlock_t);
  libc.pthread_rwlockattr_init(attr);
  expect(libc.pthread_rwlockattr_setkind_np(attr, kind)).toBe(0);
  expect(libc.pthread_rwlock_init(lock, attr)).toBe(0);
  return lock;
}

function* elsewhere<T>(libc: Libc, body: () => ThreadBody<T>): ThreadBody<T> {
  const [, thread] = yield* libc.pthread_create(null, body);
  return (yield* libc.pthread_join(thread))[1] as T;
}

describe.each(libraries)('a read-write lock, $name', ({ config }) => {
  it('lets readers in together and a writer alone', () => {
    const seen = evaluate(config, function* (libc) {
      const lock = rwlockOf(libc);
      const { EBUSY } = libc.E;
      yield* libc.pthread_rwlock_rdlock(lock);
      const reading = yield* elsewhere(libc, function* () {
        const read = yield* libc.pthread_rwlock_tryrdlock(lock);
        const write = yield* libc.pthread_rwlock_trywrlock(lock);
        yield* libc.pthread_rwlock_unlock(lock);
        return [read, write === EBUSY];
      });
      yield* libc.pthread_rwlock_unlock(lock);
      yield* libc.pthread_rwlock_wrlock(lock);
      const writing = yield* elsewhere(libc, function* () {
        return [(yield* libc.pthread_rwlock_tryrdlock(lock)) === EBUSY, (yield* libc.pthread_rwlock_trywrlock(lock)) === EBUSY];
      });
      yield* libc.pthread_rwlock_unlock(lock);
      return [reading, writing, yield* libc.pthread_rwlock_trywrlock(lock)];
    });
    expect(seen).toEqual([[0, true], [true, true], 0]);
  });

  it('EDEADLK for the thread that writes already', () => {
    const seen = evaluate(config, function* (libc) {
      const lock = rwlockOf(libc);
      yield* libc.pthread_rwlock_wrlock(lock);
      return [yield* libc.pthread_rwlock_wrlock(lock), yield* libc.pthread_rwlock_rdlock(lock), libc.E.EDEADLK];
    });
    expect(seen.slice(0, 2)).toEqual([seen[2], seen[2]]);
  });

  it('that prefers writers and allows no recursion lets no reader past a writer that waits', () => {
    const seen = evaluate(config, function* (libc) {
      const order: Record<string, string[]> = {};
      for (const kind of [0, libc.PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP]) {
        const lock = rwlockOf(libc, kind);
        const log: string[] = [];
        yield* libc.pthread_rwlock_rdlock(lock);
        const threads: Addr[] = [];
        for (const side of ['writer', 'reader']) {
          threads.push((yield* libc.pthread_create(null, function* () {
            yield* side === 'writer' ? libc.pthread_rwlock_wrlock(lock) : libc.pthread_rwlock_rdlock(lock);
            log.push(side);
            yield* libc.pthread_rwlock_unlock(lock);
          }))[1]);
          yield* libc.sched_yield();
        }
        yield* libc.pthread_rwlock_unlock(lock);
        for (const thread of threads) yield* libc.pthread_join(thread);
        order[kind] = log;
      }
      return order;
    });
    expect(seen).toEqual({ 0: ['reader', 'writer'], 2: ['writer', 'reader'] });
  });

  it('under random programs never has a writer beside anybody, and ends', () => {
    const script = fc.array(fc.array(fc.constantFrom('r', 'w', 'tr', 'tw'), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(script, fc.constantFrom(0, 1, 2), (threads, kind) => {
      expect(clashes(config, threads, kind)).toBe(0);
    }), { seed: 225, numRuns: 12 });
  });

  function clashes(on: Config, script: string[][], kind: number): number {
    return evaluate(on, function* (libc) {
      const lock = rwlockOf(libc, kind);
      let [readers, writers, wrong] = [0, 0, 0];
      const threads: Addr[] = [];
      for (const steps of script) {
        threads.push((yield* libc.pthread_create(null, function* () {
          for (const step of steps) {
            const isWriter = step.endsWith('w');
            const call = step.length === 1
              ? isWriter ? libc.pthread_rwlock_wrlock(lock) : libc.pthread_rwlock_rdlock(lock)
              : isWriter ? libc.pthread_rwlock_trywrlock(lock) : libc.pthread_rwlock_tryrdlock(lock);
            if ((yield* call) !== 0) continue;
            if (isWriter) writers += 1;
            else readers += 1;
            if (writers > 1 || (writers === 1 && readers > 0)) wrong += 1;
            yield* libc.sched_yield();
            if (isWriter) writers -= 1;
            else readers -= 1;
            yield* libc.pthread_rwlock_unlock(lock);
          }
        }))[1]);
      }
      for (const thread of threads) yield* libc.pthread_join(thread);
      return wrong;
    });
  }
});

describe.each(withTimeouts)('timed, $name', ({ config }) => {
  it('read-write locks and semaphores give up at their time, and leave the others in order', () => {
    const seen = evaluate(config, function* (libc) {
      const lock = rwlockOf(libc);
      const sem = libc.bss(libc.sizeof.sem_t);
      libc.sem_init(sem, 0, 0);
      yield* libc.pthread_rwlock_rdlock(lock);
      const late = yield* elsewhere(libc, function* () {
        return yield* libc.pthread_rwlock_timedwrlock(lock, { sec: EPOCH + 5, nsec: 0 });
      });
      const reader = yield* elsewhere(libc, function* () {
        return yield* libc.pthread_rwlock_rdlock(lock);
      });
      const waited = yield* libc.sem_timedwait(sem, { sec: EPOCH + 6, nsec: 0 });
      return [late === libc.E.ETIMEDOUT, reader, waited, libc.errno === libc.E.ETIMEDOUT, libc.sem_getvalue(sem)];
    });
    expect(seen).toEqual([true, 0, -1, true, [0, 0]]);
  });
});

describe.each(libraries)('a semaphore, $name', ({ config }) => {
  it('counts, wakes as many as are posted, and refuses what is no value', () => {
    const seen = evaluate(config, function* (libc) {
      const sem = libc.bss(libc.sizeof.sem_t);
      const wrong = [libc.sem_init(sem, 0, 2 ** 31), libc.errno === libc.E.EINVAL];
      libc.sem_init(sem, 0, 2);
      const taken = [yield* libc.sem_wait(sem), yield* libc.sem_wait(sem), yield* libc.sem_trywait(sem), libc.errno === libc.E.EAGAIN];
      let through = 0;
      const threads: Addr[] = [];
      for (let i = 0; i < 4; i++) {
        threads.push((yield* libc.pthread_create(null, function* () {
          yield* libc.sem_wait(sem);
          through += 1;
        }))[1]);
      }
      yield* libc.sched_yield();
      for (let i = 0; i < 3; i++) yield* libc.sem_post(sem);
      for (let i = 0; i < 4; i++) yield* libc.sched_yield();
      const some = through;
      yield* libc.sem_post(sem);
      for (const thread of threads) yield* libc.pthread_join(thread);
      return [wrong, taken, some, through, libc.sem_getvalue(sem)];
    });
    expect(seen).toEqual([[-1, true], [0, 0, -1, true], 3, 4, [0, 0]]);
  });

  it('with a name is found by it, and is gone once unlinked', () => {
    const seen = evaluate(config, function* (libc) {
      const missing = [yield* libc.sem_open('/queue'), libc.errno === libc.E.ENOENT];
      const first = yield* libc.sem_open('/queue', { creates: true, value: 3 });
      const second = yield* libc.sem_open('/queue');
      const again = [yield* libc.sem_open('/queue', { creates: true, exclusive: true }), libc.errno === libc.E.EEXIST];
      yield* libc.sem_wait(second);
      const value = libc.sem_getvalue(first);
      const ends = [yield* libc.sem_unlink('/queue'), yield* libc.sem_unlink('/queue'), yield* libc.sem_close(first), yield* libc.sem_close(second)];
      return [String(missing[0]), missing[1], libc.pthread_equal(first, second), String(again[0]), again[1], value, ends];
    });
    expect(seen).toEqual(['0', true, 1, '0', true, [0, 2], [0, -1, 0, 0]]);
  });

  it('a spin lock is taken by one, and the others give way', () => {
    const seen = evaluate(config, function* (libc) {
      const lock = libc.bss(4);
      libc.pthread_spin_init(lock);
      yield* libc.pthread_spin_lock(lock);
      const busy = (yield* libc.pthread_spin_trylock(lock)) === libc.E.EBUSY;
      const [, thread] = yield* libc.pthread_create(null, () => libc.pthread_spin_lock(lock));
      yield* libc.sched_yield();
      yield* libc.pthread_spin_unlock(lock);
      return [busy, (yield* libc.pthread_join(thread))[1]];
    });
    expect(seen).toEqual([true, 0]);
  });

  it('pthread_once runs once while others wait, and anew when its thread was cancelled in it', () => {
    const seen = evaluate(config, function* (libc) {
      const control = libc.bss(4);
      const log: string[] = [];
      const routine = function* (): ThreadBody<void> {
        log.push('starts');
        yield* libc.sched_yield();
        yield* libc.pthread_testcancel();
        log.push('ends');
      };
      const [, first] = yield* libc.pthread_create(null, () => libc.pthread_once(control, routine));
      yield* libc.sched_yield();
      yield* libc.pthread_cancel(first);
      yield* libc.pthread_join(first);
      const threads: Addr[] = [];
      for (let i = 0; i < 3; i++) threads.push((yield* libc.pthread_create(null, () => libc.pthread_once(control, routine)))[1]);
      for (const thread of threads) yield* libc.pthread_join(thread);
      return [log, libc.load32(control)];
    });
    expect(seen).toEqual([['starts', 'starts', 'ends'], 2]);
  });

  it('keys: values of a thread\'s own, destructors up to four times, EAGAIN after 1024, EINVAL for what is none', () => {
    const seen = evaluate(config, function* (libc) {
      let rounds = 0;
      const [, key] = libc.pthread_key_create((value: number) => {
        rounds += 1;
        libc.pthread_setspecific(key, value);
      });
      libc.pthread_setspecific(key, 'main');
      const inside = yield* elsewhere(libc, function* () {
        const before = libc.pthread_getspecific(key);
        libc.pthread_setspecific(key, 5);
        yield* libc.sched_yield();
        return [before, libc.pthread_getspecific(key)];
      });
      const made = Array.from({ length: 1024 }, () => libc.pthread_key_create()[0]);
      const deleted = libc.pthread_key_delete(key);
      const { EAGAIN, EINVAL } = libc.E;
      return [
        inside, rounds, libc.pthread_getspecific(key), made.filter((e) => e === 0).length, made[1023] === EAGAIN, deleted,
        libc.pthread_setspecific(key, 1) === EINVAL, libc.pthread_key_delete(5000) === EINVAL,
      ];
    });
    expect(seen).toEqual([[null, 5], 4, null, 1023, true, 0, true, true]);
  });

  it('attributes: a stack of the program\'s own, scheduling, and what is refused', () => {
    const seen = evaluate(config, function* (libc) {
      const attr = libc.bss(libc.sizeof.pthread_attr_t);
      libc.pthread_attr_init(attr);
      const size = 2 * libc.PTHREAD_STACK_MIN;
      const stack = yield* libc.malloc(size);
      const { EINVAL, EOPNOTSUPP } = libc.E;
      const refused = [
        libc.pthread_attr_setstack(attr, stack, 100) === EINVAL, libc.pthread_attr_setscope(attr, 1) === EOPNOTSUPP,
        libc.pthread_attr_setscope(attr, 2) === EINVAL, libc.pthread_attr_setschedpolicy(attr, 9) === EINVAL,
        libc.pthread_attr_setinheritsched(attr, 2) === EINVAL, libc.pthread_attr_setdetachstate(attr, 5) === EINVAL,
      ];
      libc.pthread_attr_setstack(attr, stack, size);
      const [, address, bytes] = libc.pthread_attr_getstack(attr);
      const [error, thread] = yield* libc.pthread_create(attr, function* () {
        const own = libc.bss(libc.sizeof.pthread_attr_t);
        libc.pthread_getattr_np(libc.pthread_self(), own);
        yield* libc.sched_yield();
        return libc.pthread_attr_getstack(own)[2];
      });
      const [, value] = yield* libc.pthread_join(thread);
      return [refused.every(Boolean), libc.pthread_equal(address, stack), bytes === size, error, value === size];
    });
    expect(seen).toEqual([true, 1, true, 0, true]);
  });

  it('names and tryjoin', () => {
    const seen = evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.sched_yield();
        return 9;
      });
      const named = [libc.pthread_setname_np(thread, 'worker'), libc.pthread_setname_np(thread, 'x'.repeat(16))];
      const early = (yield* libc.pthread_tryjoin_np(thread))[0] === libc.E.EBUSY;
      yield* libc.sched_yield();
      yield* libc.sched_yield();
      const { ERANGE, ENOSYS } = libc.E;
      return [named, early, yield* libc.pthread_tryjoin_np(thread), isModern(config) ? [0, ERANGE] : [ENOSYS, ENOSYS]];
    });
    expect(seen.slice(0, 3)).toEqual([seen[3], true, [0, 9]]);
  });
});
