/**
 * What each call may fail with in a release, by kernel name: the ERRORS of its man page, and what the kernels here add
 * to them. A call that answers something else is wrong, whatever it was asked. An error that came or went says when:
 * ">=4.17" from that release on, "<2.6.32" before it, both together between the two. Read in mm/{mmap,mprotect,mremap,
 * madvise,mlock}.c, kernel/{fork,futex}.c of the releases named beside the steps in src/release, at whose bounds the
 * marks stand.
 *
 * ENOSYS stands only where a release or this machine does not have a form of the call: fork without code for the child.
 */
import { errnoName } from '../../src/arch/generic/errno.js';
import { isSince, type Release } from '../../src/release/index.js';

/** Each line: calls, then their errors. */
const TABLE = `
  brk getpid gettid getppid getuid getgid geteuid getegid getuid32 getgid32 geteuid32 getegid32: -
  sched_yield umask: -
  mmap: EACCES EAGAIN EBADF EEXIST>=4.17 EFAULT EINVAL ENODEV ENOMEM EOPNOTSUPP>=4.15 EOVERFLOW>=2.6.13 EPERM
  mmap2: EACCES EAGAIN EBADF EEXIST>=4.17 EINVAL ENODEV ENOMEM EOPNOTSUPP>=4.15 EOVERFLOW>=2.6.13 EPERM
  munmap: EINVAL ENOMEM
  mprotect: EACCES EINVAL ENOMEM
  mremap: EAGAIN EFAULT EINVAL ENOMEM EPERM>=2.6.32
  madvise: EACCES>=2.6.16 EAGAIN EBADF<3.9 EFAULT>=5.14 EINVAL ENOMEM ENOSYS>=2.6.16<3.5 EOPNOTSUPP>=3.5 EPERM>=2.6.32
  mlock: EAGAIN EFAULT<2.6.27 EINVAL ENOMEM EPERM
  mlock2: EAGAIN EINVAL ENOMEM EPERM
  munlock: EAGAIN<2.6.32 EINVAL ENOMEM
  mlockall: EINVAL ENOMEM EPERM
  munlockall: EPERM<2.6.9
  msync: EBUSY EINVAL ENOMEM
  mincore: EFAULT EINVAL ENOMEM
  remap_file_pages: EAGAIN>=4.0 EINVAL ENOMEM EPERM>=4.0
  fork vfork: EAGAIN ENOMEM ENOSYS
  clone clone2: EAGAIN EFAULT<2.6.24 EINVAL ENOMEM ENOSYS EPERM
  clone3: E2BIG EAGAIN EFAULT EINVAL ENOMEM ENOSYS EPERM
  futex: EACCES>=2.6.0<2.6.25 EAGAIN EDEADLK>=2.6.18 EFAULT EINTR EINVAL ENOMEM ENOSYS>=2.5.70 EPERM>=2.6.18 ESRCH>=2.6.18 ETIMEDOUT
  futex_time64: EAGAIN EDEADLK EFAULT EINTR EINVAL ENOMEM ENOSYS EPERM ESRCH ETIMEDOUT
  getrlimit ugetrlimit: EFAULT EINVAL
  setrlimit: EFAULT EINVAL EPERM
  prlimit64: EFAULT EINVAL EPERM ESRCH
  set_tid_address: -
  set_robust_list: EINVAL
  get_robust_list: EFAULT EPERM ESRCH
  write: EBADF EFAULT EINVAL EPIPE EAGAIN EINTR EIO ENOSPC EFBIG
  writev: EBADF EFAULT EINVAL EPIPE EAGAIN EINTR EIO ENOSPC EFBIG
  read readv pread64 pwrite64: EBADF EFAULT EINVAL EAGAIN EINTR EIO EISDIR ESPIPE EFBIG ENOSPC EOVERFLOW
  open openat creat: EACCES EBADF EEXIST EFAULT EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOTDIR ENXIO EOVERFLOW EFBIG EPERM EROFS ETXTBSY
  close: EBADF EIO
  dup dup2 dup3 fcntl fcntl64: EBADF EINVAL EMFILE EAGAIN EPERM
  lseek _llseek: EBADF EFAULT EINVAL ENXIO EOVERFLOW ESPIPE
  fstat fstat64 newfstat: EBADF EFAULT EOVERFLOW
  stat stat64 lstat lstat64 newfstatat fstatat64: EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR EOVERFLOW
  getcwd: EFAULT ERANGE EINVAL ENOENT
  access faccessat: EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR EROFS
  ftruncate ftruncate64: EBADF EFBIG EINVAL EIO ENOSPC EPERM
  truncate truncate64: EACCES EFAULT EFBIG EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOSPC ENOTDIR EPERM EROFS ETXTBSY
  fsync fdatasync: EBADF EINVAL EIO ENOSPC EROFS
  readlink readlinkat: EACCES EBADF EFAULT EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOTDIR
  kill tkill tgkill: EAGAIN EINVAL EPERM ESRCH
  wait4 waitpid waitid: ECHILD EFAULT EINTR EINVAL
  signal sigaction rt_sigaction: EFAULT EINVAL
  sigprocmask rt_sigprocmask rt_sigpending sigpending: EFAULT EINVAL
  rt_sigsuspend sigsuspend pause: EFAULT EINTR EINVAL
  rt_sigtimedwait rt_sigtimedwait_time64: EAGAIN EFAULT EINTR EINVAL
  rt_sigqueueinfo rt_tgsigqueueinfo: EAGAIN EFAULT EINVAL EPERM ESRCH
  sigaltstack: EFAULT EINVAL ENOMEM EPERM
  restart_syscall: EINTR
  rt_sigreturn sigreturn: -
  alarm: -
  nanosleep clock_nanosleep clock_nanosleep_time64: EFAULT EINTR EINVAL EOPNOTSUPP
  clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_settime gettimeofday settimeofday time stime: EFAULT EINVAL EPERM
  personality: -
  setitimer getitimer timer_create timer_settime timer_gettime timer_delete timer_getoverrun: EAGAIN EFAULT EINVAL ENOMEM EOPNOTSUPP
  sched_setscheduler sched_getscheduler sched_setparam sched_getparam: EFAULT EINVAL EPERM ESRCH
  sched_setaffinity sched_getaffinity: EFAULT EINVAL EPERM ESRCH
  sched_get_priority_max sched_get_priority_min sched_rr_get_interval: EFAULT EINVAL ESRCH
  getcpu: EFAULT
  nice getpriority setpriority: EACCES EINVAL EPERM ESRCH
  getpgrp getpgid setpgid getsid setsid: EACCES EINVAL EPERM ESRCH
  uname newuname: EFAULT
  getrandom: EAGAIN EFAULT EINTR EINVAL
  prctl: EFAULT EINVAL EPERM EACCES ENODEV
  sysinfo: EFAULT
  exit exit_group: -
  set_thread_area get_thread_area arch_prctl modify_ldt: EFAULT EINVAL EPERM ESRCH ENOSYS
  rseq membarrier: EBUSY EFAULT EINVAL EPERM
  getrusage times: EFAULT EINVAL
`;

/** Generic numbers by name, as far as there are any. */
const NUMBERS = new Map(Array.from({ length: 140 }, (_, n) => [errnoName(n), n] as const));

function numberOf(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new Error(`no errno is called ${name}`);
  return number;
}

/** "EBADF<3.9" and the like: the number, and whether `release` has it. */
function errorIn(release: Release, text: string): { readonly number: number; readonly isThere: boolean } {
  const parts = /^([A-Z0-9]+)(?:>=([^<]+))?(?:<(.+))?$/.exec(text);
  if (parts === null) throw new Error(`"${text}" is no error`);
  const [, name, from, until] = parts;
  const isThere = (from === undefined || isSince(release, from)) && (until === undefined || !isSince(release, until));
  return { number: numberOf(name!), isThere };
}

/** Generic errno numbers by kernel name of the call. */
export function documentedErrors(release: Release): ReadonlyMap<string, ReadonlySet<number>> {
  const table = new Map<string, ReadonlySet<number>>();
  for (const line of TABLE.trim().split('\n')) {
    const [calls, names] = line.split(': ') as [string, string];
    const errors = names.trim() === '-' ? [] : names.trim().split(' ').map((text) => errorIn(release, text));
    const numbers = errors.filter(({ isThere }) => isThere).map(({ number }) => number);
    for (const call of calls.trim().split(' ')) table.set(call, new Set(numbers));
  }
  return table;
}
