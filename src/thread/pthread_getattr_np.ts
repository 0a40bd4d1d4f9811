/** pthread_getattr_np(3): the attributes of a thread that runs. glibc 2.3.3 and 2.36, nptl/pthread_getattr_np.c. */
import { hiOfNumber, hiOfVpn, loOfNumber, loOfVpn } from '../lib/u64.js';
import { type Addr, hiOf, loOf, makeAddr } from './address.js';
import { MAIN, type Nptl } from './nptl.js';
import {
  attrInit, attrSetDetachState, attrSetGuardSize, attrSetStack, PTHREAD_CREATE_DETACHED, PTHREAD_CREATE_JOINABLE,
} from './pthread_attr.js';
import { NOBODY } from './pthread_table.js';

/**
 * Fills in the attribute at `attr`; ESRCH for no such thread. The stack includes the guard in 2.3.3 and not in 2.36.
 * Unlike glibc: main's stack is what RLIMIT_STACK allows below its end, without a look at /proc/self/maps.
 */
export function getattr(nptl: Nptl, thread: Addr, attr: Addr): number {
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row === NOBODY || nptl.tid(row) <= 0) return nptl.E.ESRCH;
  const { threads, target } = nptl;
  const [hi, lo] = [hiOf(attr), loOf(attr)];
  attrInit(nptl, hi, lo);
  const isDetached = threads.joinid[row] === row;
  attrSetDetachState(nptl, hi, lo, isDetached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
  attrSetGuardSize(nptl, hi, lo, row === MAIN ? 0 : threads.guard[row]!);
  if (row === MAIN) {
    const size = nptl.defaultStackSize;
    const low = (loOfVpn(target.stackTop, target.pageShift) >>> 0) - size;
    const top = hiOfVpn(target.stackTop, target.pageShift);
    return attrSetStack(nptl, hi, lo, makeAddr(target.bits, top + hiOfNumber(low), loOfNumber(low)), size);
  }
  const skipped = nptl.isModern && !nptl.params.guardInMiddle ? threads.guard[row]! : 0;
  const low = (threads.blockLo[row]! >>> 0) + skipped;
  const from = makeAddr(target.bits, threads.blockHi[row]! + hiOfNumber(low), loOfNumber(low));
  return attrSetStack(nptl, hi, lo, from, threads.size[row]! - skipped);
}
