/**
 * Signals: who gets one, what it does, and when. A signal is sent to a task or to a process, waits in a pending set,
 * and is delivered when its task is about to enter user mode: a handler's frame is put on the stack, or the default
 * action happens. kernel/signal.c of Linux 6.1: send_signal_locked(), complete_signal(), get_signal().
 *
 * What is kept for a task is made when it is first needed: a thread without signals costs nothing here.
 *
 * Unlike Linux: earlier releases are given the same process-wide signals (2.5.46 was on the way to them).
 */
import { empty } from '../lib/empty.js';
import { EAGAIN, EINTR } from '../arch/generic/errno.js';
import { CALL_BEGINS, ERESTARTNOINTR, ERESTARTSYS } from '../arch/generic/restart.js';
import { NSIG, SIG_DFL, SIG_IGN, SIGRTMIN, SS_AUTODISARM, SS_DISABLE } from '../arch/generic/signal.js';
import type { Registers, SignalAbi, Target } from '../arch/index.js';
import { grown } from '../lib/grow.js';
import {
  type AltStack, bitHi, bitLo, DEFAULT_ACTION, PendingSet, type SigAction, type SigInfo,
} from '../task/signal_state.js';
import type { TaskTable } from '../task/task_table.js';
import type { Process } from './process.js';

/** What signals need of the kernel. */
export interface SignalHost {
  readonly target: Target;
  readonly tasks: TaskTable;
  readonly regs: Registers;
  readonly processes: readonly Process[];
  current: number;
  needResched: boolean;
  readonly maxQueuedSignals: number;
  isAsleep(slot: number): boolean;
  /** Ends a sleep because of a signal. */
  interruptSleep(slot: number): void;
  endSleep(slot: number, result: number): void;
  endGroup(process: Process, status: number): void;
  readonly family: { stop(process: Process, signo: number): void; goOn(process: Process): void };
  /** Puts a result or error into the running task's registers. */
  setResult(result: number): void;
  /** Writes the handler's frame and hands it to user mode. Returns false when the stack cannot hold it. */
  pushHandler(info: SigInfo, action: SigAction, callBegins: boolean): boolean;
  noteSignal(info: SigInfo): void;
}

/** A sigtimedwait going on: what it waits for, and how a signal that came is handed over. */
export interface SignalWait {
  readonly hi: number;
  readonly lo: number;
  /** Stores the siginfo_t; returns the result of the call. */
  finish(info: SigInfo): number;
}

interface Mask {
  readonly hi: number;
  readonly lo: number;
}

const IGNORED = ['SIGCHLD', 'SIGURG', 'SIGWINCH', 'SIGCONT'];
const STOPPING = ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'];
const SYNCHRONOUS = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGTRAP', 'SIGFPE', 'SIGSYS'];

export class Signals {
  /** Signals that wait in any set. */
  pending = 0;
  readonly altStacks = new Map<number, AltStack>();
  /** The mask that sigsuspend replaced, by slot: back in force when the call is over. */
  readonly suspended = new Map<number, Mask>();
  readonly waits = new Map<number, SignalWait>();
  private readonly own = new Map<number, PendingSet>();
  /** Blocked signals by slot; empty until a task blocks one. */
  private maskHi = new Int32Array(0);
  private maskLo = new Int32Array(0);
  private readonly host: SignalHost;
  private readonly abi: SignalAbi;
  private readonly ignored: ReadonlySet<number>;
  private readonly stopping: ReadonlySet<number>;
  private readonly synchronous: readonly number[];
  /** What can be neither blocked nor handled. */
  private readonly kernelOnly: number;
  readonly SIGKILL: number;
  readonly SIGCONT: number;
  readonly SIGCHLD: number;

  constructor(host: SignalHost) {
    this.host = host;
    this.abi = host.target.signals;
    const { numbers } = this.abi;
    const setOf = (names: readonly string[]) => new Set(names.map((name) => numbers[name]!));
    this.ignored = setOf(IGNORED);
    this.stopping = setOf(STOPPING);
    this.synchronous = [...setOf(SYNCHRONOUS)];
    this.SIGKILL = numbers.SIGKILL!;
    this.SIGCONT = numbers.SIGCONT!;
    this.SIGCHLD = numbers.SIGCHLD!;
    this.kernelOnly = bitLo(this.SIGKILL) | bitLo(numbers.SIGSTOP!);
  }

  reset(): void {
    this.pending = 0;
    empty(this.altStacks);
    empty(this.suspended);
    empty(this.waits);
    empty(this.own);
    this.maskHi.fill(0);
    this.maskLo.fill(0);
  }

  /** Low half of the set of signals that nothing blocks. */
  get kernelOnlyMask(): number {
    return this.kernelOnly;
  }

  // ---- masks --------------------------------------------------------------------------------------

  blockedHi(slot: number): number {
    return slot < this.maskHi.length ? this.maskHi[slot]! : 0;
  }

  blockedLo(slot: number): number {
    return slot < this.maskLo.length ? this.maskLo[slot]! : 0;
  }

  /** Sets the mask of a task; SIGKILL and SIGSTOP stay out of it. */
  setBlocked(slot: number, hi: number, lo: number): void {
    const low = lo & ~this.kernelOnly;
    if (hi === 0 && low === 0 && slot >= this.maskHi.length) return;
    if (slot >= this.maskHi.length) {
      const n = Math.max(16, 4 * slot);
      this.maskHi = grown(this.maskHi, n);
      this.maskLo = grown(this.maskLo, n);
    }
    this.maskHi[slot] = hi;
    this.maskLo[slot] = low;
    if (this.pending > 0 && slot === this.host.current && this.isDeliverable(slot)) this.host.needResched = true;
  }

  /** A new task starts with the mask of the one that made it. */
  inherit(parent: number, child: number): void {
    if (this.maskHi.length > 0) this.setBlocked(child, this.blockedHi(parent), this.blockedLo(parent));
  }

  /** The task is gone. */
  forget(slot: number): void {
    if (slot < this.maskHi.length) {
      this.maskHi[slot] = 0;
      this.maskLo[slot] = 0;
    }
    if (this.altStacks.size > 0) this.altStacks.delete(slot);
    if (this.suspended.size > 0) this.suspended.delete(slot);
    if (this.waits.size > 0) this.waits.delete(slot);
    if (this.own.size === 0) return;
    this.pending -= this.own.get(slot)?.queue.length ?? 0;
    this.own.delete(slot);
  }

  /** The process is gone. */
  forgetProcess(process: Process): void {
    this.pending -= process.shared?.queue.length ?? 0;
    process.shared = null;
  }

  // ---- pending signals ----------------------------------------------------------------------------

  /** Signals pending for the task alone. */
  ownPending(slot: number): PendingSet | null {
    return this.own.get(slot) ?? null;
  }

  /** Signals pending for the task and its process, as sigpending() shows them: [high, low]. */
  pendingFor(slot: number): Mask {
    const own = this.own.get(slot);
    const shared = this.processOf(slot).shared;
    return { hi: (own?.hi ?? 0) | (shared?.hi ?? 0), lo: (own?.lo ?? 0) | (shared?.lo ?? 0) };
  }

  /** Whether a signal waits that the task does not block. */
  isDeliverable(slot: number): boolean {
    const { hi, lo } = this.pendingFor(slot);
    return ((hi & ~this.blockedHi(slot)) | (lo & ~this.blockedLo(slot))) !== 0;
  }

  private processOf(slot: number): Process {
    return this.host.processes[this.host.tasks.process[slot]!]!;
  }

  /** Takes the next signal outside the mask: the task's own before the process's, faults before all others. */
  dequeue(slot: number, hi: number, lo: number): SigInfo | null {
    return this.takeFrom(this.own.get(slot), hi, lo) ?? this.takeFrom(this.processOf(slot).shared, hi, lo);
  }

  private takeFrom(set: PendingSet | null | undefined, hi: number, lo: number): SigInfo | null {
    if (set === null || set === undefined) return null;
    const fault = this.synchronous.find((signo) => set.has(signo) && (bitLo(signo) & lo) === 0);
    const signo = fault ?? set.lowest(hi, lo);
    if (signo === 0) return null;
    this.pending -= 1;
    return set.take(signo);
  }

  private drop(process: Process, signos: readonly number[]): void {
    for (const signo of signos) {
      if (process.shared !== null) this.pending -= process.shared.drop(signo);
      for (const [slot, set] of this.own) if (this.processOf(slot) === process) this.pending -= set.drop(signo);
    }
  }

  // ---- sending ------------------------------------------------------------------------------------

  /** Sends a signal to a task, or with slot -1 to a process. Returns 0, or -EAGAIN when too many wait. */
  send(process: Process, slot: number, info: SigInfo): number {
    const { signo } = info;
    if (process.exited) return 0;
    if (this.stopping.has(signo)) this.drop(process, [this.SIGCONT]);
    if (signo === this.SIGCONT) {
      this.drop(process, [...this.stopping]);
      this.host.family.goOn(process);
    }
    const target = slot >= 0 ? slot : this.leaderOf(process);
    if (target >= 0 && this.isIgnored(process, target, signo)) return 0;
    if (slot < 0) process.shared ??= new PendingSet();
    else if (!this.own.has(slot)) this.own.set(slot, new PendingSet());
    const set = slot < 0 ? process.shared! : this.own.get(slot)!;
    if (signo < SIGRTMIN && set.has(signo)) return 0;
    if (signo >= SIGRTMIN && info.code < 0 && set.queue.length >= this.host.maxQueuedSignals) return -EAGAIN;
    set.add(info);
    this.pending += 1;
    if (signo === this.SIGKILL) this.host.family.goOn(process);
    this.wake(process, slot, signo);
    return 0;
  }

  /** sig_ignored(): sent for nothing. A blocked signal waits even so: its action may change. */
  private isIgnored(process: Process, slot: number, signo: number): boolean {
    if (((this.blockedHi(slot) & bitHi(signo)) | (this.blockedLo(slot) & bitLo(signo))) !== 0) return false;
    return this.isIgnoredBy(process.sighand?.get(signo) ?? DEFAULT_ACTION, signo);
  }

  /** sig_handler_ignored(). */
  isIgnoredBy({ handlerHi, handlerLo }: SigAction, signo: number): boolean {
    if (handlerHi !== 0) return false;
    return handlerLo === SIG_IGN || (handlerLo === SIG_DFL && this.ignored.has(signo));
  }

  private leaderOf(process: Process): number {
    return this.slotsOf(process)[0] ?? -1;
  }

  /** Tasks of a process, its first one before the others. */
  slotsOf(process: Process): number[] {
    const { tasks, processes } = this.host;
    const slots: number[] = [];
    tasks.forEach((slot) => {
      if (processes[tasks.process[slot]!] !== process) return;
      if (tasks.tid[slot] === process.tgid) slots.unshift(slot);
      else slots.push(slot);
    });
    return slots;
  }

  /** complete_signal(): lets one task that does not block the signal take it. */
  private wake(process: Process, slot: number, signo: number): void {
    const candidates = slot >= 0 ? [slot] : this.slotsOf(process);
    const chosen = candidates.find((each) => this.wants(each, signo));
    if (chosen === undefined) return;
    const wait = this.waits.get(chosen);
    if (wait !== undefined && ((wait.hi & bitHi(signo)) | (wait.lo & bitLo(signo))) !== 0) {
      this.waits.delete(chosen);
      this.host.endSleep(chosen, wait.finish(this.dequeue(chosen, ~wait.hi, ~wait.lo)!));
    } else if (this.host.isAsleep(chosen)) this.host.interruptSleep(chosen);
    else if (chosen === this.host.current) this.host.needResched = true;
  }

  private wants(slot: number, signo: number): boolean {
    const wait = this.waits.get(slot);
    const hi = this.blockedHi(slot) & ~(wait?.hi ?? 0);
    const lo = this.blockedLo(slot) & ~(wait?.lo ?? 0);
    return ((hi & bitHi(signo)) | (lo & bitLo(signo))) === 0;
  }

  /** do_sigaction(): a signal that is ignored from now on does not stay pending. */
  setAction(process: Process, signo: number, action: SigAction): void {
    process.sighand!.set(signo, { ...action, maskLo: action.maskLo & ~this.kernelOnly });
    if (this.isIgnoredBy(action, signo)) this.drop(process, [signo]);
  }

  /** Whether the task has a handler for the signal and does not block it. */
  isHandled(slot: number, signo: number): boolean {
    const { handlerHi, handlerLo } = this.processOf(slot).sighand?.get(signo) ?? DEFAULT_ACTION;
    return (handlerHi !== 0 || (handlerLo >>> 0) > SIG_IGN) && this.wants(slot, signo);
  }

  /** force_sig_fault(): a fault cannot be put off. Blocked or ignored, it takes the default action. */
  force(slot: number, info: SigInfo): void {
    const process = this.processOf(slot);
    const action = process.sighand?.get(info.signo) ?? DEFAULT_ACTION;
    const isIgnored = action.handlerHi === 0 && action.handlerLo === SIG_IGN;
    if (isIgnored || !this.wants(slot, info.signo)) {
      process.sighand?.set(info.signo, DEFAULT_ACTION);
      this.setBlocked(slot, this.blockedHi(slot) & ~bitHi(info.signo), this.blockedLo(slot) & ~bitLo(info.signo));
    }
    if (!this.own.has(slot)) this.own.set(slot, new PendingSet());
    if (this.own.get(slot)!.has(info.signo)) return;
    this.own.get(slot)!.add(info);
    this.pending += 1;
  }

  // ---- delivery -----------------------------------------------------------------------------------

  /**
   * get_signal() and handle_signal(), for the running task on its way to user mode. `interrupted` is the ERESTART code
   * of the call it slept in, or 0. Returns what it does next: enter user mode, begin the call again, or nothing.
   */
  deliver(interrupted: number): 'user' | 'call again' | 'not now' {
    const { host } = this;
    const slot = host.current;
    const process = this.processOf(slot);
    let code = interrupted;
    for (;;) {
      const info = this.dequeue(slot, this.blockedHi(slot), this.blockedLo(slot));
      if (info === null) break;
      const { signo } = info;
      const action = process.sighand?.get(signo) ?? DEFAULT_ACTION;
      if (this.isIgnoredBy(action, signo)) continue;
      host.noteSignal(info);
      if (action.handlerHi === 0 && action.handlerLo === SIG_DFL) {
        if (!this.stopping.has(signo)) {
          host.endGroup(process, signo);
          return 'not now';
        }
        host.family.stop(process, signo);
        continue;
      }
      const begins = code === -ERESTARTNOINTR || code === -CALL_BEGINS || (code === -ERESTARTSYS && (action.flags & this.abi.SA_RESTART) !== 0);
      if (code !== 0 && !begins) host.setResult(-EINTR);
      code = 0;
      if ((action.flags & this.abi.SA_RESETHAND) !== 0) process.sighand!.set(signo, DEFAULT_ACTION);
      if (!this.runHandler(slot, info, action, begins)) return this.deliver(0);
    }
    if (process.stopped !== 0) return code === 0 ? 'not now' : 'call again';
    if (code === 0) return 'user';
    const suspended = this.suspended.get(slot);
    this.suspended.delete(slot);
    if (suspended !== undefined) this.setBlocked(slot, suspended.hi, suspended.lo);
    return 'call again';
  }

  /** Puts the handler on the stack, and its mask into force. A stack that cannot hold it is a fault. */
  private runHandler(slot: number, info: SigInfo, action: SigAction, callBegins: boolean): boolean {
    const { host, abi } = this;
    const pushed = host.pushHandler(info, action, callBegins);
    this.suspended.delete(slot);
    if (!pushed) {
      const SIGSEGV = abi.numbers.SIGSEGV!;
      if (info.signo === SIGSEGV) this.processOf(slot).sighand!.set(SIGSEGV, DEFAULT_ACTION);
      this.force(slot, { ...info, signo: SIGSEGV, code: 0x80, kind: 'kill', pid: 0, uid: 0 });
      return false;
    }
    const self = (action.flags & abi.SA_NODEFER) !== 0 ? 0 : info.signo;
    const hi = this.blockedHi(slot) | action.maskHi | (self === 0 ? 0 : bitHi(self));
    const lo = this.blockedLo(slot) | action.maskLo | (self === 0 ? 0 : bitLo(self));
    this.setBlocked(slot, hi, lo);
    return true;
  }

  /** Of the flags SS_DISABLE and SS_AUTODISARM count. */
  setAltStack(slot: number, stack: AltStack): void {
    if ((stack.flags & SS_DISABLE) !== 0) this.altStacks.delete(slot);
    else this.altStacks.set(slot, { ...stack, flags: stack.flags & SS_AUTODISARM });
  }

  isValid(signo: number): boolean {
    return signo >= 1 && signo <= NSIG;
  }

  isKernelOnly(signo: number): boolean {
    return signo <= 32 && (bitLo(signo) & this.kernelOnly) !== 0;
  }
}
