/* Calls as `strace -f` prints them. */

import { describe, expect, it } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { Machine } from '../../src/machine.js';
import { Rig } from './rig.js';

/** A lock that is fought over, a join, a heap, a call that fails, a line of output. */
function* program(libc: Libc): ThreadBody<number> {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  yield* libc.pthread_mutex_lock(mutex);
  const [, thread] = yield* libc.pthread_create(null, function* worker() {
    yield* libc.pthread_mutex_lock(mutex);
    yield* libc.pthread_mutex_unlock(mutex);
    return 5;
  });
  yield* libc.sched_yield();
  yield* libc.pthread_mutex_unlock(mutex);
  const [, value] = yield* libc.pthread_join(thread);
  const heap = yield* libc.malloc(100);
  yield* libc.munmap(heap, 0);
  yield* libc.printf('joined %d, "done"\n', value as number);
  return 3;
}

function straceOf(config: { arch: string; nptl?: string }): string {
  const lines: string[] = [];
  const machine = new Machine({ ...config, strace: (line) => lines.push(line) });
  machine.load(program);
  machine.run();
  return lines.join('\n');
}

const FLAGS =
  'CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|' +
  'CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID|CLONE_DETACHED';

describe('a small program from its first call to its last', () => {
  // Main's struct pthread ends the data page: 0x804a000 - 0x450 + 0x48 is its tid. The stack limit of 8 MiB is a
  // multiple of 64 KiB, hence a page more. The thread's struct pthread ends the block in the same way.
  it('i386, NPTL 2.3.3', () => {
    expect(straceOf({ arch: 'i386' })).toBe(`\
set_tid_address(0x8049bf8) = 1000
rt_sigaction(SIGRTMIN, {sa_sigaction=0x8048010, sa_mask=[], sa_flags=SA_SIGINFO}, NULL, 8) = 0
rt_sigprocmask(SIG_UNBLOCK, [RTMIN], NULL, 8) = 0
ugetrlimit(RLIMIT_STACK, 0x8049000) = 0
mmap2(NULL, 8392704, PROT_READ|PROT_WRITE|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x40000000
mprotect(0x40000000, 4096, PROT_NONE) = 0
[pid  1000] clone(child_stack=0x40800830, flags=${FLAGS}, parent_tid=[1001], tls=0x8049400, child_tidptr=0x40800bf8) = 1001
[pid  1000] sched_yield() = 0
[pid  1001] futex(0x8049410, FUTEX_WAIT, 2, NULL <unfinished ...>
[pid  1000] futex(0x8049410, FUTEX_WAKE, 1) = 1
[pid  1000] futex(0x40800bf8, FUTEX_WAIT, 1001, NULL <unfinished ...>
[pid  1001] <... futex resumed>) = 0
[pid  1001] futex(0x8049410, FUTEX_WAKE, 1) = 0
[pid  1001] exit(0) = ?
[pid  1001] +++ exited with 0 +++
[pid  1000] <... futex resumed>) = 0
[pid  1000] brk(NULL) = 0x804a000
[pid  1000] brk(0x806b000) = 0x806b000
[pid  1000] munmap(0x804a000, 0) = -1 EINVAL (Invalid argument)
[pid  1000] write(1, "joined 5, \\"done\\"\\n", 17) = 17
[pid  1000] exit_group(3) = ?
[pid  1000] +++ exited with 3 +++`);
  });

  // Half of 8 MiB for the two stacks; the guard page is in the middle; r13 points above struct pthread.
  it('ia64, NPTL 2.3.3', () => {
    expect(straceOf({ arch: 'ia64' })).toBe(`\
set_tid_address(0x6000000000003a00) = 1000
rt_sigaction(SIGRTMIN, {sa_sigaction=0x4000000000000010, sa_mask=[], sa_flags=SA_SIGINFO}, NULL, 8) = 0
rt_sigprocmask(SIG_UNBLOCK, [RTMIN], NULL, 8) = 0
getrlimit(RLIMIT_STACK, 0x6000000000000000) = 0
mmap(NULL, 4194304, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x2000000000000000
mprotect(0x20000000001fc000, 16384, PROT_NONE) = 0
[pid  1000] clone2(child_stack=0x2000000000000000, stack_size=0x3fe8b0, flags=${FLAGS}, parent_tid=[1001], child_tidptr=0x20000000003fefd0, tls=0x20000000003ff5d0) = 1001
[pid  1000] sched_yield() = 0
[pid  1001] futex(0x6000000000000410, FUTEX_WAIT, 2, NULL <unfinished ...>
[pid  1000] futex(0x6000000000000410, FUTEX_WAKE, 1) = 1
[pid  1000] futex(0x20000000003fefd0, FUTEX_WAIT, 1001, NULL <unfinished ...>
[pid  1001] <... futex resumed>) = 0
[pid  1001] futex(0x6000000000000410, FUTEX_WAKE, 1) = 0
[pid  1001] exit(0) = ?
[pid  1001] +++ exited with 0 +++
[pid  1000] <... futex resumed>) = 0
[pid  1000] brk(NULL) = 0x6000000000004000
[pid  1000] brk(0x6000000000028000) = 0x6000000000028000
[pid  1000] munmap(0x6000000000004000, 0) = -1 EINVAL (Invalid argument)
[pid  1000] write(1, "joined 5, \\"done\\"\\n", 17) = 17
[pid  1000] exit_group(3) = ?
[pid  1000] +++ exited with 3 +++`);
  });
});

/** The last line that a call leaves. */
function line(rig: Rig, nr: number, ...args: (number | bigint)[]): string {
  rig.trap(nr, ...args);
  return rig.strace.at(-1)!;
}

describe('single calls', () => {
  it('old_mmap shows the words that its argument points to', () => {
    const rig = new Rig('i386');
    [0, 4096, 3, 0x32, -1, 0x2000].forEach((word, i) => {
      rig.poke(rig.data + BigInt(4 * i), word);
    });
    expect(line(rig, 90, rig.data)).toBe(
      'old_mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0x2000) = 0',
    );
    expect(line(rig, 90, 0x50000000)).toBe('old_mmap(0x50000000) = -1 EFAULT (Bad address)');
  });

  it('flags have the names of the machine, and bits without a name are shown in hexadecimal', () => {
    expect(line(new Rig('i386'), 192, 0, 4096, 0, 0x40002122, -1, 0)).toContain(
      'MAP_PRIVATE|MAP_ANONYMOUS|MAP_GROWSDOWN|MAP_LOCKED|0x40000000',
    );
    expect(line(new Rig('ia64'), 1151, 0, 16384, 0, 0x222, -1, 0)).toContain('MAP_PRIVATE|MAP_ANONYMOUS|MAP_GROWSUP');
    expect(line(new Rig('sparc64'), 71, 0, 8192, 0, 0x62, -1, 0)).toContain('MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE');
  });

  it('PROT_NONE and no flags have a name', () => {
    expect(line(new Rig('i386'), 192, 0, 4096, 0, 0, -1, 0)).toBe(
      'mmap2(NULL, 4096, PROT_NONE, 0, -1, 0) = -1 EBADF (Bad file descriptor)',
    );
  });

  it('an errno has the same name on sparc, whose number is another', () => {
    expect(line(new Rig('sparc64'), 352)).toMatch(/^userfaultfd\(.*\) = -1 ENOSYS \(Function not implemented\)$/);
  });

  it('a number without a name is shown as a number', () => {
    expect(line(new Rig('i386'), 999, 1, 2)).toBe('syscall_999(0x1, 0x2, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS (Function not implemented)');
  });

  it('write shows 32 bytes, with escapes, or the address if it cannot read', () => {
    const rig = new Rig('i386');
    for (let i = 0n; i < 10n; i++) rig.poke(rig.data + 4n * i, 0x64636261);
    rig.poke(rig.data, 0x220a0901);
    expect(line(rig, 4, 1, rig.data, 4)).toBe('write(1, "\\1\\t\\n\\"", 4) = 4');
    expect(line(rig, 4, 1, rig.data + 4n, 36)).toBe('write(1, "abcdabcdabcdabcdabcdabcdabcdabcd"..., 36) = 36');
    expect(line(rig, 4, 1, 0x10, 4)).toBe('write(1, 0x10, 4) = -1 EFAULT (Bad address)');
  });

  it('sizes are decimal, unsigned, and 64 bits wide', () => {
    expect(line(new Rig('i386'), 91, 0x40000000, -4096)).toBe('munmap(0x40000000, 4294963200) = -1 EINVAL (Invalid argument)');
    expect(line(new Rig('ia64'), 1152, 0, 2n ** 40n)).toMatch(/^munmap\(NULL, 1099511627776\)/);
  });

  it('futex shows its operation, and a timeout only for WAIT', () => {
    const rig = new Rig('i386');
    expect(line(rig, 240, rig.data, 1, 5)).toBe('futex(0x8049000, FUTEX_WAKE, 5) = 0');
    expect(line(rig, 240, rig.data, 0, 5, rig.data)).toBe(
      'futex(0x8049000, FUTEX_WAIT, 5, {tv_sec=0, tv_nsec=0}) = -1 EAGAIN (Resource temporarily unavailable)',
    );
    expect(line(rig, 240, rig.data, 9, 5)).toBe('futex(0x8049000, FUTEX_WAIT_BITSET, 5, NULL, 0) = -1 EINVAL (Invalid argument)');
    expect(line(rig, 240, rig.data, 99, 5)).toBe('futex(0x8049000, 0x63, 5) = -1 EINVAL (Invalid argument)');
  });

  it('a timed-out wait is resumed with its errno', () => {
    const rig = new Rig('i386');
    rig.poke(rig.data + 64n, 1);
    expect(line(rig, 240, rig.data, 0, 0, rig.data + 64n)).toBe('futex(0x8049000, FUTEX_WAIT, 0, {tv_sec=1, tv_nsec=0} <unfinished ...>');
    rig.kernel.clock.now += 2e9;
    rig.kernel.fireTimers();
    rig.switchTo(rig.runnable()[0]!);
    expect(rig.strace.at(-1)).toBe('<... futex resumed>) = -1 ETIMEDOUT (Connection timed out)');
  });

  it('lines name the task from the second one on', () => {
    const rig = new Rig('i386');
    expect(line(rig, 20)).toBe('getpid() = 1000');
    rig.switchTo(rig.spawn());
    expect(line(rig, 224)).toBe('[pid  1001] gettid() = 1001');
  });
});
