/**
 * What Linux 6.1.20 and 6.13.2 for x86_64, compiled and run, did otherwise than the records had it: above all that what the
 * kernel itself maps, [vvar] and [vdso], is not cut (special_mapping_split()). test/host/recorded has what they answered.
 */
import { describe, expect, it } from 'vitest';
import { EINVAL, ENODEV, ENOMEM } from '../../src/arch/generic/errno.js';
import { PROT_NONE, PROT_READ } from '../../src/arch/generic/mman.js';
import { MADV_DONTFORK, MADV_REMOVE, MADV_WIPEONFORK, MREMAP_FIXED, MREMAP_MAYMOVE } from '../../src/arch/generic/mman_calls.js';
import { doMadvise } from '../../src/mm/madvise.js';
import { mapsLines } from '../../src/mm/maps.js';
import { doMincore } from '../../src/mm/mincore.js';
import { doMlock } from '../../src/mm/mlock.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMremap } from '../../src/mm/mremap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { load8 } from '../../src/mm/uaccess.js';
import { hiOfVpn, loOfVpn } from '../../src/lib/u64.js';
import { execMm } from '../support/machines.js';

const RELEASES = ['4.12', '6.1', '6.13', '6.18'];
const FIXED_ANONYMOUS = 0x32;

/** First page of [vdso], which has two. */
function vdsoOf({ vmas, files }: Mm): number {
  let h = vmas.first();
  while (files[vmas.vmFile[h]!]?.path !== '[vdso]') h = vmas.next(h);
  expect(vmas.vmEnd[h]! - vmas.vmStart[h]!).toBe(2);
  return vmas.vmStart[h]!;
}

function map(mm: Mm, vpn: number, npages: number, more: { flags?: number; file?: OpenFile } = {}): number {
  return doMmap(mm, { ...newMmapArgs(), vpn, lenPages: npages, prot: 3, flags: FIXED_ANONYMOUS, ...more });
}

/** What each release answers on 64-bit tasks of x86_64, and whether its maps are those from before. */
function answers(answer: (mm: Mm, vdso: number) => number, releases = RELEASES): Record<string, unknown> {
  return Object.fromEntries(releases.map((release) => {
    const mm = execMm({ arch: 'x86_64', bits: 64, release });
    const before = mapsLines(mm).join('\n');
    const result = answer(mm, vdsoOf(mm));
    mm.check();
    return [release, [result, mapsLines(mm).join('\n') === before]];
  }));
}

describe('a part of [vdso]', () => {
  const refused = { '4.12': [0, false], '6.1': [-EINVAL, true], '6.13': [-EINVAL, true], '6.18': [-EINVAL, true] };

  it('is not unmapped, from either end', () => {
    expect(answers((mm, vdso) => doMunmap(mm, vdso, 0, 1, 0))).toEqual(refused);
    expect(answers((mm, vdso) => doMunmap(mm, vdso + 1, 0, 1, 0))).toEqual(refused);
  });

  it('is not mapped over: ENOMEM in 6.1, EINVAL in 6.13', () => {
    expect(answers((mm, vdso) => Math.min(map(mm, vdso, 1), 0)))
      .toEqual({ ...refused, '6.1': [-ENOMEM, true] });
  });

  it('is not protected or advised about for itself', () => {
    expect(answers((mm, vdso) => doMprotect(mm, vdso, 0, 1, 0, PROT_NONE))).toEqual(refused);
    const advised = { ...refused, '4.12': [0, false] };
    expect(answers((mm, vdso) => doMadvise(mm, vdso, 0, 1, 0, MADV_DONTFORK))).toEqual(advised);
  });

  it('is not moved', () => {
    const remap = { offset: 0, oldPages: 1, oldOffset: 0, newPages: 1, newOffset: 0, newVpn: 0x100000, newVpnOffset: 0 };
    const move = (mm: Mm, vpn: number) => Math.min(doMremap(mm, { ...remap, vpn, flags: MREMAP_MAYMOVE | MREMAP_FIXED }), 0);
    expect(answers((mm, vdso) => move(mm, vdso))).toEqual(refused);
    expect(answers((mm, vdso) => move(mm, vdso + 1))).toEqual(refused);
  });

  it('may go with the rest', () => {
    const whole = Object.fromEntries(RELEASES.map((release) => [release, [0, false]]));
    expect(answers((mm, vdso) => doMunmap(mm, vdso, 0, 2, 0))).toEqual(whole);
    expect(answers((mm, vdso) => doMprotect(mm, vdso, 0, 2, 0, PROT_READ))).toEqual(whole);
  });
});

describe('advice about [vdso], which has a name and no file', () => {
  const advise = (advice: number) => RELEASES.map((release) => {
    const mm = execMm({ arch: 'x86_64', bits: 64, release });
    return doMadvise(mm, vdsoOf(mm), 0, 2, 0, advice);
  });

  it('MADV_REMOVE is EINVAL, not the EACCES of a file', () => {
    expect(advise(MADV_REMOVE)).toEqual([-EINVAL, -EINVAL, -EINVAL, -EINVAL]);
  });

  it('MADV_WIPEONFORK, where there is such an advice, is accepted', () => {
    expect(advise(MADV_WIPEONFORK)).toEqual([-EINVAL, 0, 0, 0]);
  });
});

describe('mincore', () => {
  it('says of [vdso] that it is there from 5.2 on', () => {
    const present = (release: string) => {
      const mm = execMm({ arch: 'x86_64', bits: 64, release });
      const vector = map(mm, 0x20000, 1);
      expect(doMincore(mm, vdsoOf(mm), 0, 2, 0, vector, 0)).toBe(0);
      return [0, 1].map((i) => load8(mm, hiOfVpn(vector, 12), loOfVpn(vector, 12, i)));
    };
    expect(RELEASES.map(present)).toEqual([[0, 0], [1, 1], [1, 1], [1, 1]]);
  });
});

describe('munmap that ends inside [vdso]', () => {
  it('leaves locked memory below locked and forgets in 6.1 that it counted', () => {
    const locked = (release: string) => {
      const mm = execMm({ arch: 'x86_64', bits: 64, release });
      const vdso = vdsoOf(mm);
      const below = mm.vmas.vmStart[mm.vmas.find(0x402)]!;
      expect(map(mm, below - 3, 3)).toBe(below - 3);
      expect(doMlock(mm, below - 3, 0, 3, 0)).toBe(0);
      const error = doMunmap(mm, below - 3, 0, vdso + 1 - (below - 3), 0);
      return [error, mm.lockedVm];
    };
    expect(['6.1', '6.13', '6.18'].map(locked)).toEqual([[-EINVAL, 0], [-EINVAL, 3], [-EINVAL, 3]]);
  });
});

describe('mmap', () => {
  it('of a file without mmap by an unknown type is EINVAL from 3.6 on, where the type is looked at first', () => {
    const mapped = { path: '/dev/tty', major: 5, minor: 0, inode: 9 };
    const file = { mapped, readable: true, writable: true, mappable: false };
    const results = ['2.6.18', '3.6', '3.8', '4.12', '6.1', '6.13', '6.18'].map((release) =>
      map(execMm({ arch: 'x86_64', bits: 64, release }), 0x20000, 1, { flags: 0x14, file }));
    expect(results).toEqual([-ENODEV, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL]);
  });

  it('over a part of an area with RLIMIT_AS in its way leaves it cut in two in 6.13, as it was in 6.1', () => {
    const areas = (release: string) => {
      const mm = execMm({ arch: 'x86_64', bits: 64, release });
      expect(map(mm, 0x20000, 4)).toBe(0x20000);
      const { size } = mm.vmas;
      mm.rlimits.as = mm.bytes(mm.totalVm + 1);
      expect(map(mm, 0x20002, 4)).toBe(-ENOMEM);
      return mm.vmas.size - size;
    };
    expect(['4.12', '6.1', '6.13', '6.18'].map(areas)).toEqual([0, 0, 1, 1]);
  });
});

describe('exec', () => {
  /** Pages of the stack under a limit in bytes. */
  const stackPages = (stack: number) => ['2.6.18', '4.12', '6.1', '6.13', '6.18'].map((release) => {
    const { vmas, target } = execMm({ arch: 'x86_64', bits: 64, release, rlimits: { stack } });
    const h = vmas.find(target.stackTop - 1);
    return vmas.vmEnd[h]! - vmas.vmStart[h]!;
  });

  it('adds 128 KiB to a stack as far as RLIMIT_STACK goes, which 2.6.18 does not do yet', () => {
    expect(stackPages(8 * 1024 * 1024)).toEqual([2, 33, 33, 33, 33]);
    expect(stackPages(16384)).toEqual([2, 4, 4, 4, 4]);
    expect(stackPages(20000)).toEqual([2, 4, 4, 4, 4]);
    expect(stackPages(0)).toEqual([2, 1, 1, 1, 1]);
  });
});
