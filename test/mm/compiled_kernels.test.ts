/**
 * What compiled kernels did otherwise than their source reads at first sight: 2.5.46, 2.6.0, 2.6.6, 2.6.9, 2.6.11 and
 * 2.6.18 of i386, and 3.6, 3.8 and 4.12 of x86_64 were run for these, one test a finding, with the releases where each
 * begins and ends.
 */
import { describe, expect, it } from 'vitest';
import { EACCES, EFAULT, EINVAL, ENOMEM } from '../../src/arch/generic/errno.js';
import {
  PROT_NONE, PROT_READ, PROT_SEM, PROT_WRITE, VM_ACCOUNT,
} from '../../src/arch/generic/mman.js';
import { MLOCK_ONFAULT, MREMAP_FIXED, MREMAP_MAYMOVE } from '../../src/arch/generic/mman_calls.js';
import { memoryCounts } from '../../src/fs/proc_memory.js';
import { doMlock2 } from '../../src/mm/mlock.js';
import { mapsLines } from '../../src/mm/maps.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMremap } from '../../src/mm/mremap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { statusRules } from '../../src/release/status_fields.js';
import { mmap } from '../support/calls.js';
import { baseOf, draw, picture, protect } from '../support/draw.js';
import { execMm, newMm } from '../support/machines.js';
import { flagsAt, remap } from '../support/mm_calls.js';

const RW = PROT_READ | PROT_WRITE;
const start = (text: string, release: string) => draw(text, { release, search: 'first-fit' });

/** What each of the releases answers. */
function answers(releases: readonly string[], answer: (release: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(releases.map((release) => [release, answer(release)]));
}

describe('mmap', () => {
  it('MAP_LOCKED needs CAP_IPC_LOCK still in 2.6.6; from 2.6.9 on RLIMIT_MEMLOCK says how much', () => {
    const locked = (release: string) => mmap(newMm({ release, search: 'first-fit' }), { len: 0x1000n, flags: 'PRIVATE ANONYMOUS LOCKED' });
    expect(answers(['2.5.46', '2.6.0', '2.6.6', '2.6.9', '4.12'], locked))
      .toEqual({ '2.5.46': 'EPERM', '2.6.0': 'EPERM', '2.6.6': 'EPERM', '2.6.9': '40000000', '4.12': '40000000' });
  });
});

describe('mmap with MAP_FIXED', () => {
  const fixed = (arch: string, bits: 32 | 64, release: string, addr: bigint) =>
    mmap(newMm({ arch, bits, release }), { addr, len: 0x1000n, flags: 'PRIVATE ANONYMOUS FIXED' });

  it('in the last page of all returns the address as an errno from 2.6.22 on, ENOMEM before', () => {
    const last = (release: string) => [-1n, -22n, -4095n, -4096n].map((addr) => fixed('i386', 32, release, addr + 2n ** 32n));
    const both = { '2.6.18': Array(4).fill('ENOMEM'), '3.6': ['EPERM', 'EINVAL', 'errno 4095', 'ENOMEM'] };
    expect(answers(['2.6.18', '3.6', '3.8', '4.12', '6.1', '6.18'], last))
      .toEqual({ ...both, '3.8': both['3.6'], '4.12': both['3.6'], '6.1': both['3.6'], '6.18': both['3.6'] });
  });

  it('of a 32-bit task is ENOMEM there, as its addresses are none of the 64-bit kernel\'s errnos', () => {
    expect(fixed('x86_64', 64, '4.12', 2n ** 64n - 22n)).toBe('EINVAL');
    expect(fixed('x86_64', 32, '4.12', 2n ** 32n - 22n)).toBe('ENOMEM');
  });
});

describe('mprotect', () => {
  /** mprotect of a length in bytes, from the drawing's first page on. */
  const bytes = (release: string, length: number, prot: number) => {
    const mm = start('AA', release);
    return doMprotect(mm, baseOf(mm), 0, Math.floor(length / 4096), length % 4096, prot);
  };

  it('a range that wraps is EINVAL up to 2.6.0 and ENOMEM from 2.6.6 on', () => {
    expect(answers(['2.5.46', '2.6.0', '2.6.6', '2.6.11', '2.6.18', '4.12'], (release) => bytes(release, 0xfffff000, RW)))
      .toEqual({ '2.5.46': -EINVAL, '2.6.0': -EINVAL, '2.6.6': -ENOMEM, '2.6.11': -ENOMEM, '2.6.18': -ENOMEM, '4.12': -ENOMEM });
  });

  it('PROT_SEM is VM_SHARED in 2.5.45 and 2.5.46, EACCES on private memory; from 2.6.0 on it is accepted and ignored', () => {
    const semaphore = (release: string) => {
      const mm = start('AA', release);
      return [protect(mm, 0, 1, RW | PROT_SEM), picture(mm)];
    };
    expect(answers(['2.5.45', '2.5.46', '2.6.0', '2.6.18', '4.12'], semaphore)).toEqual({
      '2.5.45': [-EACCES, 'AA'], '2.5.46': [-EACCES, 'AA'], '2.6.0': [0, 'AA'], '2.6.18': [0, 'AA'], '4.12': [0, 'AA'],
    });
  });

  it('a length that rounds to 0 does nothing up to 2.6.11 and is ENOMEM in 2.6.18', () => {
    expect(answers(['2.5.46', '2.6.0', '2.6.6', '2.6.11', '2.6.18', '4.12'], (release) => bytes(release, 0xffffffff, RW)))
      .toEqual({ '2.5.46': 0, '2.6.0': 0, '2.6.6': 0, '2.6.11': 0, '2.6.18': -ENOMEM, '4.12': -ENOMEM });
  });

  it('unknown bits with length 0 are EINVAL up to 2.6.11 and nobody looks at them from 2.6.18 on', () => {
    expect(answers(['2.5.46', '2.6.11', '2.6.18', '4.12'], (release) => bytes(release, 0, 0x40)))
      .toEqual({ '2.5.46': -EINVAL, '2.6.11': -EINVAL, '2.6.18': 0, '4.12': 0 });
  });

  it('never charges in 2.6.6, so that PROT_NONE made writable stays apart from what always was', () => {
    const made = (release: string) => {
      const mm = start('NNAA', release);
      expect(protect(mm, 0, 2, RW)).toBe(0);
      return [picture(mm), mm.vm.committed];
    };
    expect(answers(['2.5.46', '2.6.0', '2.6.6', '2.6.9', '4.12'], made)).toEqual({
      '2.5.46': ['AAAA', 4], '2.6.0': ['AAAA', 4], '2.6.6': ['aaAA', 2], '2.6.9': ['AAAA', 4], '4.12': ['AAAA', 4],
    });
  });

  it('what was writable keeps its charge, and does not merge with memory that never was, before 6.13', () => {
    const taken = (release: string) => {
      const mm = start('AANN', release);
      expect(protect(mm, 0, 2, PROT_NONE)).toBe(0);
      return picture(mm);
    };
    expect(answers(['2.5.46', '2.6.18', '4.12', '6.1', '6.13'], taken))
      .toEqual({ '2.5.46': 'nnNN', '2.6.18': 'nnNN', '4.12': 'nnNN', '6.1': 'nnNN', '6.13': 'NNNN' });
  });
});

describe('mremap', () => {
  it('to length 0 unmaps up to 2.6.0 and is EINVAL from 2.6.6 on', () => {
    const emptied = (release: string) => {
      const mm = start('AA', release);
      return [remap(mm, 0, 2, 0, 0), picture(mm)];
    };
    expect(answers(['2.5.46', '2.6.0', '2.6.6', '2.6.18', '4.12'], emptied)).toEqual({
      '2.5.46': [0, '..'], '2.6.0': [0, '..'], '2.6.6': [-EINVAL, 'AA'], '2.6.18': [-EINVAL, 'AA'], '4.12': [-EINVAL, 'AA'],
    });
  });

  it('moving the front of an area leaves the rest without VM_ACCOUNT in 2.5.46, and with it from 2.6.0 on', () => {
    const rest = (release: string) => {
      const mm = start('AAA....', release);
      expect(remap(mm, 0, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, 5)).toBe(5);
      return (flagsAt(mm, 1) & VM_ACCOUNT) !== 0;
    };
    expect(answers(['2.5.45', '2.5.46', '2.6.0', '2.6.11', '2.6.18', '4.12'], rest))
      .toEqual({ '2.5.45': false, '2.5.46': false, '2.6.0': true, '2.6.11': true, '2.6.18': true, '4.12': true });
  });

  it('at three areas below the map limit fails with ENOMEM from 2.6.6 on', () => {
    const moved = (release: string) => {
      const mm = draw('A.A.A..', { release, search: 'first-fit', maxMapCount: 6 });
      return remap(mm, 0, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, 6);
    };
    expect(answers(['2.5.46', '2.6.0', '2.6.6', '2.6.11', '4.12'], moved))
      .toEqual({ '2.5.46': 6, '2.6.0': 6, '2.6.6': -ENOMEM, '2.6.11': -ENOMEM, '4.12': -ENOMEM });
  });
});

describe('mremap of the last page of all', () => {
  it('cuts its tail off low memory before it finds nothing to move, in 3.6 to 4.12', () => {
    const cut = (release: string) => {
      const mm = newMm({ arch: 'x86_64', bits: 64, release });
      mmap(mm, { addr: 0x10000n, len: 0x2000n, flags: 'PRIVATE ANONYMOUS FIXED' });
      const result = doMremap(mm, {
        vpn: mm.target.vpnEnd - 1, offset: 0, oldPages: 0x12, oldOffset: 0, newPages: 0x11, newOffset: 0,
        flags: MREMAP_MAYMOVE | MREMAP_FIXED, newVpn: 0x10000, newVpnOffset: 0,
      });
      return [result, mm.totalVm];
    };
    expect(answers(['3.6', '3.8', '4.12', '6.1'], cut))
      .toEqual({ '3.6': [-EFAULT, 1], '3.8': [-EFAULT, 1], '4.12': [-EFAULT, 1], '6.1': [-EFAULT, 2] });
  });
});

describe('mlock2', () => {
  it('MLOCK_ONFAULT of PROT_NONE locks it and is ENOMEM in 4.12; later it is no error', () => {
    const locked = (release: string) => {
      const mm = start('RNA', release);
      return [doMlock2(mm, baseOf(mm), 0, 3, 0, MLOCK_ONFAULT), mm.lockedVm, mm.pageTable.rss];
    };
    expect(answers(['4.12', '6.1', '6.18'], locked)).toEqual({ '4.12': [-ENOMEM, 3, 0], '6.1': [0, 3, 0], '6.18': [0, 3, 0] });
  });

  it('MLOCK_ONFAULT in 4.12 is content with any right', () => {
    const mm = start('ARA', '4.12');
    expect([doMlock2(mm, baseOf(mm), 0, 3, 0, MLOCK_ONFAULT), mm.pageTable.rss]).toEqual([0, 0]);
  });
});

describe('/proc/PID/maps', () => {
  const VDSO_RELEASES = ['3.6', '3.8', '4.12', '6.1', '6.18'];
  const started = (release: string) => {
    const mm = execMm({ arch: 'i386', release });
    return { mm, vdso: mm.vdsoStart };
  };
  const namesAt = (mm: ReturnType<typeof execMm>, vpn: number) =>
    mapsLines(mm).filter((line) => Number.parseInt(line, 16) === vpn * 4096).map((line) => line.slice(49) || 'nothing');

  it('calls [vdso] what starts where exec put it, in 2.6.18 to 3.8; later what exec mapped', () => {
    const replaced = (release: string) => {
      const { mm, vdso } = started(release);
      expect(namesAt(mm, vdso)).toEqual(['[vdso]']);
      expect(doMunmap(mm, vdso, 0, mm.vmas.vmEnd[mm.vmas.find(vdso)]! - vdso, 0)).toBe(0);
      mmap(mm, { addr: BigInt(vdso) * 4096n, len: 0x1000n, flags: 'PRIVATE ANONYMOUS FIXED' });
      return namesAt(mm, vdso)[0];
    };
    expect(answers(['2.6.18', ...VDSO_RELEASES], replaced)).toEqual({
      '2.6.18': '[vdso]', '3.6': '[vdso]', '3.8': '[vdso]', '4.12': 'nothing', '6.1': 'nothing', '6.18': 'nothing',
    });
  });

  it('shows offset 0 for each piece of the vdso, which all keep the name, in 4.12; 6.1 has no pieces', () => {
    const upper = (release: string) => {
      const { mm, vdso } = started(release);
      const error = doMprotect(mm, vdso, 0, 1, 0, PROT_READ);
      if (error < 0) return error;
      return mapsLines(mm).find((line) => Number.parseInt(line, 16) === (vdso + 1) * 4096)?.slice(18);
    };
    const whole = 'r-xp 00000000 00:00 0          [vdso]';
    expect(answers(['4.12', '6.1', '6.18'], upper)).toEqual({ '4.12': whole, '6.1': -EINVAL, '6.18': -EINVAL });
  });
});

describe('the stack of exec', () => {
  const stackPages = (release: string, stack: number) => {
    const { vmas } = execMm({ arch: 'i386', release, rlimits: { stack } });
    return vmas.vmEnd[vmas.last()]! - vmas.vmStart[vmas.last()]!;
  };

  it('has no more pages than RLIMIT_STACK, 64 KiB here, from 3.6 on', () => {
    const limited = (release: string) => [stackPages(release, 65536), stackPages(release, 2 ** 23)];
    expect(answers(['3.6', '3.8', '4.12', '6.1', '6.18'], limited))
      .toEqual({ '3.6': [16, 34], '3.8': [16, 34], '4.12': [16, 33], '6.1': [16, 33], '6.18': [16, 33] });
  });

  it('was made at STACK_TOP_MAX, so that what a 32-bit task of x86_64 maps in it merges with nothing, from 3.6 on', () => {
    const pieces = (arch: string, bits: 32 | 64) => (release: string) => {
      const mm = execMm({ arch, bits, release });
      const before = mm.vmas.size;
      const addr = BigInt(mm.target.stackTop - 10) * 4096n;
      mmap(mm, { addr, len: 0x1000n, flags: 'PRIVATE ANONYMOUS FIXED GROWSDOWN', prot: mm.vmas.vmFlags[mm.vmas.last()]! & 7 });
      return mm.vmas.size - before;
    };
    const releases = ['3.6', '3.8', '4.12', '6.1', '6.18'];
    const none = Object.fromEntries(releases.map((release) => [release, 0]));
    expect(answers(releases, pieces('i386', 32))).toEqual(none);
    expect(answers(releases, pieces('x86_64', 64))).toEqual(none);
    expect(answers(releases, pieces('x86_64', 32))).toEqual({ '3.6': 2, '3.8': 2, '4.12': 2, '6.1': 2, '6.18': 2 });
  });
});

describe('/proc/PID/status', () => {
  it('counts the vdso, which has no file, as data in 2.6.18 to 3.8', () => {
    const data = (release: string) => {
      const mm = execMm({ arch: 'i386', release });
      const rules = statusRules(mm.target.release);
      const before = memoryCounts(mm, rules);
      doMunmap(mm, mm.vdsoStart, 0, 1, 0);
      return [before.data - memoryCounts(mm, rules).data, before.lib - memoryCounts(mm, rules).lib];
    };
    expect(answers(['2.6.18', '3.6', '3.8', '4.12'], data)).toEqual({ '2.6.18': [1, 0], '3.6': [1, 0], '3.8': [1, 0], '4.12': [0, 1] });
  });
});
