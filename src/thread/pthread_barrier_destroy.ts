/** pthread_barrier_destroy(3). 2.3.3: EBUSY while threads wait. 2.36 waits until those of the last round have left. */
import { type Addr, hiOf, loOf } from './address.js';
import { barrierOn, COUNT, IN, maxIn, OLD_COUNT, OLD_LEFT, OLD_LOCK, OUT, SHARED } from './barrier.js';
import { futexWait, type Steps } from './futex.js';
import { lllLock, lllUnlock } from './lowlevellock.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';

export function barrierDestroy(nptl: Nptl, barrier: Addr): Steps<number> {
  const hi = hiOf(barrier);
  const lo = loOf(barrier);
  return nptl.isModern ? destroyNew(nptl, hi, lo) : destroyOld(nptl, hi, lo);
}

/** The lock stays taken: whoever comes later waits for ever. */
function* destroyOld(nptl: Nptl, hi: number, lo: number): Steps<number> {
  yield* lllLock(nptl, hi, lo + OLD_LOCK, true, barrierOn(lo));
  if (nptl.load(hi, lo + OLD_LEFT) === nptl.load(hi, lo + OLD_COUNT)) return 0;
  lllUnlock(nptl, hi, lo + OLD_LOCK, true);
  return nptl.E.EBUSY;
}

function* destroyNew(nptl: Nptl, hi: number, lo: number): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const most = maxIn(nptl.load(hi, lo + COUNT));
  let seen = nptl.load(hi, lo + IN);
  const out = nptl.load(hi, lo + OUT);
  nptl.store(hi, lo + OUT, out + most - seen);
  if (out >= seen) return 0;
  while (seen !== 0) {
    yield* futexWait(nptl, hi, lo + IN, seen, nptl.load(hi, lo + SHARED) !== 0, barrierOn(lo));
    seen = nptl.load(hi, lo + IN);
  }
  return 0;
}
