/* The calls of 2.4: which there are, what clone makes of its flags. Linux 2.4.20. */
import { describe, expect, it } from 'vitest';
import { callPresence, findRelease } from '../../src/release/index.js';
import { targetNamed } from '../arch/targets.js';
import { Rig } from './rig.js';

const { release } = findRelease('2.4.20')!;
const I386_CLONE = 120;
const VM = 0x100;
const PID = 0x1000;
const THREAD = 0x10800;

// arch/{i386,ia64,x86_64}/kernel/entry.S, arch/sparc64/kernel/systbls.S, asm-x86_64/unistd.h.
describe('the tables', () => {
  it('have gettid and tkill, but nothing else that NPTL needs, and nothing is backported', () => {
    const names = ['gettid', 'tkill', 'futex', 'set_tid_address', 'exit_group', 'set_thread_area', 'remap_file_pages', 'tgkill'];
    expect(names.map((name) => callPresence(release, name))).toEqual(['there', 'there', ...Array<string>(6).fill('not yet')]);
    for (const name of ['i386', 'sparc64', 'sparc64 32-bit', 'ia64', 'x86_64']) expect(targetNamed(name, '2.4.20').backported).toEqual([]);
  });

  it('x86_64 has no tkill', () => {
    const numbers = ['i386', 'sparc64', 'sparc64 32-bit', 'ia64', 'x86_64'].map((name) => targetNamed(name, '2.4.20').nr.tkill);
    expect(numbers).toEqual([238, 187, 187, 1229, undefined]);
    expect(targetNamed('x86_64', '2.5.45').nr.tkill).toBe(200);
  });

  it('a call that is not there is ENOSYS, which nobody is told of', () => {
    const rig = new Rig('i386', { kernel: '2.4.20' });
    expect([rig.trap(240, rig.data, 1, 1), rig.trap(258, rig.data)]).toEqual(['eax=-38', 'eax=-38']);
    expect(rig.notices).toEqual([]);
  });
});

// kernel/fork.c: do_fork(); arch/i386/kernel/process.c: sys_clone() takes flags and a stack.
describe('clone', () => {
  const clone = (flags: number) => {
    const rig = new Rig('i386', { kernel: '2.4.20' });
    const result = rig.trap(I386_CLONE, flags, 0, rig.data, rig.data + 4n, rig.data + 8n);
    return [result, rig.peek(rig.data), rig.peek(rig.data + 8n)];
  };

  it('knows no pointers: the flags that come with them mean nothing', () => {
    expect(clone(THREAD | VM | 0x1380000)).toEqual(['0x3e9', 0, 0]);
  });

  it('CLONE_PID is the kernel\'s own; CLONE_DETACHED means nothing', () => {
    expect([clone(VM | PID)[0], clone(VM | 0x400000)[0]]).toEqual(['eax=-1', '0x3e9']);
    expect(new Rig('i386', { kernel: '2.5.45' }).trap(I386_CLONE, VM | PID, 0)).toBe('0x3e9');
  });
});

// arch/x86_64/ia32/{sys_ia32,ia32_binfmt}.c, arch/x86_64/kernel/sys_x86_64.c, asm-x86_64/processor.h.
describe('32-bit tasks of x86_64', () => {
  const nr = { mmap: 90, mprotect: 125, mmap2: 192 };
  const task = () => new Rig('x86_64 32-bit', { kernel: '2.4.20' });
  const rights = (rig: Rig, at: bigint) => rig.maps().find((line) => BigInt(`0x${line.split('-')[0]!}`) === at)?.split(' ')[1];
  /** mmap by the address of its six arguments. */
  const oldMmap = (rig: Rig, prot: number, flags = 0x22) => {
    [0, 4096, prot, flags, -1, 0].forEach((word, i) => { rig.poke(rig.data + BigInt(4 * i), word); });
    return BigInt(rig.trap(nr.mmap, rig.data));
  };

  it('look for room from 1 GiB to the last page but one below 4 GiB, where the stack ends', () => {
    const rig = task();
    expect(rig.maps().map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      '0000000008048000-0000000008049000 r-xp', '0000000008049000-000000000804a000 rwxp', '00000000ffffd000-00000000fffff000 rwxp',
    ]);
    expect(rig.trap(nr.mmap2, 0, 4096, 3, 0x22, -1, 0)).toBe('0x40000000');
  });

  it('may execute what mmap and mprotect make readable, but not what mmap2 does', () => {
    const rig = task();
    const [low, high] = [oldMmap(rig, 3), BigInt(rig.trap(nr.mmap2, 0, 4096, 3, 0x22, -1, 0))];
    expect([rights(rig, low), rights(rig, high)]).toEqual(['rwxp', 'rw-p']);
    expect([rig.trap(nr.mprotect, high, 4096, 1), rights(rig, high)]).toEqual(['0x0', 'r-xp']);
    expect(rights(rig, oldMmap(rig, 2))).toBe('-w-p');
  });

  it('mmap keeps MAP_DENYWRITE, so that what has it joins nothing without', () => {
    const rig = task();
    oldMmap(rig, 7);
    const before = rig.mm.vmas.size;
    oldMmap(rig, 7, 0x822);
    rig.trap(nr.mmap2, 0, 4096, 7, 0x822, -1, 0);
    expect(rig.mm.vmas.size).toBe(before + 2);
  });
});

// fs/read_write.c: sys_pread(), sys_pwrite(), which 2.5.45 has as sys_pread64().
it('pread64 and pwrite64 look at the descriptor before the position', () => {
  const errors = (kernel: string) => {
    const rig = new Rig('i386', { kernel });
    return [180, 181].map((nr) => rig.trap(nr, 99, rig.data, 1, -1, -1));
  };
  expect([errors('2.4.20'), errors('2.5.45')]).toEqual([['eax=-9', 'eax=-9'], ['eax=-22', 'eax=-22']]);
});
