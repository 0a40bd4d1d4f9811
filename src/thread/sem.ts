/**
 * sem_t. 2.3.3: a count. 2.36 on 64-bit machines: one 64-bit word, the value in its low half and the number of waiters in
 * its high one (so the value lies at 4 on big-endian sparc64), private 8. 2.36 on 32-bit ones: value << 1 | somebody
 * waits, private 4, nwaiters 12. glibc 2.3.3 and 2.36, internaltypes.h: struct sem, struct new_sem.
 */
import type { WaitOn } from './futex.js';
import type { Nptl } from './nptl.js';

export const SEM_VALUE_MAX = 0x7fffffff;

/** Of the 32-bit value word of 2.36: somebody waits. */
export const NWAITERS_MASK = 1;
export const VALUE_SHIFT = 1;
export const NWAITERS = 12;

/** How a semaphore counts. */
export type SemDesign = 'count' | 'split' | 'shifted';

export function semDesign(nptl: Nptl): SemDesign {
  if (!nptl.isModern) return 'count';
  return nptl.target.bits === 64 ? 'split' : 'shifted';
}

/** Offsets of the value, which is the futex, and of the number of waiters. */
export function valueAt(nptl: Nptl): number {
  return semDesign(nptl) === 'split' && nptl.target.bigEndian ? 4 : 0;
}

export function waitersAt(nptl: Nptl): number {
  if (semDesign(nptl) !== 'split') return NWAITERS;
  return nptl.target.bigEndian ? 0 : 4;
}

/** The word that says whether other processes use it: 0, or FUTEX_PRIVATE_FLAG for a shared one. */
export function privateAt(nptl: Nptl): number {
  return nptl.target.bits === 64 ? 8 : 4;
}

export function isSemShared(nptl: Nptl, hi: number, lo: number): boolean {
  return !nptl.isModern || nptl.load(hi, lo + privateAt(nptl)) !== 0;
}

export const semOn = (lo: number): WaitOn => ({ kind: 'semaphore', lo });
