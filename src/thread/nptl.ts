/**
 * Nptl: what the threading library of one process knows. The functions of the library are one file each
 * beside this one and take it as their first argument.
 *
 * glibc's own data (the stdio buffer, a user_desc, main's struct pthread) lies in the program's data
 * page:   | stdio 1024 | user_desc 16 | static data of the program -> ...      | main's struct pthread |
 */
import type { NptlParameters, Target } from '../arch/index.js';
import { bug } from '../lib/bug.js';
import { grown } from '../lib/grow.js';
import { hexDigits, hiOfNumber, hiOfVpn, loOfVpn } from '../lib/u64.js';
import { lackOf } from '../release/index.js';
import type { Kernel } from '../syscall/kernel.js';
import type { Mm } from '../mm/mm.js';
import type { FaultReason } from '../mm/page_table.js';
import { FAULT, load32, store32 } from '../mm/uaccess.js';
import type { Addr } from './address.js';
import { makeAddr } from './address.js';
import type { AtforkHandlers, Cleanup } from './cleanups.js';
import { CodeAddresses } from './code_addresses.js';
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR } from '../arch/generic/signal.js';
import { TASK_FREE } from '../task/task_table.js';
import { type Errnos, errnosOf } from './errnos.js';
import { Keys } from './keys.js';
import { Protections } from './protections.js';
import { NOBODY, PthreadTable } from './pthread_table.js';
import type { StackRange } from './stacks/range.js';
import type { NamedSem } from './named_sem.js';
import { ProgramError, Sys } from './sys.js';

export const STDIO_BUFFER = 1024;
const USER_DESC = 16;
/** struct clone_args, rounded up to 16. */
const CLONE_ARGS = 96;

/** Why a thread waits, for reports; a task's entry in `waitKind` is the index here. */
export const WAIT_KINDS = [
  '', 'pthread_join', 'mutex', 'condition variable', 'barrier', 'read-write lock', 'semaphore', 'once',
] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** A guest program touched memory that it may not: what would raise SIGSEGV or SIGBUS. */
export class GuestFault extends Error {
  readonly hi: number;
  readonly lo: number;
  readonly reason: FaultReason;

  constructor(hi: number, lo: number, reason: FaultReason) {
    super(reason);
    this.hi = hi;
    this.lo = lo;
    this.reason = reason;
  }
}

/** Leaves the functions of a program whose thread has ended in the handler of a fault. */
export class Unwind extends Error {}

/** A word in halves. */
export interface Halves {
  readonly hi: number;
  readonly lo: number;
}

/** Of cancelhandling: the thread sleeps in a cancellation point. */
export const SLEEP_BIT = 64;

/** Bytes of a struct pthread's end that hold what glibc would put on the stack for the kernel to read or fill in. */
export const SCRATCH = 512;

/** Row of the main thread. */
export const MAIN = 0;
/** Bytes of arguments, environment and auxiliary vector above main's first frame. */
const ARGUMENTS = 512;

/** Bytes from a block's start to its guard: 0, or the middle where a register stack grows up to it. */
export function guardOffset(nptl: Nptl, row: number): number {
  return guardOffsetFor(nptl, nptl.threads.size[row]!, nptl.threads.guard[row]!);
}

export function guardOffsetFor(nptl: Nptl, size: number, guard: number): number {
  if (!nptl.params.guardInMiddle) return 0;
  return Math.floor((size - guard) / 2 / nptl.pageSize) * nptl.pageSize;
}

function plus(hi: number, lo: number, bytes: number): Halves {
  const low = (lo >>> 0) + bytes;
  return { hi: hi + hiOfNumber(low), lo: low | 0 };
}

export class Nptl {
  readonly kernel: Kernel;
  readonly mm: Mm;
  readonly sys: Sys;
  readonly target: Target;
  readonly params: NptlParameters;
  readonly pageSize: number;
  threads: PthreadTable;
  /** Errno values of this machine. */
  readonly E: Errnos;
  /** 2.36 and not 2.3.3: other designs of most primitives, private futexes. */
  readonly isModern: boolean;
  /** The kernel has no futex: a program of one thread runs, as one that was linked without the library. */
  readonly lacksFutex: boolean;

  /** Row of each task's struct pthread, by task slot. */
  private rowOfTask: Int32Array;
  /** What each task waits for, by slot: meaningful while it sleeps. */
  private waitKind: Uint8Array;
  private waitHi: Int32Array;
  private waitLo: Int32Array;
  /** Row of the thread that each task joins, by slot: meaningful while it does. */
  private joinOf: Int32Array;

  /** Hand-over of pthread_exit to the user mode: the task that leaves, and with what value. */
  exiting = -1;
  exitValue: unknown = undefined;

  /** The thread that clone is about to start. */
  starting = NOBODY;
  /** Atomic operations of the program so far. */
  atomics = 0;
  /** Threads that have not ended (glibc's __nptl_nthreads). */
  nthreads = 1;
  /** Default size of a stack, from RLIMIT_STACK at start-up. */
  defaultStackSize = 0;

  /** The stack cache: rows from the newest to the oldest, and their bytes. */
  cacheHead = NOBODY;
  cacheTail = NOBODY;
  cacheSize = Number.NaN; // a double from the start: a field that turns into one late deoptimises everything
  /** How stacks come from the kernel: an index into stackStrategies (src/thread/stacks). */
  strategy = 0;
  /** What the bitmap strategy has reserved. */
  stackRanges: StackRange[] = [];
  /** Where a strategy has just mapped a block: high, low half. */
  mappedHi = 0;
  mappedLo = 0;
  /** Stacks mapped so far, and the results of mmap for the first and the latest: high, low half of each. */
  stacksMapped = 0;
  private readonly stackEnds: Int32Array;

  /** The one iterator behind every pthread_join of the process (pthread_join.ts), made at the first. */
  join: Iterator<unknown> | null = null;

  /** Functions of the program by guest address, and how user mode runs the handler of a fault. */
  code: CodeAddresses;
  onFaultHandler: () => void = () => {};
  /** Offsets of kind, nusers and the robust list's entry in pthread_mutex_t. */
  readonly mutexKind: number;
  readonly mutexNusers: number;
  readonly mutexList: number;

  /** Priority protection of this process's threads. */
  readonly protections = new Protections();
  /** Keys of thread-specific data. */
  readonly keys = new Keys();
  /** Named semaphores by name, and those that are open or have a name. */
  namedSems = new Map<string, NamedSem>();
  openSems = new Set<NamedSem>();
  /** How often this process's ancestors and it forked: see pthread_once. */
  forkGeneration = 0;
  /** Whether the kernel has PI futexes, and CLOCK_MONOTONIC: 0 not asked yet, 1 yes, -1 no. */
  priorityInheritance = 0;
  monotonicClock = 0;

  /** Row of the thread whose end is the process's: main's, or in a child the one that forked. */
  mainRow = MAIN;
  /** Handlers of pthread_atfork, and what the child of the fork under way runs. */
  atfork: AtforkHandlers[] = [];
  forking: (() => unknown) | null = null;
  /** Cleanup handlers and names of threads that have any, by row; pthread_setconcurrency's hint. */
  readonly cleanups = new Map<number, Cleanup[]>();
  readonly names = new Map<number, string>();
  concurrency = 0;
  /** SIGCANCEL's handler is installed; the handler itself, one for all processes of a program. */
  hasSigcancel = false;
  /** 2.36: SIGSETXID's handler is installed; signals blocked by the latest thread that made one. */
  hasSetxid = false;
  firstMask: { readonly hi: number; readonly lo: number } = { hi: 0, lo: 0 };
  sigcancelHandler: ((signo: number, info: Addr) => void) | null = null;
  /** A call has left signals for the running thread: user mode delivers them before it goes on. */
  takesSignals = false;
  /** The process that runs; shared by all that fork made of one. */
  facade: { nptl: Nptl } = { nptl: this };

  /** Static data: high half, low half of its page, next free byte. */
  readonly dataHi: number;
  readonly dataLo: number;
  private bssUsed = STDIO_BUFFER + USER_DESC;
  private readonly bssEnd: number;

  /** `old` is one whose process is gone: its tables are used again, which saves their allocation in short runs. */
  constructor(kernel: Kernel, mm: Mm, params: NptlParameters, old: Nptl | null = null) {
    this.threads = old?.threads ?? new PthreadTable();
    this.threads.reset();
    this.rowOfTask = old?.rowOfTask ?? new Int32Array(16);
    this.waitKind = old?.waitKind.fill(0) ?? new Uint8Array(16);
    this.waitHi = old?.waitHi ?? new Int32Array(16);
    this.waitLo = old?.waitLo ?? new Int32Array(16);
    this.joinOf = old?.joinOf ?? new Int32Array(16);
    this.stackEnds = old?.stackEnds ?? new Int32Array(4);
    this.kernel = kernel;
    this.mm = mm;
    this.sys = new Sys(kernel);
    this.target = kernel.target;
    this.params = params;
    this.pageSize = this.target.pageSize;
    this.E = errnosOf(this.target);
    this.isModern = params.version === '2.36';
    this.lacksFutex = !this.sys.has('futex');
    const is32 = this.target.bits === 32;
    this.mutexKind = is32 ? 12 : 16;
    this.mutexNusers = is32 ? 16 : 12;
    this.mutexList = is32 ? 20 : 32;
    const data = this.target.image.find((area) => area.what === 'data') ?? bug('no data area in the image');
    const text = this.target.image.find((area) => area.what === 'text') ?? bug('no text area in the image');
    this.code = new CodeAddresses(hiOfVpn(text.start, this.target.pageShift), loOfVpn(text.start, this.target.pageShift));
    this.dataHi = hiOfVpn(data.start, this.target.pageShift);
    this.dataLo = loOfVpn(data.start, this.target.pageShift);
    this.bssEnd = this.pageSize - params.sizeofPthread - (params.clone3 ? CLONE_ARGS : 0);
    this.cacheSize = 0;
    this.makeMainThread();
  }

  /**
   * The threads of a child that the thread in `row` has forked, and of which that is the only one: its first task is
   * `slot`. What lies in guest memory is a copy already.
   */
  fork(mm: Mm, row: number, slot: number): Nptl {
    const child = new Nptl(this.kernel, mm, this.params);
    child.threads = this.threads.copy();
    child.mainRow = row;
    child.defaultStackSize = this.defaultStackSize;
    child.cacheHead = this.cacheHead;
    child.cacheTail = this.cacheTail;
    child.cacheSize = this.cacheSize;
    child.strategy = this.strategy;
    child.stackRanges = this.stackRanges.map((range) => ({ ...range, bits: range.bits.slice() }));
    child.keys.forkFrom(this.keys, row);
    child.namedSems = this.namedSems;
    child.openSems = this.openSems;
    child.atfork = [...this.atfork];
    child.forkGeneration = this.forkGeneration + 1;
    child.hasSigcancel = this.hasSigcancel;
    child.hasSetxid = this.hasSetxid;
    child.sigcancelHandler = this.sigcancelHandler;
    child.code = this.code;
    child.facade = this.facade;
    child.bssUsed = this.bssUsed;
    const name = this.names.get(row);
    if (name !== undefined) child.names.set(row, name);
    child.bindTask(slot, row);
    return child;
  }

  private makeMainThread(): void {
    const main = this.threads.alloc();
    this.threads.pdHi[main] = this.dataHi;
    this.threads.pdLo[main] = this.dataLo + this.pageSize - this.params.sizeofPthread;
    this.threads.size[main] = 0;
  }

  /** The word that clone and set_tid_address name: &pd->tid. */
  tidLo(row: number): number {
    return (this.threads.pdLo[row]! + this.params.tidOffset) | 0;
  }

  /** struct clone_args, below main's struct pthread. */
  get cloneArgsLo(): number {
    return this.dataLo + this.bssEnd;
  }

  get userDescLo(): number {
    return this.dataLo + STDIO_BUFFER;
  }

  /** Static memory of the program, zeroed, 16-aligned: as a C variable at file level. */
  bss(bytes: number): Addr {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new ProgramError(`bss(${bytes}): not a number of bytes`);
    const at = this.bssUsed;
    this.bssUsed += Math.ceil(bytes / 16) * 16;
    if (this.bssUsed > this.bssEnd) {
      throw new RangeError(`bss(${bytes}): the program's data page has ${this.bssEnd - at} bytes left; use malloc`);
    }
    return makeAddr(this.target.bits, this.dataHi, this.dataLo + at);
  }

  // ---- threads ------------------------------------------------------------------------------------

  /** Row of the running thread. */
  get self(): number {
    return this.rowOfTask[this.kernel.current]!;
  }

  rowOf(slot: number): number {
    return this.rowOfTask[slot]!;
  }

  bindTask(slot: number, row: number): void {
    if (slot >= this.rowOfTask.length) {
      const n = slot * 4;
      this.rowOfTask = grown(this.rowOfTask, n);
      this.waitKind = grown(this.waitKind, n);
      this.waitHi = grown(this.waitHi, n);
      this.waitLo = grown(this.waitLo, n);
      this.joinOf = grown(this.joinOf, n);
    }
    this.rowOfTask[slot] = row;
  }

  /** The running thread joins the one in `row`. */
  joins(row: number): void {
    this.joinOf[this.kernel.current] = row;
  }

  /** Row of the thread that the running one joins. */
  get joinedRow(): number {
    return this.joinOf[this.kernel.current]!;
  }

  /** pid of the process. */
  get tgid(): number {
    return this.kernel.process.tgid;
  }

  /** The process that runs, whichever of this program's it is. */
  running(): Nptl {
    return this.facade.nptl;
  }

  /** tid of the running thread. */
  get selfTid(): number {
    return this.kernel.tasks.tid[this.kernel.current]!;
  }

  /** Halves of the running thread's scratch memory: SCRATCH bytes at the end of its struct pthread. */
  get scratchHi(): number {
    return this.threads.pdHi[this.self]!;
  }

  get scratchLo(): number {
    return (this.threads.pdLo[this.self]! + this.params.sizeofPthread - SCRATCH) | 0;
  }

  /** pthread_t of a row: the address of its struct pthread. */
  handle(row: number): Addr {
    return makeAddr(this.target.bits, this.threads.pdHi[row]!, this.threads.pdLo[row]!);
  }

  /** tid of a thread; 0 once the kernel cleared it, -1 once it was joined. */
  tid(row: number): number {
    return load32(this.mm, this.threads.pdHi[row]!, this.tidLo(row));
  }

  /**
   * Row of a pthread_t, or NOBODY for an address that is not a thread's. The first word of struct pthread
   * holds the row plus one; the row must point back.
   */
  rowAt(hi: number, lo: number): number {
    if ((lo & 3) !== 0) return NOBODY;
    const word = load32(this.mm, hi, lo);
    if (word === FAULT || word < 1 || word > this.threads.rows) return NOBODY;
    const row = word - 1;
    return this.threads.pdHi[row] === hi && this.threads.pdLo[row] === lo ? row : NOBODY;
  }

  /** Where the thread's stack pointer starts: the top handed to clone, or main's below its arguments. */
  stackTop(row: number): Halves {
    const { params, target, threads } = this;
    if (row === MAIN) {
      const end = target.stackTop;
      return plus(hiOfVpn(end, target.pageShift), loOfVpn(end, target.pageShift), -ARGUMENTS);
    }
    const below = params.guardInMiddle ? -params.sizeofPthread : params.sizeofPthread - params.staticTlsSize;
    return plus(threads.pdHi[row]!, threads.pdLo[row]!, below);
  }

  /** Where the thread's register stack starts (ia64): the block's first byte, or main's own area. */
  rbsBottom(row: number): Halves {
    const { target, threads } = this;
    if (row !== MAIN) return { hi: threads.blockHi[row]!, lo: threads.blockLo[row]! };
    const rbs = target.image.find((area) => area.what === 'rbs') ?? bug('no register stack in the image');
    return { hi: hiOfVpn(rbs.start, target.pageShift), lo: loOfVpn(rbs.start, target.pageShift) };
  }

  /** "guard page of the stack of thread 1001" when hi:lo lies in a thread's guard, else ''. */
  guardAt(hi: number, lo: number): string {
    const { threads } = this;
    for (let row = 1; row < threads.rows; row++) {
      const fromBlock = (hi - threads.blockHi[row]!) * 2 ** 32 + (lo >>> 0) - (threads.blockLo[row]! >>> 0);
      const inGuard = fromBlock - guardOffset(this, row);
      if (inGuard < 0 || inGuard >= threads.guard[row]!) continue;
      const name = hexDigits(threads.blockHi[row]!, threads.blockLo[row]!);
      return `guard page of the stack of thread ${this.tid(row)} at 0x${name}`;
    }
    return '';
  }

  /** Notes the result of mmap for a stack. */
  noteStack(hi: number, lo: number): void {
    const at = this.stacksMapped === 0 ? 0 : 2;
    this.stacksMapped += 1;
    this.stackEnds[at] = hi;
    this.stackEnds[at + 1] = lo;
    this.stackEnds[2] = hi;
    this.stackEnds[3] = lo;
  }

  /** Address of the first or the latest stack block, or null. */
  stackAt(which: 'first' | 'last'): Addr | null {
    if (this.stacksMapped === 0) return null;
    const at = which === 'first' ? 0 : 2;
    return makeAddr(this.target.bits, this.stackEnds[at]!, this.stackEnds[at + 1]!);
  }

  // ---- memory -------------------------------------------------------------------------------------

  /** The word at hi:lo, signed. Throws GuestFault as the processor would. */
  load(hi: number, lo: number): number {
    const word = load32(this.mm, hi, lo);
    return word === FAULT ? this.loadAgain(hi, lo) : word;
  }

  store(hi: number, lo: number, word: number): void {
    if (store32(this.mm, hi, lo, word) < 0) this.storeAgain(hi, lo, word);
  }

  /** A load that faulted: each handler of the fault has a try at mending it. */
  private loadAgain(hi: number, lo: number): number {
    for (;;) {
      this.handleFault(hi, lo, false);
      const word = load32(this.mm, hi, lo);
      if (word !== FAULT) return word;
    }
  }

  private storeAgain(hi: number, lo: number, word: number): void {
    do this.handleFault(hi, lo, true);
    while (store32(this.mm, hi, lo, word) < 0);
  }

  /** Runs the program's handler of the fault that an access to hi:lo has just met; without one, throws GuestFault. */
  handleFault(hi: number, lo: number, isWrite: boolean): void {
    if (this.kernel.tasks.state[this.kernel.current] === TASK_FREE) throw new Unwind();
    const fault = this.fault(hi, lo);
    const { numbers } = this.target.signals;
    if (fault.reason === 'OOM') throw fault;
    const signo = fault.reason === 'SIGBUS' ? numbers.SIGBUS! : numbers.SIGSEGV!;
    const code = fault.reason === 'SIGBUS' ? BUS_ADRERR : fault.reason === 'SEGV_ACCERR' ? SEGV_ACCERR : SEGV_MAPERR;
    // The processor's error code: protection, write, user mode.
    const error = (fault.reason === 'SEGV_ACCERR' ? 1 : 0) | (isWrite ? 2 : 0) | 4;
    if (!this.sys.fault(signo, code, hi, lo, error)) throw fault;
    this.onFaultHandler();
  }

  /** The exception for an access to hi:lo that was just refused. */
  fault(hi: number, lo: number): GuestFault {
    return new GuestFault(this.target.bits === 32 ? 0 : hi, lo, this.mm.pageTable.lastFault);
  }

  /** A C long or pointer at hi:lo. */
  loadWord(hi: number, lo: number): Halves {
    if (this.target.bits === 32) return { hi: 0, lo: this.load(hi, lo) };
    const low = this.target.bigEndian ? 4 : 0;
    return { hi: this.load(hi, lo + 4 - low), lo: this.load(hi, lo + low) };
  }

  storeWord(hi: number, lo: number, valueHi: number, valueLo: number): void {
    if (this.target.bits === 32) {
      this.store(hi, lo, valueLo);
      return;
    }
    const low = this.target.bigEndian ? 4 : 0;
    this.store(hi, lo + low, valueLo);
    this.store(hi, lo + 4 - low, valueHi);
  }

  /** Notes what the running thread is about to wait for: the object at hi:lo. */
  waitsFor(kind: WaitKind, hi: number, lo: number): void {
    const slot = this.kernel.current;
    this.waitKind[slot] = WAIT_KINDS.indexOf(kind);
    this.waitHi[slot] = hi;
    this.waitLo[slot] = lo;
  }

  /** Around a sleep in a cancellation point: asynchronous cancellation is on while it lasts. */
  sleepsCancellably(isAsleep: boolean): void {
    const { cancelhandling } = this.threads;
    const row = this.self;
    if (isAsleep) cancelhandling[row]! |= SLEEP_BIT;
    else cancelhandling[row]! &= ~SLEEP_BIT;
  }

  /** Ends a program that comes to need what the kernel has no futex for. */
  refuseFutex(what: string): never {
    const { release } = this.target;
    throw new ProgramError(`${what} needs futex, ${lackOf(release, 'futex')}; --force gives it what NPTL needs`);
  }

  /** Whether 2.36 goes on after this error of futex. */
  isExpected(error: number): boolean {
    return this.E.ofFutex.has(error);
  }

  /** What a sleeping task waits for. */
  waitOf(slot: number): { readonly kind: WaitKind; readonly hi: number; readonly lo: number } {
    return { kind: WAIT_KINDS[this.waitKind[slot]!]!, hi: this.waitHi[slot]!, lo: this.waitLo[slot]! };
  }
}
