/*
 * System-call numbers, typed out again from arch/i386/kernel/entry.S, arch/sparc64/kernel/systbls.S and
 * include/asm-ia64/unistd.h: name, i386, sparc64, ia64; "-" where a machine does not have the call.
 */

import { describe, expect, it } from 'vitest';
import { findArch, isKnown } from '../../src/arch/index.js';
import { i386Syscalls } from '../../src/arch/i386/syscallent.js';
import { ia64Syscalls } from '../../src/arch/ia64/syscallent.js';
import { sparc32Syscalls, sparc64Syscalls } from '../../src/arch/sparc64/syscallent.js';
import { x8664Syscalls } from '../../src/arch/x86_64/syscallent.js';
import { releases } from '../../src/release/index.js';
import { targetNamed } from './targets.js';

const NUMBERS = `
exit 1 1 1025; exit_group 252 188 1236; fork 2 2 -; vfork 190 66 -; clone 120 217 1128; clone2 - - 1213;
gettid 224 143 1105; getpid 20 20 1041; set_tid_address 258 166 1233; set_thread_area 243 - -;
tkill 238 187 1229; tgkill 270 211 1235; set_robust_list 311 300 1298; clone3 435 - -;
brk 45 17 1060; mmap 90 71 1151; mmap2 192 - 1172; munmap 91 73 1152; mprotect 125 74 1155; mremap 163 250 1156;
madvise 219 75 1209; mlock 150 237 1153; munlock 151 238 1158; mlockall 152 239 1154; munlockall 153 240 1159;
mincore 218 78 1208; msync 144 65 1157; remap_file_pages 257 192 1125;
futex 240 142 1230; sched_yield 158 245 1164; nanosleep 162 249 1168; gettimeofday 78 116 1087;
getrlimit 76 144 1085; setrlimit 75 145 1084; ugetrlimit 191 - -;
rt_sigaction 174 102 1177; rt_sigprocmask 175 103 1179; kill 37 37 1053;
read 3 3 1026; write 4 4 1027; open 5 5 1028; close 6 6 1029; wait4 114 7 1126; readlink 85 58 1092;
creat 8 8 1030; truncate 92 129 1097; ftruncate 93 130 1098; ftruncate64 194 - -; fsync 118 95 1051; fdatasync 148 253 1052;
lseek 19 19 1040; _llseek 140 236 -; pread64 180 67 1148; pwrite64 181 68 1149; readv 145 120 1146; writev 146 121 1147;
dup 41 41 1057; dup2 63 90 1070; dup3 330 320 1316; fcntl 55 92 1066; openat 295 284 1281; getuid 24 24 1046; getuid32 199 - -;
clock_gettime 265 257 1254; clock_nanosleep 267 259 1256; restart_syscall 0 0 1246`;

const rows = NUMBERS.trim().split(/;\s*/).map((text) => text.split(' ') as [string, string, string, string]);

describe.each(['i386', 'sparc64', 'ia64'].map((name, column) => ({ name, column })))('$name', ({ name, column }) => {
  const { nr } = targetNamed(name);

  it.each(rows.map((row) => [row[0], row[column + 1]!] as const))('%s is %s', (call, number) => {
    expect(nr[call]).toBe(number === '-' ? undefined : Number(number));
  });
});

describe('what differs between tables of one machine', () => {
  it('32-bit sparc tasks have calls of their own, and otherwise the numbers of 64-bit ones, but two', () => {
    const signals = { pause: 29, sigpending: 183, sigaction: 198, sigsuspend: 201, sigreturn: 216, sigprocmask: 220 };
    const own = { ...signals, stat64: 139, lstat64: 132, fstat64: 63, mmap2: 56, getuid32: 44, getgid32: 53, geteuid32: 69, getegid32: 70, truncate64: 77, ftruncate64: 84, fcntl64: 155, time: 231 };
    const times = { clock_gettime64: 403, clock_getres_time64: 406, clock_nanosleep_time64: 407, pselect6_time64: 413, ppoll_time64: 414, rt_sigtimedwait_time64: 421, futex_time64: 422 };
    const { memory_ordering, utrap_install, ...shared } = targetNamed('sparc64').nr;
    expect([memory_ordering, utrap_install]).toEqual([52, 164]);
    expect(targetNamed('sparc64 32-bit').nr).toEqual({ ...shared, ...own, ...times });
  });

  it('ia64 counts from 1024', () => {
    expect(Math.min(...Object.values(targetNamed('ia64').nr))).toBeGreaterThan(1024);
  });

  it('set_tid_address is backported everywhere: 2.5.46 had it nowhere', () => {
    for (const name of ['i386', 'sparc64', 'sparc64 32-bit', 'ia64']) {
      expect(targetNamed(name).backported).toEqual(['set_tid_address']);
    }
  });
});

/*
 * Calls that some machine has and this one has not, by arch/x86/entry/syscalls/syscall_{32,64}.tbl, arch/sparc and
 * arch/ia64/kernel/syscalls/syscall.tbl of 6.1: where a name is absent here it must be in the table.
 */
const TIME64 = 'clock_getres_time64 clock_gettime64 clock_nanosleep_time64 futex_time64 ppoll_time64 pselect6_time64 rt_sigtimedwait_time64';
const SIGNALS = 'sigaction sigpending sigprocmask sigreturn sigsuspend';
const IDS32 = 'getegid32 geteuid32 getgid32 getuid32';
const ABSENT: Readonly<Record<string, string>> = {
  'i386': 'clone2 getdomainname getpagesize getunwind kern_features memory_ordering newfstatat perfctr utrap_install',
  'x86_64': `${TIME64} ${SIGNALS} ${IDS32} _llseek _newselect clone2 fcntl64 fstat64 fstatat64 ftruncate64 getdomainname getpagesize
    getunwind ipc kern_features lstat64 memory_ordering mmap2 nice oldolduname olduname perfctr signal socketcall stat64 stime
    truncate64 ugetrlimit utrap_install waitpid`,
  'sparc64': `${TIME64} ${SIGNALS} ${IDS32} arch_prctl clone2 clone3 fcntl64 ftruncate64 get_thread_area getunwind mmap2 modify_ldt
    newfstatat oldolduname olduname pause set_thread_area time truncate64 ugetrlimit`,
  'sparc64 32-bit': `arch_prctl clone2 clone3 get_thread_area getunwind memory_ordering modify_ldt newfstatat oldolduname olduname
    set_thread_area ugetrlimit utrap_install`,
  'ia64': `${TIME64} ${SIGNALS} ${IDS32} _llseek _newselect alarm arch_prctl clone3 fcntl64 fork fstat64 fstatat64 ftruncate64
    get_thread_area getdomainname getpagesize getpgrp ipc kern_features lstat64 memory_ordering modify_ldt nice oldolduname
    olduname pause perfctr set_thread_area signal socketcall stat64 stime time truncate64 ugetrlimit utrap_install vfork waitpid`,
};

describe('a call of one machine has its number on every machine that has it', () => {
  const tables: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    'i386': i386Syscalls, 'x86_64': x8664Syscalls, 'sparc64': sparc64Syscalls, 'sparc64 32-bit': sparc32Syscalls, 'ia64': ia64Syscalls,
  };
  const names = [...new Set(Object.values(tables).flatMap((table) => Object.keys(table)))].sort();

  it.each(Object.keys(tables))('%s', (machine) => {
    expect(names.filter((name) => tables[machine]![name] === undefined)).toEqual(ABSENT[machine]!.split(/\s+/).sort());
  });

  it('x86_64 has these by syscall_64.tbl', () => {
    const late = { alarm: 37, getdents: 78, chdir: 80, getgid: 104, geteuid: 107, getegid: 108, getpgrp: 111, getpriority: 140, setpriority: 141, sched_rr_get_interval: 148, modify_ldt: 154, sethostname: 170, setdomainname: 171, get_thread_area: 211, clock_settime: 227, readlinkat: 267, faccessat: 269, pselect6: 270, ppoll: 271, execveat: 322, userfaultfd: 323 };
    expect(x8664Syscalls).toMatchObject(late);
    expect([i386Syscalls, sparc64Syscalls, ia64Syscalls].map(({ close_range, futex_waitv }) => [close_range, futex_waitv]))
      .toEqual([[436, 449], [436, 449], [1460, 1473]]);
  });
});

it('what a table got late or lost has no number where the release lacks it', () => {
  const has = (arch: string, bits: 32 | 64, call: string) => releases
    .filter((release) => isKnown(findArch(arch)!, bits, release) && findArch(arch)!.at(release, bits).nr[call] !== undefined)
    .map(({ name }) => name);
  expect(has('i386', 32, 'arch_prctl')[0]).toBe('4.12');
  expect(has('x86_64', 32, 'arch_prctl')[0]).toBe('4.12');
  expect(has('x86_64', 64, 'get_thread_area').at(-1)).toBe('2.5.46');
  expect(has('x86_64', 64, 'getdents64')[0]).toBe('2.5.74');
  expect([has('x86_64', 64, 'ppoll')[0], has('x86_64', 32, 'pselect6')[0], has('i386', 32, 'ppoll')[0]]).toEqual(['3.6', '3.6', '2.4.20']);
  expect(has('sparc64', 64, 'perfctr').at(-1)).toBe('2.6.18');
});
