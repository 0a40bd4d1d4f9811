/**
 * User mode for TypeScript programs: behind each task stands a generator, which runs until a call sleeps.
 * glibc's start_thread is here, around the program's own function.
 */
import { TASK_FREE } from '../task/task_table.js';
import type { UserMode, WaitReport } from '../task/user_mode.js';
import { Lazy, type ThreadBody } from './call.js';
import { hex } from '../lib/u64.js';
import { switchRuntime } from './libc/core.js';
import type { Libc } from './libc.js';
import type { Nptl } from './nptl.js';
import { endThread } from './pthread_create.js';
import { mutexOwner } from './pthread_mutex.js';
import { NOBODY } from './pthread_table.js';
import type { Runtime } from './runtime.js';
import { ProgramError } from './sys.js';

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

  constructor(runtime: Runtime, libc: Libc, main: Main, argv: string[]) {
    this.runtime = runtime;
    this.nptl = runtime.nptl;
    this.libc = libc;
    this.main = main;
    this.argv = argv;
  }

  cloned(_parent: number, child: number): void {
    this.nptl.bindTask(child, this.nptl.starting);
  }

  ended(slot: number): void {
    this.bodies[slot] = undefined;
  }

  run(slot: number): void {
    const { nptl } = this;
    switchRuntime(this.libc, this.runtime);
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
    let step = body.next();
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
