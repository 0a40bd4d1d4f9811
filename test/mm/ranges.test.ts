/**
 * Ranges that are empty, unaligned, wrap around, lie at the top of the space or span several areas and holes: what
 * every memory call says to each of them, release by release. One table a call; a column for each of 2.5.46, 2.6.11,
 * 2.6.18, 3.6, 6.1 and 6.18, or one for all of them.
 *
 *   i386, TASK_SIZE 0xc0000000, pages from 0x40000000 on:   S R . A . S
 */
import { describe, expect, it } from 'vitest';
import { errnoName } from '../../src/arch/generic/errno.js';
import { doMadvise } from '../../src/mm/madvise.js';
import { doMincore } from '../../src/mm/mincore.js';
import { doMlock, doMunlock } from '../../src/mm/mlock.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMremap } from '../../src/mm/mremap.js';
import { doMsync } from '../../src/mm/msync.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { doRemapFilePages } from '../../src/mm/remap_file_pages.js';
import { mapFlags } from '../support/calls.js';
import { draw, picture } from '../support/draw.js';
import { type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const PAGE = 0x1000;
const BASE = 0x40000000;
const ALL = 2 ** 32;
const MADV_DONTNEED = 4;
const MS_SYNC = 4;

/** [address, length] in bytes. */
const ranges = {
  'length 0': [BASE, 0],
  'length 0 in a hole': [BASE + 2 * PAGE, 0],
  'unaligned by a byte': [BASE + 1, PAGE],
  'a byte long': [BASE, 1],
  'over two areas that touch': [BASE, 2 * PAGE],
  'over areas and a hole': [BASE, 4 * PAGE],
  'a hole alone': [BASE + 2 * PAGE, PAGE],
  'wrapping around': [BASE + PAGE, ALL - PAGE],
  'ending at 2^32': [BASE, ALL - BASE],
  'a length that rounds to 0': [BASE, ALL - 1],
  'the last page below TASK_SIZE': [0xbffff000, PAGE],
  'from there beyond TASK_SIZE': [0xbffff000, 2 * PAGE],
  'the first page above TASK_SIZE': [0xc0000000, PAGE],
  'the last page of all': [0xfffff000, PAGE],
} as const;
type RangeName = keyof typeof ranges;

type Where = readonly [vpn: number, offset: number, lenPages: number, lenOffset: number];

function mmap(mm: Mm, [vpn, offset, lenPages, lenOffset]: Where, flags: string): number {
  const args = { ...newMmapArgs(), vpn, offset, lenPages, lenOffset, prot: 3, flags: mapFlags(mm, flags) };
  return doMmap(mm, args);
}

function mremap(mm: Mm, [vpn, offset, pages, rest]: Where): number {
  return doMremap(mm, {
    vpn, offset, oldPages: pages, oldOffset: rest, newPages: pages, newOffset: rest, flags: 0, newVpn: 0, newVpnOffset: 0,
  });
}

const calls = {
  munmap: (mm: Mm, where: Where) => doMunmap(mm, ...where),
  'mprotect to PROT_READ': (mm: Mm, where: Where) => doMprotect(mm, ...where, 1),
  'madvise MADV_DONTNEED': (mm: Mm, where: Where) => doMadvise(mm, ...where, MADV_DONTNEED),
  mlock: (mm: Mm, where: Where) => doMlock(mm, ...where),
  munlock: (mm: Mm, where: Where) => doMunlock(mm, ...where),
  'msync MS_SYNC': (mm: Mm, where: Where) => doMsync(mm, ...where, MS_SYNC),
  mincore: (mm: Mm, where: Where) => doMincore(mm, ...where, BASE / PAGE + 5, 0),
  'mmap MAP_FIXED': (mm: Mm, where: Where) => mmap(mm, where, 'PRIVATE ANONYMOUS FIXED'),
  'mmap with a hint': (mm: Mm, where: Where) => mmap(mm, where, 'PRIVATE ANONYMOUS'),
  'mremap to the same length': mremap,
  remap_file_pages: (mm: Mm, [vpn, offset, sizePages, sizeOffset]: Where) =>
    doRemapFilePages(mm, { vpn, offset, sizePages, sizeOffset, prot: 0, pgoff: 0, flags: 0 }),
} as const;
type CallName = keyof typeof calls;

/** Releases that have another one's column, because they check the same in the same order: 4.12's mremap is 2.6.18's. */
const borrowed: Partial<Record<Rules, (call: CallName) => Rules>> = {
  '3.8': () => '3.6',
  '4.12': (call) => (call === 'mremap to the same length' ? '2.6.18' : '6.1'),
  '6.13': () => '6.1',
};
const families = Object.keys(ruleSets) as Rules[];
const columns = families.filter((rules) => borrowed[rules] === undefined);

/** The columns of a row: one answer for all, or six. A number is the page that the call gave. */
type Answers = string;

const table: Readonly<Record<CallName, Readonly<Record<RangeName, Answers>>>> = {
  munmap: {
    'length 0': 'EINVAL',
    'length 0 in a hole': 'EINVAL',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '0',
    'over two areas that touch': '0',
    'over areas and a hole': '0',
    'a hole alone': '0',
    'wrapping around': 'EINVAL',
    'ending at 2^32': 'EINVAL',
    'a length that rounds to 0': 'EINVAL',
    'the last page below TASK_SIZE': '0',
    'from there beyond TASK_SIZE': 'EINVAL',
    'the first page above TASK_SIZE': 'EINVAL',
    'the last page of all': 'EINVAL',
  },
  'mprotect to PROT_READ': {
    'length 0': '0',
    'length 0 in a hole': '0',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '0',
    'over two areas that touch': '0',
    'over areas and a hole': 'ENOMEM',
    'a hole alone': 'ENOMEM',
    'wrapping around': 'EINVAL ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'ending at 2^32': 'EINVAL ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'a length that rounds to 0': '0 0 ENOMEM ENOMEM ENOMEM ENOMEM',
    'the last page below TASK_SIZE': 'ENOMEM',
    'from there beyond TASK_SIZE': 'ENOMEM',
    'the first page above TASK_SIZE': 'ENOMEM',
    'the last page of all': 'EINVAL ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
  },
  'madvise MADV_DONTNEED': {
    'length 0': '0',
    'length 0 in a hole': '0',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '0',
    'over two areas that touch': '0',
    'over areas and a hole': 'ENOMEM',
    'a hole alone': 'ENOMEM',
    'wrapping around': 'EINVAL',
    'ending at 2^32': 'EINVAL',
    'a length that rounds to 0': '0 EINVAL EINVAL EINVAL EINVAL EINVAL',
    'the last page below TASK_SIZE': 'ENOMEM',
    'from there beyond TASK_SIZE': 'ENOMEM',
    'the first page above TASK_SIZE': 'ENOMEM',
    'the last page of all': 'EINVAL',
  },
  mlock: {
    'length 0': 'EPERM 0 0 0 0 0',
    'length 0 in a hole': 'EPERM 0 0 0 0 0',
    'unaligned by a byte': 'EPERM 0 0 0 0 0',
    'a byte long': 'EPERM 0 0 0 0 0',
    'over two areas that touch': 'EPERM 0 0 0 0 0',
    'over areas and a hole': 'EPERM ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'a hole alone': 'EPERM ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'wrapping around': 'ENOMEM EINVAL EINVAL EINVAL EINVAL EINVAL',
    'ending at 2^32': 'ENOMEM EINVAL EINVAL EINVAL EINVAL EINVAL',
    'a length that rounds to 0': 'EPERM 0 0 0 0 0',
    'the last page below TASK_SIZE': 'EPERM ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'from there beyond TASK_SIZE': 'EPERM ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'the first page above TASK_SIZE': 'EPERM ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
    'the last page of all': 'EPERM EINVAL EINVAL EINVAL EINVAL EINVAL',
  },
  munlock: {
    'length 0': '0',
    'length 0 in a hole': '0',
    'unaligned by a byte': '0',
    'a byte long': '0',
    'over two areas that touch': '0',
    'over areas and a hole': 'ENOMEM',
    'a hole alone': 'ENOMEM',
    'wrapping around': 'EINVAL',
    'ending at 2^32': 'EINVAL',
    'a length that rounds to 0': '0',
    'the last page below TASK_SIZE': 'ENOMEM',
    'from there beyond TASK_SIZE': 'ENOMEM',
    'the first page above TASK_SIZE': 'ENOMEM',
    'the last page of all': 'EINVAL',
  },
  'msync MS_SYNC': {
    'length 0': '0',
    'length 0 in a hole': '0',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '0',
    'over two areas that touch': '0',
    'over areas and a hole': 'ENOMEM',
    'a hole alone': 'ENOMEM',
    'wrapping around': 'ENOMEM',
    'ending at 2^32': 'ENOMEM',
    'a length that rounds to 0': '0',
    'the last page below TASK_SIZE': 'ENOMEM',
    'from there beyond TASK_SIZE': 'ENOMEM',
    'the first page above TASK_SIZE': 'ENOMEM',
    'the last page of all': 'ENOMEM',
  },
  mincore: {
    'length 0': '0',
    'length 0 in a hole': '0 ENOMEM 0 0 0 0',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '0',
    'over two areas that touch': 'ENOMEM ENOMEM ENOMEM 0 0 0',
    'over areas and a hole': 'ENOMEM',
    'a hole alone': 'ENOMEM',
    'wrapping around': 'EINVAL EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'ending at 2^32': 'EINVAL EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'a length that rounds to 0': '0 0 ENOMEM ENOMEM ENOMEM ENOMEM',
    'the last page below TASK_SIZE': 'ENOMEM',
    'from there beyond TASK_SIZE': 'ENOMEM EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'the first page above TASK_SIZE': 'ENOMEM',
    'the last page of all': 'EINVAL ENOMEM ENOMEM ENOMEM ENOMEM ENOMEM',
  },
  'mmap MAP_FIXED': {
    'length 0': '40000 40000 EINVAL EINVAL EINVAL EINVAL',
    'length 0 in a hole': '40002 40002 EINVAL EINVAL EINVAL EINVAL',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '40000',
    'over two areas that touch': '40000',
    'over areas and a hole': '40000',
    'a hole alone': '40002',
    'wrapping around': 'EINVAL EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'ending at 2^32': 'ENOMEM',
    'a length that rounds to 0': 'EINVAL EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'the last page below TASK_SIZE': 'bffff',
    'from there beyond TASK_SIZE': 'ENOMEM',
    'the first page above TASK_SIZE': 'ENOMEM',
    'the last page of all': 'ENOMEM',
  },
  'mmap with a hint': {
    'length 0': '40000 40000 EINVAL EINVAL EINVAL EINVAL',
    'length 0 in a hole': '40002 40002 EINVAL EINVAL EINVAL EINVAL',
    'unaligned by a byte': '40002',
    'a byte long': '40002',
    'over two areas that touch': '40006',
    'over areas and a hole': '40006',
    'a hole alone': '40002',
    'wrapping around': 'EINVAL EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'ending at 2^32': 'ENOMEM',
    'a length that rounds to 0': 'EINVAL EINVAL ENOMEM ENOMEM ENOMEM ENOMEM',
    'the last page below TASK_SIZE': 'bffff',
    'from there beyond TASK_SIZE': '40006',
    'the first page above TASK_SIZE': '40002',
    'the last page of all': '40002',
  },
  'mremap to the same length': {
    'length 0': '40000 EINVAL EINVAL EINVAL EINVAL EINVAL',
    'length 0 in a hole': '40002 EINVAL EINVAL EINVAL EINVAL EINVAL',
    'unaligned by a byte': 'EINVAL',
    'a byte long': '40000',
    'over two areas that touch': '40000',
    'over areas and a hole': '40000',
    'a hole alone': '40002 40002 40002 40002 EFAULT EFAULT',
    'wrapping around': '40001 40001 40001 40001 40001 EINVAL',
    'ending at 2^32': '40000',
    'a length that rounds to 0': '40000 EINVAL EINVAL EINVAL EINVAL EINVAL',
    'the last page below TASK_SIZE': 'bffff bffff bffff bffff EFAULT EFAULT',
    'from there beyond TASK_SIZE': 'bffff bffff bffff bffff EFAULT EFAULT',
    'the first page above TASK_SIZE': 'c0000 c0000 c0000 c0000 EFAULT EFAULT',
    'the last page of all': 'fffff fffff fffff fffff EFAULT EFAULT',
  },
  remap_file_pages: {
    'length 0': 'EINVAL',
    'length 0 in a hole': 'EINVAL',
    'unaligned by a byte': 'EINVAL EINVAL EINVAL 0 0 0',
    'a byte long': '0 EINVAL EINVAL EINVAL EINVAL EINVAL',
    'over two areas that touch': 'EINVAL',
    'over areas and a hole': 'EINVAL',
    'a hole alone': 'EINVAL',
    'wrapping around': 'EINVAL',
    'ending at 2^32': 'EINVAL',
    'a length that rounds to 0': 'EINVAL',
    'the last page below TASK_SIZE': 'EINVAL',
    'from there beyond TASK_SIZE': 'EINVAL',
    'the first page above TASK_SIZE': 'EINVAL',
    'the last page of all': 'EINVAL',
  },
};

function answer(result: number): string {
  return result < 0 ? errnoName(-result) : result.toString(16);
}

describe.each(Object.entries(table) as [CallName, Record<RangeName, Answers>][])('%s', (call, rows) => {
  it.each(Object.entries(rows) as [RangeName, Answers][])('a range %s: %s', (name, answers) => {
    const [address, length] = ranges[name];
    const where: Where = [Math.floor(address / PAGE), address % PAGE, Math.floor(length / PAGE), length % PAGE];
    const got = families.map((rules) => {
      const mm = draw('SR.A.S', withRules(rules));
      const before = picture(mm);
      const result = calls[call](mm, where);
      mm.check();
      const changes = result >= 0 || answers === 'ENOMEM' || call === 'mlock';
      if (!changes) expect(picture(mm), `a refused call in ${rules}`).toBe(before);
      return answer(result);
    });
    const wanted = answers.split(' ');
    const inColumn = (rules: Rules) => wanted[columns.indexOf(borrowed[rules]?.(call) ?? rules)];
    expect(got).toEqual(families.map((rules) => (wanted.length === 1 ? answers : inColumn(rules))));
  });
});

describe('the top of x86_64', () => {
  const vpnOf = (address: bigint) => Number(address / 4096n);
  const fixed = (mm: Mm, vpn: number, npages: number) =>
    answer(mmap(mm, [vpn, 0, npages, 0], 'PRIVATE ANONYMOUS FIXED'));

  it.each(['6.1', '6.13', '6.18'])('is 0x7ffffffff000, a page below 2^47, under %s', (release) => {
    const mm = draw('.', { arch: 'x86_64', release });
    const top = vpnOf(0x7ffffffff000n);
    expect([fixed(mm, top - 1, 1), fixed(mm, top - 1, 2), fixed(mm, top, 1)]).toEqual(['7fffffffe', 'ENOMEM', 'ENOMEM']);
    expect([0, 1, 2].map((more) => answer(doMunmap(mm, top - 1, 0, more, 0)))).toEqual(['EINVAL', '0', 'EINVAL']);
    mm.check();
  });

  it.each(['6.1', '6.13', '6.18'])('is 0xffffe000 for a 32-bit task under %s', (release) => {
    const mm = draw('.', { arch: 'x86_64', bits: 32, release });
    expect([fixed(mm, 0xffffd, 1), fixed(mm, 0xffffd, 2), fixed(mm, 0xffffe, 1)]).toEqual(['ffffd', 'ENOMEM', 'ENOMEM']);
  });

  it('an address with bits above the 47th, canonical or not, is above it', () => {
    const mm = draw('A', { arch: 'x86_64', release: '6.18' });
    for (const address of [0x800000000000n, 0xffff800000000000n, 0xfffffffffffff000n]) {
      const where: Where = [vpnOf(address), 0, 1, 0];
      expect([fixed(mm, where[0], 1), answer(doMunmap(mm, ...where)), answer(doMprotect(mm, ...where, 1))])
        .toEqual(['ENOMEM', 'EINVAL', 'ENOMEM']);
    }
  });
});

describe('the top of ia64 and of sparc64', () => {
  it.each([
    ['ia64', 0xa000000000000000n],
    ['sparc64', 0xfffffffc00000000n],
  ] as const)('%s: the last page below TASK_SIZE can be mapped, changed and unmapped, the next one not', (arch, taskSize) => {
    const mm = draw('.', { arch });
    const top = Number(taskSize / BigInt(mm.target.pageSize));
    const last: Where = [top - 1, 0, 1, 0];
    const next: Where = [top, 0, 1, 0];
    const both: Where = [top - 1, 0, 2, 0];
    expect(mmap(mm, last, 'PRIVATE ANONYMOUS FIXED')).toBe(top - 1);
    for (const where of [next, both]) {
      expect([answer(mmap(mm, where, 'PRIVATE ANONYMOUS FIXED')), answer(doMunmap(mm, ...where))]).toEqual(['ENOMEM', 'EINVAL']);
      expect(answer(doMprotect(mm, ...where, 1))).toBe('ENOMEM');
      expect(answer(doMadvise(mm, ...where, MADV_DONTNEED))).toBe('ENOMEM');
    }
    expect([doMprotect(mm, ...last, 1), doMadvise(mm, ...last, MADV_DONTNEED), doMunmap(mm, ...last)]).toEqual([0, 0, 0]);
    mm.check();
  });
});
