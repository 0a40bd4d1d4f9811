/**
 * pthread_setname_np(3), pthread_getname_np(3). glibc 2.36; they came with 2.12.
 *
 * Unlike glibc: the name is kept here, where reports find it, and not in the kernel's task_struct.
 */
import { type Addr, hiOf, loOf } from './address.js';
import type { Nptl } from './nptl.js';
import { NOBODY } from './pthread_table.js';

/** TASK_COMM_LEN with the final zero. */
const TASK_COMM_LEN = 16;

function rowOf(nptl: Nptl, thread: Addr): number {
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  return row === NOBODY || nptl.tid(row) <= 0 ? NOBODY : row;
}

/** ERANGE for a name of more than 15 bytes, ESRCH for no such thread. */
export function setName(nptl: Nptl, thread: Addr, name: string): number {
  if (!nptl.isModern) return nptl.E.ENOSYS;
  if (new TextEncoder().encode(name).length >= TASK_COMM_LEN) return nptl.E.ERANGE;
  const row = rowOf(nptl, thread);
  if (row === NOBODY) return nptl.E.ESRCH;
  nptl.names.set(row, name);
  return 0;
}

/** [0, the name]: the program's until one is set. */
export function getName(nptl: Nptl, thread: Addr): [error: number, name: string] {
  if (!nptl.isModern) return [nptl.E.ENOSYS, ''];
  const row = rowOf(nptl, thread);
  return row === NOBODY ? [nptl.E.ESRCH, ''] : [0, nptl.names.get(row) ?? 'program'];
}
