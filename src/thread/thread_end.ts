/**
 * The end of a thread. glibc 2.3.3 and 2.36, nptl/pthread_create.c: start_thread(), after the thread's function.
 */
import { MADV_DONTNEED } from '../arch/generic/mman_calls.js';
import { queueStack } from './allocate_stack.js';
import { EXITING_BIT } from './cancellation.js';
import { MAIN, type Nptl } from './nptl.js';
import { ALL_BUT_SETXID, sigprocmask } from './signal_calls.js';

/**
 * The thread's function has returned `result`, and all that it left behind has been cleaned up: the last thread ends the
 * process, a detached one gives its stack back, and then the exit system call.
 */
export function endThread(nptl: Nptl, row: number, result: unknown, beforeExit: () => void): void {
  const { threads, sys } = nptl;
  threads.result.set(row, result);
  threads.cancelhandling[row]! |= EXITING_BIT;
  if (nptl.names.size > 0) nptl.names.delete(row);
  nptl.nthreads -= 1;
  if (nptl.nthreads === 0) {
    beforeExit();
    sys.exitGroup(0);
    return;
  }
  threads.exiting[row] = 1;
  if (nptl.isModern) {
    sigprocmask(nptl, nptl.target.signals.SIG_BLOCK, ALL_BUT_SETXID, false);
    if (row !== MAIN && threads.isUserStack[row] === 0) giveStackBack(nptl, row);
  }
  if (threads.joinid[row] === row) queueStack(nptl, row);
  sys.exit(0);
}

/**
 * advise_stack_range(): the pages of the stack below what the end of the thread still needs, guard included. Where a
 * register stack grows towards it, what lies between the two: nothing, as a rule.
 */
function giveStackBack(nptl: Nptl, row: number): void {
  const { threads, params, pageSize } = nptl;
  if (params.guardInMiddle) return;
  const { lo } = nptl.stackTop(row);
  const used = ((lo >>> 0) - (threads.blockLo[row]! >>> 0)) >>> 0;
  const size = Math.floor((used - FRAME) / pageSize) * pageSize - params.PTHREAD_STACK_MIN;
  if (size <= 0) return;
  nptl.sys.madvise(threads.blockHi[row]!, threads.blockLo[row]!, size, MADV_DONTNEED);
}

/** Bytes of start_thread()'s own frame, roughly: what decides is the page below it. */
const FRAME = 176;
