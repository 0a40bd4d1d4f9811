/* Granted files in memory: private and shared maps, what reaches the file and when, and what is beyond its end. */

import { describe, expect, it } from 'vitest';
import { errnoName } from '../../src/arch/generic/errno.js';
import { dupMmap } from '../../src/mm/dup_mmap.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { store8 } from '../../src/mm/uaccess.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { FilesRig, RDONLY, RDWR, WRONLY } from './files_rig.js';

const R = 1;
const RW = 3;
const SHARED = 1;
const PRIVATE = 2;
const machines = ['i386', 'sparc64', 'sparc64 32-bit', 'ia64'] as const;

/** A file of two pages and a half: "page 0 ", "page 1 ", "page 2 " over and over. */
function rigOf(name: string, kernel?: string): FilesRig {
  const { pageSize } = new FilesRig(name).target;
  const page = (i: number, bytes: number) => `page ${i} `.repeat(pageSize).slice(0, bytes);
  const text = page(0, pageSize) + page(1, pageSize) + page(2, pageSize / 2);
  return new FilesRig(name, { '/data/f': text, '/data/g.ro': text }, kernel === undefined ? {} : { kernel });
}

function pageOf(rig: FilesRig): bigint {
  return BigInt(rig.target.pageSize);
}

/** mmap(2) by byte offset: the address, or the errno. */
function map(rig: FilesRig, fd: number, npages: number, prot: number, flags: number, pgoff = 0): bigint | string {
  const { pageSize, nr } = rig.target;
  const call = nr.mmap2 !== undefined && rig.target.arch === 'i386' ? 'mmap2' : 'mmap';
  const offset = call === 'mmap2' ? pgoff : pgoff * pageSize;
  const result = rig.call(call, 0, npages * pageSize, prot, flags, fd, offset);
  if (typeof result === 'string') return result;
  const { regs, target } = rig.kernel;
  const n = 2 * target.trap.result;
  return (BigInt(target.bits === 32 ? 0 : regs[n + 1]! >>> 0) << 32n) | BigInt(regs[n]! >>> 0);
}

/** Bytes at an address, or why they cannot be read. */
function look(rig: FilesRig, address: bigint, count = 7): string {
  const word = rig.peek(address & ~3n);
  return word === 2 ** 40 ? rig.mm.pageTable.lastFault : rig.text(address, count);
}

describe.each(machines)('%s', (name) => {
  it('a private map shows the file, and what is written there is not the file\'s', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDONLY);
    const at = map(rig, 3, 2, RW, PRIVATE, 1) as bigint;
    expect([look(rig, at), look(rig, at + pageOf(rig))]).toEqual(['page 1 ', 'page 2 ']);
    rig.put(at, 'mine');
    expect([look(rig, at, 8), rig.contents('/data/f').slice(0, 6)]).toEqual(['mine 1 p', 'page 0']);
    rig.kernel.fs.sync();
    expect(rig.contents('/data/f')).not.toContain('mine');
    rig.mm.check();
  });

  it('a shared map changes the file: at once for read(2), outside with msync, munmap or the end', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDWR);
    const [at, page] = [map(rig, 3, 3, RW, SHARED) as bigint, pageOf(rig)];
    rig.put(at, 'one');
    expect([rig.read(3, 8), rig.contents('/data/f').slice(0, 8)]).toEqual(['onee 0 p', 'page 0 p']);
    expect(rig.call('msync', at, page, 4)).toBe(0);
    expect(rig.contents('/data/f').slice(0, 8)).toBe('onee 0 p');
    rig.put(at + page, 'two');
    expect(rig.call('munmap', at, 3n * page)).toBe(0);
    expect(rig.contents('/data/f').slice(Number(page), Number(page) + 4)).toBe('twoe');
    const again = map(rig, 3, 1, RW, SHARED, 2) as bigint;
    rig.put(again, 'three');
    rig.kernel.fs.sync();
    expect(rig.contents('/data/f').slice(2 * Number(page), 2 * Number(page) + 6)).toBe('three2');
    expect(rig.contents('/data/f').length).toBe(2.5 * Number(page));
    rig.mm.check();
  });

  it('a page that was only read, then written after msync, reaches the file too', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDWR);
    const at = map(rig, 3, 1, RW, SHARED) as bigint;
    expect(look(rig, at)).toBe('page 0 ');
    rig.call('msync', at, pageOf(rig), 4);
    rig.put(at, 'late');
    rig.call('msync', at, pageOf(rig), 4);
    rig.put(at, 'last');
    rig.call('munmap', at, pageOf(rig));
    expect(rig.contents('/data/f').slice(0, 6)).toBe('last 0');
  });

  it('write(2) shows in every map but where a private copy was made', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDWR);
    const [shared, copied, untouched] = [SHARED, PRIVATE, PRIVATE].map((flags) => map(rig, 3, 1, RW, flags) as bigint);
    rig.put(copied!, 'copy');
    expect(look(rig, untouched!)).toBe('page 0 ');
    rig.write(3, 'news');
    expect([shared, copied, untouched].map((at) => look(rig, at!, 4))).toEqual(['news', 'copy', 'news']);
  });

  it('the page that the file ends in reads as zeroes behind it, the next one raises SIGBUS', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDWR);
    const [at, page] = [map(rig, 3, 4, RW, SHARED) as bigint, pageOf(rig)];
    expect(look(rig, at + 2n * page + page / 2n, 3)).toBe('\0\0\0');
    expect(look(rig, at + 3n * page)).toBe('SIGBUS');
    rig.put(at + 2n * page + page / 2n, 'lost');
    rig.call('munmap', at, 4n * page);
    expect(rig.contents('/data/f').length).toBe(2.5 * Number(page));
  });

  it('ftruncate takes pages from maps, private copies too, and gives new ones', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDWR);
    const page = pageOf(rig);
    const [shared, copy] = [map(rig, 3, 3, RW, SHARED) as bigint, map(rig, 3, 3, RW, PRIVATE) as bigint];
    for (const at of [shared, copy]) rig.put(at + page, 'gone');
    rig.call('ftruncate', 3, page / 2n);
    expect([shared, copy].map((at) => look(rig, at + page, 4))).toEqual(['SIGBUS', 'SIGBUS']);
    expect([look(rig, shared), look(rig, shared + page / 2n, 3)]).toEqual(['page 0 ', '\0\0\0']);
    rig.call('ftruncate', 3, 2n * page);
    expect([shared, copy].map((at) => look(rig, at + page, 4))).toEqual(['\0\0\0\0', '\0\0\0\0']);
    expect(look(rig, shared + 2n * page)).toBe('SIGBUS');
    rig.mm.check();
  });

  it('rights of the descriptor: EACCES for what it does not allow, now or by mprotect', () => {
    const rig = rigOf(name);
    expect([RDONLY, WRONLY].map((access) => rig.open('/data/f', access))).toEqual([3, 4]);
    expect([map(rig, 3, 1, RW, SHARED), map(rig, 4, 1, RW, SHARED), map(rig, 4, 1, R, PRIVATE)])
      .toEqual(['EACCES', 'EACCES', 'EACCES']);
    const at = map(rig, 3, 1, R, SHARED) as bigint;
    expect(rig.call('mprotect', at, pageOf(rig), RW)).toBe('EACCES');
    const own = map(rig, 3, 1, R, PRIVATE) as bigint;
    expect(rig.call('mprotect', own, pageOf(rig), RW)).toBe(0);
  });

  it('terminals, /dev/null and directories cannot be mapped: ENODEV', () => {
    const rig = rigOf(name);
    rig.open('/dev/null', RDWR);
    rig.open('/data');
    expect([1, 3, 4].map((fd) => map(rig, fd, 1, R, PRIVATE))).toEqual(['ENODEV', 'ENODEV', 'ENODEV']);
  });

  it('a map outlives the descriptor', () => {
    const rig = rigOf(name);
    rig.open('/data/f', RDWR);
    const at = map(rig, 3, 1, RW, SHARED) as bigint;
    rig.call('close', 3);
    rig.put(at, 'still');
    rig.call('munmap', at, pageOf(rig));
    expect(rig.contents('/data/f').slice(0, 7)).toBe('still0 ');
  });
});

describe('fork', () => {
  it('parent and child share a shared map, copy a private one, and the last of them gives the file its pages', () => {
    const rig = rigOf('i386');
    rig.open('/data/f', RDWR);
    const [shared, own] = [SHARED, PRIVATE].map((flags) => map(rig, 3, 2, RW, flags) as bigint) as [bigint, bigint];
    rig.put(own, 'mine');
    const child = makeMm(rig.target, rig.mm.vm, rig.kernel.memory, { ...rig.mm.rlimits });
    expect(dupMmap(rig.mm, child)).toBe(0);
    for (const at of [shared, own]) store8(child, 0, Number(at), 'C'.charCodeAt(0));
    expect([look(rig, shared, 4), look(rig, own, 4)]).toEqual(['Cage', 'mine']);
    for (const at of [shared, own]) rig.call('munmap', at, 8192);
    store8(child, 0, Number(shared) + 1, 'H'.charCodeAt(0));
    expect(rig.contents('/data/f').slice(0, 4)).toBe('page');
    child.check();
    child.clear();
    expect(rig.contents('/data/f').slice(0, 4)).toBe('CHge');
    rig.mm.check();
  });
});

describe('/dev/zero', () => {
  it('mapped privately is zeroes that can be written, and shared it is shared memory', () => {
    const rig = rigOf('i386');
    rig.open('/dev/zero', RDWR);
    const [own, shared] = [map(rig, 3, 1, RW, PRIVATE) as bigint, map(rig, 3, 1, RW, SHARED) as bigint];
    for (const at of [own, shared]) {
      expect(look(rig, at, 2)).toBe('\0\0');
      rig.put(at, 'ab');
      expect(look(rig, at, 2)).toBe('ab');
    }
    expect(rig.maps().slice(-3, -1)).toEqual([
      '40000000-40001000 rw-p 00000000 03:01 1005       /dev/zero',
      '40001000-40002000 rw-s 00000000 00:00 1          /dev/zero (deleted)',
    ]);
  });
});

describe('maps', () => {
  it('show path, device, inode and offset; areas of one open file merge where the release merges files', () => {
    const lines = (kernel: string) => {
      const rig = rigOf('i386', kernel);
      rig.open('/data/f', RDONLY);
      const at = map(rig, 3, 1, R, PRIVATE | 0x20) as bigint;
      rig.call('munmap', at, 4096);
      for (const pgoff of [1, 2]) rig.call('mmap2', 0x60000000 + pgoff * 4096, 4096, R, PRIVATE | 0x10, 3, pgoff);
      rig.open('/data/f', RDONLY);
      rig.call('mmap2', 0x60003000, 4096, R, PRIVATE | 0x10, 4, 3);
      return rig.maps().filter((line) => line.includes('/data/f'));
    };
    expect(lines('2.5.46')).toEqual([
      '60001000-60002000 r--p 00001000 03:01 4712       /data/f',
      '60002000-60003000 r--p 00002000 03:01 4712       /data/f',
      '60003000-60004000 r--p 00003000 03:01 4712       /data/f',
    ]);
    expect(lines('6.1')).toEqual([
      '60001000-60003000 r--p 00001000 03:01 4712       /data/f',
      '60003000-60004000 r--p 00003000 03:01 4712       /data/f',
    ]);
  });
});

describe('memory', () => {
  it('a file\'s pages are given back with its last map', () => {
    const rig = rigOf('i386');
    const before = rig.kernel.memory.pages;
    rig.open('/data/f', RDWR);
    const at = map(rig, 3, 3, RW, SHARED) as bigint;
    for (const i of [0n, 1n, 2n]) rig.put(at + i * 4096n, 'x');
    expect(rig.kernel.memory.pages).toBe(before + 4);
    expect(errnoName(-doMunmap(rig.mm, Number(at / 4096n), 0, 3, 0))).toBe('errno 0');
    expect(rig.kernel.memory.pages).toBe(before + 1);
  });
});
