/**
 * LibcCore: what every family of calls stands on. A family is a class in a file of its own beside this one that
 * extends LibcCore and has methods only; ../libc.ts puts the families together into `Libc`.
 *
 * The program holds one Libc, in all its processes: `runtime` and `nptl` are those of the process that runs.
 */
import { type Addr, hiOf, loOf, makeAddr } from '../address.js';
import { type Call, Done, Lazy, pendingForever } from '../call.js';
import { isCanceled, leaveThread, PTHREAD_CANCELED } from '../cancellation.js';
import type { Nptl } from '../nptl.js';
import { afterPoint } from '../preempt.js';
import type { Runtime } from '../runtime.js';
import { GONE, SLEEPING } from '../sys.js';
import { LibcConstants } from './constants.js';

export class LibcCore extends LibcConstants {
  protected runtime: Runtime;
  protected nptl: Nptl;

  constructor(runtime: Runtime) {
    super(runtime.nptl.target, runtime.nptl.params);
    this.runtime = runtime;
    this.nptl = runtime.nptl;
  }

  /** Error of the running thread's last wrapper of a system call that failed, in the machine's numbers. */
  get errno(): number {
    return this.runtime.errnoOf[this.nptl.self] ?? 0;
  }

  set errno(value: number) {
    this.runtime.errnoOf[this.nptl.self] = value;
  }

  /** errno of another thread of this process; 0 for what is no thread. */
  thread_errno(thread: Addr): number {
    const row = this.nptl.rowAt(hiOf(thread), loOf(thread));
    return row < 0 ? 0 : (this.runtime.errnoOf[row] ?? 0);
  }

  /** The call `name`, whose body starts once `yield*` takes it up. */
  protected lazy<T>(name: string, body: Iterator<unknown, T, unknown>): Call<T> {
    return new Lazy(this.nptl.sys, name, body);
  }

  /** The call `name` as one step that others can see: with a schedule, after a preemption point. */
  protected step<T>(name: string, call: () => Call<T>): Call<T> {
    return this.nptl.sys.preempts ? this.lazy(name, afterPoint(this.nptl, call)) : call();
  }

  /** The same for a call that is a cancellation point. */
  protected cancellable<T>(name: string, call: () => Call<T>): Call<T> {
    return this.step(name, () =>
      isCanceled(this.nptl) ? this.lazy<T>(name, leaveThread(this.nptl, PTHREAD_CANCELED)) : call());
  }

  /** A call that is finished. */
  protected done<T>(value: T): Call<T> {
    return new Done(value);
  }

  /** lazy() for a body that others can see at work: with a schedule, after a preemption point. */
  protected lazyStep<T>(name: string, body: Generator<unknown, T, unknown>): Call<T> {
    return this.lazy(name, this.nptl.sys.preempts ? afterPoint(this.nptl, () => body) : body);
  }

  /** Result of a wrapper that returns 0, or -1 and sets errno; `error` is 0 or a negated errno. */
  protected status(error: number): Call<number> {
    if (error === 0) return new Done(0);
    this.errno = -error;
    return new Done(-1);
  }

  /** A result of 0 or more as it is; a negated errno as -1 with errno set. */
  protected orError(result: number): number {
    if (result >= 0) return result;
    this.errno = -result;
    return -1;
  }

  /** Result of a wrapper that may sleep: `result` reads the registers once the call is over. */
  protected finished(error: number, result: () => Addr): Call<Addr> {
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

  /** The result registers as an address-sized word. */
  protected resultAddr(): Addr {
    const { sys, target } = this.nptl;
    return makeAddr(target.bits, sys.resultHi, sys.resultLo);
  }
}

/** The user mode's: the process of `runtime` runs now. */
export function switchRuntime(libc: LibcCore, runtime: Runtime): void {
  const held = libc as unknown as { runtime: Runtime; nptl: Nptl };
  if (held.runtime === runtime) return;
  runtime.nptl.facade.nptl = runtime.nptl;
  held.runtime = runtime;
  held.nptl = runtime.nptl;
}
