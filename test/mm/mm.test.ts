/** Mm itself: what exec leaves, what clear() gives back, when TASK_UNMAPPED_BASE is evaluated, what check() finds. */
import { describe, expect, it } from 'vitest';
import type { Mm } from '../../src/mm/mm.js';
import { bounds, mmap } from '../support/calls.js';
import { draw, drawInto, mapAnywhere, picture } from '../support/draw.js';
import { execMm, machineSizes, newMm } from '../support/machines.js';

const program = { path: '/bin/other', major: 3, minor: 1, inode: 5 };

describe('exec', () => {
  it('leaves text, data and a stack on i386', () => {
    const mm = execMm();
    expect(bounds(mm)).toEqual(['08048000-08049000', '08049000-0804a000', 'bfffe000-c0000000']);
    expect([mm.totalVm, mm.endCode, mm.startData, mm.startBrk, mm.brkVpn]).toEqual([4, 0x8049, 0x8049, 0x804a, 0x804a]);
  });

  it('leaves a NaT page and a register stack besides on ia64', () => {
    expect(bounds(execMm({ arch: 'ia64' }))).toEqual([
      '00000000-00004000', '4000000000000000-4000000000004000', '6000000000000000-6000000000004000',
      '60000fff80000000-60000fff80004000', '60000fffffff4000-60000fffffffc000',
    ]);
  });

  it('keeps the stack of a 64-bit sparc64 task below the hole and that of a 32-bit one below 0xf0000000', () => {
    expect(bounds(execMm({ arch: 'sparc64' })).at(-1)).toBe('7ffffffc000-80000000000');
    expect(bounds(execMm({ arch: 'sparc64', bits: 32 })).at(-1)).toBe('efffc000-f0000000');
  });

  it('charges the writable data and the stack, and the next exec gives it back first', () => {
    const mm = execMm();
    expect(mm.vm.committed).toBe(3);
    mapAnywhere(mm, 100, 'A');
    mm.exec(mm.target.newTask, program);
    expect([mm.vm.committed, mm.totalVm, mm.vmas.size]).toEqual([3, 4, 3]);
    mm.check();
  });

  it('evaluates TASK_UNMAPPED_BASE for the new task, not for the one that called it', () => {
    const mm = newMm({ arch: 'sparc64', search: 'free-area-cache' });
    expect(mm.freeAreaCache).toBe(Number(0xfffff80000000000n >> 13n));
    mm.exec({ is32bit: true, mapBase: 0 }, program);
    expect(mm.freeAreaCache).toBe(0x70000000 / 0x2000);
    expect(mmap(mm, { len: 0x2000n })).toBe('70000000');
  });
});

describe.each(machineSizes)('$name: clear()', (machine) => {
  it('leaves an address space that is as good as new', () => {
    const mm = execMm(machine);
    for (const letter of ['A', 'N', 'S', 'F', 'A']) mapAnywhere(mm, 3, letter);
    mm.clear();
    mm.check();
    expect([mm.vmas.size, mm.totalVm, mm.lockedVm, mm.vm.committed, mm.files.length]).toEqual([0, 0, 0, 0, 1]);
    expect(mm.stats).toEqual({ searches: 0, probes: 0, splits: 0, merges: 0, peakVmas: 0 });
    expect(mm.freeAreaCache).toBe(mm.taskUnmappedBase());
    drawInto(mm, '......');
    expect([mapAnywhere(mm, 2, 'N'), picture(mm)]).toEqual([0, 'NN....']);
  });
});

describe('the counts', () => {
  it('peakVmas is the most areas that there were at once', () => {
    const mm = draw('NRN');
    expect(mm.stats.peakVmas).toBe(3);
    mmap(mm, { addr: 0x40000000n, len: 0x3000n, flags: 'SHARED ANONYMOUS FIXED' });
    expect([mm.vmas.size, mm.stats.peakVmas]).toEqual([1, 3]);
  });

  it('peakVmas counts the pieces of a split, even one that another split undoes', () => {
    const mm = draw('NNN');
    mmap(mm, { addr: 0x40001000n, len: 0x1000n, prot: 0, flags: 'PRIVATE ANONYMOUS FIXED' });
    expect([picture(mm), mm.stats.peakVmas]).toEqual(['NNN', 3]);
  });
});

describe('check()', () => {
  const broken: [string, string, (mm: Mm) => void][] = [
    ['a total_vm that is not the sum of the areas', 'total_vm is wrong', (mm) => { mm.totalVm += 1; }],
    ['a free_area_cache below TASK_UNMAPPED_BASE', 'free_area_cache below', (mm) => { mm.freeAreaCache -= 1; }],
    ['areas that overlap', 'overlap', (mm) => mm.vmas.setEnd(mm.vmas.first(), mm.vmas.vmEnd[mm.vmas.first()]! + 2)],
    ['an area without pages', 'empty vma', (mm) => mm.vmas.setEnd(mm.vmas.first(), mm.vmas.vmStart[mm.vmas.first()]!)],
    ['a page outside every area', 'page outside every vma', (mm) => {
      mm.pageTable.forWrite(0x40000);
      mm.vmas.setStart(mm.vmas.first(), 0x40001);
      mm.totalVm -= 1;
    }],
  ];

  it.each(broken)('finds %s', (_what, message, breakIt) => {
    const mm = draw('AAR');
    mm.check();
    breakIt(mm);
    expect(() => mm.check()).toThrow(message);
  });

  it('finds an area beyond TASK_SIZE', () => {
    expect(() => draw('A', { base: 0xc0000 }).check()).toThrow('vma beyond TASK_SIZE');
  });
});
