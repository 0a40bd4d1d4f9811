/**
 * pthread_mutexattr_t: one word, the type and flags. pthread_mutexattr_*(3). glibc 2.3.3 and 2.36, nptl/pthread_mutexattr_*.c.
 * 2.3.3 has the type and process-shared; what came later (robust, protocol, ceiling) answers ENOSYS there.
 */
import { type Addr, hiOf, loOf } from './address.js';
import type { Nptl } from './nptl.js';
import { initFifoPriorities } from './tpp.js';

export const PTHREAD_PROCESS_PRIVATE = 0;
export const PTHREAD_PROCESS_SHARED = 1;
export const PTHREAD_MUTEX_STALLED = 0;
export const PTHREAD_MUTEX_ROBUST = 1;
export const PTHREAD_PRIO_NONE = 0;
export const PTHREAD_PRIO_INHERIT = 1;
export const PTHREAD_PRIO_PROTECT = 2;

export const ATTR_FLAG_PSHARED = 0x80000000 | 0;
export const ATTR_FLAG_ROBUST = 0x40000000;
export const ATTR_PROTOCOL_MASK = 0x30000000;
export const ATTR_PROTOCOL_SHIFT = 28;
export const ATTR_CEILING_MASK = 0x00fff000;
export const ATTR_CEILING_SHIFT = 12;
export const ATTR_FLAG_BITS = ATTR_FLAG_PSHARED | ATTR_FLAG_ROBUST | ATTR_PROTOCOL_MASK | ATTR_CEILING_MASK;

type Pair = [error: number, value: number];

const load = (nptl: Nptl, attr: Addr) => nptl.load(hiOf(attr), loOf(attr));

function store(nptl: Nptl, attr: Addr, mask: number, bits: number): number {
  nptl.store(hiOf(attr), loOf(attr), (load(nptl, attr) & ~mask) | bits);
  return 0;
}

export function mutexattrInit(nptl: Nptl, attr: Addr): number {
  return store(nptl, attr, -1, 0);
}

/** EINVAL for a type that there is not. */
export function mutexattrSetType(nptl: Nptl, attr: Addr, type: number): number {
  if (!(type >= 0 && type <= 3 && Number.isInteger(type))) return nptl.E.EINVAL;
  return store(nptl, attr, ~ATTR_FLAG_BITS, type);
}

export function mutexattrGetType(nptl: Nptl, attr: Addr): Pair {
  return [0, load(nptl, attr) & ~ATTR_FLAG_BITS];
}

export function mutexattrSetPshared(nptl: Nptl, attr: Addr, pshared: number): number {
  if (pshared !== PTHREAD_PROCESS_PRIVATE && pshared !== PTHREAD_PROCESS_SHARED) return nptl.E.EINVAL;
  return store(nptl, attr, ATTR_FLAG_PSHARED, pshared === PTHREAD_PROCESS_SHARED ? ATTR_FLAG_PSHARED : 0);
}

export function mutexattrGetPshared(nptl: Nptl, attr: Addr): Pair {
  return [0, (load(nptl, attr) & ATTR_FLAG_PSHARED) !== 0 ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE];
}

export function mutexattrSetRobust(nptl: Nptl, attr: Addr, robust: number): number {
  if (!nptl.isModern) return nptl.E.ENOSYS;
  if (robust !== PTHREAD_MUTEX_STALLED && robust !== PTHREAD_MUTEX_ROBUST) return nptl.E.EINVAL;
  return store(nptl, attr, ATTR_FLAG_ROBUST, robust === PTHREAD_MUTEX_ROBUST ? ATTR_FLAG_ROBUST : 0);
}

export function mutexattrGetRobust(nptl: Nptl, attr: Addr): Pair {
  if (!nptl.isModern) return [nptl.E.ENOSYS, 0];
  return [0, (load(nptl, attr) & ATTR_FLAG_ROBUST) !== 0 ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED];
}

export function mutexattrSetProtocol(nptl: Nptl, attr: Addr, protocol: number): number {
  if (!nptl.isModern) return nptl.E.ENOSYS;
  if (!(protocol >= PTHREAD_PRIO_NONE && protocol <= PTHREAD_PRIO_PROTECT && Number.isInteger(protocol))) return nptl.E.EINVAL;
  return store(nptl, attr, ATTR_PROTOCOL_MASK, protocol << ATTR_PROTOCOL_SHIFT);
}

export function mutexattrGetProtocol(nptl: Nptl, attr: Addr): Pair {
  if (!nptl.isModern) return [nptl.E.ENOSYS, 0];
  return [0, (load(nptl, attr) & ATTR_PROTOCOL_MASK) >>> ATTR_PROTOCOL_SHIFT];
}

/** EINVAL for a ceiling that SCHED_FIFO does not have. */
export function mutexattrSetPrioCeiling(nptl: Nptl, attr: Addr, ceiling: number): number {
  if (!nptl.isModern) return nptl.E.ENOSYS;
  initFifoPriorities(nptl);
  if (!(ceiling >= nptl.protections.min && ceiling <= nptl.protections.max)) return nptl.E.EINVAL;
  return store(nptl, attr, ATTR_CEILING_MASK, ceiling << ATTR_CEILING_SHIFT);
}

/** The lowest priority of SCHED_FIFO when none was set. */
export function mutexattrGetPrioCeiling(nptl: Nptl, attr: Addr): Pair {
  if (!nptl.isModern) return [nptl.E.ENOSYS, 0];
  const ceiling = (load(nptl, attr) & ATTR_CEILING_MASK) >>> ATTR_CEILING_SHIFT;
  if (ceiling !== 0) return [0, ceiling];
  initFifoPriorities(nptl);
  return [0, Math.max(ceiling, nptl.protections.min)];
}
