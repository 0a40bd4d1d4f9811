/* --layout, unlimited stacks and --aslr: where the first mmap lands, by release. */
import { describe, expect, it } from 'vitest';
import { ConfigError, Machine, type MachineConfig } from '../src/machine.js';
import { firstMmap } from './support/first_mmap.js';

const UNLIMITED = { stack: Number.POSITIVE_INFINITY };

describe('layout', () => {
  // [machine, release, default, legacy]; kernel-mm.md 3.3 and the host for the last.
  it.each([
    ['i386', 32, '2.6.6', '0x40000000', '0x40000000'],
    ['i386', 32, '2.6.9', '0xb7fff000', '0x40000000'],
    ['i386', 32, '2.6.13', '0xb7fff000', '0x40000000'],
    ['x86_64', 64, '2.6.13', '0x2aaaaaaab000', '0x2aaaaaaab000'],
    ['x86_64', 32, '2.6.13', '0x55555000', '0x55555000'],
    ['sparc64', 32, '2.6.13', '0x70000000', '0x70000000'],
    ['sparc64', 64, '2.6.13', '0xfffff80000000000', '0xfffff80000000000'],
    ['ia64', 64, '2.6.13', '0x2000000000000000', '0x2000000000000000'],
    ['i386', 32, '2.6.18', '0xb7ffe000', '0x40001000'], // a page of vdso comes first
    ['x86_64', 64, '2.6.6', '0x2a95556000', '0x2a95556000'],
    ['x86_64', 64, '2.6.11', '0x2aaaaaaab000', '0x2aaaaaaab000'],
    ['x86_64', 32, '2.6.18', '0xf7ffd000', '0x55555000'],
    ['sparc64', 32, '2.6.18', '0xf7ffc000', '0x70000000'],
    ['sparc64', 64, '2.6.18', '0xfffff80100000000', '0xfffff80100000000'],
    ['ia64', 64, '2.6.18', '0x2000000000000000', '0x2000000000000000'],
    // Three pages of vvar and two of vdso come first.
    ['i386', 32, '4.12', '0xb7ffa000', '0x40005000'],
    ['x86_64', 64, '4.12', '0x7ffff7ff9000', '0x2aaaaaab0000'],
    ['x86_64', 32, '4.12', '0xf7ff8000', '0x5555a000'],
    ['sparc64', 64, '4.12', '0xfffff80100000000', '0xfffff80100000000'],
    ['sparc64', 32, '4.12', '0xf7ffc000', '0x70000000'],
    ['ia64', 64, '4.12', '0x2000000000000000', '0x2000000000000000'],
    ['i386', 32, '3.6', '0xb7ffe000', '0x40001000'],
    ['x86_64', 64, '3.6', '0x7ffff7ffd000', '0x2aaaaaaac000'], // a page of vdso comes first
    ['x86_64', 32, '3.6', '0xf7ffc000', '0x55556000'],
    ['sparc64', 32, '3.6', '0xf7ffc000', '0x70000000'],
    ['sparc64', 64, '3.6', '0xfffff80100000000', '0xfffff80100000000'],
    ['ia64', 64, '3.6', '0x2000000000000000', '0x2000000000000000'],
    ['i386', 32, '3.8', '0xb7ffe000', '0x40001000'],
    ['x86_64', 64, '3.8', '0x7ffff7ffd000', '0x2aaaaaaac000'],
    ['x86_64', 32, '3.8', '0xf7ffc000', '0x55556000'],
    ['sparc64', 32, '3.8', '0xf7ffc000', '0x70000000'],
    ['sparc64', 64, '3.8', '0xfffff80100000000', '0xfffff80100000000'],
    ['ia64', 64, '3.8', '0x2000000000000000', '0x2000000000000000'],
    // Six pages of vvar, vvar_vclock and vdso come first, in 6.18 eight.
    ['x86_64', 64, '6.13', '0x7ffff7ff8000', '0x2aaaaaab1000'],
    ['x86_64', 64, '6.18', '0x7ffff7ff6000', '0x2aaaaaab3000'],
    ['i386', 32, '6.13', '0xb7ff9000', '0x40006000'],
  ] as const)('%s %i-bit under %s: %s, or %s by choice', (arch, bits, kernel, byDefault, legacy) => {
    expect(firstMmap({ arch, bits, kernel })).toBe(byDefault);
    expect(firstMmap({ arch, bits, kernel, layout: 'legacy' })).toBe(legacy);
  });

  it('an unlimited stack makes it bottom-up where Linux does so, and no more in 6.1', () => {
    expect(firstMmap({ kernel: '2.6.9', rlimits: UNLIMITED })).toBe('0x40000000');
    expect(firstMmap({ arch: 'sparc64', bits: 32, kernel: '2.6.18', rlimits: UNLIMITED })).toBe('0x70000000');
    expect(firstMmap({ arch: 'x86_64', kernel: '4.12', rlimits: UNLIMITED })).toBe('0x2aaaaaab0000');
    const big = firstMmap({ arch: 'x86_64', kernel: '6.1', rlimits: UNLIMITED });
    expect(BigInt(big)).toBeGreaterThan(0x10000000000n);
    expect(new Machine({ arch: 'x86_64', kernel: '6.1', rlimits: UNLIMITED }).target.topDownBase).not.toBeNull();
  });

  it('the guard gap lies between a large stack and mmap_base in 6.1, not yet in 4.12', () => {
    const base = (kernel: string) => {
      const { target } = new Machine({ arch: 'x86_64', kernel });
      return target.topDownBase!(200 * 2 ** 20) * 4096;
    };
    expect([base('4.12'), base('6.1')]).toEqual([0x7ffff37ff000, 0x7ffff36ff000]);
  });

  it('five sixths of the space are counted in bytes, and the base is rounded up', () => {
    const { target } = new Machine({ arch: 'x86_64', bits: 32, kernel: '6.1', rlimits: UNLIMITED });
    expect(target.topDownBase!(Number.POSITIVE_INFINITY) * 4096).toBe(0x2aaab000);
  });

  it('a search that goes down has no place in a legacy layout', () => {
    expect(() => new Machine({ kernel: '2.6.9', layout: 'legacy', search: 'topdown-2.6.9' })).toThrow(ConfigError);
    expect(() => new Machine({ layout: 'sideways' })).toThrow('no layout "sideways"; there are: default, legacy');
  });
});

describe('aslr', () => {
  const at = (config: MachineConfig) => BigInt(firstMmap(config));

  it('is off without a seed, and the same seed gives the same addresses', () => {
    const config = { kernel: '2.6.18' };
    expect(firstMmap(config)).toBe(firstMmap(config));
    expect(firstMmap({ ...config, aslr: 7 })).toBe(firstMmap({ ...config, aslr: 7 }));
    expect(new Set([1, 2, 3, 4, 5, 6].map((aslr) => firstMmap({ ...config, aslr }))).size).toBeGreaterThan(3);
  });

  it('moves mmap_base down by less than 1 MiB on 32-bit tasks of 2.6.18, up by less than 1 TiB on 64-bit ones', () => {
    const base32 = at({ kernel: '2.6.18' });
    const base64 = at({ arch: 'x86_64', kernel: '2.6.18' });
    for (let aslr = 0; aslr < 50; aslr++) {
      const down = base32 - at({ kernel: '2.6.18', aslr });
      expect(down >= 0n && down < 2n ** 20n, `seed ${aslr}`).toBe(true);
      const up = at({ arch: 'x86_64', kernel: '2.6.18', aslr }) - base64;
      expect(up >= 0n && up < 2n ** 40n, `seed ${aslr}`).toBe(true);
    }
  });

  it('leaves 16 GiB for the stack of a 64-bit task, whose heap moves, too: 6.1', () => {
    const config = { arch: 'x86_64', kernel: '6.1', aslr: 3 };
    const { target } = new Machine(config);
    const still = new Machine({ ...config, aslr: undefined }).target;
    expect(target.stackTop).toBeLessThan(still.stackTop);
    expect(target.startBrk).toBeGreaterThan(still.startBrk);
    expect(still.stackTop - target.topDownBase!(8 * 2 ** 20)).toBeGreaterThan(2 ** 22 - 1);
  });

  it('moves the stack of a 64-bit task by less than 4 GiB up to 3.x, whose 22 bits do not fit an unsigned int', () => {
    for (const [kernel, most] of [['2.6.18', 2 ** 20], ['3.6', 2 ** 20], ['3.8', 2 ** 20], ['6.1', 2 ** 22]] as const) {
      const still = new Machine({ arch: 'x86_64', kernel }).target.stackTop;
      const moved = Array.from({ length: 20 }, (_, i) => still - new Machine({ arch: 'x86_64', kernel, aslr: i }).target.stackTop);
      expect([kernel, Math.max(...moved) < most, Math.max(...moved) > most / 2]).toEqual([kernel, true, true]);
    }
  });

  it('moves the stack alone, by less than 8 MiB, on 64-bit tasks of x86_64 before 2.6.18', () => {
    const config = { arch: 'x86_64', kernel: '2.6.13' };
    const still = new Machine(config).target.stackTop;
    const moved = [1, 2, 3, 4, 5].map((aslr) => still - new Machine({ ...config, aslr }).target.stackTop);
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...moved)).toBeLessThan(2048);
    expect(new Set(moved).size).toBeGreaterThan(2);
    expect(at({ ...config, aslr: 1 })).toBe(at(config));
    expect(() => new Machine({ ...config, bits: 32, aslr: 1 })).toThrow('no randomisation is known for 32-bit tasks of x86_64');
  });

  it('moves mmap and the stack of sparc64 from 2.6.18 on; from 3.8 on the search for 64-bit tasks no more begins there', () => {
    const farthest = (kernel: string, bits: 32 | 64) => {
      const config = { arch: 'sparc64', bits, kernel };
      const { target } = new Machine(config);
      // The vdso of 6.x, which comes first where nothing moves, goes out of the way.
      const vdso = BigInt(target.vdso.reduce((sum, { npages }) => sum + npages, 0) * 8192);
      const still = bits === 32 ? at(config) + vdso : at(config) - vdso;
      const seeds = Array.from({ length: 25 }, (_, aslr) => aslr);
      const mmap = seeds.map((aslr) => Number(bits === 32 ? still - at({ ...config, aslr }) : at({ ...config, aslr }) - still));
      const end = target.stackTop;
      const stack = seeds.map((aslr) => (end - new Machine({ ...config, aslr }).target.stackTop) * 8192);
      expect(Math.min(...mmap, ...stack)).toBeGreaterThanOrEqual(0);
      // To the power of two that they stay below.
      return [mmap, stack].map((moves) => Math.ceil(Math.log2(Math.max(...moves) + 1)));
    };
    expect([farthest('2.6.18', 32), farthest('3.6', 32), farthest('3.8', 32)]).toEqual([[20, 24], [23, 23], [23, 23]]);
    expect([farthest('2.6.18', 64), farthest('3.6', 64), farthest('3.8', 64)]).toEqual([[32, 24], [30, 23], [0, 23]]);
    expect([farthest('4.12', 32), farthest('4.12', 64), farthest('6.1', 64), farthest('6.13', 32)])
      .toEqual([[23, 23], [0, 23], [0, 23], [23, 23]]);
  });

  it('leaves a page below a randomised heap in 6.13, also where the heap does not move (sparc64)', () => {
    const nearest = (arch: string, kernel: string) => {
      const config = { arch, kernel };
      const still = new Machine(config).target.startBrk;
      const moves = Array.from({ length: 40 }, (_, aslr) => new Machine({ ...config, aslr }).target.startBrk - still);
      return [Math.min(...moves) > 0, Math.max(...moves) > 1];
    };
    expect(['4.12', '6.1', '6.13'].map((kernel) => nearest('sparc64', kernel))).toEqual([[false, false], [false, false], [true, false]]);
    expect([nearest('x86_64', '6.13'), nearest('i386', '6.13')]).toEqual([[true, true], [true, true]]);
  });

  it('moves both stacks of ia64 by the same way from 3.6 on, less than 8 MiB, and nothing else', () => {
    for (const kernel of ['3.6', '4.12', '6.1']) {
      const config = { arch: 'ia64', kernel };
      const { target } = new Machine(config);
      const ways = Array.from({ length: 12 }, (_, aslr) => {
        const moved = new Machine({ ...config, aslr }).target;
        const way = (what: string) => target.image.find((area) => area.what === what)!.start -
          moved.image.find((area) => area.what === what)!.start;
        expect([way('rbs'), way('data'), way('text'), moved.startBrk]).toEqual([way('stack'), 0, 0, target.startBrk]);
        expect(at({ ...config, aslr })).toBe(at(config));
        return way('stack');
      });
      expect(Math.min(...ways)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...ways)).toBeLessThan(512);
      expect(new Set(ways).size).toBeGreaterThan(6);
    }
  });

  it('is refused where no release or record has it', () => {
    expect(() => new Machine({ kernel: '2.5.46', aslr: 1 })).toThrow('no randomisation is known for 32-bit tasks of i386 under 2.5.46');
    expect(() => new Machine({ arch: 'ia64', kernel: '2.6.18', aslr: 1 })).toThrow('no randomisation is known');
  });
});
