/**
 * Guest memory by guest address: what can be read and written under which rights, what a page costs, and when
 * it goes. Through uaccess and the page table, against a Map of bytes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EFAULT } from '../../src/arch/generic/errno.js';
import { PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE } from '../../src/arch/generic/mman.js';
import type { Mm } from '../../src/mm/mm.js';
import { ZERO_PFN } from '../../src/mm/physical_memory.js';
import { FAULT, load8, load32, store8, store32 } from '../../src/mm/uaccess.js';
import { brk, mmap, munmap } from '../support/calls.js';
import { addressOf as at, baseOf, draw, drawInto, map, protect, unmap } from '../support/draw.js';
import { execMm, machineSizes, newMm } from '../support/machines.js';

const RW = PROT_READ | PROT_WRITE;

/** Pages present, pages of memory, frames. */
function cost(mm: Mm): [number, number, number] {
  const { rss, memory } = mm.pageTable;
  return [rss, memory.pages, memory.frames];
}

// ---- against a Map of bytes ---------------------------------------------------------------------------

const PAGES = 6;

interface Step {
  readonly call: 'map' | 'unmap' | 'protect' | 'store32' | 'store8' | 'load32' | 'load8';
  readonly page: number;
  readonly npages: number;
  readonly prot: number;
  readonly offset: number;
  readonly value: number;
}

const steps = fc.array(
  fc.record<Step>({
    call: fc.constantFrom(
      'map', 'unmap', 'protect', 'store32', 'store32', 'store8', 'store8', 'load32', 'load8', 'load8',
    ),
    page: fc.nat({ max: PAGES - 1 }),
    npages: fc.integer({ min: 1, max: 3 }),
    prot: fc.constantFrom(RW, RW, RW, PROT_READ, PROT_NONE, PROT_WRITE, PROT_EXEC),
    offset: fc.nat({ max: 79 }),
    value: fc.oneof(fc.constant(0), fc.integer()),
  }),
  { maxLength: 120, size: 'max' },
);

/** Rights and bytes by page; a page has bytes once it was written, and can then be read if it may be written. */
class Model {
  private readonly rights = new Map<number, number>();
  private readonly bytes = new Map<number, DataView>();
  private readonly little: boolean;
  readonly mm: Mm;

  constructor(arch: string, bits: 32 | 64) {
    this.mm = draw('.'.repeat(PAGES), { arch, bits });
    this.little = !this.mm.target.bigEndian;
  }

  private canRead(page: number): boolean {
    const rights = this.rights.get(page) ?? 0;
    return (rights & this.mm.target.readFaultNeeds) !== 0 || (rights === PROT_EXEC && this.bytes.has(page)) || (rights === PROT_WRITE && this.bytes.has(page));
  }

  private page(page: number): DataView {
    return this.bytes.get(page) ?? new DataView(new ArrayBuffer(80));
  }

  private store(page: number, write: (bytes: DataView) => void): number {
    if (((this.rights.get(page) ?? 0) & PROT_WRITE) === 0) return -EFAULT;
    const bytes = this.page(page);
    this.bytes.set(page, bytes);
    write(bytes);
    return 0;
  }

  play({ call, page, npages, prot, offset, value }: Step): void {
    const { mm, little } = this;
    const word = offset & ~3;
    const range = Array.from({ length: npages }, (_, i) => page + i);
    if (call === 'map') {
      this.remap(range);
      for (const each of range) this.rights.set(each, prot);
      const addr = BigInt(baseOf(mm) + page) * BigInt(mm.target.pageSize);
      mmap(mm, { addr, len: BigInt(npages * mm.target.pageSize), prot, flags: 'PRIVATE ANONYMOUS FIXED' });
    }
    if (call === 'unmap') {
      this.remap(range);
      unmap(mm, page, npages);
    }
    if (call === 'protect') this.protect(range, prot);
    if (call === 'store32') {
      const result = this.store(page, (bytes) => bytes.setInt32(word, value, little));
      expect(store32(mm, ...at(mm, page, word), value)).toBe(result);
    }
    if (call === 'store8') {
      const result = this.store(page, (bytes) => bytes.setUint8(offset, value));
      expect(store8(mm, ...at(mm, page, offset), value & 0xff)).toBe(result);
    }
    const bytes = this.canRead(page) ? this.page(page) : null;
    if (call === 'load32') expect(load32(mm, ...at(mm, page, word))).toBe(bytes?.getInt32(word, little) ?? FAULT);
    if (call === 'load8') expect(load8(mm, ...at(mm, page, offset))).toBe(bytes?.getUint8(offset) ?? FAULT);
    mm.check();
    expect(cost(mm).slice(0, 2)).toEqual([this.bytes.size, this.bytes.size]);
  }

  private remap(range: number[]): void {
    for (const page of range) {
      this.rights.delete(page);
      this.bytes.delete(page);
    }
  }

  /** Up to the first hole, as mprotect does. */
  private protect(range: number[], prot: number): void {
    const hole = range.findIndex((page) => !this.rights.has(page));
    for (const page of range.slice(0, hole < 0 ? range.length : hole)) this.rights.set(page, prot);
    protect(this.mm, range[0]!, range.length, prot);
  }
}

describe.each(machineSizes)('$name', ({ arch, bits }) => {
  it('memory is a Map of bytes under the rights of its pages', () => {
    fc.assert(fc.property(steps, (program) => {
      const model = new Model(arch, bits);
      for (const step of program) model.play(step);
    }), { numRuns: 80 });
  });

  it('a word is stored in the byte order of the machine', () => {
    const mm = draw('A', { arch, bits });
    store32(mm, ...at(mm, 0), 0x01020304);
    const bytes = [0, 1, 2, 3].map((i) => load8(mm, ...at(mm, 0, i)));
    expect(bytes).toEqual(arch === 'sparc64' ? [1, 2, 3, 4] : [4, 3, 2, 1]);
  });
});

// ---- what can be touched ------------------------------------------------------------------------------

describe('a page that was never written', () => {
  it('reads as zeroes from the zero page and costs nothing', () => {
    const mm = draw('ARSX');
    for (const page of [0, 1, 3]) expect(mm.pageTable.forRead(baseOf(mm) + page)).toBe(ZERO_PFN);
    expect(load32(mm, ...at(mm, 0))).toBe(0);
    expect(cost(mm)).toEqual([0, 0, 0]);
  });

  it('gets memory of its own at the first write, even of a zero, and even after it was read', () => {
    const mm = draw('A');
    load32(mm, ...at(mm, 0));
    expect(store32(mm, ...at(mm, 0), 0)).toBe(0);
    expect(cost(mm)).toEqual([1, 1, 0]);
    store32(mm, ...at(mm, 0), 7);
    expect(load32(mm, ...at(mm, 0))).toBe(7);
  });
});

describe('a fault', () => {
  it.each([
    ['PROT_NONE', 'N', -EFAULT, -EFAULT], ['unmapped', '.', -EFAULT, -EFAULT], ['read-only', 'R', ZERO_PFN, -EFAULT],
  ] as const)('%s memory', (_what, letter, read, write) => {
    const mm = draw(`A${letter}A`);
    const vpn = baseOf(mm) + 1;
    expect([mm.pageTable.forRead(vpn), mm.pageTable.forWrite(vpn)]).toEqual([read, write]);
    expect([load32(mm, ...at(mm, 1)), store32(mm, ...at(mm, 1), 1)]).toEqual([read < 0 ? FAULT : 0, -EFAULT]);
    expect(cost(mm)).toEqual([0, 0, 0]);
  });

  it('below, above and between mappings is told from one within', () => {
    const mm = draw('.A.A.');
    expect([0, 1, 2, 3, 4].map((page) => load8(mm, ...at(mm, page)))).toEqual([FAULT, 0, FAULT, 0, FAULT]);
  });

  it('comes as soon as mprotect closes a page in use, and the contents wait behind it', () => {
    const mm = draw('AA');
    store32(mm, ...at(mm, 1), 42);
    protect(mm, 1, 1, PROT_READ);
    expect([load32(mm, ...at(mm, 1)), store32(mm, ...at(mm, 1), 43)]).toEqual([42, -EFAULT]);
    protect(mm, 0, 2, PROT_NONE);
    expect([load32(mm, ...at(mm, 1)), store32(mm, ...at(mm, 1), 44)]).toEqual([FAULT, -EFAULT]);
    protect(mm, 0, 2, RW);
    expect(load32(mm, ...at(mm, 1))).toBe(42);
    expect(cost(mm)).toEqual([1, 1, 0]);
  });

  it('of a page that may only be written comes until it is written: a present page can be read', () => {
    const mm = draw('A');
    protect(mm, 0, 1, PROT_WRITE);
    expect(load32(mm, ...at(mm, 0))).toBe(FAULT);
    expect([store32(mm, ...at(mm, 0), 5), load32(mm, ...at(mm, 0))]).toEqual([0, 5]);
    for (let page = 1; page < 600; page++) mm.pageTable.forRead(baseOf(mm) + page);
    expect(load32(mm, ...at(mm, 0))).toBe(5);
  });
});

// ---- when pages go ------------------------------------------------------------------------------------

describe('pages are freed', () => {
  const written = (text: string) => {
    const mm = draw(text);
    for (let page = 0; page < text.length; page++) store32(mm, ...at(mm, page), page + 1);
    expect(cost(mm)).toEqual([text.length, text.length, 0]);
    return mm;
  };

  it('by munmap, and what is mapped there next starts as zeroes', () => {
    const mm = written('AAAA');
    unmap(mm, 1, 2);
    expect(cost(mm)).toEqual([2, 2, 0]);
    map(mm, 1, 2, 'A');
    expect([0, 1, 2, 3].map((page) => load32(mm, ...at(mm, page)))).toEqual([1, 0, 0, 4]);
    mm.check();
  });

  it('by MAP_FIXED over them', () => {
    const mm = written('AAA');
    map(mm, 1, 1, 'A');
    expect([cost(mm), [0, 1, 2].map((page) => load32(mm, ...at(mm, page)))]).toEqual([[2, 2, 0], [1, 0, 3]]);
  });

  it('by brk that shrinks the heap', () => {
    const mm = execMm();
    brk(mm, 0x0804c000n);
    store32(mm, 0, 0x0804b000, 1);
    brk(mm, 0x0804b000n);
    expect(cost(mm)[0]).toBe(0);
    brk(mm, 0x0804c000n);
    expect(load32(mm, 0, 0x0804b000)).toBe(0);
  });

  it('by clear(), all of them, and the next program finds zeroes', () => {
    const mm = written('AAAA');
    mm.clear();
    expect(cost(mm)).toEqual([0, 0, 0]);
    expect(load32(mm, ...at(mm, 0))).toBe(FAULT);
    drawInto(mm, 'AAAA');
    store32(mm, ...at(mm, 1), 7);
    expect([0, 1, 2, 3].map((page) => load32(mm, ...at(mm, page)))).toEqual([0, 7, 0, 0]);
    expect(cost(mm)).toEqual([1, 1, 0]);
    mm.check();
  });
});

describe('huge ranges', () => {
  it('cost what is touched in them, and go at once', () => {
    const mm = newMm();
    mmap(mm, { len: 0x70000000n, prot: PROT_NONE });
    protect(mm, 0, 0x70000, PROT_READ);
    protect(mm, 0, 0x70000, PROT_WRITE | PROT_READ);
    expect(cost(mm)).toEqual([0, 0, 0]);
    const big = newMm({ overcommit: 1 });
    mmap(big, { len: 0x70000000n });
    for (const page of [0, 1, 0x1234, 0x6ffff]) store32(big, ...at(big, page), page);
    expect(cost(big)).toEqual([4, 4, 0]);
    protect(big, 0, 0x70000, PROT_READ);
    expect([load32(big, ...at(big, 0x1234)), store32(big, ...at(big, 0), 1)]).toEqual([0x1234, -EFAULT]);
    munmap(big, 0x40000000n, 0x70000000n);
    expect(cost(big)).toEqual([0, 0, 0]);
  });

  it.each([1, 63, 64, 65, 511, 512, 513, 2000])('munmap of %d pages leaves the page on either side', (npages) => {
    const mm = draw('A'.repeat(npages + 2));
    for (let page = 0; page < npages + 2; page++) store32(mm, ...at(mm, page), page + 1);
    unmap(mm, 1, npages);
    expect([load32(mm, ...at(mm, 0)), load32(mm, ...at(mm, npages + 1))]).toEqual([1, npages + 2]);
    expect([load32(mm, ...at(mm, 1)), load32(mm, ...at(mm, npages)), cost(mm)[0]]).toEqual([FAULT, FAULT, 2]);
    mm.check();
  });

  it('pages that share a TLB entry keep their own contents and rights', () => {
    const mm = newMm();
    drawInto(mm, `${'A'.repeat(512)}${'R'.repeat(512)}${'A'.repeat(512)}`);
    for (const page of [5, 517, 1029]) store32(mm, ...at(mm, page), page);
    expect([5, 517, 1029].map((page) => load32(mm, ...at(mm, page)))).toEqual([5, 0, 1029]);
    expect(store32(mm, ...at(mm, 517), 1)).toBe(-EFAULT);
  });
});

describe('--ram', () => {
  it('a thousand pages of a few words need no frame; a page that fills up may fail with EFAULT', () => {
    const mm = draw('A'.repeat(1000), { ram: 4096, overcommit: 1 });
    for (let page = 0; page < 1000; page++) store32(mm, ...at(mm, page), page);
    expect(cost(mm)).toEqual([1000, 1000, 0]);
    const fill = (page: number) => Array.from({ length: 10 }, (_, i) => store32(mm, ...at(mm, page, 4 * i), 1));
    expect(fill(0)).toEqual(Array(10).fill(0));
    expect(fill(1)).toEqual([...Array(8).fill(0), -EFAULT, -EFAULT]);
    unmap(mm, 0, 1);
    expect(fill(1)).toEqual(Array(10).fill(0));
  });

  it('a program that touches page after page of a huge map meets the end of memory, and the host does not', () => {
    const mm = draw('a'.repeat(6000), { ram: 2 ** 16, overcommit: 1 });
    const touched = Array.from({ length: 6000 }, (_, page) => store32(mm, ...at(mm, page), 1));
    expect([touched.indexOf(-EFAULT), mm.pageTable.lastFault, mm.pageTable.rss]).toEqual([4352, 'OOM', 4352]);
    mm.check();
  });

  it('shared memory and copies meet it, too', () => {
    const mm = draw('SSSSSSF', { ram: 0, overcommit: 1 });
    while (mm.pageTable.memory.allocPage() >= 0);
    expect([0, 5].map((page) => store32(mm, ...at(mm, page), 1))).toEqual([-EFAULT, -EFAULT]);
    mm.check();
  });
});
