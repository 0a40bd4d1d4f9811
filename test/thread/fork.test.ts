/* fork of TypeScript programs: memory is copied, the child has one thread, and what is shared stays shared. */

import { describe, expect, it } from 'vitest';
import type { ThreadBody } from 'guardpage';
import { calls, evaluate, libraries, run } from './run.js';

describe.each(libraries)('$name', ({ config }) => {
  it('the child has a copy of memory, and exits with what its function returns', () => {
    const seen = evaluate(config, function* (libc) {
      const word = libc.bss(4);
      libc.store32(word, 1);
      const pid = yield* libc.fork(function* (add: number): ThreadBody<number> {
        libc.store32(word, libc.load32(word) + add);
        yield* libc.sched_yield();
        return libc.load32(word);
      }, 41);
      const [waited, status] = yield* libc.waitpid(pid);
      return [waited === pid, libc.WIFEXITED(status), libc.WEXITSTATUS(status), libc.load32(word)];
    });
    expect(seen).toEqual([true, true, 42, 1]);
  });

  it('a barrier and a mutex in shared memory work between processes', () => {
    const seen = evaluate(config, function* (libc) {
      const { SHARED, ANONYMOUS } = libc.MAP;
      const page = yield* libc.mmap(0, libc.pageSize, libc.PROT_READ | libc.PROT_WRITE, SHARED | ANONYMOUS);
      const [mutex, barrier, count] = [page, libc.add(page, 64), libc.add(page, 128)];
      const attr = libc.bss(16);
      libc.pthread_mutexattr_setpshared(attr, libc.PTHREAD_PROCESS_SHARED);
      libc.pthread_mutex_init(mutex, attr);
      libc.pthread_barrierattr_setpshared(attr, libc.PTHREAD_PROCESS_SHARED);
      libc.pthread_barrier_init(barrier, attr, 3);
      function* work(): ThreadBody<number> {
        yield* libc.pthread_barrier_wait(barrier);
        for (let i = 0; i < 5; i++) {
          yield* libc.pthread_mutex_lock(mutex);
          const seenCount = libc.load32(count);
          yield* libc.sched_yield();
          libc.store32(count, seenCount + 1);
          yield* libc.pthread_mutex_unlock(mutex);
        }
        return 0;
      }
      const pids = [yield* libc.fork(work), yield* libc.fork(work)];
      yield* work();
      for (const pid of pids) yield* libc.waitpid(pid);
      return libc.load32(count);
    });
    expect(seen).toBe(15);
  });

  it('the child of a thread has that thread alone, and can make others on the stacks that lie idle', () => {
    const seen = evaluate(config, function* (libc) {
      const sem = libc.bss(libc.sizeof.sem_t);
      libc.sem_init(sem, 0, 0);
      const [, other] = yield* libc.pthread_create(null, () => libc.sem_wait(sem));
      const [, forker] = yield* libc.pthread_create(null, function* () {
        const pid = yield* libc.fork(function* (): ThreadBody<number> {
          const self = (yield* libc.gettid()) === (yield* libc.getpid());
          const [error, thread] = yield* libc.pthread_create(null, () => 5);
          const [, value] = yield* libc.pthread_join(thread);
          return self && error === 0 ? (value as number) : 1;
        });
        return libc.WEXITSTATUS((yield* libc.waitpid(pid))[1]);
      });
      const [, status] = yield* libc.pthread_join(forker);
      yield* libc.sem_post(sem);
      yield* libc.pthread_join(other);
      return status;
    });
    expect(seen).toBe(5);
  });

  it('pthread_atfork: prepare handlers last first, the others in their order', () => {
    const seen = evaluate(config, function* (libc) {
      const log: string[] = [];
      const say = (text: string) => () => log.push(text);
      libc.pthread_atfork(say('prepare 1'), say('parent 1'), say('child 1'));
      libc.pthread_atfork(say('prepare 2'), say('parent 2'), say('child 2'));
      yield* libc.waitpid(yield* libc.fork(() => log.push('body') && 0));
      return log;
    });
    expect(seen).toEqual([
      'prepare 2', 'prepare 1', 'parent 1', 'parent 2', 'child 1', 'child 2', 'body',
    ]);
  });

  it('a mutex that another thread held at the fork is held for ever in the child', () => {
    const seen = evaluate(config, function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      const sem = libc.bss(libc.sizeof.sem_t);
      libc.sem_init(sem, 0, 0);
      const [, holder] = yield* libc.pthread_create(null, function* () {
        yield* libc.pthread_mutex_lock(mutex);
        yield* libc.sem_wait(sem);
        yield* libc.pthread_mutex_unlock(mutex);
      });
      yield* libc.sched_yield();
      const pid = yield* libc.fork(function* (): ThreadBody<number> {
        return (yield* libc.pthread_mutex_trylock(mutex)) === libc.E.EBUSY ? 3 : 4;
      });
      const [, status] = yield* libc.waitpid(pid);
      yield* libc.sem_post(sem);
      yield* libc.pthread_join(holder);
      return libc.WEXITSTATUS(status);
    });
    expect(seen).toBe(3);
  });

  it('wait without children is ECHILD; _exit leaves the buffer unflushed', () => {
    const ran = run(config, function* (libc) {
      expect(yield* libc.wait()).toEqual([-1, 0]);
      expect(libc.errno).toBe(libc.E.ECHILD);
      yield* libc.printf('not yet a line');
      yield* libc._exit(7);
    });
    expect([ran.exit, ran.stdout]).toEqual([7, '']);
  });

  it('sleeping takes virtual time alone, and a handler cuts it short', () => {
    const seen = evaluate(config, function* (libc) {
      const before = yield* libc.gettimeofday();
      yield* libc.sleep(3600);
      yield* libc.usleep(250_000);
      yield* libc.nanosleep({ sec: 1, nsec: 5 });
      const after = yield* libc.gettimeofday();
      const main = libc.pthread_self();
      yield* libc.sigaction(libc.SIG.SIGUSR1!, { handler: () => {} });
      yield* libc.pthread_create(null, function* () {
        yield* libc.sleep(10);
        yield* libc.pthread_kill(main, libc.SIG.SIGUSR1!);
      });
      return [after.sec - before.sec, yield* libc.sleep(100)];
    });
    expect(seen).toEqual([3601, 90]);
  });
});

it('fork is clone with SIGCHLD and the tid word, clone2 on ia64; SIGCHLD is 20 on sparc', () => {
  const made = (config: object) =>
    calls(run(config, function* (libc) {
      yield* libc.waitpid(yield* libc.fork(() => 0));
    }), /^clone/).map((line) => line.replace(/0x[0-9a-f]+/g, 'ADDR'));
  expect(made({})).toEqual([
    'clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=ADDR) = 1001',
  ]);
  expect(made({ arch: 'ia64' })[0]).toMatch(/^clone2\(.*SIGCHLD/);
});
