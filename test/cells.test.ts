/*
 * Every cell of release, machine and word size: a program runs there, or the machine is refused with a sentence that
 * names what there is. test_str02 with a few threads is the program.
 */
import { describe, expect, it } from 'vitest';
import main from '../examples/test_str02.js';
import { archs, isKnown } from '../src/arch/index.js';
import { ConfigError, Machine } from '../src/machine.js';
import { releases } from '../src/release/index.js';

const cells = releases.flatMap((release) => archs.flatMap((arch) => arch.bits.map((bits) => ({
  name: `${arch.name} ${bits}-bit under ${release.name}`,
  config: { arch: arch.name, bits, kernel: release.name },
  known: isKnown(arch, bits, release),
}))));

describe.each(cells.filter(({ known }) => known))('$name', ({ config }) => {
  it('runs test_str02', () => {
    let out = '';
    const machine = new Machine({ ...config, stdout: (bytes) => { out += new TextDecoder().decode(bytes); } });
    machine.load(main, ['-n', '20']);
    const result = machine.run();
    expect({ outcome: result.outcome, exit: result.exit, message: result.message }).toEqual({ outcome: 'exited', exit: 0, message: null });
    expect(result.stats.peakThreads).toBe(21);
    expect(out).not.toBe('');
    machine.mm.check();
  });
});

describe.each(cells.filter(({ known }) => !known))('$name', ({ config }) => {
  it('is refused, and the known releases are named', () => {
    expect(() => new Machine(config)).toThrow(ConfigError);
    expect(() => new Machine(config)).toThrow(/(not known: nobody has read it from source yet|was removed in [\d.]+); known: \d/);
  });
});

describe('without --kernel', () => {
  it('a machine that 2.5.46 is not known of runs under its newest release, and says so', () => {
    const notes: string[] = [];
    const machine = new Machine({ arch: 'x86_64', bits: 32, notice: (sentence) => notes.push(sentence) });
    expect(machine.target.release.name).toBe('6.18');
    expect(notes).toEqual(['no kernel named, and 32-bit tasks of x86_64 under 2.5.46 not known: 6.18 is used']);
  });

  it('a version between two records takes the lower one, and says so', () => {
    const notes: string[] = [];
    const machine = new Machine({ kernel: '2.6.10', notice: (sentence) => notes.push(sentence) });
    expect(machine.target.release.name).toBe('2.6.9');
    expect(notes).toEqual(['kernel 2.6.10 has no record of its own: 2.6.9 is used']);
  });

  it('ia64 is gone from the newest releases', () => {
    expect(() => new Machine({ arch: 'ia64', kernel: '6.18' })).toThrow('Linux 6.18 does not run on ia64: it was removed in 6.7');
  });
});
