/* Attributes: their defaults, their limits, and the words of pthread_attr_t in guest memory. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc } from 'guardpage';
import { calls, compute, type Config, evaluate, machines, run } from './run.js';

const EINVAL = 22;
const KIB = 1024;
const MIB = 1024 * KIB;

const MIN = { i386: 16384, sparc64: 24576, 'sparc64 32-bit': 24576, ia64: 196608 } as Record<string, number>;
const PAGE = { i386: 4096, sparc64: 8192, 'sparc64 32-bit': 8192, ia64: 16384 } as Record<string, number>;

function newAttribute(libc: Libc): Addr {
  const attr = libc.bss(libc.sizeof.pthread_attr_t);
  expect(libc.pthread_attr_init(attr)).toBe(0);
  return attr;
}

describe.each(machines)('$name', ({ name, config }) => {
  it('a new attribute: joinable, a guard of one page, the default stack size', () => {
    const seen = compute(config, (libc) => {
      const attr = newAttribute(libc);
      return [
        libc.pthread_attr_getdetachstate(attr), libc.pthread_attr_getguardsize(attr), libc.pthread_attr_getstacksize(attr),
      ];
    });
    const stack = name === 'ia64' ? 4 * MIB : 8 * MIB;
    expect(seen).toEqual([[0, 0], [0, PAGE[name]], [0, stack]]);
  });

  it('a stack size below PTHREAD_STACK_MIN fails with EINVAL and changes nothing', () => {
    const seen = compute(config, (libc) => {
      const attr = newAttribute(libc);
      const min = libc.PTHREAD_STACK_MIN;
      const errors = [
        libc.pthread_attr_setstacksize(attr, 300 * KIB), libc.pthread_attr_setstacksize(attr, min - 1),
        libc.pthread_attr_setstacksize(attr, 0),
      ];
      return [min, errors, libc.pthread_attr_getstacksize(attr), libc.pthread_attr_setstacksize(attr, min)];
    });
    expect(seen).toEqual([MIN[name], [0, EINVAL, EINVAL], [0, 300 * KIB], 0]);
  });

  it('a thread can be created with the least stack size', () => {
    const joined = evaluate(config, function* (libc) {
      const attr = newAttribute(libc);
      libc.pthread_attr_setstacksize(attr, libc.PTHREAD_STACK_MIN);
      const [error, thread] = yield* libc.pthread_create(attr, () => 1);
      return [error, ...(yield* libc.pthread_join(thread))];
    });
    // On ia64 the guard alone is a page of 16 KiB, and there is room for it.
    expect(joined).toEqual([0, 0, 1]);
  });

  it('any guard size is taken', () => {
    const seen = evaluate(config, function* (libc) {
      const attr = newAttribute(libc);
      const errors = [0, 1, 12345, 2 ** 31].map((bytes) => libc.pthread_attr_setguardsize(attr, bytes));
      return [errors, libc.pthread_attr_getguardsize(attr)];
    });
    expect(seen).toEqual([[0, 0, 0, 0], [0, 2 ** 31]]);
  });

  it('a detach state that is neither fails with EINVAL and changes nothing', () => {
    const seen = compute(config, (libc) => {
      const attr = newAttribute(libc);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_DETACHED);
      const error = libc.pthread_attr_setdetachstate(attr, 2);
      const detached = libc.pthread_attr_getdetachstate(attr);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_JOINABLE);
      return [error, detached, libc.pthread_attr_getdetachstate(attr)];
    });
    expect(seen).toEqual([EINVAL, [0, 1], [0, 0]]);
  });

  it('initialising again makes it new', () => {
    const seen = compute(config, (libc) => {
      const attr = newAttribute(libc);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_DETACHED);
      libc.pthread_attr_setguardsize(attr, 0);
      libc.pthread_attr_init(attr);
      return [libc.pthread_attr_getdetachstate(attr), libc.pthread_attr_getguardsize(attr), libc.pthread_attr_destroy(attr)];
    });
    expect(seen).toEqual([[0, 0], [0, PAGE[name]], 0]);
  });
});

describe('the words of pthread_attr_t', () => {
  /** flags, guardsize and stacksize as they lie in memory. */
  const words = (config: Config, offsets: number[]) =>
    evaluate(config, function* (libc) {
      const attr = newAttribute(libc);
      libc.pthread_attr_setdetachstate(attr, libc.PTHREAD_CREATE_DETACHED);
      libc.pthread_attr_setguardsize(attr, 0x11000);
      libc.pthread_attr_setstacksize(attr, 0x122000);
      return offsets.map((at) => libc.load32(libc.add(attr, at)));
    });

  it('32-bit: flags 8, guardsize 12, stackaddr 16, stacksize 20', () => {
    const expected = [1, 0x11000, 0, 0x122000];
    expect(words({ arch: 'i386' }, [8, 12, 16, 20])).toEqual(expected);
    expect(words({ arch: 'sparc64', bits: 32 }, [8, 12, 16, 20])).toEqual(expected);
  });

  it('64-bit: flags 8, guardsize 16, stackaddr 24, stacksize 32, in the machine\'s byte order', () => {
    expect(words({ arch: 'ia64' }, [8, 16, 20, 32, 36])).toEqual([1, 0x11000, 0, 0x122000, 0]);
    expect(words({ arch: 'sparc64' }, [8, 16, 20, 32, 36])).toEqual([1, 0, 0x11000, 0, 0x122000]);
  });
});

describe('a size that a 32-bit size_t cannot hold', () => {
  it('fails with EINVAL instead of losing its upper half', () => {
    const seen = compute({}, (libc) => {
      const attr = newAttribute(libc);
      return [libc.pthread_attr_setstacksize(attr, 2 ** 32), libc.pthread_attr_setstacksize(attr, 2 ** 32 + 65536)];
    });
    expect(seen).toEqual([EINVAL, EINVAL]);
  });

  it('is taken where longs have 64 bits', () => {
    const seen = compute({ arch: 'ia64' }, (libc) => {
      const attr = newAttribute(libc);
      return [libc.pthread_attr_setstacksize(attr, 2 ** 33), libc.pthread_attr_getstacksize(attr)];
    });
    expect(seen).toEqual([0, [0, 2 ** 33]]);
  });
});

describe('the default size of a stack, from RLIMIT_STACK at start-up', () => {
  const mapped = (config: Config) =>
    calls(run(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, () => {});
      yield* libc.pthread_join(thread);
    }), /^mmap/).map((line) => Number(line.split(', ')[1]));
  const limit = (stack: number) => ({ rlimits: { stack } });

  it('is the limit; i686 adds a page to 8 MiB', () => {
    expect(mapped({ arch: 'i386' })).toEqual([8 * MIB + 4096]);
    expect(mapped({ arch: 'sparc64' })).toEqual([8 * MIB]);
    expect(mapped({ arch: 'sparc64', bits: 32 })).toEqual([8 * MIB]);
    expect(mapped({ arch: 'i386', ...limit(1000 * KIB) })).toEqual([1000 * KIB]);
  });

  it('is half the limit on ia64 in 2.3.3, where a thread has two stacks, and all of it in 2.36', () => {
    expect(mapped({ arch: 'ia64' })).toEqual([4 * MIB]);
    expect(mapped({ arch: 'ia64', nptl: '2.36' })).toEqual([8 * MIB + 16384]);
  });

  it('is 2, 4, 2 and 32 / 2 MiB where the limit is infinite', () => {
    const unlimited = limit(Number.POSITIVE_INFINITY);
    expect(mapped({ arch: 'i386', ...unlimited })).toEqual([2 * MIB + 4096]);
    expect(mapped({ arch: 'sparc64', ...unlimited })).toEqual([4 * MIB]);
    expect(mapped({ arch: 'sparc64', bits: 32, ...unlimited })).toEqual([2 * MIB]);
    expect(mapped({ arch: 'ia64', ...unlimited })).toEqual([16 * MIB]);
    expect(mapped({ arch: 'ia64', nptl: '2.36', ...unlimited })).toEqual([32 * MIB + 16384]);
  });

  it('is never below PTHREAD_STACK_MIN', () => {
    expect(mapped({ arch: 'i386', ...limit(4096) })).toEqual([16384]);
    expect(mapped({ arch: 'sparc64', ...limit(8192) })).toEqual([24576]);
    expect(mapped({ arch: 'ia64', ...limit(16384) })).toEqual([196608]);
  });
});
