/*
 * System-call numbers, typed out again from arch/i386/kernel/entry.S, arch/sparc64/kernel/systbls.S and
 * include/asm-ia64/unistd.h: name, i386, sparc64, ia64; "-" where a machine does not have the call.
 */

import { describe, expect, it } from 'vitest';
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
  it('32-bit sparc tasks have calls of their own, and otherwise the numbers of 64-bit ones', () => {
    const signals = { pause: 29, sigpending: 183, sigaction: 198, sigsuspend: 201, sigreturn: 216, sigprocmask: 220 };
    const own = { ...signals, stat64: 139, lstat64: 132, fstat64: 63, mmap2: 56, getuid32: 44, getgid32: 53, geteuid32: 69, getegid32: 70, truncate64: 77, ftruncate64: 84 };
    expect(targetNamed('sparc64 32-bit').nr).toEqual({ ...targetNamed('sparc64').nr, ...own });
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
