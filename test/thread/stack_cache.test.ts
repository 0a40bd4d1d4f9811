/*
 * The stack cache: blocks of joined threads serve again without a system call, up to 40 MiB. glibc,
 * nptl/allocatestack.c: queue_stack(), get_cached_stack().
 */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { calls, type Config, evaluate, machines, type Ran, run } from './run.js';

const KIB = 1024;
const MIB = 1024 * KIB;

function attribute(libc: Libc, size: number, guard?: number): Addr {
  const attr = libc.bss(libc.sizeof.pthread_attr_t);
  libc.pthread_attr_init(attr);
  libc.pthread_attr_setstacksize(attr, size);
  if (guard !== undefined) libc.pthread_attr_setguardsize(attr, guard);
  return attr;
}

/** Creates and joins a thread; returns its pthread_t. */
function* once(libc: Libc, attr: Addr | null): ThreadBody<Addr> {
  const [error, thread] = yield* libc.pthread_create(attr, () => {});
  expect(error).toBe(0);
  yield* libc.pthread_join(thread);
  return thread;
}

/** All threads alive at once, then joined in the order of creation. */
function* together(libc: Libc, attrs: (Addr | null)[]): ThreadBody<void> {
  const threads: Addr[] = [];
  for (const attr of attrs) threads.push((yield* libc.pthread_create(attr, () => {}))[1]);
  for (const thread of threads) yield* libc.pthread_join(thread);
}

/** What the program did to memory: "mmap2 8392704", "munmap 0x40000000 8392704". */
function memoryCalls(ran: Ran): string[] {
  return calls(ran, /^m(map2?|unmap|protect)\(/).map((line) => {
    const [, name, addr, size] = /^(\w+)\((\w+), (\d+)/.exec(line)!;
    return addr === 'NULL' ? `${name} ${size}` : `${name} ${addr} ${size}`;
  });
}

function program(config: Config, body: (libc: Libc) => ThreadBody<void>): string[] {
  return memoryCalls(run(config, function* main(libc) {
    yield* body(libc);
    return 0;
  }));
}

describe.each(machines)('$name', ({ config }) => {
  it('a thread after another one uses its stack, without any call but clone', () => {
    const ran = run(config, function* (libc) {
      const attr = attribute(libc, 256 * KIB);
      for (let i = 0; i < 5; i++) yield* once(libc, attr);
      return 0;
    });
    expect(calls(ran, /^mmap/)).toHaveLength(1);
    expect(calls(ran, /^mprotect/)).toHaveLength(1);
    expect(calls(ran, /^clone/)).toHaveLength(5);
  });

  it('and has the same pthread_t', () => {
    const equal = evaluate(config, function* (libc) {
      const first = yield* once(libc, null);
      return libc.pthread_equal(first, yield* once(libc, null));
    });
    expect(equal).toBe(1);
  });

  it('a detached thread gives its stack back when it has ended', () => {
    const mapped = program(config, function* (libc) {
      const attr = attribute(libc, 256 * KIB);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_DETACHED);
      for (let i = 0; i < 3; i++) {
        yield* libc.pthread_create(attr, () => {});
        yield* libc.sched_yield();
      }
    });
    expect(mapped.filter((call) => call.startsWith('mmap'))).toHaveLength(1);
  });

  it('a thread that is detached after its end gives its stack back too', () => {
    const mapped = program(config, function* (libc) {
      for (let i = 0; i < 3; i++) {
        const [, thread] = yield* libc.pthread_create(null, () => {});
        yield* libc.sched_yield();
        expect(yield* libc.pthread_detach(thread)).toBe(0);
      }
    });
    expect(mapped.filter((call) => call.startsWith('mmap'))).toHaveLength(1);
  });
});

describe('which block is taken', () => {
  const sizes = (config: Config, cached: number[], wanted: number) =>
    program(config, function* (libc) {
      yield* together(libc, cached.map((size) => attribute(libc, size)));
      yield* once(libc, attribute(libc, wanted));
    }).filter((call) => call.startsWith('mmap'));

  // Sizes that are no multiples of 64 KiB, so that i686 adds no page.
  it('one of exactly the size, if there is one', () => {
    const ran = run({}, function* (libc) {
      yield* together(libc, [attribute(libc, 100 * KIB), attribute(libc, 140 * KIB), attribute(libc, 100 * KIB)]);
      const thread = yield* once(libc, attribute(libc, 140 * KIB));
      yield* libc.printf('%p', thread as number);
    });
    // The second block: 0x40000000 + 100 KiB + 140 KiB less struct pthread of 1104 bytes.
    expect(ran.stdout).toBe(`0x${(0x40000000 + 240 * KIB - 1104).toString(16)}`);
  });

  it('else the smallest that is large enough', () => {
    expect(sizes({}, [200 * KIB, 140 * KIB], 100 * KIB)).toHaveLength(2);
  });

  it('but none that is more than four times as large', () => {
    expect(sizes({}, [400 * KIB], 100 * KIB)).toHaveLength(1);
    expect(sizes({}, [404 * KIB], 100 * KIB)).toHaveLength(2);
  });

  it('and none that is smaller', () => {
    expect(sizes({}, [100 * KIB], 104 * KIB)).toHaveLength(2);
  });

  it('nor one whose detached thread still runs', () => {
    const mapped = program({}, function* (libc) {
      const attr = attribute(libc, 100 * KIB);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_DETACHED);
      yield* libc.pthread_create(attr, () => {});
      yield* libc.pthread_create(attr, () => {});
      yield* libc.sched_yield();
    });
    expect(mapped.filter((call) => call.startsWith('mmap'))).toHaveLength(2);
  });
});

describe('the limit of 40 MiB', () => {
  it('more than that goes back to the kernel, the oldest block first', () => {
    const mapped = program({}, function* (libc) {
      const attr = attribute(libc, 16 * MIB - 4096);
      yield* together(libc, [attr, attr, attr]);
    });
    // 3 blocks of 16 MiB less a page: the third one joined makes 48 MiB.
    expect(mapped.filter((call) => call.startsWith('munmap'))).toEqual(['munmap 0x40000000 16773120']);
  });

  it('exactly 40 MiB are kept', () => {
    const mapped = program({ arch: 'sparc64' }, function* (libc) {
      const attr = attribute(libc, 8 * MIB);
      yield* together(libc, [attr, attr, attr, attr, attr]);
    });
    expect(mapped.filter((call) => call.startsWith('munmap'))).toEqual([]);
  });

  it('as many go as it takes, even the one just joined', () => {
    const mapped = program({ arch: 'sparc64', overcommit: 1 }, function* (libc) {
      const [small, large] = [attribute(libc, 8 * MIB), attribute(libc, 50 * MIB)];
      yield* together(libc, [small, small, large]);
    });
    const base = 0xfffff80000000000n;
    expect(mapped.filter((call) => call.startsWith('munmap'))).toEqual([
      `munmap 0x${base.toString(16)} ${8 * MIB}`,
      `munmap 0x${(base + 8n * 2n ** 20n).toString(16)} ${8 * MIB}`,
      `munmap 0x${(base + 16n * 2n ** 20n).toString(16)} ${50 * MIB}`,
    ]);
  });

  it('1000 threads of 128 KiB leave 310 of their 132 KiB blocks', () => {
    const ran = run({ nptl: '2.36' }, function* (libc) {
      const attr = attribute(libc, 128 * KIB);
      yield* together(libc, Array<Addr>(1000).fill(attr));
      return 0;
    });
    expect(calls(ran, /^munmap/)).toHaveLength(690);
    // A guard and a stack each, besides the program's three areas.
    expect(ran.stats.vmas).toBe(3 + 2 * 310);
  });
});

describe('the guard of a block that serves again', () => {
  const guards = (config: Config, size: number, first: number, second: number) =>
    program(config, function* (libc) {
      yield* once(libc, attribute(libc, size, first));
      yield* once(libc, attribute(libc, size, second));
    }).filter((call) => call.startsWith('mprotect'));

  it('a larger guard is closed', () => {
    expect(guards({}, 100 * KIB, 4096, 16384)).toEqual(['mprotect 0x40000000 4096', 'mprotect 0x40000000 16384']);
    expect(guards({}, 100 * KIB, 0, 4096)).toEqual(['mprotect 0x40000000 4096']);
  });

  it('a smaller one is opened: the thread was promised that much stack', () => {
    expect(guards({}, 100 * KIB, 16384, 4096)).toEqual(['mprotect 0x40000000 16384', 'mprotect 0x40001000 12288']);
    expect(guards({}, 100 * KIB, 4096, 0)).toEqual(['mprotect 0x40000000 4096', 'mprotect 0x40000000 4096']);
  });

  it('an equal one needs nothing', () => {
    expect(guards({}, 100 * KIB, 4096, 4096)).toEqual(['mprotect 0x40000000 4096']);
  });

  it('a smaller one stays as it is where the block is larger by as much', () => {
    const mapped = program({}, function* (libc) {
      yield* once(libc, attribute(libc, 100 * KIB, 16384));
      yield* once(libc, attribute(libc, 88 * KIB, 4096));
    });
    expect(mapped).toEqual([`mmap2 ${100 * KIB}`, 'mprotect 0x40000000 16384']);
  });

  // 256 KiB: a guard of 16 KiB lies at 112 KiB, one of 48 KiB at 96 KiB, and none at 128 KiB.
  it('on ia64 it stays in the middle', () => {
    const at = (kib: number) => `0x${(0x2000000000000000n + BigInt(kib * KIB)).toString(16)}`;
    const ia64 = { arch: 'ia64' };
    expect(guards(ia64, 256 * KIB, 16384, 49152)).toEqual([`mprotect ${at(112)} 16384`, `mprotect ${at(96)} 49152`]);
    expect(guards(ia64, 256 * KIB, 49152, 16384)).toEqual([
      `mprotect ${at(96)} 49152`, `mprotect ${at(96)} 16384`, `mprotect ${at(128)} 16384`,
    ]);
  });

  it('that cannot be closed for want of an area gives the block back, and the call fails', () => {
    const ran = run({ maxMapCount: 5 }, function* (libc) {
      yield* once(libc, attribute(libc, 100 * KIB, 0));
      // Two more areas: now a guard would be the sixth.
      for (let i = 0; i < 2; i++) yield* libc.mmap(0x60000000 + i * 8192, 4096, i, 0x22);
      const [error] = yield* libc.pthread_create(attribute(libc, 100 * KIB, 4096), () => {});
      yield* libc.printf('%s', libc.strerrorname(error));
    });
    expect(ran.stdout).toBe('ENOMEM');
    expect(memoryCalls(ran).at(-1)).toBe(`munmap 0x40000000 ${100 * KIB}`);
  });
});
