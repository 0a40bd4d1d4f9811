/* Unknown numbers, identity, limits and output, each in the convention of its machine. */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const GIB = 2 ** 30;

describe('a call that is not implemented', () => {
  it.each([
    ['i386', 82, 'eax=-38', 'select 82'],
    ['sparc64', 93, 'carry o0=90', 'select 93'],
    ['sparc64 32-bit', 93, 'carry o0=90', 'select 93'],
    ['ia64', 1089, 'r10=-1 r8=38', 'select 1089'],
  ])('on %s: number %i fails with ENOSYS, %s, and is named', (name, nr, failure, notice) => {
    const rig = new Rig(name);
    expect(rig.trap(nr)).toBe(failure);
    expect(rig.notices).toEqual([notice]);
  });

  it('is named once, however often it is called', () => {
    const rig = new Rig('i386');
    for (let i = 0; i < 3; i++) rig.trap(82);
    rig.trap(168);
    expect(rig.notices).toEqual(['select 82', 'poll 168']);
  });

  it.each([-1, 2047, 2048, 100000, 0x7fffffff])('number %i, which nobody has, fails as well', (nr) => {
    const rig = new Rig('i386');
    expect(rig.trap(nr)).toBe('eax=-38');
    expect(rig.notices).toHaveLength(1);
  });

  it('the number is compared as 64 bits: one with a high half is not getpid', () => {
    expect(new Rig('sparc64').trap(0x100000014n)).toBe('carry o0=90');
    expect(new Rig('ia64').trap(0x100000411n)).toBe('r10=-1 r8=38');
  });
});

describe.each([
  ['i386', { getpid: 20, gettid: 224, setTidAddress: 258 }],
  ['sparc64', { getpid: 20, gettid: 143, setTidAddress: 166 }],
  ['sparc64 32-bit', { getpid: 20, gettid: 143, setTidAddress: 166 }],
  ['ia64', { getpid: 1041, gettid: 1105, setTidAddress: 1233 }],
] as const)('identity on %s', (name, nr) => {
  it('getpid gives the process, gettid the task', () => {
    const rig = new Rig(name);
    expect([rig.trap(nr.getpid), rig.trap(nr.gettid)]).toEqual(['0x3e8', '0x3e8']);
    rig.switchTo(rig.spawn());
    expect([rig.trap(nr.getpid), rig.trap(nr.gettid)]).toEqual(['0x3e8', '0x3e9']);
  });

  it('set_tid_address returns the caller\'s tid, even for a bad address', () => {
    const rig = new Rig(name);
    rig.switchTo(rig.spawn());
    expect(rig.trap(nr.setTidAddress, rig.data)).toBe('0x3e9');
    expect(rig.trap(nr.setTidAddress, 1)).toBe('0x3e9');
  });
});

describe('set_tid_address: exit clears the word', () => {
  it('stores 0 there and leaves the neighbours alone', () => {
    const rig = new Rig('i386');
    for (let i = 0n; i < 3n; i++) rig.poke(rig.data + 4n * i, 77);
    rig.switchTo(rig.spawn());
    rig.trap(258, rig.data + 4n);
    expect(rig.raw(1, 0)).toBe('ended');
    expect([0n, 4n, 8n].map((at) => rig.peek(rig.data + at))).toEqual([77, 0, 77]);
  });

  it('a word that cannot be written is no harm', () => {
    const rig = new Rig('i386');
    rig.switchTo(rig.spawn());
    rig.trap(258, 0x50000000);
    expect(rig.raw(1, 0)).toBe('ended');
  });
});

describe('getrlimit: soft and hard limit in longs of the task', () => {
  const STACK = 3;

  /** The first words that the call stored. */
  function words(rig: Rig, nr: number, resource: number, count: number): number[] {
    for (let i = 0; i < count; i++) rig.poke(rig.data + BigInt(4 * i), 0x5a5a5a5a);
    rig.trap(nr, resource, rig.data);
    return Array.from({ length: count }, (_, i) => rig.peek(rig.data + BigInt(4 * i)) >>> 0);
  }

  const MIB8 = 8 * 1024 * 1024;
  const ALL = 0xffffffff;

  it('i386 191: two 32-bit words, all ones for infinity', () => {
    expect(words(new Rig('i386'), 191, STACK, 3)).toEqual([MIB8, ALL, 0x5a5a5a5a]);
  });

  it('i386 76, the old call: 0x7fffffff for infinity and for all above it', () => {
    expect(words(new Rig('i386'), 76, STACK, 2)).toEqual([MIB8, 0x7fffffff]);
    expect(words(new Rig('i386', { rlimits: { stack: 3 * GIB } }), 76, STACK, 1)).toEqual([0x7fffffff]);
    expect(words(new Rig('i386', { rlimits: { stack: 3 * GIB } }), 191, STACK, 1)).toEqual([3 * GIB]);
  });

  it('sparc64: two 64-bit words, the high half first', () => {
    expect(words(new Rig('sparc64'), 144, STACK, 4)).toEqual([0, MIB8, ALL, ALL]);
    expect(words(new Rig('sparc64', { rlimits: { stack: 5 * GIB } }), 144, STACK, 2)).toEqual([1, GIB]);
  });

  it('32-bit sparc: two 32-bit words, 0x7fffffff for infinity and for all above it', () => {
    const name = 'sparc64 32-bit';
    expect(words(new Rig(name), 144, STACK, 3)).toEqual([MIB8, 0x7fffffff, 0x5a5a5a5a]);
    expect(words(new Rig(name, { rlimits: { stack: 3 * GIB } }), 144, STACK, 1)).toEqual([0x7fffffff]);
  });

  it('ia64: two 64-bit words, the low half first', () => {
    expect(words(new Rig('ia64'), 1085, STACK, 4)).toEqual([MIB8, 0, ALL, ALL]);
    expect(words(new Rig('ia64', { rlimits: { stack: 5 * GIB } }), 1085, STACK, 2)).toEqual([GIB, 1]);
  });

  it('RLIMIT_DATA 2, RLIMIT_MEMLOCK 8 and RLIMIT_AS 9 are the ones set', () => {
    const rig = new Rig('i386', { rlimits: { data: 1, memlock: 2, as: GIB } });
    const soft = [2, 8, 9].map((resource) => words(rig, 191, resource, 1)[0]);
    expect(soft).toEqual([1, 2, GIB]);
  });

  it('a resource of 11 or more fails with EINVAL before the address is touched', () => {
    const rig = new Rig('i386');
    expect(rig.trap(191, 11, 0)).toBe('eax=-22');
    expect(rig.trap(191, -1, 0)).toBe('eax=-22');
    expect(rig.trap(191, 10, rig.data)).toBe('0x0');
  });

  it('an address that cannot be written fails with EFAULT', () => {
    expect(new Rig('i386').trap(191, STACK, 0x08048000)).toBe('eax=-14');
    expect(new Rig('sparc64').trap(144, STACK, 0)).toBe('carry o0=14');
    expect(new Rig('ia64').trap(1085, STACK, 0)).toBe('r10=-1 r8=14');
  });
});

describe('write', () => {
  const text = (bytes: number[]) => String.fromCharCode(...bytes);

  it('little-endian: bytes of a word go out from the lowest', () => {
    const rig = new Rig('i386');
    rig.poke(rig.data, 0x64636261);
    expect(rig.trap(4, 1, rig.data, 4)).toBe('0x4');
    expect(text(rig.written)).toBe('abcd');
  });

  it('big-endian: bytes of a word go out from the highest', () => {
    for (const name of ['sparc64', 'sparc64 32-bit']) {
      const rig = new Rig(name);
      rig.poke(rig.data, 0x61626364);
      rig.poke(rig.data + 4n, 0x65660000);
      expect(rig.trap(4, 1, rig.data + 1n, 5)).toBe('0x5');
      expect(text(rig.written)).toBe('bcdef');
    }
  });

  it('a descriptor that is not open fails with EBADF, whatever the address', () => {
    expect(new Rig('i386').trap(4, 77, 0, 4)).toBe('eax=-9');
    expect(new Rig('sparc64').trap(4, -1, 0, 4)).toBe('carry o0=9');
    expect(new Rig('ia64').trap(1027, 77, 0, 4)).toBe('r10=-1 r8=9');
  });

  it('memory that cannot be read fails with EFAULT', () => {
    expect(new Rig('i386').trap(4, 1, 0, 4)).toBe('eax=-14');
    expect(new Rig('ia64').trap(1027, 1, 0x123456n, 4)).toBe('r10=-1 r8=14');
  });

  it('memory that ends on the way is written as far as it goes', () => {
    const rig = new Rig('i386');
    const end = rig.data + 4096n;
    rig.poke(end - 4n, 0x64636261);
    expect(rig.trap(4, 1, end - 4n, 100)).toBe('0x4');
    expect(text(rig.written)).toBe('abcd');
  });

  it('no bytes from nowhere is a success', () => {
    expect(new Rig('i386').trap(4, 1, 0, 0)).toBe('0x0');
  });

  it('a count with its top bit set fails with EINVAL', () => {
    expect(new Rig('i386').trap(4, 1, 0, 0x80000000)).toBe('eax=-22');
    expect(new Rig('sparc64').trap(4, 1, 0, -1)).toBe('carry o0=22');
  });
});

describe('sched_yield', () => {
  it('succeeds and asks for another task', () => {
    const rig = new Rig('i386');
    expect(rig.kernel.needResched).toBe(false);
    expect(rig.trap(158)).toBe('0x0');
    expect(rig.kernel.needResched).toBe(true);
  });
});
