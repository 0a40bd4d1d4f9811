/**
 * Alarms: what becomes of the clock's timers. Those of sleeping tasks end their sleeps; those of processes (alarm,
 * setitimer) stand in the heap under the number -1 - the process's index, and send SIGALRM. kernel/itimer.c.
 */
import { ETIMEDOUT } from '../arch/generic/errno.js';
import { SI_KERNEL } from '../arch/generic/signal.js';
import type { Target } from '../arch/index.js';
import type { Clock, Timer } from '../task/clock.js';
import type { Sleep } from '../task/sleep.js';
import type { TaskTable } from '../task/task_table.js';
import type { Process } from './process.js';
import type { Signals } from './signals.js';

export interface AlarmsHost {
  readonly target: Target;
  readonly clock: Clock;
  readonly processes: readonly Process[];
  readonly signals: Signals;
  readonly tasks: TaskTable;
  readonly asleep: ReadonlyMap<number, Sleep>;
  isAsleep(slot: number): boolean;
  endSleep(slot: number, result: number): void;
}

export class Alarms {
  private readonly host: AlarmsHost;

  constructor(host: AlarmsHost) {
    this.host = host;
  }

  /** Puts the process's deadline into the clock. */
  arm(process: Process): void {
    const { alarm } = process;
    this.host.clock.arm(alarm.deadline, -1 - this.host.processes.indexOf(process), alarm.generation);
  }

  /** When the earliest timer that somebody still waits for is due, or Infinity. */
  next(): number {
    const { clock } = this.host;
    for (let timer = clock.peek(); timer; timer = clock.peek()) {
      if (this.isWanted(timer)) return timer.deadline;
      clock.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Fires what is due. */
  fireDue(): void {
    const { host } = this;
    const { clock } = host;
    for (let timer = clock.peek(); timer && timer.deadline <= clock.now; timer = clock.peek()) {
      clock.pop();
      if (!this.isWanted(timer)) continue;
      if (timer.task < 0) this.fire(timer);
      else host.endSleep(timer.task, host.asleep.get(timer.task)?.atDeadline ?? -ETIMEDOUT);
    }
  }

  /** Whether the sleep that the timer was armed for is still going on, or the process's timer is still that one. */
  private isWanted({ task, sleep }: Timer): boolean {
    const { host } = this;
    if (task >= 0) return host.tasks.sleeps[task] === sleep && host.isAsleep(task);
    const process = host.processes[-1 - task];
    return process !== undefined && !process.exited && process.alarm.generation === sleep;
  }

  /** Sends SIGALRM, and starts the next interval. */
  private fire({ task, deadline }: Timer): void {
    const process = this.host.processes[-1 - task]!;
    const { alarm } = process;
    alarm.generation += 1;
    alarm.deadline = alarm.interval === 0 ? Number.POSITIVE_INFINITY : deadline + alarm.interval;
    if (alarm.interval > 0) this.arm(process);
    this.host.signals.send(process, -1, {
      signo: this.host.target.signals.numbers.SIGALRM!, code: SI_KERNEL, pid: 0, uid: 0, valueHi: 0, valueLo: 0,
      addrHi: 0, addrLo: 0, kind: 'kill',
    });
  }
}
