/*
 * sparc64: mmap (71) with a byte offset, mmap2 (56) of 32-bit tasks, and the ranges that the machine
 * does not have. Linux 2.5.46, arch/sparc64/kernel/{sys_sparc.c,sys32.S}.
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const MMAP2 = 56;
const MMAP = 71;
const MUNMAP = 73;
const MPROTECT = 74;

const RW = 3;
const ANON = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
const FIXED = 0x10;
const PAGE = 8192;

const HOLE = 0x80000000000n;
const PAGE_OFFSET = 0xfffff80000000000n;

const EBADF = 'carry o0=9';
const ENOMEM = 'carry o0=12';
const ENODEV = 'carry o0=19';
const EINVAL = 'carry o0=22';
const ENOSYS = 'carry o0=90';

describe('mmap (71) of a 64-bit task', () => {
  it('maps from 0xfffff80000000000 upward, and the negative address is a success', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 0)).toBe('0xfffff80000000000');
    expect(rig.trap(MMAP, 0, PAGE, 7, ANON, -1, 0)).toBe('0xfffff80000002000');
    expect(rig.maps()).toContain('fffff80000000000-fffff80000002000 rw-p 0000000000000000 00:00 0');
  });

  it('an offset that is no multiple of 8192 fails with EINVAL, 4096 too', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 4096)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 1)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, PAGE)).toBe('0xfffff80000000000');
  });

  it('an offset that the length carries over the top fails with EINVAL', () => {
    const last = 2n ** 64n - 8192n;
    expect(new Rig('sparc64').trap(MMAP, 0, PAGE, RW, ANON, -1, last)).toBe(EINVAL);
  });

  it('a descriptor that is not open fails with EBADF before anything else is looked at', () => {
    expect(new Rig('sparc64').trap(MMAP, HOLE, PAGE, RW, 2 | FIXED, 77, 1)).toBe(EBADF);
  });

  it('a terminal fails with ENODEV, but a bad range with EINVAL first', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MMAP, 0, PAGE, RW, 2, 1, 0)).toBe(ENODEV);
    expect(rig.trap(MMAP, HOLE, PAGE, RW, 2 | FIXED, 1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, PAGE, RW, 2, 1, 4096)).toBe(EINVAL);
  });

  it('a length of 0, or one that wraps to 0, returns the hint', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MMAP, 0x123456789n, 0, RW, ANON, -1, 0)).toBe('0x123456789');
    expect(rig.trap(MMAP, 0x4000, -1, RW, ANON, -1, 0)).toBe('0x4000');
  });

  it('a length above 2^43 fails with EINVAL; 2^43 itself is only too much to find', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MMAP, 0, HOLE + 1n, 0, ANON, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, HOLE, 0, ANON, -1, 0)).toBe(ENOMEM);
  });

  it('MAP_FIXED into the hole or across its start fails with EINVAL', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MMAP, HOLE, PAGE, RW, ANON | FIXED, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, HOLE - 8192n, 2 * PAGE, RW, ANON | FIXED, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, PAGE_OFFSET - 8192n, PAGE, RW, ANON | FIXED, -1, 0)).toBe(EINVAL);
  });

  it('MAP_FIXED up to the hole, and from its end on, succeeds', () => {
    const rig = new Rig('sparc64');
    const below = HOLE - 8192n;
    expect(rig.trap(MMAP, below, PAGE, RW, ANON | FIXED, -1, 0)).toBe('0x7ffffffe000');
    expect(rig.trap(MMAP, PAGE_OFFSET, PAGE, RW, ANON | FIXED, -1, 0)).toBe('0xfffff80000000000');
  });

  it('a hint in the hole is no error: the search goes on above it', () => {
    expect(new Rig('sparc64').trap(MMAP, HOLE + 0x100000n, PAGE, RW, ANON, -1, 0)).toBe('0xfffff80000000000');
  });

  it('mmap2 is not in the 64-bit table: ENOSYS', () => {
    expect(new Rig('sparc64').trap(MMAP2, 0, PAGE, RW, ANON, -1, 0)).toBe(ENOSYS);
  });
});

describe('munmap (73) of a 64-bit task', () => {
  it('a range that reaches into the hole fails with EINVAL', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MUNMAP, HOLE - 8192n, 2 * PAGE)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, HOLE - 8192n, PAGE + 1)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, HOLE, PAGE)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, PAGE_OFFSET - 8192n, PAGE)).toBe(EINVAL);
  });

  it('a range that ends at the hole, or starts above it, is unmapped', () => {
    const rig = new Rig('sparc64');
    rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 0);
    expect(rig.trap(MUNMAP, HOLE - 8192n, PAGE)).toBe('0x0');
    expect(rig.trap(MUNMAP, PAGE_OFFSET, PAGE)).toBe('0x0');
    expect(rig.maps().filter((line) => line.startsWith('fffff8'))).toEqual([]);
  });

  it('a length above 2^43 fails with EINVAL', () => {
    expect(new Rig('sparc64').trap(MUNMAP, PAGE_OFFSET, HOLE + 1n)).toBe(EINVAL);
  });

  it('an unaligned address or a length of 0 fails with EINVAL', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(MUNMAP, PAGE_OFFSET + 4096n, PAGE)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, PAGE_OFFSET, 0)).toBe(EINVAL);
  });
});

describe('mprotect (74) of a 64-bit task', () => {
  it('closes a page, and refuses an address that is no multiple of 8192', () => {
    const rig = new Rig('sparc64');
    rig.trap(MMAP, 0, 2 * PAGE, RW, ANON, -1, 0);
    expect(rig.trap(MPROTECT, PAGE_OFFSET, PAGE, 0)).toBe('0x0');
    expect(rig.maps()).toContain('fffff80000000000-fffff80000002000 ---p 0000000000000000 00:00 0');
    expect(rig.trap(MPROTECT, PAGE_OFFSET + 4096n, PAGE, 0)).toBe(EINVAL);
  });
});

describe('mmap (71) of a 32-bit task', () => {
  const NAME = 'sparc64 32-bit';

  it('maps from 0x70000000 upward', () => {
    const rig = new Rig(NAME);
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 0)).toBe('0x70000000');
    expect(rig.maps()).toContain('0000000070000000-0000000070002000 rw-p 0000000000000000 00:00 0');
  });

  it('a length above 0xf0000000 fails with EINVAL, one that fits no hole with ENOMEM', () => {
    const rig = new Rig(NAME);
    expect(rig.trap(MMAP, 0, 0xf0000001n, 0, ANON, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, 0xf0000000n, 0, ANON, -1, 0)).toBe(ENOMEM);
  });

  it('MAP_FIXED that ends above 0xf0000000 fails with EINVAL; a hint there starts a search in vain', () => {
    const rig = new Rig(NAME);
    expect(rig.trap(MMAP, 0xefffe000n, 2 * PAGE, RW, ANON | FIXED, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0xefffe000n, PAGE, RW, ANON | FIXED, -1, 0)).toBe('0xefffe000');
    expect(rig.trap(MMAP, 0xf0000000n, PAGE, RW, ANON, -1, 0)).toBe(ENOMEM);
  });

  it('the high halves of the registers do not count', () => {
    const rig = new Rig(NAME);
    const dirty = 0xdeadbeef00000000n;
    expect(rig.trap(MMAP, dirty, dirty + 8192n, RW, ANON, -1, dirty)).toBe('0x70000000');
    expect(rig.trap(MPROTECT, dirty + 0x70000000n, dirty + 8192n, 0)).toBe('0x0');
    expect(rig.trap(MUNMAP, dirty + 0x70000000n, dirty + 8192n)).toBe('0x0');
  });

  it('munmap and mprotect know no 32-bit limit of their own', () => {
    const rig = new Rig(NAME);
    expect(rig.trap(MUNMAP, 0xf0000000n, PAGE)).toBe('0x0');
    expect(rig.trap(MPROTECT, 0xf0000000n, PAGE, 0)).toBe(ENOMEM);
  });
});

describe('mmap2 (56) of a 32-bit task: the offset counts 4096 bytes', () => {
  it('an even offset is a multiple of the page size', () => {
    const rig = new Rig('sparc64 32-bit');
    expect(rig.trap(MMAP2, 0, PAGE, RW, ANON, -1, 6)).toBe('0x70000000');
    expect(rig.maps()).toContain('0000000070000000-0000000070002000 rw-p 0000000000006000 00:00 0');
  });

  it('an odd one fails with EINVAL', () => {
    expect(new Rig('sparc64 32-bit').trap(MMAP2, 0, PAGE, RW, ANON, -1, 5)).toBe(EINVAL);
  });

  it('the whole range of the offset is used', () => {
    const rig = new Rig('sparc64 32-bit');
    expect(rig.trap(MMAP2, 0, PAGE, RW, ANON, -1, 0xfffffffe)).toBe('0x70000000');
    expect(rig.maps()).toContain('0000000070000000-0000000070002000 rw-p 00000fffffffe000 00:00 0');
  });
});
