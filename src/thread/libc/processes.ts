/** <unistd.h>, <sys/wait.h>: processes. */
import { WCONTINUED, WNOHANG, WUNTRACED } from '../../arch/generic/wait.js';
import { type Call, Done } from '../call.js';
import { fork } from '../fork.js';
import type { Steps } from '../futex.js';
import { waitpid } from '../process_calls.js';
import { ProgramError } from '../sys.js';
import { LibcCore } from './core.js';

export class Processes extends LibcCore {
  /**
   * fork(2): the child's pid, or -1 with errno. The child runs `child(arg)`, which may be a generator function, as its only
   * thread, and exits with what it returns. It has a copy of guest memory; JavaScript variables are shared.
   */
  fork<T>(child: (arg: T) => unknown, arg?: T): Call<number> {
    if (typeof child !== 'function') {
      throw new ProgramError('fork was given no function: say what the child runs, fork(child, arg)');
    }
    return this.lazy('fork', this.forked(() => child(arg as T)));
  }

  private *forked(body: () => unknown): Steps<number> {
    return this.orError(yield* fork(this.nptl, body));
  }

  /** pthread_atfork(3): handlers before a fork, the last registered first, and after it in parent and child. */
  pthread_atfork(
    prepare: (() => unknown) | null, parent: (() => unknown) | null, child: (() => unknown) | null,
  ): number {
    this.nptl.atfork.push({ prepare, parent, child });
    return 0;
  }

  /** waitpid(2): [pid, status], [-1, 0] with errno, [0, 0] with WNOHANG when nothing has changed. A cancellation point. */
  waitpid(pid: number, options = 0): Call<[pid: number, status: number]> {
    return this.lazyStep('waitpid', this.waited(pid, options));
  }

  /** wait(2): [pid, status] of any child. A cancellation point. */
  wait(): Call<[pid: number, status: number]> {
    return this.lazyStep('wait', this.waited(-1, 0));
  }

  private *waited(pid: number, options: number): Steps<[pid: number, status: number]> {
    const [found, status] = yield* waitpid(this.nptl, pid, options);
    return [this.orError(found), status];
  }

  get WNOHANG(): number {
    return WNOHANG;
  }

  get WUNTRACED(): number {
    return WUNTRACED;
  }

  get WCONTINUED(): number {
    return WCONTINUED;
  }

  WIFEXITED(status: number): boolean {
    return (status & 0x7f) === 0;
  }

  WEXITSTATUS(status: number): number {
    return (status >> 8) & 0xff;
  }

  WIFSIGNALED(status: number): boolean {
    return (status & 0x7f) !== 0 && (status & 0x7f) !== 0x7f;
  }

  WTERMSIG(status: number): number {
    return status & 0x7f;
  }

  /** _exit(2): ends the process at once; standard output is not flushed. */
  _exit(code: number): Call<never> {
    return this.lazy('_exit', this.leaveAtOnce(code));
  }

  private *leaveAtOnce(code: number): Generator<undefined, never, unknown> {
    this.nptl.sys.exitGroup(code);
    for (;;) yield undefined;
  }

  getppid(): Call<number> {
    const { sys, target } = this.nptl;
    sys.trap(target.nr.getppid!);
    return new Done(sys.resultLo);
  }
}
