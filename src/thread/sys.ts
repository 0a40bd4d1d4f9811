/**
 * Sys: the system-call stub of user space. It loads the machine's registers, traps, and reads the result
 * in the machine's convention: the only way from this folder into the kernel.
 */
import type { NptlParameters, Target } from '../arch/index.js';
import {
  FUTEX_BITSET_MATCH_ANY, FUTEX_CLOCK_REALTIME, FUTEX_PRIVATE_FLAG, FUTEX_TRYLOCK_PI, FUTEX_WAIT_BITSET,
} from '../arch/generic/futex.js';
import { bug } from '../lib/bug.js';
import { hiOfNumber } from '../lib/u64.js';
import type { Kernel } from '../syscall/kernel.js';
import { TASK_RUNNING } from '../task/task_table.js';

/** A mistake in the program itself, not in what it emulates: reported in one sentence. */
export class ProgramError extends Error {}

/** What a call returns when the thread must give up the processor. Results and errnos are above it. */
export const SLEEPING = -1_000_000;
/** What exit and exit_group return: the task is gone. */
export const GONE = -1_000_001;


export class Sys {
  readonly kernel: Kernel;
  readonly target: Target;
  /** True from the moment the running thread makes a call that starts only once `yield*` takes it up. */
  unstarted = false;
  /** Name of the latest such call. */
  callName = '';
  /** True in runs whose schedule may take the processor away at preemption points (preempt.ts). */
  readonly preempts: boolean;
  private readonly regs: Int32Array;
  private readonly nrIndex: number;
  private readonly argIndex: readonly number[];
  private readonly resultIndex: number;
  /** Where argument 0 lies; the others follow it in pairs on every machine. */
  private readonly first: number;
  /** Zero for 32-bit tasks, whose registers have no high half. */
  private readonly hiMask: number;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.preempts = kernel.queue.schedule !== null;
    this.target = kernel.target;
    this.regs = kernel.regs;
    const { trap } = kernel.target;
    this.nrIndex = 2 * trap.nr;
    this.argIndex = trap.args.map((n) => 2 * n);
    this.resultIndex = 2 * trap.result;
    this.first = this.argIndex[0]!;
    this.hiMask = this.target.bits === 32 ? 0 : -1;
    if (trap.args.some((n, i) => n !== trap.args[0]! + i)) bug('argument registers are not in a row');
  }

  /** Argument i: an address or another word in halves. */
  word(i: number, hi: number, lo: number): void {
    const at = this.argIndex[i]!;
    this.regs[at] = lo;
    this.regs[at + 1] = this.target.bits === 32 ? 0 : hi;
  }

  /** Argument i: a number; -1 is all ones. */
  number(i: number, value: number): void {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      throw new ProgramError(`argument ${i + 1} of a system call is ${String(value)}: a number is needed`);
    }
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

  /**
   * A step that other threads can see is about to be taken: true when the schedule takes the processor away first, as
   * an interrupt would. Requires: preempts.
   */
  point(): boolean {
    return this.kernel.queue.point();
  }

  /** The running thread makes the call `name`, which starts only once `yield*` takes it up. */
  mustStart(name: string): void {
    this.checkStarted();
    this.unstarted = true;
    this.callName = name;
  }

  /** Delivers the signals that the call before has left for the running task. False when it does not go on now. */
  takeSignals(): boolean {
    return this.kernel.takeSignals();
  }

  /** Whether the kernel has a call of this name. */
  has(name: string): boolean {
    return this.kernel.has(name);
  }

  /** The processor's other way into the kernel: an access to hi:lo faulted. True when a handler is to run. */
  fault(signo: number, code: number, hi: number, lo: number, error: number): boolean {
    return this.kernel.raiseFault(signo, code, hi, lo, error);
  }

  /** A thread gave up the processor or ended: no call of its may be left that never started. */
  checkStarted(): void {
    if (this.unstarted) this.notYielded();
  }

  private notYielded(): never {
    this.unstarted = false;
    const { callName } = this;
    throw new ProgramError(`${callName}, a call that may block, was made without yield* (write "yield* libc.${callName}(...)")`);
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
    const { regs, first, hiMask } = this;
    regs[first] = 0;
    regs[first + 1] = 0;
    this.setSize(first + 2, size);
    this.setSmall(first + 4, prot);
    this.setSmall(first + 6, flags);
    regs[first + 8] = -1;
    regs[first + 9] = -1 & hiMask;
    this.setSmall(first + 10, 0);
    return this.trap(this.target.nr[call]!);
  }

  /** The same at an address of the caller's choice: `flags` has MAP_FIXED. */
  mmapFixed(call: NptlParameters['mmapCall'], hi: number, lo: number, size: number, prot: number, flags: number): number {
    const { regs, first, hiMask } = this;
    this.setAddress(hi, lo);
    this.setSize(first + 2, size);
    this.setSmall(first + 4, prot);
    this.setSmall(first + 6, flags);
    regs[first + 8] = -1;
    regs[first + 9] = -1 & hiMask;
    this.setSmall(first + 10, 0);
    return this.trap(this.target.nr[call]!);
  }

  madvise(hi: number, lo: number, size: number, advice: number): number {
    this.setAddress(hi, lo);
    this.setSize(this.first + 2, size);
    this.setSmall(this.first + 4, advice);
    return this.trap(this.target.nr.madvise!);
  }

  munmap(hi: number, lo: number, size: number): number {
    this.setAddress(hi, lo);
    this.setSize(this.first + 2, size);
    return this.trap(this.target.nr.munmap!);
  }

  mprotect(hi: number, lo: number, size: number, prot: number): number {
    this.setAddress(hi, lo);
    this.setSize(this.first + 2, size);
    this.setSmall(this.first + 4, prot);
    return this.trap(this.target.nr.mprotect!);
  }

  brk(hi: number, lo: number): number {
    this.setAddress(hi, lo);
    return this.trap(this.target.nr.brk!);
  }

  /** FUTEX_WAIT without a timeout, or FUTEX_WAKE. */
  futex(hi: number, lo: number, op: number, val: number): number {
    this.setAddress(hi, lo);
    this.setSmall(this.first + 2, op);
    this.setSmall(this.first + 4, val);
    this.setSmall(this.first + 6, 0);
    return this.trap(this.target.nr.futex!);
  }

  /** FUTEX_WAIT_BITSET on CLOCK_REALTIME without a timeout, shared: how 2.36 joins. */
  futexWaitBitset(hi: number, lo: number, val: number): number {
    this.setAddress(hi, lo);
    this.setSmall(this.first + 2, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME);
    this.setSmall(this.first + 4, val);
    this.setSmall(this.first + 6, 0);
    this.setSmall(this.first + 8, 0);
    this.number(5, FUTEX_BITSET_MATCH_ANY);
    return this.trap(this.target.nr.futex!);
  }

  /** FUTEX_TRYLOCK_PI: false when another thread has it. */
  trylockPi(hi: number, lo: number, isShared: boolean): boolean {
    return this.futex(hi, lo, FUTEX_TRYLOCK_PI | (isShared ? 0 : FUTEX_PRIVATE_FLAG), 0) === 0;
  }

  /** The first argument: an address. */
  private setAddress(hi: number, lo: number): void {
    this.regs[this.first] = lo;
    this.regs[this.first + 1] = hi & this.hiMask;
  }

  /** A length, below 2^53. */
  private setSize(at: number, size: number): void {
    this.regs[at] = size;
    this.regs[at + 1] = Math.floor(size / 2 ** 32) & this.hiMask;
  }

  /** A value from 0 to 2^31. */
  private setSmall(at: number, value: number): void {
    this.regs[at] = value;
    this.regs[at + 1] = 0;
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

  /** _exit() of glibc 2.3.3 goes on with exit where the kernel has no exit_group. */
  exitGroup(code: number): number {
    this.number(0, code);
    const outcome = this.trap(this.target.nr.exit_group!);
    return outcome === GONE ? outcome : this.exit(code);
  }
}
