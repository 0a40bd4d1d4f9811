/* The wrappers of system calls, and syscall() for all the rest. */

import { describe, expect, it } from 'vitest';
import type { Addr } from 'guardpage';
import { Long } from '../../src/lib/u64.js';
import { type Config, calls, evaluate, isSparc, machines, run } from './run.js';

describe.each(machines)('$name', ({ config }) => {
  it('mmap, mprotect and munmap return what the kernel said, or -1 with errno', () => {
    const seen = evaluate(config, function* (libc) {
      const { PRIVATE, ANONYMOUS } = libc.MAP;
      const at = yield* libc.mmap(0, 3 * libc.pageSize, libc.PROT_READ | libc.PROT_WRITE, PRIVATE | ANONYMOUS);
      libc.store32(at, 77);
      const results = [
        libc.load32(at),
        yield* libc.mprotect(at, libc.pageSize, libc.PROT_READ),
        yield* libc.munmap(at, libc.pageSize),
      ];
      const failed = yield* libc.munmap(libc.add(at, 1), libc.pageSize);
      return [...results, failed, libc.strerrorname(libc.errno)];
    });
    expect(seen).toEqual([77, 0, 0, -1, 'EINVAL']);
  });

  it('errno has the machine\'s number; strerror and strerrorname know it', () => {
    const seen = evaluate(config, function* (libc) {
      yield* libc.syscall(1999);
      return [libc.errno, libc.E.ENOSYS, libc.strerrorname(libc.errno), libc.strerror(libc.errno)];
    });
    const ENOSYS = isSparc(config) ? 90 : 38;
    expect(seen).toEqual([ENOSYS, ENOSYS, 'ENOSYS', 'Function not implemented']);
  });

  it('a call that is not implemented is named once', () => {
    const ran = run(config, function* (libc) {
      yield* libc.syscall(libc.nr.select!);
      yield* libc.syscall(libc.nr.select!);
    });
    expect(ran.notices).toEqual(['system call select is not implemented: ENOSYS']);
  });

  it('the offset of mmap is in bytes, whatever unit the call has', () => {
    for (const nptl of ['2.3.3', '2.36']) {
      const ran = run({ ...config, nptl }, function* (libc) {
        const { PRIVATE, ANONYMOUS } = libc.MAP;
        yield* libc.mmap(0, libc.pageSize, libc.PROT_READ, PRIVATE | ANONYMOUS, -1, 3 * libc.pageSize);
        yield* libc.printf('%x', 3 * libc.pageSize);
      });
      expect(ran.maps.map((line) => line.split(' ')[2]!.replace(/^0+/, ''))).toContain(ran.stdout);
    }
  });

  it('an offset of mmap that is no multiple of the unit is EINVAL, and null is no hint', () => {
    const seen = evaluate({ ...config, nptl: '2.36' }, function* (libc) {
      const flags = libc.MAP.PRIVATE | libc.MAP.ANONYMOUS;
      const failed = yield* libc.mmap(null, libc.pageSize, libc.PROT_READ, flags, -1, 100);
      return [libc.equal(failed, -1), libc.errno === libc.E['EINVAL'], libc.equal(yield* libc.mmap(null, libc.pageSize, 1, flags), -1)];
    });
    expect(seen).toEqual([true, true, false]);
  });

  it('addresses are compared and subtracted', () => {
    const seen = evaluate(config, function* (libc) {
      const flags = libc.MAP.PRIVATE | libc.MAP.ANONYMOUS;
      const at = yield* libc.mmap(0, 4 * libc.pageSize, libc.PROT_READ, flags);
      const second = libc.add(at, libc.pageSize);
      return [
        libc.equal(at, libc.add(second, -libc.pageSize)), libc.equal(at, second), libc.sub(second, at) / libc.pageSize, libc.sub(at, second) < 0,
      ];
    });
    expect(seen).toEqual([true, false, 1, true]);
  });

  it.each([undefined, Number.NaN, '4096'])('a length of %s is a sentence, and no call', (length) => {
    const ran = run(config, function* (libc) {
      yield* libc.mmap(0, length as number, libc.PROT_READ, libc.MAP.PRIVATE | libc.MAP.ANONYMOUS);
    });
    expect(ran.message).toContain(`argument 2 of a system call is ${length}: a number is needed`);
  });

  it('syscall() that sleeps returns when it is woken', () => {
    const seen = evaluate(config, function* (libc) {
      const word = libc.bss(4);
      const log: string[] = [];
      const [, thread] = yield* libc.pthread_create(null, function* () {
        log.push('waits');
        const result = yield* libc.syscall(libc.nr.futex!, word, 0, 0);
        log.push(`woken ${libc.addressText(result)}`);
      });
      yield* libc.sched_yield();
      libc.store32(word, 1);
      log.push(`wakes ${libc.addressText(yield* libc.syscall(libc.nr.futex!, word, 1, 1))}`);
      yield* libc.pthread_join(thread);
      return log;
    });
    expect(seen).toEqual(['waits', 'wakes 0x1', 'woken 0x0']);
  });

  it('syscall() of a futex with a timeout fails with ETIMEDOUT when the clock has jumped there', () => {
    const seen = evaluate(config, function* (libc) {
      const word = libc.bss(4);
      const timespec = libc.bss(16);
      // Two longs of the kernel: one second.
      if (libc.arch === 'i386') libc.store32(timespec, 1);
      else libc.store64(timespec, Long.UONE);
      const before = Date.now();
      const result = yield* libc.syscall(libc.nr.futex!, word, 0, 0, timespec);
      return [libc.addressText(result), libc.strerrorname(libc.errno), Date.now() - before];
    });
    expect(seen).toEqual([libcAllOnes(config), 'ETIMEDOUT', 1000]);
  });

  it('syscall() of exit ends the thread, of exit_group the process', () => {
    const ran = run(config, function* (libc) {
      yield* libc.pthread_create(null, function* () {
        yield* libc.syscall(libc.nr.exit!, 0);
        yield* libc.printf('not reached');
      });
      yield* libc.sched_yield();
      yield* libc.syscall(libc.nr.exit_group!, 6);
      yield* libc.printf('not reached');
    });
    expect([ran.exit, ran.stdout]).toEqual([6, '']);
  });

  it('write sends guest memory, or a string, and returns the bytes', () => {
    const ran = run(config, function* (libc) {
      const buffer = libc.bss(16);
      [104, 105, 10].forEach((byte, i) => {
        libc.store8(libc.add(buffer, i), byte);
      });
      const counts = [yield* libc.write(1, buffer, 3), yield* libc.write(2, 'to stderr\n'), yield* libc.write(9, 'x')];
      yield* libc.printf('%d %d %d %s', ...counts, libc.strerrorname(libc.errno));
    });
    expect([ran.stdout, ran.stderr]).toEqual(['hi\n3 10 -1 EBADF', 'to stderr\n']);
  });
});

/** -1 as an address of the machine. */
function libcAllOnes({ arch, bits }: Config): string {
  const narrow = arch === 'i386' || bits === 32;
  return narrow ? '0xffffffff' : '0xffffffffffffffff';
}

describe('addresses', () => {
  it('are numbers on 32-bit tasks and unsigned Longs on 64-bit ones', () => {
    const kinds = machines.map(({ config }) => evaluate(config, function* (libc) {
      const heap: Addr = yield* libc.malloc(8);
      return typeof heap === 'number' ? 'number' : heap.unsigned && 'Long';
    }));
    expect(kinds).toEqual(['number', 'Long', 'number', 'Long']);
  });

  it('add carries into the upper half', () => {
    const text = evaluate({ arch: 'ia64' }, function* (libc) {
      yield* libc.sched_yield();
      return libc.addressText(libc.add(new Long(-16, 0x20000000, true), 32));
    });
    expect(text).toBe('0x2000000100000010');
  });
});

describe('set_tid_address at start-up', () => {
  it('is the first call on every machine; then SIGCANCEL gets its handler, and getrlimit says what a stack is', () => {
    for (const { config } of machines) {
      const ran = run(config, () => 0);
      expect(calls(ran, /./).map((line) => line.split('(')[0])).toEqual([
        'set_tid_address', 'rt_sigaction', 'rt_sigprocmask', config.arch === 'i386' ? 'ugetrlimit' : 'getrlimit', 'exit_group', '+++ exited with 0 +++',
      ]);
    }
  });
});

describe('errno', () => {
  it('is each thread\'s own', () => {
    const seen = evaluate({}, function* (libc) {
      const [, thread] = yield* libc.pthread_create(null, function* () {
        const fresh = libc.errno;
        yield* libc.munmap(1, 1);
        yield* libc.sched_yield();
        return [fresh, libc.strerrorname(libc.errno)];
      });
      yield* libc.syscall(1999);
      yield* libc.sched_yield();
      const mine = libc.strerrorname(libc.errno);
      return [mine, (yield* libc.pthread_join(thread))[1]];
    });
    expect(seen).toEqual(['ENOSYS', [0, 'EINVAL']]);
  });

  it('is 0 in a new thread whose stack and slot another one had', () => {
    const seen = evaluate({}, function* (libc) {
      const values: number[] = [];
      for (let i = 0; i < 2; i++) {
        const [, thread] = yield* libc.pthread_create(null, function* () {
          values.push(libc.errno);
          yield* libc.syscall(1999);
        });
        yield* libc.pthread_join(thread);
      }
      return values;
    });
    expect(seen).toEqual([0, 0]);
  });
});

describe('a raw futex call that nobody ends', () => {
  it('is a deadlock on a futex, whatever the thread waited for before', () => {
    const ran = run({}, function* main(libc) {
      const [, thread] = yield* libc.pthread_create(null, () => {});
      yield* libc.pthread_join(thread);
      yield* libc.syscall(libc.nr.futex!, libc.bss(4), 0, 0);
    });
    expect(ran.deadlock).toEqual([{ tid: 1000, name: 'main', waitsOn: 'futex', ownedBy: null }]);
  });
});
