/**
 * Signals as a machine has them: their numbers, the flags and masks of rt_sigaction and rt_sigprocmask, and the
 * frame that delivery leaves on the stack. Here: what i386, x86_64 and ia64 share (asm-generic/signal.h), and the
 * types. Sources: Linux 6.1, arch/{x86,sparc,ia64}/include/uapi/asm/{signal,siginfo,sigcontext}.h.
 */

/** A place in a structure: where, and how many bytes. */
export interface Field {
  readonly at: number;
  readonly bytes: 4 | 8;
}

/**
 * What delivery writes to the stack, and where; bytes from the frame's start. Registers that the system-call
 * interface does not have (segments, floating point) are left as the memory was.
 */
export interface FrameLayout {
  readonly size: number;
  /** Address of the frame for a stack pointer, as an offset from it: how far down, and its alignment. */
  readonly redZone: number;
  /** Added before aligning. */
  readonly bias: number;
  readonly align: number;
  /** The frame lies this much below a multiple of `align`. */
  readonly below: number;
  /** How far above the frame the stack pointer is when the handler has returned. */
  readonly returned: number;
  readonly signo: Field | null;
  readonly info: number | null;
  /** What the handler gets as third argument; null for 0. */
  readonly context: number | null;
  readonly stack: number | null;
  /** First and second 32-bit word of the interrupted mask, the low signals first unless `highFirst`. */
  readonly mask: readonly [number, number];
  /** Registers of the trap convention by name, and the stack pointer as "sp". */
  readonly regs: Readonly<Record<string, Field>>;
  /** Saved program counter: 0, or 1 where the interrupted call begins again. */
  readonly pc: Field;
  /** Fault number, error code and address, where the machine's frame has them. */
  readonly fault: { readonly trapno: Field; readonly err: Field; readonly address: Field } | null;
}

export interface SignalAbi {
  /** By name, SIGSEGV for one. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly SIG_BLOCK: number;
  readonly SIG_UNBLOCK: number;
  readonly SIG_SETMASK: number;
  readonly SA_NOCLDSTOP: number;
  readonly SA_NOCLDWAIT: number;
  readonly SA_SIGINFO: number;
  readonly SA_RESTORER: number;
  readonly SA_ONSTACK: number;
  readonly SA_RESTART: number;
  readonly SA_NODEFER: number;
  readonly SA_RESETHAND: number;
  readonly MINSIGSTKSZ: number;
  /**
   * What a handler with SA_ONSTACK looks at before it goes to the alternate stack: that there is one that is not in use;
   * that none is in use, so that with none at all its frame cannot be written; or, by a slip of 2.4.20's x86_64, that
   * there is none or that it is in use.
   */
  readonly altStackTest: 'sas_ss_flags' | 'on_sig_stack' | '! sas_ss_flags';
  /** A frame that would leave the alternate stack is not written: SIGSEGV. */
  readonly altStackOverflows: boolean;
  /** rt_sigaction takes the restorer as its fourth of five arguments (64-bit sparc). */
  readonly restorerArgument: boolean;
  /** Longs of struct sigaction: handler, flags, restorer (or none), then the mask. */
  readonly sigactionHasRestorer: boolean;
  /** A 64-bit mask stores its upper half first. */
  readonly maskHighFirst: boolean;
  /** Where the union of siginfo_t starts. */
  readonly siginfoUnion: number;
  /** Frame of a handler with SA_SIGINFO, and of one without. */
  readonly frame: FrameLayout;
  readonly plainFrame: FrameLayout;
}

/** Signals of asm-generic/signal.h, and the x86 ones beside them. */
export const genericSignals: Readonly<Record<string, number>> = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
  SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGSTKFLT: 16, SIGCHLD: 17, SIGCONT: 18,
  SIGSTOP: 19, SIGTSTP: 20, SIGTTIN: 21, SIGTTOU: 22, SIGURG: 23, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26,
  SIGPROF: 27, SIGWINCH: 28, SIGIO: 29, SIGPWR: 30, SIGSYS: 31,
};

/** Highest signal, and the first real-time one as the kernel counts. */
export const NSIG = 64;
export const SIGRTMIN = 32;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

/** The same on every machine here: asm-generic/signal-defs.h of 6.1. */
export const SA_EXPOSE_TAGBITS = 0x800;
export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 1 << 31;

/** si_code: who sent it. */
export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_TKILL = -6;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRERR = 2;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

/** Flags and masks of asm-generic/signal-defs.h. */
export const genericSignalFlags = {
  SIG_BLOCK: 0, SIG_UNBLOCK: 1, SIG_SETMASK: 2,
  SA_NOCLDSTOP: 1, SA_NOCLDWAIT: 2, SA_SIGINFO: 4, SA_RESTORER: 0x04000000, SA_ONSTACK: 0x08000000,
  SA_RESTART: 0x10000000, SA_NODEFER: 0x40000000, SA_RESETHAND: 0x80000000 | 0,
} as const;

/** Fields in a row from `at` on: one a name, all of `bytes`. An empty name leaves a gap. */
export function fieldsFrom(at: number, bytes: 4 | 8, names: readonly string[]): Record<string, Field> {
  return Object.fromEntries(names.map((name, i) => [name, { at: at + i * bytes, bytes }]).filter(([name]) => name !== ''));
}
