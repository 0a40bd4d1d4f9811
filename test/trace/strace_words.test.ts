/** Words of strace lines: numbers, flags, descriptors and results in every spelling. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genericMap } from '../../src/arch/generic/mman.js';
import { hex } from '../../src/lib/u64.js';
import {
  descriptorOf, mapNames, mremapNames, protNames, recordedOf, wordOf,
} from '../../src/trace/strace_words.js';

const flags = mapNames(genericMap);

function shown(text: string, names = {}): string | null {
  const word = wordOf(text, names);
  return word && hex(word.hi, word.lo);
}

describe('words', () => {
  it.each([
    ['NULL', '0x0'],
    ['4096', '0x1000'],
    ['-1', '0xffffffffffffffff'],
    ['0xfffff80000000000', '0xfffff80000000000'],
    ['8192*1024', '0x800000'],
    ['18446744073709551615', '0xffffffffffffffff'],
    ['0x3 /* PROT_READ|PROT_WRITE */', '0x3'],
    ['18446744073709551616', null],
    ['0x12345678123456789', null],
    ['12z', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('any word reads back from decimal and hexadecimal', () => {
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      const text = `0x${value.toString(16)}`;
      expect(shown(text)).toBe(text);
      expect(shown(String(value))).toBe(text);
    }));
  });

  it.each([
    ['MAP_PRIVATE|MAP_ANONYMOUS', 0x22],
    ['MAP_SHARED_VALIDATE|MAP_FIXED', 0x13],
    ['MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT', 0x2 | 0x40000 | (21 << 26)],
    ['MAP_FILE|MAP_PRIVATE|0x8000000', 0x8000002],
    ['MAP_FIXED_NOREPLACE|MAP_STACK', 0x120000],
    ['0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */', 0x22],
    ['MAP_TYPE_OF_TOMORROW', null],
  ])('flags %s', (text, expected) => {
    expect(wordOf(text, flags)?.lo ?? null).toBe(expected);
  });

  it('flags have the value of the machine that is replayed on', () => {
    const sparc = mapNames({ ...genericMap, LOCKED: 0x100, NORESERVE: 0x40 });
    expect(wordOf('MAP_NORESERVE|MAP_LOCKED', sparc)?.lo).toBe(0x140);
  });

  it('rights and the flags of mremap have their names', () => {
    expect(wordOf('PROT_READ|PROT_EXEC|PROT_SEM', protNames)?.lo).toBe(13);
    expect(wordOf('PROT_NONE', protNames)?.lo).toBe(0);
    expect(wordOf('MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP', mremapNames)?.lo).toBe(7);
  });
});

describe('descriptors', () => {
  it.each([
    ['3', 3, null],
    ['-1', -1, null],
    ['3</usr/lib/libc.so.6>', 3, '/usr/lib/libc.so.6'],
    ['0xffffffff', -1, null],
    ['3 /* a comment */', 3, null],
  ])('%s', (text, fd, path) => {
    expect(descriptorOf(text)).toEqual({ fd, path });
  });

  it('a name is none', () => expect(descriptorOf('AT_FDCWD')).toBeNull());
});

describe('results', () => {
  it.each([
    ['0x7f00', { word: { hi: 0, lo: 0x7f00 } }],
    ['0', { word: { hi: 0, lo: 0 } }],
    ['3</etc/passwd> <0.000040>', { word: { hi: 0, lo: 3 } }],
    ['-1 ENOMEM (Cannot allocate memory)', { error: 'ENOMEM' }],
    ['-1 EINVAL', { error: 'EINVAL' }],
    ['?', null],
    ['? ERESTARTSYS (To be restarted)', null],
    ['-1 ENOMEM (Cannot allocate memory) (INJECTED)', null],
    ['none', undefined],
  ])('%s', (text, expected) => {
    expect(recordedOf(text)).toEqual(expected);
  });
});
