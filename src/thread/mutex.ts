/**
 * pthread_mutex_t: what its entry points share. Words in guest memory: lock 0, count 4, owner 8; kind 12, nusers 16 and
 * the robust list's link 20 (32-bit), or nusers 12, kind 16 and two links 24 (64-bit). glibc 2.3.3 and 2.36,
 * pthreadtypes.h, nptl/pthreadP.h.
 */
import { vpnOf } from '../lib/u64.js';
import { lllTrylock } from './lowlevellock.js';
import type { WaitOn } from './futex.js';
import type { Nptl } from './nptl.js';

export const LOCK = 0;
export const COUNT = 4;
export const OWNER = 8;

export const PTHREAD_MUTEX_NORMAL = 0;
export const PTHREAD_MUTEX_RECURSIVE = 1;
export const PTHREAD_MUTEX_ERRORCHECK = 2;
export const PTHREAD_MUTEX_ADAPTIVE_NP = 3;

/** Bits of kind: the type, and what else the mutex is. */
export const TYPE_MASK = 3;
export const ROBUST = 16;
export const PRIO_INHERIT = 32;
export const PRIO_PROTECT = 64;
export const PSHARED = 128;
/** What is not one of the four plain types. */
export const FULL_MASK = ROBUST | PRIO_INHERIT | PRIO_PROTECT;

/** Owners that are no thread's tid: the last one died, and nobody repaired the data. */
export const INCONSISTENT = 0x7fffffff;
export const NOTRECOVERABLE = 0x7ffffffe;

/** Bits 19 and up of a PRIO_PROTECT mutex's lock word are its ceiling. */
export const CEILING_SHIFT = 19;
export const CEILING_MASK = 0xfff80000 | 0;

/** A mutex whose waiters sleep by this call. */
export function waitOn(lo: number): WaitOn {
  return { kind: 'mutex', lo };
}

/** tid of the owner, 0 when free. */
export function mutexOwner(nptl: Nptl, hi: number, lo: number): number {
  const owner = nptl.load(hi, lo + OWNER);
  return owner === INCONSISTENT || owner === NOTRECOVERABLE ? 0 : owner;
}

export function kindOf(nptl: Nptl, hi: number, lo: number): number {
  return nptl.load(hi, lo + nptl.mutexKind);
}

/** PTHREAD_MUTEX_PSHARED(): robust mutexes are always shared ones. */
export function isShared(kind: number): boolean {
  return (kind & (PSHARED | ROBUST)) !== 0;
}

/** The lock is this thread's now: records owner and user. */
export function acquired(nptl: Nptl, hi: number, lo: number): void {
  nptl.store(hi, lo + OWNER, nptl.selfTid);
  const users = lo + nptl.mutexNusers;
  nptl.store(hi, users, nptl.load(hi, users) + 1);
}

/** One user less. */
export function released(nptl: Nptl, hi: number, lo: number): void {
  const users = lo + nptl.mutexNusers;
  nptl.store(hi, users, nptl.load(hi, users) - 1);
}

/** One more level of a recursive mutex that this thread holds: 0 or EAGAIN. */
export function deepen(nptl: Nptl, hi: number, lo: number): number {
  const count = nptl.load(hi, lo + COUNT);
  if (count === -1) return nptl.E.EAGAIN;
  nptl.store(hi, lo + COUNT, count + 1);
  return 0;
}

/**
 * Takes a plain mutex that is free, and records it: what almost every pthread_mutex_lock is. False when it is anything
 * else, or when a look at its memory would fault. The page is looked up once and not for each word (half the time).
 */
export function takePlain(nptl: Nptl, hi: number, lo: number): boolean {
  const { pageTable } = nptl.mm;
  const { memory } = pageTable;
  const at = lo & (nptl.pageSize - 1);
  if (at + nptl.mutexNusers + 8 > nptl.pageSize || (lo & 3) !== 0) return false;
  const pfn = pageTable.forWrite(vpnOf(hi, lo, nptl.target.pageShift));
  if (pfn < 0) return false;
  if ((memory.load32(pfn, at + nptl.mutexKind) & 0x7f) !== PTHREAD_MUTEX_NORMAL) return false;
  if (!memory.exchange32(pfn, at, 0, 1)) return false;
  memory.store32(pfn, at + OWNER, nptl.selfTid);
  memory.add32(pfn, at + nptl.mutexNusers, 1);
  return true;
}

/** Frees a plain mutex that nobody waits for. False when it is anything else: nothing has been done then. */
export function freePlain(nptl: Nptl, hi: number, lo: number): boolean {
  const { pageTable } = nptl.mm;
  const { memory } = pageTable;
  const at = lo & (nptl.pageSize - 1);
  if (at + nptl.mutexNusers + 8 > nptl.pageSize || (lo & 3) !== 0) return false;
  const pfn = pageTable.forWrite(vpnOf(hi, lo, nptl.target.pageShift));
  if (pfn < 0) return false;
  if ((memory.load32(pfn, at + nptl.mutexKind) & 0x7f) !== PTHREAD_MUTEX_NORMAL) return false;
  if (!memory.exchange32(pfn, at, 1, 0)) return false;
  memory.store32(pfn, at + OWNER, 0);
  memory.add32(pfn, at + nptl.mutexNusers, -1);
  return true;
}

/** Takes the lock word if it is free, and records it. */
export function takeIfFree(nptl: Nptl, hi: number, lo: number): boolean {
  if (!lllTrylock(nptl, hi, lo)) return false;
  acquired(nptl, hi, lo);
  return true;
}
