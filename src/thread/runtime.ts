/**
 * Runtime: all that user space of one process is made of: its threads (Nptl), its heap, its standard output,
 * and what each of its threads has of its own. `Libc` is one facade over the runtime of whichever process runs.
 */
import { RLIMIT_STACK } from '../arch/generic/sched.js';
import { Frames } from './frame.js';
import { Heap } from './malloc.js';
import { MAIN, type Nptl } from './nptl.js';
import { registerRobustList } from './robust_list.js';
import { setOf, SIGCANCEL, sigprocmask } from './signal_calls.js';
import { installSigcancel } from './sigcancel.js';
import { Stdio } from './stdio.js';

export class Runtime {
  readonly nptl: Nptl;
  readonly stdio: Stdio;
  readonly heap: Heap;
  readonly frames = new Frames();
  /** errno of each thread, by row. */
  readonly errnoOf: number[] = [];

  constructor(nptl: Nptl) {
    this.nptl = nptl;
    this.stdio = new Stdio(nptl);
    this.heap = new Heap(nptl);
  }

  /** The user space of a child that the thread in `row` has forked: memory is a copy, and so is what is kept beside it. */
  fork(nptl: Nptl, row: number): Runtime {
    const child = new Runtime(nptl);
    child.heap.forkFrom(this.heap);
    child.stdio.forkFrom(this.stdio);
    child.frames.forkFrom(this.frames, row);
    child.errnoOf[row] = this.errnoOf[row] ?? 0;
    return child;
  }

  /** The thread in `row` has ended: its frames and its errno are gone. */
  forgetThread(row: number): void {
    this.frames.forget(row);
    if (row < this.errnoOf.length) this.errnoOf[row] = 0;
  }

  /** exit(3) for callers inside the library. */
  exitProcess(code: number): void {
    this.stdio.flush();
    this.nptl.sys.exitGroup(code);
  }

  /**
   * __pthread_initialize_minimal: set_tid_address, and the default stack size from RLIMIT_STACK. On a kernel without
   * futex the real one ends the program on i386, which has no set_thread_area there; here it starts as one without
   * threads does, which calls nothing of this.
   */
  startUp(): void {
    const { nptl } = this;
    const { sys, target, params, threads } = nptl;
    if (!nptl.lacksFutex) {
      sys.word(0, threads.pdHi[0]!, nptl.tidLo(0));
      sys.trap(target.nr.set_tid_address!);
    }
    nptl.store(threads.pdHi[0]!, nptl.tidLo(0), nptl.lacksFutex ? nptl.selfTid : sys.resultLo);
    nptl.store(threads.pdHi[0]!, threads.pdLo[0]!, 1);
    if (nptl.isModern) this.startModern();
    else if (!nptl.lacksFutex) this.startOld();
    if (params.tls === 'user_desc') {
      // entry_number 6 (%gs >> 3), limit 0xfffff pages, seg_32bit | limit_in_pages | useable.
      nptl.store(nptl.dataHi, nptl.userDescLo, 6);
      nptl.store(nptl.dataHi, nptl.userDescLo + 8, 0xfffff);
      nptl.store(nptl.dataHi, nptl.userDescLo + 12, 0x51);
    }
    nptl.defaultStackSize = this.readDefaultStackSize();
  }

  /** 2.3.3 has SIGCANCEL's handler from the start. */
  private startOld(): void {
    const { nptl } = this;
    installSigcancel(nptl);
    sigprocmask(nptl, nptl.target.signals.SIG_UNBLOCK, setOf([SIGCANCEL]), false);
  }

  /** 2.36 tells the kernel where the main thread's robust mutexes are. */
  private startModern(): void {
    registerRobustList(this.nptl, MAIN);
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
}
