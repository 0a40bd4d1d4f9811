/** Calls that a machine's table got later than the release did, or lost, by the tables of each release. */
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

describe('tables that got calls later, or never, where the numbers stood already', () => {
  const ENOSYS = { x86_64: 'rax=-38', sparc64: 'carry o0=90', ia64: 'r10=-1 r8=38' };
  const answer = (name: string, call: number, kernel: string, modernNptl = false) =>
    new Rig(name, { kernel, modernNptl }).trap(call, 0, 0, 0, 0, 0);

  // include/asm-x86_64/unistd.h: remap_file_pages 216, exit_group 231, set_thread_area 205.
  it('x86_64: exit_group and remap_file_pages in 2.5.74, set_thread_area up to 2.5.46', () => {
    expect(['2.5.45', '2.5.46', '2.5.74'].map((kernel) => new Rig('x86_64', { kernel }).target.backported)).toEqual([
      ['set_tid_address', 'exit_group'], ['set_tid_address', 'exit_group'], [],
    ]);
    expect(['2.5.46', '2.5.74'].map((kernel) => answer('x86_64', 216, kernel))).toEqual([ENOSYS.x86_64, 'rax=-22']);
    expect(['2.5.46', '2.5.74', '6.1'].map((kernel) => answer('x86_64', 205, kernel))).toEqual(['rax=-14', ENOSYS.x86_64, ENOSYS.x86_64]);
  });

  // arch/sparc64/kernel/systbls.S.
  it('sparc64: remap_file_pages in 2.5.74, clocks and affinity in 2.6.0, stat64 of 64-bit tasks in 2.6.13', () => {
    for (const name of ['sparc64', 'sparc64 32-bit']) {
      const there = (call: number, kernel: string) => answer(name, call, kernel) !== ENOSYS.sparc64;
      expect(['2.5.46', '2.5.74'].map((kernel) => there(192, kernel))).toEqual([false, true]);
      expect([257, 260].map((call) => ['2.5.74', '2.6.0'].map((kernel) => there(call, kernel)))).toEqual([[false, true], [false, true]]);
      expect(['2.6.12-rc1', '2.6.13'].map((kernel) => there(139, kernel))).toEqual([name !== 'sparc64', true]);
    }
    expect(answer('sparc64', 257, '2.5.74', true)).not.toBe(ENOSYS.sparc64);
  });

  it('sparc64: 64-bit tasks never had pause and the calls for one word of signals', () => {
    const names = ['pause', 'sigreturn', 'sigaction', 'sigprocmask'];
    expect(names.filter((name) => name in new Rig('sparc64').target.nr)).toEqual([]);
    expect(names.filter((name) => name in new Rig('sparc64 32-bit').target.nr)).toEqual(names);
  });

  it('ia64: robust lists not yet in 2.6.18, and i386: arch_prctl from 4.12 on', () => {
    expect(['2.6.18', '3.6'].map((kernel) => answer('ia64', 1298, kernel) === ENOSYS.ia64)).toEqual([true, false]);
    expect(['3.8', '4.12'].map((kernel) => answer('i386', 384, kernel))).toEqual(['eax=-38', 'eax=-22']);
  });
});
