/** Logs: what is a memory call, whose it is, and what cannot be read. */
import { describe, expect, it } from 'vitest';
import { readStraceLog, StraceLogError } from '../../src/trace/strace_log.js';

/** "line name" of every call that is kept. */
function kept(...lines: string[]): string[] {
  return readStraceLog(lines.join('\n')).calls.map(({ line, name }) => `${line} ${name}`);
}

const CLONE = 'clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, exit_signal=0}, 88)';

describe('the calls of a log', () => {
  it('memory calls and those on descriptors are kept, other lines counted, blank ones not even that', () => {
    const log = readStraceLog([
      'execve("/bin/true", ["true"], 0x7ffd /* 1 var */) = 0',
      'brk(NULL) = 0x1000',
      '',
      'read(3, "\\177ELF", 832) = 832',
      'openat(AT_FDCWD, "/lib/libc.so.6", O_RDONLY|O_CLOEXEC) = 3',
      '--- SIGCHLD {si_signo=SIGCHLD} ---',
      'munmap(0x1000, 4096) = 0',
      '+++ exited with 0 +++',
    ].join('\r\n'));
    expect(log.calls.map(({ name }) => name)).toEqual(['brk', 'openat', 'munmap']);
    expect(log).toMatchObject({ memoryCalls: 2, skipped: 4, execLine: null });
  });

  it('a call in two halves has the line of its result', () => {
    expect(kept(
      '[pid 10] mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>',
      '[pid 10] <... mmap resumed>) = 0x7f00',
    )).toEqual(['2 mmap']);
  });

  it('the second half of a call that began before the log is skipped', () => {
    expect(readStraceLog('<... mmap resumed>) = 0x7f00\nbrk(NULL) = 0x1\n')).toMatchObject({ memoryCalls: 1, skipped: 1 });
  });

  it('threads are part of the process, forked children are not', () => {
    expect(kept(
      '10 brk(NULL) = 0x1',
      `10 ${CLONE} = 11`,
      '11 munmap(0x1000, 4096) = 0',
      '10 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD) = 12',
      '12 munmap(0x2000, 4096) = 0',
      '10 fork() = 13',
      '13 munmap(0x3000, 4096) = 0',
      '10 munmap(0x4000, 4096) = 0',
    )).toEqual(['1 brk', '3 munmap', '8 munmap']);
  });

  it('a child may show lines before its clone returns', () => {
    expect(kept(
      '10 brk(NULL) = 0x1',
      `10 ${CLONE.slice(0, -1)} <unfinished ...>`,
      '11 munmap(0x1000, 4096) = 0',
      '10 <... clone3 resumed>) = 11',
      '11 munmap(0x2000, 4096) = 0',
      '10 fork( <unfinished ...>',
      '12 munmap(0x3000, 4096) = 0',
      '10 <... fork resumed>) = 12',
    )).toEqual(['1 brk', '3 munmap', '5 munmap']);
  });

  it('on a terminal the process has a pid only while there is a second task', () => {
    expect(kept(
      'brk(NULL) = 0x1',
      `${CLONE.slice(0, -4)}strace: Process 11 attached`,
      ' => {parent_tid=[11]}, 88) = 11',
      '[pid    11] munmap(0x1000, 4096) = 0',
      '[pid    10] mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>',
      '[pid    11] +++ exited with 0 +++',
      '<... mmap resumed>) = 0x7f00',
    )).toEqual(['1 brk', '4 munmap', '7 mmap']);
  });

  it('a vforked child shares the memory until it execs', () => {
    expect(kept(
      '10 brk(NULL) = 0x1',
      '10 vfork( <unfinished ...>',
      '11 munmap(0x1000, 4096) = 0',
      '11 execve("/bin/ls", ["ls"], 0x7ffd /* 1 var */) = 0',
      '11 munmap(0x2000, 4096) = 0',
      '10 <... vfork resumed>) = 11',
      '10 munmap(0x3000, 4096) = 0',
    )).toEqual(['1 brk', '3 munmap', '7 munmap']);
  });

  it('an exec of the process itself ends it, one that fails does not', () => {
    const log = readStraceLog([
      'execve("/bin/sh", ["sh"], 0x7ffd /* 1 var */) = 0',
      'brk(NULL) = 0x1',
      'execve("/bin/none", ["none"], 0x7ffd /* 1 var */) = -1 ENOENT (No such file or directory)',
      'munmap(0x1000, 4096) = 0',
      'execve("/bin/ls", ["ls"], 0x7ffd /* 1 var */) = 0',
      'munmap(0x2000, 4096) = 0',
    ].join('\n'));
    expect(log).toMatchObject({ memoryCalls: 2, execLine: 5 });
  });
});

describe('what else a log tells', () => {
  it('the program that it ran, where it says so', () => {
    const after = 'brk(NULL) = 0x1\n';
    expect(readStraceLog(`5 execve("/bin/ls", ["ls"], 0x7ffd /* 1 var */) = 0\n5 ${after}`).program).toEqual({ line: 1, path: '/bin/ls' });
    expect(readStraceLog(`execve("/x/ls", ["ls"], 0x1) = -1 ENOENT (No)\nexecveat(AT_FDCWD, "./ls", ["l"], 0x1, 0) = 0\n${after}`).program)
      .toEqual({ line: 2, path: './ls' });
    expect(readStraceLog(`execve("", [""], 0x7ffd) = 0\n${after}`).program).toBeNull();
    expect(readStraceLog(`${after}execve("/bin/ls", ["ls"], 0x1) = 0\n`).program).toBeNull();
  });

  it.each([
    '5 mmap(NULL, 4096, PROT_READ', '5 openat(AT_FD', '5 openat(AT_FDCWD, "/a", O_RDONLY) =', '5 munmap(0x1000, 4096)', '5 brk(NULL) = 0x',
  ])('a log cut off in its last line, %j, is read up to there', (last) => {
    const log = readStraceLog(`5 brk(NULL) = 0x1\n${last}`);
    expect(log).toMatchObject({ memoryCalls: 1, skipped: 1, cut: { line: 2, isReadable: false } });
    expect(() => readStraceLog(`5 brk(NULL) = 0x1\n${last}\n`)).toThrow(StraceLogError);
  });

  it('a last line without its end is a call all the same where it has a result', () => {
    expect(readStraceLog('brk(NULL) = 0x1')).toMatchObject({ memoryCalls: 1, cut: { line: 1, isReadable: true } });
    expect(readStraceLog('brk(NULL) = 0x1\n').cut).toBeNull();
  });
});

describe('what cannot be read', () => {
  it('a text that quotes a log is none; a log of a program that writes much is', () => {
    const call = 'brk(NULL) = 0x1\n';
    const prose = 'Some words.\nOthers.\n';
    expect(() => readStraceLog(`# Title\n${prose}${call}`)).toThrow(expect.objectContaining({
      line: 1, message: 'this is no log of strace: neither this line nor most others are of its form: "# Title"',
    }));
    for (const first of [call, '--- SIGCHLD {si_signo=SIGCHLD} ---\n', 'strace: Process 7 attached\n', '5 <... read resumed>) = 0\n']) {
      expect(readStraceLog(`${first}${prose}${prose}${call}`).memoryCalls).toBeGreaterThan(0);
    }
    expect(readStraceLog(`Some words.\n${call}${call}`).memoryCalls).toBe(2);
  });


  it.each([
    ['a call that does not close', 'brk(NULL) = 0x1\nmmap(NULL, 4096, PROT_READ', 2, 'mmap does not end: "mmap(NULL, 4096, PROT_READ"'],
    ['a call without a result', 'munmap(0x1000, 4096)', 1, 'munmap has no result: "munmap(0x1000, 4096)"'],
    ['a result that is none', 'brk(NULL) = x', 1, 'brk has no result that can be read: "x"'],
    ['no log', 'hello\nworld\n', 1, 'no line is a system call as strace writes it'],
    ['nothing', '', 1, 'no line is a system call as strace writes it'],
  ])('%s', (_what, text, line, message) => {
    expect(() => readStraceLog(`${text}\n`)).toThrow(expect.objectContaining({ line, message }));
    expect(() => readStraceLog(`${text}\n`)).toThrow(StraceLogError);
  });

  it('bytes that are no letters are not repeated, and long lines are cut', () => {
    expect(() => readStraceLog(`munmap(${'\u001b[31m\n'.slice(0, 5)}${'9'.repeat(200)}\n`)).toThrow(/^munmap does not end: "munmap\(\?\[31m9+\.\.\."$/);
  });
});
