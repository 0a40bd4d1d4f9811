/** pthread_detach(3). glibc 2.3.3, nptl/pthread_detach.c. */
import { type Addr, hiOf, loOf } from './address.js';
import { queueStack } from './allocate_stack.js';
import type { Nptl } from './nptl.js';
import { NOBODY } from './pthread_table.js';

/** 0; ESRCH for no such thread, EINVAL if detached already. 0 too when somebody joins it. */
export function pthreadDetach(nptl: Nptl, thread: Addr): number {
  const { threads, E } = nptl;
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row === NOBODY || nptl.tid(row) < 0) return E.ESRCH;
  if (threads.joinid[row] !== NOBODY) return threads.joinid[row] === row ? E.EINVAL : 0;
  threads.joinid[row] = row;
  if (threads.exiting[row] === 1) queueStack(nptl, row);
  return 0;
}
