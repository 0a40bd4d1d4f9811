/* What must hold of every machine's record, whatever its values. */

import { describe, expect, it } from 'vitest';
import { archs, findArch } from '../../src/arch/index.js';
import { handlers } from '../../src/syscall/handlers.js';
import { versionNumber } from '../../src/release/index.js';
import { allTargets } from './targets.js';

const targets = allTargets();
const [first] = targets;

describe('the list of machines', () => {
  it('has a record for each name, found by that name', () => {
    for (const arch of archs) expect(findArch(arch.name)).toBe(arch);
    expect(findArch('vax')).toBeUndefined();
  });

  it('has no name twice and a sentence about each', () => {
    expect(new Set(archs.map((arch) => arch.name)).size).toBe(archs.length);
    for (const arch of archs) expect(arch.about).not.toBe('');
  });
});

describe.each(targets)('$name', ({ target }) => {
  it('has the same keys in the same order as the other machines', () => {
    const shape = (t: typeof target) => ({
      target: Object.keys(t),
      map: Object.keys(t.map),
      trap: Object.keys(t.trap),
      nptl: Object.keys(t.nptl('2.3.3')),
      sizeof: Object.keys(t.nptl('2.36').sizeof),
    });
    expect(shape(target)).toEqual(shape(first!.target));
  });

  it('gives every system call a number of its own', () => {
    const numbers = Object.values(target.nr);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const nr of numbers) expect(nr >= 0 && nr < 2048).toBe(true);
  });

  it('names a handler that exists for every call with an entry of its own', () => {
    for (const [call, handler] of Object.entries(target.entry)) {
      expect(target.nr[call], call).toBeTypeOf('number');
      expect(handlers[handler], handler).toBeTypeOf('function');
    }
  });

  it('implements every call that it marks as backported', () => {
    for (const call of target.backported) {
      expect(target.nr[call], call).toBeTypeOf('number');
      expect(handlers[target.entry[call] ?? call], call).toBeTypeOf('function');
    }
  });

  it('implements the calls that NPTL cannot live without', () => {
    const clone = target.cloneOrder === 'stack-size' ? 'clone2' : 'clone';
    const needed = ['brk', clone, 'exit', 'exit_group', 'futex', 'getpid', 'getrlimit', 'gettid', 'mmap',
      'mprotect', 'munmap', 'sched_yield', 'set_tid_address', 'write'];
    for (const call of needed) {
      expect(target.nr[call], call).toBeTypeOf('number');
      expect(handlers[target.entry[call] ?? call], call).toBeTypeOf('function');
    }
  });

  it('has a page size that is 2^pageShift', () => {
    expect(target.pageSize).toBe(2 ** target.pageShift);
    expect(target.vpnEnd).toBe(2 ** (target.kernelBits - target.pageShift));
  });

  it('gives no MAP_* flag two bits, and none the bit of another but what the kernel shared', () => {
    const seen = new Map<number, string>();
    const shared: string[] = [];
    for (const [name, bit] of Object.entries(target.map)) {
      if (['TYPE', 'SHARED_VALIDATE', 'OTHER_LEGACY'].includes(name) || bit === 0) continue;
      expect(Math.log2(bit) % 1, name).toBe(0);
      if (seen.has(bit)) shared.push(`${seen.get(bit)}=${name}`);
      seen.set(bit, name);
    }
    // sparc's MAP_LOCKED and the generic MAP_GROWSDOWN were the same bit until 2.5.74.
    const isOldSparc = target.arch === 'sparc64' && versionNumber(target.release.name) < versionNumber('2.5.74');
    expect(shared).toEqual(isOldSparc ? ['GROWSDOWN=LOCKED'] : []);
  });

  it('leaves an image of areas in ascending order below the stack top, and a heap after the data', () => {
    let end = 0;
    for (const area of target.image) {
      expect(area.start).toBeGreaterThanOrEqual(end);
      expect(area.end).toBeGreaterThan(area.start);
      end = area.end;
    }
    // Up to 2.6.18 x86_64's 32-bit tasks have a page of the kernel's above it.
    expect(target.image.findLast((area) => area.what !== 'vdso')!.end).toBe(target.stackTop);
    const data = target.image.find((area) => area.what === 'data')!;
    expect(target.startBrk).toBe(data.end);
  });

  it('uses register indices that its register names have', () => {
    const { trap } = target;
    const used = [trap.nr, trap.result, ...trap.args];
    for (const index of used) expect(trap.registers[index]).toBeTypeOf('string');
    expect(new Set(trap.args).size).toBe(6);
    expect(trap.args).not.toContain(trap.nr);
  });
});
