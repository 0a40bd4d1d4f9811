/* /proc/self/maps and status as a program reads them: byte for byte in the format of its release. */

import { describe, expect, it } from 'vitest';
import { releases } from '../../src/release/index.js';
import { statusRules } from '../../src/release/status_fields.js';
import { FilesRig, RDONLY, RDWR } from '../syscall/files_rig.js';

/** The whole of a file, in reads of `size` bytes. */
function slurp(rig: FilesRig, path: string, size = 1000): string {
  const fd = rig.open(path);
  if (typeof fd === 'string') return fd;
  let text = '';
  for (;;) {
    const part = rig.read(fd, size);
    if (part === '') break;
    text += part;
  }
  rig.call('close', fd);
  return text;
}

describe('/proc/self/maps', () => {
  it.each(['i386', 'sparc64', 'sparc64 32-bit', 'ia64'])('on %s is what --maps shows, a newline after each', (name) => {
    const rig = new FilesRig(name);
    expect(slurp(rig, '/proc/self/maps')).toBe(rig.maps().map((line) => `${line}\n`).join(''));
    expect(slurp(rig, `/proc/${rig.kernel.process.tgid}/maps`, 7)).toBe(slurp(rig, '/proc/self/maps'));
  });

  it('is given a page of whole lines at a time, and begins anew after lseek', () => {
    const rig = new FilesRig('i386');
    for (let i = 0; i < 200; i++) rig.call('mmap2', 0x50000000 + i * 8192, 4096, 3, 0x32, -1, 0);
    rig.call('mmap2', 0x60000000, 0x10000, 3, 0x32, -1, 0);
    const fd = rig.open('/proc/self/maps');
    const first = Number(rig.call('read', fd as number, 0x60000000, 0x10000));
    expect(first).toBeGreaterThan(4000);
    expect(first).toBeLessThanOrEqual(4096);
    expect(rig.text(0x60000000n, first).endsWith('\n')).toBe(true);
    expect(rig.call('lseek', fd as number, 0, 0)).toBe(0);
    expect(rig.call('read', fd as number, 0x60000000, 20)).toBe(20);
    expect(rig.text(0x60000000n, 20)).toBe(rig.maps()[0]!.slice(0, 20));
    expect(slurp(rig, '/proc/self/maps')).toBe(rig.maps().map((line) => `${line}\n`).join(''));
  });

  it('cannot be written or mapped, and other pids have none', () => {
    const rig = new FilesRig('i386');
    expect([rig.open('/proc/self/maps', RDWR), rig.open('/proc/1/maps'), rig.open('/proc/self/nothing')])
      .toEqual(['EACCES', 'ENOENT', 'ENOENT']);
    const fd = rig.open('/proc/self/maps', RDONLY) as number;
    expect(rig.call('mmap2', 0, 4096, 1, 2, fd, 0)).toBe('ENODEV');
  });

  it('paths have octal escapes where the release makes them', () => {
    const path = '/data/a b\nc\\d';
    const shown = (kernel: string) => {
      const rig = new FilesRig('i386', { [path]: 'x' }, { kernel });
      rig.call('mmap2', 0, 4096, 1, 2, rig.open(path) as number, 0);
      return rig.maps().filter((line) => line.includes('/data')).map((line) => line.slice(line.indexOf('/data')));
    };
    const [all, newline] = ['/data/a\\040b\\012c\\134d', '/data/a b\\012c\\d'];
    expect(['2.5.46', '2.5.74', '2.6.0', '2.6.6', '6.1'].map(shown)).toEqual([[path], [all], [all], [path], [newline]]);
  });
});

describe('/proc/self/status', () => {
  it('of 2.5.46 on i386', () => {
    const rig = new FilesRig('i386');
    rig.call('mmap2', 0, 8 * 4096, 3, 0x22, -1, 0);
    rig.poke(rig.data, 1);
    expect(slurp(rig, '/proc/self/status')).toBe([
      'Name:\trig', 'State:\tR (running)', 'Tgid:\t1000', 'Pid:\t1000', 'PPid:\t1', 'TracerPid:\t0',
      'Uid:\t1000\t1000\t1000\t1000', 'Gid:\t1000\t1000\t1000\t1000', 'FDSize:\t32', 'Groups:\t',
      'VmSize:\t      48 kB', 'VmLck:\t       0 kB', 'VmRSS:\t       4 kB', 'VmData:\t      32 kB', 'VmStk:\t       8 kB',
      'VmExe:\t       4 kB', 'VmLib:\t       0 kB', ...['SigPnd', 'SigBlk', 'SigIgn', 'SigCgt', 'CapInh', 'CapPrm', 'CapEff']
        .map((name) => `${name}:\t0000000000000000`), '',
    ].join('\n'));
  });

  it('of 6.1 counts peaks, kinds of pages and page tables', () => {
    const rig = new FilesRig('i386', { '/f': 'x'.repeat(10000) }, { kernel: '6.1' });
    const fd = rig.open('/f', RDWR) as number;
    const map = (npages: number, flags: number, of: number) => BigInt(rig.call('mmap2', 0, npages * 4096, 3, flags, of, 0));
    const [anon, file, shared] = [map(8, 0x22, -1), map(2, 1, fd), map(4, 0x21, -1)];
    rig.call('munmap', map(100, 0x22, -1), 100n * 4096n);
    for (const at of [anon!, anon! + 4096n, file!, shared!]) rig.poke(at, 5);
    const lines = slurp(rig, '/proc/self/status').split('\n');
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}:`))?.split('\t')[1]?.trim();
    const before = Number.parseInt(field('VmSize')!, 10);
    expect(field('VmPeak')).toBe(`${before + 400} kB`);
    expect([field('RssAnon'), field('RssFile'), field('RssShmem'), field('VmRSS')]).toEqual(['12 kB', '4 kB', '4 kB', '20 kB']);
    expect([field('VmData'), field('VmStk'), field('VmExe'), field('VmPTE')]).toEqual(['36 kB', '132 kB', '4 kB', '8 kB']);
    expect(field('Threads')).toBe('1');
  });

  it('shows the family of a child, and signals: blocked, ignored and caught', () => {
    const rig = new FilesRig('i386');
    const word = (at: number, value: number) => rig.poke(rig.data + BigInt(at), value);
    [1, 0, 0, 0, 0].forEach((value, i) => { word(4 * i, value); }); // SIG_IGN
    rig.call('rt_sigaction', 13, rig.data, 0, 8);
    word(0, 0x8048000);
    rig.call('rt_sigaction', 10, rig.data, 0, 8);
    [0x2, 0x80000000 | 0].forEach((value, i) => { word(4 * i, value); });
    rig.call('rt_sigprocmask', 0, rig.data, 0, 8);
    expect(slurp(rig, '/proc/self/status').split('\n').filter((line) => line.startsWith('Sig'))).toEqual([
      'SigPnd:\t0000000000000000', 'SigBlk:\t8000000000000002', 'SigIgn:\t0000000000001000', 'SigCgt:\t0000000000000200',
    ]);
  });

  it('FDSize grows as the table of descriptors does, and never shrinks', () => {
    const rig = new FilesRig('i386');
    const size = () => /FDSize:\t(\d+)/.exec(slurp(rig, '/proc/self/status'))![1];
    const sizes = [size()];
    for (const fd of [40, 300]) {
      rig.call('dup2', 1, fd);
      sizes.push(size());
    }
    rig.call('close', 300);
    expect([...sizes, size()]).toEqual(['32', '256', '1024', '1024']);
  });

  it('FDSize goes up in powers of two from 1 KiB of pointers on in 4.12', () => {
    const sizes = (name: string, fds: number[]) => fds.map((fd) => {
      const rig = new FilesRig(name, {}, { kernel: '4.12' });
      rig.call('dup2', 1, fd);
      return /FDSize:\t(\d+)/.exec(slurp(rig, '/proc/self/status'))![1];
    });
    expect(sizes('i386', [31, 40, 300, 600])).toEqual(['32', '256', '512', '1024']);
    expect(sizes('ia64', [63, 64, 128, 300])).toEqual(['64', '128', '256', '512']);
  });

  it('VmLib wraps below 0 in 4.12 when text may not be executed any more, and is 0 in 6.1', () => {
    const lib = (name: string, kernel: string, text: number) => {
      const rig = new FilesRig(name, {}, { kernel });
      expect(rig.call('mprotect', text, 4096, 1)).toBe(0);
      return slurp(rig, '/proc/self/status').split('\n').filter((line) => /Vm(Exe|Lib)/.test(line)).map((line) => line.slice(7));
    };
    // Two pages of vdso are executable, too.
    expect(lib('i386', '4.12', 0x8048000)).toEqual(['       4 kB', '       4 kB']);
    const rig = new FilesRig('ia64', {}, { kernel: '4.12' });
    rig.call('mprotect', 0x4000000000000000n, 16384, 1);
    expect(slurp(rig, '/proc/self/status')).toContain('VmExe:\t      16 kB\nVmLib:\t18446744073709551600 kB\n');
    expect(lib('i386', '6.1', 0x8048000)).toEqual(['       4 kB', '       4 kB']);
  });

  it('ia64 counts its register stack as data from 4.9 on', () => {
    const fields = (kernel: string) => {
      const status = slurp(new FilesRig('ia64', {}, { kernel }), '/proc/self/status');
      return ['VmData', 'VmStk'].map((name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]));
    };
    // Data and register stack are a page each of 16 KiB, the stack is nine.
    expect(fields('4.12')).toEqual([32, 144]);
  });

  it.each(releases.map(({ name }) => name))('under %s its lines come in the order of that kernel', (name) => {
    const { fields } = statusRules(releases.find((release) => release.name === name)!);
    expect(fields.slice(0, 2)).toContain('Name');
    expect(fields.indexOf('VmSize')).toBeLessThan(fields.indexOf('VmLib'));
    expect(fields.indexOf('VmLib')).toBeLessThan(fields.indexOf('SigPnd'));
  });
});

describe('what else there is', () => {
  it('/proc/self and exe are links, /proc/sys/vm has its numbers where the release has them', () => {
    const rig = new FilesRig('i386', {}, { maxMapCount: 777 });
    expect(rig.call('readlink', '/proc/self', rig.buffer, 100)).toBe(4);
    expect(rig.text(rig.buffer, 4)).toBe('1000');
    expect(rig.call('readlink', '/proc/self/exe', rig.buffer, 4)).toBe(4);
    expect(rig.text(rig.buffer, 4)).toBe('/bin');
    expect([slurp(rig, '/proc/sys/vm/overcommit_memory'), slurp(rig, '/proc/sys/vm/max_map_count')]).toEqual(['0\n', 'ENOENT']);
    const modern = new FilesRig('i386', {}, { maxMapCount: 777, kernel: '6.1' });
    expect([slurp(modern, '/proc/sys/vm/max_map_count'), slurp(modern, '/proc/sys/vm/mmap_min_addr')]).toEqual(['777\n', '65536\n']);
    expect([modern.open('/proc/sys/vm/max_map_count', RDWR), modern.open('/proc/sys/vm'), modern.open('/proc/sys/fs')])
      .toEqual(['EACCES', 3, 'ENOENT']);
  });

  // kernel/sysctl.c: vm_table, kern_table.
  it('2.4 has max_map_count, which 2.5 lost for a while, but no overcommit_ratio and no pid_max', () => {
    const names = ['vm/max_map_count', 'vm/overcommit_memory', 'vm/overcommit_ratio', 'kernel/pid_max'];
    const numbers = (kernel: string) => {
      const rig = new FilesRig('i386', {}, { kernel });
      return names.map((name) => slurp(rig, `/proc/sys/${name}`));
    };
    expect(numbers('2.4.20')).toEqual(['65536\n', '0\n', 'ENOENT', 'ENOENT']);
    expect(numbers('2.5.45')).toEqual(['ENOENT', '0\n', '50\n', '32768\n']);
  });
});

describe('/proc/self/status as kernels that were run have it', () => {
  it('has the lines that 6.1.20 and 6.13.2 printed on x86_64, less Seccomp, and HugetlbPages, which they were built without', () => {
    const head = 'Name Umask State Tgid Ngid Pid PPid TracerPid Uid Gid FDSize Groups NStgid NSpid NSpgid NSsid';
    const memory = 'VmPeak VmSize VmLck VmPin VmHWM VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap';
    const tail = 'Threads SigQ SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs ' +
      'Speculation_Store_Bypass SpeculationIndirectBranch Cpus_allowed Cpus_allowed_list voluntary_ctxt_switches ' +
      'nonvoluntary_ctxt_switches';
    const names = (kernel: string) =>
      slurp(new FilesRig('x86_64', {}, { kernel }), '/proc/self/status').split('\n').map((line) => line.split(':')[0]).join(' ');
    expect(names('6.1')).toBe(`${head} ${memory} HugetlbPages CoreDumping THP_enabled ${tail} `);
    expect(names('6.13')).toBe(`${head} Kthread ${memory} HugetlbPages CoreDumping THP_enabled untag_mask ${tail} `);
  });

  it('untag_mask of 6.13 is a long of ones: no machine here takes bits of an address away', () => {
    const mask = (name: string) => /^untag_mask:\t(.*)$/m.exec(slurp(new FilesRig(name, {}, { kernel: '6.13' }), '/proc/self/status'))![1];
    expect(['x86_64', 'x86_64 32-bit', 'i386'].map(mask)).toEqual(['0xffffffffffffffff', '0xffffffffffffffff', '0xffffffff']);
  });
});
