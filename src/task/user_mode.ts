/**
 * A process's user mode as the kernel sees it: run a task until it traps into a call that sleeps, yields
 * or ends it. TypeScript programs and translated binaries stand behind the same interface.
 */
import type { Mm } from '../mm/mm.js';

/** What a blocked task waits for, as user space knows it. */
export interface WaitReport {
  /** "mutex 0x804b010", "pthread_join of thread 1003". */
  readonly waitsOn: string;
  /** tid of the task that could end the wait, or null when nobody in particular can. */
  readonly ownedBy: number | null;
}

/** A signal handler that is to run on top of what its task does. Its frame is on the stack already. */
export interface HandlerCall {
  /** The machine's number. */
  readonly signal: number;
  /** sa_handler, as rt_sigaction was given it. */
  readonly handlerHi: number;
  readonly handlerLo: number;
  /** Addresses of the siginfo_t and of the context, 0 where the frame has none. */
  readonly infoHi: number;
  readonly infoLo: number;
  readonly contextHi: number;
  readonly contextLo: number;
  /** Stack pointer at the handler's first instruction: the frame's address. */
  readonly spHi: number;
  readonly spLo: number;
  /** Stack pointer once the handler has returned: where rt_sigreturn (sigreturn) must be called with. */
  readonly returnHi: number;
  readonly returnLo: number;
  /** The call that undoes the frame: "rt_sigreturn", or "sigreturn" for a handler without SA_SIGINFO on some machines. */
  readonly sigreturn: 'rt_sigreturn' | 'sigreturn';
}

/** What the user mode of a new process needs to know of it. */
export interface ForkedProcess {
  readonly tgid: number;
  readonly mm: Mm;
}

export interface UserMode {
  /** Runs the task until it sleeps, yields or has ended. */
  run(slot: number): void;
  /** clone made `child`: set up where it starts. */
  cloned(parent: number, child: number): void;
  /**
   * fork, vfork or clone made a process whose first task is `child`, a copy of `parent`; its memory is a copy, or with
   * CLONE_VM the same. Returns the user mode of the new process, or null if it has nothing for the child to run:
   * the call fails with ENOSYS.
   */
  forked(parent: number, child: number, process: ForkedProcess): UserMode | null;
  /** The task is gone: forget what was kept for it. */
  ended(slot: number): void;
  /** Name of the task for reports. */
  nameOf(slot: number): string;
  /** What the sleeping task waits for, or null if only the kernel knows. */
  waitOf(slot: number): WaitReport | null;
  /** The task's stack pointer, as [high, low] half in `out`: signal frames go below it. */
  stackPointer(slot: number, out: Int32Array): void;
  /**
   * Runs a handler on top of what the task does. When it returns, the user mode calls `call.sigreturn` with the
   * stack pointer at `call.returnHi`, `returnLo` (stackPointer() must say so), which restores the registers. If that
   * call sleeps, the interrupted call begins again and the task goes on only when it runs the next time.
   */
  signalled(slot: number, call: HandlerCall): void;
}
