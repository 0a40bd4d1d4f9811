/** Signals of 64-bit x86 tasks: arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h. There is one kind of frame. */
import { isSince, type Release, since } from '../../release/index.js';
import { fieldsFrom, type FrameLayout, genericSignalFlags, genericSignals, type SignalAbi } from '../generic/signal.js';

/** struct rt_sigframe: pretcode, ucontext 8 with its sigcontext at 48 and its mask at 304, info 312. */
const frame: FrameLayout = {
  size: 440, redZone: 128, bias: 0, align: 16, below: 8, returned: 8, signo: null, info: 312, context: 8, stack: 24, mask: [304, 308],
  regs: fieldsFrom(48, 8, ['r8', 'r9', 'r10', '', '', '', '', '', 'rdi', 'rsi', '', '', 'rdx', 'rax', '', 'sp']),
  pc: { at: 176, bytes: 8 },
  fault: { trapno: { at: 208, bytes: 8 }, err: { at: 200, bytes: 8 }, address: { at: 224, bytes: 8 } },
};

/** get_stack(); of 3.6 on get_sigframe(). */
export function x8664Signals(release: Release): SignalAbi {
  return {
    ...common,
    altStackTest: since<SignalAbi['altStackTest']>(release, '! sas_ss_flags', '2.5.45', 'sas_ss_flags'),
    altStackOverflows: isSince(release, '2.6.32'),
  };
}

const common: Omit<SignalAbi, 'altStackTest' | 'altStackOverflows'> = {
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
