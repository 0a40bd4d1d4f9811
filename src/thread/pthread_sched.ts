/**
 * Scheduling of a thread that runs: pthread_setschedparam(3), pthread_getschedparam(3), pthread_setschedprio(3),
 * pthread_setaffinity_np(3), pthread_getaffinity_np(3). glibc 2.3.3 and 2.36, files of those names in nptl/. Results are
 * errnos; a priority stands for struct sched_param.
 */
import { type Addr, hiOf, loOf } from './address.js';
import type { Nptl } from './nptl.js';
import { NOBODY } from './pthread_table.js';

/** Bytes of a cpu_set_t. */
const CPU_SET = 128;

/** tid of a thread that has not ended, or 0. */
function liveTid(nptl: Nptl, thread: Addr): number {
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  return row === NOBODY ? 0 : Math.max(nptl.tid(row), 0);
}

function storePriority(nptl: Nptl, priority: number): void {
  nptl.store(nptl.scratchHi, nptl.scratchLo, priority);
}

/** ESRCH, EINVAL, EPERM. */
export function setSchedParam(nptl: Nptl, thread: Addr, policy: number, priority: number): number {
  const tid = liveTid(nptl, thread);
  if (tid === 0) return nptl.E.ESRCH;
  storePriority(nptl, priority);
  return setScheduler(nptl, tid, policy);
}

/** sched_setscheduler(tid, policy) with the priority in scratch memory: 0 or an errno. */
export function setScheduler(nptl: Nptl, tid: number, policy: number): number {
  const { sys, target } = nptl;
  sys.number(0, tid);
  sys.number(1, policy);
  sys.word(2, nptl.scratchHi, nptl.scratchLo);
  return -sys.trap(target.nr.sched_setscheduler!);
}

/** sched_setscheduler of a thread that pthread_create has just made. */
export function scheduleExplicitly(nptl: Nptl, tid: number, policy: number, priority: number): number {
  storePriority(nptl, priority);
  return setScheduler(nptl, tid, policy);
}

/** [0, policy, priority]. */
export function getSchedParam(nptl: Nptl, thread: Addr): [error: number, policy: number, priority: number] {
  const tid = liveTid(nptl, thread);
  if (tid === 0) return [nptl.E.ESRCH, 0, 0];
  const { sys, target } = nptl;
  sys.number(0, tid);
  sys.word(1, nptl.scratchHi, nptl.scratchLo);
  const error = sys.trap(target.nr.sched_getparam!);
  if (error < 0) return [-error, 0, 0];
  const priority = nptl.load(nptl.scratchHi, nptl.scratchLo);
  sys.number(0, tid);
  const failed = sys.trap(target.nr.sched_getscheduler!);
  return failed < 0 ? [-failed, 0, 0] : [0, sys.resultLo, priority];
}

/** ENOSYS in 2.3.3: it came with 2.3.4. */
export function setSchedPrio(nptl: Nptl, thread: Addr, priority: number): number {
  if (!nptl.isModern) return nptl.E.ENOSYS;
  const tid = liveTid(nptl, thread);
  if (tid === 0) return nptl.E.ESRCH;
  const { sys, target } = nptl;
  storePriority(nptl, priority);
  sys.number(0, tid);
  sys.word(1, nptl.scratchHi, nptl.scratchLo);
  return -sys.trap(target.nr.sched_setparam!);
}

/** The set is a list of CPUs. EINVAL for none that there is. */
export function setAffinity(nptl: Nptl, thread: Addr, cpus: readonly number[]): number {
  const tid = liveTid(nptl, thread);
  if (tid === 0) return nptl.E.ESRCH;
  if (cpus.some((cpu) => !(cpu >= 0 && cpu < 8 * CPU_SET))) return nptl.E.EINVAL;
  const { sys, target } = nptl;
  const set = cpuSet(nptl);
  for (let at = 0; at < CPU_SET; at += 4) nptl.store(set.hi, set.lo + at, 0);
  for (const cpu of cpus) {
    const at = set.lo + wordOf(nptl, cpu);
    nptl.store(set.hi, at, nptl.load(set.hi, at) | (1 << (cpu & 31)));
  }
  sys.number(0, tid);
  sys.number(1, CPU_SET);
  sys.word(2, set.hi, set.lo);
  return -sys.trap(target.nr.sched_setaffinity!);
}

/** [0, CPUs]. */
export function getAffinity(nptl: Nptl, thread: Addr): [error: number, cpus: number[]] {
  const tid = liveTid(nptl, thread);
  if (tid === 0) return [nptl.E.ESRCH, []];
  const { sys, target } = nptl;
  const set = cpuSet(nptl);
  for (let at = 0; at < CPU_SET; at += 4) nptl.store(set.hi, set.lo + at, 0);
  sys.number(0, tid);
  sys.number(1, CPU_SET);
  sys.word(2, set.hi, set.lo);
  const error = sys.trap(target.nr.sched_getaffinity!);
  if (error < 0) return [-error, []];
  const cpus: number[] = [];
  for (let cpu = 0; cpu < 8 * CPU_SET; cpu++) {
    if ((nptl.load(set.hi, set.lo + wordOf(nptl, cpu)) & (1 << (cpu & 31))) !== 0) cpus.push(cpu);
  }
  return [0, cpus];
}

function cpuSet(nptl: Nptl): { hi: number; lo: number } {
  return { hi: nptl.scratchHi, lo: nptl.scratchLo };
}

/** Offset of the 32-bit word that holds a CPU's bit: the set is of longs. */
function wordOf(nptl: Nptl, cpu: number): number {
  const word = cpu >>> 5;
  const isSwapped = nptl.target.bits === 64 && nptl.target.bigEndian;
  return 4 * (isSwapped ? word ^ 1 : word);
}
