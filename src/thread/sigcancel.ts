/**
 * SIGCANCEL: how a thread that sleeps in a cancellation point, or takes cancellation asynchronously, learns of it. glibc
 * 2.3.3, nptl/init.c: sigcancel_handler(), installed at start-up; glibc 2.36, nptl/pthread_cancel.c, at the first
 * pthread_cancel.
 */
import { SI_TKILL } from '../arch/generic/signal.js';
import { type Addr, hiOf, loOf } from './address.js';
import { CANCELED_BIT, CANCELSTATE_BIT, CANCELTYPE_BIT, EXITING_BIT, PTHREAD_CANCELED } from './cancellation.js';
import { type Nptl, SLEEP_BIT } from './nptl.js';
import { EMPTY_SET, FULL_SET, getpid, installHandler, SIGCANCEL, sigprocmask, tgkill } from './signal_calls.js';

/** Offset of si_code in siginfo_t. */
const SI_CODE = 8;

/** Installs the handler, once for each process. */
export function installSigcancel(nptl: Nptl): void {
  if (nptl.hasSigcancel) return;
  nptl.hasSigcancel = true;
  nptl.sigcancelHandler ??= (_signo: number, info: Addr) => handle(nptl.running(), info);
  const [handlerHi, handlerLo] = nptl.code.addressOf(nptl.sigcancelHandler as (...args: never[]) => unknown);
  const { SA_SIGINFO, SA_RESTART } = nptl.target.signals;
  const flags = SA_SIGINFO | (nptl.isModern ? SA_RESTART : 0);
  installHandler(nptl, SIGCANCEL, { handlerHi, handlerLo, flags, mask: EMPTY_SET });
}

/** Sends it to the thread in `row`: 0 or an errno. */
export function sendSigcancel(nptl: Nptl, row: number): number {
  if (!nptl.isModern) return tgkill(nptl, nptl.tgid, nptl.tid(row), SIGCANCEL);
  const { SIG_BLOCK, SIG_SETMASK } = nptl.target.signals;
  const old = sigprocmask(nptl, SIG_BLOCK, FULL_SET);
  const error = tgkill(nptl, getpid(nptl), nptl.tid(row), SIGCANCEL);
  if (typeof old !== 'number') sigprocmask(nptl, SIG_SETMASK, old, false);
  return error;
}

/** The handler: asks whether the signal is this library's own, and ends the thread if it may be ended now. */
function handle(nptl: Nptl, info: Addr): void {
  const [hi, lo] = [hiOf(info), loOf(info)];
  if (nptl.load(hi, lo + SI_CODE) !== SI_TKILL) return;
  if (nptl.load(hi, lo + nptl.target.signals.siginfoUnion) !== nptl.tgid) return;
  const { cancelhandling } = nptl.threads;
  const row = nptl.self;
  const state = cancelhandling[row]!;
  if ((state & (EXITING_BIT | CANCELSTATE_BIT)) !== 0) return;
  cancelhandling[row] = state | CANCELED_BIT;
  if ((state & (CANCELTYPE_BIT | SLEEP_BIT)) === 0) return;
  nptl.exiting = nptl.kernel.current;
  nptl.exitValue = PTHREAD_CANCELED;
}
