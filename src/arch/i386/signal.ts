/** Signals of i386 tasks: arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h; arch/x86/kernel/signal.c. */
import { isSince, type Release, since } from '../../release/index.js';
import { fieldsFrom, type FrameLayout, genericSignalFlags, genericSignals, type SignalAbi } from '../generic/signal.js';

/** struct sigcontext_32: gs fs es ds edi esi ebp esp ebx edx ecx eax trapno err eip ... cr2. */
function sigcontext(at: number): Pick<FrameLayout, 'regs' | 'pc' | 'fault'> {
  return {
    regs: fieldsFrom(at + 16, 4, ['edi', 'esi', 'ebp', 'sp', 'ebx', 'edx', 'ecx', 'eax']),
    pc: { at: at + 56, bytes: 4 },
    fault: { trapno: { at: at + 48, bytes: 4 }, err: { at: at + 52, bytes: 4 }, address: { at: at + 84, bytes: 4 } },
  };
}

/**
 * get_sigframe(): so that ((sp + 4) & 15) == 0 at the handler's entry, up to 2.6.13 at a multiple of 8; in both kinds of
 * tasks (arch/i386/kernel/signal.c, arch/x86_64/ia32/ia32_signal.c; read in 2.4.20 to 2.6.18, 3.6 and 3.8).
 */
function placed(release: Release): Pick<FrameLayout, 'redZone' | 'bias' | 'align' | 'below' | 'signo'> {
  const aligned = since(release, { bias: 0, align: 8, below: 0 }, '2.6.18', { bias: 4, align: 16, below: 4 });
  return { redZone: 0, ...aligned, signo: { at: 4, bytes: 4 } };
}

/** struct rt_sigframe: pretcode, sig, pinfo, puc, info 16, ucontext 144, retcode 260; the fpstate in between has moved out. */
function frame(release: Release): FrameLayout {
  const size = since(release, 892, '2.6.32', 268);
  return { ...placed(release), size, returned: 4, info: 16, context: 144, stack: 152, mask: [252, 256], ...sigcontext(164) };
}

/** struct sigframe: pretcode, sig, sigcontext 8 (oldmask at 80 of it), fpstate, extramask 720, retcode 724. */
function plainFrame(release: Release): FrameLayout {
  return {
    ...placed(release), size: 732, returned: 8, info: null, context: null, stack: null, mask: [88, 720], ...sigcontext(8),
  };
}

export function i386Signals(release: Release): SignalAbi {
  return {
    numbers: genericSignals,
    ...genericSignalFlags,
    MINSIGSTKSZ: 2048,
    restorerArgument: false,
    sigactionHasRestorer: true,
    maskHighFirst: false,
    siginfoUnion: 12,
    altStackTest: 'sas_ss_flags',
    altStackOverflows: isSince(release, '2.6.32'),
    frame: frame(release),
    plainFrame: plainFrame(release),
  };
}

/** The same on x86_64: arch/x86_64/ia32/ia32_signal.c, whose get_sigframe() is the machine's own up to 6.1. */
export function ia32Signals(release: Release): SignalAbi {
  return {
    ...i386Signals(release),
    altStackTest: since<SignalAbi['altStackTest']>(release, 'on_sig_stack', '2.6.6', 'sas_ss_flags'),
    altStackOverflows: isSince(release, '6.13'),
  };
}
