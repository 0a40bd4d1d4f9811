/**
 * Kernel: the one door. A task puts a call number and arguments into its registers and traps; `trap()`
 * finds the handler, and sets the result or the error in the machine's own convention.
 *
 * A handler is a function of the kernel that returns a small result (0..2^31), a negative generic errno,
 * or one of the codes below. It reads its arguments with lo(), hi(), vpn() and offset().
 */
import { empty } from '../lib/empty.js';
import type { Registers, Target } from '../arch/index.js';
import { EAGAIN, EINTR, ENOSYS } from '../arch/generic/errno.js';
import { CALL_BEGINS, ERESTART_RESTARTBLOCK, ERESTARTSYS } from '../arch/generic/restart.js';
import { callPresence, type FutexRules, futexRules, type TaskRules, taskRules } from '../release/index.js';
import { Rng } from '../lib/rng.js';
import { bug } from '../lib/bug.js';
import { hiOfVpn, loOfVpn, pageOffset, vpnOf } from '../lib/u64.js';
import { type MmapArgs, newMmapArgs } from '../mm/mmap.js';
import type { Mm } from '../mm/mm.js';
import type { PhysicalMemory } from '../mm/physical_memory.js';
import type { Vm } from '../mm/vm.js';
import { Clock, SYSCALL_NS } from '../task/clock.js';
import { FutexQueues } from '../task/futex.js';
import { PidMap } from '../task/pid.js';
import { PiFutexes } from '../task/pi_futex.js';
import { Priorities } from '../task/priorities.js';
import { RunQueue } from '../task/sched.js';
import type { Sleep } from '../task/sleep.js';
import {
  TASK_ASLEEP, TASK_FREE, TASK_FUTEX, TASK_RUNNING, TASK_WOKEN, TaskTable,
} from '../task/task_table.js';
import { FileSystem, type GrantedFile } from '../fs/file_system.js';
import { procLookup } from '../fs/proc.js';
import { unmapMappingRange } from '../mm/truncate.js';
import { procSource } from './proc_source.js';
import type { SigAction, SigInfo } from '../task/signal_state.js';
import type { Process } from './process.js';
import { Alarms, type AlarmsHost } from './alarms.js';
import { Ends, type EndsHost } from './exit.js';
import { Family, type FamilyHost } from './family.js';
import { pushHandler } from './handler_frames.js';
import { SavedRegisters } from './saved_registers.js';
import { type SignalHost, Signals } from './signals.js';
import { TaskExtras } from './task_extras.js';

/** Codes a handler may return besides a result or -errno. */
/** The result is in kernel.resultHi and resultLo. */
export const RESULT_64 = -100000;
/** The task sleeps; the result comes when it is woken. */
export const SLEEPS = -100001;
/** The task is gone. */
export const ENDED = -100002;
/** The registers are what a signal frame held; no result is put into them. */
export const SIGRETURNED = -100003;

/** What trap() tells user space: the registers hold the result, or it must give up the processor. */
export type TrapOutcome = 'done' | 'sleeps' | 'ended';

export type Handler = (kernel: Kernel) => number;

/** Sees every call pass; src/syscall/strace.ts is one. */
export interface Tracer {
  enter(kernel: Kernel, nr: number): void;
  leave(kernel: Kernel, result: number): void;
  unfinished(kernel: Kernel): void;
  resumed(kernel: Kernel, result: number): void;
  /** A signal is delivered to the running task. */
  signalled?(kernel: Kernel, info: SigInfo): void;
  /** A task of a process ends because a signal killed it. */
  killed?(kernel: Kernel, slot: number, signo: number): void;
}

export interface KernelOptions {
  /** The calls that exist, by handler name. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly pidMax: number;
  /** Called once for each call number that is not implemented. */
  readonly onUnknownCall: (name: string, nr: number) => void;
  readonly tracer: Tracer | null;
  /** What NPTL 2.36 needs is there, whatever the release had. */
  readonly modernNptl?: boolean;
  /** Of getrandom's bytes; default 1. */
  readonly seed?: number;
}

/** Unknown calls that are named. */
const MAX_NAMED = 32;

/** Highest call number plus one over all machines, rounded up: ia64 counts from 1024. */
const MAX_NR = 2048;

/** Bytes of a thread in the kernel: its stack. */
const THREAD_SIZE = 8192;

export class Kernel implements SignalHost, FamilyHost, EndsHost, AlarmsHost {
  readonly target: Target;
  readonly vm: Vm;
  readonly memory: PhysicalMemory;
  readonly tasks = new TaskTable();
  readonly queue = new RunQueue(this.tasks);
  readonly futexes: FutexQueues;
  readonly clock = new Clock();
  readonly pids: PidMap;
  readonly processes: Process[] = [];
  readonly futexRules: FutexRules;
  readonly taskRules: TaskRules;
  /** What futex WAIT returns when a signal interrupts it. */
  readonly futexInterrupted: number;
  /** Sleeps that are more than a plain futex wait, by slot. */
  readonly asleep = new Map<number, Sleep>();
  readonly signals: Signals;
  /** Registers of sleeping tasks, kept once a handler could interrupt them. */
  readonly savedRegs = new SavedRegisters();
  readonly family: Family;
  readonly alarms = new Alarms(this);
  readonly extras = new TaskExtras();
  /** What getrandom gives. */
  random: Rng;
  private readonly ends = new Ends(this);
  readonly priorities = new Priorities();
  readonly piFutexes = new PiFutexes(this.priorities);
  /** Robust lists by slot: where each thread's list begins. */
  readonly robustLists = new Map<number, { readonly hi: number; readonly lo: number }>();
  /** Parents that sleep in vfork, by the child's slot. */
  readonly vforks = new Map<number, number>();
  /** The last wait found children, but nothing to tell of them. */
  nothingWaited = false;
  /** What restart_syscall goes on with, by slot. */
  readonly restartBlocks = new Map<number, () => number>();
  /** Real-time signals that may wait in one queue: RLIMIT_SIGPENDING, half of what memory lets be threads. */
  readonly maxQueuedSignals: number;
  /** What names stand for. */
  fs!: FileSystem;

  /** The running task, and what its process is made of. */
  current = -1;
  process!: Process;
  mm!: Mm;

  /** Registers of the running task: (low, high) pairs as target.trap names them. */
  readonly regs: Registers = new Int32Array(32);
  resultHi = 0;
  resultLo = 0;
  /** A yield was asked for: user mode gives up the processor after this call. */
  needResched = false;

  /** Calls so far, in all and by number. */
  calls = 0;
  readonly callsByNr = new Float64Array(MAX_NR);
  /** VMAs of the mm at the moment when most tasks were alive. */
  vmasAtPeak = 0;

  readonly mmapArgs: MmapArgs = newMmapArgs();
  private readonly table: (Handler | null)[];
  private readonly options: KernelOptions;
  private readonly argIndex: readonly number[];
  private readonly hiMask: number;
  private readonly named = new Set<number>();
  private readonly onWoken = (slot: number) => {
    this.leaveFutex(slot);
    this.wakeTask(slot, 0);
  };

  constructor(target: Target, vm: Vm, memory: PhysicalMemory, options: KernelOptions) {
    this.target = target;
    this.vm = vm;
    this.memory = memory;
    this.options = options;
    this.futexes = new FutexQueues(this.tasks, target.pageSize);
    this.futexRules = futexRules(target.release, options.modernNptl ?? false);
    this.taskRules = taskRules(target.release);
    this.futexInterrupted = this.futexRules.restarts ? -ERESTARTSYS : -EINTR;
    this.signals = new Signals(this);
    this.family = new Family(this);
    this.random = new Rng(options.seed ?? 1);
    this.maxQueuedSignals = Math.floor((vm.totalRam * target.pageSize) / (16 * THREAD_SIZE));
    this.pids = new PidMap(options.pidMax, target.release.reservedPids);
    this.argIndex = target.trap.args.map((n) => 2 * n);
    this.hiMask = target.bits === 32 ? 0 : -1;
    this.mount({});
    this.table = new Array<Handler | null>(MAX_NR).fill(null);
    for (const [name, nr] of Object.entries(target.nr)) {
      if (callPresence(target.release, name, options.modernNptl, target.lateCalls) === 'not yet') continue;
      this.table[nr] = options.handlers[target.entry[name] ?? name] ?? null;
    }
  }

  /** Back to a machine without tasks. */
  reset(): void {
    this.tasks.reset();
    this.queue.reset();
    this.futexes.reset();
    this.clock.reset();
    this.pids.reset();
    this.processes.length = 0;
    empty(this.asleep);
    this.signals.reset();
    this.savedRegs.reset();
    empty(this.restartBlocks);
    this.family.reset();
    this.extras.reset();
    this.random = new Rng(this.options.seed ?? 1);
    this.priorities.reset();
    this.piFutexes.reset();
    empty(this.robustLists);
    empty(this.vforks);
    this.current = -1;
    this.needResched = false;
    this.calls = 0;
    this.callsByNr.fill(0);
    this.vmasAtPeak = 0;
    empty(this.named);
  }

  /** A file system with these files besides devices and /proc, as they are now. */
  mount(files: Readonly<Record<string, GrantedFile>>): void {
    this.fs = new FileSystem(files, this.memory, {
      proc: (path) => procLookup(procSource(this), path),
      unmap: (mapping, first) => {
        for (const { mm } of this.processes) unmapMappingRange(mm, mapping, first);
      },
    });
  }

  // ---- arguments and results ----------------------------------------------------------------------

  lo(i: number): number {
    return this.regs[this.argIndex[i]!]!;
  }

  /** A 32-bit task's arguments have none, whatever its registers hold (sparc's entry zero-extends). */
  hi(i: number): number {
    return this.regs[this.argIndex[i]! + 1]! & this.hiMask;
  }

  /** Argument i as an address: its page number, and its offset in the page. */
  vpn(i: number): number {
    return vpnOf(this.hi(i), this.lo(i), this.target.pageShift);
  }

  offset(i: number): number {
    return pageOffset(this.lo(i), this.target.pageShift);
  }

  /** A word as a handler's result, whatever it looks like. */
  word(hi: number, lo: number): number {
    this.resultHi = hi;
    this.resultLo = lo;
    return RESULT_64;
  }

  /** An address as a handler's result. */
  address(vpn: number, offset: number): number {
    this.resultHi = hiOfVpn(vpn, this.target.pageShift);
    this.resultLo = loOfVpn(vpn, this.target.pageShift, offset);
    return RESULT_64;
  }

  // ---- the trap -----------------------------------------------------------------------------------

  /**
   * Makes `slot` the running task; a call that it slept in returns now, and signals are delivered. Returns false when
   * it does not enter user mode: it ended, sleeps again, or its process is stopped.
   */
  switchTo(slot: number): boolean {
    this.current = slot;
    this.process = this.processes[this.tasks.process[slot]!]!;
    this.mm = this.process.mm;
    this.needResched = false;
    if (this.process.stopped !== 0) return this.park(slot);
    let interrupted = 0;
    if (this.tasks.state[slot] === TASK_WOKEN) {
      this.tasks.state[slot] = TASK_RUNNING;
      interrupted = this.finishSleep();
    }
    return interrupted === 0 && this.signals.pending === 0 ? true : this.deliverSignals(interrupted);
  }

  /** Whether the call of this name is implemented here. */
  has(name: string): boolean {
    const nr = this.target.nr[name];
    return nr !== undefined && this.table[nr] !== null;
  }

  /**
   * User mode's: a call of the running task has left signals for it, which are delivered before it goes on. False when it
   * does not go on now.
   */
  takeSignals(): boolean {
    this.needResched = false;
    return this.signals.pending === 0 ? true : this.deliverSignals(0);
  }

  /** Delivers what is pending for the running task; a call that was interrupted without a handler begins again. */
  private deliverSignals(interrupted: number): boolean {
    const next = this.signals.deliver(interrupted);
    if (next === 'user') return true;
    if (next === 'not now') {
      if (this.process.stopped !== 0) this.park(this.current);
      return false;
    }
    if (this.process.stopped !== 0) {
      // Begins again when the process goes on.
      this.savedRegs.save(this.current, this.regs);
      this.tasks.wakeResult[this.current] = interrupted;
      this.tasks.state[this.current] = TASK_WOKEN;
      return this.park(this.current);
    }
    if (interrupted === -ERESTART_RESTARTBLOCK) {
      this.regs[2 * this.target.trap.nr] = this.target.nr.restart_syscall!;
      this.regs[2 * this.target.trap.nr + 1] = 0;
    }
    return this.trap() === 'done';
  }

  /** A task of a stopped process waits until the process goes on. */
  private park(slot: number): boolean {
    this.process.parked.push(slot);
    return false;
  }

  /** The system call in the registers of the running task. */
  trap(): TrapOutcome {
    const { regs, target } = this;
    if (this.tasks.state[this.current] !== TASK_RUNNING) {
      bug('a task that sleeps made a system call', { tid: this.tasks.tid[this.current] });
    }
    if (this.vm.late !== 0) this.vm.settle();
    const nr = regs[2 * target.trap.nr + 1] === 0 ? regs[2 * target.trap.nr]! : -1;
    const known = nr >= 0 && nr < MAX_NR;
    const handler = known ? this.table[nr]! : null;
    this.calls += 1;
    this.clock.now += SYSCALL_NS;
    if (known) this.callsByNr[nr]! += 1;
    const { tracer } = this.options;
    if (tracer !== null) tracer.enter(this, nr);
    const result = handler === null ? this.unknown(nr) : handler(this);
    if (result === SLEEPS) {
      if (tracer !== null) tracer.unfinished(this);
      if (this.savedRegs.isOn) this.savedRegs.save(this.current, regs);
      return 'sleeps';
    }
    if (result === ENDED) return 'ended';
    if (result === SIGRETURNED) {
      if (tracer !== null) tracer.leave(this, result);
      return this.returnFromHandler();
    }
    this.setResult(result);
    if (tracer !== null) tracer.leave(this, result);
    return 'done';
  }

  setResult(result: number): void {
    const { trap } = this.target;
    if (result === RESULT_64) trap.setResult(this.regs, this.resultHi, this.resultLo);
    else if (result < 0) trap.setError(this.regs, this.target.errno(-result));
    else trap.setResult(this.regs, 0, result);
  }

  private unknown(nr: number): number {
    // A program that tries every number is not worth a line for each.
    if (!this.named.has(nr) && this.named.size < MAX_NAMED) {
      this.named.add(nr);
      const name = this.nameOf(nr);
      // What the release did not have is as it should be.
      const { lateCalls, release } = this.target;
      if (callPresence(release, name, false, lateCalls) === 'there') this.options.onUnknownCall(name, nr);
    }
    return -ENOSYS;
  }

  /** Kernel name of a call number, for messages. */
  nameOf(nr: number): string {
    for (const [name, n] of Object.entries(this.target.nr)) if (n === nr) return name;
    return `syscall_${nr}`;
  }

  // ---- sleeping and waking ------------------------------------------------------------------------

  /** Puts the running task to sleep on a futex, for as long as nobody wakes it. */
  sleepOnFutex(key: number): number {
    this.futexes.wait(this.current, key);
    this.memory.pinPage(Math.floor(key / this.target.pageSize));
    if (this.signals.pending !== 0) this.interruptAtOnce();
    return SLEEPS;
  }

  /** The same with a deadline (ns; Infinity for none) and a bitset. */
  sleepOnFutexUntil(key: number, bitset: number, sleep: Sleep): number {
    this.futexes.waitBitset(this.current, key, bitset);
    this.memory.pinPage(Math.floor(key / this.target.pageSize));
    return this.sleepUntil(sleep);
  }

  /** Puts the running task to sleep in a call other than a futex wait. */
  sleep(sleep: Sleep): number {
    this.tasks.state[this.current] = TASK_ASLEEP;
    this.tasks.sleeps[this.current]! += 1;
    return this.sleepUntil(sleep);
  }

  private sleepUntil(sleep: Sleep): number {
    const slot = this.current;
    this.asleep.set(slot, sleep);
    if (sleep.deadline !== Number.POSITIVE_INFINITY) this.clock.arm(sleep.deadline, slot, this.tasks.sleeps[slot]!);
    if (this.signals.pending !== 0) this.interruptAtOnce();
    return SLEEPS;
  }

  /** A task does not sleep while a signal waits for it. */
  private interruptAtOnce(): void {
    if (this.signals.isDeliverable(this.current)) this.interruptSleep(this.current);
  }

  wakeFutex(key: number, count: number): number {
    return this.futexes.wake(key, count, this.onWoken);
  }

  wakeFutexBitset(key: number, count: number, bitset: number): number {
    return this.futexes.wakeBitset(key, count, bitset, this.onWoken);
  }

  /** Moves a sleeper to another word. */
  requeueFutex(slot: number, key: number): void {
    this.leaveFutex(slot);
    this.futexes.requeue(slot, key);
    this.memory.pinPage(Math.floor(key / this.target.pageSize));
  }

  /** A futex word's page stays as long as somebody waits. */
  pinFutex(key: number): void {
    this.memory.pinPage(Math.floor(key / this.target.pageSize));
  }

  unpinFutex(key: number): void {
    this.memory.unpinPage(Math.floor(key / this.target.pageSize));
  }

  /** The task no longer waits on its word: the page may go. */
  private leaveFutex(slot: number): void {
    this.memory.unpinPage(Math.floor(this.tasks.futexKey[slot]! / this.target.pageSize));
  }

  /** Ends a sleep before it is over in itself; the call will return `result`. */
  endSleep(slot: number, result: number): void {
    this.leaveSleep(slot);
    this.wakeTask(slot, result);
  }

  /** Takes a sleeping task out of what it is queued on. */
  leaveSleep(slot: number): void {
    if (this.tasks.state[slot] === TASK_FUTEX) {
      this.futexes.remove(slot);
      this.leaveFutex(slot);
    }
    this.asleep.get(slot)?.leave?.();
  }

  private wakeTask(slot: number, result: number): void {
    if (this.asleep.size > 0) this.asleep.delete(slot);
    this.tasks.state[slot] = TASK_WOKEN;
    this.tasks.wakeResult[slot] = result;
    this.queue.push(slot);
  }

  /**
   * Puts the result of the call that the running task slept in into the registers. Returns 0, or the ERESTART code of
   * one that a signal interrupted: then the registers are those that the call began with.
   */
  private finishSleep(): number {
    const code = this.tasks.wakeResult[this.current]!;
    let result = code;
    if (this.savedRegs.isOn || result <= -ERESTARTSYS) {
      const wasSaved = this.savedRegs.restore(this.current, this.regs);
      if (result <= -ERESTARTSYS && !wasSaved) result = -EINTR;
    }
    // What is seen from outside is the kernel's own code, whatever the handler makes of it.
    if (this.options.tracer !== null && code !== -CALL_BEGINS) this.options.tracer.resumed(this, code);
    if (result <= -ERESTARTSYS) return result;
    this.setResult(result);
    return 0;
  }

  /** Ends a sleep because of a signal: its call returns EINTR or begins again. */
  interruptSleep(slot: number): void {
    const sleep = this.asleep.get(slot);
    const code = sleep === undefined ? this.futexInterrupted : sleep.interrupted;
    if (code === 0) return; // cannot be interrupted
    const error = sleep?.interrupt?.() ?? 0;
    if (sleep?.again !== undefined) this.restartBlocks.set(slot, sleep.again);
    this.endSleep(slot, error < 0 ? error : code);
  }

  // ---- signals ------------------------------------------------------------------------------------

  noteSignal(info: SigInfo): void {
    this.options.tracer?.signalled?.(this, info);
  }

  pushHandler(info: SigInfo, action: SigAction, callBegins: boolean): boolean {
    return pushHandler(this, info, action, callBegins);
  }

  /** The running task returned from a handler: its interrupted call begins again after this one. */
  callBegins = false;

  /** What an interrupted task does after its handler: the next handler, its call once more, or going on. */
  private returnFromHandler(): TrapOutcome {
    const slot = this.current;
    if (this.callBegins) {
      // By way of the run queue, so that a frame that returns to itself does not keep the kernel busy.
      this.savedRegs.save(slot, this.regs);
      this.wakeTask(slot, -CALL_BEGINS);
      return 'sleeps';
    }
    if (this.signals.pending === 0 || !this.signals.isDeliverable(slot)) return 'done';
    if (this.deliverSignals(0)) return 'sleeps';
    return this.tasks.state[slot] === TASK_FREE ? 'ended' : 'sleeps';
  }

  /**
   * A fault of the running task's own access to memory. Returns true when a handler is to run, before the access is
   * tried again; false when the process must end: the caller's exception says so.
   */
  raiseFault(signo: number, code: number, hi: number, lo: number, error: number): boolean {
    const info: SigInfo = {
      signo, code, pid: 0, uid: 0, valueHi: 0, valueLo: error, addrHi: hi, addrLo: lo, kind: 'fault',
    };
    if (!this.signals.isHandled(this.current, signo)) {
      this.noteSignal(info);
      return false;
    }
    this.signals.force(this.current, info);
    return this.deliverSignals(0);
  }

  /** When the earliest timer that somebody still waits for is due, or Infinity. */
  nextTimer(): number {
    return this.alarms.next();
  }

  /** Fires timers that are due. */
  fireTimers(): void {
    this.alarms.fireDue();
  }

  isAsleep(slot: number): boolean {
    const state = this.tasks.state[slot]!;
    return state === TASK_FUTEX || state === TASK_ASLEEP;
  }

  // ---- tasks --------------------------------------------------------------------------------------

  /** The process with this pid, as long as nobody has waited for it. */
  processOf(pid: number): Process | null {
    return this.processes.find((process) => process.tgid === pid && !process.reaped) ?? null;
  }

  /** A new task of `process`, its index in `processes`. Returns the slot or -EAGAIN. */
  newTask(process: number): number {
    const tid = this.pids.alloc();
    if (tid < 0) return -EAGAIN;
    return this.addTask(process, tid);
  }

  /** The first task of a process has the process's own pid. */
  addTask(process: number, tid: number): number {
    const slot = this.tasks.alloc(tid, process);
    const owner = this.processes[process]!;
    owner.tasks += 1;
    if (this.tasks.live === this.tasks.peak) this.vmasAtPeak = owner.mm.vmas.size;
    return slot;
  }

  /** do_exit() for one task. The last one's exit ends the process. */
  exitTask(slot: number, code: number): void {
    this.ends.exitTask(slot, code);
  }

  /** exit_group(): every task of the process ends. */
  exitGroup(process: Process, code: number): void {
    this.ends.exitGroup(process, code);
  }

  /** A signal kills the process. */
  endGroup(process: Process, signo: number): void {
    const { tracer } = this.options;
    if (tracer?.killed !== undefined) for (const slot of this.signals.slotsOf(process)) tracer.killed(this, slot, signo);
    this.ends.endGroup(process, signo);
  }

  /** The page at physical page `from` was copied for `mm`: its tasks sleep on the copy from now on. */
  moveWaiters(mm: Mm, from: number, to: number): void {
    const { pageSize } = this.target;
    for (const slot of this.futexes.waitersOnPage(from * pageSize)) {
      if (this.processes[this.tasks.process[slot]!]!.mm !== mm) continue;
      this.requeueFutex(slot, this.tasks.futexKey[slot]! + (to - from) * pageSize);
    }
  }
}
