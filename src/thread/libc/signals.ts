/** <signal.h>, <setjmp.h>: signals to threads and processes, their handlers, masks and alternate stacks. */
import { SIG_DFL, SIG_IGN, SS_DISABLE } from '../../arch/generic/signal.js';
import { type Addr, makeAddr } from '../address.js';
import { type Call, Done } from '../call.js';
import type { Steps } from '../futex.js';
import { type JmpBuf, LongJump, sigsetjmp } from '../long_jump.js';
import { pthreadKill, raise, sigqueue } from '../pthread_kill.js';
import { EMPTY_SET, setOf, signalsIn } from '../signal_calls.js';
import * as calls from '../signal_wrappers.js';
import type { Timespec } from '../timespec.js';
import { LibcCore } from './core.js';

/**
 * What runs when a signal comes: 'SIG_DFL', 'SIG_IGN', or a function, which may be a generator function. It is given the
 * signal and, with SA_SIGINFO, the addresses of its siginfo_t and context.
 */
export type SignalHandler = 'SIG_DFL' | 'SIG_IGN' | ((signo: number, info: Addr, context: Addr) => unknown);

/** struct sigaction. */
export interface SigActionRequest {
  readonly handler: SignalHandler;
  /** SA_* of this machine, from libc.SA. */
  readonly flags?: number;
  /** Signals blocked while the handler runs, besides its own. */
  readonly mask?: readonly number[];
}

export class SignalCalls extends LibcCore {
  /** pthread_kill(3). ESRCH for no such thread, EINVAL for no such signal and for NPTL's own, 32 and 33. */
  pthread_kill(thread: Addr, signo: number): Call<number> {
    return this.lazyStep('pthread_kill', pthreadKill(this.nptl, thread, signo));
  }

  /** raise(3): 0, or -1 with errno. The handler has run when it returns. */
  raise(signo: number): Call<number> {
    return this.lazyStep('raise', this.minusOne(raise(this.nptl, signo)));
  }

  /** kill(2). */
  kill(pid: number, signo: number): Call<number> {
    return this.lazyStep('kill', this.minusOne(calls.kill(this.nptl, pid, signo)));
  }

  /** sigqueue(3): with a value for si_value. */
  sigqueue(pid: number, signo: number, value: Addr): Call<number> {
    return this.lazyStep('sigqueue', this.minusOne(sigqueue(this.nptl, pid, signo, value)));
  }

  /** pthread_sigmask(3): [error, the signals blocked before]. `signals` null leaves the mask. NPTL's own cannot be blocked. */
  pthread_sigmask(how: number, signals: readonly number[] | null): Call<[error: number, old: number[]]> {
    return this.lazyStep('pthread_sigmask', calls.threadSigmask(this.nptl, how, signals));
  }

  /** sigprocmask(2): [result, the signals blocked before]; the calling thread's mask. */
  sigprocmask(how: number, signals: readonly number[] | null): Call<[result: number, old: number[]]> {
    return this.lazyStep('sigprocmask', this.maskResult(how, signals));
  }

  private *maskResult(how: number, signals: readonly number[] | null): Steps<[result: number, old: number[]]> {
    const [error, old] = yield* calls.threadSigmask(this.nptl, how, signals);
    if (error !== 0) this.errno = error;
    return [error === 0 ? 0 : -1, old];
  }

  /** sigpending(2): [0, the signals that wait]. */
  sigpending(): Call<[result: number, signals: number[]]> {
    return new Done<[number, number[]]>([0, signalsIn(calls.sigpending(this.nptl))]);
  }

  /** sigaction(2): [result, the action before]. `action` null asks only. */
  sigaction(signo: number, action: SigActionRequest | null): Call<[result: number, old: SigActionRequest]> {
    const old = calls.sigaction(this.nptl, signo, action === null ? null : this.rawAction(action));
    if (typeof old === 'number') {
      this.errno = -old;
      return new Done<[number, SigActionRequest]>([-1, { handler: 'SIG_DFL' }]);
    }
    return new Done<[number, SigActionRequest]>([0, this.requestOf(old)]);
  }

  /** signal(2), as BSD has it: SA_RESTART. The handler before, or null with errno. */
  signal(signo: number, handler: SignalHandler): Call<SignalHandler | null> {
    const flags = this.nptl.target.signals.SA_RESTART;
    const old = calls.sigaction(this.nptl, signo, this.rawAction({ handler, flags, mask: [signo] }));
    if (typeof old !== 'number') return new Done<SignalHandler | null>(this.requestOf(old).handler);
    this.errno = -old;
    return new Done<SignalHandler | null>(null);
  }

  private rawAction({ handler, flags = 0, mask = [] }: SigActionRequest): calls.RawAction {
    const [handlerHi, handlerLo] = this.handlerAddress(handler);
    return { handlerHi, handlerLo, flags, mask: mask.length === 0 ? EMPTY_SET : setOf(mask) };
  }

  private handlerAddress(handler: SignalHandler): readonly [hi: number, lo: number] {
    if (handler === 'SIG_DFL') return [0, SIG_DFL];
    if (handler === 'SIG_IGN') return [0, SIG_IGN];
    return this.nptl.code.addressOf(handler as (...args: never[]) => unknown);
  }

  private requestOf({ handlerHi, handlerLo, flags, mask }: calls.RawAction): SigActionRequest {
    const routine = this.nptl.code.routineAt(handlerHi, handlerLo);
    const plain = handlerLo === SIG_IGN && handlerHi === 0 ? 'SIG_IGN' : 'SIG_DFL';
    return { handler: (routine as SignalHandler | null) ?? plain, flags, mask: signalsIn(mask) };
  }

  /** sigwait(3): [error, the signal]. A cancellation point. */
  sigwait(signals: readonly number[]): Call<[error: number, signo: number]> {
    return this.lazyStep('sigwait', calls.sigwait(this.nptl, signals));
  }

  /** sigwaitinfo(2): the signal, or -1 with errno. A cancellation point. */
  sigwaitinfo(signals: readonly number[]): Call<number> {
    return this.lazyStep('sigwaitinfo', this.orMinusOne(calls.sigtimedwait(this.nptl, signals, null)));
  }

  /** sigtimedwait(2): the signal, or -1 with errno: EAGAIN when `timeout` is over. */
  sigtimedwait(signals: readonly number[], timeout: Timespec): Call<number> {
    return this.lazyStep('sigtimedwait', this.orMinusOne(calls.sigtimedwait(this.nptl, signals, timeout)));
  }

  /** sigsuspend(2): waits with `signals` for mask until a handler has run; -1 with EINTR. A cancellation point. */
  sigsuspend(signals: readonly number[]): Call<number> {
    return this.lazyStep('sigsuspend', this.minusOne(calls.sigsuspend(this.nptl, signals)));
  }

  /** pause(2): until a handler has run; -1 with EINTR. A cancellation point. */
  pause(): Call<number> {
    return this.lazyStep('pause', this.minusOne(calls.pause(this.nptl)));
  }

  /** sigaltstack(2): `stack` null takes it away. 0, or -1 with errno: ENOMEM below MINSIGSTKSZ. */
  sigaltstack(stack: { readonly sp: Addr; readonly size: number } | null): Call<number> {
    const flags = stack === null ? SS_DISABLE : 0;
    return this.status(calls.sigaltstack(this.nptl, stack?.sp ?? makeAddr(this.nptl.target.bits, 0, 0), stack?.size ?? 0, flags));
  }

  /** abort(3): SIGABRT, handled or not. */
  abort(): Call<never> {
    return this.lazy('abort', this.abortForEver());
  }

  private *abortForEver(): Steps<never> {
    const { SIGABRT } = this.nptl.target.signals.numbers;
    yield* raise(this.nptl, SIGABRT!);
    calls.sigaction(this.nptl, SIGABRT!, this.rawAction({ handler: 'SIG_DFL' }));
    yield* raise(this.nptl, SIGABRT!);
    for (;;) yield undefined;
  }

  /**
   * sigsetjmp(3): runs `body(env, 0)`, and `body(env, value)` anew for each siglongjmp(env, value) that comes while it runs.
   * The signal mask is put back too, unless `savesMask` is 0. Returns what body returns.
   */
  sigsetjmp<T>(body: (env: JmpBuf, value: number) => Generator<unknown, T, unknown> | T, savesMask = 1): Call<T> {
    return this.lazy('sigsetjmp', sigsetjmp<T>(this.nptl, body, savesMask !== 0));
  }

  /** siglongjmp(3): never returns. A value of 0 is 1, as in C. */
  siglongjmp(env: JmpBuf, value: number): never {
    throw new LongJump(env, value === 0 ? 1 : value);
  }

  /** An errno as -1 with errno set. */
  private *minusOne(steps: Steps<number>): Steps<number> {
    const error = yield* steps;
    if (error === 0) return 0;
    this.errno = error;
    return -1;
  }

  /** A negated errno as -1 with errno set. */
  private *orMinusOne(steps: Steps<number>): Steps<number> {
    const result = yield* steps;
    if (result >= 0) return result;
    this.errno = -result;
    return -1;
  }
}
