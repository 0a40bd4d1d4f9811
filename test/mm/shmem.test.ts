/**
 * What shared memory without a file costs: mm/shmem.c: shmem_zero_setup() and shmem_file_setup() of each release,
 * mm/mmap.c: do_mmap_pgoff(); fs/file_table.c: fput() for when it is given back.
 */
import { describe, expect, it } from 'vitest';
import { PROT_NONE, PROT_READ, PROT_WRITE } from '../../src/arch/generic/mman.js';
import { type MmRules, releases } from '../../src/release/index.js';
import {
  rules25, rules61, rules260, rules412, rules613, rules618, rules2613, rules2618,
} from '../../src/release/mm_rules.js';
import { rules36, rules38 } from '../../src/release/mm_rules_3x.js';
import type { Mm } from '../../src/mm/mm.js';
import { mmap, type MmapCall, mprotect, munmap } from '../support/calls.js';
import { forked } from '../support/mm_calls.js';
import { type MmChoice, newMm } from '../support/machines.js';

const PAGE = 0x1000n;
const AT = 0x50000000n;
const SHARED = 'SHARED ANONYMOUS';
const FIXED = `${SHARED} FIXED`;

/** Mode 2 with 100 pages of memory: less than 50 may be committed. */
function strict(choice: MmChoice = {}): Mm {
  return newMm({ ram: 100 * 4096, overcommit: 2, ...choice });
}

/** Maps shared memory of so many pages at AT + `page`, or where there is room. */
function shared(mm: Mm, npages: number, more: Partial<MmapCall> = {}): string {
  return mmap(mm, { len: BigInt(npages) * PAGE, flags: SHARED, ...more });
}

/** The end of a system call. */
function committed(mm: Mm): number {
  mm.vm.settle();
  return mm.vm.committed;
}

/** i386 has them all. 2.4 has no account. */
const names = releases.filter(({ rules }) => rules.accounts).map(({ name }) => name);

describe.each(names)('%s', (release) => {
  it('overcommit mode 2 refuses what all maps together may not commit, shared ones included', () => {
    const mm = strict({ release });
    const [first, second] = [shared(mm, 30, { addr: AT, flags: FIXED }), shared(mm, 20)];
    expect([first, second, committed(mm)]).toEqual(['50000000', 'ENOMEM', 30]);
    expect(mmap(mm, { len: 20n * PAGE })).toBe('ENOMEM');
    expect([mmap(mm, { len: 19n * PAGE }).length, committed(mm)]).toEqual([8, 49]);
  });

  it('mode 0 refuses shared memory that is larger than all memory, mode 1 nothing', () => {
    expect(shared(strict({ release, overcommit: 0 }), 101)).toBe('ENOMEM');
    expect(shared(strict({ release, overcommit: 0 }), 99)).not.toBe('ENOMEM');
    expect(shared(strict({ release, overcommit: 1 }), 1000)).not.toBe('ENOMEM');
  });

  it.each([['none', PROT_NONE], ['to read', PROT_READ], ['to write', PROT_WRITE]])('is charged whatever its rights: %s', (_what, prot) => {
    const mm = strict({ release });
    shared(mm, 7, { prot, addr: AT, flags: FIXED });
    expect(committed(mm)).toBe(7);
    expect([mprotect(mm, AT, 7n * PAGE, PROT_READ | PROT_WRITE), committed(mm)]).toEqual(['0', 7]);
  });

  it('MAP_NORESERVE spares it the charge in modes 0 and 1, not in mode 2', () => {
    const charges = ([0, 1, 2] as const).map((overcommit) => {
      const mm = strict({ release, overcommit });
      shared(mm, 7, { flags: `${SHARED} NORESERVE` });
      return committed(mm);
    });
    expect(charges).toEqual([0, 0, 7]);
  });

  it('a fork shares the charge: it is given back once, when the last of both has gone', () => {
    const mm = strict({ release });
    shared(mm, 30, { addr: AT, flags: FIXED });
    const child = forked(mm);
    expect(committed(mm)).toBe(30);
    munmap(mm, AT, 30n * PAGE);
    expect(committed(mm)).toBe(30);
    child.clear();
    expect(committed(mm)).toBe(0);
  });

  it('munmap of one half keeps the whole charge; of both, none is left', () => {
    const mm = strict({ release });
    shared(mm, 8, { addr: AT, flags: FIXED });
    expect([munmap(mm, AT, 4n * PAGE), committed(mm)]).toEqual(['0', 8]);
    expect([munmap(mm, AT + 4n * PAGE, 4n * PAGE), committed(mm)]).toEqual(['0', 0]);
  });

  it('a refusal leaves nothing where MAP_FIXED replaces something', () => {
    const mm = strict({ release });
    mmap(mm, { addr: AT, len: 4n * PAGE, flags: 'PRIVATE ANONYMOUS FIXED' });
    expect(shared(mm, 60, { addr: AT, flags: FIXED })).toBe('ENOMEM');
    expect([mm.vmas.size, committed(mm)]).toEqual([0, 0]);
  });

  it('an mm that ends gives it back', () => {
    const mm = strict({ release });
    shared(mm, 8);
    mm.clear();
    expect(committed(mm)).toBe(0);
  });
});

describe('2.4.20', () => {
  it('asks whether there is so much memory, MAP_NORESERVE or not, and charges nothing', () => {
    const mm = newMm({ release: '2.4.20', ram: 100 * 4096 });
    const asked = ['SHARED', 'PRIVATE'].map((type) => mmap(mm, { len: 101n * PAGE, flags: `${type} ANONYMOUS NORESERVE` }));
    expect([asked[0], asked[1]!.length, shared(mm, 99).length, committed(mm)]).toEqual(['ENOMEM', 8, 8, 0]);
  });
});

describe('shared memory in place of something of 30 pages, under mode 2', () => {
  const replace = (rules: MmRules, old: string): [string, number] => {
    const mm = strict({ rules });
    mmap(mm, { addr: AT, len: 30n * PAGE, flags: old });
    const result = shared(mm, 30, { addr: AT, flags: FIXED });
    return [result, committed(mm)];
  };
  const kernels = [rules25, rules2613, rules2618, rules36, rules38, rules412, rules61, rules613, rules618];

  it('of private memory: there is room, but from 6.13 on what is replaced is charged to the end', () => {
    const results = kernels.map((rules) => replace(rules, 'PRIVATE ANONYMOUS FIXED')[0]);
    expect(results).toEqual([...Array(7).fill('50000000'), 'ENOMEM', 'ENOMEM']);
  });

  it('of shared memory: no room from 3.6 on, where the old object lives until the call returns', () => {
    const results = kernels.map((rules) => replace(rules, FIXED)[0]);
    expect(results).toEqual([...Array(3).fill('50000000'), ...Array(6).fill('ENOMEM')]);
    expect(kernels.map((rules) => replace(rules, FIXED)[1])).toEqual([30, 30, 30, 0, 0, 0, 0, 0, 0]);
  });
});

describe('more than SHMEM_MAX_BYTES', () => {
  // 16 + (512 * 512 / 2) * 513 pages of 4 KiB on x86_64.
  const MOST = 67_239_952n;
  const asked = (rules: MmRules, npages: bigint) =>
    mmap(newMm({ arch: 'x86_64', bits: 64, release: '2.6.18', rules, overcommit: 1 }), { len: npages * PAGE, flags: SHARED });

  it('is EINVAL up to 2.6.18, though mode 1 grants everything; no more by 3.6', () => {
    for (const rules of [rules260, rules2613, rules2618]) {
      expect([asked(rules, MOST + 1n), asked(rules, MOST).length > 8]).toEqual(['EINVAL', true]);
    }
    for (const rules of [rules36, rules412, rules61, rules613]) expect(asked(rules, MOST + 1n).length).toBeGreaterThan(8);
  });
});

describe('a shared map of /dev/zero', () => {
  const zero = {
    mapped: { path: '/dev/zero', major: 1, minor: 5, inode: 9, isZero: true }, readable: true, writable: true, mappable: true,
  };

  it('is such an object; a private one is charged as any, and other shared files are not', () => {
    const mm = strict();
    mmap(mm, { len: 5n * PAGE, flags: 'SHARED', file: zero });
    expect(committed(mm)).toBe(5);
    mmap(mm, { len: 6n * PAGE, flags: 'PRIVATE', file: zero });
    expect(committed(mm)).toBe(11);
    mmap(mm, { len: 7n * PAGE, flags: 'SHARED', file: { ...zero, mapped: { ...zero.mapped, isZero: false } } });
    expect([committed(mm), mmap(mm, { len: 40n * PAGE, flags: 'SHARED', file: zero })]).toEqual([11, 'ENOMEM']);
  });
});
