/**
 * User mode for TypeScript programs: behind each task stands a generator, which runs until a call sleeps.
 * glibc's start_thread is here, around the program's own function.
 */
import type { ForkedProcess, HandlerCall, UserMode, WaitReport } from '../task/user_mode.js';
import { Done, Lazy, type ThreadBody } from './call.js';
import { hex } from '../lib/u64.js';
import { switchRuntime } from './libc/core.js';
import type { Libc } from './libc.js';
import { MAIN, type Nptl, Unwind } from './nptl.js';
import { EXITING_BIT } from './cancellation.js';
import { inChild } from './fork.js';
import { LongJump } from './long_jump.js';
import { runCleanups } from './pthread_cancel.js';
import { maskOfNewThread } from './pthread_create.js';
import { deallocateTsd } from './pthread_key.js';
import { registerRobustList } from './robust_list.js';
import { sigprocmask } from './signal_calls.js';
import { endThread } from './thread_end.js';
import { mutexOwner } from './mutex.js';
import { NOBODY } from './pthread_table.js';
import type { Runtime } from './runtime.js';
import { ProgramError, SLEEPING } from './sys.js';
import { makeAddr } from './address.js';
import { TASK_FREE, TASK_RUNNING } from '../task/task_table.js';

/**
 * A program's entry: `export default function* main(libc, argv)`. Returns the exit status. Unlike C's, `argv` holds
 * the arguments alone: argv[0] is the first of them and not the program's name.
 */
export type Main = (libc: Libc, argv: string[]) => unknown;

/** A handler on top of a task, and its function once it has started. */
interface HandlerFrame {
  readonly call: HandlerCall;
  body: Iterator<unknown> | null;
}

const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };
/** On its way through the functions of a thread that leaves. */
const UNWIND = new Unwind('the thread exits: a catch must let this pass');

export class TsUserMode implements UserMode {
  private readonly runtime: Runtime;
  private readonly nptl: Nptl;
  private readonly libc: Libc;
  private readonly main: Main;
  private readonly argv: string[];
  /** By task slot. */
  private readonly bodies: (ThreadBody | undefined)[] = [];
  /** Values of threads that left by pthread_exit and are on their way out, by task slot. */
  private readonly exitValues = new Map<number, unknown>();
  /** Threads whose function has returned and that were preempted before their end. */
  private readonly leaving = new Set<number>();

  /** Handlers on top of each task, by slot: the last one runs. */
  private readonly handlers = new Map<number, HandlerFrame[]>();
  /** A siglongjmp out of a handler, on its way into the function below it. */
  private jump: LongJump | null = null;
  /** What the process runs that libc's fork has made; null in the first. */
  private forkedBody: (() => unknown) | null = null;
  /** The handler that is being returned from. */
  private returning: HandlerCall | null = null;

  constructor(runtime: Runtime, libc: Libc, main: Main, argv: string[]) {
    this.runtime = runtime;
    this.nptl = runtime.nptl;
    this.libc = libc;
    this.main = main;
    this.argv = argv;
    this.nptl.onFaultHandler = () => this.runFaultHandlers();
  }

  cloned(_parent: number, child: number): void {
    this.nptl.bindTask(child, this.nptl.starting);
  }

  /** A generator cannot be copied: libc's fork says what the child runs. Without it there is nothing to run. */
  forked(parent: number, child: number, { mm }: ForkedProcess): UserMode | null {
    const body = this.nptl.forking;
    if (body === null) return null;
    const row = this.nptl.rowOf(parent);
    const nptl = this.nptl.fork(mm, row, child);
    const user = new TsUserMode(this.runtime.fork(nptl, row), this.libc, this.main, this.argv);
    user.forkedBody = body;
    return user;
  }

  ended(slot: number): void {
    this.bodies[slot] = undefined;
    if (this.handlers.size > 0) this.handlers.delete(slot);
  }

  // ---- signal handlers ----------------------------------------------------------------------------

  stackPointer(slot: number, out: Int32Array): void {
    const { nptl } = this;
    const top = this.handlers.get(slot)?.at(-1)?.call;
    const returning = this.returning;
    if (returning !== null) [out[0], out[1]] = [returning.returnHi, returning.returnLo];
    else if (top !== undefined) [out[0], out[1]] = [top.spHi, top.spLo];
    else {
      const { hi, lo } = nptl.stackTop(nptl.rowOf(slot));
      const low = (lo >>> 0) - this.runtime.frames.depthOf(nptl.rowOf(slot)).stack;
      [out[0], out[1]] = [hi + Math.floor(low / 2 ** 32), low | 0];
    }
  }

  signalled(slot: number, call: HandlerCall): void {
    const frames = this.handlers.get(slot);
    if (frames === undefined) this.handlers.set(slot, [{ call, body: null }]);
    else frames.push({ call, body: null });
  }

  /**
   * Runs the handlers on top of the task, but for the first `keep`. 'done' when the task goes on below them; 'waits' when
   * one of them gave up the processor, or the task is gone; 'left' when one ended its thread or jumped out.
   */
  private runHandlers(slot: number, keep = 0): 'done' | 'waits' | 'left' {
    const { nptl } = this;
    const frames = this.handlers.get(slot) ?? [];
    while (frames.length > keep) {
      const top = frames[frames.length - 1]!;
      const step = this.stepHandler(slot, top);
      if (step === 'left') {
        frames.length = keep;
        if (keep === 0) this.handlers.delete(slot);
        return 'left';
      }
      if (nptl.kernel.tasks.state[slot] !== TASK_RUNNING) return 'waits';
      if (step === 'waits') {
        if (!this.takesSignals()) return 'waits';
        continue;
      }
      frames.pop();
      this.returning = top.call;
      const outcome = nptl.sys.trap(nptl.target.nr[top.call.sigreturn]!);
      this.returning = null;
      if (outcome <= SLEEPING) return 'waits';
    }
    if (keep === 0) this.handlers.delete(slot);
    return 'done';
  }

  /** One step of a handler. */
  private stepHandler(slot: number, frame: HandlerFrame): 'done' | 'waits' | 'left' {
    const { nptl } = this;
    let step: IteratorResult<unknown>;
    try {
      frame.body ??= this.handlerBody(frame.call);
      step = frame.body.next();
    } catch (error) {
      if (!(error instanceof LongJump)) throw error;
      this.jump = error;
      return 'left';
    }
    nptl.sys.checkStarted();
    if (nptl.exiting === slot) return 'left';
    return step.done ? 'done' : 'waits';
  }

  /** Delivers the signals that a call of the running task has left for it. False when there are none, or it stops. */
  private takesSignals(): boolean {
    const { nptl } = this;
    if (!nptl.takesSignals) return false;
    nptl.takesSignals = false;
    return nptl.sys.takeSignals();
  }

  private handlerBody({ signal, handlerHi, handlerLo, infoHi, infoLo, contextHi, contextLo }: HandlerCall): Iterator<unknown> {
    const { bits } = this.nptl.target;
    const routine = this.nptl.code.routineAt(handlerHi, handlerLo);
    if (routine === null) throw this.nptl.fault(handlerHi, handlerLo);
    const started = routine(signal, makeAddr(bits, infoHi, infoLo), makeAddr(bits, contextHi, contextLo));
    return bodyOf(started) ?? new Done(undefined); // a plain function has run already
  }

  /** A fault's handler runs before the access that faulted goes on: it cannot wait for anybody. */
  runFaultHandlers(): void {
    const slot = this.nptl.kernel.current;
    const running = (this.handlers.get(slot) ?? []).filter(({ body }) => body !== null).length;
    const end = this.runHandlers(slot, running);
    if (end === 'done') return;
    if (this.jump !== null) throw this.takeJump();
    // pthread_exit in the handler: the functions below it are left, and their finally blocks run.
    if (end === 'left' || this.nptl.kernel.tasks.state[slot] === TASK_FREE) throw new Unwind();
    throw new ProgramError('the handler of a fault made a call that waits: there is nobody to wait in its place');
  }

  private takeJump(): LongJump {
    const jump = this.jump!;
    this.jump = null;
    return jump;
  }

  // ---- running ------------------------------------------------------------------------------------

  run(slot: number): void {
    const { nptl } = this;
    switchRuntime(this.libc, this.runtime);
    do {
      if (this.handlers.size > 0 && this.handlers.has(slot) && this.runHandlers(slot) === 'waits') return;
      if (!this.bodies[slot] && !this.begin(slot)) return;
      if (this.stepBody(slot)) return;
    } while (nptl.takesSignals && this.takesSignals());
  }

  /** Starts the task's function. False when it has run already, or was no generator and is over. */
  private begin(slot: number): boolean {
    const started = this.start(slot);
    if (this.nptl.kernel.tasks.state[slot] === TASK_FREE) return false;
    if (started instanceof Promise) {
      throw new ProgramError('a thread\'s function is async: a generator (function*) is what can wait here');
    }
    const body = bodyOf(started);
    this.bodies[slot] = body;
    if (body === undefined) this.finish(slot, started);
    return body !== undefined;
  }

  /** Lets the task go on until it gives up the processor. True once its thread has ended. */
  private stepBody(slot: number): boolean {
    const { nptl } = this;
    const body = this.bodies[slot]!;
    let step: IteratorResult<unknown>;
    try {
      if (this.jump !== null) step = body.throw(this.takeJump());
      else step = nptl.exiting === slot ? this.leave(slot, body) : resume(body);
    } catch (error) {
      if (!(error instanceof Unwind)) throw error;
      if (nptl.kernel.tasks.state[slot] === TASK_FREE) return true;
      // Unwound to the end; or pthread_exit in the handler of a fault, whose access lies in what has just been left.
      if (nptl.exiting === slot) this.startLeaving(slot);
      step = OVER;
    }
    nptl.sys.checkStarted();
    if (step.value !== undefined && !step.done) {
      throw new ProgramError('a thread yielded a value: a call is used with yield*, not with yield');
    }
    while (nptl.exiting === slot) step = this.leave(slot, body);
    if (!step.done) return false;
    return this.finish(slot, step.value);
  }

  /**
   * pthread_exit and cancellation: the functions of the thread are left, and their finally blocks run, which may block in
   * turn. By an exception, since a generator that is told to return() forgets it when a finally block below it yields.
   */
  private leave(slot: number, body: ThreadBody): IteratorResult<unknown> {
    this.startLeaving(slot);
    try {
      const step = body.throw(UNWIND);
      this.nptl.sys.checkStarted();
      return step;
    } catch (error) {
      if (error !== UNWIND) throw error;
      return OVER;
    }
  }

  private startLeaving(slot: number): void {
    const { nptl } = this;
    nptl.exiting = -1;
    nptl.threads.cancelhandling[nptl.rowOf(slot)]! |= EXITING_BIT;
    this.exitValues.set(slot, nptl.exitValue);
  }

  private start(slot: number): unknown {
    const row = this.nptl.rowOf(slot);
    if (this.forkedBody !== null && row === this.nptl.mainRow) return inChild(this.nptl, this.forkedBody);
    if (row === MAIN) {
      this.runtime.startUp();
      return this.main(this.libc, this.argv);
    }
    if (this.nptl.isModern) this.startModern(row);
    const { threads } = this.nptl;
    const routine = threads.routine.get(row);
    if (typeof routine !== 'function') {
      throw new ProgramError('pthread_create was given a start routine that is not a function');
    }
    return routine(threads.arg.get(row));
  }

  /** What 2.36 does in a new thread before its function: set_robust_list, and the mask that clone left blocked. */
  private startModern(row: number): void {
    const { nptl } = this;
    registerRobustList(nptl, row);
    sigprocmask(nptl, nptl.target.signals.SIG_SETMASK, maskOfNewThread(nptl), false);
  }

  /** The thread's function has returned, or pthread_exit was called: the epilogue, then the end. False while it runs. */
  private finish(slot: number, returned: unknown): boolean {
    const { nptl, runtime, exitValues } = this;
    if (nptl.kernel.tasks.state[slot] === TASK_FREE) return true; // exit() ended it meanwhile
    if (nptl.sys.preempts && !this.leaving.delete(slot) && nptl.sys.point()) {
      // With a schedule others may come before its end.
      this.bodies[slot] = returning(returned);
      this.leaving.add(slot);
      return true;
    }
    const row = nptl.rowOf(slot);
    const exited = exitValues.size > 0 && exitValues.has(slot);
    if (row === nptl.mainRow && !exited) {
      runtime.exitProcess(typeof returned === 'number' ? returned : 0);
      return true;
    }
    if ((nptl.cleanups.size > 0 && nptl.cleanups.has(row)) || (nptl.keys.values.size > 0 && nptl.keys.values.has(row))) {
      if (!exited) exitValues.set(slot, returned);
      this.bodies[slot] = this.epilogue(slot);
      return this.stepBody(slot);
    }
    const value = exited ? exitValues.get(slot) : returned;
    runtime.forgetThread(row);
    if (exited) exitValues.delete(slot);
    endThread(nptl, row, value, () => runtime.stdio.flush());
    return true;
  }

  /** Cleanup handlers of a thread that leaves, the last first, then the destructors of its keys. */
  private *epilogue(slot: number): ThreadBody<void> {
    const row = this.nptl.rowOf(slot);
    yield* runCleanups(this.nptl, row);
    yield* deallocateTsd(this.nptl, row);
  }

  nameOf(slot: number): string {
    const row = this.nptl.rowOf(slot);
    const named = this.nptl.names.get(row);
    if (named !== undefined) return named;
    if (row === MAIN) return 'main';
    const routine = this.nptl.threads.routine.get(row);
    return typeof routine === 'function' && routine.name !== '' ? routine.name : 'thread';
  }

  waitOf(slot: number): WaitReport | null {
    const { nptl } = this;
    const { kind, hi, lo } = nptl.waitOf(slot);
    if (kind === '') return null;
    if (kind === 'pthread_join') {
      const row = nptl.rowAt(hi, lo);
      const tid = row === NOBODY ? 0 : nptl.tid(row);
      return { waitsOn: `pthread_join of thread ${tid}`, ownedBy: tid > 0 ? tid : null };
    }
    const owner = kind === 'mutex' ? mutexOwner(nptl, hi, lo) : 0;
    return { waitsOn: `${kind} ${hex(hi, lo)}`, ownedBy: owner > 0 ? owner : null };
  }
}

/** A body with nothing left to do but to return `value`. */
// biome-ignore lint/correctness/useYield: it has nothing left to wait for
function* returning(value: unknown): ThreadBody {
  return value;
}

/** What runs a thread whose function returned `started`: its generator, or a call that it handed on. */
function bodyOf(started: unknown): ThreadBody | undefined {
  if (started instanceof Lazy) return started[Symbol.iterator]() as ThreadBody;
  if (started instanceof AnyGenerator) return started as unknown as ThreadBody;
  const isIterator = typeof started === 'object' && started !== null && typeof (started as ThreadBody).next === 'function';
  return isIterator ? (started as ThreadBody) : undefined;
}

/** `generator instanceof AnyGenerator` holds for all generators. */
function AnyGenerator(): void {}
AnyGenerator.prototype = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})()));

/**
 * body.next(). A program that makes its generator functions anew in each run has generators of ever new hidden classes,
 * on which a look-up of `next` misses every cache: a tenth of a short run.
 */
function resume(body: ThreadBody): IteratorResult<unknown> {
  return body instanceof AnyGenerator ? generatorNext.call(body) : body.next();
}

const generatorNext = (AnyGenerator.prototype as ThreadBody).next as (this: ThreadBody) => IteratorResult<unknown>;
