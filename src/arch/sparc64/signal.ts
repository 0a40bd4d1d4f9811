/**
 * Signals of sparc: arch/sparc/include/uapi/asm/signal.h, arch/sparc/kernel/{signal_64,signal32}.c. Numbers, masks and
 * flags differ from everybody else's. The handler of a 64-bit task gets the siginfo_t as third argument too.
 *
 * Unlike Linux: a 32-bit task's handler without SA_SIGINFO gets the frame of one with it.
 */
import { isSince, type Release, since } from '../../release/index.js';
import { fieldsFrom, type FrameLayout, type SignalAbi } from '../generic/signal.js';

const numbers: Readonly<Record<string, number>> = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGEMT: 7, SIGFPE: 8, SIGKILL: 9, SIGBUS: 10,
  SIGSEGV: 11, SIGSYS: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGURG: 16, SIGSTOP: 17, SIGTSTP: 18, SIGCONT: 19,
  SIGCHLD: 20, SIGTTIN: 21, SIGTTOU: 22, SIGIO: 23, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGWINCH: 28,
  SIGLOST: 29, SIGUSR1: 30, SIGUSR2: 31,
};

const REGISTERS = ['', 'g1', '', '', '', '', '', '', 'o0', 'o1', 'o2', 'o3', 'o4', 'o5', 'sp'];

/** struct rt_signal_frame: stack frame 192, siginfo 128, pt_regs 160, fpu_save, stack 488, mask 512, rwin_save. */
const frame64: FrameLayout = {
  size: 528, redZone: 0, bias: 0, align: 16, below: 0, returned: 0, signo: null, info: 192, context: 192, stack: 488, mask: [512, 516],
  regs: { ...fieldsFrom(320, 8, REGISTERS), ccr: { at: 448, bytes: 8 } },
  pc: { at: 456, bytes: 8 },
  fault: null,
};

/** struct rt_signal_frame32: stack frame 96, siginfo 128, pt_regs32 (psr pc npc y u_regs) 80, mask 304, stack 324. */
const frame32: FrameLayout = {
  size: 496, redZone: 0, bias: 0, align: 16, below: 0, returned: 0, signo: null, info: 96, context: 96, stack: 324, mask: [304, 308],
  regs: { ...fieldsFrom(240, 4, REGISTERS), ccr: { at: 224, bytes: 4 } },
  pc: { at: 228, bytes: 4 },
  fault: null,
};

const common = {
  numbers,
  SIG_BLOCK: 1, SIG_UNBLOCK: 2, SIG_SETMASK: 4,
  SA_ONSTACK: 1, SA_RESTART: 2, SA_RESETHAND: 4, SA_NOCLDSTOP: 8, SA_NODEFER: 0x20, SA_NOCLDWAIT: 0x100, SA_SIGINFO: 0x200,
  SA_RESTORER: 0,
  MINSIGSTKSZ: 4096,
  sigactionHasRestorer: true,
} as const;

/** get_sigframe(). */
export function sparc64Signals(release: Release): SignalAbi {
  return {
    ...common, restorerArgument: true, maskHighFirst: true, siginfoUnion: 16, frame: frame64, plainFrame: frame64,
    altStackTest: since<SignalAbi['altStackTest']>(release, 'on_sig_stack', '2.6.32', 'sas_ss_flags'),
    altStackOverflows: isSince(release, '2.6.32'),
  };
}

/** Unlike Linux up to 2.6.18: SA_ONSTACK without an alternate stack is no SIGILL. */
export function sparc32Signals(release: Release): SignalAbi {
  return {
    ...common, restorerArgument: true, maskHighFirst: false, siginfoUnion: 12, frame: frame32, plainFrame: frame32,
    altStackTest: 'sas_ss_flags', altStackOverflows: isSince(release, '2.6.32'),
  };
}
