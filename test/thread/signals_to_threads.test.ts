/* Signals to threads: pthread_kill, masks, waiting for them, handlers, alternate stacks, long jumps. */

import { describe, expect, it } from 'vitest';
import type { Addr, ThreadBody } from 'guardpage';
import { calls, evaluate, isModern, libraries, machines, run } from './run.js';

describe.each(libraries)('$name', ({ config }) => {
  it('raise runs the handler before it returns, a generator function or not', () => {
    const log = evaluate(config, function* (libc) {
      const seen: unknown[] = [];
      yield* libc.sigaction(libc.SIG.SIGUSR1!, { handler: (signo) => seen.push(signo === libc.SIG.SIGUSR1) });
      yield* libc.sigaction(libc.SIG.SIGUSR2!, {
        * handler() {
          yield* libc.sched_yield();
          seen.push('generator');
        },
      });
      seen.push(yield* libc.raise(libc.SIG.SIGUSR1!), yield* libc.raise(libc.SIG.SIGUSR2!));
      return seen;
    });
    expect(log).toEqual([true, 'generator', 0, 0]);
  });

  it('pthread_kill reaches the thread that it names, and interrupts its sleep', () => {
    const seen = evaluate(config, function* (libc) {
      const log: unknown[] = [];
      yield* libc.sigaction(libc.SIG.SIGUSR1!, {
        * handler() {
          log.push(yield* libc.gettid());
        },
      });
      const [, thread] = yield* libc.pthread_create(null, function* () {
        return [yield* libc.pause(), libc.errno === libc.E.EINTR];
      });
      yield* libc.sched_yield();
      log.push(yield* libc.pthread_kill(thread, libc.SIG.SIGUSR1!));
      return [log, (yield* libc.pthread_join(thread))[1]];
    });
    expect(seen).toEqual([[0, 1001], [-1, true]]);
  });

  it('a blocked signal waits until it is unblocked, and sigpending shows it', () => {
    const seen = evaluate(config, function* (libc) {
      const { SIGUSR1 } = libc.SIG;
      const log: unknown[] = [];
      yield* libc.sigaction(SIGUSR1!, { handler: () => log.push('handler') });
      yield* libc.pthread_sigmask(libc.SIG_BLOCK, [SIGUSR1!]);
      yield* libc.raise(SIGUSR1!);
      log.push((yield* libc.sigpending())[1].includes(SIGUSR1!));
      const [error, old] = yield* libc.pthread_sigmask(libc.SIG_UNBLOCK, [SIGUSR1!]);
      return [log, error, old.length === 1 && old[0] === SIGUSR1];
    });
    expect(seen).toEqual([[true, 'handler'], 0, true]);
  });

  it('a new thread inherits its maker\'s mask; NPTL\'s own signals cannot be blocked', () => {
    const seen = evaluate(config, function* (libc) {
      const { SIGUSR2 } = libc.SIG;
      yield* libc.pthread_sigmask(libc.SIG_SETMASK, [SIGUSR2!, 32, 33]);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        return (yield* libc.pthread_sigmask(libc.SIG_BLOCK, null))[1];
      });
      return [(yield* libc.pthread_join(thread))[1], SIGUSR2];
    });
    expect(seen[0]).toEqual([seen[1]]);
  });

  it('sigwait takes a blocked signal that is sent to the thread or the process', () => {
    const seen = evaluate(config, function* (libc) {
      const set = [libc.SIG.SIGUSR1!, libc.SIG.SIGUSR2!];
      yield* libc.pthread_sigmask(libc.SIG_BLOCK, set);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        return [yield* libc.sigwait(set), yield* libc.sigwaitinfo(set)];
      });
      yield* libc.sched_yield();
      yield* libc.pthread_kill(thread, set[0]!);
      yield* libc.sched_yield();
      yield* libc.kill(yield* libc.getpid(), set[1]!);
      return [(yield* libc.pthread_join(thread))[1], [[0, set[0]], set[1]]];
    });
    expect(seen[0]).toEqual(seen[1]);
  });

  it('sigqueue carries a value', () => {
    const seen = evaluate(config, function* (libc) {
      const { SIGRTMIN } = libc.SIG;
      const values: number[] = [];
      const valueAt = libc.sizeof.long === 4 ? 20 : 24;
      yield* libc.sigaction(SIGRTMIN!, {
        flags: libc.SA.SA_SIGINFO,
        handler: (_signo, info) => values.push(libc.load32(libc.add(info, libc.arch === 'sparc64' && valueAt === 24 ? 28 : valueAt))),
      });
      for (const value of [7, 8]) yield* libc.sigqueue(yield* libc.getpid(), SIGRTMIN!, value);
      return values;
    });
    expect(seen).toEqual([7, 8]);
  });

  it('EINVAL for 32, 33 and numbers that are no signal; ESRCH for what is no thread', () => {
    const seen = evaluate(config, function* (libc) {
      const self = libc.pthread_self();
      const { EINVAL, ESRCH } = libc.E;
      return [
        (yield* libc.pthread_kill(self, 32)) === EINVAL, (yield* libc.pthread_kill(self, 33)) === EINVAL,
        (yield* libc.pthread_kill(self, 65)) === EINVAL, (yield* libc.pthread_kill(self, 0)) === 0,
        (yield* libc.pthread_kill(libc.bss(16), 0)) === ESRCH,
        (yield* libc.sigaction(32, { handler: 'SIG_IGN' }))[0] === -1 && libc.errno === EINVAL,
        (yield* libc.sigaction(libc.SIG.SIGKILL!, { handler: 'SIG_IGN' }))[0] === -1 && libc.errno === EINVAL,
      ];
    });
    expect(seen).toEqual(Array(7).fill(true));
  });

  it('pthread_kill of a thread that has ended: 0 in 2.36, ESRCH in 2.3.3', () => {
    const seen = evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => 7);
      yield* libc.sched_yield();
      return [yield* libc.pthread_kill(thread, libc.SIG.SIGUSR1!), libc.E.ESRCH];
    });
    expect(seen[0]).toBe(isModern(config) ? 0 : seen[1]);
  });

  it('sigaction tells the action before, the function itself', () => {
    const seen = evaluate(config, function* (libc) {
      const handler = () => {};
      const { SIGUSR1 } = libc.SIG;
      const first = yield* libc.sigaction(SIGUSR1!, { handler, flags: libc.SA.SA_RESTART, mask: [libc.SIG.SIGUSR2!] });
      const [, old] = yield* libc.sigaction(SIGUSR1!, { handler: 'SIG_IGN' });
      const [, ignored] = yield* libc.sigaction(SIGUSR1!, null);
      return [first[1].handler, old.handler === handler, old.mask?.[0] === libc.SIG.SIGUSR2, ignored.handler];
    });
    expect(seen).toEqual(['SIG_DFL', true, true, 'SIG_IGN']);
  });

  it('siglongjmp out of a handler goes back to sigsetjmp, with the mask as it was', () => {
    const seen = evaluate(config, function* (libc) {
      const { SIGUSR1 } = libc.SIG;
      const log: unknown[] = [];
      const result = yield* libc.sigsetjmp(function* (env, value): ThreadBody<string> {
        log.push(value);
        if (value === 42) return 'back';
        yield* libc.sigaction(SIGUSR1!, { handler: () => libc.siglongjmp(env, 42) });
        try {
          yield* libc.raise(SIGUSR1!);
        } finally {
          log.push('finally');
        }
        return 'never';
      });
      return [log, result, (yield* libc.pthread_sigmask(libc.SIG_BLOCK, null))[1]];
    });
    expect(seen).toEqual([[0, 'finally', 42], 'back', []]);
  });

  it('pthread_exit in a handler ends the thread', () => {
    const seen = evaluate(config, function* (libc) {
      const log: string[] = [];
      yield* libc.sigaction(libc.SIG.SIGUSR1!, {
        * handler() {
          yield* libc.pthread_exit(5);
        },
      });
      const [, thread] = yield* libc.pthread_create(null, function* () {
        try {
          yield* libc.raise(libc.SIG.SIGUSR1!);
          log.push('never');
        } finally {
          log.push('finally');
        }
      });
      return [(yield* libc.pthread_join(thread))[1], log];
    });
    expect(seen).toEqual([5, ['finally']]);
  });
});

describe.each(machines)('a stack that overflows, $name', ({ config }) => {
  function* recurse(libc: Parameters<Parameters<typeof run>[1]>[0]): ThreadBody<never> {
    return yield* libc.frame(4096, () => recurse(libc));
  }

  it('meets its guard: the handler runs on the alternate stack, and may jump out', () => {
    const seen = evaluate(config, function* (libc) {
      const attr = libc.bss(libc.sizeof.pthread_attr_t);
      libc.pthread_attr_init(attr);
      libc.pthread_attr_setstacksize(attr, libc.PTHREAD_STACK_MIN);
      let codes: number[] = [];
      let address: Addr = 0;
      const [, thread] = yield* libc.pthread_create(attr, function* () {
        const size = 4 * libc.MINSIGSTKSZ;
        const stack = yield* libc.malloc(size);
        yield* libc.sigaltstack({ sp: stack, size });
        return yield* libc.sigsetjmp(function* (env, value): ThreadBody<string> {
          if (value !== 0) return 'survived';
          yield* libc.sigaction(libc.SIG.SIGSEGV!, {
            flags: libc.SA.SA_SIGINFO | libc.SA.SA_ONSTACK,
            handler: (signo, info) => {
              codes = [signo, libc.load32(libc.add(info, 8))];
              const at = libc.add(info, libc.sizeof.long === 4 ? 12 : 16);
              address = libc.sizeof.long === 4 ? libc.load32(at) >>> 0 : libc.load64(at);
              libc.siglongjmp(env, 1);
            },
          });
          return yield* recurse(libc);
        });
      });
      const [, value] = yield* libc.pthread_join(thread);
      return [value, codes, libc.addressText(address) !== '0x0'];
    });
    expect(seen).toEqual(['survived', [11, 2], true]);
  });

  it('without a handler ends the run with a sentence that names thread, stack, guard and the map around it', () => {
    const ran = run(config, function* (libc) {
      const attr = libc.bss(libc.sizeof.pthread_attr_t);
      libc.pthread_attr_init(attr);
      libc.pthread_attr_setstacksize(attr, libc.PTHREAD_STACK_MIN);
      const [, thread] = yield* libc.pthread_create(attr, function* deep() {
        yield* recurse(libc);
      });
      yield* libc.pthread_join(thread);
    });
    expect([ran.outcome, ran.signal]).toEqual(['signalled', 'SIGSEGV']);
    expect(ran.message).toMatch(/^thread 1001 \(deep\): SIGSEGV at 0x[0-9a-f]+ \(SEGV_ACCERR, guard page of the stack of thread 1001 at 0x[0-9a-f]+\); the map around it: .*[0-9a-f]+-[0-9a-f]+ ---p, [0-9a-f]+-[0-9a-f]+ rw/);
  });
});

it('the calls of raise: tgkill in 2.3.3; gettid, getpid and tgkill in 2.36', () => {
  const made = (config: object) =>
    calls(run(config, (libc) => libc.raise(0)), /^(gettid|getpid|tgkill)/).map((line) => line.replace(/\(.*/, ''));
  expect(made({})).toEqual(['tgkill']);
  expect(made({ kernel: '6.1' })).toEqual(['gettid', 'getpid', 'tgkill']);
});
