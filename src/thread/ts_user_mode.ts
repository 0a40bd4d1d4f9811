/**
 * User mode for TypeScript programs: behind each task stands a generator, which runs until a call sleeps.
 * glibc's start_thread is here, around the program's own function.
 */
import type { ForkedProcess, HandlerCall, UserMode, WaitReport } from '../task/user_mode.js';
import { Done, Lazy, type ThreadBody } from './call.js';
import { hex } from '../lib/u64.js';
import { switchRuntime } from './libc/core.js';
import type { Libc } from './libc.js';
import { type Nptl, Unwind } from './nptl.js';
import { endThread } from './pthread_create.js';
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
  private readonly handlers = new Map<number, { readonly call: HandlerCall; body: Iterator<unknown> | null }[]>();
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

  /** A generator cannot be copied: libc's fork says what the child runs. */
  forked(parent: number, child: number, process: ForkedProcess): UserMode | null {
    return this.onFork === null ? null : this.onFork(parent, child, process);
  }

  /** Makes the user mode of a child, while a fork of the library's is under way. */
  onFork: ((parent: number, child: number, process: ForkedProcess) => UserMode) | null = null;

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

  /** Runs the handlers on top of the task, but for the first `keep`. Returns false when one of them gave up the processor. */
  private runHandlers(slot: number, keep = 0): boolean {
    const { nptl } = this;
    const frames = this.handlers.get(slot) ?? [];
    while (frames.length > keep) {
      const top = frames[frames.length - 1]!;
      top.body ??= this.handlerBody(top.call);
      const step = top.body.next();
      nptl.sys.checkStarted();
      if (nptl.kernel.tasks.state[slot] !== TASK_RUNNING) return false;
      if (!step.done) return false;
      frames.pop();
      this.returning = top.call;
      const outcome = nptl.sys.trap(nptl.target.nr[top.call.sigreturn]!);
      this.returning = null;
      if (outcome <= SLEEPING) return false;
    }
    if (keep === 0) this.handlers.delete(slot);
    return true;
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
    if (this.runHandlers(slot, running)) return;
    if (this.nptl.kernel.tasks.state[slot] === TASK_FREE) throw new Unwind();
    throw new ProgramError('the handler of a fault made a call that waits: there is nobody to wait in its place');
  }

  run(slot: number): void {
    const { nptl } = this;
    switchRuntime(this.libc, this.runtime);
    if (this.handlers.size > 0 && this.handlers.has(slot) && !this.runHandlers(slot)) return;
    let body = this.bodies[slot];
    if (body === undefined) {
      const started = this.start(slot);
      body = bodyOf(started);
      if (body === undefined) {
        this.leave(slot, started);
        return;
      }
      this.bodies[slot] = body;
    }
    let step: IteratorResult<unknown>;
    try {
      step = body.next();
    } catch (error) {
      if (error instanceof Unwind) return;
      throw error;
    }
    nptl.sys.checkStarted();
    if (nptl.exiting === slot) {
      // pthread_exit: run the finally blocks on the way out; they may block in turn.
      nptl.exiting = -1;
      this.exitValues.set(slot, nptl.exitValue);
      step = body.return(undefined);
    }
    if (step.done) this.leave(slot, step.value);
  }

  /** The thread's function has returned: with a schedule others may come before its end. */
  private leave(slot: number, returned: unknown): void {
    const { sys } = this.nptl;
    if (sys.preempts && !this.leaving.delete(slot) && sys.kernel.tasks.state[slot] !== TASK_FREE && sys.point()) {
      this.bodies[slot] = returning(returned);
      this.leaving.add(slot);
      return;
    }
    this.finish(slot, returned);
  }

  private start(slot: number): unknown {
    const row = this.nptl.rowOf(slot);
    if (row === 0) {
      this.runtime.startUp();
      return this.main(this.libc, this.argv);
    }
    const { threads } = this.nptl;
    const routine = threads.routine.get(row);
    if (typeof routine !== 'function') {
      throw new ProgramError('pthread_create was given a start routine that is not a function');
    }
    return routine(threads.arg.get(row));
  }

  /** The thread's function has returned, or pthread_exit was called. */
  private finish(slot: number, returned: unknown): void {
    const { nptl, runtime, exitValues } = this;
    if (nptl.kernel.tasks.state[slot] === 0) return; // exit() ended it meanwhile
    const row = nptl.rowOf(slot);
    const exited = exitValues.has(slot);
    const value = exited ? exitValues.get(slot) : returned;
    runtime.forgetThread(row);
    exitValues.delete(slot);
    if (row === 0 && !exited) runtime.exitProcess(typeof value === 'number' ? value : 0);
    else endThread(nptl, row, value, () => runtime.stdio.flush());
  }

  nameOf(slot: number): string {
    const row = this.nptl.rowOf(slot);
    if (row === 0) return 'main';
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
  const isIterator = typeof started === 'object' && started !== null && typeof (started as ThreadBody).next === 'function';
  return isIterator ? (started as ThreadBody) : undefined;
}
