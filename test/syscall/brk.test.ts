/*
 * brk never fails: it returns the end of the heap now in force. What sparc and ia64 test before the
 * common part: Linux 2.5.46, sys_sparc.c: sparc_brk(), sys_ia64.c: ia64_brk().
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const BRK = { i386: 45, sparc64: 17, 'sparc64 32-bit': 17, ia64: 1060 } as const;
type Name = keyof typeof BRK;

/** The heap's start on each machine. */
const START: Record<Name, bigint> = {
  i386: 0x804a000n, sparc64: 0x204000n, 'sparc64 32-bit': 0x24000n, ia64: 0x6000000000004000n,
};
const names = Object.keys(BRK) as Name[];

const hex = (address: bigint) => `0x${address.toString(16)}`;

/** The heap's line in maps without the leading zeros, or undefined. */
function heapOf(rig: Rig, start: bigint): string | undefined {
  return rig.maps().find((line) => line.replace(/^0+/, '').startsWith(start.toString(16)))?.replace(/ 0+ 00:00 0$/, '');
}

describe.each(names)('brk on %s', (name) => {
  const nr = BRK[name];
  const start = START[name];

  it('brk(0) tells where the heap ends', () => {
    expect(new Rig(name).trap(nr, 0)).toBe(hex(start));
  });

  it('grows the heap, exact to the byte, by whole pages', () => {
    const rig = new Rig(name);
    const end = start + BigInt(rig.target.pageSize) + 5n;
    expect(rig.trap(nr, end)).toBe(hex(end));
    expect(rig.trap(nr, 0)).toBe(hex(end));
    const rights = name === 'ia64' ? 'rw-p' : 'rwxp';
    const top = start + 2n * BigInt(rig.target.pageSize);
    expect(heapOf(rig, start)).toMatch(new RegExp(`-0*${top.toString(16)} ${rights}`));
    rig.mm.check();
  });

  it('shrinks it again', () => {
    const rig = new Rig(name);
    rig.trap(nr, start + 0x100000n);
    expect(rig.trap(nr, start)).toBe(hex(start));
    expect(heapOf(rig, start)).toBeUndefined();
    rig.mm.check();
  });

  it('an address below the program is refused, and the old end returned as a success', () => {
    const rig = new Rig(name);
    rig.trap(nr, start + 5n);
    expect(rig.trap(nr, 1)).toBe(hex(start + 5n));
  });

  it('RLIMIT_DATA counts from the data segment on', () => {
    const rig = new Rig(name, { rlimits: { data: 65536 } });
    const startData = rig.data;
    expect(rig.trap(nr, startData + 65536n)).toBe(hex(startData + 65536n));
    expect(rig.trap(nr, startData + 65537n + BigInt(rig.target.pageSize))).toBe(hex(startData + 65536n));
  });
});

describe('sparc_brk', () => {
  it('of a 32-bit task: 0xf0000000 and above is refused', () => {
    const rig = new Rig('sparc64 32-bit');
    expect(rig.trap(17, 0xf0000000n)).toBe('0x24000');
    expect(rig.trap(17, 0xffffffffn)).toBe('0x24000');
  });

  it('of a 64-bit task: old and new end lie on the same side of the hole', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(17, 0x80000000000n)).toBe('0x204000');
    expect(rig.trap(17, 0xfffff80000000000n)).toBe('0x204000');
    expect(rig.trap(17, 0x300000n)).toBe('0x300000');
  });
});

describe('ia64_brk', () => {
  const start = START.ia64;

  it('the heap does not grow past RGN_MAP_LIMIT of its region', () => {
    const rig = new Rig('ia64');
    const limit = 0x6000000000000000n + 0xfffffffc000n;
    expect(rig.trap(1060, limit + 1n)).toBe(hex(start));
    expect(rig.trap(1060, 0x6000100000000000n)).toBe(hex(start));
  });

  it('nor into another region', () => {
    expect(new Rig('ia64').trap(1060, 0x8000000000000000n)).toBe(hex(start));
  });

  it('nor over the register stack; one free page stays between', () => {
    const rig = new Rig('ia64', {});
    const rbs = 0x60000fff80000000n;
    rig.kernel.vm.overcommit = 1;
    expect(rig.trap(1060, rbs)).toBe(hex(start));
    expect(rig.trap(1060, rbs - 16384n)).toBe(hex(rbs - 16384n));
  });
});
