/**
 * mremap: its order of checks and what moves, merges, is charged and is counted, release by release. Facts
 * from mm/mremap.c of Linux 2.5.46, 2.6.11, 2.6.18, 6.1, 6.13 and 6.18.
 */
import { describe, expect, it } from 'vitest';
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from '../../src/arch/generic/errno.js';
import { PROT_NONE, PROT_READ, VM_ACCOUNT, VM_LOCKED } from '../../src/arch/generic/mman.js';
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from '../../src/arch/generic/mman_calls.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMremap } from '../../src/mm/mremap.js';
import { load32, store32 } from '../../src/mm/uaccess.js';
import { addressOf, baseOf, draw, picture, protect } from '../support/draw.js';
import { flagsAt, lockPages, type Rules, remap, remapBytes, ruleSets, withRules } from '../support/mm_calls.js';

const MAYMOVE = MREMAP_MAYMOVE;
const FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;
const DONTUNMAP = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
const all = Object.keys(ruleSets) as Rules[];
const old: Rules[] = ['2.5', '2.6.11', '2.6.18', '3.6', '3.8'];
const recent: Rules[] = ['6.1', '6.13', '6.18'];

/** Writes a word into each of the pages, so that they can be told apart after a move. */
function fill(mm: Mm, page: number, npages: number): void {
  for (let i = 0; i < npages; i++) store32(mm, ...addressOf(mm, page + i, 8), 100 + i);
}

function words(mm: Mm, page: number, npages: number): number[] {
  return Array.from({ length: npages }, (_, i) => load32(mm, ...addressOf(mm, page + i, 8)));
}

describe.each(all)('every release, %s', (rules) => {
  const start = (text: string, more = {}) => draw(text, withRules(rules, more));

  it('a shrink unmaps the tail and returns the address', () => {
    const mm = start('AAAA.');
    expect(remap(mm, 0, 4, 1, 0)).toBe(0);
    expect(picture(mm)).toBe('A....');
    expect(mm.vm.committed).toBe(1);
    mm.check();
  });

  it('growth goes into free space behind, charged, without MREMAP_MAYMOVE', () => {
    const mm = start('AA....');
    expect(remap(mm, 0, 2, 5, 0)).toBe(0);
    expect([picture(mm), mm.vm.committed, mm.totalVm]).toEqual(['AAAAA.', 5, 5]);
    mm.check();
  });

  it('growth from the middle of an area in place takes the part up to the end as the old length', () => {
    const mm = start('AAA..');
    expect(remap(mm, 1, 2, 4, 0)).toBe(1);
    expect(picture(mm)).toBe('AAAAA');
  });

  it('growth without room and without MREMAP_MAYMOVE fails with ENOMEM', () => {
    const mm = start('AAN..');
    expect(remap(mm, 0, 2, 3, 0)).toBe(-ENOMEM);
    expect([picture(mm), mm.vm.committed]).toEqual(['AAN..', 2]);
  });

  it('growth without room moves to where a search puts it, and the pages move with it', () => {
    const mm = start('ANAAN.....');
    fill(mm, 2, 2);
    const pages = mm.pageTable.memory.pages;
    const to = remap(mm, 2, 2, 3, MAYMOVE);
    expect([to, picture(mm)]).toEqual([5, 'AN..NAAA..']);
    expect(words(mm, 5, 3)).toEqual([100, 101, 0]);
    expect([mm.pageTable.rss, mm.pageTable.memory.pages, mm.vm.committed]).toEqual([2, pages, 4]);
    mm.check();
  });

  it('growth that does not end with the area moves, although there is room behind the area', () => {
    const mm = start('AAA......');
    expect(remap(mm, 0, 2, 4, MAYMOVE)).toBe(3);
    // What remains of the area takes the new one in; in 2.5.46 the two lose VM_ACCOUNT together.
    expect(picture(mm)).toMatch(rules === '2.5' ? /^\.\.aaaaa/ : /^\.\.A/);
    mm.check();
  });

  it('MREMAP_FIXED moves to the place and unmaps what was there', () => {
    const mm = start('AAA..RRRR');
    fill(mm, 0, 3);
    expect(remap(mm, 0, 3, 3, FIXED, 5)).toBe(5);
    expect(picture(mm)).toBe('.....AAAR');
    expect(words(mm, 5, 3)).toEqual([100, 101, 102]);
    mm.check();
  });

  it('MREMAP_FIXED with a shorter length cuts the tail off and moves the rest', () => {
    const mm = start('AAAA......');
    fill(mm, 0, 4);
    expect(remap(mm, 0, 4, 2, FIXED, 6)).toBe(6);
    expect([picture(mm), words(mm, 6, 2), mm.pageTable.rss]).toEqual(['......AA..', [100, 101], 2]);
    mm.check();
  });

  it('a middle piece leaves two pieces behind, both accounted as before', () => {
    const mm = start('AAAAA.....');
    expect(remap(mm, 1, 2, 2, FIXED, 7)).toBe(7);
    expect([picture(mm), mm.vm.committed]).toEqual(['A..AA..AA.', 5]);
    mm.check();
  });

  it('a tail leaves its front accounted', () => {
    const mm = start('AAAAA.....');
    expect(remap(mm, 3, 2, 2, FIXED, 7)).toBe(7);
    expect([picture(mm), mm.vm.committed]).toEqual(['AAA....AA.', 5]);
  });

  it('a file keeps its page offsets', () => {
    const mm = start('FFFF.....');
    expect(remap(mm, 1, 2, 2, FIXED, 6)).toBe(6);
    expect(picture(mm)).toBe('F..F..FF.');
    expect(mm.vmas.vmPgoff[mm.vmas.find(baseOf(mm) + 6)]).toBe(1);
  });

  it('private memory that was never written joins equal memory at the target', () => {
    const mm = start('AA...AA..');
    alignPgoff(mm);
    expect(remap(mm, 0, 2, 2, FIXED, 7)).toBe(7);
    expect(picture(mm)).toBe('.....AAAA');
    expect(mm.vmas.size).toBe(1);
    mm.check();
  });

  it('shared memory that is doubled shows the same pages at both places', () => {
    const mm = start('SS.......');
    store32(mm, ...addressOf(mm, 0, 8), 7);
    const to = remap(mm, 0, 0, 2, MAYMOVE);
    expect(to).toBe(2);
    expect([mm.vmas.size, words(mm, to, 1)]).toEqual([2, [7]]);
    mm.check();
  });

  it.each([
    ['unknown flags', 0, 1, 1, 8, 0, -EINVAL],
    ['MREMAP_FIXED without MREMAP_MAYMOVE', 0, 1, 1, MREMAP_FIXED, 4, -EINVAL],
    ['a target that overlaps from below', 1, 2, 2, FIXED, 0, -EINVAL],
    ['a target that overlaps from above', 0, 2, 2, FIXED, 1, -EINVAL],
    ['a range that leaves its area while it moves', 1, 4, 4, FIXED, 6, -EFAULT],
    ['a hole, growing', 4, 1, 2, MAYMOVE, 0, -EFAULT],
  ] as const)('%s fails', (what, page, oldLen, newLen, flags, target, result) => {
    const mm = start('AAA......');
    // 6.17 moves several areas, so a range may leave one and end in a hole.
    const expected = rules === '6.18' && what.includes('leaves') ? target : result;
    expect(remap(mm, page, oldLen, newLen, flags, target)).toBe(expected);
    mm.check();
  });

  it('addresses that are not aligned fail with EINVAL', () => {
    const mm = start('AAA......');
    expect(remapBytes(mm, 0, 1, 0x1000, 0x2000, MAYMOVE)).toBe(-EINVAL);
    expect(remapBytes(mm, 0, 0, 0x1000, 0x1000, FIXED, 5, 4)).toBe(-EINVAL);
    expect(picture(mm)).toBe('AAA......');
  });

  it('a target that reaches above TASK_SIZE fails with EINVAL', () => {
    const mm = start('AAA');
    const last = mm.target.taskSize - baseOf(mm) - 1;
    expect(remap(mm, 0, 2, 2, FIXED, last)).toBe(-EINVAL);
  });

  it('growth over RLIMIT_AS fails with ENOMEM', () => {
    const mm = start('AAA...', { rlimits: { as: 4 * 4096 } });
    expect(remap(mm, 0, 3, 4, 0)).toBe(0);
    expect(remap(mm, 0, 4, 5, MAYMOVE)).toBe(-ENOMEM);
  });

  it('growth that cannot be charged fails with ENOMEM (3.x: EFAULT) and nothing stays charged', () => {
    const mm = start('AAA...', { overcommit: 2, ram: 10 * 4096 });
    expect(remap(mm, 0, 3, 6, MAYMOVE)).toBe(rules === '3.6' || rules === '3.8' ? -EFAULT : -ENOMEM);
    expect([picture(mm), mm.vm.committed]).toEqual(['AAA...', 3]);
  });

  it('locked memory over RLIMIT_MEMLOCK fails with EAGAIN; below it the new pages are present', () => {
    const mm = start('AAA.....', { rlimits: { memlock: 4 * 4096 } });
    lockPages(mm, 0, 3);
    expect(remap(mm, 0, 3, 5, 0)).toBe(-EAGAIN);
    expect(remap(mm, 0, 3, 4, 0)).toBe(0);
    expect(mm.lockedVm).toBe(4);
    expect(mm.pageTable.isPresent(baseOf(mm) + 3)).toBe(true);
    mm.check();
  });

  it('locked memory stays locked and counted where it moves', () => {
    const mm = start('AAAN......');
    lockPages(mm, 0, 3);
    expect(remap(mm, 0, 3, 4, MAYMOVE)).toBe(4);
    expect([mm.lockedVm, flagsAt(mm, 4) & VM_LOCKED]).toEqual([4, VM_LOCKED]);
    mm.check();
  });
});

/** Areas drawn in get the page offsets that mmap gives private anonymous memory. */
function alignPgoff(mm: Mm): void {
  const { vmas } = mm;
  for (let h = vmas.first(); h >= 0; h = vmas.next(h)) vmas.vmPgoff[h] = mm.rules.anonymousPgoff ? vmas.vmStart[h]! : 0;
}

describe('a new length of 0', () => {
  it('unmaps everything and succeeds in 2.5.46', () => {
    const mm = draw('AA.', withRules('2.5'));
    expect(remap(mm, 0, 2, 0, 0)).toBe(0);
    expect(picture(mm)).toBe('...');
  });

  it.each(all.slice(1))('fails with EINVAL in %s', (rules) => {
    const mm = draw('AA.', withRules(rules));
    expect(remap(mm, 0, 2, 0, 0)).toBe(-EINVAL);
  });
});

describe('nothing mapped at the address', () => {
  it.each(old)('a shrink and an equal length succeed all the same in %s', (rules) => {
    const mm = draw('..AA', withRules(rules));
    expect([remap(mm, 0, 1, 1, 0), remap(mm, 0, 4, 1, 0), picture(mm)]).toEqual([0, 0, '....']);
  });

  it.each(recent)('fails with EFAULT in %s, and nothing is unmapped', (rules) => {
    const mm = draw('..AA', withRules(rules));
    expect([remap(mm, 0, 1, 1, 0), remap(mm, 0, 4, 1, 0), picture(mm)]).toEqual([-EFAULT, -EFAULT, '..AA']);
  });

  it.each(all)('MREMAP_FIXED from a hole: has the target been unmapped? %s', (rules) => {
    const mm = draw('....RR', withRules(rules));
    expect(remap(mm, 0, 1, 2, FIXED, 4)).toBe(-EFAULT);
    expect(picture(mm)).toBe(old.includes(rules) || rules === '4.12' ? '......' : '....RR');
  });
});

describe('4.12', () => {
  const start = (text: string, more = {}) => draw(text, withRules('4.12', more));

  it('asks nobody about a length that does not grow: mremap of a hole gives its address', () => {
    const mm = start('..AA');
    expect([remap(mm, 0, 1, 1, 0), remap(mm, 0, 4, 1, 0), picture(mm)]).toEqual([0, 0, '....']);
  });

  it('private memory can be doubled: the copy is empty, and the source is not accounted any more', () => {
    const mm = start('AA.....');
    expect([remap(mm, 0, 0, 1, FIXED, 4), picture(mm), mm.vm.committed]).toEqual([4, 'aa..A..', 1]);
    mm.check();
  });

  it('what grows in place does not join what it then touches', () => {
    const mm = start('AA.A');
    expect([remap(mm, 0, 2, 3, 0), picture(mm)]).toEqual([0, 'AAA|A']);
  });

  it('growth is charged before there is a place for it, and given back', () => {
    const mm = start('AAN', { overcommit: 2, ram: 8 * 4096 });
    expect([remap(mm, 0, 2, 4, 0), mm.vm.committed]).toEqual([-ENOMEM, 2]);
    expect([remap(mm, 0, 2, 3, 0), mm.vm.committed]).toEqual([-ENOMEM, 2]);
  });

  it('does not know MREMAP_DONTUNMAP', () => {
    expect(remap(start('AA..'), 0, 1, 1, DONTUNMAP)).toBe(-EINVAL);
  });

  it('unmaps the target before it tests the map limit', () => {
    const mm = start('RR..NN', { maxMapCount: 4 });
    expect(remap(mm, 0, 2, 2, FIXED, 4)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('RR....');
  });
});

describe('shared memory doubled onto itself', () => {
  it.each([['2.5', -EINVAL, 'SS'], ['2.6.18', -EINVAL, 'SS'], ['6.1', -EFAULT, '..'], ['6.18', -EFAULT, '..']] as const)(
    'overlaps up to 2.6.18, and unmaps itself in 6.x: %s', (rules, result, after) => {
      const mm = draw('SS', withRules(rules));
      expect([remap(mm, 0, 0, 2, FIXED, 0), picture(mm)]).toEqual([result, after]);
      mm.check();
    },
  );
});

describe('an old range that wraps around overlaps no target', () => {
  it.each([['6.1', -EINVAL, 'AA.....'], ['6.18', -EFAULT, 'AA..RRR']] as const)(
    'and what is wrong with it is found later: %s', (rules, result, after) => {
      const mm = draw('AA..RRR', withRules(rules));
      expect([remap(mm, 0, mm.target.vpnEnd - 2, 3, FIXED, 4), picture(mm)]).toEqual([result, after]);
    },
  );
});

describe('an error found after the target was unmapped', () => {
  it.each(all)('range leaves the area, longer at the target: %s', (rules) => {
    const mm = draw('A...RRR', withRules(rules));
    expect(remap(mm, 0, 2, 3, FIXED, 4)).toBe(-EFAULT);
    expect(picture(mm)).toBe(rules === '6.18' ? 'A...RRR' : 'A......');
  });

  it('a target below mmap_min_addr is unmapped and then refused with EPERM', () => {
    const mm = draw('AA', withRules('6.1'));
    expect(remap(mm, 0, 2, 2, FIXED, -baseOf(mm) + 1)).toBe(-EPERM);
    expect(picture(mm)).toBe('AA');
  });
});

describe('an old length of 0', () => {
  it.each(recent)('of private memory fails with EINVAL in %s', (rules) => {
    const mm = draw('AA...', withRules(rules));
    expect(remap(mm, 0, 0, 2, MAYMOVE)).toBe(-EINVAL);
  });

  it.each(old)('of private memory makes new empty memory in %s', (rules) => {
    const mm = draw('RR...', withRules(rules));
    expect([remap(mm, 0, 0, 1, MAYMOVE), mm.totalVm]).toEqual([2, 3]);
    mm.check();
  });

  it.each(['2.6.11', '2.6.18'] as const)('the source loses VM_ACCOUNT and its charge in %s', (rules) => {
    const mm = draw('AAN....', withRules(rules));
    expect(remap(mm, 0, 0, 1, MAYMOVE)).toBe(3);
    expect([picture(mm), mm.vm.committed]).toEqual(['aaNA...', 1]);
  });

  it('in 2.5.46 the next area gets VM_ACCOUNT when the address is inside the source', () => {
    const mm = draw('AAR....', withRules('2.5'));
    expect(remap(mm, 1, 0, 1, MAYMOVE)).toBe(3);
    expect([picture(mm), mm.vm.committed]).toEqual(['AArA...', 3]);
  });
});

describe('VM_ACCOUNT of what remains when the front moves away', () => {
  it('is lost in 2.5.46', () => {
    const mm = draw('AAAA....', withRules('2.5'));
    expect(remap(mm, 0, 2, 2, FIXED, 5)).toBe(5);
    expect(picture(mm)).toBe('..aa.AA.');
  });

  it.each(all.slice(1))('is kept in %s', (rules) => {
    const mm = draw('AAAA....', withRules(rules));
    expect(remap(mm, 0, 2, 2, FIXED, 5)).toBe(5);
    expect([picture(mm), mm.vm.committed]).toEqual(['..AA.AA.', 4]);
  });
});

describe('growth in place up to an equal neighbour', () => {
  it.each(old)('leaves the neighbour an area of its own in %s', (rules) => {
    const mm = draw('A..A', withRules(rules));
    alignPgoff(mm);
    expect([remap(mm, 0, 1, 3, 0), picture(mm)]).toEqual([0, 'AAA|A']);
  });

  it.each(recent)('takes it in, in %s', (rules) => {
    const mm = draw('A..A', withRules(rules));
    alignPgoff(mm);
    expect([remap(mm, 0, 1, 3, 0), picture(mm), mm.vmas.size]).toEqual([0, 'AAAA', 1]);
    mm.check();
  });

  it('does not in 6.1 and 6.13 when this one was written and the neighbour was not; it does in 6.18', () => {
    for (const [rules, after] of [['6.1', 'AAA|A'], ['6.13', 'AAA|A'], ['6.18', 'AAAA']] as const) {
      const mm = draw('A..A', withRules(rules));
      alignPgoff(mm);
      mm.vmas.vmAnon[mm.vmas.first()] = 2;
      expect([remap(mm, 0, 1, 3, 0), picture(mm)]).toEqual([0, after]);
    }
  });
});

describe('page offsets of private memory', () => {
  it.each(all.slice(1))('follow the address when it was never written, and stay when it was: %s', (rules) => {
    for (const anonVma of [0, 2]) {
      const mm = draw('AAA......', withRules(rules));
      alignPgoff(mm);
      mm.vmas.vmAnon[mm.vmas.first()] = anonVma;
      remap(mm, 1, 2, 2, FIXED, 5);
      const h = mm.vmas.last();
      const from = anonVma === 0 ? 5 : 1;
      expect([mm.vmas.vmPgoff[h], mm.vmas.vmAnon[h]]).toEqual([baseOf(mm) + from, anonVma]);
    }
  });
});

describe('the map limit', () => {
  it('does not stop a move in 2.5.46', () => {
    const mm = draw('ANAR.....', withRules('2.5', { maxMapCount: 4 }));
    expect(remap(mm, 2, 1, 2, MAYMOVE)).toBe(4);
  });

  it.each(all.slice(1))('refuses a move from three areas below it on, in %s', (rules) => {
    const mm = draw('ANAR.....', withRules(rules, { maxMapCount: 7 }));
    expect(remap(mm, 2, 1, 2, MAYMOVE)).toBe(-ENOMEM);
    expect([picture(mm), mm.vm.committed]).toEqual(['ANAR.....', 2]);
    const more = draw('ANAR.....', withRules(rules, { maxMapCount: 8 }));
    expect(remap(more, 2, 1, 2, MAYMOVE)).toBe(4);
  });

  it.each(recent)('refuses MREMAP_FIXED two areas earlier, before the target is unmapped, in %s', (rules) => {
    const mm = draw('AN..RR', withRules(rules, { maxMapCount: 8 }));
    expect([remap(mm, 0, 1, 2, FIXED, 4), picture(mm)]).toEqual([-ENOMEM, 'AN..RR']);
    const more = draw('AN..RR', withRules(rules, { maxMapCount: 9 }));
    expect([remap(more, 0, 1, 2, FIXED, 4), picture(more)]).toEqual([4, '.N..AA']);
  });

  it('found too late, the target is gone: 2.6.18', () => {
    const mm = draw('AN..RR', withRules('2.6.18', { maxMapCount: 5 }));
    expect([remap(mm, 0, 1, 2, FIXED, 4), picture(mm)]).toEqual([-ENOMEM, 'AN....']);
  });
});

describe('what the kernel of 2.5.46 does not survive, or not unharmed', () => {
  it('the target cannot be split off at the map limit: ENOMEM here, a BUG() there', () => {
    const mm = draw('AN.RRR', withRules('2.5', { maxMapCount: 3 }));
    expect([remap(mm, 0, 1, 1, FIXED, 4), picture(mm)]).toEqual([-ENOMEM, 'AN.RRR']);
    mm.check();
  });

  it('a new length of 0 whose tail cannot be cut off: EINVAL here, an area without a page there', () => {
    const mm = draw('AAA...', withRules('2.5', { maxMapCount: 1 }));
    expect([remap(mm, 1, 1, 0, FIXED, 5), picture(mm)]).toEqual([-EINVAL, 'AAA...']);
    mm.check();
  });

  it('both lengths 0 with MREMAP_FIXED: EINVAL here', () => {
    const mm = draw('AAA...', withRules('2.5'));
    expect([remap(mm, 1, 0, 0, FIXED, 5), picture(mm)]).toEqual([-EINVAL, 'AAA...']);
    mm.check();
  });

  it('an old range that wraps around does not overlap a target at its own start', () => {
    const mm = draw('A.....', withRules('2.5', { arch: 'sparc64' }));
    const wraps = mm.target.vpnEnd - baseOf(mm);
    expect(remap(mm, 0, wraps, 0, FIXED, 0)).toBe(0);
    expect(remap(mm, 0, wraps - 1, 0, FIXED, 0)).toBe(-EINVAL);
  });
});

describe('MREMAP_DONTUNMAP with a new address below mmap_min_addr', () => {
  const at3 = (arch: string) => {
    const mm = draw('A...', { arch, release: '6.1' });
    return doMremap(mm, {
      vpn: baseOf(mm), offset: 0, oldPages: 1, oldOffset: 0, newPages: 1, newOffset: 0, flags: DONTUNMAP, newVpn: 3,
      newVpnOffset: 0,
    });
  };

  it('is a hint that the generic search passes over, and one that x86_64 grants and the last check refuses', () => {
    expect(at3('i386')).toBeGreaterThan(16);
    expect(at3('x86_64')).toBe(-EPERM);
  });
});

describe('RLIMIT_DATA', () => {
  it.each(recent)('limits growth of private writable memory in %s', (rules) => {
    const mm = draw('AA....', withRules(rules, { rlimits: { data: 3 * 4096 } }));
    expect([remap(mm, 0, 2, 3, 0), remap(mm, 0, 3, 4, 0)]).toEqual([0, -ENOMEM]);
    const readOnly = draw('RR....', withRules(rules, { rlimits: { data: 3 * 4096 } }));
    expect(remap(readOnly, 0, 2, 5, 0)).toBe(0);
  });

  it.each(old)('does not in %s', (rules) => {
    const mm = draw('AA....', withRules(rules, { rlimits: { data: 3 * 4096 } }));
    expect(remap(mm, 0, 2, 5, 0)).toBe(0);
  });
});

describe('MREMAP_DONTUNMAP', () => {
  it.each(old)('is an unknown flag in %s', (rules) => {
    expect(remap(draw('AA...', withRules(rules)), 0, 2, 2, DONTUNMAP)).toBe(-EINVAL);
  });

  describe.each(recent)('%s', (rules) => {
    it('moves the pages and leaves the old area empty, charged twice', () => {
      const mm = draw('AA.......', withRules(rules));
      alignPgoff(mm);
      fill(mm, 0, 2);
      expect(remap(mm, 0, 2, 2, DONTUNMAP | MREMAP_FIXED, 5)).toBe(5);
      expect([picture(mm), words(mm, 5, 2), words(mm, 0, 2)]).toEqual(['AA...AA..', [100, 101], [0, 0]]);
      expect([mm.vm.committed, mm.totalVm, mm.pageTable.rss]).toEqual([4, 4, 2]);
      mm.check();
    });

    it('takes a new address as a hint', () => {
      const mm = draw('AA..R....', withRules(rules));
      expect(remap(mm, 0, 2, 2, DONTUNMAP, 6)).toBe(6);
      expect(remap(mm, 0, 2, 2, DONTUNMAP, 4)).not.toBe(4);
      mm.check();
    });

    it('an old area that moved as a whole is as if it had never been written', () => {
      const mm = draw('AA.......', withRules(rules));
      mm.vmas.vmAnon[mm.vmas.first()] = 2;
      remap(mm, 0, 2, 2, DONTUNMAP | MREMAP_FIXED, 5);
      expect([mm.vmas.vmAnon[mm.vmas.first()], mm.vmas.vmAnon[mm.vmas.last()]]).toEqual([0, 2]);
    });

    it('of a part leaves the flags of the whole area unlocked', () => {
      const mm = draw('AAA......', withRules(rules));
      lockPages(mm, 0, 3);
      expect(remap(mm, 1, 1, 1, DONTUNMAP | MREMAP_FIXED, 5)).toBe(5);
      expect([flagsAt(mm, 0) & VM_LOCKED, flagsAt(mm, 5) & VM_LOCKED]).toEqual([0, VM_LOCKED]);
      expect(mm.lockedVm).toBe(rules === '6.18' ? 4 : 3);
    });

    it('with another length fails with EINVAL', () => {
      const mm = draw('AAA......', withRules(rules));
      expect(remap(mm, 0, 3, 2, DONTUNMAP, 5)).toBe(-EINVAL);
    });
  });

  it('compares lengths to the byte in 6.1 and 6.13, and pages in 6.18', () => {
    const results = recent.map((rules) => remapBytes(draw('A.....', withRules(rules)), 0, 0, 1, 2, DONTUNMAP, 3));
    expect(results).toEqual([-EINVAL, -EINVAL, 3]);
  });
});

describe('a move of several areas', () => {
  it('goes piece by piece in 6.18, holes kept', () => {
    const mm = draw('ARR.N.........', withRules('6.18'));
    expect(remap(mm, 0, 6, 6, FIXED, 8)).toBe(8);
    expect(picture(mm)).toBe('........ARR.N.');
    mm.check();
  });

  it('takes parts of the first and the last area', () => {
    const mm = draw('AAARRR........', withRules('6.18'));
    expect(remap(mm, 1, 4, 4, FIXED, 8)).toBe(8);
    expect(picture(mm)).toBe('A....R..AARR..');
    mm.check();
  });

  it('must begin in an area', () => {
    const mm = draw('.AA.......', withRules('6.18'));
    expect(remap(mm, 0, 3, 3, FIXED, 6)).toBe(-EFAULT);
    expect(picture(mm)).toBe('.AA.......');
  });

  it('stops at the first error and leaves what moved before', () => {
    const mm = draw('ARN.......', withRules('6.18', { rlimits: { as: 5 * 4096 } }));
    expect(remap(mm, 0, 3, 3, DONTUNMAP | MREMAP_FIXED, 6)).toBe(-ENOMEM);
    expect(picture(mm)).toBe('ARN...AR..');
    mm.check();
  });

  it('with another new length fails with EFAULT', () => {
    const mm = draw('AR........', withRules('6.18'));
    expect(remap(mm, 0, 2, 3, FIXED, 6)).toBe(-EFAULT);
  });

  it('was refused with EFAULT in 6.1', () => {
    const mm = draw('AR........', withRules('6.1'));
    expect(remap(mm, 0, 2, 2, FIXED, 6)).toBe(-EFAULT);
  });
});

describe('a shrinking move', () => {
  it('charges what it cut off once more in 6.18 and never gives it back', () => {
    const charged = recent.map((rules) => {
      const mm = draw('AAAA......', withRules(rules));
      remap(mm, 0, 4, 1, FIXED, 6);
      return mm.vm.committed;
    });
    expect(charged).toEqual([1, 1, 4]);
  });
});

describe('guard pages of a thread stack', () => {
  it('move with it: a part without rights cannot be touched there', () => {
    const mm = draw('AAA......', withRules('2.5'));
    protect(mm, 0, 1, PROT_NONE);
    expect(picture(mm)).toBe('nAA......');
    expect(remap(mm, 0, 1, 1, FIXED, 5)).toBe(5);
    expect(store32(mm, ...addressOf(mm, 5), 1)).toBe(-EFAULT);
  });

  it('a read-only copy on write page stays so', () => {
    const mm = draw('AAA......', withRules('6.1'));
    fill(mm, 0, 1);
    protect(mm, 0, 3, PROT_READ);
    expect(remap(mm, 0, 3, 3, FIXED, 5)).toBe(5);
    expect(store32(mm, ...addressOf(mm, 5), 1)).toBe(-EFAULT);
    expect([words(mm, 5, 1), flagsAt(mm, 5) & VM_ACCOUNT]).toEqual([[100], VM_ACCOUNT]);
  });
});
