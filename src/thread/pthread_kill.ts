/**
 * pthread_kill(3), raise(3), sigqueue(3). glibc 2.3.3, nptl/sysdeps/unix/sysv/linux/pthread_kill.c, pt-raise.c; glibc 2.36,
 * nptl/pthread_kill.c. A handler of the calling thread's own has run when they return. Results are errnos.
 */
import { type Addr, hiOf, loOf } from './address.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { NOBODY } from './pthread_table.js';
import {
  FULL_SET, getpid, INFO, SIGCANCEL, sigprocmask, SIGSETXID, takeSignals, tgkill,
} from './signal_calls.js';

const SI_QUEUE = -1;

const isInternal = (signo: number) => signo === SIGCANCEL || signo === SIGSETXID;

/** A thread that has ended: 0 in 2.36, ESRCH in 2.3.3. */
export function* pthreadKill(nptl: Nptl, thread: Addr, signo: number): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const { E } = nptl;
  const row = nptl.rowAt(hiOf(thread), loOf(thread));
  if (row === NOBODY) return E.ESRCH;
  if (isInternal(signo)) return E.EINVAL;
  const tid = nptl.tid(row);
  if (tid <= 0) return nptl.isModern && tid === 0 ? 0 : E.ESRCH;
  const error = nptl.isModern ? killModern(nptl, row === nptl.self, tid, signo) : tgkill(nptl, nptl.tgid, tid, signo);
  yield* takeSignals(nptl);
  return error;
}

/** To itself, a thread asks the kernel who it is; before one to another thread, it blocks every signal. */
function killModern(nptl: Nptl, isSelf: boolean, tid: number, signo: number): number {
  const { sys, target } = nptl;
  if (isSelf) {
    sys.trap(target.nr.gettid!);
    const own = sys.resultLo;
    return tgkill(nptl, getpid(nptl), own, signo);
  }
  const old = sigprocmask(nptl, target.signals.SIG_BLOCK, FULL_SET);
  const error = tgkill(nptl, getpid(nptl), tid, signo);
  if (typeof old !== 'number') sigprocmask(nptl, target.signals.SIG_SETMASK, old, false);
  return error;
}

export function* raise(nptl: Nptl, signo: number): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const error = nptl.isModern ? killModern(nptl, true, nptl.selfTid, signo) : tgkill(nptl, nptl.tgid, nptl.selfTid, signo);
  yield* takeSignals(nptl);
  return error;
}

/** rt_sigqueueinfo with SI_QUEUE, this process's pid and uid, and the value. */
export function* sigqueue(nptl: Nptl, pid: number, signo: number, value: Addr): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const { sys, target } = nptl;
  const [hi, lo] = [nptl.scratchHi, nptl.scratchLo + INFO];
  for (let at = 0; at < 128; at += 4) nptl.store(hi, lo + at, 0);
  const own = getpid(nptl);
  sys.trap(target.nr.getuid!);
  const uid = sys.resultLo;
  const union = target.signals.siginfoUnion;
  nptl.store(hi, lo, signo);
  nptl.store(hi, lo + 8, SI_QUEUE);
  nptl.store(hi, lo + union, own);
  nptl.store(hi, lo + union + 4, uid);
  nptl.storeWord(hi, lo + union + 8, hiOf(value), loOf(value));
  sys.number(0, pid);
  sys.number(1, signo);
  sys.word(2, hi, lo);
  const error = -sys.trap(target.nr.rt_sigqueueinfo!);
  yield* takeSignals(nptl);
  return error;
}
