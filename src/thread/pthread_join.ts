/**
 * pthread_join(3), pthread_tryjoin_np(3), pthread_timedjoin_np(3): sleeping on the thread's tid until the kernel clears it at
 * exit. glibc 2.3.3, nptl/pthread_join.c; glibc 2.36, nptl/pthread_join_common.c. pthread_join is hand-written as an
 * iterator: in a chain of threads all but one sit in here.
 */
import { FUTEX_WAIT } from '../arch/generic/futex.js';
import { type Addr, hiOf, loOf } from './address.js';
import { queueStack } from './allocate_stack.js';
import { type Call, Done, PENDING } from './call.js';
import { isCanceled, PTHREAD_CANCELED } from './cancellation.js';
import { CLOCK_REALTIME, futexTimedWait, futexWaitUntil, type Steps } from './futex.js';
import { relativeTo } from './gettimeofday.js';
import type { Nptl } from './nptl.js';
import { NOBODY } from './pthread_table.js';
import { SLEEPING } from './sys.js';
import { type Timespec, validNanoseconds } from './timespec.js';

export type Joined = [error: number, value: unknown];

/**
 * The row of a thread that the running one may join, or -1 minus an errno: ESRCH for no such thread or one joined already,
 * EINVAL if it is detached or somebody else joins it, EDEADLK for oneself or a thread that joins us.
 */
function joinable(nptl: Nptl, thread: Addr): number {
  const { threads, E, self } = nptl;
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row === NOBODY || nptl.tid(row) < 0) return -1 - E.ESRCH;
  if (threads.joinid[row] === row) return -1 - E.EINVAL;
  const joinsUs = threads.joinid[self] === row && threads.exiting[row] === 0;
  // 2.36 lets a thread that has been cancelled wait: it will not get that far.
  if ((row === self || joinsUs) && !(nptl.isModern && isCanceled(nptl))) return -1 - E.EDEADLK;
  return threads.joinid[row] !== NOBODY ? -1 - E.EINVAL : row;
}

const failed = (code: number) => new Done<Joined>([-1 - code, undefined]);

/** [0, value] of the thread, or [errno, undefined]; see joinable(). A cancellation point. */
export function pthreadJoin(nptl: Nptl, thread: Addr): Call<Joined> {
  const { threads, self } = nptl;
  const row = joinable(nptl, thread);
  if (row < 0) return failed(row);
  nptl.sys.mustStart('pthread_join');
  threads.joinid[row] = self;
  nptl.joins(row);
  nptl.join ??= new Join(nptl);
  return nptl.join as Join;
}

/** The thread has ended and is this one's: its value, and its stack to the cache. */
function takeResult(nptl: Nptl, row: number): Joined {
  const { threads } = nptl;
  nptl.store(threads.pdHi[row]!, nptl.tidLo(row), -1);
  const value = threads.result.get(row);
  threads.result.set(row, undefined);
  threads.joinid[row] = NOBODY;
  queueStack(nptl, row);
  return [0, value];
}

/**
 * The wait itself. One serves all threads of a process: whom a thread joins is a column of Nptl, and a thread can
 * join only one at a time, so a million waiting threads have no object of their own for it.
 */
class Join implements Call<Joined>, Iterator<unknown, Joined, unknown> {
  private readonly nptl: Nptl;

  constructor(nptl: Nptl) {
    this.nptl = nptl;
  }

  [Symbol.iterator](): this {
    this.nptl.sys.unstarted = false;
    return this;
  }

  next(): IteratorResult<unknown, Joined> {
    const { nptl } = this;
    const { threads, sys } = nptl;
    const row = nptl.joinedRow;
    const hi = threads.pdHi[row]!;
    const lo = nptl.tidLo(row);
    for (let tid = nptl.load(hi, lo); tid > 0; tid = nptl.load(hi, lo)) {
      if (isCanceled(nptl)) return this.leave();
      const error = nptl.isModern ? sys.futexWaitBitset(hi, lo, tid) : sys.futex(hi, lo, FUTEX_WAIT, tid);
      if (error !== SLEEPING) continue;
      nptl.waitsFor('pthread_join', threads.pdHi[row]!, threads.pdLo[row]!);
      nptl.sleepsCancellably(true);
      return PENDING;
    }
    nptl.sleepsCancellably(false);
    return { done: true, value: takeResult(nptl, row) };
  }

  /** The joining thread has been cancelled: the user mode ends it, and throw() is called on the way. */
  private leave(): IteratorResult<unknown, Joined> {
    this.nptl.exiting = this.nptl.kernel.current;
    this.nptl.exitValue = PTHREAD_CANCELED;
    return PENDING;
  }

  /** Cancelled while it waited: somebody else may join. */
  throw(error: unknown): never {
    this.nptl.threads.joinid[this.nptl.joinedRow] = NOBODY;
    throw error;
  }
}

/** EBUSY while the thread has not ended. */
export function pthreadTryjoin(nptl: Nptl, thread: Addr): Call<Joined> {
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row !== NOBODY && nptl.tid(row) > 0) return new Done<Joined>([nptl.E.EBUSY, undefined]);
  const mine = joinable(nptl, thread);
  return mine < 0 ? failed(mine) : new Done(takeResult(nptl, mine));
}

/** ETIMEDOUT once `until`, a time of CLOCK_REALTIME, has come: the thread can be joined again. A cancellation point. */
export function* pthreadTimedjoin(nptl: Nptl, thread: Addr, until: Timespec): Steps<Joined> {
  const row = joinable(nptl, thread);
  if (row < 0) return [-1 - row, undefined];
  const { threads } = nptl;
  threads.joinid[row] = nptl.self;
  nptl.joins(row);
  let error = -1;
  try {
    error = yield* waitUntil(nptl, row, until);
  } finally {
    if (error !== 0) threads.joinid[row] = NOBODY;
  }
  return error === 0 ? takeResult(nptl, row) : [error, undefined];
}

function* waitUntil(nptl: Nptl, row: number, until: Timespec): Steps<number> {
  const hi = nptl.threads.pdHi[row]!;
  const lo = nptl.tidLo(row);
  const on = { kind: 'pthread_join', lo: nptl.threads.pdLo[row]! } as const;
  for (let tid = nptl.load(hi, lo); tid > 0; tid = nptl.load(hi, lo)) {
    if (!validNanoseconds(until)) return nptl.E.EINVAL;
    let error: number;
    if (nptl.isModern) error = yield* futexWaitUntil(nptl, hi, lo, tid, CLOCK_REALTIME, until, true, on, 'yes');
    else {
      const left = relativeTo(nptl, until);
      if (left.sec < 0) return nptl.E.ETIMEDOUT;
      error = yield* futexTimedWait(nptl, hi, lo, tid, left, on, 'yes');
    }
    if (error === nptl.E.ETIMEDOUT || error === nptl.E.EOVERFLOW) return error;
  }
  return 0;
}
