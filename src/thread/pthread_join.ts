/**
 * pthread_join(3): sleeps on the thread's tid until the kernel clears it at exit. glibc 2.3.3,
 * nptl/pthread_join.c. Hand-written as an iterator: in a chain of threads all but one sit in here.
 */
import { EDEADLK, EINVAL, ESRCH } from '../arch/generic/errno.js';
import { FUTEX_WAIT } from '../arch/generic/futex.js';
import { type Addr, hiOf, loOf } from './address.js';
import { queueStack } from './allocate_stack.js';
import { type Call, Done, PENDING } from './call.js';
import type { Nptl } from './nptl.js';
import { NOBODY } from './pthread_table.js';
import { SLEEPING } from './sys.js';

export type Joined = [error: number, value: unknown];

/**
 * [0, value] of the thread, or [errno, undefined]: ESRCH for no such thread or one joined already, EINVAL
 * if it is detached or somebody else joins it, EDEADLK for oneself or a thread that joins us.
 */
export function pthreadJoin(nptl: Nptl, thread: Addr): Call<Joined> {
  const { threads, target, self } = nptl;
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row === NOBODY || nptl.tid(row) < 0) return new Done<Joined>([target.errno(ESRCH), undefined]);
  if (threads.joinid[row] === row) return new Done<Joined>([target.errno(EINVAL), undefined]);
  if (row === self || (threads.joinid[self] === row && threads.exiting[row] === 0)) {
    return new Done<Joined>([target.errno(EDEADLK), undefined]);
  }
  if (threads.joinid[row] !== NOBODY) return new Done<Joined>([target.errno(EINVAL), undefined]);
  nptl.sys.mustStart('pthread_join');
  threads.joinid[row] = self;
  nptl.joins(row);
  nptl.join ??= new Join(nptl);
  return nptl.join as Join;
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
    const { threads } = nptl;
    const row = nptl.joinedRow;
    const hi = threads.pdHi[row]!;
    const lo = nptl.tidLo(row);
    for (let tid = nptl.load(hi, lo); tid > 0; tid = nptl.load(hi, lo)) {
      if (nptl.sys.futex(hi, lo, FUTEX_WAIT, tid) !== SLEEPING) continue;
      nptl.waitsFor('pthread_join', threads.pdHi[row]!, threads.pdLo[row]!);
      return PENDING;
    }
    nptl.store(hi, lo, -1);
    const value = threads.result.get(row);
    threads.result.set(row, undefined);
    threads.joinid[row] = NOBODY;
    queueStack(nptl, row);
    return { done: true, value: [0, value] };
  }
}
