/**
 * futex(2): which operations a release knows and what it checks first is data (src/release/futex_rules.ts). Linux
 * 2.5.46 to 6.13, kernel/futex.c: sys_futex(), do_futex(), futex_wait(), futex_wake_op(), futex_requeue().
 *
 * Unlike Linux: private futexes are found by physical address too. One difference shows: a word unmapped and mapped
 * anew under a waiter is another word.
 */
import { EACCES, EAGAIN, EFAULT, EINVAL, ENOSYS, ETIMEDOUT } from '../arch/generic/errno.js';
import * as futex from '../arch/generic/futex.js';
import { ERESTART_RESTARTBLOCK } from '../arch/generic/restart.js';
import { pageOffset, vpnOf } from '../lib/u64.js';
import { accessOk, FAULT, futexKey, load32, store32 } from '../mm/uaccess.js';
import { EPOCH_NS } from '../task/clock.js';
import { readTimespec, type TimespecKind, timespecDeadline } from './timespec.js';
import type { Kernel } from './kernel.js';
import { futexLockPi, futexUnlockPi } from './sys_futex_pi.js';

/** Operations whose fourth argument is a timeout. */
const TIMED =
  (1 << futex.FUTEX_WAIT) | (1 << futex.FUTEX_LOCK_PI) | (1 << futex.FUTEX_LOCK_PI2) |
  (1 << futex.FUTEX_WAIT_BITSET) | (1 << futex.FUTEX_WAIT_REQUEUE_PI);

/** futex(uaddr, op, val, timeout or val2, uaddr2, val3). */
export function sysFutex(k: Kernel): number {
  return doFutex(k, k.futexRules.compatTimeout ? 'task' : 'kernel');
}

/** futex_time64 of 32-bit tasks. */
export function sysFutexTime64(k: Kernel): number {
  return doFutex(k, 'time64');
}

function doFutex(k: Kernel, timespec: TimespecKind): number {
  const rules = k.futexRules;
  const op = k.lo(1);
  const cmd = op & ~rules.flags;
  const isTimed = rules.checksBeforeOp || (cmd >= 0 && cmd < 32 && ((TIMED >>> cmd) & 1) !== 0);
  const hasTimeout = isTimed && (k.lo(3) !== 0 || k.hi(3) !== 0);
  const deadline = hasTimeout ? readDeadline(k, cmd, op, timespec) : Number.POSITIVE_INFINITY;
  if (deadline < 0) return deadline;
  if (rules.checksBeforeOp && (k.lo(0) & 3) !== 0) return -EINVAL;
  if (cmd < 0 || cmd > 31 || ((rules.ops >>> cmd) & 1) === 0) return rules.unknownOp === 'EINVAL' ? -EINVAL : -ENOSYS;
  const isRealtime = (op & rules.flags & futex.FUTEX_CLOCK_REALTIME) !== 0;
  if (isRealtime && ((rules.realtimeOps >>> cmd) & 1) === 0) return -ENOSYS;
  switch (cmd) {
    case futex.FUTEX_WAIT: return futexWait(k, deadline, futex.FUTEX_BITSET_MATCH_ANY);
    case futex.FUTEX_WAKE: return futexWake(k, op, futex.FUTEX_BITSET_MATCH_ANY);
    case futex.FUTEX_REQUEUE: return futexRequeue(k, op, false);
    case futex.FUTEX_CMP_REQUEUE: return futexRequeue(k, op, true);
    case futex.FUTEX_WAKE_OP: return futexWakeOp(k, op);
    case futex.FUTEX_WAIT_BITSET: return futexWait(k, deadline, k.lo(5));
    case futex.FUTEX_WAKE_BITSET: return futexWake(k, op, k.lo(5));
    case futex.FUTEX_LOCK_PI:
    case futex.FUTEX_LOCK_PI2: return futexPi(k, deadline, false);
    case futex.FUTEX_TRYLOCK_PI: return futexPi(k, Number.POSITIVE_INFINITY, true);
    case futex.FUTEX_UNLOCK_PI: return futexUnlockPi(k, keyOf(k, 0));
    default: return -ENOSYS;
  }
}

function futexPi(k: Kernel, deadline: number, isTry: boolean): number {
  const key = keyOf(k, 0);
  return key < 0 ? key : futexLockPi(k, key, deadline, isTry);
}

/** WAIT_BITSET in a release that had none reads its timeout as those do that have it. */
function isBackport(k: Kernel, cmd: number): boolean {
  return cmd === futex.FUTEX_WAIT_BITSET && k.futexRules.unknownOp === 'EINVAL';
}

/** The timeout as a deadline on the virtual clock, or a negative errno. WAIT's is relative, all others are absolute. */
function readDeadline(k: Kernel, cmd: number, op: number, kind: TimespecKind): number {
  const error = readTimespec(k, k.hi(3), k.lo(3), isBackport(k, cmd) ? 'task' : kind);
  if (error < 0) return error;
  const isRealtime = cmd === futex.FUTEX_LOCK_PI || (op & futex.FUTEX_CLOCK_REALTIME) !== 0;
  const from = cmd === futex.FUTEX_WAIT ? 'now' : isRealtime ? 'epoch' : 'start';
  const deadline = timespecDeadline(k, k.futexRules.checksTimespec || isBackport(k, cmd), from);
  const isMixed = isRealtime && cmd === futex.FUTEX_WAIT && k.futexRules.realtimeWaitMixesClocks;
  return isMixed && deadline > 0 ? Math.max(0, deadline - EPOCH_NS) : deadline;
}

/** Name of the word at argument `i`, or a negative errno. */
function keyOf(k: Kernel, i: number): number {
  const lo = k.lo(i);
  if ((lo & 3) !== 0) return -EINVAL;
  const key = futexKey(k.mm, k.hi(i), lo);
  if (key >= 0) return key;
  return k.futexRules.unreadable === 'EACCES' && k.mm.pageTable.lastFault === 'SEGV_ACCERR' ? -EACCES : -EFAULT;
}

/** A private futex is named by its address, which need not be mapped as long as nobody looks at the word. */
function isPrivate(k: Kernel, op: number, i: number): boolean {
  if ((op & k.futexRules.flags & futex.FUTEX_PRIVATE_FLAG) === 0) return false;
  const shift = k.target.pageShift;
  return accessOk(k.target, vpnOf(k.hi(i), k.lo(i), shift), pageOffset(k.lo(i), shift), 0, 4);
}

function futexWait(k: Kernel, deadline: number, bitset: number): number {
  if (bitset === 0) return -EINVAL;
  const key = keyOf(k, 0);
  if (key < 0) return key;
  const word = load32(k.mm, k.hi(0), k.lo(0));
  if (word === FAULT) return -EFAULT;
  if (word !== k.lo(2)) return -EAGAIN;
  if (deadline === Number.POSITIVE_INFINITY && bitset === futex.FUTEX_BITSET_MATCH_ANY) return k.sleepOnFutex(key);
  return k.sleepOnFutexUntil(key, bitset, {
    why: 'futex',
    ownedBy: null,
    deadline,
    atDeadline: -ETIMEDOUT,
    interrupted: deadline === Number.POSITIVE_INFINITY || !k.futexRules.restarts ? k.futexInterrupted : -ERESTART_RESTARTBLOCK,
  });
}

function futexWake(k: Kernel, op: number, bitset: number): number {
  if (bitset === 0) return -EINVAL;
  const key = keyOf(k, 0);
  if (key < 0) return key === -EFAULT && isPrivate(k, op, 0) ? 0 : key;
  if (k.piFutexes.size > 0 && k.piFutexes.at(key) !== undefined) return -EINVAL;
  return bitset === futex.FUTEX_BITSET_MATCH_ANY ? k.wakeFutex(key, k.lo(2)) : k.wakeFutexBitset(key, k.lo(2), bitset);
}

/** Wakes `val` waiters and moves at most `val2` others to uaddr2; returns how many in all. */
function futexRequeue(k: Kernel, op: number, compares: boolean): number {
  const rules = k.futexRules;
  const nrWake = k.lo(2);
  const nrRequeue = k.lo(3);
  if (rules.checksCounts && (nrWake < 0 || nrRequeue < 0)) return -EINVAL;
  const from = keyOf(k, 0);
  if (from < 0 && !(from === -EFAULT && !compares && isPrivate(k, op, 0))) return from;
  const to = keyOf(k, 4);
  if (to < 0 && !(to === -EFAULT && isPrivate(k, op, 4))) return to;
  if (compares) {
    const word = load32(k.mm, k.hi(0), k.lo(0));
    if (word === FAULT) return -EFAULT;
    if (word !== k.lo(5)) return -EAGAIN;
  }
  if (from < 0) return 0;
  let count = 0;
  for (const slot of k.futexes.waitersOf(from)) {
    if (!rules.requeuesOneAtLeast && count - nrWake >= nrRequeue) break;
    count += 1;
    if (count <= nrWake) k.wakeFutex(from, 1);
    else {
      if (to >= 0) k.requeueFutex(slot, to);
      if (rules.requeuesOneAtLeast && count - nrWake >= nrRequeue) break;
    }
  }
  return count;
}

/** Changes the word at uaddr2, wakes `val` waiters of uaddr, and `val2` of uaddr2 if the old value compares. */
function futexWakeOp(k: Kernel, op: number): number {
  const from = keyOf(k, 0);
  if (from < 0 && !(from === -EFAULT && isPrivate(k, op, 0))) return from;
  const to = keyOf(k, 4);
  if (to < 0) return to;
  const old = load32(k.mm, k.hi(4), k.lo(4));
  if (old === FAULT) return -EFAULT;
  const encoded = k.lo(5);
  const changed = changedWord(encoded, old);
  if (changed === null) return -ENOSYS;
  if (store32(k.mm, k.hi(4), k.lo(4), changed) < 0) return -EFAULT;
  const compares = comparison(encoded, old);
  if (compares === null) return -ENOSYS;
  const woken = from < 0 ? 0 : k.wakeFutex(from, k.lo(2));
  return compares ? woken + k.wakeFutex(to, k.lo(3)) : woken;
}

/** FUTEX_OP_* of the encoded operation, done to `old`; null for an unknown one. */
function changedWord(encoded: number, old: number): number | null {
  const op = (encoded >>> 28) & 7;
  const isShift = ((encoded >>> 28) & futex.FUTEX_OP_OPARG_SHIFT) !== 0;
  const field = (encoded << 8) >> 20;
  const arg = isShift ? 1 << field : field;
  switch (op) {
    case futex.FUTEX_OP_SET: return arg;
    case futex.FUTEX_OP_ADD: return (old + arg) | 0;
    case futex.FUTEX_OP_OR: return old | arg;
    case futex.FUTEX_OP_ANDN: return old & ~arg;
    case futex.FUTEX_OP_XOR: return old ^ arg;
    default: return null;
  }
}

/** FUTEX_OP_CMP_* of the encoded operation; null for an unknown one. */
function comparison(encoded: number, old: number): boolean | null {
  const arg = (encoded << 20) >> 20;
  switch ((encoded >>> 24) & 15) {
    case futex.FUTEX_OP_CMP_EQ: return old === arg;
    case futex.FUTEX_OP_CMP_NE: return old !== arg;
    case futex.FUTEX_OP_CMP_LT: return old < arg;
    case futex.FUTEX_OP_CMP_LE: return old <= arg;
    case futex.FUTEX_OP_CMP_GT: return old > arg;
    case futex.FUTEX_OP_CMP_GE: return old >= arg;
    default: return null;
  }
}

