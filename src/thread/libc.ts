/**
 * Libc: what a TypeScript program is given. Calls return what POSIX says: pthread functions an error
 * number in the machine's own numbering, wrappers of system calls -1 with `errno` set. A call that could
 * enter the kernel is used with `yield*`; where C has an out-parameter, the result is a pair.
 *
 * Every function is a line here and lives in a file of its own beside this one.
 */
import * as errnos from '../arch/generic/errno.js';
import { errnoNames } from '../arch/generic/errno.js';
import { strerror } from '../arch/generic/strerror.js';
import { RLIMIT_STACK } from '../arch/generic/sched.js';
import type { MapFlags, PthreadType } from '../arch/index.js';
import { hex, Long } from '../lib/u64.js';
import { FAULT, load8, store8 } from '../mm/uaccess.js';
import { type Addr, addAddr, hiOf, loOf, makeAddr } from './address.js';
import { type Call, Done, Lazy, PENDING, type ThreadBody } from './call.js';
import { formatPrintf, type PrintfArg } from './format.js';
import { frame, Frames } from './frame.js';
import { Heap } from './malloc.js';
import type { Nptl } from './nptl.js';
import * as attr from './pthread_attr.js';
import * as barrier from './pthread_barrier.js';
import * as cond from './pthread_cond.js';
import { pthreadCreate } from './pthread_create.js';
import { pthreadDetach } from './pthread_detach.js';
import { type Joined, pthreadJoin } from './pthread_join.js';
import * as mutex from './pthread_mutex.js';
import { Stdio } from './stdio.js';
import { GONE, SLEEPING } from './sys.js';

/** A thread's function. */
export type StartRoutine<T = never> = (arg: T) => ThreadBody | unknown;

export class Libc {
  readonly stdio: Stdio;
  private readonly nptl: Nptl;
  private readonly heap: Heap;
  private readonly frames = new Frames();

  /** errno of each thread, by row. */
  private readonly errnoOf: number[] = [];

  /** Hand-over of pthread_exit to the user mode: the slot, its value, and values of threads on their way out. */
  exitingThread = -1;
  exitValue: unknown = undefined;
  readonly exitValues = new Map<number, unknown>();

  readonly PTHREAD_CREATE_JOINABLE = attr.PTHREAD_CREATE_JOINABLE;
  readonly PTHREAD_CREATE_DETACHED = attr.PTHREAD_CREATE_DETACHED;
  readonly PTHREAD_BARRIER_SERIAL_THREAD = barrier.PTHREAD_BARRIER_SERIAL_THREAD;
  readonly PROT_NONE = 0;
  readonly PROT_READ = 1;
  readonly PROT_WRITE = 2;
  readonly PROT_EXEC = 4;
  /** PTHREAD_STACK_MIN of this machine, bytes. */
  readonly PTHREAD_STACK_MIN: number;
  /** MAP_* of this machine without the prefix: `libc.MAP.PRIVATE`. */
  readonly MAP: MapFlags;
  /** Errno values of this machine by name: `libc.E.EAGAIN`. */
  readonly E: Readonly<Record<string, number>>;
  /** Bytes of the types that a program allocates. */
  readonly sizeof: Readonly<Record<PthreadType | 'long' | 'int' | 'pointer', number>>;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Name of the machine, for programs that print it. */
  readonly arch: string;

  constructor(nptl: Nptl) {
    this.nptl = nptl;
    this.stdio = new Stdio(nptl);
    this.heap = new Heap(nptl);
    const { target, params } = nptl;
    const word = target.bits / 8;
    this.PTHREAD_STACK_MIN = params.PTHREAD_STACK_MIN;
    this.MAP = target.map;
    this.E = Object.fromEntries([...errnoNames].map(([n, name]) => [name, target.errno(n)]));
    this.sizeof = { ...params.sizeof, int: 4, long: word, pointer: word };
    this.pageSize = nptl.pageSize;
    this.arch = target.arch;
  }

  /** Error of the running thread's last wrapper of a system call that failed, in the machine's numbers. */
  get errno(): number {
    return this.errnoOf[this.nptl.self] ?? 0;
  }

  set errno(value: number) {
    this.errnoOf[this.nptl.self] = value;
  }

  /** __pthread_initialize_minimal: set_tid_address, and the default stack size from RLIMIT_STACK. */
  startUp(): void {
    const { nptl } = this;
    const { sys, target, params, threads } = nptl;
    sys.word(0, threads.pdHi[0]!, nptl.tidLo(0));
    sys.trap(target.nr.set_tid_address!);
    nptl.store(threads.pdHi[0]!, nptl.tidLo(0), sys.resultLo);
    nptl.store(threads.pdHi[0]!, threads.pdLo[0]!, 1);
    if (params.tls === 'user_desc') {
      // entry_number 6 (%gs >> 3), limit 0xfffff pages, seg_32bit | limit_in_pages | useable.
      nptl.store(nptl.dataHi, nptl.userDescLo, 6);
      nptl.store(nptl.dataHi, nptl.userDescLo + 8, 0xfffff);
      nptl.store(nptl.dataHi, nptl.userDescLo + 12, 0x51);
    }
    nptl.defaultStackSize = this.readDefaultStackSize();
  }

  private readDefaultStackSize(): number {
    const { nptl } = this;
    const { sys, target, params, dataHi, dataLo } = nptl;
    sys.number(0, RLIMIT_STACK);
    sys.word(1, dataHi, dataLo); // the stdio buffer, not in use yet
    sys.trap(target.nr.ugetrlimit ?? target.nr.getrlimit!);
    const low = target.bits === 64 && target.bigEndian ? 4 : 0;
    const lo = nptl.load(dataHi, dataLo + low);
    const hi = target.bits === 64 ? nptl.load(dataHi, dataLo + 4 - low) : 0;
    const isInfinite = hi === target.rlimInfinity[0] && lo === target.rlimInfinity[1];
    const bytes = isInfinite ? params.ARCH_STACK_DEFAULT_SIZE : (hi >>> 0) * 2 ** 32 + (lo >>> 0);
    for (let at = 0; at < 16; at += 4) nptl.store(dataHi, dataLo + at, 0);
    const whole = Math.floor(bytes / params.defaultStackDivisor / nptl.pageSize) * nptl.pageSize;
    return Math.max(whole, params.PTHREAD_STACK_MIN);
  }

  // ---- threads ------------------------------------------------------------------------------------

  /** pthread_create(3): [error, thread]. `attr` is null or the address of a pthread_attr_t. */
  pthread_create<T>(attrAddr: Addr | null, start: (arg: T) => unknown, arg?: T): Call<[error: number, thread: Addr]> {
    const row = pthreadCreate(this.nptl, attrAddr, start, arg);
    return new Done<[number, Addr]>(row < 0 ? [-row, 0] : [0, this.nptl.handle(row)]);
  }

  /** pthread_join(3): [error, value]. */
  pthread_join(thread: Addr): Call<Joined> {
    return pthreadJoin(this.nptl, thread);
  }

  /** pthread_detach(3). */
  pthread_detach(thread: Addr): Call<number> {
    return new Done(pthreadDetach(this.nptl, thread));
  }

  /** pthread_exit(3): ends the thread with `value`; finally blocks run. */
  pthread_exit(value?: unknown): Call<never> {
    return new Lazy(this.nptl.sys, this.leaveThread(value));
  }

  private *leaveThread(value: unknown): Generator<undefined, never, unknown> {
    this.exitingThread = this.nptl.kernel.current;
    this.exitValue = value;
    for (;;) yield undefined;
  }

  /** pthread_self(3). */
  pthread_self(): Addr {
    return this.nptl.handle(this.nptl.self);
  }

  /** pthread_equal(3): non-zero when both are the same thread. */
  pthread_equal(a: Addr, b: Addr): number {
    return hiOf(a) === hiOf(b) && loOf(a) === loOf(b) ? 1 : 0;
  }

  pthread_attr_init(addr: Addr): number {
    return attr.attrInit(this.nptl, hiOf(addr), loOf(addr));
  }

  pthread_attr_destroy(_addr: Addr): number {
    return 0;
  }

  /** EINVAL below PTHREAD_STACK_MIN, the attribute unchanged. */
  pthread_attr_setstacksize(addr: Addr, bytes: number): number {
    return attr.attrSetStackSize(this.nptl, hiOf(addr), loOf(addr), bytes);
  }

  /** [0, bytes]. */
  pthread_attr_getstacksize(addr: Addr): [error: number, bytes: number] {
    const read = this.readAttr(addr);
    return [0, read.stackSize === 0 ? this.nptl.defaultStackSize : read.stackSize];
  }

  pthread_attr_setguardsize(addr: Addr, bytes: number): number {
    return attr.attrSetGuardSize(this.nptl, hiOf(addr), loOf(addr), bytes);
  }

  /** [0, bytes]. */
  pthread_attr_getguardsize(addr: Addr): [error: number, bytes: number] {
    return [0, this.readAttr(addr).guardSize];
  }

  pthread_attr_setdetachstate(addr: Addr, state: number): number {
    return attr.attrSetDetachState(this.nptl, hiOf(addr), loOf(addr), state);
  }

  /** [0, PTHREAD_CREATE_JOINABLE or PTHREAD_CREATE_DETACHED]. */
  pthread_attr_getdetachstate(addr: Addr): [error: number, state: number] {
    return [0, this.readAttr(addr).isDetached ? this.PTHREAD_CREATE_DETACHED : this.PTHREAD_CREATE_JOINABLE];
  }

  private readAttr(addr: Addr): attr.ThreadAttributes {
    return attr.readAttr(this.nptl, hiOf(addr), loOf(addr), { stackSize: 0, guardSize: 0, isDetached: false });
  }

  // ---- mutexes, condition variables, barriers -----------------------------------------------------

  pthread_mutex_init(addr: Addr, _attr: Addr | null = null): number {
    return mutex.mutexInit(this.nptl, addr);
  }

  pthread_mutex_destroy(addr: Addr): number {
    return mutex.mutexDestroy(this.nptl, addr);
  }

  pthread_mutex_lock(addr: Addr): Call<number> {
    return mutex.mutexLock(this.nptl, addr);
  }

  /** EBUSY when it is held. */
  pthread_mutex_trylock(addr: Addr): Call<number> {
    return new Done(mutex.mutexTrylock(this.nptl, addr));
  }

  pthread_mutex_unlock(addr: Addr): Call<number> {
    return new Done(mutex.mutexUnlock(this.nptl, addr));
  }

  pthread_cond_init(addr: Addr, _attr: Addr | null = null): number {
    return cond.condInit(this.nptl, addr);
  }

  pthread_cond_destroy(_addr: Addr): Call<number> {
    return new Done(cond.condDestroy());
  }

  pthread_cond_wait(addr: Addr, mutexAddr: Addr): Call<number> {
    return new Lazy(this.nptl.sys, cond.condWait(this.nptl, addr, mutexAddr));
  }

  pthread_cond_signal(addr: Addr): Call<number> {
    return new Lazy(this.nptl.sys, cond.condSignal(this.nptl, addr));
  }

  pthread_cond_broadcast(addr: Addr): Call<number> {
    return new Lazy(this.nptl.sys, cond.condBroadcast(this.nptl, addr));
  }

  /** EINVAL for a count of 0. */
  pthread_barrier_init(addr: Addr, _attr: Addr | null, count: number): number {
    return barrier.barrierInit(this.nptl, addr, count);
  }

  pthread_barrier_destroy(addr: Addr): Call<number> {
    return new Done(barrier.barrierDestroy(this.nptl, addr));
  }

  /** PTHREAD_BARRIER_SERIAL_THREAD for one thread of each round, 0 for the others. */
  pthread_barrier_wait(addr: Addr): Call<number> {
    return new Lazy(this.nptl.sys, barrier.barrierWait(this.nptl, addr));
  }

  // ---- memory -------------------------------------------------------------------------------------

  /** Address of `bytes` of zeroed static memory, as a C variable at file level has; never given back. */
  bss(bytes: number): Addr {
    return this.nptl.bss(bytes);
  }

  /** malloc(3): the address, or 0 with errno ENOMEM. */
  malloc(bytes: number): Call<Addr> {
    const { bits } = this.nptl.target;
    if (this.heap.malloc(bytes)) return new Done(makeAddr(bits, this.heap.hi, this.heap.lo));
    this.errno = errnos.ENOMEM;
    return new Done(makeAddr(bits, 0, 0));
  }

  /** free(3). An address that malloc did not return is an error of the program. */
  free(addr: Addr): Call<void> {
    if (hiOf(addr) === 0 && loOf(addr) === 0) return new Done(undefined);
    if (!this.heap.free(hiOf(addr), loOf(addr))) throw new Error(`free(${this.addressText(addr)}): invalid pointer`);
    return new Done(undefined);
  }

  /**
   * Runs `body` in a stack frame of `bytes`: takes that much of the thread's stack, touching it page by page
   * downwards (SIGSEGV where the stack ends), and gives it back. ia64's register stack takes its share too.
   */
  frame<T>(bytes: number, body: () => ThreadBody<T>): Call<T> {
    return new Lazy(this.nptl.sys, frame(this.nptl, this.frames, bytes, body));
  }

  /** addr + bytes. */
  add(addr: Addr, bytes: number): Addr {
    return addAddr(addr, bytes);
  }

  /** The 8-bit byte at `addr`; SIGSEGV if it cannot be read, as for all loads and stores here. */
  load8(addr: Addr): number {
    const byte = load8(this.nptl.mm, hiOf(addr), loOf(addr));
    if (byte === FAULT) throw this.nptl.fault(hiOf(addr), loOf(addr));
    return byte;
  }

  store8(addr: Addr, byte: number): void {
    if (store8(this.nptl.mm, hiOf(addr), loOf(addr), byte) < 0) throw this.nptl.fault(hiOf(addr), loOf(addr));
  }

  /** The aligned 32-bit word at `addr`, signed. */
  load32(addr: Addr): number {
    return this.nptl.load(hiOf(addr), loOf(addr) & ~3);
  }

  store32(addr: Addr, word: number): void {
    this.nptl.store(hiOf(addr), loOf(addr) & ~3, word);
  }

  /** The aligned 64-bit word at `addr`, unsigned. */
  load64(addr: Addr): Long {
    const low = this.nptl.target.bigEndian ? 4 : 0;
    const [hi, lo] = [hiOf(addr), loOf(addr) & ~7];
    return new Long(this.nptl.load(hi, lo + low), this.nptl.load(hi, lo + 4 - low), true);
  }

  store64(addr: Addr, word: Long): void {
    const low = this.nptl.target.bigEndian ? 4 : 0;
    const [hi, lo] = [hiOf(addr), loOf(addr) & ~7];
    this.nptl.store(hi, lo + low, word.low);
    this.nptl.store(hi, lo + 4 - low, word.high);
  }

  // ---- system calls -------------------------------------------------------------------------------

  /**
   * syscall(2): any call of this machine by number, with up to six words; a number is sign-extended.
   * Returns the result as an address-sized word, or -1 with errno set.
   */
  syscall(nr: number, ...args: Addr[]): Call<Addr> {
    const { sys, target } = this.nptl;
    for (let i = 0; i < 6; i++) {
      const arg = args[i] ?? 0;
      sys.word(i, hiOf(arg), loOf(arg));
    }
    return this.finished(sys.trap(nr), () => makeAddr(target.bits, sys.resultHi, sys.resultLo));
  }

  /** Call numbers of this machine by name. */
  get nr(): Readonly<Record<string, number>> {
    return this.nptl.target.nr;
  }

  /** mmap(2) by the call that this glibc uses; `offset` in pages. The address, or -1 with errno. */
  mmap(addr: Addr, length: number, prot: number, flags: number, fd = -1, offset = 0): Call<Addr> {
    const { sys, params, target, pageSize } = this.nptl;
    sys.word(0, hiOf(addr), loOf(addr));
    sys.number(1, length);
    sys.number(2, prot);
    sys.number(3, flags);
    sys.number(4, fd);
    sys.number(5, (offset * pageSize) / params.mmapUnit);
    return this.finished(sys.trap(target.nr[params.mmapCall]!), () => makeAddr(target.bits, sys.resultHi, sys.resultLo));
  }

  munmap(addr: Addr, length: number): Call<number> {
    const { sys } = this.nptl;
    return this.status(sys.munmap(hiOf(addr), loOf(addr), length));
  }

  mprotect(addr: Addr, length: number, prot: number): Call<number> {
    const { sys } = this.nptl;
    return this.status(sys.mprotect(hiOf(addr), loOf(addr), length, prot));
  }

  getpid(): Call<number> {
    const { sys, target } = this.nptl;
    sys.trap(target.nr.getpid!);
    return new Done(sys.resultLo);
  }

  gettid(): Call<number> {
    const { sys, target } = this.nptl;
    sys.trap(target.nr.gettid!);
    return new Done(sys.resultLo);
  }

  /** sched_yield(2): lets the other runnable threads go first. */
  sched_yield(): Call<number> {
    return new Lazy(this.nptl.sys, this.giveWay());
  }

  private *giveWay(): Generator<undefined, number, unknown> {
    const { sys, target } = this.nptl;
    sys.trap(target.nr.sched_yield!);
    yield undefined;
    return 0;
  }

  /** The thread in `row` has ended: its frames and its errno are gone. */
  forgetThread(row: number): void {
    this.frames.forget(row);
    if (row < this.errnoOf.length) this.errnoOf[row] = 0;
  }

  /** exit(3): flushes standard output and ends the process. */
  exit(code: number): Call<never> {
    return new Lazy(this.nptl.sys, this.leaveProcess(code));
  }

  private *leaveProcess(code: number): Generator<undefined, never, unknown> {
    this.exitProcess(code);
    for (;;) yield undefined;
  }

  /** exit(3) for callers inside the library. */
  exitProcess(code: number): void {
    this.stdio.flush();
    this.nptl.sys.exitGroup(code);
  }

  private finished(error: number, result: () => Addr): Call<Addr> {
    if (error === 0) return new Done(result());
    if (error === SLEEPING) {
      this.nptl.waitsFor('', 0, 0);
      return this.woken(result);
    }
    if (error <= GONE) return pendingForever;
    this.errno = -error;
    return new Done<Addr>(-1);
  }

  /** A call that sleeps: its result is in the registers once the thread runs again. */
  private *woken(result: () => Addr): Generator<unknown, Addr, unknown> {
    yield undefined;
    return yield* this.finished(this.nptl.sys.outcome(), result);
  }

  private status(error: number): Call<number> {
    if (error === 0) return new Done(0);
    this.errno = -error;
    return new Done(-1);
  }

  // ---- output -------------------------------------------------------------------------------------

  /** printf(3) to standard output; returns the bytes printed. */
  printf(format: string, ...args: PrintfArg[]): Call<number> {
    return new Done(this.stdio.print(formatPrintf(format, args)));
  }

  /** puts(3). */
  puts(text: string): Call<number> {
    return new Done(this.stdio.print(`${text}\n`));
  }

  /** write(2) from guest memory, or of a string by way of the stdio buffer. */
  write(fd: number, buffer: Addr | string, count?: number): Call<number> {
    const isText = typeof buffer === 'string';
    const written = isText ? this.stdio.writeText(fd, buffer) : this.stdio.write(fd, buffer, count ?? 0);
    if (written >= 0) return new Done(written);
    return this.status(written);
  }

  /** fprintf(stderr, ...): unbuffered. */
  eprintf(format: string, ...args: PrintfArg[]): Call<number> {
    return new Done(this.stdio.writeText(2, formatPrintf(format, args)));
  }

  /** "EAGAIN" for this machine's number of it. */
  strerrorname(errno: number): string {
    return Object.entries(this.E).find(([, n]) => n === errno)?.[0] ?? `errno ${errno}`;
  }

  /** strerror(3) for this machine's number. */
  strerror(errno: number): string {
    const generic = [...errnoNames.keys()].find((n) => this.nptl.target.errno(n) === errno);
    return strerror(generic ?? errno);
  }

  /** "0x..." of an address. */
  addressText(addr: Addr): string {
    return hex(this.nptl.target.bits === 32 ? 0 : hiOf(addr), loOf(addr));
  }
}

/** A call whose task is gone. */
const pendingForever: Call<never> = {
  [Symbol.iterator]: () => ({ next: () => PENDING }),
};
