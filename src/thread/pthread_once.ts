/**
 * pthread_once(3): bit 0 of the word says that the routine runs, bit 1 that it has run; above them is the number of forks
 * at the time, so that a child does not wait for a thread it does not have. glibc 2.3.3, nptl/sysdeps/pthread/
 * pthread_once.c; glibc 2.36, nptl/pthread_once.c.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';
import { futexWait, futexWake, INT_MAX } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { runBody } from './run_body.js';

const INPROGRESS = 1;
const DONE = 2;
const FORK_SHIFT = 2;

const SUCCESS = new Done(0);

/** `routine` may be a generator function. If its thread is cancelled in it, another thread runs it anew. */
export function once(nptl: Nptl, control: Addr, routine: () => unknown): Call<number> {
  const hi = hiOf(control);
  const lo = loOf(control);
  if (!nptl.sys.preempts && (nptl.load(hi, lo) & DONE) !== 0) return SUCCESS;
  return new Lazy(nptl.sys, 'pthread_once', onceSlow(nptl, hi, lo, routine));
}

function* onceSlow(nptl: Nptl, hi: number, lo: number, routine: () => unknown): Generator<unknown, number, unknown> {
  for (;;) {
    if (nptl.sys.preempts) yield* preemptionPoint(nptl);
    const seen = nptl.load(hi, lo);
    if ((seen & DONE) !== 0) return 0;
    const running = (nptl.forkGeneration << FORK_SHIFT) | INPROGRESS;
    nptl.store(hi, lo, running);
    if (seen !== running) break;
    yield* futexWait(nptl, hi, lo, running, false, { kind: 'once', lo });
  }
  let isOver = false;
  try {
    yield* runBody(routine());
    isOver = true;
  } finally {
    nptl.store(hi, lo, isOver ? doneWord(nptl, hi, lo) : 0);
    futexWake(nptl, hi, lo, INT_MAX, false);
  }
  return 0;
}

/** 2.3.3 adds one to the word, and keeps the forks in it; 2.36 stores the bit alone. */
function doneWord(nptl: Nptl, hi: number, lo: number): number {
  return nptl.isModern ? DONE : nptl.load(hi, lo) + 1;
}
