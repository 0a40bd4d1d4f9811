/* How a call's result and its failure come back in registers, on each machine. */

import { describe, expect, it } from 'vitest';
import type { Registers, Target } from '../../src/arch/index.js';
import { targetNamed } from './targets.js';

const i386 = targetNamed('i386');
const sparc64 = targetNamed('sparc64');
const sparc32 = targetNamed('sparc64 32-bit');
const ia64 = targetNamed('ia64');

function newRegisters(): Registers {
  return new Int32Array(32);
}

/** The register as an unsigned 64-bit number. */
function read(target: Target, regs: Registers, name: string): bigint {
  const n = target.trap.registers.indexOf(name);
  return (BigInt(regs[2 * n + 1]! >>> 0) << 32n) | BigInt(regs[2 * n]! >>> 0);
}

describe('the instruction and the registers', () => {
  const names = ({ trap }: Target) => [trap.registers[trap.nr], ...trap.args.map((n) => trap.registers[n])].join(' ');

  it('i386: int 0x80, number in eax, arguments in ebx ecx edx esi edi ebp', () => {
    expect(i386.trap.instruction).toBe('int 0x80');
    expect(names(i386)).toBe('eax ebx ecx edx esi edi ebp');
  });

  it('sparc64: ta 0x6d, and ta 0x10 for 32-bit tasks; number in %g1, arguments in %o0 to %o5', () => {
    expect([sparc64.trap.instruction, sparc32.trap.instruction]).toEqual(['ta 0x6d', 'ta 0x10']);
    for (const target of [sparc64, sparc32]) expect(names(target)).toBe('g1 o0 o1 o2 o3 o4 o5');
  });

  it('ia64: break 0x100000, number in r15, arguments in out0 to out5, result in r8', () => {
    expect(ia64.trap.instruction).toBe('break 0x100000');
    expect(names(ia64)).toBe('r15 out0 out1 out2 out3 out4 out5');
    expect(ia64.trap.registers[ia64.trap.result]).toBe('r8');
  });
});

describe('i386: eax', () => {
  const errorFor = (eax: number) => {
    const regs = newRegisters();
    regs[0] = eax;
    return i386.trap.errorOf(regs);
  };

  it('-4095 to -1 is an error', () => {
    expect([errorFor(-1), errorFor(-12), errorFor(-4095)]).toEqual([1, 12, 4095]);
  });

  it('anything else is a result, addresses of the upper half too', () => {
    expect([errorFor(0), errorFor(5), errorFor(-4096), errorFor(0xbffff000 | 0), errorFor(0x80000000 | 0)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('a failure is the negative errno', () => {
    const regs = newRegisters();
    i386.trap.setError(regs, 22);
    expect(read(i386, regs, 'eax')).toBe(0xffffffean);
    expect(i386.trap.errorOf(regs)).toBe(22);
  });

  it('a result has no high half', () => {
    const regs = newRegisters();
    i386.trap.setResult(regs, 1, 0x40000000);
    expect(read(i386, regs, 'eax')).toBe(0x40000000n);
    expect(i386.trap.errorOf(regs)).toBe(0);
  });
});

describe('sparc64: %o0 and the carry bits', () => {
  it('a failure sets carry for xcc and icc, and %o0 is the positive errno', () => {
    const regs = newRegisters();
    sparc64.trap.setError(regs, 78);
    expect(read(sparc64, regs, 'o0')).toBe(78n);
    expect(read(sparc64, regs, 'ccr')).toBe(0x11n);
    expect(sparc64.trap.errorOf(regs)).toBe(78);
  });

  it('0xfffff80000000000 is a success: no result is judged by its sign', () => {
    const regs = newRegisters();
    sparc64.trap.setResult(regs, 0xfffff800 | 0, 0);
    expect(read(sparc64, regs, 'o0')).toBe(0xfffff80000000000n);
    expect(sparc64.trap.errorOf(regs)).toBe(0);
  });

  it('-1 is a success too while carry is clear', () => {
    const regs = newRegisters();
    sparc64.trap.setResult(regs, -1, -1);
    expect(sparc64.trap.errorOf(regs)).toBe(0);
  });

  it('a success clears the carry of an earlier failure and leaves the other condition codes', () => {
    const regs = newRegisters();
    const ccr = 2 * sparc64.trap.registers.indexOf('ccr');
    regs[ccr] = 0x44; // both zero bits
    sparc64.trap.setError(regs, 22);
    expect(regs[ccr]).toBe(0x55);
    sparc64.trap.setResult(regs, 0, 0);
    expect(regs[ccr]).toBe(0x44);
  });

  it('a 32-bit task sees the low half of a result', () => {
    const regs = newRegisters();
    sparc32.trap.setResult(regs, 7, 0x70000000);
    expect(read(sparc32, regs, 'o0')).toBe(0x70000000n);
  });
});

describe('ia64: r8 and r10', () => {
  it('a failure has r10 = -1 and the positive errno in r8', () => {
    const regs = newRegisters();
    ia64.trap.setError(regs, 12);
    expect([read(ia64, regs, 'r8'), read(ia64, regs, 'r10')]).toEqual([12n, 0xffffffffffffffffn]);
    expect(ia64.trap.errorOf(regs)).toBe(12);
  });

  it('a success has r10 = 0, whatever the sign of r8', () => {
    const regs = newRegisters();
    ia64.trap.setError(regs, 12);
    ia64.trap.setResult(regs, 0x80000000 | 0, 0x4000);
    expect([read(ia64, regs, 'r8'), read(ia64, regs, 'r10')]).toEqual([0x8000000000004000n, 0n]);
    expect(ia64.trap.errorOf(regs)).toBe(0);
  });
});
