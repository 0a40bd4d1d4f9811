/**
 * Sys: the system-call stub of user space. It loads the machine's registers, traps, and reads the result
 * in the machine's convention: the only way from this folder into the kernel.
 */
import type { NptlParameters, Target } from '../arch/index.js';
import { hiOfNumber } from '../lib/u64.js';
import type { Kernel } from '../syscall/kernel.js';
import { TASK_RUNNING } from '../task/task_table.js';

/** A mistake in the program itself, not in what it emulates: reported in one sentence. */
export class ProgramError extends Error {}

/** What a call returns when the thread must give up the processor. Results and errnos are above it. */
export const SLEEPING = -1_000_000;
/** What exit and exit_group return: the task is gone. */
export const GONE = -1_000_001;

/** What is said of a call that blocks, or might, and was not given the thread to block. */
const NOT_YIELDED = 'a call that blocks was made without yield* (write "yield* libc.pthread_join(...)")';

export class Sys {
  readonly kernel: Kernel;
  readonly target: Target;
  /** True from the moment the running thread makes a call that starts only once `yield*` takes it up. */
  unstarted = false;
  private readonly regs: Int32Array;
  private readonly nrIndex: number;
  private readonly argIndex: readonly number[];
  private readonly resultIndex: number;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.target = kernel.target;
    this.regs = kernel.regs;
    const { trap } = kernel.target;
    this.nrIndex = 2 * trap.nr;
    this.argIndex = trap.args.map((n) => 2 * n);
    this.resultIndex = 2 * trap.result;
  }

  /** Argument i: an address or another word in halves. */
  word(i: number, hi: number, lo: number): void {
    const at = this.argIndex[i]!;
    this.regs[at] = lo;
    this.regs[at + 1] = this.target.bits === 32 ? 0 : hi;
  }

  /** Argument i: a number; -1 is all ones. */
  number(i: number, value: number): void {
    const at = this.argIndex[i]!;
    this.regs[at] = value;
    this.regs[at + 1] = this.target.bits === 32 ? 0 : hiOfNumber(value);
  }

  /**
   * Traps with call number `nr`. Returns 0 when the result is in resultHi and resultLo, the negated errno
   * in the machine's own numbers, SLEEPING or GONE.
   */
  trap(nr: number): number {
    const { kernel } = this;
    if (this.unstarted || kernel.tasks.state[kernel.current] !== TASK_RUNNING) this.notYielded();
    this.regs[this.nrIndex] = nr;
    this.regs[this.nrIndex + 1] = 0;
    const outcome = kernel.trap();
    if (outcome === 'done') return this.outcome();
    return outcome === 'sleeps' ? SLEEPING : GONE;
  }

  /** A thread gave up the processor or ended: no call of its may be left that never started. */
  checkStarted(): void {
    if (this.unstarted) this.notYielded();
  }

  private notYielded(): never {
    this.unstarted = false;
    throw new ProgramError(NOT_YIELDED);
  }

  /** Of the call that has just returned, or that the thread slept in: 0 or the negated errno. */
  outcome(): number {
    return -this.target.trap.errorOf(this.regs);
  }

  get resultHi(): number {
    return this.regs[this.resultIndex + 1]!;
  }

  get resultLo(): number {
    return this.regs[this.resultIndex]!;
  }

  // ---- the calls NPTL makes -----------------------------------------------------------------------

  /** mmap(NULL, size, prot, flags, -1, 0) by the call that this glibc uses. */
  mmapAnonymous(call: NptlParameters['mmapCall'], size: number, prot: number, flags: number): number {
    this.word(0, 0, 0);
    this.number(1, size);
    this.number(2, prot);
    this.number(3, flags);
    this.number(4, -1);
    this.number(5, 0);
    return this.trap(this.target.nr[call]!);
  }

  munmap(hi: number, lo: number, size: number): number {
    this.word(0, hi, lo);
    this.number(1, size);
    return this.trap(this.target.nr.munmap!);
  }

  mprotect(hi: number, lo: number, size: number, prot: number): number {
    this.word(0, hi, lo);
    this.number(1, size);
    this.number(2, prot);
    return this.trap(this.target.nr.mprotect!);
  }

  brk(hi: number, lo: number): number {
    this.word(0, hi, lo);
    return this.trap(this.target.nr.brk!);
  }

  /** FUTEX_WAIT without a timeout, or FUTEX_WAKE. */
  futex(hi: number, lo: number, op: number, val: number): number {
    this.word(0, hi, lo);
    this.number(1, op);
    this.number(2, val);
    this.word(3, 0, 0);
    return this.trap(this.target.nr.futex!);
  }

  write(fd: number, hi: number, lo: number, count: number): number {
    this.number(0, fd);
    this.word(1, hi, lo);
    this.number(2, count);
    return this.trap(this.target.nr.write!);
  }

  exit(code: number): number {
    this.number(0, code);
    return this.trap(this.target.nr.exit!);
  }

  exitGroup(code: number): number {
    this.number(0, code);
    return this.trap(this.target.nr.exit_group!);
  }
}
