/**
 * Scheduling: classes, priorities, nice values, processors. kernel/sched.c. The machine has one processor, and its run
 * queue is first in, first out within a priority; nice values are kept and change nothing.
 */
import { EACCES, EFAULT, EINVAL, EPERM, ESRCH } from '../arch/generic/errno.js';
import { FAULT, load8 } from '../mm/uaccess.js';
import {
  isRealTime, MAX_RT_PRIORITY, SCHED_DEADLINE, SCHED_IDLE, SCHED_OTHER, SCHED_RESET_ON_FORK, SCHED_RR, type Scheduling,
} from '../task/priorities.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { getRlimit, RLIMIT_RTPRIO } from './rlimits.js';
import { storeTimespec } from './sys_time.js';
import type { TimespecKind } from './timespec.js';
import { getWord, putWord } from './user_words.js';

const RLIMIT_NICE = 13;

/** What a SCHED_RR task may run at a time: DEF_TIMESLICE. */
const RR_INTERVAL_NS = 1e8;

/** The task named by argument 0: the caller for 0, or -ESRCH. */
function taskOf(k: Kernel): number {
  const pid = k.lo(0);
  const slot = pid === 0 ? k.current : k.tasks.slotOf(pid);
  return slot < 0 ? -ESRCH : slot;
}

function isPolicy(k: Kernel, policy: number): boolean {
  return policy >= SCHED_OTHER && policy < 32 && ((k.taskRules.policies >>> policy) & 1) !== 0;
}

/** sched_setscheduler(pid, policy, param). */
export function sysSchedSetscheduler(k: Kernel): number {
  return k.lo(1) < 0 ? -EINVAL : setScheduler(k, k.lo(1), 2);
}

/** sched_setparam(pid, param): the class stays. */
export function sysSchedSetparam(k: Kernel): number {
  return setScheduler(k, -1, 1);
}

/** `policy` -1 keeps the one that the task has; the priority is at argument i. */
function setScheduler(k: Kernel, policy: number, i: number): number {
  if (k.lo(0) < 0 || (k.lo(i) === 0 && k.hi(i) === 0)) return -EINVAL;
  const priority = getWord(k, k.hi(i), k.lo(i));
  if (priority === FAULT) return -EFAULT;
  const slot = taskOf(k);
  if (slot < 0) return slot;
  const old = k.priorities.get(slot);
  const resetOnFork = policy < 0 ? old.resetOnFork : (policy & SCHED_RESET_ON_FORK) !== 0 && k.taskRules.resetOnFork;
  const wanted = policy < 0 ? old.policy : resetOnFork ? policy & ~SCHED_RESET_ON_FORK : policy;
  // SCHED_DEADLINE's parameters are sched_setattr's.
  if (!isPolicy(k, wanted) || wanted === SCHED_DEADLINE) return -EINVAL;
  const least = isRealTime(wanted) ? 1 : 0;
  if (priority < least || priority > (isRealTime(wanted) ? MAX_RT_PRIORITY : 0)) return -EINVAL;
  const next = { policy: wanted, priority, nice: old.nice, resetOnFork };
  if (!maySchedule(k, slot, old, next)) return -EPERM;
  k.priorities.set(slot, next);
  if (k.queue.ranks !== k.priorities) k.queue.ranks = k.priorities;
  return 0;
}

/** What __sched_setscheduler() asks of a task without CAP_SYS_NICE; the limits are those of the task that changes. */
function maySchedule(k: Kernel, slot: number, old: Scheduling, next: Scheduling): boolean {
  const { rtprioLimit, anyClassNeedsRtprio } = k.taskRules;
  const limits = k.processes[k.tasks.process[slot]!]!;
  const most = rtprioLimit ? getRlimit(limits, RLIMIT_RTPRIO).soft : 0;
  if (next.policy !== old.policy && most === 0 && (anyClassNeedsRtprio || isRealTime(next.policy))) return false;
  if (isRealTime(next.policy) && next.priority > old.priority && next.priority > most) return false;
  // Whoever left SCHED_IDLE could as well have been nice 19 and become nicer.
  if (old.policy === SCHED_IDLE && next.policy !== SCHED_IDLE && !limitAllowsNice(limits, old.nice)) return false;
  return !old.resetOnFork || next.resetOnFork;
}

/** sched_getscheduler(pid). */
export function sysSchedGetscheduler(k: Kernel): number {
  if (k.lo(0) < 0) return -EINVAL;
  const slot = taskOf(k);
  if (slot < 0) return slot;
  const { policy, resetOnFork } = k.priorities.get(slot);
  return resetOnFork ? policy | SCHED_RESET_ON_FORK : policy;
}

/** sched_getparam(pid, param). */
export function sysSchedGetparam(k: Kernel): number {
  if (k.lo(0) < 0 || (k.lo(1) === 0 && k.hi(1) === 0)) return -EINVAL;
  const slot = taskOf(k);
  return slot < 0 ? slot : putWord(k, k.hi(1), k.lo(1), 0, k.priorities.get(slot).priority);
}

export function sysSchedGetPriorityMax(k: Kernel): number {
  return isPolicy(k, k.lo(0)) ? (isRealTime(k.lo(0)) ? MAX_RT_PRIORITY : 0) : -EINVAL;
}

export function sysSchedGetPriorityMin(k: Kernel): number {
  return isPolicy(k, k.lo(0)) ? (isRealTime(k.lo(0)) ? 1 : 0) : -EINVAL;
}

export function sysSchedRrGetInterval(k: Kernel): number {
  return rrGetInterval(k, 'task');
}

/** What 32-bit tasks of x86_64 get up to 2.6.18, whose table has the kernel's own call: two of its longs. */
export function nativeSchedRrGetInterval(k: Kernel): number {
  return rrGetInterval(k, 'kernel');
}

/** sched_rr_get_interval(pid, interval): 0 for whoever runs as long as it likes. */
function rrGetInterval(k: Kernel, kind: TimespecKind): number {
  if (k.lo(0) < 0) return -EINVAL;
  const slot = taskOf(k);
  if (slot < 0) return slot;
  return storeTimespec(k, 1, kind, k.priorities.get(slot).policy === SCHED_RR ? RR_INTERVAL_NS : 0);
}

// ---- processors -----------------------------------------------------------------------------------

const longBytes = (k: Kernel) => k.target.bits / 8;

/**
 * sched_setaffinity(pid, length, mask): processor 0 must be in it, the lowest bit of the first long. `length` is an
 * unsigned int; a 32-bit task of a 64-bit kernel has its mask read in whole words (compat_get_bitmap()).
 */
export function sysSchedSetaffinity(k: Kernel): number {
  const { kernelBits, bits, bigEndian } = k.target;
  const long = longBytes(k);
  const length = k.lo(1) >>> 0;
  if (length < long && !k.taskRules.affinityAnyLength) return -EINVAL;
  const given = Math.min(length, kernelBits / 8);
  const bytes = bits < kernelBits ? Math.ceil(given / 4) * 4 : given;
  let hasZero = false;
  for (let at = 0; at < bytes; at++) {
    const low = (k.lo(2) >>> 0) + at;
    const byte = load8(k.mm, k.hi(2) + Math.floor(low / 2 ** 32), low | 0);
    if (byte === FAULT) return -EFAULT;
    if (at === (bigEndian ? long - 1 : 0)) hasZero = (byte & 1) !== 0;
  }
  const slot = taskOf(k);
  if (slot < 0) return slot;
  return hasZero ? 0 : -EINVAL;
}

/** sched_getaffinity(pid, length, mask): returns how many bytes were stored, a long. `length` is an unsigned int. */
export function sysSchedGetaffinity(k: Kernel): number {
  const long = longBytes(k);
  const { affinityInLongs } = k.taskRules;
  const length = k.lo(1) >>> 0;
  if (affinityInLongs ? (length * 8) >>> 0 < 1 || length % long !== 0 : length < long) return -EINVAL;
  const bytes = affinityInLongs ? Math.min(length, k.target.kernelBits / 8) : long;
  const slot = taskOf(k);
  if (slot < 0) return slot;
  for (let at = 0; at < bytes; at += 4) {
    const isLow = k.target.bigEndian ? at === long - 4 : at === 0;
    if (putWord(k, k.hi(2), k.lo(2), at, isLow ? 1 : 0) < 0) return -EFAULT;
  }
  return bytes;
}

/** getcpu(cpu, node, cache): there is one of each. */
export function sysGetcpu(k: Kernel): number {
  for (const i of [0, 1]) {
    if ((k.lo(i) !== 0 || k.hi(i) !== 0) && putWord(k, k.hi(i), k.lo(i), 0, 0) < 0) return -EFAULT;
  }
  return 0;
}

// ---- nice values ----------------------------------------------------------------------------------

const PRIO_PROCESS = 0;
const PRIO_USER = 2;

const clampNice = (nice: number) => Math.min(Math.max(nice, -20), 19);

/** Tasks that `which` and `who` name. */
function niceTasks(k: Kernel): number[] {
  const [which, who] = [k.lo(0), k.lo(1)];
  if (which === PRIO_PROCESS) {
    const slot = who === 0 ? k.current : k.tasks.slotOf(who);
    return slot < 0 ? [] : [slot];
  }
  const group = who === 0 ? k.process.pgid : who;
  const slots: number[] = [];
  k.tasks.forEach((slot) => {
    if (which === PRIO_USER || k.processes[k.tasks.process[slot]!]!.pgid === group) slots.push(slot);
  });
  return which === PRIO_USER && who !== 0 && who !== 1000 ? [] : slots;
}

/** Whether a task may become that much nicer or less nice: RLIMIT_NICE is 20 less the lowest value. */
function mayNice(k: Kernel, old: number, nice: number): boolean {
  return nice >= old || (k.taskRules.rtprioLimit && limitAllowsNice(k.process, nice));
}

function limitAllowsNice(process: Process, nice: number): boolean {
  return 20 - nice <= getRlimit(process, RLIMIT_NICE).soft;
}

/** getpriority(which, who): 20 less the nice value, 40 to 1. */
export function sysGetpriority(k: Kernel): number {
  const which = k.lo(0);
  if (which < PRIO_PROCESS || which > PRIO_USER) return -EINVAL;
  const tasks = niceTasks(k);
  return tasks.length === 0 ? -ESRCH : Math.max(...tasks.map((slot) => 20 - k.priorities.get(slot).nice));
}

/** setpriority(which, who, nice). */
export function sysSetpriority(k: Kernel): number {
  const which = k.lo(0);
  if (which < PRIO_PROCESS || which > PRIO_USER) return -EINVAL;
  const nice = clampNice(k.lo(2));
  let result = -ESRCH;
  for (const slot of niceTasks(k)) {
    const old = k.priorities.get(slot);
    if (mayNice(k, old.nice, nice)) {
      k.priorities.set(slot, { ...old, nice });
      if (result === -ESRCH) result = 0;
    } else result = -EACCES;
  }
  return result;
}

/** nice(increment). */
export function sysNice(k: Kernel): number {
  const old = k.priorities.get(k.current);
  const nice = clampNice(old.nice + Math.min(Math.max(k.lo(0), -40), 40));
  if (!mayNice(k, old.nice, nice)) return -EPERM;
  k.priorities.set(k.current, { ...old, nice });
  return 0;
}
