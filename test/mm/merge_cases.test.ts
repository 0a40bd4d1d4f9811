/**
 * What merges and what splits, drawn, release family by release family. The eight cases are those of the drawing
 * above vma_merge() in mm/mmap.c of Linux 2.6: P lies below, N above, and the pages A in between are new (1 to 3) or
 * get other flags (4 to 8).
 *
 *   1  PP..NN -> PPPPPP      2  PP..NN -> PPPPNN      3  PP..NN -> PPNNNN
 *   4  PPPPNN -> PPNNNN      5  PPNNNN -> PPPPNN      6  PPXXNN -> PPPPPP
 *   7  PPXXNN -> PPPPNN      8  PPXXNN -> PPNNNN
 */
import { describe, expect, it } from 'vitest';
import {
  PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE, VM_ACCOUNT, VM_NORESERVE,
} from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import { store32 } from '../../src/mm/uaccess.js';
import { addressOf, draw, map, picture, protect, unmap } from '../support/draw.js';
import { advise, flagsAt, forked, remap, type Rules, ruleSets, withRules } from '../support/mm_calls.js';

const RW = PROT_READ | PROT_WRITE;
const RX = PROT_READ | PROT_EXEC;
const MADV_NORMAL = 0;
const MADV_SEQUENTIAL = 2;

const all = Object.keys(ruleSets) as Rules[];
const oneEngine = all.filter((rules) => ruleSets[rules].merges === 'everything');
const recent: Rules[] = ['4.12', '6.1', '6.13', '6.18'];

/** Bounds of the areas, in pages of the drawing: "0-2 2-6". */
function areas(mm: Mm): string {
  const list: string[] = [];
  const first = mm.vmas.first();
  const base = mm.taskUnmappedBase();
  for (let h = first; h >= 0; h = mm.vmas.next(h)) list.push(`${mm.vmas.vmStart[h]! - base}-${mm.vmas.vmEnd[h]! - base}`);
  return list.join(' ');
}

function write(mm: Mm, page: number): void {
  expect(store32(mm, ...addressOf(mm, page), page + 1)).toBe(0);
}

/** [case, before, the change, after]. `map` and `protect` take page 2 and two pages, where nothing else is said. */
type Case = readonly [name: string, before: string, act: (mm: Mm) => number, after: string];

const eight: readonly Case[] = [
  ['1: a mapping fills the gap between two like itself', 'AA..AA', (mm) => map(mm, 2, 2, 'A'), 'AAAAAA'],
  ['2: it is like the one below', 'AA..RR', (mm) => map(mm, 2, 2, 'A'), 'AAAARR'],
  ['3: it is like the one above', 'RR..AA', (mm) => map(mm, 2, 2, 'A'), 'RRAAAA'],
  ['4: the rear of the one below becomes like the one above', 'RRRRAA', (mm) => protect(mm, 2, 2, RW), 'RRAAAA'],
  ['5: the front of the one above becomes like the one below', 'AARRRR', (mm) => protect(mm, 2, 2, RW), 'AAAARR'],
  ['6: what lies between becomes like both', 'AARRAA', (mm) => protect(mm, 2, 2, RW), 'AAAAAA'],
  ['7: it becomes like the one below', 'AARRNN', (mm) => protect(mm, 2, 2, RW), 'AAAANN'],
  ['8: it becomes like the one above', 'NNRRAA', (mm) => protect(mm, 2, 2, RW), 'NNAAAA'],
];

describe.each(all)('the eight cases of anonymous memory, %s', (rules) => {
  it.each(eight)('case %s: %s', (_name, before, act, after) => {
    const mm = draw(before, withRules(rules));
    const result = act(mm);
    expect([result >= 0, picture(mm)]).toEqual([true, after]);
    mm.check();
  });

  it('what stays like nobody stays alone', () => {
    const mm = draw('AAAAAA', withRules(rules));
    expect([protect(mm, 2, 2, PROT_NONE), areas(mm)]).toEqual([0, '0-2 2-4 4-6']);
    expect([protect(mm, 2, 2, RW), areas(mm)]).toEqual([0, '0-6']);
  });
});

describe('the eight cases of a file whose pages go on: T is private, read and execute', () => {
  /** Holes and other rights are made of one map, so that the pages of the file follow each other. */
  const cases: readonly Case[] = [
    ['1', 'TTTTTT', (mm) => unmap(mm, 2, 2) || map(mm, 2, 2, 'T'), '0-6'],
    ['2', 'TTTTRR', (mm) => unmap(mm, 2, 2) || map(mm, 2, 2, 'T'), '0-4 4-6'],
    ['3', 'RRTTTT', (mm) => unmap(mm, 2, 2) || map(mm, 2, 2, 'T'), '0-2 2-6'],
    ['4', 'TTTTTT', (mm) => protect(mm, 0, 4, PROT_READ) || protect(mm, 2, 2, RX), '0-2 2-6'],
    ['5', 'TTTTTT', (mm) => protect(mm, 2, 4, PROT_READ) || protect(mm, 2, 2, RX), '0-4 4-6'],
    ['6', 'TTTTTT', (mm) => protect(mm, 2, 2, PROT_READ) || protect(mm, 2, 2, RX), '0-6'],
    ['7', 'TTTTTT', (mm) => protect(mm, 2, 4, PROT_READ) || protect(mm, 4, 2, PROT_NONE) || protect(mm, 2, 2, RX), '0-4 4-6'],
    ['8', 'TTTTTT', (mm) => protect(mm, 0, 4, PROT_READ) || protect(mm, 0, 2, PROT_NONE) || protect(mm, 2, 2, RX), '0-2 2-6'],
  ];

  it.each(cases)('case %s merges from 2.6.7 on', (_name, before, act, after) => {
    for (const rules of oneEngine) {
      const mm = draw(before, withRules(rules));
      act(mm);
      expect(areas(mm), rules).toBe(after);
      mm.check();
    }
  });

  it.each(cases)('case %s does not in 2.5.46, where a file never merges', (_name, before, act) => {
    const mm = draw(before, withRules('2.5'));
    act(mm);
    expect(areas(mm)).toBe('0-2 2-4 4-6');
    mm.check();
  });

  it.each(oneEngine)('what if the pages do not go on? They stay apart: %s', (rules) => {
    const mm = draw('TT..TT', withRules(rules));
    const doubled = draw('TTTT..', withRules(rules));
    mm.vmas.vmPgoff[mm.vmas.first()]! += 7;
    mm.vmas.vmPgoff[mm.vmas.last()]! += 7;
    expect([map(mm, 2, 2, 'T'), areas(mm)]).toEqual([2, '0-2 2-4 4-6']);
    expect([remap(doubled, 2, 2, 2, 3, 4), areas(doubled)]).toEqual([4, '0-2 4-6']);
  });

  it.each(oneEngine)('what if it is another file, or the same one shared? They stay apart: %s', (rules) => {
    const mm = draw('FFGG..', withRules(rules));
    expect([map(mm, 4, 2, 'O'), areas(mm)]).toEqual([4, '0-2 2-4 4-6']);
  });
});

describe('anon_vma: memory that two areas have written apart', () => {
  const written = (rules: Rules, below: boolean, above: boolean) => {
    const mm = draw('AA..AA', withRules(rules));
    if (below) write(mm, 0);
    if (above) write(mm, 5);
    expect(map(mm, 2, 2, 'A')).toBe(2);
    mm.check();
    return areas(mm);
  };

  it.each([
    ['2.5', '0-6'], ['2.6.11', '0-4 4-6'], ['2.6.18', '0-4 4-6'], ['4.12', '0-4 4-6'], ['6.1', '0-2 2-6'],
    ['6.13', '0-4 4-6'], ['6.18', '0-4 4-6'],
  ] as const)('both written: a map between them joins one, in %s as %s', (rules, after) => {
    expect(written(rules, true, true)).toBe(after);
  });

  it.each(all)('the one below written: all three are one, %s', (rules) => {
    expect(written(rules, true, false)).toBe('0-6');
  });

  it.each([
    ['2.5', '0-6'], ['2.6.11', '0-6'], ['2.6.18', '0-6'], ['4.12', '0-6'], ['6.1', '0-2 2-6'],
    ['6.13', '0-6'], ['6.18', '0-6'],
  ] as const)('the one above written: %s leaves %s', (rules, after) => {
    expect(written(rules, false, true)).toBe(after);
  });

  it.each(oneEngine)('case 6 with both sides written apart joins the one below: %s', (rules) => {
    const mm = draw('AARRAA', withRules(rules));
    write(mm, 0);
    write(mm, 5);
    expect([protect(mm, 2, 2, RW), areas(mm)]).toEqual([0, '0-4 4-6']);
    mm.check();
  });

  it.each(all)('an area that was written and cut stays one kind: its pieces merge again, %s', (rules) => {
    const mm = draw('AAAAAA', withRules(rules));
    write(mm, 3);
    protect(mm, 2, 2, PROT_READ);
    expect([protect(mm, 2, 2, RW), areas(mm)]).toEqual([0, '0-6']);
  });

  it.each(recent)('what a fork has inherited takes in nothing new: %s', (rules) => {
    const mm = draw('AA....', withRules(rules));
    write(mm, 0);
    const child = forked(mm);
    expect([map(mm, 2, 2, 'A'), areas(mm)]).toEqual([2, '0-4']);
    expect([map(child, 2, 2, 'A'), areas(child)]).toEqual([2, '0-2 2-4']);
  });
});

describe('VM_ACCOUNT', () => {
  it.each(all)('MAP_NORESERVE stays apart from what is charged: %s', (rules) => {
    const mm = draw('AA..AA', withRules(rules));
    expect([map(mm, 2, 2, 'a'), areas(mm)]).toEqual([2, '0-2 2-4 4-6']);
    expect(flagsAt(mm, 2) & (VM_ACCOUNT | VM_NORESERVE)).toBe(ruleSets[rules].noreserveFlag ? VM_NORESERVE : 0);
  });

  it.each(all)('what was writable is not like what never was, but from 6.13 on if it was never written: %s', (rules) => {
    const mm = draw('NNAA..', withRules(rules));
    expect([protect(mm, 2, 2, PROT_NONE), areas(mm)]).toEqual([0, rules === '6.13' || rules === '6.18' ? '0-4' : '0-2 2-4']);
    const touched = draw('NNAA..', withRules(rules));
    write(touched, 2);
    expect([protect(touched, 2, 2, PROT_NONE), areas(touched)]).toEqual([0, '0-2 2-4']);
  });
});

describe('flags of advice', () => {
  it.each(all)('an area that is read ahead is not like one that is not, and taken back it is: %s', (rules) => {
    const mm = draw('AAAAAA', withRules(rules));
    expect([advise(mm, 2, 2, MADV_SEQUENTIAL), areas(mm)]).toEqual([0, '0-2 2-4 4-6']);
    advise(mm, 2, 2, MADV_NORMAL);
    const merges = rules !== '2.5' && rules !== '2.6.11';
    expect(areas(mm)).toBe(merges ? '0-6' : '0-2 2-4 4-6');
  });
});

describe('munmap', () => {
  it.each(all)('splits and never merges: %s', (rules) => {
    const mm = draw('AAAAAA', withRules(rules));
    for (const [page, after] of [[2, '0-2 3-6'], [4, '0-2 3-4 5-6'], [0, '1-2 3-4 5-6']] as const) {
      expect([unmap(mm, page, 1), areas(mm)]).toEqual([0, after]);
    }
    expect([map(mm, 0, 6, 'A'), areas(mm)]).toEqual([0, '0-6']);
    mm.check();
  });
});
