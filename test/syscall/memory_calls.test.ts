/*
 * mremap, madvise, mlock, msync, mincore and remap_file_pages by number, each in the convention of its machine,
 * and as strace shows them.
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const RW = 3;
const ANON = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
const SHARED = 0x21; // MAP_SHARED | MAP_ANONYMOUS
const FIXED = 0x10;
const MAYMOVE = 1;
const MREMAP_FIXED = 2;
const DONTNEED = 4;

interface Numbers {
  readonly mmap: number;
  readonly munmap: number;
  readonly mremap: number;
  readonly madvise: number;
  readonly mincore: number;
  readonly mlock: number;
  readonly mlock2: number;
  readonly mlockall: number;
  readonly msync: number;
  readonly munlock: number;
  readonly munlockall: number;
  readonly remapFilePages: number;
}

const i386: Numbers = {
  mmap: 192, munmap: 91, mremap: 163, madvise: 219, mincore: 218, mlock: 150, mlock2: 376, mlockall: 152, msync: 144,
  munlock: 151, munlockall: 153, remapFilePages: 257,
};
const sparc: Numbers = {
  mmap: 71, munmap: 73, mremap: 250, madvise: 75, mincore: 78, mlock: 237, mlock2: 356, mlockall: 239, msync: 65,
  munlock: 238, munlockall: 240, remapFilePages: 192,
};
const ia64: Numbers = {
  mmap: 1151, munmap: 1152, mremap: 1156, madvise: 1209, mincore: 1208, mlock: 1153, mlock2: 1346, mlockall: 1154,
  msync: 1157, munlock: 1158, munlockall: 1159, remapFilePages: 1125,
};

const machines = [
  ['i386', i386], ['sparc64', sparc], ['sparc64 32-bit', sparc], ['ia64', ia64],
] as const;

/** A failure as the machine shows it. */
function failure(rig: Rig, errno: number): string {
  if (rig.target.arch === 'i386') return `eax=-${errno}`;
  return rig.target.arch === 'sparc64' ? `carry o0=${errno}` : `r10=-1 r8=${errno}`;
}

describe.each(machines)('%s', (name, nr) => {
  const start = (kernel?: string) => {
    const rig = new Rig(name, kernel === undefined ? {} : { kernel });
    const page = BigInt(rig.target.pageSize);
    const map = (npages: bigint, flags: number) => BigInt(rig.trap(nr.mmap, 0, npages * page, RW, flags, -1, 0));
    return { rig, page, map };
  };

  it('mremap returns where the memory is, and the words move with it', () => {
    const { rig, page, map } = start();
    const block = map(2n, ANON);
    rig.poke(block, 4711);
    rig.trap(nr.mmap, block + 2n * page, page, 1, ANON | FIXED, -1, 0); // no room to grow in place
    const to = BigInt(rig.trap(nr.mremap, block, 2n * page, 3n * page, MAYMOVE, 0));
    expect(to).not.toBe(block);
    expect(rig.peek(to)).toBe(4711);
    expect(rig.trap(nr.mremap, to, 3n * page, page, 0, 0)).toBe(`0x${to.toString(16)}`);
    rig.mm.check();
  });

  it('mremap to a fixed address', () => {
    const { rig, page, map } = start();
    const block = map(8n, ANON);
    rig.poke(block, 5);
    const to = block + 6n * page;
    expect(rig.trap(nr.mremap, block, page, page, MAYMOVE | MREMAP_FIXED, to)).toBe(`0x${to.toString(16)}`);
    expect(rig.peek(to)).toBe(5);
    expect(rig.trap(nr.mremap, to, page, page, MREMAP_FIXED, block)).toBe(failure(rig, 22));
    rig.mm.check();
  });

  it('madvise(MADV_DONTNEED) empties private memory', () => {
    const { rig, page, map } = start();
    const block = map(2n, ANON);
    rig.poke(block, 5);
    expect(rig.trap(nr.madvise, block, page, DONTNEED)).toBe('0x0');
    expect(rig.peek(block)).toBe(0);
    expect(rig.trap(nr.madvise, block + 1n, page, DONTNEED)).toBe(failure(rig, 22));
    expect(rig.trap(nr.madvise, block, page, 77)).toBe(failure(rig, 22));
  });

  it('mincore fills a vector for shared memory, and refuses private memory with ENOMEM', () => {
    const { rig, page, map } = start();
    const block = map(3n, SHARED);
    rig.poke(block + page, 1);
    rig.poke(rig.data, -1);
    expect(rig.trap(nr.mincore, block, 3n * page, rig.data)).toBe('0x0');
    expect(rig.peek(rig.data)).toBe(rig.target.bigEndian ? 0x000100ff : 0xff000100 | 0);
    expect(rig.trap(nr.mincore, map(1n, ANON), page, rig.data)).toBe(failure(rig, 12));
    expect(rig.trap(nr.mincore, block, page, 4)).toBe(failure(rig, 14));
  });

  it('without CAP_IPC_LOCK in 2.5.46: mlock fails with EPERM, munlock succeeds', () => {
    const { rig, page, map } = start();
    const block = map(1n, ANON);
    expect(rig.trap(nr.mlock, block, page)).toBe(failure(rig, 1));
    expect(rig.trap(nr.munlock, block, page)).toBe('0x0');
    expect(rig.trap(nr.munlockall)).toBe(failure(rig, 1));
  });

  it('mlock2 is not there in 2.5.46', () => {
    const { rig, page, map } = start();
    const enosys = rig.target.arch === 'sparc64' ? 90 : 38;
    expect(rig.trap(nr.mlock2, map(1n, ANON), page, 0)).toBe(failure(rig, enosys));
  });

  it('mlockall knows the flags of its machine', () => {
    const { rig } = start();
    const isSparc = rig.target.arch === 'sparc64';
    const [current, future] = isSparc ? [0x2000, 0x4000] : [1, 2];
    expect(rig.trap(nr.mlockall, current! | future!)).toBe(failure(rig, 1));
    expect(rig.trap(nr.mlockall, 4)).toBe(failure(rig, 22));
    expect(rig.trap(nr.mlockall, isSparc ? 3 : 0x6000)).toBe(failure(rig, 22));
  });

  it('msync checks its flags', () => {
    const { rig, page, map } = start();
    const block = map(1n, SHARED);
    expect([4, 5, 8].map((flags) => rig.trap(nr.msync, block, page, flags)))
      .toEqual(['0x0', failure(rig, 22), failure(rig, 22)]);
  });

  it('remap_file_pages turns two pages around', () => {
    const { rig, page, map } = start('2.6.0');
    const block = map(2n, SHARED);
    rig.poke(block, 10);
    rig.poke(block + page, 11);
    expect(rig.trap(nr.remapFilePages, block, page, 0, 1, 0)).toBe('0x0');
    expect(rig.trap(nr.remapFilePages, block + page, page, 0, 0, 0)).toBe('0x0');
    expect([rig.peek(block), rig.peek(block + page)]).toEqual([11, 10]);
    rig.mm.check();
  });
});

describe('sparc64: what lies outside the machine', () => {
  const HOLE = 0x80000000000n;
  const PAGE_OFFSET = 0xfffff80000000000n;
  const PAGE = 8192n;
  const EINVAL = 'carry o0=22';
  const ENOMEM = 'carry o0=12';

  it('lengths above 2^43 and ranges that reach into the hole fail with EINVAL', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(sparc.mremap, PAGE_OFFSET, HOLE + 1n, PAGE, 0, 0)).toBe(EINVAL);
    expect(rig.trap(sparc.mremap, PAGE_OFFSET, PAGE, HOLE + 1n, 0, 0)).toBe(EINVAL);
    expect(rig.trap(sparc.mremap, HOLE - PAGE, 2n * PAGE, PAGE, 0, 0)).toBe(EINVAL);
    expect(rig.trap(sparc.mremap, rig.data, PAGE, 2n * PAGE, MAYMOVE | MREMAP_FIXED, HOLE - PAGE)).toBe(EINVAL);
  });

  it('growth into the hole fails with ENOMEM, or finds another place above it', () => {
    const rig = new Rig('sparc64');
    const last = HOLE - PAGE; // the stack's last page
    expect(rig.trap(sparc.mremap, last, PAGE, 2n * PAGE, 0, 0)).toBe(ENOMEM);
    rig.poke(last, 9);
    expect(rig.trap(sparc.mremap, last, PAGE, 2n * PAGE, MAYMOVE, 0)).toBe('0xfffff80000000000');
    expect(rig.peek(PAGE_OFFSET)).toBe(9);
    rig.mm.check();
  });

  it('a 32-bit task ends at 0xf0000000', () => {
    const rig = new Rig('sparc64 32-bit');
    const last = 0xf0000000n - PAGE;
    expect(rig.trap(sparc.mremap, last, 2n * PAGE, PAGE, 0, 0)).toBe(EINVAL);
    expect(rig.trap(sparc.mremap, last, PAGE, 2n * PAGE, 0, 0)).toBe(ENOMEM);
    expect(rig.trap(sparc.mremap, rig.data, PAGE, PAGE, MAYMOVE | MREMAP_FIXED, 0xf0000000n)).toBe(EINVAL);
    // The search for another place begins at the old address, and nothing is free above it.
    expect(rig.trap(sparc.mremap, last, PAGE, 2n * PAGE, MAYMOVE, 0)).toBe(ENOMEM);
  });
});

describe('flags are a long', () => {
  it('mremap: bits above the 32nd are unknown flags', () => {
    const rig = new Rig('ia64');
    expect(rig.trap(ia64.mremap, rig.data, 0x4000, 0x4000, 0x100000001n, 0)).toBe('r10=-1 r8=22');
  });
});

describe('strace', () => {
  it('shows the calls with their names', () => {
    const rig = new Rig('i386');
    const block = 0x40000000;
    rig.trap(i386.mmap, 0, 0x4000, RW, SHARED, -1, 0);
    rig.trap(i386.mremap, block, 0x4000, 0x2000, 0, 0);
    rig.trap(i386.mremap, block, 0x1000, 0x1000, MAYMOVE | MREMAP_FIXED, 0x50000000);
    rig.trap(i386.madvise, block, 0x1000, DONTNEED);
    rig.trap(i386.madvise, block, 0x1000, 77);
    rig.poke(0x50000000, 1);
    rig.trap(i386.mincore, 0x50000000, 0x1000, rig.data);
    rig.trap(i386.mincore, 0x50000000, 0x1000, 4);
    rig.trap(i386.mlock, 0x50000000, 0x1000);
    rig.trap(i386.munlock, 0x50000000, 0x1000);
    rig.trap(i386.mlockall, 3);
    rig.trap(i386.munlockall);
    rig.trap(i386.msync, 0x50000000, 0x1000, 6);
    rig.trap(i386.remapFilePages, 0x50000000, 0x1000, 1, 0, 0x10000);
    expect(rig.strace.slice(1)).toEqual([
      'mremap(0x40000000, 16384, 8192, 0) = 0x40000000',
      'mremap(0x40000000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, 0x50000000) = 0x50000000',
      'madvise(0x40000000, 4096, MADV_DONTNEED) = -1 ENOMEM (Cannot allocate memory)',
      'madvise(0x40000000, 4096, 0x4d) = -1 ENOMEM (Cannot allocate memory)',
      'mincore(0x50000000, 4096, [1]) = 0',
      'mincore(0x50000000, 4096, 0x4) = -1 EFAULT (Bad address)',
      'mlock(0x50000000, 4096) = -1 EPERM (Operation not permitted)',
      'munlock(0x50000000, 4096) = 0',
      'mlockall(MCL_CURRENT|MCL_FUTURE) = -1 EPERM (Operation not permitted)',
      'munlockall() = -1 EPERM (Operation not permitted)',
      'msync(0x50000000, 4096, MS_INVALIDATE|MS_SYNC) = 0',
      'remap_file_pages(0x50000000, 4096, PROT_READ, 0, MAP_NONBLOCK) = 0',
    ]);
  });

  it('shows mlockall of sparc by the same names', () => {
    const rig = new Rig('sparc64');
    rig.trap(sparc.mlockall, 0x6000);
    expect(rig.strace[0]).toContain('mlockall(MCL_CURRENT|MCL_FUTURE)');
  });
});
