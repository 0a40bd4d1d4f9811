/**
 * mlock, mlock2, munlock, mlockall, munlockall: privileges and limits, areas, and pages made present, release
 * by release. Facts from mm/mlock.c of Linux 2.5.46, 2.6.11, 2.6.18, 6.1 and 6.18.
 */
import { describe, expect, it } from 'vitest';
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from '../../src/arch/generic/errno.js';
import { PROT_NONE, PROT_READ, PROT_WRITE, VM_DONTEXPAND, VM_LOCKED } from '../../src/arch/generic/mman.js';
import {
  MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT, MLOCK_ONFAULT, VM_LOCKONFAULT,
} from '../../src/arch/generic/mman_calls.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMlock, doMlock2, doMlockall, doMunlock, doMunlockall } from '../../src/mm/mlock.js';
import { baseOf, draw, map, picture, protect } from '../support/draw.js';
import { execMm } from '../support/machines.js';
import { flagsAt, forked, lockPages, type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const all = Object.keys(ruleSets) as Rules[];
const free = all.slice(1);
const recent: Rules[] = ['4.12', '6.1', '6.13', '6.18'];
const GIB = 2 ** 30;
const PAGE = 4096;

function lock(mm: Mm, page: number, npages: number): number {
  return doMlock(mm, baseOf(mm) + page, 0, npages, 0);
}

function unlock(mm: Mm, page: number, npages: number): number {
  return doMunlock(mm, baseOf(mm) + page, 0, npages, 0);
}

/** "L" for a locked page, "l" for one locked on fault, "-" for another one, "." for a hole. */
function locks(mm: Mm, width: number): string {
  return Array.from({ length: width }, (_, page) => {
    const h = mm.vmas.find(baseOf(mm) + page);
    if (h < 0 || mm.vmas.vmStart[h]! > baseOf(mm) + page) return '.';
    if ((mm.vmas.vmFlags[h]! & VM_LOCKED) === 0) return '-';
    return mm.rules.lock.onFault && (mm.vmas.vmFlags[h]! & VM_LOCKONFAULT) !== 0 ? 'l' : 'L';
  }).join('');
}

describe('the pages that the kernel maps itself', () => {
  /** Pages that mlockall(MCL_CURRENT) leaves unlocked. */
  function unlocked(release: string): number {
    const mm = execMm({ arch: 'i386', release });
    expect(doMlockall(mm, MCL_CURRENT)).toBe(0);
    return mm.totalVm - mm.lockedVm;
  }

  it('are locked like others in 2.6.18, and never once install_special_mapping() sets VM_DONTEXPAND', () => {
    expect([unlocked('2.6.18'), unlocked('6.1')]).toEqual([0, 6]);
  });
});

describe('2.5.46: without CAP_IPC_LOCK', () => {
  const start = (text: string, more = {}) => draw(text, withRules('2.5', more));

  it('mlock fails with EPERM, after the limits, which fail with ENOMEM', () => {
    expect(lock(start('AA'), 0, 2)).toBe(-EPERM);
    expect(lock(start('AA', { rlimits: { memlock: PAGE } }), 0, 2)).toBe(-ENOMEM);
    expect(lock(start('AA', { ram: 2 * PAGE }), 0, 2)).toBe(-ENOMEM);
  });

  it('mlockall fails with EINVAL, ENOMEM or EPERM, in that order; munlockall with EPERM', () => {
    const mm = start('AA', { rlimits: { memlock: PAGE } });
    expect([doMlockall(mm, 0), doMlockall(mm, 8), doMlockall(mm, 4), doMlockall(mm, MCL_FUTURE)])
      .toEqual([-EINVAL, -EINVAL, -EINVAL, -ENOMEM]);
    expect([doMlockall(start('AA'), MCL_CURRENT), doMunlockall(mm)]).toEqual([-EPERM, -EPERM]);
  });

  it('munlock is free: it unlocks what is locked, and splits', () => {
    const mm = start('AAA');
    lockPages(mm, 0, 3);
    expect([unlock(mm, 1, 1), locks(mm, 3), mm.lockedVm]).toEqual([0, 'L-L', 2]);
    mm.check();
  });
});

describe.each(free)('2.6.9 and later: %s', (rules) => {
  const start = (text: string, more = {}) => draw(text, withRules(rules, more));

  it('mlock locks and makes present what lies in the range', () => {
    const mm = start('AAAA');
    expect([lock(mm, 1, 2), locks(mm, 4)]).toEqual([0, '-LL-']);
    expect([mm.lockedVm, mm.pageTable.rss]).toEqual([2, 2]);
    mm.check();
  });

  it('a range that begins and ends within pages takes both pages', () => {
    const mm = start('AAAA');
    expect(doMlock(mm, baseOf(mm) + 1, PAGE - 1, 0, 2)).toBe(0);
    expect(locks(mm, 4)).toBe('-LL-');
  });

  it('a length of 0 succeeds anywhere', () => {
    const mm = start('A.');
    expect([lock(mm, 0, 0), lock(mm, 1, 0), unlock(mm, 1, 0)]).toEqual([0, 0, 0]);
  });

  it('a range that wraps around fails with EINVAL', () => {
    const mm = start('A');
    expect(doMunlock(mm, mm.target.vpnEnd - 1, 0, 2, 0)).toBe(-EINVAL);
  });

  it('what is locked already is not counted again, and stays', () => {
    const mm = start('AAAA');
    lock(mm, 0, 2);
    expect([lock(mm, 0, 4), mm.lockedVm, locks(mm, 4)]).toEqual([0, 4, 'LLLL']);
    expect([unlock(mm, 0, 4), mm.lockedVm]).toEqual([0, 0]);
    mm.check();
  });

  it('RLIMIT_MEMLOCK of 0 fails with EPERM, a higher one that is exceeded with ENOMEM', () => {
    expect(lock(start('AA', { rlimits: { memlock: 0 } }), 0, 1)).toBe(-EPERM);
    const mm = start('AAA', { rlimits: { memlock: 2 * PAGE + 5 } });
    expect([lock(mm, 0, 3), lock(mm, 0, 2), locks(mm, 3)]).toEqual([-ENOMEM, 0, 'LL-']);
  });

  it('a hole fails with ENOMEM, and the areas before it stay locked', () => {
    const mm = start('AA.A');
    expect([lock(mm, 0, 4), locks(mm, 4)]).toEqual([-ENOMEM, 'LL.-']);
    expect([unlock(mm, 0, 4), locks(mm, 4)]).toEqual([-ENOMEM, '--.-']);
    expect([lock(mm, 2, 2), locks(mm, 4)]).toEqual([-ENOMEM, '--.-']);
  });

  // From 3.6 to 6.13 memory that was written, which locking does, does not join memory that was not.
  it('unlocking merges from 2.6.18 on', () => {
    const mm = start('FFFF');
    lock(mm, 1, 2);
    unlock(mm, 1, 2);
    expect(picture(mm)).toBe(['2.6.11', '3.6', '3.8', '4.12', '6.1', '6.13'].includes(rules) ? 'F|FF|F' : 'FFFF');
    mm.check();
  });

  it('munmap of a part lowers what is counted', () => {
    const mm = start('AAAA');
    lock(mm, 0, 4);
    map(mm, 1, 2, 'N');
    expect([mm.lockedVm, locks(mm, 4)]).toEqual([2, 'L--L']);
  });

  it('a child inherits no locks', () => {
    const mm = start('AA');
    lock(mm, 0, 2);
    doMlockall(mm, MCL_FUTURE);
    const child = forked(mm);
    expect([child.lockedVm, child.defFlags, child.vmas.vmFlags[child.vmas.first()]! & VM_LOCKED]).toEqual([0, 0, 0]);
  });

  it('mlockall: no flags, unknown flags and MCL_ONFAULT alone fail with EINVAL', () => {
    const mm = start('AA');
    expect([0, 8].map((flags) => doMlockall(mm, flags))).toEqual([-EINVAL, -EINVAL]);
    if (rules !== '4.12') expect(doMlockall(mm, MCL_ONFAULT)).toBe(-EINVAL);
  });

  it('mlockall(MCL_CURRENT) locks every area if all of them fit the limit', () => {
    const limit = { rlimits: { memlock: 3 * PAGE } };
    const mm = start('AA.A', limit);
    expect([doMlockall(mm, MCL_CURRENT), locks(mm, 4), mm.lockedVm]).toEqual([0, 'LL.L', 3]);
    expect(mm.pageTable.rss).toBe(3);
    expect(doMlockall(start('AA.AA', limit), MCL_CURRENT)).toBe(-ENOMEM);
    expect(doMlockall(start('AA', { rlimits: { memlock: 0 } }), MCL_CURRENT)).toBe(-EPERM);
    mm.check();
  });

  it('mlockall(MCL_FUTURE) locks what is mapped from then on, and nothing before', () => {
    const mm = start('A...', { rlimits: { memlock: 2 * PAGE } });
    expect([doMlockall(mm, MCL_FUTURE), locks(mm, 4)]).toEqual([0, '-...']);
    expect([map(mm, 1, 2, 'A'), locks(mm, 4), mm.lockedVm, mm.pageTable.rss]).toEqual([1, '-LL.', 2, 2]);
    expect(map(mm, 3, 1, 'A')).toBe(-EAGAIN);
    mm.check();
  });

  it('munlockall unlocks everything there is and will be', () => {
    const mm = start('AA..');
    doMlockall(mm, MCL_CURRENT | MCL_FUTURE);
    expect([doMunlockall(mm), map(mm, 2, 1, 'R'), locks(mm, 4), mm.lockedVm]).toEqual([0, 2, '---.', 0]);
  });

  it('mlockall ignores areas that cannot be made present', () => {
    const mm = start('NA');
    expect([doMlockall(mm, MCL_CURRENT), locks(mm, 2), mm.pageTable.rss]).toEqual([0, 'LL', 1]);
  });
});

describe('a split over the map limit', () => {
  it.each([['2.6.11', EAGAIN], ['2.6.18', EAGAIN], ['6.1', ENOMEM], ['6.18', ENOMEM]] as const)(
    'fails in %s with errno %i', (rules, errno) => {
      const mm = draw('AAAA', withRules(rules, { maxMapCount: 1 }));
      expect([lock(mm, 1, 2), picture(mm), mm.lockedVm]).toEqual([-errno, 'AAAA', 0]);
    },
  );
});

describe('what is locked already and RLIMIT_MEMLOCK', () => {
  it.each(free)('counts twice up to 2.6.18: %s', (rules) => {
    const mm = draw('AAA', withRules(rules, { rlimits: { memlock: 3 * PAGE } }));
    expect([lock(mm, 0, 2), lock(mm, 0, 3)]).toEqual([0, recent.includes(rules) ? 0 : -ENOMEM]);
  });

  // 4.12, count_mm_mlocked_page_nr(): 3 GiB less than nothing are 1 GiB too many.
  it('is counted in an int of bytes by 4.12: beyond 2 GiB it counts twice, and more', () => {
    const again = (rules: Rules) => {
      const mm = draw('.', withRules(rules, { rlimits: { memlock: 3 * GIB }, base: 0x1000 }));
      map(mm, 0, (3 * GIB) / PAGE - 0x2000, 'R');
      expect(doMlock2(mm, baseOf(mm), 0, (3 * GIB) / PAGE - 0x2000, 0, MLOCK_ONFAULT)).toBe(0);
      return doMlock2(mm, baseOf(mm), 0, (3 * GIB) / PAGE - 0x2000, 0, MLOCK_ONFAULT);
    };
    expect([again('4.12'), again('6.1')]).toEqual([-ENOMEM, 0]);
  });
});

describe('mlockall(MCL_ONFAULT) alone', () => {
  it('unlocks everything in 4.12, as munlockall does', () => {
    const mm = draw('AA.', withRules('4.12'));
    doMlockall(mm, MCL_CURRENT | MCL_FUTURE);
    expect([doMlockall(mm, MCL_ONFAULT), locks(mm, 3), mm.lockedVm]).toEqual([0, '--.', 0]);
    expect([map(mm, 2, 1, 'R'), locks(mm, 3), mm.defFlags]).toEqual([2, '---', 0]);
  });
});

describe('pages that cannot be made present', () => {
  it.each([['2.6.11', EFAULT], ['2.6.18', EFAULT], ['6.1', ENOMEM], ['6.18', ENOMEM]] as const)(
    'PROT_NONE in %s fails with %i, and is locked all the same', (rules, errno) => {
      const mm = draw('N', withRules(rules));
      expect([lock(mm, 0, 1), locks(mm, 1), mm.lockedVm]).toEqual([-errno, 'L', 1]);
    },
  );

  it.each(free)('memory that can only be written is written: %s', (rules) => {
    const mm = draw('A', withRules(rules));
    protect(mm, 0, 1, PROT_WRITE);
    expect([lock(mm, 0, 1), mm.pageTable.rss]).toEqual([0, 1]);
  });

  it.each(['2.6.11', '2.6.18'] as const)('in %s end the walk: later areas are not locked', (rules) => {
    const mm = draw('AN|A', withRules(rules));
    expect([lock(mm, 0, 3), locks(mm, 3)]).toEqual([-EFAULT, 'LL-']);
  });

  it.each(recent)('in %s are found when all areas are locked', (rules) => {
    const mm = draw('ANA', withRules(rules));
    expect([lock(mm, 0, 3), locks(mm, 3), mm.pageTable.rss]).toEqual([-ENOMEM, 'LLL', 1]);
  });

  it.each([['2.6.18', EPERM], ['6.1', ENOMEM]] as const)('behind the end of a file, after a good page: %s', (rules, errno) => {
    // Shared memory that grew by mremap has no pages behind its old end.
    const mm = draw('S.', withRules(rules));
    mm.vmas.setEnd(mm.vmas.first(), baseOf(mm) + 2);
    mm.totalVm += 1;
    expect([lock(mm, 0, 2), locks(mm, 2)]).toEqual([-errno, 'LL']);
  });
});

describe.each(recent)('6.x: %s', (rules) => {
  const start = (text: string) => draw(text, withRules(rules));
  const lock2 = (mm: Mm, page: number, npages: number, flags: number) =>
    doMlock2(mm, baseOf(mm) + page, 0, npages, 0, flags);

  it('mlock2 with MLOCK_ONFAULT locks pages when they are touched', () => {
    const mm = start('AAA');
    expect([lock2(mm, 0, 2, MLOCK_ONFAULT), locks(mm, 3), mm.lockedVm, mm.pageTable.rss]).toEqual([0, 'll-', 2, 0]);
    expect([lock(mm, 0, 1), locks(mm, 3), mm.lockedVm, mm.pageTable.rss]).toEqual([0, 'Ll-', 2, 1]);
    expect([unlock(mm, 0, 3), locks(mm, 3), mm.lockedVm]).toEqual([0, '---', 0]);
    mm.check();
  });

  it('a child inherits no MLOCK_ONFAULT, so that what it maps beside joins', () => {
    const mm = start('AA.');
    lock2(mm, 0, 2, MLOCK_ONFAULT);
    const child = forked(mm);
    expect(flagsAt(child, 0) & (VM_LOCKED | VM_LOCKONFAULT)).toBe(0);
  });

  it('mlock2 with other flags fails with EINVAL', () => {
    expect(lock2(start('A'), 0, 1, 2)).toBe(-EINVAL);
  });

  it('MCL_ONFAULT goes with another flag', () => {
    const mm = start('A.');
    expect(doMlockall(mm, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)).toBe(0);
    map(mm, 1, 1, 'R');
    expect([locks(mm, 2), mm.pageTable.rss]).toEqual(['ll', 0]);
    doMunlockall(mm);
    expect([mm.defFlags, flagsAt(mm, 1) & VM_LOCKONFAULT]).toEqual([0, 0]);
  });

  it('special areas are passed over', () => {
    const mm = start('AR');
    mm.vmas.vmFlags[mm.vmas.last()]! |= VM_DONTEXPAND;
    expect([lock(mm, 0, 2), locks(mm, 2), mm.lockedVm]).toEqual([0, 'L-', 1]);
  });

  it('mprotect of locked memory keeps it locked', () => {
    const mm = start('AA');
    lock(mm, 0, 2);
    protect(mm, 0, 1, PROT_READ);
    protect(mm, 1, 1, PROT_NONE);
    expect([locks(mm, 2), mm.lockedVm]).toEqual(['LL', 2]);
    mm.check();
  });
});
