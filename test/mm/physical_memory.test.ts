/**
 * PhysicalMemory: pages that are sparse until a ninth word is written, then frames; in both byte orders.
 * Compared with plain byte arrays, and at the limit that --ram sets.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RAM, OUT_OF_MEMORY, PhysicalMemory, ZERO_PFN } from '../../src/mm/physical_memory.js';

const PAGE = 4096;
const SPARSE_WORDS = 8;

/** `n` words written at different places of `pfn`; the last result. */
function writeWords(memory: PhysicalMemory, pfn: number, n: number): number {
  let result = 0;
  for (let i = 0; i < n; i++) result = memory.store32(pfn, 4 * i, i + 1);
  return result;
}

function wordsOf(memory: PhysicalMemory, pfn: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => memory.load32(pfn, 4 * i));
}

// ---- against plain bytes ------------------------------------------------------------------------------

/** A page of the model: its bytes, and the words it has been given while sparse; null once a frame. */
interface Page {
  readonly pfn: number;
  readonly bytes: DataView;
  words: Set<number> | null;
}

interface Step {
  readonly call: 'alloc' | 'free' | 'copy' | 'store32' | 'store8' | 'load32' | 'load8';
  readonly page: number;
  readonly offset: number;
  readonly value: number;
}

const steps = fc.array(
  fc.record<Step>({
    call: fc.constantFrom(
      'alloc', 'free', 'copy', 'store32', 'store32', 'store32', 'store8', 'store8', 'load32', 'load8',
    ),
    page: fc.nat({ max: 9 }),
    offset: fc.oneof(fc.nat({ max: 63 }), fc.integer({ min: PAGE - 8, max: PAGE - 1 })),
    value: fc.oneof(fc.constantFrom(0, 1, -1, 0x80, 0x01020304, -2147483648), fc.integer()),
  }),
  { maxLength: 200, size: 'max' },
);

class Model {
  readonly pages: Page[] = [];
  readonly memory: PhysicalMemory;
  private readonly maxFrames: number;
  private readonly little: boolean;

  constructor(bigEndian: boolean, maxFrames: number) {
    this.memory = new PhysicalMemory(PAGE, bigEndian, maxFrames * PAGE);
    this.maxFrames = maxFrames;
    this.little = !bigEndian;
  }

  private frames(): number {
    return this.pages.filter(({ words }) => words === null).length;
  }

  /** Whether a word that becomes `value` at `offset` finds room; the page may become a frame. */
  private takes(page: Page, offset: number, value: number): boolean {
    if (page.words === null || page.words.has(offset) || value === 0) return true;
    if (page.words.size < SPARSE_WORDS) page.words.add(offset);
    else if (this.frames() < this.maxFrames) page.words = null;
    else return false;
    return true;
  }

  private store(page: Page, at: number, word: number, doStore: () => number): void {
    const isTaken = this.takes(page, at, word);
    expect(doStore()).toBe(isTaken ? 0 : OUT_OF_MEMORY);
    if (isTaken) page.bytes.setInt32(at, word, this.little);
  }

  private copy(page: Page): void {
    const pfn = this.memory.copyPage(page.pfn);
    const hasRoom = page.words !== null || this.frames() < this.maxFrames;
    expect(pfn > 0).toBe(hasRoom);
    if (!hasRoom) return;
    const bytes = new DataView(page.bytes.buffer.slice(0));
    this.pages.push({ pfn, bytes, words: page.words && new Set(page.words) });
  }

  play({ call, page: n, offset, value }: Step): void {
    const { memory, pages, little } = this;
    const page = pages[n % Math.max(pages.length, 1)];
    if (call === 'alloc' || page === undefined) {
      const bytes = new DataView(new ArrayBuffer(PAGE));
      const fresh = { pfn: memory.allocPage(), bytes, words: new Set<number>() };
      if (pages.length < 10) pages.push(fresh);
      else memory.freePage(fresh.pfn);
      return;
    }
    const { pfn, bytes } = page;
    const at = offset & ~3;
    if (call === 'free') memory.freePage(pages.splice(pages.indexOf(page), 1)[0]!.pfn);
    if (call === 'copy' && pages.length < 10) this.copy(page);
    if (call === 'store32') this.store(page, at, value, () => memory.store32(pfn, at, value));
    if (call === 'store8') {
      const word = new DataView(bytes.buffer.slice(at, at + 4));
      word.setUint8(offset & 3, value);
      this.store(page, at, word.getInt32(0, little), () => memory.store8(pfn, offset, value));
    }
    if (call === 'load32') expect(memory.load32(pfn, at)).toBe(bytes.getInt32(at, little));
    if (call === 'load8') expect(memory.load8(pfn, offset)).toBe(bytes.getUint8(offset));
  }

  compare(): void {
    const { memory, pages } = this;
    expect([memory.pages, memory.frames]).toEqual([pages.length, this.frames()]);
    for (const { pfn, bytes } of pages) {
      for (let at = 0; at < PAGE; at += 4) {
        const word = bytes.getInt32(at, this.little);
        if (memory.load32(pfn, at) !== word) throw new Error(`page ${pfn}: word at ${at}`);
      }
    }
  }
}

describe.each([['little', false], ['big', true]] as const)('%s-endian', (_name, bigEndian) => {
  it('words and bytes of many pages are those of plain byte arrays, with four frames to share', () => {
    fc.assert(fc.property(steps, (program) => {
      const model = new Model(bigEndian, 4);
      for (const step of program) model.play(step);
      model.compare();
    }), { numRuns: 300 });
  });

  it.each([1, SPARSE_WORDS + 1])('the bytes of a word come in its order, after %d words', (n) => {
    const memory = new PhysicalMemory(PAGE, bigEndian, PAGE);
    const pfn = memory.allocPage();
    writeWords(memory, pfn, n);
    memory.store32(pfn, 0, 0x01020304);
    const bytes = [0, 1, 2, 3].map((i) => memory.load8(pfn, i));
    expect(bytes).toEqual(bigEndian ? [1, 2, 3, 4] : [4, 3, 2, 1]);
    memory.store8(pfn, 0, 0x80);
    expect(memory.load32(pfn, 0)).toBe(bigEndian ? (0x80020304 | 0) : 0x01020380);
  });
});

// ---- what a page costs --------------------------------------------------------------------------------

describe('a page', () => {
  const memory = () => new PhysicalMemory(PAGE, false, 4 * PAGE);

  it('is zero at first, and storing zeroes costs nothing', () => {
    const m = memory();
    const pfn = m.allocPage();
    for (let at = 0; at < PAGE; at += 4) m.store32(pfn, at, 0);
    expect([m.load32(pfn, 0), m.load8(pfn, PAGE - 1), m.frames]).toEqual([0, 0, 0]);
  });

  it('holds eight words without a frame, again and again', () => {
    const m = memory();
    const pfn = m.allocPage();
    for (let round = 0; round < 3; round++) writeWords(m, pfn, SPARSE_WORDS);
    expect([m.frames, ...wordsOf(m, pfn, 9)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
  });

  it('becomes a frame with the ninth word and keeps the others', () => {
    const m = memory();
    const pfn = m.allocPage();
    expect(writeWords(m, pfn, SPARSE_WORDS + 1)).toBe(0);
    expect([m.frames, ...wordsOf(m, pfn, 10)]).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
  });

  it('that was freed comes back zeroed, sparse or frame', () => {
    const m = memory();
    for (const n of [3, 20]) {
      const pfn = m.allocPage();
      writeWords(m, pfn, n);
      m.freePage(pfn);
      const again = m.allocPage();
      expect([again, m.frames, ...wordsOf(m, again, 20)]).toEqual([pfn, 0, ...Array(20).fill(0)]);
      writeWords(m, again, 9);
      expect(wordsOf(m, again, 20).slice(9)).toEqual(Array(11).fill(0));
      m.freePage(again);
    }
    expect([m.pages, m.frames]).toEqual([0, 0]);
  });

  it('holds words as signed 32-bit numbers', () => {
    const m = memory();
    const pfn = m.allocPage();
    m.store32(pfn, 4, 0xffffffff);
    m.store32(pfn, PAGE - 4, -2147483648);
    expect([m.load32(pfn, 4), m.load32(pfn, PAGE - 4), m.load8(pfn, 7)]).toEqual([-1, -2147483648, 255]);
  });

  it('that several hold is freed by the last of them', () => {
    const m = memory();
    const pfn = m.allocPage();
    m.getPage(pfn);
    for (let i = 0; i < 200; i++) m.allocPage();
    m.freePage(pfn);
    expect([m.refCount(pfn), m.pages]).toEqual([1, 201]);
    m.freePage(pfn);
    expect([m.pages, m.allocPage()]).toEqual([200, pfn]);
  });

  it.each([3, 20])('of %d words has copies of its own contents', (n) => {
    const m = memory();
    const pfn = m.allocPage();
    writeWords(m, pfn, n);
    const copy = m.copyPage(pfn);
    m.store32(copy, 0, 77);
    expect([...wordsOf(m, pfn, 3), ...wordsOf(m, copy, 3)]).toEqual([1, 2, 3, 77, 2, 3]);
  });
});

describe('the zero page', () => {
  it('reads as zeroes and cannot be freed', () => {
    const m = new PhysicalMemory(PAGE, true, PAGE);
    expect([m.load32(ZERO_PFN, 0), m.load8(ZERO_PFN, 5), m.pages]).toEqual([0, 0, 0]);
    expect(() => m.freePage(ZERO_PFN)).toThrow('the zero page cannot be freed');
    expect(m.allocPage()).not.toBe(ZERO_PFN);
  });
});

describe('--ram', () => {
  it('limits frames; a store that needs one more fails and changes nothing', () => {
    const m = new PhysicalMemory(PAGE, false, 2 * PAGE + PAGE - 1);
    const [a, b, c] = [m.allocPage(), m.allocPage(), m.allocPage()] as [number, number, number];
    expect([writeWords(m, a, 9), writeWords(m, b, 9), writeWords(m, c, 9)]).toEqual([0, 0, OUT_OF_MEMORY]);
    expect([m.maxFrames, m.frames, ...wordsOf(m, c, 9)]).toEqual([2, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
    expect([m.store8(c, 100, 1), m.load8(c, 100)]).toEqual([OUT_OF_MEMORY, 0]);
    expect([m.store8(c, 0, 9), m.load32(c, 0)]).toEqual([0, 9]);
    m.freePage(a);
    expect([m.store32(c, 32, 9), m.load32(c, 32), m.frames]).toEqual([0, 9, 2]);
  });

  it('of nothing still gives sparse pages', () => {
    const m = new PhysicalMemory(PAGE, false, 0);
    const pfn = m.allocPage();
    expect([writeWords(m, pfn, 8), m.store32(pfn, 100, 1)]).toEqual([0, OUT_OF_MEMORY]);
    expect(m.copyPage(pfn)).toBeGreaterThan(0);
  });

  it('refuses to copy a frame when there is none left, and no page is lost', () => {
    const m = new PhysicalMemory(PAGE, false, PAGE);
    const pfn = m.allocPage();
    writeWords(m, pfn, 9);
    expect([m.copyPage(pfn), m.pages, m.frames]).toEqual([OUT_OF_MEMORY, 1, 1]);
  });

  it('lets 4,096 pages be allocated and one more for every 256 of its bytes, sparse ones and frames together', () => {
    const m = new PhysicalMemory(PAGE, false, 8 * PAGE);
    const pfns = Array.from({ length: 4096 + 128 }, () => m.allocPage());
    expect([m.maxPages, Math.min(...pfns), m.allocPage(), m.copyPage(pfns[0]!)])
      .toEqual([4224, 1, OUT_OF_MEMORY, OUT_OF_MEMORY]);
    m.freePage(pfns[7]!);
    expect([m.allocPage(), m.allocPage(), m.pages]).toEqual([pfns[7], OUT_OF_MEMORY, 4224]);
  });

  it('above what a WebAssembly.Memory holds is cut to that', () => {
    expect(new PhysicalMemory(PAGE, false, 2 ** 40).maxFrames).toBe(MAX_RAM / PAGE);
  });

  it.each([4096, 8192, 16384, 65536])('grows as frames are made, with pages of %d bytes', (pageSize) => {
    const m = new PhysicalMemory(pageSize, false, 40 * pageSize);
    const pfns = Array.from({ length: 40 }, () => m.allocPage());
    pfns.forEach((pfn) => {
      writeWords(m, pfn, 9);
      m.store32(pfn, pageSize - 4, pfn);
    });
    expect(pfns.map((pfn) => m.load32(pfn, pageSize - 4))).toEqual(pfns);
    expect([m.frames, m.pages, m.peakPages]).toEqual([40, 40, 40]);
  });
});

describe('reset()', () => {
  it('gives every page back, and the next run finds zeroes', () => {
    const m = new PhysicalMemory(PAGE, false, 4 * PAGE);
    for (let i = 0; i < 200; i++) writeWords(m, m.allocPage(), i < 4 ? 9 : 8);
    m.reset();
    expect([m.pages, m.peakPages, m.frames]).toEqual([0, 0, 0]);
    for (let i = 0; i < 200; i++) {
      const pfn = m.allocPage();
      expect(m.load32(pfn, 0)).toBe(0);
      if (i < 4) expect([writeWords(m, pfn, 9), m.load32(pfn, 40)]).toEqual([0, 0]);
    }
  });
});

describe.each(['little', 'big'])('exchange32 and add32, %s-endian', (endian) => {
  const [SPARSE, FRAME] = [3, 9];

  it.each([SPARSE, FRAME])('on a page with %d words written', (words) => {
    const memory = new PhysicalMemory(PAGE, endian === 'big', 4 * PAGE);
    const pfn = memory.allocPage();
    writeWords(memory, pfn, words);
    expect(memory.exchange32(pfn, 4, 1, 7)).toBe(false);
    expect(memory.exchange32(pfn, 4, 2, 7)).toBe(true);
    expect(memory.exchange32(pfn, 800, 1, 7)).toBe(false);
    expect(memory.exchange32(pfn, 800, 0, -1)).toBe(true);
    expect(memory.add32(pfn, 0, -3)).toBe(0);
    expect(memory.add32(pfn, 804, 5)).toBe(0);
    expect([0, 4, 8, 800, 804].map((offset) => memory.load32(pfn, offset))).toEqual([-2, 7, 3, -1, 5]);
    expect(memory.add32(pfn, 0, -2147483647)).toBe(0);
    expect(memory.load32(pfn, 0)).toBe(2147483647);
    expect(memory.frames).toBe(words > SPARSE_WORDS ? 1 : 0);
  });

  it('say so where the word needs a frame and there is none', () => {
    const memory = new PhysicalMemory(PAGE, endian === 'big', 0);
    const pfn = memory.allocPage();
    writeWords(memory, pfn, SPARSE_WORDS);
    expect(memory.exchange32(pfn, 800, 0, 1)).toBe(false);
    expect(memory.add32(pfn, 800, 1)).toBe(OUT_OF_MEMORY);
    expect(memory.load32(pfn, 800)).toBe(0);
  });
});
