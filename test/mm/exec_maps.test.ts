/** What /proc/PID/maps shows right after exec, where a release or a machine is odd. Facts from the sources named at each. */
import { describe, expect, it } from 'vitest';
import { PROT_NONE, PROT_READ, PROT_WRITE } from '../../src/arch/generic/mman.js';
import { doBrk } from '../../src/mm/brk.js';
import { mapsLines } from '../../src/mm/maps.js';
import type { Mm } from '../../src/mm/mm.js';
import { mmap, mprotect, munmap } from '../support/calls.js';
import { execMm } from '../support/machines.js';

/** Rights of the area that starts at `address`. */
function rights(mm: Mm, address: string): string | undefined {
  return mapsLines(mm).find((line) => line.startsWith(`${address}-`))?.split(' ')[1];
}

// arch/x86_64/kernel/setup64.c: force_personality32; mm/mmap.c, mm/mprotect.c, asm-x86_64/page.h: VM_DATA_DEFAULT_FLAGS.
describe('READ_IMPLIES_EXEC of 32-bit tasks on x86_64', () => {
  const task = (release: string) => execMm({ arch: 'x86_64', bits: 32, release });
  const mapped = (mm: Mm, prot: number) => rights(mm, mmap(mm, { len: 0x1000n, prot }));
  const protectedAs = (mm: Mm, prot: number) => {
    const address = mmap(mm, { len: 0x1000n, prot: PROT_NONE });
    expect(mprotect(mm, BigInt(`0x${address}`), 0x1000n, prot)).toBe('0');
    return rights(mm, address);
  };

  it.each(['2.6.12-rc1', '2.6.13'])('%s: what may be read may be executed, if mapped or protected so', (release) => {
    const mm = task(release);
    expect([mapped(mm, PROT_READ), mapped(mm, PROT_READ | PROT_WRITE)]).toEqual(['r-xp', 'rwxp']);
    expect([mapped(mm, PROT_NONE), mapped(mm, PROT_WRITE)]).toEqual(['---p', '-w-p']);
    expect([protectedAs(mm, PROT_READ | PROT_WRITE), protectedAs(mm, PROT_WRITE)]).toEqual(['rwxp', '-w-p']);
  });

  it.each(['2.6.12-rc1', '2.6.13'])('%s: so are data and the heap, but not a stack that PT_GNU_STACK speaks of', (release) => {
    const mm = task(release);
    doBrk(mm, mm.startBrk + 1, 0);
    expect(['08049000', '0804a000', 'ffffc000'].map((address) => rights(mm, address))).toEqual(['rwxp', 'rwxp', 'rw-p']);
  });

  it('2.6.18, and 64-bit tasks: nothing of the kind', () => {
    for (const mm of [task('2.6.18'), execMm({ arch: 'x86_64', bits: 64, release: '2.6.12-rc1' })]) {
      expect(mapped(mm, PROT_READ | PROT_WRITE)).toBe('rw-p');
    }
  });
});

// arch/x86_64/ia32/syscall32.c: syscall32_setup_pages(), mm/mmap.c: insert_vm_struct(), fs/proc/task_mmu.c: show_map().
describe('the page for system calls of 32-bit tasks on x86_64', () => {
  const last = (mm: Mm) => mapsLines(mm).at(-1);
  const task = (release: string) => execMm({ arch: 'x86_64', bits: 32, release });

  it('2.6.12: is listed, but no area', () => {
    const mm = task('2.6.12-rc1');
    expect([last(mm), mm.vmas.size]).toEqual([`${'ffffe000-fffff000 ---p 00000000 00:00 0'.padEnd(73)}[vdso]`, 3]);
  });

  it.each(['2.6.13', '2.6.18'])('%s: is an area without a name, which mprotect changes and munmap does not reach', (release) => {
    const mm = task(release);
    expect([last(mm), mm.vmas.size]).toEqual(['ffffe000-fffff000 r-xp ffffe000 00:00 0 ', 4]);
    expect(munmap(mm, 0xffffe000n, 0x1000n)).toBe('EINVAL');
    expect(mprotect(mm, 0xffffe000n, 0x1000n, PROT_NONE)).toBe('0');
    expect(last(mm)).toBe('ffffe000-fffff000 ---p ffffe000 00:00 0 ');
    mm.check();
  });
});

// arch/i386/kernel/sysenter.c: arch_setup_additional_pages().
it('i386, 2.6.18: the offset of [vdso] is its address', () => {
  expect(mapsLines(execMm({ release: '2.6.18' }))).toContain(`${'b7fff000-b8000000 r-xp b7fff000 00:00 0'.padEnd(49)}[vdso]`);
});

// mm/memory.c: gate_vma_init().
it('i386, 2.6.13: [vdso] is still no area, but the last page but one', () => {
  const lines = mapsLines(execMm({ release: '2.6.13' }));
  expect([lines.at(-1), lines.length]).toEqual([`${'ffffe000-fffff000 ---p 00000000 00:00 0'.padEnd(49)}[vdso]`, 4]);
});
