/* Programs that go wrong: their exceptions, their faults and their forgotten yield*, each in one sentence. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc } from 'guardpage';
import { Long } from '../../src/lib/u64.js';
import { Machine, type MachineConfig } from '../../src/machine.js';
import { machines, run } from './run.js';

describe('an exception of the program', () => {
  it('ends the run with exit status 1 and a sentence that names the thread', () => {
    const ran = run({}, function* main(libc) {
      yield* libc.sched_yield();
      throw new TypeError('no such thing');
    });
    expect([ran.outcome, ran.exit, ran.signal]).toEqual(['exited', 1, null]);
    expect(ran.message).toBe('the program threw in thread 1000 (main): TypeError: no such thing');
  });

  it('in another thread names that one', () => {
    const ran = run({}, function* main(libc) {
      const [, thread] = yield* libc.pthread_create(null, function* worker() {
        yield* libc.sched_yield();
        throw new Error('lost');
      });
      yield* libc.pthread_join(thread);
    });
    expect(ran.message).toBe('the program threw in thread 1001 (worker): Error: lost');
  });

  it('need not be an Error', () => {
    const ran = run({}, () => {
      throw 'a string';
    });
    expect(ran.message).toBe('the program threw in thread 1000 (main): a string');
  });

  it('in a finally block of pthread_exit is one too', () => {
    const ran = run({}, function* main(libc) {
      try {
        yield* libc.pthread_exit();
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
        throw new RangeError('on the way out');
      }
    });
    expect(ran.message).toContain('RangeError: on the way out');
  });

  it('leaves the maps and the counts to be looked at', () => {
    const ran = run({}, () => {
      throw new Error('early');
    });
    expect(ran.maps).toHaveLength(3);
    expect(ran.stats.peakThreads).toBe(1);
  });
});

describe.each(machines)('an access to memory that is not there, on $name', ({ config }) => {
  it('ends the run with SIGSEGV and exit status 139', () => {
    const ran = run(config, (libc) => libc.load32(12345 * 4));
    expect([ran.outcome, ran.signal, ran.exit]).toEqual(['signalled', 'SIGSEGV', 139]);
    expect(ran.message).toContain('thread 1000 (main)');
    expect(ran.message).toContain('SIGSEGV');
    expect(ran.message).toContain('0xc0e4');
  });

  it('for a store to the program\'s text, a load and a store of a byte alike', () => {
    const accesses: ((libc: Libc) => unknown)[] = [
      (libc) => libc.store32(textOf(libc), 1),
      (libc) => libc.store8(textOf(libc), 1),
      (libc) => libc.load8(0x9000003),
      (libc) => libc.load64(0x9000008),
    ];
    for (const access of accesses) {
      expect(run(config, (libc) => access(libc)).exit).toBe(139);
    }
  });

  /** An address in the program's text, which may not be written. */
  function textOf({ sizeof, arch }: Libc): Addr {
    if (arch === 'i386') return 0x08048000;
    if (arch === 'sparc64') return sizeof.long === 4 ? 0x10000 : 0x100000;
    return Long.fromString('4000000000000000', true, 16);
  }

  it('of a thread names that thread', () => {
    const ran = run(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, function* toucher() {
        yield* libc.sched_yield();
        libc.store32(4, 1);
      });
      yield* libc.pthread_join(thread);
    });
    expect(ran.message).toContain('thread 1001 (toucher)');
  });

  it('a mutex that is nowhere is one', () => {
    const ran = run(config, function* (libc) {
      yield* libc.pthread_mutex_lock(0x44);
    });
    expect(ran.signal).toBe('SIGSEGV');
  });
});

describe('a call that blocks, without yield*', () => {
  const sentence =
    'the program threw in thread 1000 (main): ' +
    'pthread_join, a call that may block, was made without yield* (write "yield* libc.pthread_join(...)")';

  /** A thread that will not have ended when it is joined. */
  function* program(libc: Libc, wrong: (thread: never) => unknown) {
    const [, thread] = yield* libc.pthread_create(null, function* () {
      yield* libc.sched_yield();
    });
    wrong(thread as never);
    return 0;
  }

  it('taken apart as if it were the result is reported in one sentence', () => {
    const ran = run({}, (libc) => program(libc, (thread) => {
      const [error, value] = libc.pthread_join(thread);
      return [error, value];
    }));
    expect([ran.outcome, ran.exit, ran.message]).toEqual(['exited', 1, sentence]);
  });

  it('stepped by hand is reported at the next call', () => {
    const ran = run({}, (libc) => program(libc, (thread) => {
      libc.pthread_join(thread)[Symbol.iterator]().next();
      libc.puts('not joined');
    }));
    expect([ran.message, ran.stdout]).toEqual([sentence, '']);
  });

  it('names the call that was forgotten, not the one at which it was found out', () => {
    const ran = run({}, function* (libc) {
      libc.sched_yield();
      yield* libc.puts('later');
    });
    expect(ran.message).toContain('sched_yield, a call that may block, was made without yield*');
  });

  it('and dropped is reported', () => {
    const ran = run({}, (libc) => program(libc, (thread) => libc.pthread_join(thread)));
    expect(ran.message).toContain('without yield*');
  });

  it('with yield in place of yield* is reported', () => {
    const ran = run({}, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => {});
      yield libc.pthread_join(thread);
    });
    expect(ran.message).toContain('yield*');
  });
});

describe('a program that does not end', () => {
  it('is ended when it is asked to stop, with outcome "timeout"', () => {
    const machine = new Machine();
    machine.load(function* main(libc) {
      for (;;) yield* libc.sched_yield();
    });
    let asked = 0;
    const result = machine.run({ shouldStop: () => ++asked === 3 });
    expect([result.outcome, result.exit, asked]).toEqual(['timeout', 1, 3]);
  });
});

describe('what is easily written wrong is a sentence', () => {
  // Programs as a newcomer writes them: what the types forbid, and `run` does not check.
  // biome-ignore lint/suspicious/noExplicitAny: these programs are wrong on purpose
  it.each<[string, (libc: any) => unknown, RegExp]>([
    ['printf of a call', function* (libc) { yield* libc.printf('%d', libc.getpid()); }, /printf: argument 1 .* a call that was made without yield\*/],
    ['yield* of what returns at once', function* (libc) { yield* libc.sem_init(libc.bss(32), 0, 0); }, /yield\* was given something that is not a call/],
    ['yield instead of yield*', function* (libc) { yield libc.getpid(); }, /a call is used with yield\*, not with yield/],
    ['an async main', async () => 0, /async: a generator \(function\*\)/],
    ['a start routine that is none', function* (libc) { yield* libc.pthread_create(null, 5); }, /a start routine that is not a function/],
    ['an address that is undefined', function* (libc) { yield* libc.pthread_mutex_lock(undefined); }, /an address is undefined/],
    ['fork without a function', function* (libc) { yield* libc.fork(); }, /fork was given no function/],
    ['bss of no number', (libc) => libc.bss('x'), /bss\(x\): not a number of bytes/],
  ])('%s', (_what, main, sentence) => {
    const { outcome, exit, message } = run({ quiet: true }, main);
    expect([outcome, exit]).toEqual(['exited', 1]);
    expect(message).toMatch(sentence);
  });
});

describe('a machine used wrongly', () => {
  it('run() before load() says so', () => {
    expect(() => new Machine().run()).toThrow('run() before load(main): the machine has no program');
  });

  it('a key that there is not is refused with those that there are', () => {
    expect(() => new Machine({ kernal: '2.5.46' } as MachineConfig)).toThrow(
      /^no key "kernal" in a machine's configuration; there are: arch, kernel, bits, search, nptl, stacks, force, seed, /,
    );
  });
});

describe('values that a machine cannot have', () => {
  const bad = (config: object) => () => new Machine(config as MachineConfig);

  it.each([
    [{ seed: 'x' }, 'seed x is not a whole number from 0'],
    [{ seed: Number.NaN }, 'seed NaN is not a whole number from 0'],
    [{ kernel: 5.15 }, "kernel 5.15 is not text, as '2.5.46' is"],
    [{ rlimits: { foo: 1 } }, 'no limit "foo"; there are: data, dataHard, stack, memlock, as, rtprio'],
    [{ rlimits: { stack: 'big' } }, 'limit stack big is not a number from 0 on, or Infinity'],
    [{ rlimits: { as: -1 } }, 'limit as -1 is not a number from 0 on, or Infinity'],
  ])('%j', (config, sentence) => {
    expect(bad(config)).toThrow(sentence);
  });

  it('main and files', () => {
    expect(() => new Machine().load(42 as never)).toThrow('main is 42, not a generator function');
    const machine = new Machine({ files: { '/etc/x': 3 as never } });
    const empty = [][Symbol.iterator]() as never;
    expect(() => machine.load(() => empty)).toThrow('files: "/etc/x" is neither text nor bytes');
  });

  it('stacks that the kernel cannot serve are said when they are forced', () => {
    const notices: string[] = [];
    const machine = new Machine({ kernel: '3.6', arch: 'x86_64', stacks: 'madvise', force: true, notice: (text) => notices.push(text) });
    expect(machine.stacksForced).toBe(true);
    expect(notices).toEqual([expect.stringContaining('which Linux 3.6 does not have (6.13 is the first): --force gives it that call')]);
  });
});

describe.each(machines)('what is no thread, on $name', ({ config }) => {
  it('is ESRCH for every call that names one, wherever the address leads', () => {
    const ran = run(config, function* (libc) {
      for (const wild of [0, 4, 3, 0x1234560, libc.bss(64)]) {
        const errors = [
          (yield* libc.pthread_join(wild))[0], yield* libc.pthread_detach(wild), yield* libc.pthread_kill(wild, 0),
          yield* libc.pthread_cancel(wild), libc.pthread_getattr_np(wild, libc.bss(64)),
          (yield* libc.pthread_getschedparam(wild))[0], (yield* libc.pthread_timedjoin_np(wild, { sec: 0, nsec: 0 }))[0],
          (yield* libc.pthread_tryjoin_np(wild))[0],
        ];
        expect(errors).toEqual(Array(8).fill(libc.E.ESRCH));
      }
    });
    expect([ran.outcome, ran.message]).toEqual(['exited', null]);
  });
});
