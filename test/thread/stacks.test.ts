/* The stack strategies: how many areas n stacks are, what an overflow meets, and what happens to freed stacks. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { stackStrategies } from '../../src/thread/stacks/index.js';
import main from '../../examples/test_str02.js';
import { calls, type Config, machines, run } from './run.js';

const KIB = 1024;
/** A release that has MADV_GUARD_INSTALL, and one whose kernel has to be given it. */
const newest: Config = { arch: 'x86_64', kernel: '6.18' };

/** Areas beside those of a program without threads, while `threads` are alive. */
function areas(config: Config, threads: number): number {
  const argv = ['-n', String(threads), '-s', String(256 * KIB)];
  const full = run({ ...config, quiet: true }, main, argv);
  expect([full.outcome, full.message, full.exit]).toEqual(['exited', null, 0]);
  const none = run({ ...config, quiet: true }, () => 0);
  return full.stats.vmasAtPeakThreads - none.stats.vmas;
}

describe.each([...machines, { name: 'x86_64, 6.18', config: newest }])('$name', ({ config }) => {
  it('100 stacks are two areas each with guards of their own, one area in all without, and one each from a bitmap', () => {
    expect(areas({ ...config, stacks: 'nptl' }, 100)).toBe(config.arch === 'ia64' ? 201 : 200);
    expect(areas({ ...config, stacks: 'noguard' }, 100)).toBe(1);
    // 100 stacks, and what is left of the reserved range; on ia64 the hole is in the middle, and halves merge.
    expect(areas({ ...config, stacks: 'bitmap' }, 100)).toBe(config.arch === 'ia64' ? 102 : 101);
    expect(areas({ ...config, stacks: 'madvise', force: true }, 100)).toBe(1);
  });

  it('a guard that is a hole or a marker stops an overflow as a guard page does', () => {
    for (const stacks of ['bitmap', 'madvise']) {
      const ran = overflow({ ...config, stacks, force: true });
      expect([stacks, ran.outcome, ran.signal]).toEqual([stacks, 'signalled', 'SIGSEGV']);
      expect(ran.message).toContain('SEGV_MAPERR, guard page of the stack of thread 1002');
    }
  });

  it('without a guard it goes on in the neighbour, unnoticed', () => {
    const ran = overflow({ ...config, stacks: 'noguard' });
    expect([ran.outcome, ran.message, ran.stdout]).toEqual(['exited', null, '300']);
  });

  it('a bitmap places stacks in ascending slots, uses a freed one again, and reserves a second range after 1,024', () => {
    const ran = run({ ...config, stacks: 'bitmap', quiet: true }, main, ['-n', '1500', '-s', String(256 * KIB)]);
    const names = Object.keys(ran.stats.syscallsByName).filter((name) => name.startsWith('mmap'));
    expect([ran.exit, ran.stats.searches, names.length]).toEqual([0, 2, 1]);
  });
});

/** A recursion of 300 KiB on a stack of 256, the second of three that are alive (ia64: of 512, two halves). */
function overflow(config: Config) {
  return run({ ...config, quiet: true }, function* program(libc) {
    const attr = libc.bss(libc.sizeof.pthread_attr_t);
    libc.pthread_attr_init(attr);
    libc.pthread_attr_setstacksize(attr, (config.arch === 'ia64' ? 512 : 256) * KIB);
    const threads: Addr[] = [];
    for (const depth of [0, 300, 0]) {
      const [error, thread] = yield* libc.pthread_create(attr, () => recurse(libc, depth));
      if (error !== 0) return error;
      threads.push(thread);
    }
    const values: unknown[] = [];
    for (const thread of threads) values.push((yield* libc.pthread_join(thread))[1]);
    yield* libc.printf('%d', values[1] as number);
    return 0;
  });
}

function* recurse(libc: Libc, depth: number): ThreadBody<number> {
  if (depth === 0) {
    yield* libc.sched_yield();
    return 0;
  }
  return (yield* libc.frame(KIB, () => recurse(libc, depth - 1))) + 1;
}

describe('the calls of a stack', () => {
  const one = (stacks: string) => {
    const ran = run({ ...newest, stacks }, main, ['-n', '1', '-s', String(64 * KIB)]);
    const made = calls(ran, /^(mmap|mprotect|munmap|madvise)/).filter((line) => !line.includes('MADV_DONTNEED'));
    return made.map((line) => line.replace(/0x[0-9a-f]+/g, 'ADDR'));
  };

  it('are two with nptl and madvise, one without a guard, two in a slot of a range', () => {
    expect(one('nptl')).toHaveLength(2);
    expect(one('noguard')).toHaveLength(1);
    expect(one('madvise').map((line) => line.split('(')[0])).toEqual(['mmap', 'madvise']);
    expect(one('bitmap').map((line) => line.split('(')[0])).toEqual(['mmap', 'mmap', 'munmap']);
  });

  it('of a reused stack with another guard move the guard, and keep the thread descriptor', () => {
    for (const { name } of stackStrategies) {
      const ran = run({ ...newest, stacks: name }, function* program(libc) {
        const attr = libc.bss(libc.sizeof.pthread_attr_t);
        libc.pthread_attr_init(attr);
        const at: Addr[] = [];
        for (const guard of [4096, 8192, 4096]) {
          libc.pthread_attr_setguardsize(attr, guard);
          libc.pthread_attr_setstacksize(attr, 128 * KIB - guard);
          const [, thread] = yield* libc.pthread_create(attr, (value: number) => value, guard);
          at.push(thread);
          const [error, value] = yield* libc.pthread_join(thread);
          if (error !== 0 || value !== guard) return 1;
        }
        return String(at[0]) === String(at[1]) && String(at[1]) === String(at[2]) ? 0 : 2;
      });
      expect([name, ran.message, ran.exit]).toEqual([name, null, 0]);
    }
  });
});

describe('a release without MADV_GUARD_INSTALL', () => {
  it('refuses the madvise strategy with the reason, and is given the call by force', () => {
    const config: Config = { arch: 'i386', kernel: '2.5.46', stacks: 'madvise' };
    expect(() => run(config, main)).toThrow(
      'stack strategy madvise needs MADV_GUARD_INSTALL, which Linux 2.5.46 does not have (6.13 is the first); --force gives it that call',
    );
    expect(run({ ...config, force: true }, main).exit).toBe(0);
  });

  it('an unknown strategy names the known ones', () => {
    expect(() => run({ stacks: 'alloca' }, main)).toThrow('no stack strategy "alloca"; there are: nptl, noguard, bitmap, madvise');
  });
});
