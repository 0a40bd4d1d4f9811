/** Signals of 64-bit x86 tasks: arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h. There is one kind of frame. */
import { fieldsFrom, type FrameLayout, genericSignalFlags, genericSignals, type SignalAbi } from '../generic/signal.js';

/** struct rt_sigframe: pretcode, ucontext 8 with its sigcontext at 48 and its mask at 304, info 312. */
const frame: FrameLayout = {
  size: 440, redZone: 128, bias: 0, align: 16, below: 8, returned: 8, signo: null, info: 312, context: 8, stack: 24, mask: [304, 308],
  regs: fieldsFrom(48, 8, ['r8', 'r9', 'r10', '', '', '', '', '', 'rdi', 'rsi', '', '', 'rdx', 'rax', '', 'sp']),
  pc: { at: 176, bytes: 8 },
  fault: { trapno: { at: 208, bytes: 8 }, err: { at: 200, bytes: 8 }, address: { at: 224, bytes: 8 } },
};

export const x8664Signals: SignalAbi = {
  numbers: genericSignals,
  ...genericSignalFlags,
  MINSIGSTKSZ: 2048,
  restorerArgument: false,
  sigactionHasRestorer: true,
  maskHighFirst: false,
  siginfoUnion: 16,
  frame,
  plainFrame: frame,
};
