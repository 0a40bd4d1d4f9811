/*
 * What the host's kernel did with a file (fixtures/files_6.18.txt, made by files.c), step by step on emulated machines
 * of the same release.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Addr, Call, Libc, ThreadBody } from 'guardpage';
import { Machine, type MachineConfig } from '../../src/machine.js';
import { FAULT, load8, store8 } from '../../src/mm/uaccess.js';

const PAGE = 4096;
const PATH = '/tmp/f';

const recorded = readFileSync(new URL('fixtures/files_6.18.txt', import.meta.url), 'utf8')
  .split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** The steps of files.c. */
function* steps(libc: Libc, machine: Machine, lines: string[]): ThreadBody<number> {
  const buffer = yield* libc.malloc(64);
  const vector = yield* libc.malloc(32);
  const nowhere = 16;
  const show = (name: string, value: Addr | string) => {
    lines.push(`${name} ${Number(value) === -1 ? libc.strerrorname(libc.errno) : Number(value)}`);
  };
  function* call(name: string, asked: Call<Addr>): Generator<unknown, number> {
    const value = Number(yield* asked);
    show(name, value);
    return value;
  }
  const halves = (at: Addr): [number, number] =>
    typeof at === 'number' ? [Math.floor(at / 2 ** 32), at | 0] : [at.high, at.low];
  const look = (name: string, at: Addr) => {
    const byte = load8(machine.mm, ...halves(at));
    lines.push(`${name} ${byte === FAULT ? machine.mm.pageTable.lastFault : byte}`);
  };
  const poke = (name: string, at: Addr, byte: number) => {
    lines.push(`${name} ${store8(machine.mm, ...halves(at), byte) < 0 ? machine.mm.pageTable.lastFault : 0}`);
  };
  const put = (text: string) => {
    for (let i = 0; i < text.length; i++) libc.store8(libc.add(buffer, i), text.charCodeAt(i));
    return text.length;
  };
  function* write(fd: number, text: string): Generator<unknown, number> {
    return yield* libc.write(fd, buffer, put(text));
  }
  const { O, MAP, PROT_READ: R, PROT_WRITE: W } = libc;
  function* map(name: string, length: number, prot: number, flags: number, fd: number, bytes = 0): Generator<unknown, Addr> {
    const at = yield* libc.mmap(0, length, prot, flags, fd, bytes / PAGE);
    show(name, Number(at) === -1 ? -1 : 0);
    return at;
  }

  const fd = yield* libc.open(PATH, O.RDWR | O.CREAT | O.TRUNC);
  yield* call('write', libc.write(fd, buffer, put('hello, world')));
  yield* call('seek-set', libc.lseek(fd, 7, 0));
  yield* call('seek-before', libc.lseek(fd, -8, 1));
  yield* call('seek-whence', libc.lseek(fd, 0, 9));
  yield* call('seek-end', libc.lseek(fd, 5, 2));
  yield* call('read-at-end', libc.read(fd, buffer, 5));
  yield* call('seek-cur', libc.lseek(fd, 0, 1));
  yield* call('pread', libc.pread(fd, buffer, 5, 7));
  lines.push(`pread-text ${String.fromCharCode(...[0, 1, 2, 3, 4].map((i) => libc.load8(libc.add(buffer, i))))}`);
  yield* call('pread-negative', libc.pread(fd, buffer, 5, -1));
  yield* call('pread-beyond', libc.pread(fd, buffer, 5, 100));
  yield* libc.lseek(fd, 0, 0);
  yield* call('dup', libc.dup(fd));
  yield* call('read-dup', libc.read(4, buffer, 3));
  yield* call('position-shared', libc.lseek(fd, 0, 1));
  yield* call('dup2-same', libc.dup2(fd, fd));
  yield* call('dup2-bad', libc.dup2(99, 5));
  yield* call('dup3-same', libc.syscall(libc.nr.dup3!, fd, fd, 0));
  yield* call('close', libc.close(4));
  yield* call('close-again', libc.close(4));
  yield* call('read-closed', libc.read(4, buffer, 1));
  const ro = yield* call('lowest', libc.open(PATH, O.RDONLY));
  const wo = yield* libc.open(PATH, O.WRONLY | O.APPEND);
  yield* call('write-readonly', libc.write(ro, buffer, 1));
  yield* call('read-writeonly', libc.read(wo, buffer, 1));
  show('append', yield* write(wo, '!'));
  yield* call('append-position', libc.lseek(wo, 0, 1));
  put('?');
  yield* call('pwrite-append', libc.pwrite(wo, buffer, 1, 0));
  show('size', (yield* libc.fstat(fd))[1]!.size);
  yield* call('truncate-readonly', libc.ftruncate(ro, 1));
  yield* call('truncate-negative', libc.ftruncate(fd, -1));
  yield* call('read-fault', libc.read(ro, nowhere, 5));
  yield* call('read-zero-fault', libc.read(ro, nowhere, 0));
  yield* libc.lseek(ro, 0, 0);
  const word = libc.sizeof.long;
  [buffer, 3, libc.add(buffer, 10), 20].forEach((value, i) => {
    const [hi, lo] = halves(value);
    libc.store32(libc.add(vector, i * word), lo);
    if (word === 8) libc.store32(libc.add(vector, i * word + 4), hi);
  });
  yield* call('readv', libc.syscall(libc.nr.readv!, ro, vector, 2));
  yield* call('readv-none', libc.syscall(libc.nr.readv!, ro, vector, 0));
  yield* call('readv-many', libc.syscall(libc.nr.readv!, ro, vector, 1025));
  yield* call('open-dir-write', libc.open('/tmp', O.RDWR));
  yield* call('open-through-file', libc.open('/dev/null/x', O.RDONLY));
  yield* call('open-nowhere', libc.open('/nowhere/x', O.RDONLY));
  yield* call('open-exclusive', libc.open(PATH, O.RDWR | O.CREAT | O.EXCL));
  yield* call('open-directory', libc.open(PATH, O.RDONLY | O.DIRECTORY));
  yield* call('open-empty', libc.open('', O.RDONLY));

  yield* libc.ftruncate(fd, 2 * PAGE + 100);
  const shared = yield* map('map-shared', 4 * PAGE, R | W, MAP.SHARED, fd);
  const own = yield* map('map-private', 4 * PAGE, R | W, MAP.PRIVATE, ro);
  yield* map('map-shared-readonly', PAGE, R | W, MAP.SHARED, ro);
  yield* map('map-writeonly', PAGE, R, MAP.PRIVATE, wo);
  yield* map('map-writeonly-shared', PAGE, W, MAP.SHARED, wo);
  const readOnly = yield* map('map-shared-read', PAGE, R, MAP.SHARED, ro);
  yield* call('protect-readonly', libc.mprotect(readOnly, PAGE, R | W));
  poke('poke-read', readOnly, 1);
  yield* map('map-neither', PAGE, R, 0, fd);
  // glibc refuses an offset that its mmap2 cannot count; the call itself would not see it.
  if (word === 8) yield* map('map-unaligned', PAGE, R, MAP.SHARED, fd, 100);
  else lines.push('map-unaligned EINVAL');
  yield* map('map-empty', 0, R, MAP.SHARED, fd);
  yield* map('map-growsdown', PAGE, R, MAP.PRIVATE | MAP.GROWSDOWN, fd);
  yield* map('map-bad-fd', PAGE, R, MAP.PRIVATE, 99);
  look('look-first', shared);
  look('look-tail', libc.add(shared, 2 * PAGE + 200));
  look('look-beyond', libc.add(shared, 3 * PAGE));
  poke('poke-beyond', libc.add(own, 3 * PAGE), 1);
  poke('poke-shared', shared, 'J'.charCodeAt(0));
  look('private-sees', own);
  poke('poke-private', own, 'P'.charCodeAt(0));
  look('shared-keeps', shared);
  yield* libc.pread(fd, buffer, 1, 0);
  show('read-sees', libc.load8(buffer));
  put('W');
  yield* libc.pwrite(fd, buffer, 1, 0);
  look('map-sees-write', shared);
  look('private-keeps', own);
  poke('poke-tail', libc.add(shared, 2 * PAGE + 200), 7);
  show('size-kept', (yield* libc.fstat(fd))[1]!.size);
  yield* call('msync', libc.msync(shared, 4 * PAGE, libc.MS.SYNC));
  yield* call('msync-both', libc.msync(shared, PAGE, libc.MS.SYNC | libc.MS.ASYNC));
  poke('poke-page-1', libc.add(shared, PAGE), 'A'.charCodeAt(0));
  poke('poke-private-1', libc.add(own, PAGE), 'B'.charCodeAt(0));
  yield* call('shrink', libc.ftruncate(fd, 100));
  look('shrunk-shared', libc.add(shared, PAGE));
  look('shrunk-private', libc.add(own, PAGE));
  look('shrunk-private-0', own);
  look('shrunk-tail', libc.add(shared, 200));
  yield* call('grow', libc.ftruncate(fd, 2 * PAGE));
  look('grown-shared', libc.add(shared, PAGE));
  look('grown-private', libc.add(own, PAGE));
  look('grown-beyond', libc.add(shared, 2 * PAGE));
  yield* call('close-mapped', libc.close(fd));
  poke('poke-closed', shared, 'Z'.charCodeAt(0));
  yield* call('unmap', libc.munmap(shared, 4 * PAGE));
  look('unmapped', shared);
  yield* libc.pread(ro, buffer, 1, 0);
  show('read-after-unmap', libc.load8(buffer));

  const zero = yield* libc.open('/dev/zero', O.RDWR);
  const nothing = yield* libc.open('/dev/null', O.RDWR);
  yield* call('zero-read', libc.read(zero, buffer, 8));
  show('zero-byte', libc.load8(libc.add(buffer, 3)));
  yield* call('zero-seek', libc.lseek(zero, 5, 0));
  yield* call('null-read', libc.read(nothing, buffer, 8));
  yield* call('null-write', libc.write(nothing, buffer, 8));
  yield* map('map-null', PAGE, R, MAP.PRIVATE, nothing);
  poke('poke-zero', yield* map('map-zero', PAGE, R | W, MAP.PRIVATE, zero), 5);
  look('look-zero', yield* map('map-zero-shared', PAGE, R | W, MAP.SHARED, zero));
  yield* call('truncate-device', libc.ftruncate(nothing, 0));
  return 0;
}

const CONFIGS: readonly MachineConfig[] = [{ arch: 'x86_64' }, { arch: 'x86_64', bits: 32 }, { arch: 'i386' }];

describe.each(CONFIGS.map((config) => [JSON.stringify(config), config] as const))('%s under 6.18', (_name, config) => {
  it(`does all ${recorded.length} steps as the host's kernel did`, () => {
    const lines: string[] = [];
    const machine = new Machine({ ...config, kernel: '6.18', files: { [PATH]: '' } });
    machine.load((libc: Libc) => steps(libc, machine, lines));
    const { message } = machine.run();
    expect(message).toBe(null);
    expect(lines).toEqual(recorded);
    machine.mm.check();
  });
});
