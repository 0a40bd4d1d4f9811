/* i386: mmap as call 90 with its arguments in memory, and as call 192 with a page offset. */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const OLD_MMAP = 90;
const MUNMAP = 91;
const MPROTECT = 125;
const MMAP2 = 192;

const RW = 3;
const SHARED_ANONYMOUS = 0x21;
const PRIVATE_ANONYMOUS = 0x22;
const FIXED = 0x10;

const EBADF = 'eax=-9';
const ENOMEM = 'eax=-12';
const EFAULT = 'eax=-14';
const ENODEV = 'eax=-19';
const EINVAL = 'eax=-22';

/** Puts the six words of call 90 at `address` and makes the call. */
function oldMmap(rig: Rig, address: bigint, words: number[]): string {
  words.forEach((word, i) => {
    rig.poke(address + 4n * BigInt(i), word);
  });
  return rig.trap(OLD_MMAP, address);
}

describe('mmap (90): ebx points to six words', () => {
  it('maps what the block in memory says', () => {
    const rig = new Rig('i386');
    expect(oldMmap(rig, rig.data, [0, 8192, RW, PRIVATE_ANONYMOUS, -1, 0])).toBe('0x40000000');
    expect(rig.maps()).toContain('40000000-40002000 rw-p 00000000 00:00 0');
  });

  it('a block that cannot be read fails with EFAULT', () => {
    expect(new Rig('i386').trap(OLD_MMAP, 0x50000000)).toBe(EFAULT);
    expect(new Rig('i386').trap(OLD_MMAP, 0)).toBe(EFAULT);
  });

  it('a block whose last word lies beyond the mapping fails with EFAULT', () => {
    const rig = new Rig('i386');
    const lastPage = rig.data + 4096n;
    expect(rig.trap(OLD_MMAP, lastPage - 20n)).toBe(EFAULT);
    expect(oldMmap(rig, lastPage - 24n, [0, 4096, RW, PRIVATE_ANONYMOUS, -1, 0])).toBe('0x40000000');
  });

  it('a block need not be aligned', () => {
    const rig = new Rig('i386');
    const code = [0, 4096, RW, PRIVATE_ANONYMOUS, -1, 0];
    const bytes = new Uint8Array(new Int32Array([0, ...code, 0]).buffer);
    // The block starts one byte into the words: shift them all up by a byte.
    const shifted = new Int32Array(new Uint8Array([0, ...bytes.subarray(4), 0, 0, 0]).buffer);
    shifted.forEach((word, i) => {
      rig.poke(rig.data + 4n * BigInt(i), word);
    });
    expect(rig.trap(OLD_MMAP, rig.data + 1n)).toBe('0x40000000');
  });

  it('an offset that is no multiple of 4096 fails with EINVAL, before the descriptor is looked at', () => {
    const rig = new Rig('i386');
    expect(oldMmap(rig, rig.data, [0, 4096, RW, PRIVATE_ANONYMOUS, -1, 2048])).toBe(EINVAL);
    expect(oldMmap(rig, rig.data, [0, 4096, RW, 2, 77, 1])).toBe(EINVAL);
  });

  it('a byte offset becomes a page offset', () => {
    const rig = new Rig('i386');
    oldMmap(rig, rig.data, [0, 4096, RW, PRIVATE_ANONYMOUS, -1, 0x3000]);
    expect(rig.maps()).toContain('40000000-40001000 rw-p 00003000 00:00 0');
  });
});

describe('mmap2 (192): the offset counts pages of 4096 bytes', () => {
  it('maps from 0x40000000 upward', () => {
    const rig = new Rig('i386');
    expect(rig.trap(MMAP2, 0, 4096, RW, SHARED_ANONYMOUS, -1, 0)).toBe('0x40000000');
    expect(rig.trap(MMAP2, 0, 4096, RW, SHARED_ANONYMOUS, -1, 0)).toBe('0x40001000');
  });

  it('takes the offset as it is', () => {
    const rig = new Rig('i386');
    rig.trap(MMAP2, 0, 4096, RW, PRIVATE_ANONYMOUS, -1, 0xfffff);
    expect(rig.maps()).toContain('40000000-40001000 rw-p fffff000 00:00 0');
  });

  it('rounds a length up to whole pages', () => {
    const rig = new Rig('i386');
    rig.trap(MMAP2, 0, 4097, RW, PRIVATE_ANONYMOUS, -1, 0);
    expect(rig.maps()).toContain('40000000-40002000 rw-p 00000000 00:00 0');
  });

  it('a length of 0 returns the hint and maps nothing', () => {
    const rig = new Rig('i386');
    const before = rig.maps();
    expect(rig.trap(MMAP2, 0x12345678, 0, RW, PRIVATE_ANONYMOUS, -1, 0)).toBe('0x12345678');
    expect(rig.maps()).toEqual(before);
  });

  it('a descriptor that is not open fails with EBADF, and MAP_ANONYMOUS needs none', () => {
    const rig = new Rig('i386');
    expect(rig.trap(MMAP2, 0, 4096, RW, 2, 77, 0)).toBe(EBADF);
    expect(rig.trap(MMAP2, 0, 4096, RW, 2, -1, 0)).toBe(EBADF);
    expect(rig.trap(MMAP2, 0, 4096, RW, PRIVATE_ANONYMOUS, 77, 0)).toBe('0x40000000');
  });

  it('a terminal fails with ENODEV', () => {
    expect(new Rig('i386').trap(MMAP2, 0, 4096, RW, 2, 1, 0)).toBe(ENODEV);
  });

  it('MAP_SHARED and MAP_PRIVATE, neither or both, fail with EINVAL', () => {
    const rig = new Rig('i386');
    expect(rig.trap(MMAP2, 0, 4096, RW, 0x20, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP2, 0, 4096, RW, 0x23, -1, 0)).toBe(EINVAL);
  });

  it('drops MAP_EXECUTABLE and MAP_DENYWRITE, so that such areas merge with plain ones', () => {
    const rig = new Rig('i386');
    rig.trap(MMAP2, 0, 4096, RW, PRIVATE_ANONYMOUS, -1, 0);
    rig.trap(MMAP2, 0, 4096, RW, PRIVATE_ANONYMOUS | 0x1800, -1, 0);
    expect(rig.maps()).toContain('40000000-40002000 rw-p 00000000 00:00 0');
  });

  it('a length above TASK_SIZE fails with EINVAL, one that fits no hole with ENOMEM', () => {
    const rig = new Rig('i386');
    expect(rig.trap(MMAP2, 0, 0xc0000001, RW, PRIVATE_ANONYMOUS, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP2, 0, 0xc0000000, RW, PRIVATE_ANONYMOUS, -1, 0)).toBe(ENOMEM);
  });

  it('MAP_FIXED beyond TASK_SIZE fails with ENOMEM, unaligned with EINVAL', () => {
    const rig = new Rig('i386');
    const flags = PRIVATE_ANONYMOUS | FIXED;
    expect(rig.trap(MMAP2, 0xbffff000, 8192, RW, flags, -1, 0)).toBe(ENOMEM);
    expect(rig.trap(MMAP2, 0x50000800, 4096, RW, flags, -1, 0)).toBe(EINVAL);
    expect(rig.trap(MMAP2, 0x50000000, 4096, RW, flags, -1, 0)).toBe('0x50000000');
  });

  it('a free hint is taken, rounded up to a page; an occupied one is ignored', () => {
    const rig = new Rig('i386');
    expect(rig.trap(MMAP2, 0x50000001, 4096, RW, PRIVATE_ANONYMOUS, -1, 0)).toBe('0x50001000');
    expect(rig.trap(MMAP2, 0x50001000, 4096, RW, PRIVATE_ANONYMOUS, -1, 0)).toBe('0x40000000');
  });
});

describe('munmap (91) and mprotect (125)', () => {
  it('munmap takes the middle out', () => {
    const rig = new Rig('i386');
    rig.trap(MMAP2, 0, 3 * 4096, RW, PRIVATE_ANONYMOUS, -1, 0);
    expect(rig.trap(MUNMAP, 0x40001000, 4096)).toBe('0x0');
    expect(rig.maps().slice(2, 4)).toEqual([
      '40000000-40001000 rw-p 00000000 00:00 0',
      '40002000-40003000 rw-p 00002000 00:00 0',
    ]);
  });

  it('munmap of an unaligned address, of length 0, or beyond TASK_SIZE fails with EINVAL', () => {
    const rig = new Rig('i386');
    expect(rig.trap(MUNMAP, 0x40000001, 4096)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, 0x40000000, 0)).toBe(EINVAL);
    expect(rig.trap(MUNMAP, 0xbffff000, 8192)).toBe(EINVAL);
  });

  it('munmap of nothing succeeds', () => {
    expect(new Rig('i386').trap(MUNMAP, 0x50000000, 4096)).toBe('0x0');
  });

  it('mprotect changes rights; a gap fails with ENOMEM, an unaligned address or unknown right with EINVAL', () => {
    const rig = new Rig('i386');
    rig.trap(MMAP2, 0, 8192, RW, PRIVATE_ANONYMOUS, -1, 0);
    expect(rig.trap(MPROTECT, 0x40000000, 4096, 0)).toBe('0x0');
    expect(rig.maps()).toContain('40000000-40001000 ---p 00000000 00:00 0');
    expect(rig.trap(MPROTECT, 0x40001000, 8192, 1)).toBe(ENOMEM);
    expect(rig.trap(MPROTECT, 0x40000001, 4096, 1)).toBe(EINVAL);
    expect(rig.trap(MPROTECT, 0x40000000, 4096, 0x10)).toBe(EINVAL);
  });
});
