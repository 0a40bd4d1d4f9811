/*
 * Where stacks come from: one mmap, a guard by mprotect, and how many areas that makes. glibc 2.3.3 and
 * 2.36, nptl/allocatestack.c.
 */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { calls, type Config, machines, type Ran, run } from './run.js';

const KIB = 1024;
const ENOMEM = 12;
const EINVAL = 22;

interface Stacks {
  readonly size?: number;
  readonly guard?: number;
}

/** An attribute with the given sizes. */
function attribute(libc: Libc, { size, guard }: Stacks): Addr {
  const attr = libc.bss(libc.sizeof.pthread_attr_t);
  libc.pthread_attr_init(attr);
  if (size !== undefined) expect(libc.pthread_attr_setstacksize(attr, size)).toBe(0);
  if (guard !== undefined) expect(libc.pthread_attr_setguardsize(attr, guard)).toBe(0);
  return attr;
}

/** `count` threads alive at once; their errors are printed, and the maps are those of that moment. */
function threads(config: Config, count: number, stacks: Stacks = {}): Ran {
  return run(config, function* (libc): ThreadBody<void> {
    const attr = attribute(libc, stacks);
    for (let i = 0; i < count; i++) {
      const [error] = yield* libc.pthread_create(attr, function* () {
        yield* libc.pthread_exit();
      });
      if (error !== 0) yield* libc.printf('%d ', error);
    }
    yield* libc.exit(0);
  });
}

/** Lines of maps that hold stacks: those between the heap and the program's own. */
function stackLines(ran: Ran, prefix: string): string[] {
  return ran.maps.filter((line) => line.startsWith(prefix)).map((line) => line.replace(/ [0-9a-f]+ 00:00 0$/, ''));
}

describe('a block of memory per thread', () => {
  it('i386: the guard is the first page', () => {
    const ran = threads({ arch: 'i386' }, 1, { size: 100 * KIB });
    expect(stackLines(ran, '4')).toEqual(['40000000-40001000 ---p', '40001000-40019000 rwxp']);
  });

  it('sparc64: the guard is the first page, above the hole', () => {
    const ran = threads({ arch: 'sparc64' }, 1, { size: 128 * KIB });
    expect(stackLines(ran, 'fffff8')).toEqual([
      'fffff80000000000-fffff80000002000 ---p',
      'fffff80000002000-fffff80000020000 rwxp',
    ]);
  });

  it('ia64: the guard is in the middle, between register stack and stack, and nothing may be executed', () => {
    const ran = threads({ arch: 'ia64' }, 1, { size: 256 * KIB });
    expect(stackLines(ran, '2')).toEqual([
      '2000000000000000-200000000001c000 rw-p',
      '200000000001c000-2000000000020000 ---p',
      '2000000000020000-2000000000040000 rw-p',
    ]);
  });
});

describe('areas per thread', () => {
  const initial = { i386: 3, sparc64: 3, 'sparc64 32-bit': 3, ia64: 5 } as const;
  const areas = (config: Config, name: keyof typeof initial, count: number, stacks: Stacks) =>
    threads(config, count, stacks).maps.length - initial[name];

  it.each(machines.filter(({ name }) => name !== 'ia64'))('$name: two, guard and stack', ({ name, config }) => {
    const key = name as keyof typeof initial;
    for (const n of [1, 2, 10]) expect(areas(config, key, n, { size: 64 * KIB })).toBe(2 * n);
  });

  // The upper half of one block and the register stack of the next have the same rights and merge.
  it('ia64: three for a stack by itself, 2N + 1 for N adjacent ones', () => {
    for (const n of [1, 2, 10]) expect(areas({ arch: 'ia64' }, 'ia64', n, { size: 256 * KIB })).toBe(2 * n + 1);
  });

  it.each(machines)('$name: stacks without a guard merge into one', ({ name, config }) => {
    const key = name as keyof typeof initial;
    const ran = threads(config, 10, { size: 256 * KIB, guard: 0 });
    expect(ran.maps.length - initial[key]).toBe(1);
    expect(calls(ran, /^mprotect/)).toEqual([]);
  });

  it('a larger guard is one area too', () => {
    const ran = threads({ arch: 'i386' }, 1, { size: 256 * KIB, guard: 20000 });
    expect(calls(ran, /^mprotect/)).toEqual(['mprotect(0x40000000, 20480, PROT_NONE) = 0']);
  });
});

describe('the size that is mapped', () => {
  const mapped = (config: Config, stacks: Stacks) =>
    calls(threads(config, 1, stacks), /^mmap/).map((line) => Number(line.split(', ')[1]));

  it('2.3.3: the size asked for, guard included, rounded down to 16', () => {
    expect(mapped({ arch: 'i386' }, { size: 1046528 })).toEqual([1046528]);
    expect(mapped({ arch: 'sparc64' }, { size: 100001 })).toEqual([100000]);
    expect(mapped({ arch: 'ia64' }, { size: 256 * KIB })).toEqual([256 * KIB]);
  });

  it('2.3.3 for i686: a page more for a multiple of 64 KiB, against cache aliases', () => {
    expect(mapped({ arch: 'i386' }, { size: 128 * KIB })).toEqual([132 * KIB]);
    expect(mapped({ arch: 'sparc64' }, { size: 128 * KIB })).toEqual([128 * KIB]);
  });

  it('2.36: the guard on top of it', () => {
    expect(mapped({ arch: 'i386', nptl: '2.36' }, { size: 1046528 })).toEqual([1050624]);
    expect(mapped({ arch: 'sparc64', nptl: '2.36' }, { size: 128 * KIB })).toEqual([136 * KIB]);
    expect(mapped({ arch: 'ia64', nptl: '2.36' }, { size: 256 * KIB })).toEqual([272 * KIB]);
  });
});

describe('NPTL 2.36: mapped closed, then opened but for the guard', () => {
  const sequence = (arch: string, size: number, guard?: number) =>
    calls(threads({ arch, nptl: '2.36' }, 1, guard === undefined ? { size } : { size, guard }), /^(mmap|mprotect)/);

  it('i386', () => {
    expect(sequence('i386', 128 * KIB)).toEqual([
      'mmap2(NULL, 135168, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x40000000',
      'mprotect(0x40001000, 131072, PROT_READ|PROT_WRITE) = 0',
    ]);
  });

  it('sparc64', () => {
    expect(sequence('sparc64', 128 * KIB)).toEqual([
      'mmap(NULL, 139264, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0xfffff80000000000',
      'mprotect(0xfffff80000002000, 131072, PROT_READ|PROT_WRITE) = 0',
    ]);
  });

  it('ia64: two mprotects, around the guard in the middle', () => {
    expect(sequence('ia64', 256 * KIB)).toEqual([
      'mmap2(NULL, 278528, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x2000000000000000',
      'mprotect(0x2000000000000000, 131072, PROT_READ|PROT_WRITE) = 0',
      'mprotect(0x2000000000024000, 131072, PROT_READ|PROT_WRITE) = 0',
    ]);
  });

  it('without a guard it is mapped open, and there is no mprotect', () => {
    expect(sequence('i386', 128 * KIB, 0)).toEqual([
      'mmap2(NULL, 131072, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x40000000',
    ]);
  });
});

describe('a stack that cannot be', () => {
  it('2.3.3: guard, TLS, the least stack and a page have to fit in: EINVAL', () => {
    // 14 pages of guard, 2000 of TLS, 2048 of least stack and a page are 65488 bytes; 15 are too many.
    expect(threads({}, 1, { size: 65536, guard: 14 * 4096 }).stdout).toBe('');
    expect(threads({}, 1, { size: 65536, guard: 14 * 4096 + 1 }).stdout).toBe(`${EINVAL} `);
    expect(threads({}, 1, { size: 65536, guard: 65536 }).stdout).toBe(`${EINVAL} `);
    expect(calls(threads({}, 1, { size: 65536, guard: 65536 }), /^mmap/)).toEqual([]);
  });

  it('2.36: the guard is added and cannot eat the stack', () => {
    expect(threads({ nptl: '2.36' }, 1, { size: 65536, guard: 65536 }).stdout).toBe('');
  });

  it('2.36: a guard that carries the size over the top of the address space fails with EINVAL', () => {
    const config = { arch: 'i386', nptl: '2.36' };
    expect(threads(config, 1, { size: 65536, guard: 0xfffff000 }).stdout).toBe(`${EINVAL} `);
    expect(threads(config, 1, { size: 65536, guard: 0xffffffff }).stdout).toBe(`${EINVAL} `);
    expect(threads(config, 1, { size: 0xfffff000, guard: 4096 }).stdout).toBe(`${EINVAL} `);
  });

  it('that no hole is large enough for fails with ENOMEM in 2.3.3, with EAGAIN in 2.36', () => {
    const size = 0xb0000000;
    expect(threads({ overcommit: 1 }, 1, { size }).stdout).toBe(`${ENOMEM} `);
    expect(threads({ overcommit: 1, nptl: '2.36' }, 1, { size }).stdout).toBe('11 ');
  });

  it('whose guard would be one area too many goes back, and the error is mprotect\'s ENOMEM', () => {
    // Three areas at first. The stack is the fourth, its guard would be the fifth.
    const ran = threads({ maxMapCount: 4 }, 1, { size: 64 * KIB });
    expect(ran.stdout).toBe(`${ENOMEM} `);
    expect(calls(ran, /^m(map|protect|unmap)/).map((line) => line.replace(/\(.*= /, ' '))).toEqual([
      'mmap2 0x40000000', 'mprotect -1 ENOMEM (Cannot allocate memory)', 'munmap 0',
    ]);
    expect(ran.maps).toHaveLength(3);
  });
});
