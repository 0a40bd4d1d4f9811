/** Signals of i386 tasks: arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h; arch/x86/kernel/signal.c. */
import { fieldsFrom, type FrameLayout, genericSignalFlags, genericSignals, type SignalAbi } from '../generic/signal.js';

/** struct sigcontext_32: gs fs es ds edi esi ebp esp ebx edx ecx eax trapno err eip ... cr2. */
function sigcontext(at: number): Pick<FrameLayout, 'regs' | 'pc' | 'fault'> {
  return {
    regs: fieldsFrom(at + 16, 4, ['edi', 'esi', 'ebp', 'sp', 'ebx', 'edx', 'ecx', 'eax']),
    pc: { at: at + 56, bytes: 4 },
    fault: { trapno: { at: at + 48, bytes: 4 }, err: { at: at + 52, bytes: 4 }, address: { at: at + 84, bytes: 4 } },
  };
}

const placed = { redZone: 0, bias: 4, align: 16, below: 4, signo: { at: 4, bytes: 4 } } as const;

/** struct rt_sigframe: pretcode, sig, pinfo, puc, info 16, ucontext 144, retcode 260. */
const frame: FrameLayout = {
  ...placed, size: 268, returned: 4, info: 16, context: 144, stack: 152, mask: [252, 256], ...sigcontext(164),
};

/** struct sigframe: pretcode, sig, sigcontext 8 (oldmask at 80 of it), fpstate, extramask 720, retcode 724. */
const plainFrame: FrameLayout = {
  ...placed, size: 732, returned: 8, info: null, context: null, stack: null, mask: [88, 720], ...sigcontext(8),
};

export const i386Signals: SignalAbi = {
  numbers: genericSignals,
  ...genericSignalFlags,
  MINSIGSTKSZ: 2048,
  restorerArgument: false,
  sigactionHasRestorer: true,
  maskHighFirst: false,
  siginfoUnion: 12,
  frame,
  plainFrame,
};
