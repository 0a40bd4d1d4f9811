/* The same configuration gives the same run: addresses, interleaving, counts, and the virtual time. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { Machine } from '../../src/machine.js';
import { machines, run } from './run.js';

/** Threads that meet by lock, condition variable and barrier, by chance; memory that comes and goes. */
function* busy(libc: Libc): ThreadBody<number> {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
  libc.pthread_barrier_init(barrier, null, 4);
  const threads: Addr[] = [];
  for (let i = 0; i < 4; i++) {
    const [, thread] = yield* libc.pthread_create(null, function* worker(n: number) {
      for (let round = 0; round < 5; round++) {
        yield* libc.pthread_mutex_lock(mutex);
        const piece = yield* libc.malloc(1 + Math.floor(Math.random() * 200000));
        if (Math.random() < 0.5) yield* libc.sched_yield();
        yield* libc.printf('%d:%s ', n, libc.addressText(piece));
        yield* libc.pthread_mutex_unlock(mutex);
        if (Math.random() < 0.5) yield* libc.free(piece);
        yield* libc.pthread_barrier_wait(barrier);
      }
    }, i);
    threads.push(thread);
  }
  for (const thread of threads) yield* libc.pthread_join(thread);
  yield* libc.printf('%d\n', Date.now() % 1000);
  return 0;
}

describe.each(machines)('$name', ({ config }) => {
  it('two machines of the same configuration do the same', () => {
    const first = run({ ...config, seed: 5 }, busy);
    expect(first.outcome).toBe('exited');
    expect(run({ ...config, seed: 5 }, busy)).toEqual(first);
  });

  it('one machine does the same again, loaded anew', () => {
    const lines: string[] = [];
    const machine = new Machine({ ...config, seed: 5, strace: (line) => lines.push(line) });
    machine.load(busy);
    const first = machine.run();
    const firstLines = lines.splice(0);
    machine.load(busy);
    expect(machine.run()).toEqual(first);
    expect(lines).toEqual(firstLines);
  });

  it('another seed is another run', () => {
    expect(run({ ...config, seed: 6 }, busy).stdout).not.toBe(run({ ...config, seed: 5 }, busy).stdout);
  });
});

describe('reset', () => {
  const programs: [string, (libc: Libc) => ThreadBody | number][] = [
    ['deadlocked', function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      for (let i = 0; i < 100; i++) yield* libc.pthread_create(null, () => libc.pthread_mutex_lock(mutex));
      yield* libc.pthread_exit();
    }],
    ['threw', function* (libc) {
      yield* libc.pthread_create(null, () => {});
      throw new Error('no');
    }],
    ['faulted', (libc) => libc.load32(4)],
    ['wrote much memory', function* (libc) {
      const at = yield* libc.malloc(2 ** 20);
      for (let i = 0; i < 2 ** 20; i += 64) libc.store32(libc.add(at, i), i);
    }],
    ['slept with a timeout', function* (libc) {
      const word = libc.bss(16);
      libc.store32(libc.add(word, 8), 1000);
      yield* libc.pthread_create(null, function* () {
        yield* libc.syscall(libc.nr.futex!, word, 0, 0, libc.add(word, 8));
      });
      yield* libc.sched_yield();
    }],
  ];

  it.each(programs)('makes a machine as good as new after a program that %s', (_how, main) => {
    const machine = new Machine({ seed: 5 });
    machine.load(busy);
    const expected = machine.run();
    machine.load(main);
    machine.run();
    machine.reset();
    expect([machine.mm.vmas.size, machine.kernel.tasks.live, machine.kernel.clock.now]).toEqual([0, 0, 0]);
    machine.load(busy);
    expect(machine.run()).toEqual(expected);
  });

  it('leaves no memory in use', () => {
    const machine = new Machine();
    machine.load(busy);
    machine.run();
    machine.reset();
    const { memory, vm } = machine.kernel;
    expect([memory.pages, memory.frames, vm.committed]).toEqual([0, 0, 0]);
  });
});

describe('argv and exit status', () => {
  it('reach and leave main', () => {
    const ran = run({}, function* (libc, argv) {
      yield* libc.printf('%s', argv.join('|'));
      return argv.length;
    }, ['a', 'b c']);
    expect([ran.stdout, ran.exit]).toEqual(['a|b c', 2]);
  });

  it('a main that is a plain function will do', () => {
    expect(run({ arch: 'sparc64' }, () => 3).exit).toBe(3);
  });
});
