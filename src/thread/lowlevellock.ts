/**
 * lll_lock: the word under every lock of NPTL. 0 free, 1 held, 2 held and perhaps waited for. glibc 2.3.3,
 * nptl/sysdeps/unix/sysv/linux/lowlevellock.c.
 */
import { FUTEX_WAIT, FUTEX_WAKE } from '../arch/generic/futex.js';
import type { Nptl, WaitKind } from './nptl.js';
import { SLEEPING } from './sys.js';

/** Takes the lock if it is free. */
export function lllTrylock(nptl: Nptl, hi: number, lo: number): boolean {
  if (nptl.load(hi, lo) !== 0) return false;
  nptl.store(hi, lo, 1);
  return true;
}

/**
 * Waits for a lock that was not free and takes it with value 2: this thread cannot know whether others
 * wait too. `kind`, `onHi`, `onLo` say for reports what object the lock belongs to.
 */
export function* lllLockWait(
  nptl: Nptl, hi: number, lo: number, kind: WaitKind, onLo: number,
): Generator<undefined, void, unknown> {
  for (;;) {
    const seen = nptl.load(hi, lo);
    if (seen !== 0) {
      if (seen === 1) nptl.store(hi, lo, 2);
      yield* futexWait(nptl, hi, lo, 2, kind, onLo);
    }
    if (nptl.load(hi, lo) === 0) {
      nptl.store(hi, lo, 2);
      return;
    }
  }
}

/** Takes the lock as pthread_cond_wait does on its way out: with value 2 from the start. */
export function* lllCondLock(
  nptl: Nptl, hi: number, lo: number, kind: WaitKind, onLo: number,
): Generator<undefined, void, unknown> {
  if (nptl.load(hi, lo) === 0) nptl.store(hi, lo, 2);
  else yield* lllLockWait(nptl, hi, lo, kind, onLo);
}

/** Frees the lock and wakes one waiter if there may be any. */
export function lllUnlock(nptl: Nptl, hi: number, lo: number): void {
  const old = nptl.load(hi, lo);
  nptl.store(hi, lo, 0);
  if (old > 1) nptl.sys.futex(hi, lo, FUTEX_WAKE, 1);
}

/** FUTEX_WAIT, giving up the processor while it sleeps. */
export function* futexWait(
  nptl: Nptl, hi: number, lo: number, value: number, kind: WaitKind, onLo: number,
): Generator<undefined, void, unknown> {
  if (nptl.sys.futex(hi, lo, FUTEX_WAIT, value) !== SLEEPING) return;
  nptl.waitsFor(kind, hi, onLo);
  yield undefined;
}
