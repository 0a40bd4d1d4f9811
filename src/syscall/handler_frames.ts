/**
 * Handlers on the stack: setup_rt_frame() puts one there, sys_rt_sigreturn() takes it away. The alternate stack is
 * chosen here. arch/x86/kernel/signal.c: get_sigframe(); kernel/signal.c of Linux 6.1.
 */
import { SI_KERNEL, SS_AUTODISARM } from '../arch/generic/signal.js';
import type { Registers, SignalAbi, Target } from '../arch/index.js';
import type { Mm } from '../mm/mm.js';
import type { SigAction, SigInfo } from '../task/signal_state.js';
import type { HandlerCall, UserMode } from '../task/user_mode.js';
import { frameBelow, type Halves, isOnStack, offsetBy, readFrame, writeFrame } from './signal_frame.js';
import type { Signals } from './signals.js';

/** The running task. */
export interface FrameHost {
  readonly target: Target;
  readonly mm: Mm;
  readonly regs: Registers;
  readonly current: number;
  readonly process: { readonly user: UserMode };
  readonly signals: Signals;
}

const NOWHERE: Halves = { hi: 0, lo: 0 };
const sp = new Int32Array(2);

/** Stack pointer of the running task. */
export function stackPointer(host: FrameHost): Halves {
  host.process.user.stackPointer(host.current, sp);
  return { hi: sp[0]!, lo: sp[1]! };
}

function goesToAltStack(test: SignalAbi['altStackTest'], isThere: boolean, isInUse: boolean): boolean {
  switch (test) {
    case 'sas_ss_flags': return isThere && !isInUse;
    case 'on_sig_stack': return !isInUse;
    case '! sas_ss_flags': return !isThere || isInUse;
  }
}

/** Writes the frame of a handler and starts it in user mode. Returns false when the stack cannot hold it. */
export function pushHandler(host: FrameHost, info: SigInfo, action: SigAction, callBegins: boolean): boolean {
  const { target, current: slot, signals } = host;
  const { signals: abi } = target;
  const now = stackPointer(host);
  const altStack = signals.altStacks.get(slot);
  const wasOn = isOnStack(altStack, now);
  const switches = (action.flags & abi.SA_ONSTACK) !== 0 && goesToAltStack(abi.altStackTest, altStack !== undefined, wasOn);
  if (switches && altStack === undefined) return false;
  const top = switches && altStack !== undefined ? offsetBy({ hi: altStack.spHi + altStack.sizeHi, lo: altStack.spLo }, altStack.sizeLo >>> 0) : now;
  const layout = (action.flags & abi.SA_SIGINFO) !== 0 ? abi.frame : abi.plainFrame;
  const below = frameBelow(layout, top);
  const base = { hi: target.bits === 32 ? 0 : below.hi, lo: below.lo };
  if (abi.altStackOverflows && wasOn && !isOnStack(altStack, base)) return false;
  const suspended = signals.suspended.get(slot);
  const written = writeFrame(host.mm, target, layout, base, host.regs, info, {
    maskHi: suspended?.hi ?? signals.blockedHi(slot),
    maskLo: suspended?.lo ?? signals.blockedLo(slot),
    sp: now, altStack, callBegins,
  });
  if (!written) return false;
  // __save_altstack(): the frame has it, and sigreturn puts it back.
  if (layout.stack !== null && altStack !== undefined && (altStack.flags & SS_AUTODISARM) !== 0) signals.altStacks.delete(slot);
  const infoAt = layout.info === null ? NOWHERE : offsetBy(base, layout.info);
  const context = layout.context === null ? NOWHERE : offsetBy(base, layout.context);
  const after = offsetBy(base, layout.returned);
  const call: HandlerCall = {
    signal: info.signo, handlerHi: action.handlerHi, handlerLo: action.handlerLo,
    infoHi: infoAt.hi, infoLo: infoAt.lo, contextHi: context.hi, contextLo: context.lo,
    spHi: base.hi, spLo: base.lo, returnHi: after.hi, returnLo: after.lo,
    sigreturn: layout === abi.frame ? 'rt_sigreturn' : 'sigreturn',
  };
  host.process.user.signalled(slot, call);
  return true;
}

/**
 * Puts back the registers and the mask of the frame below the stack pointer. Returns whether the interrupted call
 * begins again, or null when there is no such frame, which is a SIGSEGV.
 */
export function popHandler(host: FrameHost, isPlain: boolean): boolean | null {
  const { target, current: slot, signals } = host;
  const { signals: abi } = target;
  const layout = isPlain ? abi.plainFrame : abi.frame;
  const base = offsetBy(stackPointer(host), -layout.returned);
  const frame = readFrame({ mm: host.mm, target }, layout, { hi: target.bits === 32 ? 0 : base.hi, lo: base.lo }, host.regs);
  if (frame === null) {
    signals.force(slot, {
      signo: abi.numbers.SIGSEGV!, code: SI_KERNEL, pid: 0, uid: 0, valueHi: 0, valueLo: 0, addrHi: 0, addrLo: 0, kind: 'kill',
    });
    return null;
  }
  signals.setBlocked(slot, frame.maskHi, frame.maskLo);
  if (frame.altStack !== null) signals.setAltStack(slot, frame.altStack);
  return frame.callBegins;
}
