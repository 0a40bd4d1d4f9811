/*
 * A sample of each machine's record against the headers of Linux 2.5.46, typed out again from
 * include/asm-{i386,sparc64,ia64}/{page,processor,mman,a.out,shmparam,resource}.h.
 */

import { describe, expect, it } from 'vitest';
import { at, targetNamed } from './targets.js';

const i386 = targetNamed('i386');
const sparc64 = targetNamed('sparc64');
const sparc32 = targetNamed('sparc64 32-bit');
const ia64 = targetNamed('ia64');

describe('page.h: PAGE_SIZE', () => {
  it.each([
    [i386, 4096], [sparc64, 8192], [sparc32, 8192], [ia64, 16384],
  ] as const)('$0.arch $0.bits-bit: %$1', (target, size) => {
    expect(target.pageSize).toBe(size);
  });
});

describe('processor.h: TASK_SIZE', () => {
  it('is 3 GiB on i386', () => {
    expect(at(i386, i386.taskSize)).toBe('0xc0000000');
  });

  it('is -(2^34) on sparc64, for 32-bit tasks too: the macro does not look at TIF_32BIT', () => {
    expect(at(sparc64, sparc64.taskSize)).toBe('0xfffffffc00000000');
    expect(at(sparc32, sparc32.taskSize)).toBe('0xfffffffc00000000');
  });

  it('is the end of region 4 on ia64', () => {
    expect(at(ia64, ia64.taskSize)).toBe('0xa000000000000000');
  });

  it('bounds the search, except that 32-bit sparc tasks stop at 0xf0000000', () => {
    for (const target of [i386, sparc64, ia64]) expect(target.searchEnd).toBe(target.taskSize);
    expect(at(sparc32, sparc32.searchEnd)).toBe('0xf0000000');
  });
});

describe('processor.h, a.out.h: STACK_TOP', () => {
  it.each([
    [i386, '0xc0000000'], [sparc64, '0x80000000000'], [sparc32, '0xf0000000'], [ia64, '0x60000fffffffc000'],
  ] as const)('$0.arch $0.bits-bit: $1', (target, top) => {
    expect(at(target, target.stackTop)).toBe(top);
  });
});

describe('what the address space leaves out', () => {
  it('sparc64 has no addresses from 2^43 to 0xfffff80000000000', () => {
    for (const target of [sparc64, sparc32]) {
      expect(at(target, target.vaHole!.start)).toBe('0x80000000000');
      expect(at(target, target.vaHole!.end)).toBe('0xfffff80000000000');
    }
    expect([i386.vaHole, ia64.vaHole]).toEqual([null, null]);
  });

  it('ia64 maps up to RGN_MAP_LIMIT = 2^(4 * PAGE_SHIFT - 12) - PAGE_SIZE of each of 8 regions', () => {
    expect(at(ia64, ia64.region!.mapLimit)).toBe('0xfffffffc000');
    expect(at(ia64, ia64.region!.pages)).toBe('0x2000000000000000');
    expect([i386.region, sparc64.region, sparc32.region]).toEqual([null, null, null]);
  });
});

describe('shmparam.h: SHMLBA', () => {
  it('is a page on i386, 16 KiB on sparc64 and 1 MiB on ia64', () => {
    const bytes = (target: typeof i386) => target.colour.shared * target.pageSize;
    expect([i386, sparc64, sparc32, ia64].map(bytes)).toEqual([4096, 16384, 16384, 1048576]);
  });

  it('colours mappings of files on sparc64 alone, by their offset', () => {
    expect([i386, sparc64, ia64].map((t) => [t.colour.file, t.colour.addsPgoff])).toEqual([
      [1, false], [2, true], [1, false],
    ]);
  });
});

describe('mman.h: MAP_*', () => {
  const row = (t: typeof i386) =>
    [t.map.GROWSDOWN, t.map.GROWSUP, t.map.LOCKED, t.map.NORESERVE, t.map.POPULATE, t.map.NONBLOCK];

  it('common values', () => {
    for (const { map } of [i386, sparc64, sparc32, ia64]) {
      const { SHARED, PRIVATE, TYPE, FIXED, ANONYMOUS, DENYWRITE, EXECUTABLE, STACK } = map;
      const values = [SHARED, PRIVATE, TYPE, FIXED, ANONYMOUS, DENYWRITE, EXECUTABLE, STACK];
      expect(values).toEqual([0x1, 0x2, 0xf, 0x10, 0x20, 0x800, 0x1000, 0x20000]);
    }
  });

  it('values that differ: GROWSDOWN, GROWSUP, LOCKED, NORESERVE, POPULATE, NONBLOCK', () => {
    expect(row(i386)).toEqual([0x100, 0, 0x2000, 0x4000, 0x8000, 0x10000]);
    expect(row(sparc64)).toEqual([0x100, 0, 0x100, 0x40, 0x8000, 0x10000]);
    expect(row(sparc32)).toEqual(row(sparc64));
    expect(row(ia64)).toEqual([0x100, 0x200, 0x2000, 0x4000, 0, 0]);
  });
});

describe('asm/byteorder.h', () => {
  it('sparc64 is big-endian, the others are not', () => {
    expect([i386, sparc64, sparc32, ia64].map((t) => t.bigEndian)).toEqual([false, true, true, false]);
  });
});

describe('signal.h', () => {
  it('SIGSEGV is 11 everywhere, SIGBUS 7, but 10 on sparc', () => {
    expect([i386, sparc64, sparc32, ia64].map((t) => t.signals.numbers.SIGSEGV)).toEqual([11, 11, 11, 11]);
    expect([i386, sparc64, sparc32, ia64].map((t) => t.signals.numbers.SIGBUS)).toEqual([7, 10, 10, 7]);
  });
});

describe('resource.h: RLIM_INFINITY as getrlimit stores it', () => {
  it('is all ones, but 0x7fffffff to 32-bit sparc tasks', () => {
    expect(i386.rlimInfinity).toEqual([0, -1]);
    expect(sparc64.rlimInfinity).toEqual([-1, -1]);
    expect(sparc32.rlimInfinity).toEqual([0, 0x7fffffff]);
    expect(ia64.rlimInfinity).toEqual([-1, -1]);
  });
});

describe('a.out.h, mm/init.c: what exec leaves on ia64', () => {
  it('a register stack of one page that grows up, 2 GiB less a page below the stack top', () => {
    const rbs = ia64.image.find((area) => area.what === 'rbs')!;
    expect([at(ia64, rbs.start), at(ia64, rbs.end)]).toEqual(['0x60000fff80000000', '0x60000fff80004000']);
    expect(rbs.vmFlags).toBe(0x233);
  });

  it('a page at 0 for speculative loads, read-only and reserved', () => {
    const nat = ia64.image.find((area) => area.what === 'nat')!;
    expect([nat.start, nat.end, nat.vmFlags]).toEqual([0, 1, 0x84011]);
  });
});

describe('page.h: VM_DATA_DEFAULT_FLAGS and the stack', () => {
  const flagsOf = (target: typeof i386, what: string) => target.image.find((area) => area.what === what)!.vmFlags;

  it('heap and stack may be executed on i386 and sparc64, not on ia64', () => {
    expect([i386, sparc64, sparc32, ia64].map((t) => t.dataDefaultFlags)).toEqual([0x77, 0x77, 0x77, 0x73]);
    expect([i386, sparc64, sparc32, ia64].map((t) => flagsOf(t, 'stack'))).toEqual([
      0x100177, 0x100177, 0x100177, 0x100173,
    ]);
  });

  it('text is r-x of a file, with the bits that only the ELF loader gives', () => {
    for (const target of [i386, sparc64, sparc32, ia64]) expect(flagsOf(target, 'text')).toBe(0x1875);
  });
});
