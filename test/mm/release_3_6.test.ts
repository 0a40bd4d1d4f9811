/**
 * What 3.6 and 3.8 do otherwise than 2.6.18 before and 4.12 after them. Facts from Linux 3.6 and 3.8.13, mm/{mmap,mremap,
 * mlock,madvise,fremap,memory}.c, fs/exec.c, fs/proc/task_mmu.c.
 */
import { describe, expect, it } from 'vitest';
import {
  EACCES, EAGAIN, EFAULT, EINVAL, ENODEV, ENOMEM, EPERM,
} from '../../src/arch/generic/errno.js';
import { VM_GROWSDOWN, VM_GROWSUP, VM_LOCKED } from '../../src/arch/generic/mman.js';
import {
  MADV_DODUMP, MADV_DONTDUMP, MADV_HUGEPAGE, MADV_HWPOISON, MADV_NOHUGEPAGE, MADV_REMOVE,
} from '../../src/arch/generic/mman_calls.js';
import { AddressSpace, zeroBacking } from '../../src/mm/address_space.js';
import { doBrk } from '../../src/mm/brk.js';
import { doMadvise } from '../../src/mm/madvise.js';
import { mapsLines } from '../../src/mm/maps.js';
import { doMlock, doMlockall } from '../../src/mm/mlock.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { doRemapFilePages } from '../../src/mm/remap_file_pages.js';
import { mapFlags } from '../support/calls.js';
import { baseOf, draw, file, picture, terminal, writeOnlyFile } from '../support/draw.js';
import { execMm, type MmChoice } from '../support/machines.js';
import { advise, lockPages, remap, withRules } from '../support/mm_calls.js';

const FIXED = 3;
const MAYMOVE = 1;

function areaWith(mm: Mm, flag: number): number {
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) if ((mm.vmas.vmFlags[h]! & flag) !== 0) return h;
  throw new Error('no such area');
}

function bounds(mm: Mm, flag = VM_GROWSDOWN): [start: number, end: number] {
  const h = areaWith(mm, flag);
  return [mm.vmas.vmStart[h]!, mm.vmas.vmEnd[h]!];
}

function touches(mm: Mm, vpn: number): boolean {
  const isThere = mm.pageTable.forWrite(vpn) >= 0;
  mm.check();
  return isThere;
}

interface Wanted {
  vpn?: number;
  npages?: number;
  prot?: number;
  flags?: string;
  file?: OpenFile | null;
  pgoff?: number;
}

function map(mm: Mm, { vpn = 0, npages = 1, prot = 3, flags = 'PRIVATE ANONYMOUS', file: open = null, pgoff = 0 }: Wanted): number {
  const args = { ...newMmapArgs(), vpn, lenPages: npages, prot, flags: mapFlags(mm, flags), file: open, pgoff };
  return doMmap(mm, args);
}

/** The bounds that /proc/PID/maps shows for the area with the flag, in pages. */
function shown(mm: Mm, flag: number): string {
  const [, end] = bounds(mm, flag);
  const line = mapsLines(mm).find((each) => {
    const last = parseInt(each.split(' ')[0]!.split('-')[1]!, 16) / mm.target.pageSize;
    return last === end || last === end - 1;
  })!;
  return line.split(' ')[0]!;
}

const machines: readonly MmChoice[] = [
  { arch: 'i386' }, { arch: 'x86_64' }, { arch: 'x86_64', bits: 32 }, { arch: 'sparc64' }, { arch: 'sparc64', bits: 32 },
  { arch: 'ia64' },
];

const cells = machines.flatMap((machine) => ['3.6', '3.8'].map((release) => ({ ...machine, release })));

describe.each(cells.map((choice) => [JSON.stringify(choice), choice] as const))('%s', (_name, choice) => {
  it('a new stack is 128 KiB, a page of arguments and the page that guards it, which maps does not show', () => {
    const mm = execMm(choice);
    const [start, end] = bounds(mm);
    expect(mm.bytes(end - start)).toBe(0x20000 + 2 * mm.target.pageSize);
    const [from, to] = shown(mm, VM_GROWSDOWN).split('-').map((digits) => BigInt(`0x${digits}`)) as [bigint, bigint];
    expect(Number(to - from)).toBe(0x20000 + mm.target.pageSize);
  });

  it('a stack grows by one page more than was touched, and by one when its last page is', () => {
    const mm = execMm(choice);
    const [start] = bounds(mm);
    expect([touches(mm, start - 5), bounds(mm)[0]]).toEqual([true, start - 6]);
    expect([touches(mm, start - 6), bounds(mm)[0]]).toEqual([true, start - 7]);
    expect([touches(mm, start - 6), bounds(mm)[0]]).toEqual([true, start - 7]);
  });

  it('a page that cannot be guarded any more can be used all the same: RLIMIT_STACK', () => {
    const mm = execMm(choice);
    const [start, end] = bounds(mm);
    mm.rlimits.stack = mm.bytes(end - start + 1);
    expect([touches(mm, start - 1), bounds(mm)[0]]).toEqual([true, start - 1]);
    expect([touches(mm, start - 2), mm.pageTable.lastFault]).toEqual([false, 'SEGV_MAPERR']);
  });

  it('memory right below a stack makes its last page a SIGBUS, another stack there does not', () => {
    const mm = execMm(choice);
    const [start] = bounds(mm);
    expect(map(mm, { vpn: start - 1, flags: 'PRIVATE ANONYMOUS FIXED' })).toBe(start - 1);
    expect([touches(mm, start), mm.pageTable.lastFault]).toEqual([false, 'SIGBUS']);
    expect(touches(mm, start + 1)).toBe(true);
    map(mm, { vpn: start - 1, flags: 'PRIVATE ANONYMOUS FIXED GROWSDOWN' });
    expect(touches(mm, start)).toBe(true);
    expect(bounds(mm)[0]).toBe(start - 1);
  });
});

it('growth is by vm_pgoff at most: a stack that mremap moved up grows no further than it lay above 0', () => {
  const mm = execMm({ arch: 'i386', release: '3.6' });
  const h = areaWith(mm, VM_GROWSDOWN);
  mm.vmas.vmPgoff[h] = 3;
  const [start] = bounds(mm);
  expect([touches(mm, start - 4), touches(mm, start - 2), bounds(mm)[0]]).toEqual([false, true, start - 3]);
});

describe('a stack that would reach down to other memory', () => {
  const below = (release: string) => {
    const mm = execMm({ arch: 'i386', release });
    const [start] = bounds(mm);
    map(mm, { vpn: start - 10, flags: 'PRIVATE ANONYMOUS FIXED' });
    return [touches(mm, start - 9), mm.pageTable.lastFault, start - bounds(mm)[0], touches(mm, start - 8), start - bounds(mm)[0]];
  };

  it('grows there for nothing in 3.6, and in 3.8 leaves a page', () => {
    expect([below('3.6'), below('3.8')]).toEqual([
      [false, 'SIGBUS', 9, true, 9],
      [false, 'SEGV_MAPERR', 0, true, 9],
    ]);
  });
});

it('nobody\'s stack has a name on ia64, whose KSTK_ESP() is the stack of the kernel', () => {
  const named = (release: string) => mapsLines(execMm({ arch: 'ia64', release })).filter((line) => line.includes('[stack')).length;
  expect(['2.6.18', '3.6', '3.8', '6.1'].map(named)).toEqual([1, 0, 0, 1]);
});

describe("ia64's register stack", () => {
  it('is shown without the page that guards it, and grows by one when that is touched, which is charged', () => {
    const mm = execMm({ arch: 'ia64', release: '3.6' });
    const [start, end] = bounds(mm, VM_GROWSUP);
    expect([end - start, shown(mm, VM_GROWSUP)]).toEqual([1, '6000080000000000-6000080000000000']);
    const { committed } = mm.vm;
    expect([touches(mm, start), bounds(mm, VM_GROWSUP), mm.vm.committed]).toEqual([true, [start, end + 1], committed + 1]);
    expect(shown(mm, VM_GROWSUP)).toBe('6000080000000000-6000080000004000');
  });

  it.each(['2.6.18', '3.6', '6.1'])('in %s its new page counts against RLIMIT_STACK', (release) => {
    const mm = execMm({ arch: 'ia64', release });
    const [start, end] = bounds(mm, VM_GROWSUP);
    mm.rlimits.stack = mm.bytes(3);
    const { committed } = mm.vm;
    expect([touches(mm, end), touches(mm, end + 1), touches(mm, end + 2)]).toEqual([true, true, false]);
    expect([bounds(mm, VM_GROWSUP), mm.vm.committed]).toEqual([[start, end + 2], committed + 2]);
  });
});

describe('mmap', () => {
  const start = (text: string, more: MmChoice = {}) => draw(text, withRules('3.6', more));

  it('asks whether a file can be mapped once its rights are known', () => {
    const mm = start('....');
    const unreadable = { ...terminal, readable: false };
    expect(map(mm, { flags: 'PRIVATE', file: unreadable })).toBe(-EACCES);
    expect(map(mm, { flags: 'PRIVATE', file: terminal })).toBe(-ENODEV);
    expect(map(mm, { prot: 3, flags: 'SHARED', file: { ...writeOnlyFile, writable: false } })).toBe(-EACCES);
  });

  it('refuses MAP_GROWSDOWN of a file and of shared memory last, when what lay there is gone', () => {
    for (const wanted of [{ flags: 'SHARED ANONYMOUS' }, { flags: 'PRIVATE', file }, { flags: 'SHARED', file }]) {
      const mm = start('RR');
      expect(map(mm, { ...wanted, vpn: baseOf(mm), flags: `${wanted.flags} FIXED GROWSDOWN` })).toBe(-EINVAL);
      expect([picture(mm), mm.vm.committed]).toEqual(['.R', 0]);
    }
  });

  it('tests RLIMIT_AS when what lay there is gone, and RLIMIT_DATA never', () => {
    const mm = start('RRRR', { rlimits: { as: 3 * 4096, data: 4096 } });
    expect(map(mm, { vpn: baseOf(mm), npages: 2, flags: 'PRIVATE ANONYMOUS FIXED' })).toBe(-ENOMEM);
    expect(picture(mm)).toBe('..RR');
    expect(map(mm, { vpn: baseOf(mm), npages: 1, flags: 'PRIVATE ANONYMOUS FIXED' })).toBe(baseOf(mm));
  });

  it('MAP_POPULATE makes private memory present, unless MAP_NONBLOCK stands with it or it cannot be read', () => {
    const present = (release: string, flags: string, prot = 3) => {
      const mm = execMm({ arch: 'i386', release });
      return mm.pageTable.isPresent(map(mm, { prot, flags: `PRIVATE ANONYMOUS ${flags}` }));
    };
    expect([present('2.6.18', 'POPULATE'), present('3.6', 'POPULATE'), present('3.6', 'POPULATE NONBLOCK')])
      .toEqual([false, true, false]);
    expect([present('3.6', 'POPULATE', 0), present('3.6', '')]).toEqual([false, false]);
  });

  it('gives shared memory without a file pgoff 0, but colours it by the pgoff that was asked for', () => {
    const mm = execMm({ arch: 'sparc64', release: '3.6' });
    const [even, odd] = [0, 1].map((pgoff) => map(mm, { flags: 'SHARED ANONYMOUS', pgoff }));
    expect([even! % 2, odd! % 2]).toEqual([0, 1]);
    expect(mm.vmas.vmPgoff[mm.vmas.find(odd!)]).toBe(0);
    const fixed = (pgoff: number) => map(mm, { vpn: odd! + 2, flags: 'SHARED ANONYMOUS FIXED', pgoff });
    expect([fixed(0), fixed(1)]).toEqual([-EINVAL, odd! + 2]);
  });
});

describe('mremap', () => {
  it('tests the limits of an area that only moves', () => {
    const start = () => {
      const mm = draw('AAAA....', withRules('3.6'));
      lockPages(mm, 0, 2);
      return mm;
    };
    const [memlock, as] = [start(), start()];
    memlock.rlimits.memlock = 4096;
    as.rlimits.as = 2 * 4096;
    expect([remap(memlock, 0, 2, 2, FIXED, 5), remap(as, 0, 2, 2, FIXED, 5)]).toEqual([-EAGAIN, -ENOMEM]);
  });

  it('finds a target below mmap_min_addr only when it was unmapped', () => {
    const mm = draw('AA', withRules('3.6'));
    const low = -baseOf(mm) + 1;
    mm.addArea(mm.vmas.first(), 1, 2, 1, 0x71, 0);
    mm.account(0x71, 1);
    expect([remap(mm, 0, 1, 1, FIXED, low), mm.totalVm]).toEqual([-EPERM, 2]);
  });

  it('charges nothing that cannot be: EFAULT, in place and elsewhere', () => {
    for (const text of ['AAA...', 'AAAR..']) {
      const mm = draw(text, withRules('3.6', { overcommit: 2, ram: 10 * 4096 }));
      expect([remap(mm, 0, 3, 6, MAYMOVE), mm.vm.committed]).toEqual([-EFAULT, 3]);
    }
  });

  it('does not make an area larger in place that could not be mapped where it is', () => {
    const mm = draw('AA..', { ...withRules('3.6'), base: 2 });
    expect([remap(mm, 0, 2, 3, 0), remap(mm, 0, 2, 3, MAYMOVE) > 10]).toEqual([-ENOMEM, true]);
  });
});

describe('mlock', () => {
  it('counts what is locked already a second time', () => {
    const mm = draw('AAA', withRules('3.6', { rlimits: { memlock: 3 * 4096 } }));
    const lock = () => doMlock(mm, baseOf(mm), 0, 2, 0);
    expect([lock(), lock(), mm.lockedVm]).toEqual([0, -ENOMEM, 2]);
  });

  it('makes pages present when all areas have their flag: those before a hole stay absent', () => {
    const locked = (rules: '2.6.18' | '3.6') => {
      const mm = draw('A.A', withRules(rules));
      return [doMlock(mm, baseOf(mm), 0, 3, 0), mm.lockedVm, mm.pageTable.isPresent(baseOf(mm))];
    };
    expect([locked('2.6.18'), locked('3.6')]).toEqual([[-ENOMEM, 1, true], [-ENOMEM, 1, false]]);
  });

  it('passes over the vdso, and over the page that guards a stack', () => {
    const mm = execMm({ arch: 'i386', release: '3.6' });
    const [start] = bounds(mm);
    expect(doMlockall(mm, 1)).toBe(0);
    const vdso = mm.vmas.find(mm.mmapBase - 1);
    expect([mm.vmas.vmFlags[vdso]! & VM_LOCKED, mm.lockedVm]).toEqual([0, mm.totalVm - 1]);
    expect([mm.pageTable.isPresent(start), mm.pageTable.isPresent(start + 1), bounds(mm)[0]]).toEqual([false, true, start]);
    mm.check();
  });

  it('of memory without rights is ENOMEM, of memory that may only be executed it succeeds', () => {
    const mm = draw('N', withRules('3.6'));
    expect([doMlock(mm, baseOf(mm), 0, 1, 0), map(mm, { vpn: 0x60000, prot: 4 })]).toEqual([-ENOMEM, 0x60000]);
    expect(doMlock(mm, 0x60000, 0, 1, 0)).toBe(0);
  });
});

describe('brk', () => {
  it('does not go below the start of the heap, joins what lies below and needs one free page above, stacks included', () => {
    const mm = execMm({ arch: 'i386', release: '3.6' });
    const heap = mm.startBrk;
    doBrk(mm, heap - 1, 0);
    expect(mm.brkVpn).toBe(heap);
    map(mm, { vpn: heap + 4, flags: 'PRIVATE ANONYMOUS FIXED GROWSDOWN' });
    doBrk(mm, heap + 4, 0);
    expect(mm.brkVpn).toBe(heap);
    doBrk(mm, heap + 3, 0);
    expect([mm.brkVpn, mm.vmas.vmEnd[mm.vmas.find(heap)]]).toEqual([heap + 3, heap + 3]);
  });
});

describe('madvise', () => {
  it('asks for CAP_SYS_ADMIN before it looks at anything', () => {
    const mm = draw('A', withRules('3.6'));
    expect(doMadvise(mm, baseOf(mm), 5, 0, 0, MADV_HWPOISON)).toBe(-EPERM);
    expect(doMadvise(mm, baseOf(mm), 5, 0, 0, 77)).toBe(-EINVAL);
  });

  it('MADV_HUGEPAGE twice, and of shared memory, is EINVAL', () => {
    const mm = draw('AS', { arch: 'x86_64', release: '3.6', search: 'first-fit' });
    const both = [MADV_HUGEPAGE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_NOHUGEPAGE, MADV_HUGEPAGE];
    expect(both.map((advice) => advise(mm, 0, 1, advice))).toEqual([0, -EINVAL, 0, -EINVAL, 0]);
    expect(advise(mm, 1, 1, MADV_NOHUGEPAGE)).toBe(-EINVAL);
  });

  it('MADV_DODUMP is granted to the vdso, too, in 3.6', () => {
    const mm = execMm({ arch: 'i386', release: '3.6' });
    const vdso = mm.mmapBase - 1;
    expect([MADV_DONTDUMP, MADV_DODUMP].map((advice) => doMadvise(mm, vdso, 0, 1, 0, advice))).toEqual([0, 0]);
    for (const release of ['3.8', '6.1']) {
      const later = execMm({ arch: 'i386', release });
      expect(doMadvise(later, later.mmapBase - 1, 0, 1, 0, MADV_DODUMP)).toBe(-EINVAL);
    }
  });
});

describe('remap_file_pages', () => {
  const call = (mm: Mm, page: number, npages: number, pgoff: number) => doRemapFilePages(mm, {
    vpn: baseOf(mm) + page, offset: 0, sizePages: npages, sizeOffset: 0, prot: 0, pgoff, flags: 0,
  });

  it('has nothing to do for what is in order, be it beyond the end, and marks nothing', () => {
    const mm = draw('SSS', withRules('3.6'));
    expect([call(mm, 1, 2, 1), call(mm, 2, 2, 2), advise(mm, 0, 1, MADV_REMOVE)]).toEqual([0, -EINVAL, 0]);
  });

  it('reorders shared memory, of which no hole can be punched then', () => {
    const mm = draw('SSS', withRules('3.6'));
    expect([call(mm, 0, 1, 2), picture(mm), advise(mm, 1, 1, MADV_REMOVE)]).toEqual([0, '???', -EINVAL]);
  });

  it('maps a file anew: an area more, within RLIMIT_AS and the map limit', () => {
    const start = (more: MmChoice = {}) => {
      const mm = draw('......', withRules('3.6', more));
      const mapping = new AddressSpace(mm.pageTable.memory, zeroBacking(6 * 4096), false);
      const open = { ...file, mapped: { ...file.mapped, mapping } };
      map(mm, { vpn: baseOf(mm), npages: 3, flags: 'SHARED FIXED', file: open });
      return mm;
    };
    const mm = start();
    expect([call(mm, 1, 1, 5), picture(mm), mm.vmas.vmPgoff[mm.vmas.find(baseOf(mm) + 1)]]).toEqual([0, 'G|G|G...', 5]);
    expect([call(mm, 1, 1, 2 ** 29 - 1), call(mm, 1, 1, 2 ** 29 - 2)]).toEqual([-EINVAL, 0]);
    mm.check();
    expect(call(start({ maxMapCount: 1 }), 1, 1, 5)).toBe(-ENOMEM);
    const tight = start();
    tight.rlimits.as = 2 * 4096;
    expect([call(tight, 1, 1, 5), picture(tight)]).toEqual([-ENOMEM, 'G.G...']);
  });
});

it("sparc64's search remembers its largest hole when memory below the cache is unmapped", () => {
  const holeAfter = (release: string) => {
    const mm = execMm({ arch: 'sparc64', release });
    const first = map(mm, { npages: 4 });
    map(mm, { npages: 2, prot: 1 });
    map(mm, { vpn: first + 4, npages: 1, prot: 0, flags: 'PRIVATE ANONYMOUS FIXED' });
    return mm.cachedHoleSize;
  };
  expect([holeAfter('2.6.18'), holeAfter('3.6')]).toEqual([Number.POSITIVE_INFINITY, 0]);
});
