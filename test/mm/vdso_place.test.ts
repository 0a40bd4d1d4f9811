/*
 * Where exec puts the vdso of a randomised task. Expectations from vdso_addr() and map_vdso() of arch/x86/vdso/vma.c
 * (3.6, 3.8), arch/x86/entry/vdso/vma.c (4.12, 6.1, 6.13), arch/x86/vdso/vdso32-setup.c (3.6, 3.8), and
 * arch/sparc/vdso/vma.c (6.1, 6.13).
 */
import { describe, expect, it } from 'vitest';
import { randomized } from '../../src/arch/generic/randomize.js';
import { Machine, type MachineConfig } from '../../src/machine.js';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const PTRS_PER_PTE = 512;

/** The pages of vvar and vdso, which must lie side by side, and the space around them. */
function placed(config: MachineConfig) {
  const machine = new Machine(config);
  machine.load(() => 0);
  const { mm } = machine;
  const { vmas } = mm;
  const pages: { start: number; end: number }[] = [];
  for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
    if (/^\[(vvar|vvar_vclock|vdso)\]$/.test(mm.files[vmas.vmFile[h]!]?.path ?? '')) {
      pages.push({ start: vmas.vmStart[h]!, end: vmas.vmEnd[h]! });
    }
  }
  for (const [i, { start }] of pages.entries()) if (i > 0) expect(start).toBe(pages[i - 1]!.end);
  const start = pages[0]!.start;
  const end = pages.at(-1)!.end;
  return { start, end, npages: end - start, stackTop: mm.target.stackTop, mmapBase: mm.mmapBase, target: mm.target };
}

const endOfTable = (vpn: number) => Math.ceil(vpn / PTRS_PER_PTE) * PTRS_PER_PTE;

describe('64-bit tasks of x86_64', () => {
  it.each(['4.12', '6.1'])('%s: above the stack, anywhere in the page table where the lowest place ends', (kernel) => {
    const ways = SEEDS.map((aslr) => {
      const { start, end, npages, stackTop } = placed({ arch: 'x86_64', kernel, aslr });
      expect(start).toBeGreaterThanOrEqual(stackTop);
      expect(end).toBeLessThanOrEqual(endOfTable(stackTop + npages));
      return start - stackTop;
    });
    expect(new Set(ways).size).toBeGreaterThan(30);
  });

  it.each(['3.6', '3.8'])('%s: above the stack, and about half of them cut off at the end of the page table', (kernel) => {
    const atTheEnd = SEEDS.filter((aslr) => {
      const { start, end, stackTop } = placed({ arch: 'x86_64', kernel, aslr });
      expect(start).toBeGreaterThanOrEqual(stackTop);
      expect(end).toBeLessThanOrEqual(endOfTable(stackTop));
      return end === endOfTable(stackTop);
    });
    expect(atTheEnd.length).toBeGreaterThan(15);
    expect(atTheEnd.length).toBeLessThan(45);
  });

  it('3.6: a stack that ends with a page table leaves no room there: the search places it; 4.12 takes the next table', () => {
    const seedOf = (kernel: string) => {
      const { target } = new Machine({ arch: 'x86_64', kernel });
      const seed = Array.from({ length: 5000 }, (_, i) => i).find((i) => randomized(target, i).stackTop % PTRS_PER_PTE === 0);
      return { arch: 'x86_64', kernel, aslr: seed! };
    };
    const early = placed(seedOf('3.6'));
    expect(early.stackTop % PTRS_PER_PTE).toBe(0);
    expect(early.end).toBe(early.mmapBase);
    const later = placed(seedOf('4.12'));
    expect(later.start).toBeGreaterThanOrEqual(later.stackTop);
    expect(later.end).toBeLessThanOrEqual(later.stackTop + PTRS_PER_PTE);
  });

  it('at the top of all, where nothing moves, there is no room above the stack', () => {
    for (const kernel of ['3.6', '3.8', '4.12', '6.1']) {
      const { end, mmapBase, target } = placed({ arch: 'x86_64', kernel });
      expect(end).toBe(mmapBase);
      const { stackTop, taskSize } = target;
      // What the kernel asks for there, too, ends in the stack or beyond the space.
      const hint = target.randomization!.vdsoHint!(stackTop, 1, taskSize, () => 0);
      expect(hint < stackTop || hint + 1 > taskSize, kernel).toBe(true);
    }
  });

  it('a layout that goes up has it above the stack, too', () => {
    const { start, stackTop } = placed({ arch: 'x86_64', kernel: '6.1', layout: 'legacy', aslr: 1 });
    expect(start).toBeGreaterThanOrEqual(stackTop);
  });
});

it('6.13 and 6.18, i386 and 32-bit tasks ask for no place: it lies at mmap_base', () => {
  const later = ['6.13', '6.18'].map((kernel) => ({ arch: 'x86_64', kernel }));
  const i386 = ['2.6.18', '3.6', '3.8', '4.12', '6.1', '6.13', '6.18'].map((kernel) => ({ kernel }));
  const compat = ['3.6', '3.8', '4.12', '6.1', '6.13', '6.18'].map((kernel) => ({ arch: 'x86_64', bits: 32 as const, kernel }));
  for (const config of [...later, ...i386, ...compat]) {
    for (const aslr of [1, 2, 3]) {
      const { end, mmapBase } = placed({ ...config, aslr });
      expect(end, JSON.stringify({ ...config, aslr })).toBe(mmapBase);
    }
  }
});

describe('sparc64', () => {
  it.each([
    [64, '6.1'], [64, '6.13'], [32, '6.1'], [32, '6.13'],
  ] as const)('%i-bit tasks of %s: up to 1023 pages above where the search finds room', (bits, kernel) => {
    const ways = SEEDS.map((aslr) => {
      const { start, npages, mmapBase, target } = placed({ arch: 'sparc64', bits, kernel, aslr });
      const found = bits === 32 ? mmapBase - npages : target.taskUnmappedBase(target.newTask);
      return start - found;
    });
    expect(Math.min(...ways)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ways)).toBeLessThan(1024);
    expect(Math.max(...ways)).toBeGreaterThan(512);
    const still = placed({ arch: 'sparc64', bits, kernel });
    expect(still.start).toBe(bits === 32 ? still.mmapBase - still.npages : still.target.taskUnmappedBase(still.target.newTask));
  });
});
