/**
 * What vm_enough_memory() keeps from ordinary programs, release by release: mm/mmap.c of 2.5.46, 2.5.74, 2.6.11 to
 * 4.12, security/commoncap.c of 2.6.0 to 2.6.9, mm/util.c of 6.1 and 6.13. 6400 pages of memory, of which mode 2 lets
 * half be committed.
 */
import { describe, expect, it } from 'vitest';
import { PROT_NONE } from '../../src/arch/generic/mman.js';
import { releases } from '../../src/release/index.js';
import type { Mm } from '../../src/mm/mm.js';
import type { OvercommitMode } from '../../src/mm/vm.js';
import { mmap } from '../support/calls.js';
import { newMm } from '../support/machines.js';

const PAGE = 0x1000n;
const PAGES = 6400;

function mmOf(release: string, overcommit: OvercommitMode, pages = PAGES): Mm {
  const mm = newMm({ release, overcommit, ram: pages * 4096 });
  mm.vm.follow(mm.rules, 4096);
  return mm;
}

function isGranted(mm: Mm, pages: number, prot = 3): boolean {
  return mmap(mm, { len: BigInt(pages) * PAGE, prot }) !== 'ENOMEM';
}

/** The most pages that one request gets; `prepare` maps something first. */
function most(release: string, overcommit: OvercommitMode, pages = PAGES, prepare: (mm: Mm) => void = () => {}): number {
  let [yes, no] = [0, pages + 1];
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2);
    const mm = mmOf(release, overcommit, pages);
    prepare(mm);
    if (isGranted(mm, middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** A release and those after it, up to the next one named, have the value. */
function byRelease(values: Readonly<Record<string, number>>, ask: (release: string) => number): void {
  let expected = 0;
  for (const { name } of releases) {
    expected = values[name] ?? expected;
    expect([name, ask(name)]).toEqual([name, expected]);
  }
}

describe('mode 0', () => {
  it('refuses what is not below free memory, less a 32nd for root from 2.5.74 on; 6.1 what is above all memory', () => {
    byRelease({ '2.4.20': 6399, '2.5.74': 6199, '6.1': 6400 }, (release) => most(release, 0));
  });

  it('keeps 8 MiB for root at most in 4.12', () => {
    byRelease({ '2.4.20': 199_999, '2.5.74': 193_749, '4.12': 200_000 - 2048 - 1, '6.1': 200_000 }, (release) => most(release, 0, 200_000));
  });
});

describe('mode 2', () => {
  const known = releases.filter(({ rules }) => rules.accounts);

  it('keeps a 32nd for root from 2.6.9 on, of what it allows, and of all memory from 4.12 on', () => {
    for (const { name, rules } of known) {
      const expected = rules.reserve.capped ? 2999 : rules.reserve.mode2 ? 3099 : 3199;
      expect([name, most(name, 2)]).toEqual([name, expected]);
    }
    expect(['2.6.6', '2.6.9', '3.6', '4.12', '6.13'].map((release) => most(release, 2))).toEqual([3199, 3099, 3099, 2999, 2999]);
  });

  it('and a 32nd of the process from 2.6.11 on, of what nobody is charged for, too', () => {
    const asked = (release: string) => most(release, 2, PAGES, (mm) => isGranted(mm, 3200, PROT_NONE));
    expect(['2.6.9', '2.6.11', '2.6.13', '3.6', '6.1'].map(asked)).toEqual([3099, 2999, 2999, 2999, 2899]);
  });

  it('that is an unsigned long in 2.6.11, 2.6.12, 3.6 and 3.8: a process large enough is granted everything', () => {
    const isEndless = (release: string) => {
      const mm = mmOf(release, 2);
      isGranted(mm, 32 * 3101, PROT_NONE);
      return isGranted(mm, 5 * PAGES);
    };
    const endless = known.filter(({ name }) => isEndless(name)).map(({ name }) => name);
    expect(endless).toEqual(['2.6.11', '2.6.12-rc1', '3.6', '3.8']);
  });
});
