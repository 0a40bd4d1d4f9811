/**
 * brk: sys_brk() and do_brk() of Linux 2.5.46. It has no errors: it returns the brk in force, which is the
 * old one when it refused. Drawn: text T, data F, then the heap X.
 */
import { describe, expect, it } from 'vitest';
import { VM_LOCKED } from '../../src/arch/generic/mman.js';
import { doBrk } from '../../src/mm/brk.js';
import type { Mm } from '../../src/mm/mm.js';
import { brk } from '../support/calls.js';
import { baseOf, type DrawChoice, draw, picture } from '../support/draw.js';
import { execMm, machineSizes } from '../support/machines.js';
import { type Rules, withRules } from '../support/mm_calls.js';

const BASE = 0x8048;

/** A program whose text ends at page 1, whose data starts there, and whose brk is page 2. */
function program(text: string, choice: DrawChoice = {}, at = 2): Mm {
  const mm = draw(text, { base: BASE, ...choice });
  const base = baseOf(mm);
  Object.assign(mm, { endCode: base + 1, startData: base + 1, startBrk: base + 2, brkVpn: base + at });
  return mm;
}

/** sys_brk to a page and byte of the drawing; the brk in force, as page and byte. */
function brkTo(mm: Mm, page: number, offset = 0): [number, number] {
  doBrk(mm, baseOf(mm) + page, offset);
  return [mm.brkVpn - baseOf(mm), mm.brkOffset];
}

describe('a growing heap', () => {
  it('maps readable, writable, executable memory, accounted for', () => {
    const mm = program('TF....');
    expect(brkTo(mm, 4)).toEqual([4, 0]);
    expect([picture(mm), mm.totalVm, mm.vm.committed]).toEqual(['TFXX..', 4, 3]);
    mm.check();
  });

  it('is one area, however often it grows', () => {
    const mm = program('TF......');
    for (const page of [3, 4, 6, 7]) expect(brkTo(mm, page)).toEqual([page, 0]);
    expect([picture(mm), mm.vmas.size]).toEqual(['TFXXXXX.', 3]);
  });

  it('goes on from an anonymous area with the same rights', () => {
    const mm = program('TX....');
    brkTo(mm, 3);
    expect([picture(mm), mm.vmas.size]).toEqual(['TXX...', 2]);
  });

  it('does not merge with readable and writable memory, which may not be executed', () => {
    const mm = program('TA....');
    brkTo(mm, 3);
    expect(picture(mm)).toBe('TAX...');
  });
});

describe('the brk is exact to the byte', () => {
  it('a byte in a new page maps the page', () => {
    const mm = program('TF....');
    expect(brkTo(mm, 2, 1)).toEqual([2, 1]);
    expect(picture(mm)).toBe('TFX...');
  });

  it('a move within a page is only remembered', () => {
    const mm = program('TF....');
    brkTo(mm, 2, 1);
    expect([brkTo(mm, 2, 4095), brkTo(mm, 3, 0), brkTo(mm, 2, 7)]).toEqual([[2, 4095], [3, 0], [2, 7]]);
    expect([picture(mm), mm.totalVm]).toEqual(['TFX...', 3]);
  });

  it('a fall by a byte over a page boundary unmaps the page', () => {
    const mm = program('TF....');
    brkTo(mm, 3, 1);
    expect(picture(mm)).toBe('TFXX..');
    expect(brkTo(mm, 3, 0)).toEqual([3, 0]);
    expect(picture(mm)).toBe('TFX...');
  });
});

describe('what lies above', () => {
  it('must leave one free page', () => {
    const mm = program('TF...A');
    expect(brkTo(mm, 4)).toEqual([4, 0]);
    expect(brkTo(mm, 4, 1)).toEqual([4, 0]);
    expect(picture(mm)).toBe('TFXX.A');
  });

  it('in the way refuses the whole request', () => {
    const mm = program('TF.A..');
    expect(brkTo(mm, 6)).toEqual([2, 0]);
    expect(picture(mm)).toBe('TF.A..');
  });

  it('directly at the heap does not hinder a move within its last page', () => {
    const mm = program('TFXA', {}, 3);
    expect([brkTo(mm, 3, 1), brkTo(mm, 2, 9), brkTo(mm, 3)]).toEqual([[3, 0], [2, 9], [3, 0]]);
  });
});

describe('a shrinking heap', () => {
  it('is unmapped', () => {
    const mm = program('TFXXXX', {}, 6);
    expect(brkTo(mm, 3)).toEqual([3, 0]);
    expect([picture(mm), mm.totalVm, mm.vm.committed]).toEqual(['TFX...', 3, 2]);
  });

  it('may take the data with it, down to the end of the text', () => {
    const mm = program('TFXX', {}, 4);
    expect(brkTo(mm, 1)).toEqual([1, 0]);
    expect(picture(mm)).toBe('T...');
  });

  it('stays when brk is below the end of the text, and brk(0) asks', () => {
    const mm = program('TFXX', {}, 4);
    expect(brkTo(mm, 0, 4095)).toEqual([4, 0]);
    expect(brk(mm, 0n)).toBe('0804c000');
    expect(picture(mm)).toBe('TFXX');
  });

  it('is always allowed, whatever the limits', () => {
    const mm = program('TFXXXX', { overcommit: 2, ram: 4096, rlimits: { data: 0, as: 0 } }, 6);
    expect(brkTo(mm, 3)).toEqual([3, 0]);
  });

  it('that would have to split an area beyond the map limit stays as it is', () => {
    const mm = program('TFXXXX', { maxMapCount: 3 }, 4);
    expect(brkTo(mm, 3)).toEqual([4, 0]);
    expect(picture(mm)).toBe('TFXXXX');
  });
});

describe('4.12 and 6.1', () => {
  const start = (rules: Rules, text: string, at?: number) => program(text, { ...withRules(rules) }, at);

  it('shrinking over nothing mapped is done by 4.12, and refused by 6.1', () => {
    expect([brkTo(start('4.12', 'TF....', 5), 3), brkTo(start('6.1', 'TF....', 5), 3)]).toEqual([[3, 0], [5, 0]]);
  });

  it('a heap that begins joins what lies below it like it in 4.12, and stands alone in 6.1', () => {
    const grown = (rules: Rules) => {
      const mm = start(rules, 'TX....', 2);
      return [brkTo(mm, 3), mm.vmas.size];
    };
    expect([grown('4.12'), grown('6.1')]).toEqual([[[3, 0], 2], [[3, 0], 3]]);
  });
});

describe('RLIMIT_DATA', () => {
  it('counts from the start of the data, to the byte; the limit itself is allowed', () => {
    const mm = program('TF....', { rlimits: { data: 2 * 4096 + 100 } });
    expect(brkTo(mm, 3, 101)).toEqual([2, 0]);
    expect(brkTo(mm, 3, 100)).toEqual([3, 100]);
  });

  it('below the start of the data the difference is huge: any limit refuses, none does not', () => {
    for (const [data, page] of [[2 ** 30, 1], [Number.POSITIVE_INFINITY, 2]] as const) {
      const mm = program('T.....', { rlimits: { data } }, 1);
      mm.startData = baseOf(mm) + 4;
      expect(brkTo(mm, 2)).toEqual([page, 0]);
    }
  });
});

describe('other limits', () => {
  it('RLIMIT_AS counts all pages; the limit itself is allowed', () => {
    const mm = program('TF....', { rlimits: { as: 3 * 4096 } });
    expect([brkTo(mm, 4), brkTo(mm, 3)]).toEqual([[2, 0], [3, 0]]);
  });

  it('the map limit is passed by one', () => {
    expect(brkTo(program('TF....', { maxMapCount: 2 }), 3)).toEqual([3, 0]);
    expect(brkTo(program('TF....', { maxMapCount: 1 }), 3)).toEqual([2, 0]);
  });

  it('RLIMIT_MEMLOCK counts after mlockall(MCL_FUTURE)', () => {
    const mm = program('TF....', { rlimits: { memlock: 4096 } });
    mm.defFlags = VM_LOCKED;
    expect([brkTo(mm, 4), brkTo(mm, 3)]).toEqual([[2, 0], [3, 0]]);
    expect(mm.lockedVm).toBe(1);
  });

  it('memory must be committed', () => {
    const mm = program('TF....', { overcommit: 2, ram: 6 * 4096 });
    expect([brkTo(mm, 4), brkTo(mm, 3)]).toEqual([[2, 0], [3, 0]]);
  });
});

describe.each(machineSizes)('$name: what if', ({ arch, bits }) => {
  it('the heap starts after the image? brk grows it page by page', () => {
    const mm = execMm({ arch, bits });
    const { startBrk, pageSize } = mm.target;
    const areas = mm.vmas.size;
    doBrk(mm, startBrk, 1);
    doBrk(mm, startBrk + 3, 0);
    expect([mm.brkVpn - startBrk, mm.brkOffset, mm.vmas.size - areas]).toEqual([3, 0, 1]);
    expect(mm.bytes(mm.totalVm) % pageSize).toBe(0);
    mm.check();
  });

  it('the heap is asked to reach the stack, the end, or to wrap around? It stays', () => {
    const mm = execMm({ arch, bits });
    const { startBrk, stackTop, taskSize, vpnEnd } = mm.target;
    for (const vpn of [stackTop - 1, stackTop, taskSize, taskSize + 1, vpnEnd - 1]) doBrk(mm, vpn, 1);
    expect([mm.brkVpn, mm.brkOffset]).toEqual([startBrk, 0]);
    mm.check();
  });
});
