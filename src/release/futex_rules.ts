/**
 * What futex(2) does in a release, as data. Sources: Linux 2.5.46, 2.5.70, 2.6.0, 2.6.7, 2.6.13, 2.6.18, 2.6.32, 3.6, 3.8,
 * 4.9, 4.12, 6.1 and 6.13, kernel/futex.c (kernel/futex/ from 5.16 on): sys_futex(), do_futex(), futex_requeue().
 * A release between two of these has what futex(2) dates in between.
 */
import { type Release, since } from './release.js';

export interface FutexRules {
  /** Operations that exist: bit n is operation n. */
  readonly ops: number;
  /** FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME as far as they are known. */
  readonly flags: number;
  /** Operations that FUTEX_CLOCK_REALTIME may stand with, a bit each. */
  readonly realtimeOps: number;
  /** A realtime FUTEX_WAIT adds the monotonic clock to its interval, and waits until CLOCK_REALTIME is that: sys_futex(). */
  readonly realtimeWaitMixesClocks: boolean;
  /** Error of an unknown operation. */
  readonly unknownOp: 'EINVAL' | 'ENOSYS';
  /** The timeout is read, and the address must be aligned, whatever the operation: before 2.5.70. */
  readonly checksBeforeOp: boolean;
  /** A 32-bit task's timeout on a 64-bit kernel is two 32-bit words (compat_sys_futex), not two of the kernel's. */
  readonly compatTimeout: boolean;
  /** A timeout with tv_sec < 0 or tv_nsec outside 0..999999999 is EINVAL. */
  readonly checksTimespec: boolean;
  /** Negative counts of REQUEUE are EINVAL. */
  readonly checksCounts: boolean;
  /** REQUEUE moves one waiter even if asked for none: it counts after moving. */
  readonly requeuesOneAtLeast: boolean;
  /** A signal that runs no handler, or one with SA_RESTART, lets a wait go on; before, it ended with EINTR. */
  readonly restarts: boolean;
  /** A thread that dies between freeing a lock and waking for it wakes a waiter: handle_futex_death(), pending_op. */
  readonly deathWakesForPending: boolean;
  /** Error for mapped memory that cannot be read. */
  readonly unreadable: 'EFAULT' | 'EACCES';
}

const bits = (...ops: number[]) => ops.reduce((set, op) => set | (1 << op), 0);

/** WAIT, WAKE; REQUEUE 3; CMP_REQUEUE 4; WAKE_OP 5; PI 6 to 8; BITSET 9 and 10; REQUEUE_PI 11 and 12; LOCK_PI2 13. */
const OPS: readonly (string | number)[] = [
  '2.5.70', bits(0, 1, 3), '2.6.7', bits(0, 1, 3, 4), '2.6.14', bits(0, 1, 3, 4, 5),
  '2.6.18', bits(0, 1, 3, 4, 5, 6, 7, 8), '2.6.25', bits(0, 1, 3, 4, 5, 6, 7, 8, 9, 10),
  '2.6.31', bits(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), '5.14', bits(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
];

/** What NPTL 2.36 never does without: WAIT_BITSET, WAKE_BITSET, both flags. */
const NPTL_236 = { ops: bits(9, 10), flags: 0x180, realtimeOps: bits(9) };

/** The rules of `release`; `backports`: with what NPTL 2.36 needs, whatever the release had. */
export function futexRules(release: Release, backports: boolean): FutexRules {
  const more = backports ? NPTL_236 : { ops: 0, flags: 0, realtimeOps: 0 };
  return {
    ops: since(release, bits(0, 1), ...OPS) | more.ops,
    flags: since(release, 0, '2.6.22', 0x80, '2.6.28', 0x180) | more.flags,
    realtimeOps:
      since(release, 0, '2.6.28', bits(9), '2.6.31', bits(9, 11), '4.5', bits(0, 9, 11), '5.13', bits(9, 11), '5.14', bits(9, 11, 13)) |
      more.realtimeOps,
    realtimeWaitMixesClocks: since(release, false, '4.5', true, '5.13', false),
    unknownOp: since<'EINVAL' | 'ENOSYS'>(release, 'EINVAL', '2.5.70', 'ENOSYS'),
    checksBeforeOp: since(release, true, '2.5.70', false),
    compatTimeout: since(release, false, '2.5.74', true),
    checksTimespec: since(release, false, '2.6.18', true),
    checksCounts: since(release, false, '4.15', true),
    requeuesOneAtLeast: since(release, true, '2.6.31', false),
    restarts: since(release, false, '2.6.22', true),
    deathWakesForPending: since(release, false, '5.5', true),
    unreadable: since<'EFAULT' | 'EACCES'>(release, 'EFAULT', '2.6.0', 'EACCES', '2.6.25', 'EFAULT'),
  };
}
