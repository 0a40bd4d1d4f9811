/**
 * Ends: how tasks end. What a task leaves behind: its robust list, its PI futexes, the word of its tid, the parent of
 * a vfork. kernel/exit.c: do_exit(), do_group_exit(); kernel/fork.c: mm_release().
 */
import { FUTEX_OWNER_DIED, FUTEX_WAITERS } from '../arch/generic/futex.js';
import type { Target } from '../arch/index.js';
import type { Mm } from '../mm/mm.js';
import { futexKey, store32 } from '../mm/uaccess.js';
import type { FutexRules } from '../release/index.js';
import type { PidMap } from '../task/pid.js';
import type { PiFutexes } from '../task/pi_futex.js';
import type { Priorities } from '../task/priorities.js';
import type { RunQueue } from '../task/sched.js';
import { TASK_FREE, type TaskTable } from '../task/task_table.js';
import type { Family } from './family.js';
import type { Process } from './process.js';
import { exitRobustList } from './robust_list.js';
import type { Signals } from './signals.js';
import type { TaskExtras } from './task_extras.js';

/** What the end of a task needs of the kernel. */
export interface EndsHost {
  readonly target: Target;
  readonly futexRules: FutexRules;
  readonly tasks: TaskTable;
  readonly queue: RunQueue;
  readonly pids: PidMap;
  readonly processes: readonly Process[];
  readonly signals: Signals;
  readonly family: Family;
  readonly priorities: Priorities;
  readonly extras: TaskExtras;
  readonly piFutexes: PiFutexes;
  readonly robustLists: Map<number, { readonly hi: number; readonly lo: number }>;
  readonly restartBlocks: Map<number, unknown>;
  /** Parents that sleep in vfork, by the child's slot. */
  readonly vforks: Map<number, number>;
  readonly asleep: Map<number, unknown>;
  isAsleep(slot: number): boolean;
  leaveSleep(slot: number): void;
  endSleep(slot: number, result: number): void;
  wakeFutex(key: number, count: number): number;
}

export class Ends {
  private readonly host: EndsHost;

  constructor(host: EndsHost) {
    this.host = host;
  }

  exitTask(slot: number, code: number): void {
    const { host } = this;
    const process = host.processes[host.tasks.process[slot]!]!;
    this.mmRelease(slot, process.mm);
    if (host.tasks.tid[slot] === process.tgid) process.exitCode = code & 0xff;
    this.forget(slot, process);
    if (process.tasks === 0) host.family.ended(process);
  }

  exitGroup(process: Process, code: number): void {
    process.exitCode = code & 0xff;
    this.endTasks(process);
  }

  endGroup(process: Process, signo: number): void {
    process.exitCode = 0;
    process.exitSignal = signo;
    this.endTasks(process);
  }

  private endTasks(process: Process): void {
    const { host } = this;
    const { tasks } = host;
    const index = host.processes.indexOf(process);
    const isOnly = tasks.live === process.tasks;
    if (isOnly) host.queue.clear();
    else host.queue.drop((slot) => tasks.process[slot] === index);
    const leavesNothing = isOnly && host.robustLists.size === 0;
    // None of them may be woken by what another leaves.
    tasks.forEach((slot) => {
      if (tasks.process[slot] !== index || !host.isAsleep(slot)) return;
      host.leaveSleep(slot);
      host.asleep.delete(slot);
    });
    tasks.forEach((slot) => {
      if (tasks.process[slot] !== index) return;
      if (!leavesNothing) this.mmRelease(slot, process.mm);
      this.forget(slot, process);
    });
    host.family.ended(process);
  }

  /** mm_release(): walks the robust list, clears the word that set_tid_address or clone named, and wakes one. */
  private mmRelease(slot: number, mm: Mm): void {
    const { host } = this;
    const robust = host.robustLists.size > 0 ? host.robustLists.get(slot) : undefined;
    if (robust !== undefined) {
      host.robustLists.delete(slot);
      const { deathWakesForPending } = host.futexRules;
      const memory = { mm, target: host.target };
      exitRobustList(memory, host.tasks.tid[slot]!, robust.hi, robust.lo, deathWakesForPending, this.wakeOne);
    }
    if (host.piFutexes.size > 0) this.passPiFutexes(slot, mm);
    const hi = host.tasks.clearTidHi[slot]!;
    const lo = host.tasks.clearTidLo[slot]!;
    if (hi === 0 && lo === 0) return;
    if (store32(mm, hi, lo, 0) < 0) return;
    const key = futexKey(mm, hi, lo);
    if (key >= 0) host.wakeFutex(key, 1);
  }

  private readonly wakeOne = (key: number): void => {
    this.host.wakeFutex(key, 1);
  };

  /** exit_pi_state_list(): what a dying task owned passes to the first that waits, marked. */
  private passPiFutexes(slot: number, mm: Mm): void {
    const { host } = this;
    for (const state of host.piFutexes.ownedBy(slot)) {
      const next = host.piFutexes.pass(state);
      store32(mm, state.hi, state.lo, FUTEX_WAITERS | FUTEX_OWNER_DIED | host.tasks.tid[next]!);
      host.endSleep(next, 0);
    }
  }

  private forget(slot: number, process: Process): void {
    const { host } = this;
    const tid = host.tasks.tid[slot]!;
    // The process's own pid stays its name until somebody has waited for it.
    if (tid !== process.tgid) host.pids.release(tid);
    process.tasks -= 1;
    process.user.ended(slot);
    host.signals.forget(slot);
    host.priorities.forget(slot);
    host.extras.forget(slot);
    if (host.restartBlocks.size > 0) host.restartBlocks.delete(slot);
    if (host.robustLists.size > 0) host.robustLists.delete(slot);
    if (host.vforks.size > 0) this.endVfork(slot);
    if (host.tasks.state[slot] !== TASK_FREE) host.tasks.release(slot);
  }

  /** The child of a vfork is gone: its parent goes on. */
  private endVfork(child: number): void {
    const { host } = this;
    const parent = host.vforks.get(child);
    host.vforks.delete(child);
    if (parent !== undefined && host.isAsleep(parent)) host.endSleep(parent, host.tasks.tid[child]!);
  }
}
