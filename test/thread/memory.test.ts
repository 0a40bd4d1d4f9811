/* Loads and stores of programs: byte order, widths, and static memory. */

import { describe, expect, it } from 'vitest';
import { Long } from '../../src/lib/u64.js';
import { compute, machines, run } from './run.js';

const little = machines.filter(({ config }) => config.arch !== 'sparc64');
const big = machines.filter(({ config }) => config.arch === 'sparc64');

describe.each(little)('$name, little-endian', ({ config }) => {
  it('the lowest byte of a word comes first', () => {
    expect(compute(config, (libc) => {
      const at = libc.bss(8);
      libc.store32(at, 0x01020304);
      return [0, 1, 2, 3].map((i) => libc.load8(libc.add(at, i)));
    })).toEqual([4, 3, 2, 1]);
  });

  it('the low half of a 64-bit word comes first', () => {
    expect(compute(config, (libc) => {
      const at = libc.bss(8);
      libc.store64(at, new Long(1, 2, true));
      return [libc.load32(at), libc.load32(libc.add(at, 4)), libc.load64(at).toString()];
    })).toEqual([1, 2, String(2 * 2 ** 32 + 1)]);
  });
});

describe.each(big)('$name, big-endian', ({ config }) => {
  it('the highest byte of a word comes first', () => {
    expect(compute(config, (libc) => {
      const at = libc.bss(8);
      libc.store32(at, 0x01020304);
      return [0, 1, 2, 3].map((i) => libc.load8(libc.add(at, i)));
    })).toEqual([1, 2, 3, 4]);
  });

  it('the high half of a 64-bit word comes first', () => {
    expect(compute(config, (libc) => {
      const at = libc.bss(8);
      libc.store64(at, new Long(1, 2, true));
      return [libc.load32(at), libc.load32(libc.add(at, 4)), libc.load64(at).toString()];
    })).toEqual([2, 1, String(2 * 2 ** 32 + 1)]);
  });
});

describe.each(machines)('$name', ({ config }) => {
  it('words are signed, bytes are not, 64-bit words are unsigned', () => {
    expect(compute(config, (libc) => {
      const at = libc.bss(8);
      libc.store64(at, Long.fromString('ffffffffffffffff', true, 16));
      return [libc.load32(at), libc.load8(at), libc.load64(at).toString(16)];
    })).toEqual([-1, 255, 'ffffffffffffffff']);
  });

  it('bytes put a word together', () => {
    expect(compute(config, (libc) => {
      const at = libc.bss(4);
      [0x11, 0x22, 0x33, 0x144].forEach((byte, i) => {
        libc.store8(libc.add(at, i), byte);
      });
      return libc.load32(at).toString(16);
    })).toBe(config.arch === 'sparc64' ? '11223344' : '44332211');
  });

  it('static memory is zeroed, aligned to 16, and no two variables share it', () => {
    expect(compute(config, (libc) => {
      const [a, b] = [libc.bss(20), libc.bss(1)];
      const [from, to] = [a, b].map((at) => BigInt(libc.addressText(at!)));
      libc.store32(a, 1);
      return [Number(from! % 16n), Number(to! - from!), libc.load32(b)];
    })).toEqual([0, 32, 0]);
  });

  it('static memory that does not fit its page is refused in a sentence', () => {
    const ran = run(config, (libc) => libc.bss(20000));
    expect(ran.message).toMatch(/bss\(20000\): the program's data page has \d+ bytes left; use malloc$/);
  });

  it('sizes of types are those of the machine', () => {
    const { long, pointer, int } = compute(config, (libc) => libc.sizeof);
    const word = config.arch === 'i386' || config.bits === 32 ? 4 : 8;
    expect([int, long, pointer]).toEqual([4, word, word]);
  });
});
