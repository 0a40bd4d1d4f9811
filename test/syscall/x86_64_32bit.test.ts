/**
 * 32-bit tasks of x86_64 under the kernels that searched up for them: arch/x86_64/ia32/{ia32_binfmt,sys_ia32}.c and
 * ia32entry.S, arch/x86_64/kernel/{sys_x86_64,setup64}.c, include/asm-x86_64/{processor,ia32,page}.h of each release.
 */
import { describe, expect, it } from 'vitest';
import { FilesRig, RDWR } from './files_rig.js';
import { Rig } from './rig.js';

const nr = {
  mmap: 90, munmap: 91, mprotect: 125, personality: 136, sched_rr_get_interval: 161, mmap2: 192, futex: 240, set_thread_area: 243, clock_gettime: 265,
  waitid: 284,
};
const ANON = 0x22;
const FIXED = 0x32;
const ENOMEM = 'eax=-12';

const task = (kernel: string) => new Rig('x86_64 32-bit', { kernel });

const line = (rig: Rig, at: bigint) => rig.maps().find((text) => BigInt(`0x${text.split('-')[0]!}`) === at);
const rights = (rig: Rig, at: bigint) => line(rig, at)?.split(' ')[1];

/** mmap by the address of its six arguments. */
function oldMmap(rig: Rig, at: number, len: number, prot: number, flags: number): string {
  [at, len, prot, flags, -1, 0].forEach((word, i) => { rig.poke(rig.data + BigInt(4 * i), word | 0); });
  return rig.trap(nr.mmap, rig.data);
}

const mmap2 = (rig: Rig, at: number, len: number, prot: number, flags: number) => rig.trap(nr.mmap2, at, len, prot, flags, -1, 0);

describe('the space of 32-bit tasks of x86_64', () => {
  // TASK_UNMAPPED_32; IA32_STACK_TOP; the end of a search, 0xffffffff - 1 up to 2.5.46 and IA32_PAGE_OFFSET then.
  it.each([
    ['2.4.20', '0x40000000', '0xfffff000', 0xfffff000],
    ['2.5.45', '0x40000000', '0xffff0000', 0xfffff000],
    ['2.5.46', '0x40000000', '0xffff0000', 0xfffff000],
    ['2.5.74', '0xa0000000', '0xffffe000', 0xffffe000],
    ['2.6.0', '0x55555000', '0xffffe000', 0xffffe000],
    ['2.6.6', '0x55555000', '0xffffe000', 0xffffe000],
    ['2.6.9', '0x55555000', '0xffffe000', 0xffffe000],
    ['2.6.11', '0x55555000', '0xffffe000', 0xffffe000],
    ['2.6.12-rc1', '0x55555000', '0xffffe000', 0xffffe000],
  ])('%s searches from %s, has its stack below %s and gives out the last page', (kernel, base, stackTop, end) => {
    const rig = task(kernel);
    expect(mmap2(rig, 0, 4096, 0, ANON)).toBe(base);
    const { stackTop: top, pageSize } = rig.target;
    expect(`0x${(top * pageSize).toString(16)}`).toBe(stackTop);
    // The stack out of the way, one request of all there is, and one of a page more.
    rig.trap(nr.munmap, top * pageSize - 8192, 8192);
    rig.trap(nr.munmap, Number(base), 4096);
    expect(mmap2(rig, 0, end - Number(base) + 1, 0, ANON | 0x4000)).toBe(ENOMEM);
    expect(mmap2(rig, 0, end - Number(base), 0, ANON | 0x4000)).toBe(base);
  });

  it('goes on above the stack in 2.5.45 and 2.5.46, where 15 pages are left', () => {
    const rig = task('2.5.46');
    mmap2(rig, 0, 0xfff00000 - 0x40000000, 0, ANON | 0x4000);
    expect(mmap2(rig, 0, 0x200000, 0, ANON)).toBe(ENOMEM);
    mmap2(rig, 0xfff00000, 0xffffe000 - 0x10000 - 0xfff00000, 0, FIXED);
    expect([mmap2(rig, 0, 15 * 4096, 0, ANON), mmap2(rig, 0, 4096, 0, ANON)]).toEqual(['0xffff0000', ENOMEM]);
  });

  it('is that of the kernel to MAP_FIXED, which passes 4 GiB from 2.5.74 on', () => {
    for (const kernel of ['2.5.74', '2.6.11']) {
      const rig = task(kernel);
      expect([mmap2(rig, 0xfffff000, 8192, 0, FIXED), rig.maps().length]).toEqual(['0xfffff000', kernel === '2.5.74' ? 4 : 5]);
      expect(line(rig, 0xfffff000n)).toMatch(/^0*fffff000-0*100001000 ---p/);
    }
  });
});

describe('what ends at 4 GiB in 2.5.45 and 2.5.46', () => {
  it.each([['mmap', oldMmap], ['mmap2', mmap2]] as const)('%s maps it, unmaps it and what was there before, and says ENOMEM', (_name, map) => {
    const rig = task('2.5.46');
    const before = rig.maps();
    expect(map(rig, 0xffffe000, 4096, 3, FIXED)).toBe('0xffffe000');
    expect(map(rig, 0xffffe000, 8192, 3, FIXED)).toBe(ENOMEM);
    expect(rig.maps()).toEqual(before);
  });

  it('the length counts as it was asked for: two bytes less are fine', () => {
    const rig = task('2.5.45');
    expect(mmap2(rig, 0xfffff000, 4095, 3, FIXED)).toBe(ENOMEM);
    expect(mmap2(rig, 0xfffff000, 4094, 3, FIXED)).toBe('0xfffff000');
    expect(line(rig, 0xfffff000n)).toMatch(/^0*fffff000-0*100000000 /);
  });

  it('mmap lets everything from address 0 on stand, mmap2 does not', () => {
    const [old, recent] = [task('2.5.46'), task('2.5.46')];
    expect([oldMmap(old, 0, -4096 + 4095, 0, FIXED | 0x4000), old.maps().length]).toEqual(['0x0', 1]);
    expect([mmap2(recent, 0, -1, 0, FIXED | 0x4000), recent.maps()]).toEqual([ENOMEM, []]);
  });

  it('in 2.4.20 only an address there is an error, which a length of 0 returns', () => {
    const rig = task('2.4.20');
    expect([oldMmap(rig, -1, 0, 3, ANON), oldMmap(rig, -2, 0, 3, ANON)]).toEqual([ENOMEM, 'eax=-2']);
    expect(oldMmap(rig, 0xfffff000, 4096, 3, FIXED)).toBe('0xfffff000');
  });
});

describe('what 32-bit tasks of x86_64 may read', () => {
  // vm_force_exec32 of 2.5.74 to 2.6.9; READ_IMPLIES_EXEC of 2.6.11 to 2.6.13.
  it.each([
    ['2.4.20', ['rwxp', 'rw-p', 'r-xp']],
    ['2.5.45', ['rw-p', 'rw-p', 'r-xp']],
    ['2.5.46', ['rw-p', 'rw-p', 'r-xp']],
    ['2.5.74', ['rwxp', 'rwxp', 'r-xp']],
    ['2.6.0', ['rwxp', 'rwxp', 'r-xp']],
    ['2.6.9', ['rwxp', 'rwxp', 'r-xp']],
    ['2.6.11', ['rwxp', 'rwxp', 'r-xp']],
    ['2.6.13', ['rwxp', 'rwxp', 'r-xp']],
    ['2.6.18', ['rw-p', 'rw-p', 'r--p']],
  ])('by mmap, mmap2 and mprotect of %s: %j', (kernel, expected) => {
    const rig = task(kernel);
    const low = BigInt(oldMmap(rig, 0x20000000, 4096, 3, ANON));
    const high = BigInt(mmap2(rig, 0x30000000, 4096, 3, ANON));
    const found = [rights(rig, low), rights(rig, high)];
    rig.trap(nr.mprotect, high, 4096, 1);
    expect([...found, rights(rig, high)]).toEqual(expected);
  });

  it('is so by the personality, which says so, from 2.6.11 to 2.6.13', () => {
    const persona = (kernel: string) => task(kernel).trap(nr.personality, -1);
    expect(['2.6.9', '2.6.11', '2.6.13', '2.6.18'].map(persona)).toEqual(['0x0', '0x400000', '0x400000', '0x0']);
  });

  it('is data and stack besides, the stack until programs say that it need not be: 2.6.6', () => {
    const areas = (kernel: string) => task(kernel).maps().slice(1, 3).map((text) => text.split(' ')[1]);
    expect(['2.5.46', '2.5.74', '2.6.0'].map(areas)).toEqual([['rwxp', 'rwxp'], ['rwxp', 'rwxp'], ['rwxp', 'rwxp']]);
    expect(['2.6.6', '2.6.9', '2.6.11'].map(areas)).toEqual([['rwxp', 'rw-p'], ['rwxp', 'rw-p'], ['rwxp', 'rw-p']]);
  });

  it('and 64-bit tasks have stacks like that, and heaps until 2.6.11', () => {
    const areas = (kernel: string) => {
      const rig = new Rig('x86_64', { kernel });
      rig.trap(12, 0x403000n);
      return rig.maps().slice(1, 4).map((text) => text.split(' ')[1]);
    };
    expect(['2.6.0', '2.6.6', '2.6.9', '2.6.11'].map(areas)).toEqual([
      ['rw-p', 'rwxp', 'rwxp'], ['rw-p', 'rwxp', 'rw-p'], ['rw-p', 'rwxp', 'rw-p'], ['rw-p', 'rw-p', 'rw-p'],
    ]);
  });
});

describe('the stack of 32-bit tasks of x86_64', () => {
  // vm_stack_flags32 lacks VM_ACCOUNT; ia32_setup_arg_pages() asks for the memory all the same.
  it.each([
    ['2.5.46', [3, 1]], ['2.5.74', [3, 3]], ['2.6.9', [3, 3]], ['2.6.11', [3, 1]],
  ])('is charged in %s, and unmapped: pages committed before and after %j', (kernel, expected) => {
    const rig = task(kernel);
    const before = rig.mm.vm.committed;
    const { stackTop, pageSize } = rig.target;
    expect(rig.trap(nr.munmap, stackTop * pageSize - 8192, 8192)).toBe('0x0');
    expect([before, rig.mm.vm.committed]).toEqual(expected);
  });
});

describe("calls of the kernel's own word size in the table of 32-bit tasks", () => {
  it('sched_rr_get_interval stores two longs of the kernel up to 2.6.18', () => {
    const words = (kernel: string) => {
      const rig = task(kernel);
      for (let i = 0; i < 4; i++) rig.poke(rig.data + BigInt(4 * i), 7);
      expect(rig.trap(nr.sched_rr_get_interval, 0, rig.data)).toBe('0x0');
      return [0, 1, 2, 3].map((i) => rig.peek(rig.data + BigInt(4 * i)));
    };
    expect(['2.4.20', '2.5.74', '2.6.12-rc1', '2.6.18', '3.6'].map(words)).toEqual([
      [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 7, 7],
    ]);
  });

  it('futex takes its timeout as two of them in 2.5.45 and 2.5.46', () => {
    const wait = (kernel: string) => {
      const rig = task(kernel);
      const timeout = rig.data + 16n;
      // One second to a task's eyes; the kernel sees half a billion nanoseconds besides.
      [1, 0, 500_000_000, 0].forEach((word, i) => { rig.poke(timeout + BigInt(4 * i), word); });
      rig.raw(nr.futex, rig.data, 0, 0, timeout);
      return rig.kernel.clock.peek()!.deadline - rig.kernel.clock.now;
    };
    expect(['2.5.46', '2.5.74'].map(wait)).toEqual([1.5e9, 1e9]);
  });

  // 4 GiB and 5 bytes, and 2 GiB: files here are not that large.
  it('truncate64 and ftruncate64 know the lower half of a length up to 2.6.0; the short calls take it without a sign', () => {
    const sizes = (kernel: string) => {
      const rig = new FilesRig('x86_64 32-bit', { '/f': 'hello, world' }, { kernel });
      const fd = rig.open('/f', RDWR, 'LARGEFILE');
      return [rig.call('ftruncate64', fd, 5, 1), rig.contents('/f').length, rig.call('ftruncate', fd, 0x80000000)];
    };
    expect(['2.4.20', '2.6.0', '2.6.6', '4.12'].map(sizes)).toEqual([
      [0, 5, 'ENOSPC'], [0, 5, 'ENOSPC'], ['ENOSPC', 12, 'ENOSPC'], ['ENOSPC', 12, 'EINVAL'],
    ]);
  });

  it('creat adds O_LARGEFILE, and up to 2.5.46 so does open: fcntl(F_GETFL)', () => {
    const flags = (kernel: string) => {
      const rig = new FilesRig('x86_64 32-bit', { '/f': 'hello, world' }, { kernel });
      const [opened, made] = [rig.open('/f', RDWR), rig.call('creat', '/f', 0o644)];
      return [opened, made].map((fd) => rig.call('fcntl64', fd, 3));
    };
    expect(['2.5.46', '2.5.74', '6.1'].map(flags)).toEqual([[0x8002, 0x8001], [2, 0x8001], [2, 0x8001]]);
  });

  it('set_thread_area gives out descriptors from 11 on, from 2.6.13 on from 12', () => {
    const entry = (kernel: string) => {
      const rig = task(kernel);
      [-1, 0x1000, 0xfffff, 0x51].forEach((word, i) => { rig.poke(rig.data + BigInt(4 * i), word); });
      return [rig.trap(nr.set_thread_area, rig.data), rig.peek(rig.data)];
    };
    expect(['2.5.46', '2.6.12-rc1', '2.6.13'].map(entry)).toEqual([['0x0', 11], ['0x0', 11], ['0x0', 12]]);
  });

  it('has no remap_file_pages before 2.5.74, and waitid as all but ia64 have from 2.6.9 on', () => {
    const has = (kernel: string) => ['remap_file_pages', 'signal'].map((name) => name in task(kernel).target.nr);
    expect(['2.5.46', '2.5.74'].map(has)).toEqual([[false, false], [true, true]]);
    expect(['2.6.6', '2.6.9'].map((kernel) => task(kernel).trap(nr.waitid, 9, 0, 0, 4, 0))).toEqual(['eax=-38', 'eax=-22']);
    expect(new Rig('ia64', { kernel: '2.6.9' }).trap(1270, 9, 0, 0, 4, 0)).toBe('r10=-1 r8=38');
  });

  it('has no POSIX clocks in 2.5.74, where 64-bit tasks have them, but those that NPTL 2.36 needs are backported', () => {
    const now = (name: string, call: number, kernel: string, modernNptl = false) => {
      const rig = new Rig(name, { kernel, modernNptl });
      return rig.trap(call, 1, rig.data);
    };
    expect(['2.5.74', '2.6.0'].map((kernel) => now('x86_64 32-bit', nr.clock_gettime, kernel))).toEqual(['eax=-38', '0x0']);
    expect([now('x86_64', 228, '2.5.74'), now('x86_64 32-bit', nr.clock_gettime, '2.5.74', true)]).toEqual(['0x0', '0x0']);
  });
});
