/* Signal handlers of TypeScript programs, below the library's wrappers: rt_sigaction by number. */

import { describe, expect, it } from 'vitest';
import type { Libc } from '../../src/index.js';
import { Machine, type RunResult } from '../../src/machine.js';
import type { CodeAddresses } from '../../src/thread/code_addresses.js';
import type { Addr } from '../../src/thread/address.js';
import type { ThreadBody } from '../../src/thread/call.js';

interface World {
  readonly libc: Libc;
  /** Sets a handler with SA_SIGINFO and other flags. */
  on(signo: number, handler: (...args: never[]) => unknown, flags?: number): ThreadBody<void>;
}

/** Runs an i386 program that has rt_sigaction. */
function run(main: (world: World) => ThreadBody<number>, kernel = '6.1'): RunResult & { readonly lines: string[] } {
  const lines: string[] = [];
  const machine = new Machine({ kernel, strace: (line) => lines.push(line) });
  machine.load(function* (libc: Libc) {
    const { code } = (machine as unknown as { nptl: { code: CodeAddresses } }).nptl;
    const action = libc.bss(20);
    function* on(signo: number, handler: (...args: never[]) => unknown, flags = 0): ThreadBody<void> {
      libc.store32(action, code.addressOf(handler)[1]);
      libc.store32(libc.add(action, 4), 4 | flags);
      libc.store32(libc.add(action, 12), 0);
      libc.store32(libc.add(action, 16), 0);
      yield* libc.syscall(libc.nr.rt_sigaction!, signo, action, 0, 8);
    }
    return yield* main({ libc, on });
  });
  return { ...machine.run(), lines };
}

describe('a handler', () => {
  it('runs on top of its thread, which then goes on', () => {
    const log: unknown[] = [];
    const result = run(function* ({ libc, on }) {
      yield* on(10, function* (signo: number, info: Addr): ThreadBody<void> {
        log.push(['handler', signo, libc.load32(info)]);
        yield* libc.getpid();
      });
      yield* libc.syscall(libc.nr.kill!, 1000, 10);
      log.push('before');
      yield* libc.sched_yield();
      log.push('after');
      return 3;
    });
    expect(log).toEqual(['before', ['handler', 10, 10], 'after']);
    expect([result.outcome, result.exit]).toEqual(['exited', 3]);
  });

  it('interrupts a sleep, which fails with EINTR', () => {
    const log: unknown[] = [];
    run(function* ({ libc, on }) {
      const word = libc.bss(8);
      yield* on(10, () => log.push('handler'));
      const [, thread] = yield* libc.pthread_create(null, function* (): ThreadBody<void> {
        yield* libc.sched_yield();
        yield* libc.syscall(libc.nr.tgkill!, 1000, 1000, 10);
      });
      log.push(yield* libc.syscall(libc.nr.pause!), libc.errno === libc.E.EINTR);
      yield* libc.pthread_join(thread);
      libc.store32(word, 1);
      return 0;
    });
    expect(log).toEqual(['handler', -1, true]);
  });

  it('with SA_RESTART lets a futex wait go on with its arguments', () => {
    const log: unknown[] = [];
    const result = run(function* ({ libc, on }) {
      const word = libc.bss(8);
      yield* on(10, () => log.push('handler'), 0x10000000);
      const [, thread] = yield* libc.pthread_create(null, function* (): ThreadBody<void> {
        yield* libc.sched_yield();
        yield* libc.syscall(libc.nr.tgkill!, 1000, 1000, 10);
        yield* libc.sched_yield();
        yield* libc.sched_yield();
        log.push('wake', yield* libc.syscall(libc.nr.futex!, word, 1, 1));
      });
      log.push(yield* libc.syscall(libc.nr.futex!, word, 0, 0));
      yield* libc.pthread_join(thread);
      return 0;
    });
    expect(log).toEqual(['handler', 'wake', 1, 0]);
    expect(result.lines.map((line) => line.replace(/^\[pid +\d+\] /, '')).filter((line) => /ERESTART/.test(line))).toEqual([
      '<... futex resumed>) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)',
    ]);
  });

  it('of a fault runs at the access, which is then tried again', () => {
    const log: unknown[] = [];
    const result = run(function* ({ libc, on }) {
      const page = yield* libc.mmap(0, 4096, libc.PROT_NONE, libc.MAP.PRIVATE | libc.MAP.ANONYMOUS);
      yield* on(11, function* (signo: number, info: Addr): ThreadBody<void> {
        log.push([signo, libc.load32(libc.add(info, 8)), libc.load32(libc.add(info, 12)) >>> 0 === page]);
        yield* libc.mprotect(page, 4096, 3);
      });
      libc.store32(page, 42);
      return libc.load32(page);
    });
    expect(log).toEqual([[11, 2, true]]);
    expect(result.exit).toBe(42);
    expect(result.lines.find((line) => line.startsWith('---'))).toMatch(
      /^--- SIGSEGV \{si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0x[0-9a-f]+\} ---$/,
    );
  });

  it('of a fault cannot wait', () => {
    const result = run(function* ({ libc, on }) {
      yield* on(11, function* (): ThreadBody<void> {
        yield* libc.syscall(libc.nr.pause!);
      });
      return libc.load32(0);
    });
    expect(result.message).toContain('the handler of a fault made a call that waits');
  });

  it('of a fault may end the process', () => {
    const result = run(function* ({ libc, on }) {
      yield* on(11, function* (): ThreadBody<void> {
        yield* libc.syscall(libc.nr.exit_group!, 9);
      });
      try {
        return libc.load32(0);
      } finally {
        libc.load32(0);
      }
    });
    expect([result.outcome, result.exit, result.message]).toEqual(['exited', 9, null]);
  });

  it('without one, a fault ends the process as before, and strace says so', () => {
    const result = run(function* ({ libc }) {
      yield* libc.getpid();
      return libc.load32(16);
    });
    expect([result.outcome, result.exit, result.signal]).toEqual(['signalled', 139, 'SIGSEGV']);
    expect(result.lines.slice(-2)).toEqual([
      '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---', '+++ killed by SIGSEGV +++',
    ]);
  });

  it('a deadly signal ends the process with 128 and its number', () => {
    const result = run(function* ({ libc }) {
      yield* libc.syscall(libc.nr.kill!, 1000, 15);
      yield* libc.sched_yield();
      return 0;
    });
    expect([result.outcome, result.exit, result.signal]).toEqual(['signalled', 143, 'SIGTERM']);
  });
});

describe('RunOptions.wait', () => {
  it('is asked for the time that nobody can run', () => {
    const machine = new Machine({ kernel: '6.1' });
    machine.load(function* (libc: Libc) {
      const time = libc.bss(8);
      libc.store32(time, 2);
      yield* libc.syscall(libc.nr.nanosleep!, time, 0);
      return 0;
    });
    const waited: number[] = [];
    machine.run({ wait: (ns) => waited.push(ns) });
    expect(waited).toEqual([2e9]);
  });
});
