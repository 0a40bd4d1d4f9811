/**
 * Family: how processes end, who hears of it, and who waits for whom. kernel/exit.c and kernel/signal.c:
 * do_notify_parent() of Linux 6.1; of 2.4.20 and 2.5.46 what differs (taskRules). A zombie keeps its pid until its parent has waited for it; what has no parent is
 * init's, which waits at once.
 */
import { empty } from '../lib/empty.js';
import { ECHILD } from '../arch/generic/errno.js';
import {
  CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SIG_IGN,
} from '../arch/generic/signal.js';
import type { Target } from '../arch/index.js';
import { USER } from '../fs/inode.js';
import type { TaskRules } from '../release/index.js';
import type { SigInfo } from '../task/signal_state.js';
import type { RunQueue } from '../task/sched.js';
import { isRunnable, type TaskTable } from '../task/task_table.js';
import type { Process } from './process.js';
import type { Signals } from './signals.js';

/** What families need of the kernel. */
export interface FamilyHost {
  readonly target: Target;
  readonly tasks: TaskTable;
  readonly signals: Signals;
  readonly pids: { release(pid: number): void };
  readonly processes: Process[];
  readonly queue: RunQueue;
  readonly taskRules: TaskRules;
  endSleep(slot: number, result: number): void;
}

/** What happened to a child. */
export type ChildEvent = 'exited' | 'stopped' | 'continued';

/** What a wait4 or waitid waits for. */
export interface ChildWait {
  readonly parent: Process;
  /** pid of one child, 0 for any, or the negative of a process group. */
  readonly pid: number;
  readonly exited: boolean;
  readonly stopped: boolean;
  readonly continued: boolean;
  /** Leave the child as it is (WNOWAIT). */
  readonly keep: boolean;
  /** Children by their exit signal: those that send SIGCHLD, the others (__WCLONE), or all (__WALL). */
  readonly kind: 'normal' | 'clone' | 'all';
  /** Stores what is known of the child; returns the result of the call. */
  finish(child: Process, event: ChildEvent): number;
}

/** Nobody has anything to tell yet; and there is nobody who ever will. */
export const NOT_YET = -200001;
export const NO_CHILD = -200002;

export class Family {
  /** Sleeping waits by slot, the oldest first. */
  readonly waits = new Map<number, ChildWait>();
  private readonly host: FamilyHost;
  private readonly SIGCHLD: number;

  constructor(host: FamilyHost) {
    this.host = host;
    this.SIGCHLD = host.target.signals.numbers.SIGCHLD!;
  }

  reset(): void {
    empty(this.waits);
  }

  /** Puts a process into the table; returns its index. Rows of processes that were waited for are used again. */
  add(process: Process): number {
    const { processes } = this.host;
    const free = processes.findIndex(({ reaped }, i) => reaped && i > 0);
    if (free < 0) return processes.push(process) - 1;
    processes[free] = process;
    return free;
  }

  // ---- ends ---------------------------------------------------------------------------------------

  /** The last task of a process is gone. */
  ended(process: Process): void {
    process.exited = true;
    this.host.signals.forgetProcess(process);
    this.releaseMm(process);
    for (const child of process.children.splice(0)) {
      child.parent = null;
      if (child.exited) this.reap(child);
    }
    const { parent } = process;
    if (parent === null) {
      this.reap(process);
      return;
    }
    const ignores = process.exitNotice === this.SIGCHLD && this.ignoresChildren(parent);
    this.tell(process, process.exitSignal === 0 ? CLD_EXITED : CLD_KILLED, process.exitSignal === 0 ? process.exitCode : process.exitSignal);
    const vanishes = this.host.taskRules.childrenVanish;
    if (ignores && vanishes) this.reap(process);
    this.wake(parent);
    // Up to 2.5.46 the parent reaps it as it takes the signal: get_signal_to_deliver(), do_signal() of 2.4.
    if (ignores && !process.reaped) this.reap(process);
    this.notify(process, parent);
  }

  /** exit_mmap(), unless another process uses the same memory. The first process's is kept to be shown. */
  private releaseMm(process: Process): void {
    const { processes } = this.host;
    const first = processes[0]!;
    if (process.mm === first.mm) return;
    if (!processes.some((other) => other !== process && !other.exited && other.mm === process.mm)) process.mm.clear();
  }

  /** The parent has waited: the pid is free again. */
  reap(process: Process): void {
    process.reaped = true;
    this.host.pids.release(process.tgid);
    const { parent } = process;
    if (parent !== null) parent.children.splice(parent.children.indexOf(process), 1);
  }

  private ignoresChildren(parent: Process): boolean {
    const action = parent.sighand?.get(this.SIGCHLD);
    if (action === undefined) return false;
    const isIgnored = action.handlerHi === 0 && action.handlerLo === SIG_IGN;
    return isIgnored || (this.host.taskRules.childrenVanish && (action.flags & this.host.target.signals.SA_NOCLDWAIT) !== 0);
  }

  // ---- news ---------------------------------------------------------------------------------------

  private news: SigInfo | null = null;

  private tell(child: Process, code: number, status: number): void {
    this.news = {
      signo: child.exitNotice, code, pid: child.tgid, uid: USER, valueHi: 0, valueLo: status, addrHi: 0, addrLo: 0, kind: 'child',
    };
  }

  /** Sends what tell() prepared, after those that wait have been woken: their calls return what they waited for. */
  private notify(child: Process, parent: Process): void {
    const info = this.news;
    this.news = null;
    if (info !== null && this.host.signals.isValid(child.exitNotice) && !parent.exited) this.host.signals.send(parent, -1, info);
  }

  /** SIGSTOP and its like: tasks are parked when their turn comes. */
  stop(process: Process, signo: number): void {
    if (process.stopped !== 0) return;
    process.stopped = signo;
    this.changed(process, 'stopped', signo);
  }

  /** SIGCONT: parked tasks go on. */
  goOn(process: Process): void {
    if (process.stopped === 0) return;
    process.stopped = 0;
    if (!this.host.taskRules.waitsContinued) process.event = null;
    else if (!process.exited) this.changed(process, 'continued', this.host.signals.SIGCONT);
    const { queue, tasks } = this.host;
    for (const slot of process.parked.splice(0)) if (isRunnable(tasks.state[slot]!)) queue.push(slot);
  }

  /** A child stopped or goes on: its parent hears of it unless it asked not to (SA_NOCLDSTOP). */
  private changed(child: Process, event: 'stopped' | 'continued', signo: number): void {
    child.event = event;
    child.eventSignal = signo;
    const { parent } = child;
    if (parent === null) return;
    this.wake(parent);
    const flags = parent.sighand?.get(this.SIGCHLD).flags ?? 0;
    if ((flags & this.host.target.signals.SA_NOCLDSTOP) !== 0) return;
    this.host.signals.send(parent, -1, {
      signo: this.SIGCHLD, code: event === 'stopped' ? CLD_STOPPED : CLD_CONTINUED, pid: child.tgid, uid: USER,
      valueHi: 0, valueLo: signo, addrHi: 0, addrLo: 0, kind: 'child',
    });
  }

  // ---- waiting ------------------------------------------------------------------------------------

  /** do_wait() without sleeping: the result of the call, NOT_YET or NO_CHILD. */
  tryWait(wait: ChildWait): number {
    let any = false;
    for (const child of wait.parent.children) {
      if (!this.isMeant(wait, child)) continue;
      any = true;
      const event = eventFor(wait, child);
      if (event === null) continue;
      const result = wait.finish(child, event);
      if (wait.keep) return result;
      if (event === 'exited') this.reap(child);
      else child.event = null;
      return result;
    }
    return any ? NOT_YET : NO_CHILD;
  }

  private isMeant(wait: ChildWait, child: Process): boolean {
    if (wait.pid > 0 && child.tgid !== wait.pid) return false;
    if (wait.pid < 0 && child.pgid !== -wait.pid) return false;
    return wait.kind === 'all' || (wait.kind === 'normal') === (child.exitNotice === this.SIGCHLD);
  }

  /** Something happened to a child of `parent`: sleeping waits look again. */
  private wake(parent: Process): void {
    for (const [slot, wait] of [...this.waits]) {
      if (wait.parent !== parent) continue;
      const result = this.tryWait(wait);
      if (result === NOT_YET) continue;
      this.waits.delete(slot);
      this.host.endSleep(slot, result === NO_CHILD ? -ECHILD : result);
    }
  }
}

function eventFor(wait: ChildWait, child: Process): ChildEvent | null {
  if (child.exited) return wait.exited ? 'exited' : null;
  if (child.event === 'stopped') return wait.stopped ? 'stopped' : null;
  if (child.event === 'continued') return wait.continued ? 'continued' : null;
  return null;
}
