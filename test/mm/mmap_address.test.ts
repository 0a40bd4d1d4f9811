/** Where mmap puts a mapping: hints, MAP_FIXED, and the edges of each machine's address space. */
import { describe, expect, it } from 'vitest';
import { ENOMEM } from '../../src/arch/generic/errno.js';
import { PROT_NONE } from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import { mmap, munmap } from '../support/calls.js';
import { draw, file, mapAnywhere, mapHint, picture } from '../support/draw.js';
import { newMm } from '../support/machines.js';

const FIXED = 'PRIVATE ANONYMOUS FIXED';

/** PROT_NONE, so that no length is too much memory. */
function fixed(mm: Mm, addr: bigint, len: bigint): string {
  return mmap(mm, { addr, len, prot: PROT_NONE, flags: FIXED });
}

function hinted(mm: Mm, addr: bigint, len: bigint, flags = 'PRIVATE ANONYMOUS'): string {
  return mmap(mm, { addr, len, prot: PROT_NONE, flags });
}

describe('a hint on i386', () => {
  it('that is free is taken', () => {
    expect(hinted(newMm(), 0x50000000n, 0x1000n)).toBe('50000000');
  });

  it('is rounded up to a page', () => {
    expect(hinted(newMm(), 0x50000001n, 0x1000n)).toBe('50001000');
    expect(hinted(newMm(), 1n, 0x1000n)).toBe('00001000');
  });

  it.each<[string, number, number, number]>([
    ['..A..', 2, 1, 0],
    ['..A..', 1, 2, 0],
    ['A.A..', 2, 2, 3],
    ['..A..', 1, 1, 1],
    ['..A..', 3, 2, 3],
  ])('%s: page %i, %i pages: tried once, then searched for from the base: page %i', (text, page, npages, at) => {
    expect(mapHint(draw(text), page, npages, 'N')).toBe(at);
  });

  it('may lie below TASK_UNMAPPED_BASE, where the search does not look', () => {
    const mm = draw('.......', { base: 0x3fffe });
    expect([mapHint(mm, 0, 1, 'N'), mapHint(mm, 0, 1, 'N')]).toEqual([0, 2]);
    expect(picture(mm)).toBe('N.N....');
  });

  it('whose end passes TASK_SIZE is not taken', () => {
    expect(hinted(newMm(), 0xbffff000n, 0x1000n)).toBe('bffff000');
    expect(hinted(newMm(), 0xbffff000n, 0x2000n)).toBe('40000000');
    expect(hinted(newMm(), 0xe0000000n, 0x1000n)).toBe('40000000');
  });

  it('in the last page of all wraps around to page 0, which is granted', () => {
    const mm = newMm();
    expect(hinted(mm, 0xfffff001n, 0x1000n)).toBe('00000000');
    expect(hinted(mm, 0xffffffffn, 0x1000n)).toBe('40000000');
    expect(hinted(newMm(), 0xfffff000n, 0x1000n)).toBe('40000000');
  });
});

describe('MAP_FIXED', () => {
  it('is range-checked before its alignment: ENOMEM, then EINVAL', () => {
    const mm = newMm();
    expect(fixed(mm, 0xbffff001n, 0x1000n)).toBe('ENOMEM');
    expect(fixed(mm, 0xbfffe001n, 0x1000n)).toBe('EINVAL');
    expect(fixed(mm, 0x40000001n, 0x1000n)).toBe('EINVAL');
  });

  it('may map page 0 and the last page below TASK_SIZE, and nothing above it', () => {
    const mm = newMm();
    expect(fixed(mm, 0n, 0x1000n)).toBe('00000000');
    expect(fixed(mm, 0xbffff000n, 0x1000n)).toBe('bffff000');
    expect(fixed(mm, 0xbffff000n, 0x1001n)).toBe('ENOMEM');
    expect(fixed(mm, 0xc0000000n, 0x1000n)).toBe('ENOMEM');
    expect(fixed(mm, 0xfffff000n, 0x1000n)).toBe('ENOMEM');
  });

  it('may map all of the address space at once', () => {
    const mm = newMm();
    expect(fixed(mm, 0n, 0xc0000000n)).toBe('00000000');
    expect(mapAnywhere(mm, 1, 'N')).toBe(-ENOMEM);
    expect(fixed(mm, 0x1000n, 0xc0000000n)).toBe('ENOMEM');
    mm.check();
  });
});

describe('the last page below TASK_SIZE', () => {
  it('is found by the search, and then there is no more', () => {
    const mm = newMm();
    fixed(mm, 0x40000000n, 0x7ffff000n);
    expect(mmap(mm, { len: 0x1000n })).toBe('bffff000');
    expect(mmap(mm, { len: 0x1000n })).toBe('ENOMEM');
    expect(munmap(mm, 0xbffff000n, 0x1000n)).toBe('0');
    expect(mmap(mm, { len: 0x1001n })).toBe('ENOMEM');
    expect(mmap(mm, { len: 1n })).toBe('bffff000');
  });
});

describe('sparc64: the hole [2^43, -2^43)', () => {
  const sparc = () => newMm({ arch: 'sparc64' });

  it('may be touched from below but not entered', () => {
    expect(hinted(sparc(), 0x7ffffffc000n, 0x4000n)).toBe('7ffffffc000');
    expect(hinted(sparc(), 0x7ffffffe000n, 0x4000n)).toBe('fffff80000000000');
    expect(hinted(sparc(), 0x80000000000n, 0x2000n)).toBe('fffff80000000000');
    expect(hinted(sparc(), 0xfffff7ffffffe000n, 0x2000n)).toBe('fffff80000000000');
  });

  it('is jumped over by a walk that comes from below, for shared memory too', () => {
    const mm = sparc();
    fixed(mm, 0x7ffffff0000n, 0xe000n);
    expect(hinted(mm, 0x7ffffff0000n, 0x4000n)).toBe('fffff80000000000');
    expect(hinted(mm, 0x7ffffff0000n, 0x2000n, 'SHARED ANONYMOUS')).toBe('fffff80000004000');
    expect(hinted(mm, 0x7ffffff0000n, 0x2000n)).toBe('7ffffffe000');
  });

  it('limits one mapping to 2^43 bytes: longer ones fail with ENOMEM even above it', () => {
    expect(hinted(sparc(), 0n, 0x80000000000n)).toBe('ENOMEM');
    expect(hinted(sparc(), 0n, 0x7fc00000000n)).toBe('fffff80000000000');
    expect(hinted(sparc(), 0n, 0x7fc00002000n)).toBe('ENOMEM');
    expect(hinted(sparc(), 0x2000n, 0x7fffffe0000n)).toBe('00002000');
  });

  it('a hint in the last page of all rounds up to a colour, wraps, and is granted at page 0', () => {
    const last = 0xffffffffffffe000n;
    expect(mmap(sparc(), { addr: last, len: 0x2000n, flags: 'PRIVATE', file })).toBe('00000000');
    expect(mmap(sparc(), { addr: last, len: 0x2000n, flags: 'PRIVATE', file, pgoff: 1 })).toBe('00002000');
    expect(hinted(sparc(), last, 0x2000n, 'SHARED ANONYMOUS')).toBe('00000000');
    expect(hinted(sparc(), last, 0x2000n)).toBe('ENOMEM');
    expect(hinted(sparc(), last + 1n, 0x2000n)).toBe('00000000');
  });

  it('TASK_SIZE, 16 GB below the top, ends the upper half', () => {
    const end = 0xfffffffc00000000n;
    expect(hinted(sparc(), end - 0x2000n, 0x2000n)).toBe('fffffffbffffe000');
    expect(hinted(sparc(), end - 0x2000n, 0x4000n)).toBe('ENOMEM');
    expect(hinted(sparc(), end, 0x2000n)).toBe('ENOMEM');
  });
});

describe('sparc64, a 32-bit task', () => {
  const sparc32 = () => newMm({ arch: 'sparc64', bits: 32 });

  it('ends at 0xf0000000 for the search, though TASK_SIZE is that of a 64-bit task', () => {
    expect(hinted(sparc32(), 0xefffe000n, 0x2000n)).toBe('efffe000');
    expect(hinted(sparc32(), 0xefffe000n, 0x4000n)).toBe('ENOMEM');
    expect(hinted(sparc32(), 0xf0000000n, 0x2000n)).toBe('ENOMEM');
    expect(hinted(sparc32(), 0n, 0x80000000n)).toBe('70000000');
    expect(hinted(sparc32(), 0n, 0x80002000n)).toBe('ENOMEM');
    expect(hinted(sparc32(), 0n, 0xf0002000n)).toBe('ENOMEM');
  });
});

describe('ia64: the end of a region', () => {
  const ia64 = () => newMm({ arch: 'ia64' });

  it('is RGN_MAP_LIMIT, and a search that reaches it fails without trying the next region', () => {
    expect(hinted(ia64(), 0x20000fffffff8000n, 0x4000n)).toBe('20000fffffff8000');
    expect(hinted(ia64(), 0x20000fffffff8000n, 0x8000n)).toBe('ENOMEM');
    expect(hinted(ia64(), 0x20000fffffffc000n, 0x4000n)).toBe('ENOMEM');
    expect(hinted(ia64(), 0x3000000000000000n, 0x4000n)).toBe('ENOMEM');
  });

  it('fails a walk that has nothing left below it', () => {
    const mm = ia64();
    fixed(mm, 0x2000000000000000n, 0xfffffff8000n);
    expect(hinted(mm, 0n, 0x4000n)).toBe('20000fffffff8000');
    expect(hinted(mm, 0n, 0x4000n)).toBe('ENOMEM');
    expect(hinted(mm, 0x4000000000000000n, 0x4000n)).toBe('4000000000000000');
  });

  it('limits one mapping to RGN_MAP_LIMIT', () => {
    expect(hinted(ia64(), 0n, 0xfffffffc000n)).toBe('2000000000000000');
    expect(hinted(ia64(), 0n, 0x100000000000n)).toBe('ENOMEM');
  });

  it('of the last user region is TASK_SIZE', () => {
    expect(hinted(ia64(), 0x9ffffffffffff000n, 0x4000n)).toBe('ENOMEM');
    expect(hinted(ia64(), 0xa000000000000000n, 0x4000n)).toBe('ENOMEM');
    expect(hinted(ia64(), 0x8000000000000000n, 0x4000n)).toBe('8000000000000000');
  });
});

describe('MAP_FIXED below mmap_min_addr', () => {
  const TASK_SIZE = 0xc0000000n;

  // 4.12, mm/mmap.c: arch_get_unmapped_area() tests the length before MAP_FIXED; before 3.13 it does not subtract.
  it.each([
    ['3.6', 'EPERM', 'EPERM'],
    ['3.8', 'EPERM', 'EPERM'],
    ['4.12', 'EPERM', 'ENOMEM'],
    ['6.1', 'EPERM', 'ENOMEM'],
    ['6.13', 'EPERM', 'ENOMEM'],
  ])('i386, %s: %s, and all that TASK_SIZE leaves there %s', (release, short, long) => {
    const mm = newMm({ release });
    expect(fixed(mm, 0xf000n, TASK_SIZE - 0x10000n)).toBe(short);
    expect([fixed(mm, 0xf000n, TASK_SIZE - 0xf000n), fixed(mm, 0n, TASK_SIZE)]).toEqual([long, long]);
  });

  it('x86_64, 4.12: EPERM, whatever the length', () => {
    const mm = newMm({ arch: 'x86_64', release: '4.12' });
    expect(fixed(mm, 0x1000n, 0x7fffffffe000n)).toBe('EPERM');
  });
});
