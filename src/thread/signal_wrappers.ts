/**
 * sigaction(2), pthread_sigmask(3), sigwait(3), sigtimedwait(2), sigsuspend(2), pause(2), sigaltstack(2), kill(2): what libc
 * adds to the calls. glibc keeps its own signals, 32 and 33, out of every program's hands.
 */
import { type Addr, hiOf, loOf } from './address.js';
import { type ActsOnCancel, cancellationPoint } from './cancellation.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import {
  loadSet, type RawAction, rtSigaction, setOf, type SigSet, SIGCANCEL, sigprocmask, signalsIn, SIGSETXID, STACKS, storeSet,
  takeSignals,
} from './signal_calls.js';
import { SLEEPING } from './sys.js';
import { storeTimespec, type Timespec } from './timespec.js';

export type { RawAction };

const SIGSET_BYTES = 8;
const SET = 64;

/** A program's set without NPTL's own signals. */
function withoutInternal(signals: readonly number[]): SigSet {
  return setOf(signals.filter((signo) => signo !== SIGCANCEL && signo !== SIGSETXID && signo >= 1 && signo <= 64));
}

/** The action before, or a negated errno: EINVAL for no such signal, NPTL's own, SIGKILL and SIGSTOP. */
export function sigaction(nptl: Nptl, signo: number, action: RawAction | null): RawAction | number {
  if (signo === SIGCANCEL || signo === SIGSETXID || !Number.isInteger(signo)) return -nptl.E.EINVAL;
  return rtSigaction(nptl, signo, action);
}

/** [0 or an errno, the signals blocked before]. */
export function* threadSigmask(
  nptl: Nptl, how: number, signals: readonly number[] | null,
): Steps<[error: number, old: number[]]> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  const old = sigprocmask(nptl, how, signals === null ? null : withoutInternal(signals));
  yield* takeSignals(nptl);
  return typeof old === 'number' ? [-old, []] : [0, signalsIn(old)];
}

export function sigpending(nptl: Nptl): SigSet {
  const { sys, target } = nptl;
  sys.word(0, nptl.scratchHi, nptl.scratchLo + SET);
  sys.number(1, SIGSET_BYTES);
  sys.trap(target.nr.rt_sigpending!);
  return loadSet(nptl, SET);
}

export function* kill(nptl: Nptl, pid: number, signo: number): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  nptl.sys.number(0, pid);
  nptl.sys.number(1, signo);
  const error = -nptl.sys.trap(nptl.target.nr.kill!);
  yield* takeSignals(nptl);
  return error;
}

/** Sleeps through a call that was just made: 0 or a negated errno. */
export function* finishCall(nptl: Nptl, made: number, cancel: ActsOnCancel): Steps<number> {
  if (made !== SLEEPING) {
    yield* takeSignals(nptl);
    return made;
  }
  nptl.waitsFor('', 0, 0);
  if (cancel === 'yes') nptl.sleepsCancellably(true);
  yield undefined;
  if (cancel === 'yes') nptl.sleepsCancellably(false);
  return nptl.sys.outcome();
}

/** [0, the signal]; 2.3.3 and 2.36 begin again after a handler. */
export function* sigwait(nptl: Nptl, signals: readonly number[]): Steps<[error: number, signo: number]> {
  for (;;) {
    const result = yield* sigtimedwait(nptl, signals, null);
    if (result >= 0) return [0, result];
    if (result !== -nptl.E.EINTR) return [-result, 0];
  }
}

/** The signal, or a negated errno. */
export function* sigtimedwait(nptl: Nptl, signals: readonly number[], timeout: Timespec | null): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
  const { sys, target } = nptl;
  storeSet(nptl, SET, withoutInternal(signals));
  sys.word(0, nptl.scratchHi, nptl.scratchLo + SET);
  sys.number(1, 0);
  if (timeout === null) sys.number(2, 0);
  else {
    storeTimespec(nptl, nptl.scratchHi, nptl.scratchLo, timeout);
    sys.word(2, nptl.scratchHi, nptl.scratchLo);
  }
  sys.number(3, SIGSET_BYTES);
  const error = yield* finishCall(nptl, sys.trap(target.nr.rt_sigtimedwait!), 'yes');
  return error < 0 ? error : sys.resultLo;
}

/** EINTR, once a handler has run. */
export function* sigsuspend(nptl: Nptl, signals: readonly number[]): Steps<number> {
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
  const { sys, target } = nptl;
  storeSet(nptl, SET, withoutInternal(signals));
  sys.word(0, nptl.scratchHi, nptl.scratchLo + SET);
  sys.number(1, SIGSET_BYTES);
  return -(yield* finishCall(nptl, sys.trap(target.nr.rt_sigsuspend!), 'yes'));
}

/** EINTR, once a handler has run. A machine without the call waits in sigsuspend with the mask it has. */
export function* pause(nptl: Nptl): Steps<number> {
  if (nptl.target.nr.pause === undefined) {
    const mask = sigprocmask(nptl, nptl.target.signals.SIG_BLOCK, null);
    return yield* sigsuspend(nptl, typeof mask === 'number' ? [] : signalsIn(mask));
  }
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  yield* cancellationPoint(nptl);
  return -(yield* finishCall(nptl, nptl.sys.trap(nptl.target.nr.pause), 'yes'));
}

/** 0 or a negated errno. struct stack_t: sp, flags and size, each on a long of its own. */
export function sigaltstack(nptl: Nptl, sp: Addr, size: number, flags: number): number {
  const word = nptl.target.bits / 8;
  const [hi, lo] = [nptl.scratchHi, nptl.scratchLo + STACKS];
  nptl.storeWord(hi, lo, hiOf(sp), loOf(sp));
  nptl.store(hi, lo + word, flags);
  nptl.storeWord(hi, lo + 2 * word, Math.floor(size / 2 ** 32), size | 0);
  nptl.sys.word(0, hi, lo);
  nptl.sys.number(1, 0);
  return nptl.sys.trap(nptl.target.nr.sigaltstack!);
}

