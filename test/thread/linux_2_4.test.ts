/*
 * User space on a kernel without futex: Linux 2.4.20. A program of one thread runs as one that was linked without
 * libpthread; what needs a second thread, or would sleep for one, ends it with a sentence. glibc 2.3.3,
 * sysdeps/unix/sysv/linux/_exit.c, sysdeps/posix/raise.c.
 */
import { describe, expect, it } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { Machine } from '../../src/machine.js';
import { run } from './run.js';

const KERNEL = { kernel: '2.4.20' };
const LACK = 'futex, which Linux 2.4.20 does not have (2.5.7 is the first, and of those here 2.5.45)';

function idle(): number {
  return 0;
}

const machines = [
  { arch: 'i386' }, { arch: 'sparc64' }, { arch: 'sparc64', bits: 32 }, { arch: 'ia64' }, { arch: 'x86_64' },
  { arch: 'x86_64', bits: 32 },
];

describe.each(machines)('$arch $bits', (machine) => {
  const config = { ...machine, ...KERNEL };

  it('starts without a call of NPTL, and ends by exit, as there is no exit_group', () => {
    function* main(libc: Libc): ThreadBody<number> {
      yield* libc.munmap(libc.pageSize, libc.pageSize);
      return 7;
    }
    const { strace, exit } = run(config, main);
    expect(strace[0]).toMatch(/getrlimit\(RLIMIT_STACK/);
    expect(strace.slice(1)).toEqual([
      expect.stringMatching(/^munmap\(.* = 0$/), 'exit_group(7) = -1 ENOSYS (Function not implemented)', 'exit(7) = ?',
      '+++ exited with 7 +++',
    ]);
    expect(exit).toBe(7);
  });

  it('pthread_create ends the program; by force it makes a thread, and that is said', () => {
    function* main(libc: Libc): ThreadBody<number> {
      const [error, thread] = yield* libc.pthread_create(null, idle, null);
      if (error !== 0) return 1;
      yield* libc.pthread_join(thread);
      return 0;
    }
    expect(run(config, main).message).toBe(
      `the program threw in thread 1000 (main): pthread_create needs ${LACK}; --force gives it what NPTL needs`,
    );
    const forced = run({ ...config, force: true }, main);
    expect({ exit: forced.exit, notices: forced.notices }).toEqual({
      exit: 0, notices: [`NPTL needs ${LACK}: --force gives it this and what else NPTL needs`],
    });
  });

  it('locks that are free are taken; one that would sleep ends the program', () => {
    function* main(libc: Libc): ThreadBody<number> {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_mutex_unlock(mutex);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_mutex_lock(mutex);
      return 0;
    }
    expect(run(config, main).message).toContain(`waiting for another thread needs ${LACK}; --force`);
  });

  it('raise is kill of the own pid, and its handler runs', () => {
    let ran = 0;
    function* main(libc: Libc): ThreadBody<number> {
      yield* libc.signal(libc.SIG.SIGUSR1!, () => {
        ran += 1;
      });
      yield* libc.raise(libc.SIG.SIGUSR1!);
      return ran;
    }
    const { exit, strace } = run(config, main);
    expect(exit).toBe(1);
    expect(strace.filter((line) => line.includes('kill('))).toEqual([expect.stringMatching(/\bkill\(1000, SIGUSR1\)/)]);
  });

  it('NPTL 2.36 is refused, or allowed by force', () => {
    expect(() => new Machine({ ...config, nptl: '2.36' })).toThrow(`NPTL 2.36: threads need ${LACK}; --force gives it what NPTL needs`);
    expect(new Machine({ ...config, nptl: '2.36', force: true }).nptlForced).toBe(true);
  });
});

it('only where it changes something is NPTL forced', () => {
  expect(new Machine({ kernel: '2.5.45', force: true }).nptlForced).toBe(false);
  expect(new Machine(KERNEL).nptlForced).toBe(false);
});
