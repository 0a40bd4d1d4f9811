/**
 * Signals of ia64: arch/ia64/kernel/{signal.c,sigframe.h}, include/uapi/asm/sigcontext.h. The handler gets the
 * sigcontext as its third argument, and there is one kind of frame.
 *
 * Unlike Linux: out0 to out5 of an interrupted call, which there stay in the register stack, are kept in the reserved
 * words of the sigcontext.
 */
import { isSince, type Release, since } from '../../release/index.js';
import { fieldsFrom, type FrameLayout, genericSignalFlags, genericSignals, type SignalAbi } from '../generic/signal.js';

const CONTEXT = 160;

const frame: FrameLayout = {
  // r12 is 16 below the frame: the scratch area.
  size: 160 + 2656, redZone: 0, bias: 0, align: 16, below: 0, returned: 0, signo: { at: 0, bytes: 8 }, info: 32,
  context: CONTEXT, stack: CONTEXT + 16, mask: [CONTEXT + 2640, CONTEXT + 2644],
  regs: {
    ...fieldsFrom(CONTEXT + 200 + 64, 8, ['r8', '', 'r10', '', 'sp', '', '', 'r15']),
    ...fieldsFrom(CONTEXT + 2544, 8, ['out0', 'out1', 'out2', 'out3', 'out4', 'out5']),
  },
  pc: { at: CONTEXT + 40, bytes: 8 },
  fault: null,
};

/** setup_frame(), where 2.6.32 looks whether the memory stack overflows. */
export function ia64Signals(release: Release): SignalAbi {
  return {
    ...common,
    altStackTest: since<SignalAbi['altStackTest']>(release, 'on_sig_stack', '2.5.74', 'sas_ss_flags'),
    altStackOverflows: isSince(release, '2.6.32'),
  };
}

const common: Omit<SignalAbi, 'altStackTest' | 'altStackOverflows'> = {
  numbers: Object.fromEntries(Object.entries(genericSignals).filter(([name]) => name !== 'SIGSTKFLT')),
  ...genericSignalFlags,
  MINSIGSTKSZ: 131027, // a typing error that stayed: asm-ia64/signal.h
  restorerArgument: false,
  sigactionHasRestorer: false,
  maskHighFirst: false,
  siginfoUnion: 16,
  frame,
  plainFrame: frame,
};
