/**
 * Priority protection: the ceilings that a thread holds mutexes of, and its priority raised to the highest. glibc 2.36,
 * nptl/tpp.c.
 */
import type { Nptl } from './nptl.js';
import { NONE, type Protection } from './protections.js';

const SCHED_FIFO = 1;

/** sched_get_priority_max and _min of SCHED_FIFO, asked once. */
export function initFifoPriorities(nptl: Nptl): void {
  const { protections, sys, target } = nptl;
  if (protections.max !== NONE) return;
  sys.number(0, SCHED_FIFO);
  sys.trap(target.nr.sched_get_priority_max!);
  protections.max = sys.resultLo;
  sys.number(0, SCHED_FIFO);
  sys.trap(target.nr.sched_get_priority_min!);
  protections.min = sys.resultLo;
}

/**
 * The running thread holds a mutex with ceiling `now` instead of one with `before`; -1 is none. 0 or an errno: EPERM if it
 * may not raise its priority.
 */
export function changePriority(nptl: Nptl, before: number, now: number): number {
  initFifoPriorities(nptl);
  const mine = protectionOf(nptl);
  const highest = count(nptl, mine, before, now);
  if (highest === mine.highest) return 0;
  const old = mine.highest;
  mine.highest = highest;
  const error = readPriority(nptl, mine);
  if (error !== 0) return error;
  if (mine.priority >= highest && mine.priority >= old) return 0;
  return setScheduler(nptl, mine.policy, Math.max(mine.priority, highest));
}

/** __pthread_current_priority(). */
export function currentPriority(nptl: Nptl): number {
  const mine = protectionOf(nptl);
  return readPriority(nptl, mine) === 0 ? mine.priority : -1;
}

function protectionOf(nptl: Nptl): Protection {
  const { protections, self } = nptl;
  let mine = protections.of.get(self);
  if (mine === undefined) {
    initFifoPriorities(nptl);
    mine = { held: new Map(), highest: protections.min - 1, policy: NONE, priority: NONE };
    protections.of.set(self, mine);
  }
  return mine;
}

/** The highest ceiling after the change. */
function count(nptl: Nptl, { held, highest }: Protection, before: number, now: number): number {
  let top = highest;
  if (now !== NONE) {
    held.set(now, (held.get(now) ?? 0) + 1);
    top = Math.max(top, now);
  }
  if (before === NONE) return top;
  const left = (held.get(before) ?? 0) - 1;
  if (left > 0) held.set(before, left);
  else held.delete(before);
  if (left > 0 || highest !== before || before <= now) return top;
  return Math.max(nptl.protections.min - 1, ...held.keys());
}

function readPriority(nptl: Nptl, mine: Protection): number {
  const { sys, target } = nptl;
  if (mine.priority === NONE) {
    sys.number(0, nptl.selfTid);
    sys.word(1, nptl.scratchHi, nptl.scratchLo);
    const error = sys.trap(target.nr.sched_getparam!);
    if (error < 0) return -error;
    mine.priority = nptl.load(nptl.scratchHi, nptl.scratchLo);
  }
  if (mine.policy === NONE) {
    sys.number(0, nptl.selfTid);
    const error = sys.trap(target.nr.sched_getscheduler!);
    if (error < 0) return -error;
    mine.policy = sys.resultLo;
  }
  return 0;
}

function setScheduler(nptl: Nptl, policy: number, priority: number): number {
  const { sys, target, scratchHi, scratchLo } = nptl;
  nptl.store(scratchHi, scratchLo, priority);
  sys.number(0, nptl.selfTid);
  sys.number(1, policy);
  sys.word(2, scratchHi, scratchLo);
  return -sys.trap(target.nr.sched_setscheduler!);
}

