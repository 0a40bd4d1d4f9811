/*
 * Stacks that grow by faults: down to any page below them that nothing lies between, within the limits; ia64's register
 * stack up, a page at a time. A pictured page: S stack, R register stack, A memory, N without rights, "." nothing.
 */

import { describe, expect, it } from 'vitest';
import { EFAULT } from '../../src/arch/generic/errno.js';
import { VM_GROWSDOWN, VM_GROWSUP, VM_LOCKED } from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import type { MmChoice } from '../support/machines.js';
import { execMm } from '../support/machines.js';

const STACK = (mm: Mm) => areaWith(mm, VM_GROWSDOWN);

function areaWith(mm: Mm, flag: number): { start: number; end: number } {
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) {
    if ((mm.vmas.vmFlags[h]! & flag) !== 0) return { start: mm.vmas.vmStart[h]!, end: mm.vmas.vmEnd[h]! };
  }
  throw new Error('no such area');
}

/** Whether a write to the page goes through. */
function touches(mm: Mm, vpn: number): boolean {
  const isThere = mm.pageTable.forWrite(vpn) >= 0;
  mm.check();
  return isThere;
}

/** A private area of readable and writable memory, or one without rights, as exec might leave it. */
function put(mm: Mm, start: number, npages: number, flags = 0x73): void {
  mm.addArea(mm.vmas.find(start), start, start + npages, start, flags, 0);
  mm.account(flags, npages);
}

const machines: readonly MmChoice[] = [
  { arch: 'i386' }, { arch: 'sparc64' }, { arch: 'sparc64', bits: 32 }, { arch: 'ia64' }, { arch: 'i386', release: '6.1' },
  { arch: 'x86_64', release: '4.12' }, { arch: 'ia64', release: '4.12' },
  { arch: 'x86_64', release: '6.18' },
];

describe.each(machines.map((choice) => [JSON.stringify(choice), choice] as const))('%s', (_name, choice) => {
  it('the stack grows over the page below it, and over many at once', () => {
    const mm = execMm(choice);
    const { start, end } = STACK(mm);
    const before = mm.totalVm;
    expect([touches(mm, start - 1), STACK(mm)]).toEqual([true, { start: start - 1, end }]);
    expect([touches(mm, start - 100), STACK(mm).start]).toEqual([true, start - 100]);
    expect(mm.totalVm - before).toBe(100);
    expect(mm.vm.committed).toBeGreaterThanOrEqual(100);
  });

  it('up to RLIMIT_STACK and no page further', () => {
    const mm = execMm(choice);
    const { end } = STACK(mm);
    const lowest = end - mm.rlimits.stack / mm.target.pageSize;
    expect([touches(mm, lowest - 1), mm.pageTable.lastFault]).toEqual([false, 'SEGV_MAPERR']);
    expect([touches(mm, lowest), STACK(mm).start]).toEqual([true, lowest]);
  });

  it('up to RLIMIT_AS', () => {
    const mm = execMm(choice);
    const { start } = STACK(mm);
    mm.rlimits.as = mm.bytes(mm.totalVm + 3);
    expect([touches(mm, start - 4), touches(mm, start - 3), touches(mm, start - 4)]).toEqual([false, true, false]);
  });

  it('as far as memory may be committed', () => {
    const mm = execMm(choice);
    mm.vm.overcommit = 2;
    mm.vm.committed = Math.floor((mm.vm.totalRam * mm.vm.overcommitRatio) / 100) - 3;
    const { committed } = mm.vm;
    expect(touches(mm, STACK(mm).start - 10)).toBe(false);
    expect([mm.vm.committed, touches(mm, STACK(mm).start - 1)]).toEqual([committed, true]);
  });

  it('a page below other memory is none of the stack\'s', () => {
    const mm = execMm(choice);
    const { start } = STACK(mm);
    put(mm, start - 500, 2);
    expect([touches(mm, start - 501), mm.pageTable.lastFault]).toEqual([false, 'SEGV_MAPERR']);
    expect(STACK(mm).start).toBe(start);
  });

  it('comes as close to memory below as the release lets it: the guard gap', () => {
    const mm = execMm(choice);
    const { start } = STACK(mm);
    const gap = mm.rules.stackGuardGap;
    put(mm, start - 500, 2);
    const nearest = start - 498 + gap;
    if (gap > 0) expect(touches(mm, nearest - 1)).toBe(false);
    expect([touches(mm, nearest), STACK(mm).start]).toEqual([true, nearest]);
  });

  it('memory without rights below it keeps no gap, but in 4.12', () => {
    const mm = execMm(choice);
    const { start } = STACK(mm);
    put(mm, start - 500, 2, 0x70);
    const nearest = start - 498 + (mm.rules.stackGapFrom === 'all memory' ? mm.rules.stackGuardGap : 0);
    if (nearest > start - 498) expect(touches(mm, nearest - 1)).toBe(false);
    expect([touches(mm, nearest), STACK(mm).start]).toEqual([true, nearest]);
  });

  it('reads grow it as well', () => {
    const mm = execMm(choice);
    const { start } = STACK(mm);
    expect(mm.pageTable.forRead(start - 5)).toBeGreaterThanOrEqual(0);
    expect(STACK(mm).start).toBe(start - 5);
  });
});

describe('4.12: the guard gap at the bottom of the space', () => {
  it('is kept from address 0, though nothing lies there', () => {
    const mm = execMm({ arch: 'i386', release: '4.12', rlimits: { stack: 2 ** 30 } });
    doMunmap(mm, mm.target.startBrk - 2, 0, 2, 0);
    put(mm, 500, 10, 0x173);
    expect([touches(mm, 255), touches(mm, 256), areaWith(mm, VM_GROWSDOWN).start]).toEqual([false, true, 256]);
  });
});

describe('a map below one with MAP_GROWSDOWN', () => {
  /** Pages free between the two, where the lower one asked for one page between them. */
  function distance(release: string): number {
    const mm = execMm({ arch: 'i386', release });
    const map = (vpn: number, flags: number) => doMmap(mm, { ...newMmapArgs(), vpn, lenPages: 1, prot: 3, flags });
    const stack = map(0, 0x122);
    return stack - 1 - map(stack - 2, 0x22);
  }

  it('is kept 256 pages away by the search of 4.12 and of 6.13; 6.1 only refuses its hint', () => {
    expect(['2.6.18', '4.12', '6.1', '6.13'].map(distance)).toEqual([1, 256, 0, 256]);
  });
});

describe('3.8: the guard page of a stack that was only read', () => {
  it('is found by the next read, too: the zero page of before is not remembered', () => {
    const mm = execMm({ arch: 'i386', release: '3.8' });
    const { start, end } = STACK(mm);
    const page = end - 2;
    expect(mm.pageTable.forRead(page)).toBeGreaterThanOrEqual(0);
    doMunmap(mm, start, 0, page - start, 0);
    put(mm, page - 1, 1);
    expect([mm.pageTable.forRead(page), mm.pageTable.lastFault]).toEqual([-EFAULT, 'SIGBUS']);
  });
});

describe('a locked stack', () => {
  /** What a growth of two pages says when one more may be locked. */
  function grows(release: string): boolean {
    const mm = execMm({ arch: 'i386', release });
    const h = mm.vmas.last();
    mm.vmas.vmFlags[h] = (mm.vmas.vmFlags[h]! | VM_LOCKED) >>> 0;
    mm.lockedVm = 2;
    mm.rlimits.memlock = mm.bytes(3);
    return touches(mm, mm.vmas.vmStart[mm.vmas.last()]! - 2);
  }

  it('grows within RLIMIT_MEMLOCK, which is asked about from 2.6.11 on', () => {
    expect(['2.5.46', '2.6.9', '2.6.11', '6.1'].map(grows)).toEqual([true, true, false, false]);
  });
});

describe('the register stack of ia64', () => {
  const start = (release = '2.5.46') => {
    const mm = execMm({ arch: 'ia64', release });
    return { mm, rbs: () => areaWith(mm, VM_GROWSUP) };
  };

  it('grows up by the page above it, and by no more than one', () => {
    const { mm, rbs } = start();
    const { start: bottom, end } = rbs();
    expect([touches(mm, end + 1), rbs()]).toEqual([false, { start: bottom, end }]);
    expect([touches(mm, end), touches(mm, end + 1), rbs()]).toEqual([true, true, { start: bottom, end: end + 2 }]);
    expect(touches(mm, bottom - 1)).toBe(false);
  });

  it('up to RLIMIT_STACK, and it is charged for nothing', () => {
    const { mm, rbs } = start();
    const { start: bottom } = rbs();
    const { committed } = mm.vm;
    mm.rlimits.stack = mm.bytes(4);
    let grown = 0;
    while (touches(mm, rbs().end)) grown += 1;
    expect([rbs().end - bottom, grown, mm.vm.committed]).toEqual([5, 4, committed]);
  });

  it('is charged, and never larger than RLIMIT_STACK, from 2.6.18 on: acct_stack_growth()', () => {
    const { mm, rbs } = start('2.6.18');
    const { start: bottom } = rbs();
    const { committed } = mm.vm;
    mm.rlimits.stack = mm.bytes(4);
    let grown = 0;
    while (touches(mm, rbs().end)) grown += 1;
    expect([rbs().end - bottom, grown, mm.vm.committed]).toEqual([4, 3, committed + 3]);
    doMunmap(mm, bottom, 0, 4, 0);
    expect(mm.vm.committed).toBe(committed - 1);
  });

  it('grows over RLIMIT_MEMLOCK when locked, until acct_stack_growth() grows it: 2.6.18', () => {
    const grows = (release: string) => {
      const { mm, rbs } = start(release);
      const h = mm.vmas.find(rbs().start);
      mm.vmas.vmFlags[h] = (mm.vmas.vmFlags[h]! | VM_LOCKED) >>> 0;
      mm.lockedVm = 1;
      mm.rlimits.memlock = mm.bytes(1);
      return touches(mm, rbs().end);
    };
    expect(['2.6.11', '2.6.13', '2.6.18', '6.1'].map(grows)).toEqual([true, true, false, false]);
  });

  it('is data to RLIMIT_DATA: VM_STACK is VM_GROWSDOWN there', () => {
    const { mm, rbs } = start('6.1');
    mm.rlimits.data = mm.bytes(mm.dataVm + 1);
    expect([touches(mm, rbs().end), touches(mm, rbs().end)]).toEqual([true, false]);
  });

  it('keeps the guard gap above it, 256 pages, from memory that can be used: 6.1', () => {
    const { mm, rbs } = start('6.1');
    const { end } = rbs();
    put(mm, end + 300, 1);
    for (let i = 0; i < 300 - 256; i++) expect(touches(mm, end + i)).toBe(true);
    expect([touches(mm, rbs().end), rbs().end]).toEqual([false, end + 44]);
  });

  it('stops where the memory stack begins', () => {
    const { mm, rbs } = start();
    const { end } = rbs();
    put(mm, end + 1, 1);
    expect([touches(mm, end), touches(mm, end + 2)]).toEqual([true, false]);
    expect(rbs().end).toBe(end + 1);
  });
});
