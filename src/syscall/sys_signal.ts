/**
 * What a task does with its own signals: rt_sigaction(2), rt_sigprocmask(2), rt_sigpending(2), rt_sigsuspend(2),
 * rt_sigtimedwait(2), sigaltstack(2), pause(2), sigreturn(2). kernel/signal.c of Linux 6.1; the layouts are the
 * machine's (arch/generic/signal.ts).
 */
import { EAGAIN, EFAULT, EINTR, EINVAL, ENOMEM, EPERM } from '../arch/generic/errno.js';
import { ERESTARTNOHAND } from '../arch/generic/restart.js';
import { SA_EXPOSE_TAGBITS, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../arch/generic/signal.js';
import { FAULT, store8 } from '../mm/uaccess.js';
import { DEFAULT_ACTION, type SigAction, Sighand } from '../task/signal_state.js';
import { popHandler, stackPointer } from './handler_frames.js';
import { type Kernel, SIGRETURNED } from './kernel.js';
import { getStack, isOnStack, putSiginfo, putStack } from './signal_frame.js';
import { readTimespec, type TimespecKind, timespecDeadline } from './timespec.js';
import { getLong, getWord, long, type Memory, putLong, putWord } from './user_words.js';

/** Bytes of the kernel's sigset_t. */
const SIGSET_BYTES = 8;
/** Handlers of these are NPTL's own: they interrupt nothing that must begin again with its arguments. */
const NPTL_SIGNALS = [32, 33];

const isNull = (k: Kernel, i: number) => k.lo(i) === 0 && k.hi(i) === 0;

interface Mask {
  readonly hi: number;
  readonly lo: number;
}

/** A sigset_t at argument i, `at` bytes on; null where memory refuses. */
function readMask(k: Kernel, i: number, at = 0): Mask | null {
  const [first, second] = [getWord(k, k.hi(i), k.lo(i), at), getWord(k, k.hi(i), k.lo(i), at + 4)];
  if (first === FAULT || second === FAULT) return null;
  return k.target.signals.maskHighFirst ? { hi: first, lo: second } : { hi: second, lo: first };
}

function writeMask(k: Kernel, i: number, { hi, lo }: Mask, at = 0): number {
  const [first, second] = k.target.signals.maskHighFirst ? [hi, lo] : [lo, hi];
  const wrote = putWord(k, k.hi(i), k.lo(i), at, first) === 0 && putWord(k, k.hi(i), k.lo(i), at + 4, second) === 0;
  return wrote ? 0 : -EFAULT;
}

/** A size argument that must be that of a sigset_t. */
const isSigsetSize = (k: Kernel, i: number) => k.lo(i) === SIGSET_BYTES && k.hi(i) === 0;

// ---- actions --------------------------------------------------------------------------------------

/** struct sigaction: handler, flags, restorer where there is one, then the mask; each on a long of its own. */
function readAction(k: Kernel, i: number): SigAction | null {
  const bytes = k.target.bits / 8;
  const [hi, lo] = [k.hi(i), k.lo(i)];
  if (getLong(k, hi, lo, 0, bytes) < 0) return null;
  const { hi: handlerHi, lo: handlerLo } = long;
  if (getLong(k, hi, lo, bytes, bytes) < 0) return null;
  const flags = long.lo;
  const { sigactionHasRestorer } = k.target.signals;
  if (sigactionHasRestorer && getLong(k, hi, lo, 2 * bytes, bytes) < 0) return null;
  const mask = readMask(k, i, (sigactionHasRestorer ? 3 : 2) * bytes);
  if (mask === null) return null;
  const restorer = sigactionHasRestorer ? long : { hi: 0, lo: 0 };
  return { handlerHi, handlerLo, flags, restorerHi: restorer.hi, restorerLo: restorer.lo, maskHi: mask.hi, maskLo: mask.lo };
}

/** UAPI_SA_FLAGS of 6.1. */
function withKnownFlags(k: Kernel, action: SigAction): SigAction {
  const abi = k.target.signals;
  const known = abi.SA_NOCLDSTOP | abi.SA_NOCLDWAIT | abi.SA_SIGINFO | abi.SA_ONSTACK | abi.SA_RESTART |
    abi.SA_NODEFER | abi.SA_RESETHAND | abi.SA_RESTORER | SA_EXPOSE_TAGBITS;
  return { ...action, flags: action.flags & known };
}

function writeAction(k: Kernel, i: number, action: SigAction): number {
  const bytes = k.target.bits / 8;
  const [hi, lo] = [k.hi(i), k.lo(i)];
  const { sigactionHasRestorer } = k.target.signals;
  const failed = putLong(k, hi, lo, 0, bytes, action.handlerHi, action.handlerLo) < 0 ||
    putLong(k, hi, lo, bytes, bytes, 0, action.flags) < 0 ||
    (sigactionHasRestorer && putLong(k, hi, lo, 2 * bytes, bytes, action.restorerHi, action.restorerLo) < 0);
  if (failed) return -EFAULT;
  return writeMask(k, i, { hi: action.maskHi, lo: action.maskLo }, (sigactionHasRestorer ? 3 : 2) * bytes);
}

/** rt_sigaction(sig, act, oact, size); on sparc (sig, act, oact, restorer, size). */
export function sysRtSigaction(k: Kernel): number {
  const { signals, process } = k;
  if (!isSigsetSize(k, k.target.signals.restorerArgument ? 4 : 3)) return -EINVAL;
  const action = isNull(k, 1) ? null : readAction(k, 1);
  if (action === null && !isNull(k, 1)) return -EFAULT;
  const signo = k.lo(0);
  if (!signals.isValid(signo) || (action !== null && signals.isKernelOnly(signo))) return -EINVAL;
  const old = process.sighand?.get(signo) ?? DEFAULT_ACTION;
  if (action !== null) {
    process.sighand ??= new Sighand();
    signals.setAction(process, signo, k.taskRules.clearsSigactionFlags ? withKnownFlags(k, action) : action);
    const isHandler = action.handlerHi !== 0 || (action.handlerLo >>> 0) > 1;
    if (isHandler && !NPTL_SIGNALS.includes(signo)) k.savedRegs.isOn = true;
  }
  return isNull(k, 2) ? 0 : writeAction(k, 2, old);
}

/** signal(2): a handler for one time that does not block its signal. */
export function sysSignal(k: Kernel): number {
  const { signals, process, target } = k;
  const signo = k.lo(0);
  if (!signals.isValid(signo) || signals.isKernelOnly(signo)) return -EINVAL;
  const old = process.sighand?.get(signo) ?? DEFAULT_ACTION;
  process.sighand ??= new Sighand();
  const flags = target.signals.SA_RESETHAND | target.signals.SA_NODEFER;
  signals.setAction(process, signo, { ...DEFAULT_ACTION, handlerHi: k.hi(1), handlerLo: k.lo(1), flags });
  if (k.hi(1) !== 0 || (k.lo(1) >>> 0) > 1) k.savedRegs.isOn = true;
  return k.word(old.handlerHi, old.handlerLo);
}

// ---- masks ----------------------------------------------------------------------------------------

/** rt_sigprocmask(how, set, oset, size). */
export function sysRtSigprocmask(k: Kernel): number {
  const { signals, current } = k;
  const abi = k.target.signals;
  if (!isSigsetSize(k, 3)) return -EINVAL;
  const old = { hi: signals.blockedHi(current), lo: signals.blockedLo(current) };
  if (!isNull(k, 1)) {
    const set = readMask(k, 1);
    if (set === null) return -EFAULT;
    const how = k.lo(0);
    if (how === abi.SIG_BLOCK) signals.setBlocked(current, old.hi | set.hi, old.lo | set.lo);
    else if (how === abi.SIG_UNBLOCK) signals.setBlocked(current, old.hi & ~set.hi, old.lo & ~set.lo);
    else if (how === abi.SIG_SETMASK) signals.setBlocked(current, set.hi, set.lo);
    else return -EINVAL;
  }
  return isNull(k, 2) ? 0 : writeMask(k, 2, old);
}

/** rt_sigpending(set, size): those pending that are blocked; of a smaller size the first bytes. */
export function sysRtSigpending(k: Kernel): number {
  if (k.hi(1) !== 0 || (k.lo(1) >>> 0) > SIGSET_BYTES) return -EINVAL;
  const { hi, lo } = k.signals.pendingFor(k.current);
  const mask = { hi: hi & k.signals.blockedHi(k.current), lo: lo & k.signals.blockedLo(k.current) };
  if (k.lo(1) === SIGSET_BYTES) return writeMask(k, 0, mask);
  const { signals: { maskHighFirst }, bigEndian } = k.target;
  const words = maskHighFirst ? [mask.hi, mask.lo] : [mask.lo, mask.hi];
  for (let at = 0; at < k.lo(1); at++) {
    const low = (k.lo(0) >>> 0) + at;
    const byte = (words[at >> 2]! >>> (8 * (bigEndian ? 3 - (at & 3) : at & 3))) & 0xff;
    if (store8(k.mm, k.hi(0) + Math.floor(low / 2 ** 32), low | 0, byte) < 0) return -EFAULT;
  }
  return 0;
}

// ---- waiting --------------------------------------------------------------------------------------

const forSignal = { ownedBy: null, deadline: Number.POSITIVE_INFINITY, atDeadline: 0, interrupted: -ERESTARTNOHAND };

/** rt_sigsuspend(mask, size). */
export function sysRtSigsuspend(k: Kernel): number {
  if (!isSigsetSize(k, 1)) return -EINVAL;
  const mask = readMask(k, 0);
  if (mask === null) return -EFAULT;
  const { signals, current } = k;
  signals.suspended.set(current, { hi: signals.blockedHi(current), lo: signals.blockedLo(current) });
  signals.setBlocked(current, mask.hi, mask.lo);
  return k.sleep({ why: 'sigsuspend', ...forSignal });
}

export function sysPause(k: Kernel): number {
  return k.sleep({ why: 'pause', ...forSignal });
}

export function sysRtSigtimedwait(k: Kernel): number {
  return sigtimedwait(k, 'task');
}

export function sysRtSigtimedwait64(k: Kernel): number {
  return sigtimedwait(k, 'time64');
}

/** rt_sigtimedwait(set, info, timeout, size): takes a pending signal, or waits for one. */
function sigtimedwait(k: Kernel, kind: TimespecKind): number {
  if (!isSigsetSize(k, 3)) return -EINVAL;
  const set = readMask(k, 0);
  if (set === null) return -EFAULT;
  let deadline = Number.POSITIVE_INFINITY;
  if (!isNull(k, 2)) {
    const error = readTimespec(k, k.hi(2), k.lo(2), kind);
    if (error < 0) return error;
    deadline = timespecDeadline(k, true, 'now');
    if (deadline < 0) return deadline;
  }
  const { signals, current } = k;
  const lo = set.lo & ~signals.kernelOnlyMask;
  const info = { hi: k.hi(1), lo: k.lo(1) };
  const memory: Memory = { mm: k.mm, target: k.target };
  const finish = (signal: Parameters<typeof putSiginfo>[2]): number => {
    if ((info.hi !== 0 || info.lo !== 0) && !putSiginfo(memory, info, signal)) return -EFAULT;
    return signal.signo;
  };
  const ready = signals.dequeue(current, ~set.hi, ~lo);
  if (ready !== null) return finish(ready);
  if (deadline <= k.clock.now) return -EAGAIN;
  signals.waits.set(current, { hi: set.hi, lo, finish });
  return k.sleep({
    why: 'sigwait', ownedBy: null, deadline, atDeadline: -EAGAIN, interrupted: -EINTR,
    leave: () => {
      signals.waits.delete(current);
    },
  });
}

// ---- the alternate stack, and the way back ---------------------------------------------------------

/** sigaltstack(ss, oss). */
export function sysSigaltstack(k: Kernel): number {
  const { signals, current } = k;
  const asked = isNull(k, 0) ? null : getStack(k, { hi: k.hi(0), lo: k.lo(0) });
  if (asked === null && !isNull(k, 0)) return -EFAULT;
  const sp = stackPointer(k);
  const old = signals.altStacks.get(current);
  if (asked !== null) {
    if (isOnStack(old, sp)) return -EPERM;
    const mode = k.taskRules.autodisarms ? asked.flags & ~SS_AUTODISARM : asked.flags;
    if (mode !== 0 && mode !== SS_DISABLE && mode !== SS_ONSTACK) return -EINVAL;
    const isSmall = asked.sizeHi === 0 && (asked.sizeLo >>> 0) < k.target.signals.MINSIGSTKSZ;
    if (mode !== SS_DISABLE && isSmall) return -ENOMEM;
    signals.setAltStack(current, asked);
  }
  return isNull(k, 1) || putStack(k, { hi: k.hi(1), lo: k.lo(1) }, old, sp) ? 0 : -EFAULT;
}

function sigreturn(k: Kernel, isPlain: boolean): number {
  k.restartBlocks.delete(k.current);
  const begins = popHandler(k, isPlain);
  if (begins === null) k.needResched = true;
  k.callBegins = begins === true;
  return SIGRETURNED;
}

export function sysRtSigreturn(k: Kernel): number {
  return sigreturn(k, false);
}

export function sysSigreturn(k: Kernel): number {
  return sigreturn(k, true);
}

/** restart_syscall(): goes on with a sleep that a signal without a handler interrupted. */
export function sysRestartSyscall(k: Kernel): number {
  const again = k.restartBlocks.get(k.current);
  k.restartBlocks.delete(k.current);
  return again === undefined ? -EINTR : again();
}
