/**
 * mincore: argument checks, holes and the vector, release by release. Facts from mm/mincore.c of Linux 2.5.46,
 * 2.6.11, 2.6.18, 6.1 and 6.18.
 */
import { describe, expect, it } from 'vitest';
import { EFAULT, EINVAL, ENOMEM } from '../../src/arch/generic/errno.js';
import { MADV_DONTNEED, MADV_GUARD_INSTALL } from '../../src/arch/generic/mman_calls.js';
import { doMincore } from '../../src/mm/mincore.js';
import type { Mm } from '../../src/mm/mm.js';
import { load8, store32 } from '../../src/mm/uaccess.js';
import { addressOf, baseOf, draw } from '../support/draw.js';
import { advise, type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const all = Object.keys(ruleSets) as Rules[];
const old: Rules[] = ['2.5', '2.6.11', '2.6.18'];
const recent: Rules[] = ['3.6', '3.8', '4.12', '6.1', '6.13', '6.18'];

/** Page of the drawings that holds the vector, and what its bytes are before the call. */
const VEC = 8;
const UNTOUCHED = 9;

/** A drawing of up to 8 pages with a writable page for the vector behind it. */
function start(text: string, rules: Rules): Mm {
  const mm = draw(`${text.padEnd(VEC, '.')}A`, withRules(rules));
  for (let i = 0; i < 8; i += 4) store32(mm, ...addressOf(mm, VEC, i), 0x01010101 * UNTOUCHED);
  return mm;
}

function mincore(mm: Mm, page: number, npages: number): number {
  return doMincore(mm, baseOf(mm) + page, 0, npages, 0, baseOf(mm) + VEC, 0);
}

function vector(mm: Mm, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const byte = load8(mm, ...addressOf(mm, VEC, i));
    return byte === UNTOUCHED ? '-' : String(byte);
  }).join('');
}

function touch(mm: Mm, ...pages: number[]): void {
  for (const page of pages) store32(mm, ...addressOf(mm, page), 1);
}

describe.each(all)('every release, %s', (rules) => {
  it('an unaligned address fails with EINVAL', () => {
    const mm = start('SS', rules);
    expect(doMincore(mm, baseOf(mm), 1, 1, 0, baseOf(mm) + VEC, 0)).toBe(-EINVAL);
  });

  it('shared memory: pages that somebody has touched are there', () => {
    const mm = start('SSS', rules);
    touch(mm, 1);
    expect([mincore(mm, 0, 3), vector(mm, 4)]).toEqual([0, '010-']);
  });

  it('shared memory whose entries were dropped is still there', () => {
    const mm = start('SS', rules);
    touch(mm, 0);
    advise(mm, 0, 2, MADV_DONTNEED);
    expect([mincore(mm, 0, 2), vector(mm, 2)]).toEqual([0, '10']);
  });

  it('a length in the middle of a page counts the page', () => {
    const mm = start('SS', rules);
    expect([doMincore(mm, baseOf(mm), 0, 1, 1, baseOf(mm) + VEC, 3), vector(mm, 6)]).toEqual([0, '---00-']);
  });

  it('a vector that cannot be written fails with EFAULT', () => {
    const mm = start('SS', rules);
    expect(doMincore(mm, baseOf(mm), 0, 2, 0, baseOf(mm) + 5, 0)).toBe(-EFAULT);
    expect(doMincore(mm, baseOf(mm), 0, 2, 0, mm.target.taskSize, 0)).toBe(-EFAULT);
  });

  it('nothing mapped at all fails with ENOMEM', () => {
    expect(mincore(start('SS', rules), 3, 2)).toBe(-ENOMEM);
  });
});

describe('private memory', () => {
  it.each(old)('fails with ENOMEM in %s', (rules) => {
    const mm = start('A', rules);
    touch(mm, 0);
    expect([mincore(mm, 0, 1), vector(mm, 1)]).toEqual([-ENOMEM, '-']);
  });

  it.each(recent)('is there once it was written, in %s', (rules) => {
    const mm = start('AAA', rules);
    touch(mm, 0, 2);
    expect([mincore(mm, 0, 3), vector(mm, 3)]).toEqual([0, '101']);
  });

  it('a guard marker is no page', () => {
    const mm = start('AA', '6.18');
    touch(mm, 0, 1);
    advise(mm, 0, 1, MADV_GUARD_INSTALL);
    expect([mincore(mm, 0, 2), vector(mm, 2)]).toEqual([0, '01']);
  });
});

describe('a hole', () => {
  it.each(old)('has no bytes in the vector, and the result is ENOMEM: %s', (rules) => {
    const mm = start('S..S', rules);
    touch(mm, 3);
    expect([mincore(mm, 0, 4), vector(mm, 4)]).toEqual([-ENOMEM, '01--']);
  });

  it.each(recent)('ends the call, after the bytes before it: %s', (rules) => {
    const mm = start('S..S', rules);
    touch(mm, 0, 3);
    expect([mincore(mm, 0, 4), vector(mm, 4)]).toEqual([-ENOMEM, '1---']);
  });
});

describe('lengths', () => {
  it.each([
    ['2.5', 0, 0], ['2.6.11', 0, -ENOMEM], ['2.6.18', 0, 0], ['6.1', 0, 0], ['6.18', 0, 0],
  ] as const)('of 0 over nothing, %s', (rules, mapped, unmapped) => {
    const mm = start('S', rules);
    // Nothing lies above the second address.
    expect([mincore(mm, 0, 0), mincore(mm, VEC + 2, 0)]).toEqual([mapped, unmapped]);
  });

  it.each([
    ['2.5', ENOMEM], ['2.6.11', EINVAL], ['2.6.18', ENOMEM], ['6.1', ENOMEM], ['6.18', ENOMEM],
  ] as const)('that reach above TASK_SIZE, %s', (rules, errno) => {
    const mm = start('S', rules);
    expect(mincore(mm, 0, mm.target.taskSize - baseOf(mm) + 1)).toBe(-errno);
  });

  it.each([
    ['2.5', EINVAL], ['2.6.11', EINVAL], ['2.6.18', ENOMEM], ['6.1', ENOMEM], ['6.18', ENOMEM],
  ] as const)('that wrap around, %s', (rules, errno) => {
    const mm = start('S', rules);
    expect(mincore(mm, 0, mm.target.vpnEnd - 2)).toBe(-errno);
  });

  it.each([['2.5', EINVAL], ['2.6.11', ENOMEM], ['2.6.18', ENOMEM], ['6.1', ENOMEM]] as const)(
    'from above TASK_SIZE, %s', (rules, errno) => {
      const mm = start('S', rules);
      expect(doMincore(mm, mm.target.vpnEnd - 1, 0, 1, 0, baseOf(mm) + VEC, 0)).toBe(-errno);
    },
  );

  it.each([['2.5', 0], ['2.6.11', 0], ['2.6.18', -ENOMEM], ['6.1', -ENOMEM]] as const)(
    'that round to 0, %s', (rules, result) => {
      const mm = start('S', rules);
      const { vpnEnd, pageSize } = mm.target;
      expect(doMincore(mm, baseOf(mm), 0, vpnEnd - 1, pageSize - 1, baseOf(mm) + VEC, 0)).toBe(result);
    },
  );
});

describe('access_ok() of the machines, 4.12', () => {
  const at = (arch: string, bits: 32 | 64 = 64) => {
    const mm = draw(`SS${'.'.repeat(VEC - 2)}A`, { arch, bits, release: '4.12' });
    for (let i = 0; i < 8; i += 4) store32(mm, ...addressOf(mm, VEC, i), 0x01010101 * UNTOUCHED);
    return mm;
  };
  /** More pages than there are up to TASK_SIZE. */
  const beyond = (mm: Mm) => mm.target.taskSize;

  it('x86_64 compares the whole range: nothing is stored for one that ends above TASK_SIZE', () => {
    const mm = at('x86_64');
    expect([mincore(mm, 0, beyond(mm)), vector(mm, 3)]).toEqual([-ENOMEM, '---']);
    expect(doMincore(mm, baseOf(mm) + 4, 0, 1, 0, mm.target.taskSize, 0)).toBe(-EFAULT);
  });

  it.each(['sparc64', 'ia64'])('%s does not: the pages up to the hole are told first', (arch) => {
    const mm = at(arch);
    expect([mincore(mm, 0, beyond(mm)), vector(mm, 3)]).toEqual([-ENOMEM, '00-']);
    expect(doMincore(mm, baseOf(mm), 0, mm.target.vpnEnd - 1, 1, baseOf(mm) + VEC, 0)).toBe(-ENOMEM);
  });

  it('ia64 looks at the first byte, and at its place in the region', () => {
    const mm = at('ia64');
    const { taskSize, region } = mm.target;
    const asked = (page: number, vec: number) => doMincore(mm, page, 0, 1, 0, vec, 0);
    expect(asked(baseOf(mm) + 4, taskSize)).toBe(-EFAULT);
    expect(asked(baseOf(mm) + 4, region!.mapLimit)).toBe(-EFAULT);
    expect(asked(baseOf(mm) + 4, baseOf(mm) + VEC)).toBe(-ENOMEM);
  });

  it('sparc64 finds a vector nowhere only when it stores: a hole comes first', () => {
    const mm = at('sparc64');
    const nowhere = mm.target.vpnEnd - 1;
    expect([4, 0].map((page) => doMincore(mm, baseOf(mm) + page, 0, 1, 0, nowhere, 0))).toEqual([-ENOMEM, -EFAULT]);
  });
});
