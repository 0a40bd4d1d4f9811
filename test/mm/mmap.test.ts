/**
 * mmap's checks, in the order of do_mmap_pgoff() of Linux 2.5.46: a call that breaks two rules fails by
 * the earlier one. Addresses are in mmap_address.test.ts, merging in mmap_merge.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { ENOMEM, EPERM } from '../../src/arch/generic/errno.js';
import { PROT_NONE, PROT_READ, VM_GROWSDOWN, VM_GROWSUP, VM_LOCKED } from '../../src/arch/generic/mman.js';
import { mmap } from '../support/calls.js';
import { draw, map, mapAnywhere, picture, readOnlyFile, terminal, writeOnlyFile } from '../support/draw.js';
import { machineSizes, newMm, targetOf } from '../support/machines.js';

const PAGE = 0x1000n;
/** Breaks every rule that comes after the address: locked, of no type, a file that cannot be read. */
const HOPELESS = { flags: 'LOCKED', file: writeOnlyFile } as const;

describe('a file without an mmap operation', () => {
  it('fails with ENODEV, before even a length of zero', () => {
    expect(mmap(newMm(), { len: 0n, flags: 'PRIVATE', file: terminal })).toBe('ENODEV');
  });
});

describe('a length of zero', () => {
  it('returns the address, whatever it is and whatever else is wrong', () => {
    const mm = newMm({ maxMapCount: 0 });
    expect(mmap(mm, { addr: 0x12345678n, len: 0n })).toBe('12345678');
    expect(mmap(mm, { addr: 0xfffffff0n, len: 0n, ...HOPELESS })).toBe('fffffff0');
    expect(mmap(mm, { addr: 1n, len: 0n, flags: 'FIXED' })).toBe('00000001');
    expect([mm.vmas.size, mm.stats.searches]).toEqual([0, 0]);
  });
});

describe.each(machineSizes)('$name: the length', ({ arch, bits }) => {
  const { pageShift, taskSize } = targetOf({ arch, bits });
  const TASK_SIZE = BigInt(taskSize) << BigInt(pageShift);

  it('fails with EINVAL above TASK_SIZE, by a byte, before all other checks', () => {
    const mm = newMm({ arch, bits, maxMapCount: -1 });
    expect(mmap(mm, { len: TASK_SIZE + 1n, ...HOPELESS })).toBe('EINVAL');
    expect(mmap(mm, { len: TASK_SIZE, ...HOPELESS })).toBe('ENOMEM');
  });

  it('is rounded up to whole pages', () => {
    const mm = draw('....', { arch, bits });
    const page = 1n << BigInt(pageShift);
    mmap(mm, { len: 1n });
    expect(picture(mm)).toBe('A...');
    mmap(mm, { len: page + 1n, prot: PROT_NONE });
    expect(picture(mm)).toBe('ANN.');
  });
});

describe('the page offset', () => {
  it('fails with EINVAL when offset and length pass the last page number, before the map limit', () => {
    const mm = newMm({ maxMapCount: -1 });
    expect(mmap(mm, { len: PAGE, pgoff: 0xffffffff })).toBe('EINVAL');
    expect(mmap(mm, { len: PAGE, pgoff: 0xfffffffe })).toBe('ENOMEM');
  });

  it('of a 64-bit kernel reaches further', () => {
    expect(mmap(newMm({ arch: 'ia64' }), { len: 0x4000n, pgoff: 0xffffffff })).toBe('2000000000000000');
  });
});

describe('the map limit', () => {
  it('is passed by one: mmap fails with ENOMEM only when there are more areas than the limit', () => {
    const mm = draw('N.N.....', { maxMapCount: 2 });
    expect(map(mm, 4, 1, 'N')).toBe(4);
    expect(map(mm, 6, 1, 'N')).toBe(-ENOMEM);
    expect(picture(mm)).toBe('N.N.N...');
  });

  it('refuses a mapping that would only have merged', () => {
    const mm = draw('N.R.A.', { maxMapCount: 2 });
    expect(map(mm, 5, 1, 'A')).toBe(-ENOMEM);
  });

  it('is looked at before the address', () => {
    const mm = newMm({ maxMapCount: -1 });
    expect(mmap(mm, { addr: 1n, len: PAGE, flags: 'PRIVATE ANONYMOUS FIXED' })).toBe('ENOMEM');
  });
});

describe('MAP_LOCKED and RLIMIT_MEMLOCK', () => {
  it('MAP_LOCKED fails with EPERM without CAP_IPC_LOCK, once an address is found', () => {
    const mm = newMm();
    expect(mmap(mm, { len: PAGE, ...HOPELESS })).toBe('EPERM');
    expect(mm.stats.searches).toBe(1);
    expect(mmap(mm, { addr: 1n, len: PAGE, flags: 'FIXED LOCKED' })).toBe('EINVAL');
  });

  it('MAP_GROWSDOWN of sparc64 is MAP_LOCKED, so it fails with EPERM', () => {
    expect(mapAnywhere(draw('.', { arch: 'sparc64' }), 1, 'D')).toBe(-EPERM);
  });

  it('after mlockall(MCL_FUTURE) a map over RLIMIT_MEMLOCK fails with EAGAIN, before its type is seen', () => {
    const mm = newMm({ rlimits: { memlock: 3 * 4096 } });
    mm.defFlags = VM_LOCKED;
    expect(mmap(mm, { len: 4n * PAGE, flags: 'ANONYMOUS' })).toBe('EAGAIN');
    expect(mmap(mm, { len: 3n * PAGE })).toBe('40000000');
    expect(mm.lockedVm).toBe(3);
    expect(mmap(mm, { len: 1n })).toBe('EAGAIN');
  });
});

describe('the type', () => {
  it.each(['ANONYMOUS', 'SHARED PRIVATE ANONYMOUS'])('%s is neither shared nor private: EINVAL', (flags) => {
    expect(mmap(newMm(), { len: PAGE, flags })).toBe('EINVAL');
  });

  it('is looked at before the file', () => {
    expect(mmap(newMm(), { len: PAGE, flags: 'FIXED', file: writeOnlyFile })).toBe('EINVAL');
  });
});

describe('a file', () => {
  it('that was opened read only fails with EACCES when mapped shared and writable', () => {
    expect(mmap(newMm(), { len: PAGE, flags: 'SHARED', file: readOnlyFile })).toBe('EACCES');
  });

  it('that was opened read only may be mapped shared for reading: it can never be made writable', () => {
    const mm = draw('.');
    expect(mapAnywhere(mm, 1, 'O')).toBe(0);
    expect(picture(mm)).toBe('O');
  });

  it('that was opened read only may be mapped private and writable', () => {
    expect(mmap(newMm(), { len: PAGE, flags: 'PRIVATE', file: readOnlyFile })).toBe('40000000');
  });

  it.each(['PRIVATE', 'SHARED'])('that was opened write only fails with EACCES when mapped %s', (flags) => {
    expect(mmap(newMm(), { len: PAGE, prot: PROT_READ, flags, file: writeOnlyFile })).toBe('EACCES');
  });

  it('with MAP_GROWSDOWN fails with EINVAL, and what it was charged is given back', () => {
    const mm = newMm();
    expect(mmap(mm, { len: PAGE, flags: 'PRIVATE GROWSDOWN', file: readOnlyFile })).toBe('EINVAL');
    expect([mm.vmas.size, mm.totalVm, mm.vm.committed]).toEqual([0, 0, 0]);
  });
});

describe('old mappings in the place of MAP_FIXED', () => {
  it('stay when a check before them fails', () => {
    const mm = draw('RRR');
    const call = { addr: 0x40001000n, len: PAGE, flags: 'SHARED FIXED', file: readOnlyFile };
    expect(mmap(mm, call)).toBe('EACCES');
    expect(picture(mm)).toBe('RRR');
  });

  it('are gone when RLIMIT_AS refuses', () => {
    const mm = draw('RRR...', { rlimits: { as: 4 * 4096 } });
    expect(map(mm, 2, 3, 'R')).toBe(-ENOMEM);
    expect([picture(mm), mm.totalVm]).toEqual(['RR....', 2]);
  });

  it('are gone when the memory cannot be committed', () => {
    const mm = draw('RRR', { overcommit: 2, ram: 4 * 4096 });
    expect(map(mm, 0, 2, 'A')).toBe(-ENOMEM);
    expect(picture(mm)).toBe('..R');
  });

  it('are gone when a file with MAP_GROWSDOWN is refused', () => {
    const mm = draw('RRR');
    const call = { addr: 0x40001000n, len: PAGE, flags: 'PRIVATE FIXED GROWSDOWN', file: readOnlyFile };
    expect(mmap(mm, call)).toBe('EINVAL');
    expect(picture(mm)).toBe('R.R');
  });

  it('that cannot be split for the map limit fail with ENOMEM; the first split stays', () => {
    const mm = draw('RRR', { maxMapCount: 2 });
    expect(map(mm, 1, 1, 'N')).toBe(-ENOMEM);
    expect(picture(mm)).toBe('R|RR');
  });
});

describe('RLIMIT_AS', () => {
  it('counts every page of the address space; the limit itself is allowed', () => {
    const mm = draw('NN....', { rlimits: { as: 4 * 4096 } });
    expect(mapAnywhere(mm, 2, 'R')).toBe(2);
    expect(mapAnywhere(mm, 1, 'N')).toBe(-ENOMEM);
  });

  it('that is no multiple of the page size is rounded down', () => {
    const mm = draw('..', { rlimits: { as: 2 * 4096 - 1 } });
    expect([mapAnywhere(mm, 2, 'N'), mapAnywhere(mm, 1, 'N')]).toEqual([-ENOMEM, 0]);
  });
});

describe('overcommit', () => {
  const ram = 8 * 4096;

  it('mode 0 refuses one request that is not smaller than free memory, however much is committed', () => {
    const mm = draw('.'.repeat(20), { ram });
    expect([mapAnywhere(mm, 8, 'A'), mapAnywhere(mm, 7, 'A'), mapAnywhere(mm, 7, 'A')]).toEqual([-ENOMEM, 0, 7]);
    expect(mm.vm.committed).toBe(14);
  });

  it('mode 1 refuses nothing', () => {
    expect(mapAnywhere(draw('.', { ram, overcommit: 1 }), 1000, 'A')).toBe(0);
  });

  it('mode 2 keeps all that is committed below half of memory', () => {
    const mm = draw('.....', { ram, overcommit: 2 });
    expect([mapAnywhere(mm, 4, 'A'), mapAnywhere(mm, 3, 'A')]).toEqual([-ENOMEM, 0]);
    expect(mapAnywhere(mm, 1, 'X')).toBe(-ENOMEM);
    expect(mm.vm.committed).toBe(3);
  });

  it.each(['N', 'R', 'T', 'G'])('does not count %s: only private writable memory is charged', (letter) => {
    const mm = draw('....', { overcommit: 2, ram });
    expect(mapAnywhere(mm, 100, letter)).toBe(0);
    expect(mm.vm.committed).toBe(0);
  });

  it('MAP_NORESERVE is not charged and is not accounted', () => {
    const mm = draw('..', { ram });
    expect(mapAnywhere(mm, 2, 'a')).toBe(0);
    expect([picture(mm), mm.vm.committed]).toEqual(['aa', 0]);
  });

  it('mode 2 ignores MAP_NORESERVE', () => {
    const mm = draw('..', { ram, overcommit: 2 });
    expect(mapAnywhere(mm, 2, 'a')).toBe(0);
    expect([picture(mm), mm.vm.committed, mapAnywhere(mm, 2, 'a')]).toEqual(['AA', 2, -ENOMEM]);
  });
});

describe('flags of the area', () => {
  it('MAP_GROWSDOWN sets VM_GROWSDOWN', () => {
    const mm = newMm({ arch: 'ia64' });
    mmap(mm, { len: PAGE, flags: 'PRIVATE ANONYMOUS GROWSDOWN' });
    expect(mm.vmas.vmFlags[mm.vmas.first()]! & (VM_GROWSDOWN | VM_GROWSUP)).toBe(VM_GROWSDOWN);
  });

  it("ia64's MAP_GROWSUP sets nothing: calc_vm_flags() does not know it", () => {
    const mm = newMm({ arch: 'ia64' });
    mmap(mm, { len: PAGE, flags: 'PRIVATE ANONYMOUS GROWSUP' });
    expect(mm.vmas.vmFlags[mm.vmas.first()]! & (VM_GROWSDOWN | VM_GROWSUP)).toBe(0);
  });

  it('a refused mmap leaves no trace', () => {
    const mm = draw('A.A');
    for (const flags of ['SHARED', 'FIXED']) mmap(mm, { len: PAGE, flags, file: readOnlyFile });
    expect([picture(mm), mm.totalVm, mm.vm.committed]).toEqual(['A.A', 2, 2]);
  });
});
