/**
 * The signal calls as the library makes them: rt_sigaction, rt_sigprocmask and their structures in scratch memory, in the
 * machine's layouts (arch/generic/signal.ts). A set of signals is two halves: bit n - 1 of `lo`, bit n - 33 of `hi`.
 */
import { hiOfNumber } from '../lib/u64.js';
import { bitHi, bitLo } from '../task/signal_state.js';
import type { Nptl } from './nptl.js';

export interface SigSet {
  readonly hi: number;
  readonly lo: number;
}

/** NPTL's own signals, which no program may use or block. */
export const SIGCANCEL = 32;
export const SIGSETXID = 33;

export const EMPTY_SET: SigSet = { hi: 0, lo: 0 };
export const FULL_SET: SigSet = { hi: -1, lo: -1 };
/** All but SIGSETXID: what 2.36 blocks when a thread ends. */
export const ALL_BUT_SETXID: SigSet = { hi: ~bitHi(SIGSETXID), lo: -1 };

const SIGSET_BYTES = 8;

/** Places in scratch memory. */
const NEW_SET = 64;
const OLD_SET = 72;
const NEW_ACTION = 80;
const OLD_ACTION = 112;
export const INFO = 160;
export const STACKS = 288;

export function setOf(signals: readonly number[]): SigSet {
  let [hi, lo] = [0, 0];
  for (const signo of signals) {
    hi |= bitHi(signo);
    lo |= bitLo(signo);
  }
  return { hi, lo };
}

export function signalsIn({ hi, lo }: SigSet): number[] {
  const signals: number[] = [];
  for (let signo = 1; signo <= 64; signo++) if (((bitHi(signo) & hi) | (bitLo(signo) & lo)) !== 0) signals.push(signo);
  return signals;
}

export function storeSet(nptl: Nptl, at: number, { hi, lo }: SigSet): void {
  const [first, second] = nptl.target.signals.maskHighFirst ? [hi, lo] : [lo, hi];
  nptl.store(nptl.scratchHi, nptl.scratchLo + at, first);
  nptl.store(nptl.scratchHi, nptl.scratchLo + at + 4, second);
}

export function loadSet(nptl: Nptl, at: number): SigSet {
  const first = nptl.load(nptl.scratchHi, nptl.scratchLo + at);
  const second = nptl.load(nptl.scratchHi, nptl.scratchLo + at + 4);
  return nptl.target.signals.maskHighFirst ? { hi: first, lo: second } : { hi: second, lo: first };
}

/** A pointer into scratch memory as argument i, or NULL. */
function pointer(nptl: Nptl, i: number, at: number | null): void {
  if (at === null) nptl.sys.number(i, 0);
  else nptl.sys.word(i, nptl.scratchHi, nptl.scratchLo + at);
}

/** rt_sigprocmask(how, set, oldset): the old set, or a negated errno. `set` null leaves the mask. */
export function sigprocmask(nptl: Nptl, how: number, set: SigSet | null, wantsOld = true): SigSet | number {
  if (set !== null) storeSet(nptl, NEW_SET, set);
  nptl.sys.number(0, how);
  pointer(nptl, 1, set === null ? null : NEW_SET);
  pointer(nptl, 2, wantsOld ? OLD_SET : null);
  nptl.sys.number(3, SIGSET_BYTES);
  const error = nptl.sys.trap(nptl.target.nr.rt_sigprocmask!);
  if (error < 0) return error;
  return wantsOld ? loadSet(nptl, OLD_SET) : EMPTY_SET;
}

/** What rt_sigaction is told, and tells. */
export interface RawAction {
  readonly handlerHi: number;
  readonly handlerLo: number;
  readonly flags: number;
  readonly mask: SigSet;
}

/** Sets the handler of one of NPTL's own signals, whatever was there. */
export function installHandler(nptl: Nptl, signo: number, action: RawAction): void {
  callSigaction(nptl, signo, action, false);
}

/** rt_sigaction: the action before, or a negated errno. `action` null asks only. */
export function rtSigaction(nptl: Nptl, signo: number, action: RawAction | null): RawAction | number {
  const error = callSigaction(nptl, signo, action, true);
  return error < 0 ? error : loadAction(nptl, OLD_ACTION);
}

function callSigaction(nptl: Nptl, signo: number, action: RawAction | null, wantsOld: boolean): number {
  const { sys, target } = nptl;
  const { signals } = target;
  if (action !== null) storeAction(nptl, NEW_ACTION, action);
  sys.number(0, signo);
  pointer(nptl, 1, action === null ? null : NEW_ACTION);
  pointer(nptl, 2, wantsOld ? OLD_ACTION : null);
  sys.number(3, signals.restorerArgument ? 0 : SIGSET_BYTES);
  if (signals.restorerArgument) sys.number(4, SIGSET_BYTES);
  return sys.trap(target.nr.rt_sigaction!);
}

/** Offset of the mask: after handler, flags and, where there is one, the restorer. */
function maskAt(nptl: Nptl): number {
  return (nptl.target.signals.sigactionHasRestorer ? 3 : 2) * (nptl.target.bits / 8);
}

function storeAction(nptl: Nptl, at: number, { handlerHi, handlerLo, flags, mask }: RawAction): void {
  const word = nptl.target.bits / 8;
  nptl.storeWord(nptl.scratchHi, nptl.scratchLo + at, handlerHi, handlerLo);
  nptl.storeWord(nptl.scratchHi, nptl.scratchLo + at + word, hiOfNumber(flags >>> 0), flags);
  if (nptl.target.signals.sigactionHasRestorer) nptl.storeWord(nptl.scratchHi, nptl.scratchLo + at + 2 * word, 0, 0);
  storeSet(nptl, at + maskAt(nptl), mask);
}

function loadAction(nptl: Nptl, at: number): RawAction {
  const handler = nptl.loadWord(nptl.scratchHi, nptl.scratchLo + at);
  const flags = nptl.loadWord(nptl.scratchHi, nptl.scratchLo + at + nptl.target.bits / 8).lo;
  return { handlerHi: handler.hi, handlerLo: handler.lo, flags, mask: loadSet(nptl, at + maskAt(nptl)) };
}

/**
 * tgkill(tgid, tid, signo): 0 or an errno; tkill on a kernel without it, as 2.3.3 does. Without threads at all it is
 * kill(tgid, signo): sysdeps/posix/raise.c.
 */
export function tgkill(nptl: Nptl, tgid: number, tid: number, signo: number): number {
  const { sys, target, E } = nptl;
  if (nptl.lacksFutex) {
    sys.number(0, tgid);
    sys.number(1, signo);
    return -sys.trap(target.nr.kill!);
  }
  sys.number(0, tgid);
  sys.number(1, tid);
  sys.number(2, signo);
  const error = -sys.trap(target.nr.tgkill!);
  if (error !== E.ENOSYS || nptl.isModern) return error;
  sys.number(0, tid);
  sys.number(1, signo);
  return -sys.trap(target.nr.tkill!);
}

/** getpid(2) as a call. */
export function getpid(nptl: Nptl): number {
  nptl.sys.trap(nptl.target.nr.getpid!);
  return nptl.sys.resultLo;
}

/**
 * The call before may have left a signal for the running thread: its handler runs before the thread goes on. Without one
 * nothing happens.
 */
export function* takeSignals(nptl: Nptl): Generator<undefined, void, unknown> {
  if (!nptl.kernel.needResched || nptl.kernel.signals.pending === 0) return;
  nptl.takesSignals = true;
  yield undefined;
}
