/**
 * What 2.4 does otherwise than 2.5.45: no memory accounting, MAP_LOCKED without a meaning, limits that only mmap and
 * munmap test, a shrinking move that fails. Facts from Linux 2.4.20: mm/{mmap,mprotect,mremap,filemap}.c,
 * include/linux/mm.h.
 */
import { describe, expect, it } from 'vitest';
import { EBADF, EFAULT, EINVAL, EIO, ENOMEM, EPERM } from '../../src/arch/generic/errno.js';
import {
  PROT_NONE, PROT_READ, PROT_SEM, PROT_WRITE, VM_ACCOUNT, VM_GROWSDOWN, VM_LOCKED,
} from '../../src/arch/generic/mman.js';
import {
  MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MREMAP_FIXED, MREMAP_MAYMOVE, MS_SYNC, VM_RAND_READ, VM_SEQ_READ,
} from '../../src/arch/generic/mman_calls.js';
import { AddressSpace, zeroBacking } from '../../src/mm/address_space.js';
import { doBrk } from '../../src/mm/brk.js';
import { mapsLines } from '../../src/mm/maps.js';
import { doMincore } from '../../src/mm/mincore.js';
import { doMlockall, doMunlockall } from '../../src/mm/mlock.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMsync } from '../../src/mm/msync.js';
import { store32 } from '../../src/mm/uaccess.js';
import { rules24 } from '../../src/release/mm_rules_24.js';
import { mapFlags, mmap } from '../support/calls.js';
import { addressOf, baseOf, draw, type DrawChoice, map, picture, protect, unmap } from '../support/draw.js';
import { execMm, type MmChoice, newMm } from '../support/machines.js';
import { advise, flagsAt, remap } from '../support/mm_calls.js';

const with24 = (more: DrawChoice = {}): DrawChoice => ({ search: 'first-fit', ...more, rules: rules24 });
/** An i386 under 2.4.20, and one under 2.5.45. */
const mm24 = (more: MmChoice = {}) => newMm({ release: '2.4.20', ...more });
const mm25 = (more: MmChoice = {}) => newMm({ release: '2.5.45', ...more });

/** Pages of memory of a machine that tests fill. */
const PAGES = 1024;
const RAM = PAGES * 4096;

describe('mmap', () => {
  it('rounds the length first: what rounds to 0 returns the hint, what rounds above TASK_SIZE is EINVAL', () => {
    const calls = [{ addr: 0x12345n, len: 0xffffffffn }, { len: 0xc0000001n }, { len: 0xc0000000n }];
    expect(calls.map((call) => mmap(mm24({ overcommit: 1 }), call))).toEqual(['00012345', 'EINVAL', 'ENOMEM']);
    expect(mmap(mm25({ overcommit: 1 }), calls[0]!)).toBe('EINVAL');
  });

  it('MAP_LOCKED means nothing: nobody is refused, and nothing is locked', () => {
    const mm = mm24();
    expect(mmap(mm, { len: 0x1000n, flags: 'PRIVATE ANONYMOUS LOCKED' })).toBe('40000000');
    expect([mm.vmas.vmFlags[mm.vmas.first()]! & VM_LOCKED, mm.lockedVm]).toEqual([0, 0]);
    expect(mmap(mm25(), { len: 0x1000n, flags: 'PRIVATE ANONYMOUS LOCKED' })).toBe('EPERM');
  });

  it("sparc64's MAP_LOCKED has the bit of MAP_GROWSDOWN, and that it means", () => {
    const mm = mm24({ arch: 'sparc64' });
    mmap(mm, { len: 0x2000n, flags: 'PRIVATE ANONYMOUS LOCKED' });
    expect(mm.vmas.vmFlags[mm.vmas.first()]! & (VM_LOCKED | VM_GROWSDOWN)).toBe(VM_GROWSDOWN);
  });

  it('there is no MAP_POPULATE yet, nor in 2.5.45', () => {
    for (const release of ['2.4.20', '2.5.45']) {
      const { map: flags } = newMm({ release }).target;
      expect([flags.POPULATE, flags.NONBLOCK]).toEqual([0, 0]);
    }
  });
});

describe('vm_enough_memory()', () => {
  const request = (mm: Mm, npages: number, flags = 'PRIVATE ANONYMOUS') => mmap(mm, { len: BigInt(npages) * 4096n, flags });

  it('is asked for each request alone: nothing is charged, and no area has VM_ACCOUNT', () => {
    const mm = mm24({ ram: RAM });
    const answers = [PAGES - 1, PAGES - 1, PAGES - 1, PAGES].map((npages) => /^[0-9a-f]{8}$/.test(request(mm, npages)));
    expect(answers).toEqual([true, true, true, false]);
    expect([mm.vm.committed, mm.vmas.vmFlags[mm.vmas.first()]! & VM_ACCOUNT]).toEqual([0, 0]);
  });

  it('any mode but 0 grants everything, 2 as well', () => {
    for (const overcommit of [1, 2] as const) expect(request(mm24({ ram: RAM, overcommit }), 9 * PAGES)).toBe('40000000');
    expect(request(mm25({ ram: RAM, overcommit: 2 }), 9 * PAGES)).toBe('ENOMEM');
  });

  it('MAP_NORESERVE is not asked about, nor are unwritable maps; shared memory always is, by shmem_file_setup()', () => {
    const mm = mm24({ ram: RAM });
    expect(request(mm, 2 * PAGES, 'PRIVATE ANONYMOUS NORESERVE')).toBe('40000000');
    expect(request(mm, 2 * PAGES, 'SHARED ANONYMOUS')).toBe('ENOMEM');
    expect(request(mm, 2 * PAGES, 'SHARED ANONYMOUS NORESERVE')).toBe('ENOMEM');
    expect(mmap(mm, { len: BigInt(2 * RAM), prot: PROT_READ })).toBe('40800000');
  });

  it('mprotect never asks, a stack that grows does not, brk and mremap do', () => {
    const mm = draw('N...........D', with24({ ram: RAM }));
    mmap(mm, { addr: 0x50000000n, len: BigInt(2 * RAM), prot: PROT_NONE });
    expect(protect(mm, 0x50000 - baseOf(mm), 2 * PAGES, PROT_READ | PROT_WRITE)).toBe(0);
    expect(remap(mm, 0x50000 - baseOf(mm), 2, 2 + PAGES, MREMAP_MAYMOVE)).toBe(-ENOMEM);
    expect(remap(mm, 0, 1, 2 + PAGES, MREMAP_MAYMOVE)).toBeGreaterThanOrEqual(0);
    mm.vm.enoughMemory = () => false;
    expect(store32(mm, ...addressOf(mm, 3), 1)).toBe(0);
    const exec = execMm({ release: '2.4.20', ram: RAM });
    doBrk(exec, exec.startBrk + PAGES, 0);
    expect(exec.brkVpn).toBe(exec.startBrk);
  });
});

describe('merging', () => {
  it('memory that was writable joins memory that never was: there is no VM_ACCOUNT between them', () => {
    const mm = draw('N.....', with24());
    map(mm, 1, 2, 'a');
    expect([protect(mm, 1, 2, PROT_NONE), picture(mm)]).toEqual([0, 'NNN...']);
  });

  it('a heap and memory with all rights are alike', () => {
    const mm = execMm({ release: '2.4.20' });
    doBrk(mm, mm.startBrk + 1, 0);
    mmap(mm, { addr: BigInt(mm.startBrk + 1) * 4096n, len: 0x1000n, prot: 7, flags: 'PRIVATE ANONYMOUS FIXED' });
    expect(mapsLines(mm)).toContain('0804a000-0804c000 rwxp 00000000 00:00 0');
  });
});

describe('mprotect', () => {
  it('PROT_SEM is an unknown bit', () => {
    const mm = draw('A', with24());
    expect([protect(mm, 0, 1, PROT_READ | PROT_SEM), protect(mm, 0, 1, PROT_READ)]).toEqual([-EINVAL, 0]);
  });
});

describe('the map limit', () => {
  it('is not tested where mprotect splits; munmap tests it where it makes a hole in one area', () => {
    const mm = draw('RRR.RRRR', with24({ maxMapCount: 2 }));
    expect([protect(mm, 1, 1, PROT_NONE), picture(mm)]).toEqual([0, 'RNR.RRRR']);
    expect([unmap(mm, 5, 1), unmap(mm, 7, 1), picture(mm)]).toEqual([-ENOMEM, 0, 'RNR.RRR.']);
    expect(map(mm, 3, 1, 'N')).toBe(-ENOMEM);
    mm.check();
  });

  it('ends madvise with ENOMEM once there are more areas than that', () => {
    const mm = draw('RRR.RRR', with24({ maxMapCount: 3 }));
    expect([advise(mm, 1, 1, MADV_RANDOM), mm.vmas.size]).toEqual([0, 4]);
    expect([advise(mm, 5, 1, MADV_RANDOM), mm.vmas.size]).toEqual([-ENOMEM, 4]);
  });

  it('which it looks at again when it has split off the rear of an area: split and advised, but ENOMEM', () => {
    const mm = draw('RRRTTT', with24({ maxMapCount: 2 }));
    expect([advise(mm, 1, 4, MADV_SEQUENTIAL), mm.vmas.size]).toEqual([-ENOMEM, 3]);
    expect([0, 1, 2, 3].map((page) => flagsAt(mm, page) & (VM_SEQ_READ | VM_RAND_READ))).toEqual([0, VM_SEQ_READ, VM_SEQ_READ, 0]);
  });
});

describe('mremap', () => {
  const FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;

  it('a shrink that moves: EFAULT, the tail and what the target held are gone', () => {
    const mm = draw('RRRR..TT..', with24());
    expect([remap(mm, 0, 4, 2, FIXED, 6), picture(mm)]).toEqual([-EFAULT, 'RR........']);
  });

  it('a move of the same size, and growth in place or elsewhere, are as ever', () => {
    const mm = draw('RR....T...', with24());
    expect([remap(mm, 0, 2, 2, FIXED, 4), picture(mm)]).toEqual([4, '....RRT...']);
    expect([remap(mm, 6, 1, 3, 0), picture(mm)]).toEqual([6, '....RRTTT.']);
    expect([remap(mm, 4, 2, 3, MREMAP_MAYMOVE), picture(mm)]).toEqual([0, 'RRR...TTT.']);
    mm.check();
  });

  it('growth in place does not join the area it comes to touch; a move does join its neighbours', () => {
    const mm = draw('R.R.....R.', with24());
    expect([remap(mm, 0, 1, 2, 0), picture(mm)]).toEqual([0, 'RR|R.....R.']);
    expect([remap(mm, 2, 1, 1, FIXED, 7), picture(mm)]).toEqual([7, 'RR.....RR.']);
  });

  it('a new length of 0 is a munmap', () => {
    const mm = draw('RRR', with24());
    expect([remap(mm, 0, 3, 0, 0), picture(mm)]).toEqual([0, '...']);
  });

  it('a shrink whose tail the map limit keeps succeeds in place, and is refused where it would move', () => {
    const mm = draw('RRRRR....', with24({ maxMapCount: 1 }));
    expect([remap(mm, 1, 2, 1, 0), picture(mm)]).toEqual([1, 'RRRRR....']);
    expect([remap(mm, 1, 2, 1, FIXED, 7), picture(mm)]).toEqual([-ENOMEM, 'RRRRR....']);
  });
});

describe('madvise, mincore and msync', () => {
  /** A private map of `npages` of a file of `size` pages. */
  function mapFile(mm: Mm, npages: number, size: number): number {
    const mapping = new AddressSpace(mm.pageTable.memory, zeroBacking(size * 4096), false);
    const open = { mapped: { path: '/f', major: 3, minor: 1, inode: 9, mapping }, readable: true, writable: false, mappable: true };
    return doMmap(mm, { ...newMmapArgs(), lenPages: npages, prot: PROT_READ, flags: mapFlags(mm, 'PRIVATE'), file: open });
  }

  it('MADV_WILLNEED beyond the end of a file is EIO, by clusters of 8 pages, or by pages in random areas', () => {
    const mm = draw('A', with24());
    const at = mapFile(mm, 16, 5) - baseOf(mm);
    const needs = (page: number) => advise(mm, at + page, 1, MADV_WILLNEED);
    expect([advise(mm, 0, 1, MADV_WILLNEED), needs(4), needs(7), needs(8)]).toEqual([-EBADF, 0, 0, -EIO]);
    advise(mm, at, 16, MADV_RANDOM);
    expect([needs(4), needs(5), needs(7)]).toEqual([0, -EIO, -EIO]);
  });

  it('mincore looks at its vector only to store: a hole is ENOMEM before that', () => {
    const mm = draw('G.', with24());
    const kernel = mm.target.taskSize + 8;
    expect(doMincore(mm, baseOf(mm) + 1, 0, 1, 0, kernel, 0)).toBe(-ENOMEM);
    expect(doMincore(mm, baseOf(mm), 0, 1, 0, kernel, 0)).toBe(-EFAULT);
    expect(doMincore(mm25(), baseOf(mm), 0, 1, 0, kernel, 0)).toBe(-EFAULT);
    expect(doMincore(mm25(), baseOf(mm) + 1, 0, 1, 0, kernel, 0)).toBe(-EFAULT);
  });

  it('msync of a range that wraps around is EINVAL', () => {
    const mm = draw('G', with24());
    expect(doMsync(mm, baseOf(mm), 0, mm.target.vpnEnd - 2, 0, MS_SYNC)).toBe(-EINVAL);
    expect(doMsync(mm25(), baseOf(mm), 0, mm.target.vpnEnd - 2, 0, MS_SYNC)).toBe(-ENOMEM);
  });

  it('mlockall and munlockall need the privilege', () => {
    const mm = draw('A', with24());
    expect([doMlockall(mm, 1), doMunlockall(mm)]).toEqual([-EPERM, -EPERM]);
  });
});

describe('/proc/PID/maps right after exec', () => {
  it('i386: 8 digits, nothing behind the inode where there is no name, no gate', () => {
    expect(mapsLines(execMm({ release: '2.4.20' }))).toEqual([
      `${'08048000-08049000 r-xp 00000000 03:01 4711'.padEnd(49)}/bin/program`,
      `${'08049000-0804a000 rw-p 00001000 03:01 4711'.padEnd(49)}/bin/program`,
      'bfffe000-c0000000 rwxp 00000000 00:00 0',
    ]);
  });

  it('ia64: the stack may be executed, whatever the heap may, in 2.4 alone', () => {
    const stack = (release: string) => mapsLines(execMm({ arch: 'ia64', release })).at(-1)!.split(' ')[1];
    expect([stack('2.4.20'), stack('2.5.45')]).toEqual(['rwxp', 'rw-p']);
  });
});
