/**
 * madvise: argument checks, holes, what each advice refuses and does, and whether areas split and merge,
 * release by release. Facts from mm/madvise.c of Linux 2.5.46, 2.6.11, 2.6.18, 6.1, 6.13 and 6.18.
 */
import { describe, expect, it } from 'vitest';
import {
  EACCES, EAGAIN, EBADF, EFAULT, EINVAL, ENOMEM, ENOSYS, EOPNOTSUPP, EPERM,
} from '../../src/arch/generic/errno.js';
import {
  PROT_NONE, PROT_READ, VM_DONTCOPY, VM_DONTDUMP, VM_DONTEXPAND,
} from '../../src/arch/generic/mman.js';
import * as calls from '../../src/arch/generic/mman_calls.js';
import { doMadvise } from '../../src/mm/madvise.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { load32, store32 } from '../../src/mm/uaccess.js';
import { mapFlags } from '../support/calls.js';
import { addressOf, baseOf, draw, picture, protect, unmap } from '../support/draw.js';
import { newMm } from '../support/machines.js';
import { advise, flagsAt, forked, lockPages, remap, type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const {
  MADV_COLD, MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED, MADV_DONTNEED_LOCKED, MADV_FREE,
  MADV_GUARD_INSTALL, MADV_GUARD_REMOVE, MADV_HUGEPAGE, MADV_HWPOISON, MADV_KEEPONFORK, MADV_MERGEABLE, MADV_NORMAL,
  MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_RANDOM, MADV_REMOVE, MADV_SEQUENTIAL, MADV_UNMERGEABLE,
  MADV_WILLNEED, MADV_WIPEONFORK, VM_MERGEABLE, VM_RAND_READ, VM_SEQ_READ, VM_WIPEONFORK,
} = calls;

const all = Object.keys(ruleSets) as Rules[];
const old: Rules[] = ['2.5', '2.6.11', '2.6.18'];
const recent: Rules[] = ['6.1', '6.13', '6.18'];

function write(mm: Mm, page: number, word: number): number {
  return store32(mm, ...addressOf(mm, page, 4), word);
}

function read(mm: Mm, page: number): number {
  return load32(mm, ...addressOf(mm, page, 4));
}

/** Areas as lengths in pages, with "|" between neighbours: the flags here have no letters. */
function sizes(mm: Mm): string {
  const list: number[] = [];
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) list.push(mm.vmas.vmEnd[h]! - mm.vmas.vmStart[h]!);
  return list.join('|');
}

describe.each(all)('every release, %s', (rules) => {
  const start = (text: string, more = {}) => draw(text, withRules(rules, more));

  it('an unaligned address fails with EINVAL', () => {
    const mm = start('AA');
    expect(doMadvise(mm, baseOf(mm), 1, 1, 0, MADV_NORMAL)).toBe(-EINVAL);
  });

  it('a length of 0 succeeds, mapped or not', () => {
    const mm = start('AA.');
    expect([advise(mm, 0, 0, MADV_DONTNEED), advise(mm, 2, 0, MADV_DONTNEED)]).toEqual([0, 0]);
  });

  it('a range that wraps around fails with EINVAL', () => {
    const mm = start('AA');
    expect(doMadvise(mm, mm.target.vpnEnd - 1, 0, 2, 0, MADV_NORMAL)).toBe(-EINVAL);
  });

  it('MADV_DONTNEED drops the pages of private memory, which reads as zeroes again', () => {
    const mm = start('AAA');
    [0, 1, 2].forEach((page) => { write(mm, page, 5); });
    expect(advise(mm, 1, 1, MADV_DONTNEED)).toBe(0);
    expect([0, 1, 2].map((page) => read(mm, page))).toEqual([5, 0, 5]);
    expect([picture(mm), mm.pageTable.rss, mm.vm.committed]).toEqual(['AAA', 2, 3]);
    mm.check();
  });

  it('MADV_DONTNEED of shared memory drops the entries, and the words are found again', () => {
    const mm = start('SS');
    write(mm, 0, 5);
    expect(advise(mm, 0, 2, MADV_DONTNEED)).toBe(0);
    expect([mm.pageTable.rss, read(mm, 0)]).toEqual([0, 5]);
    mm.check();
  });

  it('MADV_DONTNEED of locked memory fails with EINVAL', () => {
    const mm = start('AA');
    lockPages(mm, 0, 2);
    write(mm, 0, 5);
    expect([advise(mm, 0, 2, MADV_DONTNEED), read(mm, 0)]).toEqual([-EINVAL, 5]);
  });

  it('a hole is passed over, and the result is ENOMEM', () => {
    const mm = start('A.AA');
    [0, 2, 3].forEach((page) => { write(mm, page, 5); });
    expect(advise(mm, 0, 3, MADV_DONTNEED)).toBe(-ENOMEM);
    expect([0, 2, 3].map((page) => read(mm, page))).toEqual([0, 0, 5]);
  });

  it('a hole in front and a hole behind give ENOMEM too', () => {
    const mm = start('.A..A');
    write(mm, 1, 5);
    expect([advise(mm, 0, 2, MADV_DONTNEED), read(mm, 1)]).toEqual([-ENOMEM, 0]);
    expect(advise(mm, 1, 3, MADV_DONTNEED)).toBe(-ENOMEM);
    expect(advise(mm, 2, 1, MADV_DONTNEED)).toBe(-ENOMEM);
  });

  it('an error ends the walk, and what came before is done', () => {
    const mm = start('AAR');
    lockPages(mm, 2, 1);
    write(mm, 0, 5);
    expect([advise(mm, 0, 3, MADV_DONTNEED), read(mm, 0)]).toEqual([-EINVAL, 0]);
  });

  it('MADV_SEQUENTIAL and MADV_RANDOM split what they change, and exclude each other', () => {
    const mm = start('AAAA');
    expect(advise(mm, 1, 2, MADV_SEQUENTIAL)).toBe(0);
    expect([sizes(mm), flagsAt(mm, 1) & (VM_SEQ_READ | VM_RAND_READ)]).toEqual(['1|2|1', VM_SEQ_READ]);
    expect(advise(mm, 1, 2, MADV_RANDOM)).toBe(0);
    expect(flagsAt(mm, 2) & (VM_SEQ_READ | VM_RAND_READ)).toBe(VM_RAND_READ);
    mm.check();
  });

  it('a split over the map limit fails with EAGAIN, and with ENOMEM in 4.12', () => {
    const mm = start('AAAA', { maxMapCount: 1 });
    expect([advise(mm, 1, 2, MADV_RANDOM), picture(mm)]).toEqual([rules === '4.12' ? -ENOMEM : -EAGAIN, 'AAAA']);
  });
});

describe('a length that rounds to 0', () => {
  it.each(all)('is empty in 2.5.46 and an error after: %s', (rules) => {
    const mm = draw('AA', withRules(rules));
    const bytes = mm.target.pageSize - 1;
    expect(doMadvise(mm, baseOf(mm), 0, mm.target.vpnEnd - 1, bytes, 0)).toBe(rules === '2.5' ? 0 : -EINVAL);
  });
});

describe('an unknown advice', () => {
  it.each(old)('is found only when an area is reached: %s', (rules) => {
    const mm = draw('AA.', withRules(rules));
    expect([advise(mm, 0, 0, 77), advise(mm, 0, 1, 77), advise(mm, 2, 1, 77)]).toEqual([0, -EINVAL, -ENOMEM]);
  });

  it.each(recent)('is the first thing found: %s', (rules) => {
    const mm = draw('AA.', withRules(rules));
    expect([advise(mm, 0, 0, 77), advise(mm, 2, 1, 77)]).toEqual([-EINVAL, -EINVAL]);
    expect(doMadvise(mm, baseOf(mm), 5, 0, 0, 77)).toBe(-EINVAL);
  });

  it.each([
    [MADV_FREE, '4.12'], [MADV_REMOVE, '2.6.18'], [MADV_DONTFORK, '2.6.18'], [MADV_DOFORK, '2.6.18'],
    [MADV_MERGEABLE, '3.6'], [MADV_DONTDUMP, '3.6'], [MADV_WIPEONFORK, '6.1'], [MADV_COLD, '6.1'],
    [MADV_POPULATE_READ, '6.1'], [MADV_DONTNEED_LOCKED, '6.1'], [MADV_GUARD_INSTALL, '6.13'],
    [MADV_GUARD_REMOVE, '6.13'],
  ] as const)('advice %i is one before %s', (advice, since) => {
    for (const rules of all) {
      const mm = draw('AA', withRules(rules));
      const result = advise(mm, 0, 1, advice);
      if (all.indexOf(rules) < all.indexOf(since)) expect(result).toBe(-EINVAL);
      else if (advice === MADV_REMOVE) expect(result).toBe(-EINVAL); // no file
      else expect(result).toBe(0);
      mm.check();
    }
  });

  it('MADV_HUGEPAGE is one on a machine without huge pages', () => {
    expect(advise(draw('AA', withRules('6.1')), 0, 1, MADV_HUGEPAGE)).toBe(-EINVAL);
  });
});

describe('advice that changes nothing', () => {
  it.each(['2.5', '2.6.11'] as const)('splits all the same in %s', (rules) => {
    const mm = draw('AAAA', withRules(rules));
    expect([advise(mm, 1, 1, MADV_NORMAL), picture(mm)]).toEqual([0, 'A|A|AA']);
  });

  it.each(all.slice(2))('splits nothing in %s', (rules) => {
    const mm = draw('AAAA', withRules(rules));
    expect([advise(mm, 1, 1, MADV_NORMAL), picture(mm)]).toEqual([0, 'AAAA']);
  });
});

describe('advice taken back', () => {
  it.each(all)('merges again from 2.6.18 on: %s', (rules) => {
    const mm = draw('FFFF', withRules(rules));
    advise(mm, 1, 2, MADV_RANDOM);
    advise(mm, 1, 2, MADV_NORMAL);
    expect(picture(mm)).toBe(all.indexOf(rules) >= 2 ? 'FFFF' : 'F|FF|F');
    mm.check();
  });

  it('equal advice for neighbours one after the other makes one area', () => {
    const mm = draw('FFFF', withRules('6.1'));
    advise(mm, 0, 1, MADV_RANDOM);
    advise(mm, 2, 1, MADV_RANDOM);
    advise(mm, 1, 1, MADV_RANDOM);
    expect(sizes(mm)).toBe('3|1');
    mm.check();
  });
});

describe('MADV_WILLNEED', () => {
  it.each(all)('of anonymous memory fails with EBADF up to 3.8: %s', (rules) => {
    const mm = draw('AF', withRules(rules));
    expect(advise(mm, 0, 1, MADV_WILLNEED)).toBe([...old, '3.6', '3.8'].includes(rules) ? -EBADF : 0);
    expect(advise(mm, 1, 1, MADV_WILLNEED)).toBe(0);
  });
});

describe('MADV_DONTFORK and MADV_DOFORK', () => {
  it.each(all.slice(2))('keep an area out of the child: %s', (rules) => {
    const mm = draw('AAA', withRules(rules));
    expect(advise(mm, 1, 1, MADV_DONTFORK)).toBe(0);
    expect(flagsAt(mm, 1) & VM_DONTCOPY).toBe(VM_DONTCOPY);
    expect(sizes(forked(mm))).toBe('1|1');
    expect([advise(mm, 0, 3, MADV_DOFORK), picture(mm)]).toEqual([0, 'AAA']);
    mm.check();
  });
});

describe('MADV_REMOVE', () => {
  it.each(all.slice(2))('empties shared memory: %s', (rules) => {
    const mm = draw('SSS', withRules(rules));
    [0, 1, 2].forEach((page) => { write(mm, page, 5); });
    expect(advise(mm, 1, 1, MADV_REMOVE)).toBe(0);
    expect([0, 1, 2].map((page) => read(mm, page))).toEqual([5, 0, 5]);
    mm.check();
  });

  it.each(all.slice(2))('is seen by whoever else maps it: %s', (rules) => {
    const mm = draw('S', withRules(rules));
    write(mm, 0, 5);
    const child = forked(mm);
    expect(remap(mm, 0, 0, 1, 1)).toBe(1);
    expect([read(mm, 1), load32(child, ...addressOf(mm, 0, 4))]).toEqual([5, 5]);
    expect(advise(mm, 0, 1, MADV_REMOVE)).toBe(0);
    expect([read(mm, 1), load32(child, ...addressOf(mm, 0, 4))]).toEqual([0, 0]);
  });

  it.each([
    ['A', '2.6.18', EINVAL], ['F', '2.6.18', EACCES], ['s', '2.6.18', EACCES], ['G', '2.6.18', ENOSYS],
    ['G', '6.1', EOPNOTSUPP], ['s', '6.1', EACCES], ['s', '6.18', 0],
  ] as const)('of "%s" in %s fails with %i', (letter, rules, errno) => {
    expect(advise(draw(letter, withRules(rules)), 0, 1, MADV_REMOVE)).toBe(0 - errno);
  });
});

describe.each(recent)('6.x: %s', (rules) => {
  const start = (text: string) => draw(text, withRules(rules));

  it('MADV_FREE wants private anonymous memory that is not locked', () => {
    const mm = start('ASF');
    expect([0, 1, 2].map((page) => advise(mm, page, 1, MADV_FREE))).toEqual([0, -EINVAL, -EINVAL]);
    lockPages(mm, 0, 1);
    expect(advise(mm, 0, 1, MADV_FREE)).toBe(-EINVAL);
  });

  it('MADV_DONTNEED_LOCKED drops locked pages too', () => {
    const mm = start('A');
    lockPages(mm, 0, 1);
    write(mm, 0, 5);
    expect([advise(mm, 0, 1, MADV_DONTNEED_LOCKED), read(mm, 0)]).toEqual([0, 0]);
  });

  it('MADV_COLD and MADV_PAGEOUT refuse locked memory and do nothing else', () => {
    const mm = start('A');
    write(mm, 0, 5);
    expect([advise(mm, 0, 1, MADV_COLD), advise(mm, 0, 1, MADV_PAGEOUT), read(mm, 0)]).toEqual([0, 0, 5]);
    lockPages(mm, 0, 1);
    expect([advise(mm, 0, 1, MADV_COLD), advise(mm, 0, 1, MADV_PAGEOUT)]).toEqual([-EINVAL, -EINVAL]);
  });

  it('MADV_DONTDUMP sets a flag that MADV_DODUMP clears, but not of special memory', () => {
    const mm = start('AA');
    expect([advise(mm, 0, 1, MADV_DONTDUMP), flagsAt(mm, 0) & VM_DONTDUMP]).toEqual([0, VM_DONTDUMP]);
    expect([advise(mm, 0, 1, MADV_DODUMP), flagsAt(mm, 0) & VM_DONTDUMP]).toEqual([0, 0]);
    mm.vmas.vmFlags[mm.vmas.first()]! |= VM_DONTEXPAND;
    expect(advise(mm, 0, 1, MADV_DODUMP)).toBe(-EINVAL);
  });

  it('MADV_MERGEABLE is ignored for shared memory', () => {
    const mm = start('AS');
    expect([advise(mm, 0, 2, MADV_MERGEABLE), flagsAt(mm, 0) & VM_MERGEABLE, flagsAt(mm, 1) & VM_MERGEABLE])
      .toEqual([0, VM_MERGEABLE | 0, 0]);
    expect([advise(mm, 0, 2, MADV_UNMERGEABLE), picture(mm)]).toEqual([0, 'AS']);
  });

  it('MADV_WIPEONFORK wants private anonymous memory, and the child finds it empty', () => {
    const mm = draw('AASF', withRules(rules));
    [0, 1].forEach((page) => { write(mm, page, 5); });
    expect([0, 2, 3].map((page) => advise(mm, page, 1, MADV_WIPEONFORK))).toEqual([0, -EINVAL, -EINVAL]);
    expect(flagsAt(mm, 0) & VM_WIPEONFORK).toBe(VM_WIPEONFORK);
    const child = forked(mm);
    expect([0, 1].map((page) => load32(child, ...addressOf(mm, page, 4)))).toEqual([0, 5]);
    expect([advise(mm, 0, 1, MADV_KEEPONFORK), flagsAt(mm, 0) & VM_WIPEONFORK]).toEqual([0, 0]);
  });

  it('MADV_HWPOISON needs a privilege that no program has', () => {
    expect(advise(start('A'), 0, 1, MADV_HWPOISON)).toBe(-EPERM);
  });

  it('MADV_POPULATE_WRITE makes pages present, where they may be written', () => {
    const mm = start('AAR');
    expect([advise(mm, 0, 2, MADV_POPULATE_WRITE), mm.pageTable.rss]).toEqual([0, 2]);
    expect(advise(mm, 2, 1, MADV_POPULATE_WRITE)).toBe(-EINVAL);
    expect(advise(mm, 2, 1, MADV_POPULATE_READ)).toBe(0);
    protect(mm, 2, 1, PROT_NONE);
    expect(advise(mm, 2, 1, MADV_POPULATE_READ)).toBe(-EINVAL);
  });

  it('MADV_POPULATE_WRITE meets a hole: 6.1 goes on behind it, 6.13 stops there', () => {
    const mm = start('A.A');
    expect(advise(mm, 0, 3, MADV_POPULATE_WRITE)).toBe(-ENOMEM);
    expect(mm.pageTable.rss).toBe(rules === '6.1' ? 2 : 1);
  });
});

describe.each(['6.13', '6.18'] as const)('guard markers, %s', (rules) => {
  const start = (text: string) => draw(text, withRules(rules));

  it('make every access a SIGSEGV with SEGV_MAPERR, and change no area', () => {
    const mm = start('AAA');
    write(mm, 1, 5);
    expect(advise(mm, 1, 1, MADV_GUARD_INSTALL)).toBe(0);
    expect([write(mm, 1, 1), mm.pageTable.lastFault, picture(mm)]).toEqual([-EFAULT, 'SEGV_MAPERR', 'AAA']);
    expect([write(mm, 0, 1), write(mm, 2, 1)]).toEqual([0, 0]);
    expect(mm.pageTable.rss).toBe(2);
    mm.check();
  });

  it('are removed by MADV_GUARD_REMOVE, which leaves pages alone; what was there is gone', () => {
    const mm = start('AAA');
    [0, 1, 2].forEach((page) => { write(mm, page, 5); });
    advise(mm, 1, 1, MADV_GUARD_INSTALL);
    expect(advise(mm, 0, 3, MADV_GUARD_REMOVE)).toBe(0);
    expect([0, 1, 2].map((page) => read(mm, page))).toEqual([5, 0, 5]);
    mm.check();
  });

  it('survive MADV_DONTNEED and mprotect, and go with munmap', () => {
    const mm = start('AA');
    advise(mm, 0, 1, MADV_GUARD_INSTALL);
    advise(mm, 0, 2, MADV_DONTNEED);
    protect(mm, 0, 2, PROT_READ);
    expect(mm.pageTable.forRead(baseOf(mm))).toBe(-EFAULT);
    unmap(mm, 0, 2);
    mm.check();
    expect(mm.pageTable.isPresent(baseOf(mm))).toBe(false);
  });

  it('move with mremap and are copied by fork', () => {
    const mm = draw('AA.....', withRules(rules));
    advise(mm, 0, 1, MADV_GUARD_INSTALL);
    expect(remap(mm, 0, 2, 2, 3, 4)).toBe(4);
    expect([write(mm, 4, 1), write(mm, 5, 1)]).toEqual([-EFAULT, 0]);
    const child = forked(mm);
    expect(child.pageTable.forRead(baseOf(mm) + 4)).toBe(-EFAULT);
    expect(advise(mm, 4, 1, MADV_POPULATE_WRITE)).toBe(-EFAULT);
  });

  it('make the area one that was written, so that fork copies its page table', () => {
    const mm = start('AA');
    advise(mm, 0, 1, MADV_GUARD_INSTALL);
    expect(mm.vmas.vmAnon[mm.vmas.first()]).not.toBe(0);
  });

  it('are refused for locked and special memory', () => {
    const mm = start('AR');
    lockPages(mm, 0, 1);
    mm.vmas.vmFlags[mm.vmas.last()]! |= VM_DONTEXPAND;
    expect([0, 1].map((page) => advise(mm, page, 1, MADV_GUARD_INSTALL))).toEqual([-EINVAL, -EINVAL]);
    expect([0, 1].map((page) => advise(mm, page, 1, MADV_GUARD_REMOVE))).toEqual([0, -EINVAL]);
  });

  it('are as many as memory has pages: ENOMEM, not the end of the host, in an area of a terabyte', () => {
    const mm = newMm({ arch: 'x86_64', release: rules, ram: 2 ** 20, overcommit: 1 });
    const area = doMmap(mm, { ...newMmapArgs(), lenPages: 2 ** 28, prot: 0, flags: mapFlags(mm, 'PRIVATE ANONYMOUS') });
    expect(doMadvise(mm, area, 0, 2 ** 28, 0, MADV_GUARD_INSTALL)).toBe(-ENOMEM);
    expect(mm.pageTable.guards).toBe(4096 + 4096);
    expect([doMadvise(mm, area, 0, 2 ** 28, 0, MADV_GUARD_REMOVE), mm.pageTable.guards]).toEqual([0, 0]);
    mm.check();
  });

  it('may stand in a file in 6.18, not yet in 6.13', () => {
    const mm = start('FF');
    const installed = advise(mm, 0, 1, MADV_GUARD_INSTALL);
    const written = [write(mm, 0, 1), write(mm, 1, 1)];
    const removed = advise(mm, 0, 1, MADV_GUARD_REMOVE);
    const expected = rules === '6.13' ? [-EINVAL, 0, 0, -EINVAL] : [0, -EFAULT, 0, 0];
    expect([installed, ...written, removed]).toEqual(expected);
  });
});
