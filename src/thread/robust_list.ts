/**
 * The robust list of a thread, in its struct pthread: head (list, futex_offset, list_op_pending), entries linked through
 * the mutexes. The kernel walks it when the thread dies (set_robust_list(2)). glibc 2.36, nptl/descr.h: ENQUEUE_MUTEX,
 * DEQUEUE_MUTEX. A doubly linked list on 64-bit machines, a singly linked one on 32-bit ones. An entry is the
 * address of the mutex's __list.__next, with bit 0 set for a PI mutex.
 */
import type { Nptl } from './nptl.js';

/** Address of the running thread's head. */
function headLo(nptl: Nptl): number {
  return (nptl.threads.pdLo[nptl.self]! + nptl.params.robustOffset) | 0;
}

/** Bytes of struct robust_list_head: what set_robust_list is told. */
function headSize(nptl: Nptl): number {
  return nptl.target.bits === 32 ? 12 : 24;
}

function headHi(nptl: Nptl): number {
  return nptl.threads.pdHi[nptl.self]!;
}

/** Before taking or freeing: the kernel would look at this entry too. `tag` is 1 for a PI mutex. */
export function setPending(nptl: Nptl, mutexHi: number, mutexLo: number, tag: 0 | 1): void {
  storePointer(nptl, headHi(nptl), headLo(nptl) + pendingAt(nptl), mutexHi, (mutexLo + nptl.mutexList) | tag);
}

export function clearPending(nptl: Nptl): void {
  storePointer(nptl, headHi(nptl), headLo(nptl) + pendingAt(nptl), 0, 0);
}

/** set_robust_list(2) for the running thread, in `row`. */
export function registerRobustList(nptl: Nptl, row: number): void {
  if (!nptl.sys.has('set_robust_list')) return;
  initRobustList(nptl, row);
  const { sys, target } = nptl;
  sys.word(0, nptl.threads.pdHi[row]!, headLo(nptl));
  sys.number(1, headSize(nptl));
  sys.trap(target.nr.set_robust_list!);
}

/** Empties the running thread's list, as a new thread starts. */
function initRobustList(nptl: Nptl, row: number): void {
  const hi = nptl.threads.pdHi[row]!;
  const lo = (nptl.threads.pdLo[row]! + nptl.params.robustOffset) | 0;
  storePointer(nptl, hi, lo, hi, lo);
  const word = nptl.target.bits / 8;
  storeSigned(nptl, hi, lo + word, -nptl.mutexList);
  storePointer(nptl, hi, lo + 2 * word, 0, 0);
  if (word === 8) storePointer(nptl, hi, lo - 8, hi, lo);
}

function pendingAt(nptl: Nptl): number {
  return nptl.target.bits / 4;
}

/** Puts the mutex first. */
export function enqueueMutex(nptl: Nptl, hi: number, lo: number, tag: 0 | 1): void {
  const list = headHi(nptl);
  const at = headLo(nptl);
  const next = loadPointer(nptl, list, at);
  const entry = lo + nptl.mutexList;
  storePointer(nptl, hi, entry, next.hi, next.lo);
  if (nptl.target.bits === 64) {
    // __prev lies one word before __next, here and in the neighbour; the head's is robust_prev.
    storePointer(nptl, next.hi, (next.lo & ~1) - 8, hi, entry);
    storePointer(nptl, hi, entry - 8, list, at);
  }
  storePointer(nptl, list, at, hi, entry | tag);
}

export function dequeueMutex(nptl: Nptl, hi: number, lo: number): void {
  const entry = lo + nptl.mutexList;
  const next = loadPointer(nptl, hi, entry);
  if (nptl.target.bits === 64) {
    const prev = loadPointer(nptl, hi, entry - 8);
    storePointer(nptl, next.hi, (next.lo & ~1) - 8, prev.hi, prev.lo);
    storePointer(nptl, prev.hi, prev.lo & ~1, next.hi, next.lo);
    storePointer(nptl, hi, entry - 8, 0, 0);
  } else {
    let at = headLo(nptl);
    for (let seen = loadPointer(nptl, hi, at); (seen.lo & ~1) !== (entry | 0); seen = loadPointer(nptl, hi, at)) {
      at = seen.lo & ~1;
    }
    storePointer(nptl, hi, at, next.hi, next.lo);
  }
  storePointer(nptl, hi, entry, 0, 0);
}

function loadPointer(nptl: Nptl, hi: number, lo: number): { hi: number; lo: number } {
  if (nptl.target.bits === 32) return { hi: 0, lo: nptl.load(hi, lo) };
  const low = nptl.target.bigEndian ? 4 : 0;
  return { hi: nptl.load(hi, lo + 4 - low), lo: nptl.load(hi, lo + low) };
}

function storePointer(nptl: Nptl, hi: number, lo: number, valueHi: number, valueLo: number): void {
  if (nptl.target.bits === 32) {
    nptl.store(hi, lo, valueLo | 0);
    return;
  }
  const low = nptl.target.bigEndian ? 4 : 0;
  nptl.store(hi, lo + low, valueLo | 0);
  nptl.store(hi, lo + 4 - low, valueHi | 0);
}

function storeSigned(nptl: Nptl, hi: number, lo: number, value: number): void {
  storePointer(nptl, hi, lo, value < 0 ? -1 : 0, value);
}
