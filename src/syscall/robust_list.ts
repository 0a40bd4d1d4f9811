/**
 * Robust futexes at exit: the list that a thread registered is walked, and each lock it still holds is marked so that
 * the next owner knows. The list is the program's own memory: whatever is wrong with it ends the walk.
 * Linux 4.12, kernel/futex.c, and 6.1, kernel/futex/core.c: exit_robust_list(), handle_futex_death(). As in 6.1 a
 * word that is not aligned ends the walk in every release.
 */
import {
  FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, ROBUST_LIST_LIMIT,
} from '../arch/generic/futex.js';
import { FAULT, futexKey, load32, store32 } from '../mm/uaccess.js';
import { getLong, long, type Memory } from './user_words.js';

/** Wakes one waiter of a futex. */
export type WakeOne = (key: number) => void;

interface Entry {
  readonly hi: number;
  readonly lo: number;
  readonly isPi: boolean;
}

/** A pointer of the list; bit 0 marks a PI lock. Null where memory refuses. */
function fetchEntry(m: Memory, hi: number, lo: number, at: number): Entry | null {
  if (getLong(m, hi, lo, at, m.target.bits === 64 ? 8 : 4) < 0) return null;
  return { hi: long.hi, lo: long.lo & ~1, isPi: (long.lo & 1) !== 0 };
}

/**
 * Walks the list whose struct robust_list_head lies at hi:lo, for the dying thread `tid`. `wakesPending`: a free lock
 * that it was busy with is woken for, too.
 */
export function exitRobustList(
  m: Memory, tid: number, hi: number, lo: number, wakesPending: boolean, wakeOne: WakeOne,
): void {
  const bytes = m.target.bits === 64 ? 8 : 4;
  const first = fetchEntry(m, hi, lo, 0);
  if (first === null || getLong(m, hi, lo, bytes, bytes) < 0) return;
  const offset = { hi: long.hi, lo: long.lo };
  const pending = fetchEntry(m, hi, lo, 2 * bytes);
  if (pending === null) return;
  const isAt = (a: Entry, b: { hi: number; lo: number }) => a.hi === b.hi && a.lo === b.lo;
  let entry: Entry = first;
  for (let left = ROBUST_LIST_LIMIT; left > 0 && !isAt(entry, { hi, lo }); left--) {
    const next = fetchEntry(m, entry.hi, entry.lo, 0);
    if (!isAt(entry, pending) && !futexDies(m, tid, entry, offset, false, wakeOne)) return;
    if (next === null) return;
    entry = next;
  }
  if (pending.hi !== 0 || pending.lo !== 0) futexDies(m, tid, pending, offset, wakesPending, wakeOne);
}

/** handle_futex_death(). Returns false when the walk must end. */
function futexDies(
  m: Memory, tid: number, entry: Entry, offset: { hi: number; lo: number }, isPending: boolean, wakeOne: WakeOne,
): boolean {
  const low = (entry.lo >>> 0) + (offset.lo >>> 0);
  const lo = low | 0;
  const hi = m.target.bits === 32 ? 0 : (entry.hi + offset.hi + Math.floor(low / 2 ** 32)) | 0;
  if ((lo & 3) !== 0) return false;
  const word = load32(m.mm, hi, lo);
  if (word === FAULT) return false;
  const wake = () => {
    const key = futexKey(m.mm, hi, lo);
    if (key >= 0) wakeOne(key);
  };
  const owner = word & FUTEX_TID_MASK;
  if (isPending && !entry.isPi && owner === 0) {
    wake();
    return true;
  }
  if (owner !== (tid & FUTEX_TID_MASK)) return true;
  if (store32(m.mm, hi, lo, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) < 0) return false;
  if (!entry.isPi && (word & FUTEX_WAITERS) !== 0) wake();
  return true;
}
