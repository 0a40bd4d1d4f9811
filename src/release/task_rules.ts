/**
 * What a release does with tasks, signals and clocks, as data. Sources: Linux 2.4.20, 2.5.46, 2.6.0, 2.6.12-rc1, 2.6.13,
 * 2.6.18, 2.6.32, 3.6, 3.8, 4.9, 4.12, 6.1 and 6.13, kernel/{fork,exit,signal,posix-timers}.c; 4.12 and 6.1,
 * drivers/char/random.c.
 */
import { type Release, since } from './release.js';

export interface TaskRules {
  /** Clock ids that exist, a bit each. */
  readonly clocks: number;
  /** A sleep goes on after a signal that ran no handler, by way of restart_syscall. */
  readonly restartsSleeps: boolean;
  /** CLONE_NEW* that exist, all of which take a privilege here. */
  readonly namespaces: number;
  /** CLONE_SETTLS, CLONE_*_SETTID and CLONE_CHILD_CLEARTID mean something: not in 2.4, where clone takes no pointers. */
  readonly clonePointers: boolean;
  /** CLONE_PID exists, and is the kernel's own: EPERM. 2.4 alone. */
  readonly clonePid: boolean;
  /** CLONE_SIGHAND without CLONE_VM is EINVAL; so is CLONE_DETACHED without CLONE_THREAD, as long as it means something. */
  readonly sighandNeedsVm: boolean;
  readonly detachedNeedsThread: boolean;
  /** Namespaces (CLONE_NEW*) whose thread is EINVAL before any privilege is asked for; in 3.8 so is CLONE_PARENT's task. */
  readonly threadsShareNamespaces: number;
  readonly siblingsShareNamespaces: boolean;
  /** CLONE_PIDFD means something. */
  readonly pidfd: boolean;
  /** A parent's tid that cannot be stored fails the clone. */
  readonly parentTidFaults: boolean;
  /** Scheduling classes, a bit each; SCHED_RESET_ON_FORK means something; RLIMIT_RTPRIO and RLIMIT_NICE do. */
  readonly policies: number;
  readonly resetOnFork: boolean;
  readonly rtprioLimit: boolean;
  /** Any other class needs RLIMIT_RTPRIO, SCHED_OTHER as well: sched_setscheduler(), 2.6.13 to 2.6.15. */
  readonly anyClassNeedsRtprio: boolean;
  /** prctl knows PR_SET_NAME; PR_GET_NAME came later. */
  readonly setsNames: boolean;
  readonly getsNames: boolean;
  /** getrusage knows RUSAGE_THREAD. */
  readonly rusageThread: boolean;
  /** Commands of membarrier, a bit each. */
  readonly barriers: number;
  /** A child whose parent ignores SIGCHLD is gone before those who wait look; SA_NOCLDWAIT means something. */
  readonly childrenVanish: boolean;
  /** wait4 knows WCONTINUED, and a parent gets SIGCHLD when a child goes on. */
  readonly waitsContinued: boolean;
  /** waitid of process group 0 means the caller's own. */
  readonly waitidOwnGroup: boolean;
  /** A siginfo of the kernel's or of kill may be queued to oneself; one of tkill to anybody. */
  readonly forgesToSelf: boolean;
  readonly forgesTkill: boolean;
  /** SS_AUTODISARM exists. */
  readonly autodisarms: boolean;
  /** sched_setaffinity takes less than a long: read in 2.6.6 (not yet) and 2.6.9. */
  readonly affinityAnyLength: boolean;
  /** sched_getaffinity wants whole longs of the task, and stores one of the kernel's where there is room for it. */
  readonly affinityInLongs: boolean;
  /** sigaction clears flags that it does not know. */
  readonly clearsSigactionFlags: boolean;
  /** Flags of getrandom, the most bytes it gives, with GRND_RANDOM too, and whether it tells of a part of them. */
  readonly randomFlags: number;
  readonly mostRandom: number;
  readonly mostOfDevRandom: number;
  readonly randomInPart: boolean;
}

const bits = (...ids: number[]) => ids.reduce((set, id) => set | (1 << id), 0);

/** REALTIME 0, MONOTONIC 1; PROCESS_CPUTIME 2; MONOTONIC_RAW 4; the coarse ones 5 and 6; BOOTTIME 7; TAI 11. */
const CLOCKS: readonly (string | number)[] = [
  '2.6.12', bits(0, 1, 2), '2.6.28', bits(0, 1, 2, 4), '2.6.32', bits(0, 1, 2, 4, 5, 6),
  '2.6.39', bits(0, 1, 2, 4, 5, 6, 7), '3.10', bits(0, 1, 2, 4, 5, 6, 7, 11),
];

export function taskRules(release: Release): TaskRules {
  return {
    clocks: since(release, bits(0, 1), ...CLOCKS),
    restartsSleeps: since(release, false, '2.6.0', true),
    // NEWNS; NEWUTS and NEWIPC; NEWUSER, NEWPID and NEWNET; NEWCGROUP.
    namespaces: since(release, 0x20000, '2.6.19', 0xc020000, '2.6.24', 0x7c020000, '4.6', 0x7e020000),
    clonePointers: release.servesNptl,
    clonePid: since(release, true, '2.5.45', false),
    sighandNeedsVm: since(release, false, '2.6.0', true),
    detachedNeedsThread: since(release, false, '2.5.45', true, '2.6.6', false),
    // NEWUSER, and NEWPID.
    threadsShareNamespaces: since(release, 0, '3.6', 0x10000000, '3.8', 0x30000000),
    siblingsShareNamespaces: since(release, false, '3.8', true, '4.12', false),
    pidfd: since(release, false, '5.2', true),
    parentTidFaults: since(release, true, '2.6.24', false),
    // OTHER, FIFO, RR; BATCH 3; IDLE 5; DEADLINE 6; EXT 7.
    policies: since(
      release, bits(0, 1, 2), '2.6.16', bits(0, 1, 2, 3), '2.6.23', bits(0, 1, 2, 3, 5), '3.14', bits(0, 1, 2, 3, 5, 6),
      '6.12', bits(0, 1, 2, 3, 5, 6, 7),
    ),
    resetOnFork: since(release, false, '2.6.32', true),
    rtprioLimit: since(release, false, '2.6.12', true),
    anyClassNeedsRtprio: since(release, false, '2.6.13', true, '2.6.16', false),
    setsNames: since(release, false, '2.6.9', true),
    getsNames: since(release, false, '2.6.11', true),
    rusageThread: since(release, false, '2.6.26', true),
    // GLOBAL; PRIVATE_EXPEDITED and its registration; the same for GLOBAL (1 and 2) and SYNC_CORE; GET_REGISTRATIONS.
    barriers: since(release, bits(0), '4.14', bits(0, 3, 4), '4.16', bits(0, 1, 2, 3, 4, 5, 6), '6.3', bits(0, 1, 2, 3, 4, 5, 6, 9)),
    childrenVanish: since(release, false, '2.5.74', true),
    waitsContinued: since(release, false, '2.6.9', true),
    waitidOwnGroup: since(release, false, '5.4', true),
    forgesToSelf: since(release, false, '3.9', true),
    forgesTkill: since(release, true, '2.6.39', false),
    autodisarms: since(release, false, '4.7', true),
    affinityAnyLength: since(release, false, '2.6.9', true),
    affinityInLongs: since(release, false, '2.6.34', true),
    clearsSigactionFlags: since(release, false, '5.11', true),
    // NONBLOCK 1, RANDOM 2, INSECURE 4. INT_MAX >> 6, and MAX_RW_COUNT; SEC_XFER_SIZE.
    randomFlags: since(release, 3, '5.6', 7),
    mostRandom: since(release, 33554431, '6.1', 0x7ffff000),
    mostOfDevRandom: since(release, 512, '5.6', 33554431, '6.1', 0x7ffff000),
    randomInPart: since(release, false, '6.1', true),
  };
}
