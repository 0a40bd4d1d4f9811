/**
 * pthread_rwlock_t. 2.3.3: lock 0, nr_readers 4, readers_wakeup 8, writer_wakeup 12, nr_readers_queued 16,
 * nr_writers_queued 20, then flags and writer. 2.36: readers 0, writers 4, wrphase_futex 8, writers_futex 12, then flags,
 * shared, cur_writer. glibc 2.3.3, sysdeps/.../bits/pthreadtypes.h; glibc 2.36, sysdeps/.../bits/struct_rwlock.h.
 */
import { load8, store8 } from '../mm/uaccess.js';
import type { WaitOn } from './futex.js';
import type { Nptl } from './nptl.js';

export const OLD_LOCK = 0;
export const NR_READERS = 4;
export const READERS_WAKEUP = 8;
export const WRITER_WAKEUP = 12;
export const NR_READERS_QUEUED = 16;
export const NR_WRITERS_QUEUED = 20;

export const READERS = 0;
export const WRITERS = 4;
export const WRPHASE_FUTEX = 8;
export const WRITERS_FUTEX = 12;

/** Bits of `readers`; above them is the number of readers. */
export const WRPHASE = 1;
export const WRLOCKED = 2;
export const RWAITING = 4;
export const READER_SHIFT = 3;
export const ONE_READER = 1 << READER_SHIFT;
/** Of `writers`: the lock is handed on to a writer that waits. */
export const WRHANDOVER = 0x80000000 | 0;
/** Of the two futex words: somebody sleeps. */
export const FUTEX_USED = 2;

export const PTHREAD_RWLOCK_PREFER_READER_NP = 0;
export const PTHREAD_RWLOCK_PREFER_WRITER_NP = 1;
export const PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP = 2;

export const rwlockOn = (lo: number): WaitOn => ({ kind: 'read-write lock', lo });

/**
 * Where flags, shared and the writer's tid lie. 32-bit: two bytes at 24 (the other way round on big-endian machines of
 * 2.36) and the writer at 28. 64-bit: writer 24, shared 28, flags 48, words all.
 */
export function flagsOf(nptl: Nptl, hi: number, lo: number): number {
  if (nptl.target.bits === 64) return nptl.load(hi, lo + 48);
  if (!nptl.isModern) return nptl.load(hi, lo + 24);
  return load8(nptl.mm, hi, lo + (nptl.target.bigEndian ? 27 : 24));
}

export function isRwlockShared(nptl: Nptl, hi: number, lo: number): boolean {
  if (!nptl.isModern) return true;
  if (nptl.target.bits === 64) return nptl.load(hi, lo + 28) !== 0;
  return load8(nptl.mm, hi, lo + (nptl.target.bigEndian ? 26 : 25)) !== 0;
}

export function setFlags(nptl: Nptl, hi: number, lo: number, flags: number, shared: number): void {
  if (nptl.target.bits === 64) {
    nptl.store(hi, lo + 48, flags);
    if (nptl.isModern) nptl.store(hi, lo + 28, shared);
  } else if (!nptl.isModern) nptl.store(hi, lo + 24, flags);
  else {
    store8(nptl.mm, hi, lo + (nptl.target.bigEndian ? 27 : 24), flags);
    store8(nptl.mm, hi, lo + (nptl.target.bigEndian ? 26 : 25), shared);
  }
}

/** Offset of the tid of the thread that holds the lock for writing. */
export function writerAt(nptl: Nptl): number {
  return nptl.target.bits === 64 ? 24 : 28;
}
