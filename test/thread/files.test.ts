/* Files, memory calls and limits as programs use them, on every machine. */

import { describe, expect, it } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { Machine, type MachineConfig } from '../../src/machine.js';

const CONFIGS: readonly MachineConfig[] = [
  { arch: 'i386' }, { arch: 'i386', nptl: '2.36' }, { arch: 'sparc64' }, { arch: 'sparc64', bits: 32 }, { arch: 'ia64' },
  { arch: 'x86_64', kernel: '6.18' },
];

function run(config: MachineConfig, main: (libc: Libc) => ThreadBody<unknown>): unknown {
  let value: unknown;
  const machine = new Machine({ ...config, files: { '/data/f': 'hello, world', ...config.files } });
  machine.load(function* program(libc: Libc) {
    value = yield* main(libc);
    return 0;
  });
  const result = machine.run();
  if (result.message !== null) throw new Error(result.message);
  return value;
}

/** `count` bytes of guest memory as text. */
function text(libc: Libc, at: number | import('guardpage').Addr, count: number): string {
  return String.fromCharCode(...Array.from({ length: count }, (_, i) => libc.load8(libc.add(at, i))));
}

describe.each(CONFIGS.map((config) => [JSON.stringify(config), config] as const))('%s', (_name, config) => {
  it('open, read, lseek, fstat, ftruncate, and a shared map of the file', () => {
    const got = run(config, function* main(libc) {
      const fd = yield* libc.open('/data/f', libc.O.RDWR);
      const buffer = yield* libc.malloc(100);
      const first = yield* libc.read(fd, buffer, 5);
      const seen = [text(libc, buffer, 5), yield* libc.lseek(fd, -5, libc.SEEK_END), yield* libc.lseek(fd, 2 ** 33, libc.SEEK_SET)];
      const [, before] = yield* libc.fstat(fd);
      yield* libc.ftruncate(fd, 20);
      const map = yield* libc.mmap(0, libc.pageSize, libc.PROT_READ | libc.PROT_WRITE, libc.MAP.SHARED, fd);
      libc.store8(map, 'J'.charCodeAt(0));
      const synced = yield* libc.msync(map, libc.pageSize, libc.MS.SYNC);
      const again = yield* libc.pread(fd, buffer, 5, 0);
      const [, after] = yield* libc.fstat(fd);
      return [fd, first, ...seen, before?.size, synced, again, text(libc, buffer, 5), after?.size, yield* libc.close(fd), yield* libc.close(fd), libc.errno];
    });
    expect(got).toEqual([3, 5, 'hello', 7, 2 ** 33, 12, 0, 5, 'Jello', 20, 0, -1, 9]);
  });

  it('errors set errno: ENOENT, EACCES of a machine\'s own numbering', () => {
    const got = run(config, function* main(libc) {
      const results = [yield* libc.open('/nowhere', libc.O.RDONLY), libc.errno === libc.E.ENOENT];
      const long = yield* libc.open(`/${'x'.repeat(300)}`, 0);
      return [...results, long, libc.errno === libc.E.ENAMETOOLONG];
    });
    expect(got).toEqual([-1, true, -1, true]);
  });

  it('mremap, madvise, mlock and mincore work on a map', () => {
    const got = run({ ...config, files: {} }, function* main(libc) {
      const page = libc.pageSize;
      const map = yield* libc.mmap(0, 2 * page, libc.PROT_READ | libc.PROT_WRITE, libc.MAP.SHARED | libc.MAP.ANONYMOUS);
      libc.store32(map, 42);
      const vec = yield* libc.malloc(8);
      const [, pages] = yield* libc.mincore(map, 2 * page, vec);
      const grown = yield* libc.mremap(map, 2 * page, page, libc.MREMAP.MAYMOVE);
      const advised = yield* libc.madvise(grown, page, libc.MADV.NORMAL!);
      return [pages, libc.load32(grown), advised, yield* libc.munlock(grown, page)];
    });
    expect(got).toEqual([[1, 0], 42, 0, 0]);
  });

  it('sbrk and brk move the end of the heap; limits stop them with ENOMEM', () => {
    const got = run(config, function* main(libc) {
      const start = yield* libc.sbrk(0);
      const old = yield* libc.sbrk(3 * libc.pageSize);
      const same = libc.addressText(start) === libc.addressText(old);
      const back = yield* libc.brk(start);
      const [, stack] = yield* libc.getrlimit(libc.RLIMIT.STACK);
      const set = yield* libc.setrlimit(libc.RLIMIT.AS, { soft: 1, hard: libc.RLIM_INFINITY });
      const refused = yield* libc.sbrk(libc.pageSize);
      return [same, back, stack?.soft, stack?.hard, set, Number(refused), libc.errno];
    });
    expect(got).toEqual([true, 0, 8 * 2 ** 20, Number.POSITIVE_INFINITY, 0, -1, 12]);
  });
});

describe('a machine that is used again', () => {
  it('has its files and limits as they were', () => {
    const machine = new Machine({ files: { '/f': 'abc' } });
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      machine.load(function* main(libc: Libc) {
        const fd = yield* libc.open('/f', libc.O.RDWR);
        const buffer = yield* libc.malloc(10);
        yield* libc.read(fd, buffer, 10);
        const [, limit] = yield* libc.getrlimit(libc.RLIMIT.AS);
        seen.push(text(libc, buffer, 3), limit?.soft);
        yield* libc.pwrite(fd, buffer, 1, 1);
        yield* libc.setrlimit(libc.RLIMIT.AS, { soft: 10, hard: 10 });
        return 0;
      });
      machine.run();
    }
    expect(seen).toEqual(['abc', Number.POSITIVE_INFINITY, 'abc', Number.POSITIVE_INFINITY]);
  });
});
