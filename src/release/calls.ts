/**
 * Since when a system call exists, for those that came after 2.4.20. Sources: the syscall tables of Linux 2.4.20,
 * 2.5.46, 2.6.0, 2.6.12-rc1, 2.6.13, 2.6.18, 2.6.32, 3.6, 3.8, 4.9, 4.12, 6.1 and 6.13 (arch/{i386,x86,sparc,sparc64,ia64}); between
 * two of them what the call's man page says.
 */
import { type Release, since } from './release.js';

const SINCE: Readonly<Record<string, string>> = {
  '2.5.7': 'futex',
  '2.5.8': 'sched_setaffinity sched_getaffinity',
  '2.5.29': 'set_thread_area get_thread_area',
  '2.5.35': 'exit_group',
  '2.5.46': 'remap_file_pages',
  '2.5.48': 'set_tid_address',
  '2.5.63': 'clock_settime clock_gettime clock_getres clock_nanosleep timer_create timer_settime timer_gettime timer_getoverrun timer_delete',
  '2.5.66': 'restart_syscall',
  '2.5.75': 'tgkill',
  '2.6.9': 'waitid',
  '2.6.16': 'openat mkdirat fstatat64 newfstatat unlinkat readlinkat faccessat pselect6 ppoll',
  '2.6.17': 'set_robust_list get_robust_list',
  '2.6.19': 'getcpu',
  '2.6.27': 'dup3 pipe2',
  '2.6.30': 'preadv pwritev',
  '2.6.31': 'rt_tgsigqueueinfo',
  '2.6.36': 'prlimit64',
  '3.7': 'kern_features',
  '3.14': 'sched_setattr sched_getattr',
  '3.17': 'getrandom memfd_create',
  '3.19': 'execveat',
  '4.3': 'userfaultfd membarrier',
  '4.4': 'mlock2',
  '4.9': 'pkey_mprotect',
  '4.11': 'statx',
  '4.18': 'rseq',
  '5.1': 'clock_gettime64 clock_getres_time64 clock_nanosleep_time64 pselect6_time64 ppoll_time64 rt_sigtimedwait_time64 futex_time64',
  '5.3': 'clone3',
  '5.8': 'faccessat2',
  '5.9': 'close_range',
  '5.10': 'process_madvise',
  '5.16': 'futex_waitv',
};

const firstRelease = new Map(
  Object.entries(SINCE).flatMap(([release, names]) => names.split(' ').map((name) => [name, release] as const)),
);

/** What no NPTL can live without: there in every release that serves it, and marked as backported where it was not. */
const NEEDED = ['set_tid_address', 'exit_group', 'futex', 'tkill'];

/** What glibc 2.36 calls without an alternative. */
const NEEDED_BY_236 = [
  ...NEEDED, 'clock_gettime', 'clock_getres', 'clock_nanosleep', 'tgkill', 'openat', 'newfstatat', 'fstatat64', 'faccessat',
  'readlinkat', 'pipe2', 'dup3', 'prlimit64', 'set_robust_list', 'getrandom', 'waitid',
];

/** Whether the release has the call, as far as it depends on the release. */
function hasCall(release: Release, name: string): boolean {
  const first = firstRelease.get(name);
  return first === undefined || since(release, false, first, true);
}

export type CallPresence = 'there' | 'backported' | 'not yet';

/**
 * How the release has a call; `modernNptl`: with what NPTL 2.36 needs; `late`: calls that the machine's own table lacks
 * (Target.lateCalls).
 */
export function callPresence(
  release: Release, name: string, modernNptl = false, late: readonly string[] = [],
): CallPresence {
  if (hasCall(release, name) && !late.includes(name)) return 'there';
  if (!release.servesNptl) return 'not yet';
  return (modernNptl ? NEEDED_BY_236 : NEEDED).includes(name) ? 'backported' : 'not yet';
}

/** Names of those calls that every NPTL needs and the release did not have, or the machine's table, where it has them all the same. */
export function backportedCalls(release: Release, late: readonly string[] = []): string[] {
  return release.servesNptl ? NEEDED.filter((name) => callPresence(release, name, false, late) === 'backported') : [];
}

/** The first release of Linux with the call, or null for one that is older than all of these. */
export function firstReleaseWith(name: string): string | null {
  return firstRelease.get(name) ?? null;
}
