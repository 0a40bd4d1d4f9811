/*
 * ia64: mmap (1151) with a byte offset, mmap2 (1172) with a page offset, and regions. Linux 2.5.46,
 * arch/ia64/kernel/sys_ia64.c. A hint is held to a region's limit just like a fixed address.
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const MMAP = 1151;
const MUNMAP = 1152;
const MPROTECT = 1155;
const MMAP2 = 1172;

const RW = 3;
const ANON = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
const FIXED = 0x10;
const PAGE = 16384;

const REGION1 = 0x2000000000000000n;
const REGION4 = 0x8000000000000000n;
const RGN_MAP_LIMIT = 0xfffffffc000n;

const EBADF = 'r10=-1 r8=9';
const ENOMEM = 'r10=-1 r8=12';
const ENODEV = 'r10=-1 r8=19';
const EINVAL = 'r10=-1 r8=22';

describe('mmap (1151)', () => {
  it('maps from the thread\'s map base upward', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 0)).toBe('0x2000000000000000');
    expect(rig.trap(MMAP, 0, PAGE, 7, ANON, -1, 0)).toBe('0x2000000000004000');
    expect(rig.maps()).toContain('2000000000000000-2000000000004000 rw-p 0000000000000000 00:00 0');
  });

  it('an address of the upper half is a success', () => {
    expect(new Rig('ia64').trap(MMAP, REGION4, PAGE, RW, ANON | FIXED, -1, 0)).toBe('0x8000000000000000');
  });

  it('an unaligned offset fails with EINVAL, before the descriptor is looked at', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 8192)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, PAGE, RW, 2, 77, 1)).toBe(EINVAL);
  });

  it('a descriptor that is not open fails with EBADF, a terminal with ENODEV', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MMAP, 0, PAGE, RW, 2, 77, 0)).toBe(EBADF);
    expect(rig.trap(MMAP, 0, PAGE, RW, 2, 1, 0)).toBe(ENODEV);
  });

  it('a length that rounds to 0 returns the address', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MMAP, 0x123456789n, 0, RW, ANON, -1, 0)).toBe('0x123456789');
    expect(rig.trap(MMAP, REGION1 + 5n, -1, RW, ANON, -1, 0)).toBe('0x2000000000000005');
  });

  it('a length of 0 returns the address up to 2.6.12, from 2.6.13 on it is EINVAL', () => {
    const zero = (release: string) => new Rig('ia64', { kernel: release }).trap(MMAP, REGION1, 0, RW, ANON, -1, 0);
    expect(['2.6.0', '2.6.6', '2.6.12-rc1'].map(zero)).toEqual(Array(3).fill('0x2000000000000000'));
    expect(['2.6.13', '2.6.18'].map(zero)).toEqual([EINVAL, EINVAL]);
  });

  it('2.6.13 looks at regions as before: a hint that leaves one is EINVAL, and so is too long a map', () => {
    const rig = new Rig('ia64', { kernel: '2.6.13' });
    expect(rig.trap(MMAP, REGION1 + RGN_MAP_LIMIT, PAGE, RW, ANON, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, RGN_MAP_LIMIT + 1n, 0, ANON, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, RGN_MAP_LIMIT, 0, ANON, -1, 0)).toBe('0x2000000000000000');
  });

  it('a length above RGN_MAP_LIMIT fails with EINVAL, RGN_MAP_LIMIT itself is mapped', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MMAP, 0, RGN_MAP_LIMIT + 1n, 0, ANON, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP, 0, RGN_MAP_LIMIT, 0, ANON, -1, 0)).toBe('0x2000000000000000');
    expect(rig.trap(MMAP, 0, PAGE, 0, ANON, -1, 0)).toBe(ENOMEM);
  });

  it('a range that ends above a region\'s limit fails with EINVAL, fixed or hint alike', () => {
    const rig = new Rig('ia64');
    const last = REGION1 + RGN_MAP_LIMIT - BigInt(PAGE);
    for (const flags of [ANON, ANON | FIXED]) {
      expect(rig.trap(MMAP, last, 2 * PAGE, RW, flags, -1, 0)).toBe(EINVAL);
      expect(rig.trap(MMAP, last + 1n, PAGE, RW, flags, -1, 0)).toBe(EINVAL);
      expect(rig.trap(MMAP, REGION1 + RGN_MAP_LIMIT, PAGE, RW, flags, -1, 0)).toBe(EINVAL);
    }
    expect(rig.trap(MMAP, last, PAGE, RW, ANON | FIXED, -1, 0)).toBe('0x20000fffffff8000');
  });

  it('MAP_FIXED into the kernel\'s regions fails with ENOMEM', () => {
    expect(new Rig('ia64').trap(MMAP, 0xa000000000000000n, PAGE, RW, ANON | FIXED, -1, 0)).toBe(ENOMEM);
  });

  it('MAP_SHARED memory starts at a multiple of 1 MiB', () => {
    const rig = new Rig('ia64');
    rig.trap(MMAP, 0, PAGE, RW, ANON, -1, 0);
    expect(rig.trap(MMAP, 0, PAGE, RW, 0x21, -1, 0)).toBe('0x2000000000100000');
  });
});

describe('mmap2 (1172): the offset counts pages of 16 KiB', () => {
  it('takes any offset', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MMAP2, 0, PAGE, RW, ANON, -1, 3)).toBe('0x2000000000000000');
    expect(rig.maps()).toContain('2000000000000000-2000000000004000 rw-p 000000000000c000 00:00 0');
  });

  it('looks at the descriptor first', () => {
    expect(new Rig('ia64').trap(MMAP2, 0, PAGE, RW, 2, 77, 1)).toBe(EBADF);
  });
});

describe('munmap (1152) and mprotect (1155)', () => {
  it('split and remove as everywhere', () => {
    const rig = new Rig('ia64');
    rig.trap(MMAP, 0, 3 * PAGE, RW, ANON, -1, 0);
    expect(rig.trap(MPROTECT, REGION1, PAGE, 0)).toBe('0x0');
    expect(rig.trap(MUNMAP, REGION1 + BigInt(PAGE), PAGE)).toBe('0x0');
    expect(rig.maps().filter((line) => line.startsWith('2'))).toEqual([
      '2000000000000000-2000000000004000 ---p 0000000000000000 00:00 0',
      '2000000000008000-200000000000c000 rw-p 0000000000008000 00:00 0',
    ]);
  });

  it('munmap of an address in another page, or of no length, fails with EINVAL', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(MUNMAP, REGION1 + 8192n, PAGE)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, REGION1, 0)).toBe(EINVAL);
  });
});
