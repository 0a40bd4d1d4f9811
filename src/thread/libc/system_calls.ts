/** <unistd.h>, <sys/mman.h>: thin wrappers of system calls, which return -1 with errno set when they fail. */
import { EINVAL } from '../../arch/generic/errno.js';
import { type Addr, hiOf, loOf } from '../address.js';
import { type Call, Done } from '../call.js';
import { preemptionPoint } from '../preempt.js';
import { LibcCore } from './core.js';

export class SystemCalls extends LibcCore {
  /**
   * syscall(2): any call of this machine by number, with up to six words; a number is sign-extended.
   * Returns the result as an address-sized word, or -1 with errno set.
   */
  syscall(nr: number, ...args: Addr[]): Call<Addr> {
    return this.step('syscall', () => this.trap(nr, args));
  }

  private trap(nr: number, args: readonly Addr[]): Call<Addr> {
    const { sys } = this.nptl;
    for (let i = 0; i < 6; i++) {
      const arg = args[i] ?? 0;
      sys.word(i, hiOf(arg), loOf(arg));
    }
    return this.finished(sys.trap(nr), () => this.resultAddr());
  }

  /**
   * mmap(2) by the call that this glibc uses; `offset` in bytes, null as NULL. The address, or -1 with errno; EINVAL for an
   * offset that is not a multiple of that call's unit (glibc, sysdeps/unix/sysv/linux/mmap.c).
   */
  mmap(addr: Addr | null, length: number, prot: number, flags: number, fd = -1, offset = 0): Call<Addr> {
    return this.step('mmap', () => this.map(addr ?? 0, length, prot, flags, fd, offset));
  }

  private map(addr: Addr, length: number, prot: number, flags: number, fd: number, offset: number): Call<Addr> {
    const { sys, params, target } = this.nptl;
    if (offset % params.mmapUnit !== 0) return this.finished(-target.errno(EINVAL), () => 0);
    sys.word(0, hiOf(addr), loOf(addr));
    sys.number(1, length);
    sys.number(2, prot);
    sys.number(3, flags);
    sys.number(4, fd);
    sys.number(5, offset / params.mmapUnit);
    return this.finished(sys.trap(target.nr[params.mmapCall]!), () => this.resultAddr());
  }

  munmap(addr: Addr, length: number): Call<number> {
    return this.step('munmap', () => this.status(this.nptl.sys.munmap(hiOf(addr), loOf(addr), length)));
  }

  mprotect(addr: Addr, length: number, prot: number): Call<number> {
    return this.step('mprotect', () => this.status(this.nptl.sys.mprotect(hiOf(addr), loOf(addr), length, prot)));
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
    return this.lazy('sched_yield', this.giveWay());
  }

  private *giveWay(): Generator<unknown, number, unknown> {
    const { sys, target } = this.nptl;
    if (sys.preempts) yield* preemptionPoint(this.nptl);
    sys.trap(target.nr.sched_yield!);
    yield undefined;
    return 0;
  }

  /** exit(3): flushes standard output and ends the process. */
  exit(code: number): Call<never> {
    return this.lazy('exit', this.leaveProcess(code));
  }

  private *leaveProcess(code: number): Generator<unknown, never, unknown> {
    if (this.nptl.sys.preempts) yield* preemptionPoint(this.nptl);
    this.runtime.exitProcess(code);
    for (;;) yield undefined;
  }
}
