/**
 * pthread_mutex_init(3), pthread_mutex_destroy(3), pthread_mutex_consistent(3). glibc 2.3.3 and 2.36, files of the same
 * names in nptl/.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { futexUnlockPi } from './futex.js';
import {
  CEILING_SHIFT, INCONSISTENT, kindOf, OWNER, PRIO_INHERIT, PRIO_PROTECT, PSHARED, ROBUST,
} from './mutex.js';
import type { Nptl } from './nptl.js';
import {
  ATTR_CEILING_MASK, ATTR_CEILING_SHIFT, ATTR_FLAG_BITS, ATTR_FLAG_PSHARED, ATTR_FLAG_ROBUST, ATTR_PROTOCOL_MASK,
  ATTR_PROTOCOL_SHIFT, PTHREAD_PRIO_INHERIT, PTHREAD_PRIO_PROTECT,
} from './pthread_mutexattr.js';
import { initFifoPriorities } from './tpp.js';

/** ENOTSUP for priority inheritance on a kernel without it, and for a robust PRIO_PROTECT mutex. */
export function mutexInit(nptl: Nptl, mutex: Addr, attr: Addr | null): number {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  const flags = attr === null ? 0 : nptl.load(hiOf(attr), loOf(attr));
  const protocol = (flags & ATTR_PROTOCOL_MASK) >>> ATTR_PROTOCOL_SHIFT;
  if (nptl.isModern && !isSupported(nptl, flags, protocol)) return nptl.E.ENOTSUP;
  const size = nptl.params.sizeof.pthread_mutex_t;
  for (let at = 0; at < size; at += 4) nptl.store(hi, lo + at, 0);
  if (!nptl.isModern) {
    // 2.3.3 has no other kinds, and every futex of its is a shared one.
    nptl.store(hi, lo + nptl.mutexKind, flags & ~ATTR_FLAG_PSHARED);
    return 0;
  }
  let kind = flags & ~ATTR_FLAG_BITS;
  if ((flags & ATTR_FLAG_ROBUST) !== 0) kind |= ROBUST;
  if (protocol === PTHREAD_PRIO_INHERIT) kind |= PRIO_INHERIT;
  if (protocol === PTHREAD_PRIO_PROTECT) {
    kind |= PRIO_PROTECT;
    nptl.store(hi, lo, ceilingOf(nptl, flags) << CEILING_SHIFT);
  }
  if ((flags & (ATTR_FLAG_PSHARED | ATTR_FLAG_ROBUST)) !== 0) kind |= PSHARED;
  nptl.store(hi, lo + nptl.mutexKind, kind);
  return 0;
}

function isSupported(nptl: Nptl, flags: number, protocol: number): boolean {
  if (protocol === PTHREAD_PRIO_INHERIT) return hasPriorityInheritance(nptl);
  return protocol === 0 || (flags & ATTR_FLAG_ROBUST) === 0;
}

/**
 * Asks the kernel, once: FUTEX_UNLOCK_PI of a word that is not locked is EPERM, and something else where there is none.
 * Unlike glibc, which ends the program at the EINVAL that kernels before 2.5.70 have for what they do not know.
 */
function hasPriorityInheritance(nptl: Nptl): boolean {
  if (nptl.priorityInheritance === 0) {
    nptl.store(nptl.scratchHi, nptl.scratchLo, 0);
    const error = futexUnlockPi(nptl, nptl.scratchHi, nptl.scratchLo, false);
    nptl.priorityInheritance = error === nptl.E.EPERM ? 1 : -1;
  }
  return nptl.priorityInheritance > 0;
}

function ceilingOf(nptl: Nptl, flags: number): number {
  const ceiling = (flags & ATTR_CEILING_MASK) >>> ATTR_CEILING_SHIFT;
  if (ceiling !== 0) return ceiling;
  initFifoPriorities(nptl);
  return Math.max(ceiling, nptl.protections.min);
}

/** EBUSY for a mutex in use; 2.36 does not ask robust ones, and leaves a kind that nothing accepts. */
export function mutexDestroy(nptl: Nptl, mutex: Addr): number {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  const isRobust = nptl.isModern && (kindOf(nptl, hi, lo) & ROBUST) !== 0;
  if (!isRobust && nptl.load(hi, lo + nptl.mutexNusers) !== 0) return nptl.E.EBUSY;
  if (nptl.isModern) nptl.store(hi, lo + nptl.mutexKind, -1);
  return 0;
}

/** The data that a dead owner left are repaired: EINVAL for a mutex of which that is not asked. ENOSYS in 2.3.3. */
export function mutexConsistent(nptl: Nptl, mutex: Addr): number {
  const hi = hiOf(mutex);
  const lo = loOf(mutex);
  if (!nptl.isModern) return nptl.E.ENOSYS;
  if ((kindOf(nptl, hi, lo) & ROBUST) === 0 || nptl.load(hi, lo + OWNER) !== INCONSISTENT) return nptl.E.EINVAL;
  nptl.store(hi, lo + OWNER, nptl.selfTid);
  return 0;
}
