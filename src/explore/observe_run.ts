/** One run of a program under a schedule, with everything that can be said of it. */
import { Machine, type MachineConfig, type RunResult } from '../machine.js';
import type { Schedule } from '../task/schedule.js';
import type { Main } from '../thread/ts_user_mode.js';
import type { LockCycle } from './lock_order.js';
import type { LostWakeup, OneWoken } from './lost_wakeups.js';
import { Observer } from './observe.js';

export interface ObservedRun {
  readonly result: RunResult;
  /** Locks that were taken in a circle, whether it ended in a deadlock this time or not. */
  readonly lockCycles: readonly LockCycle[];
  /** Empty unless the run deadlocked. */
  readonly lostWakeups: readonly LostWakeup[];
  readonly oneWoken: readonly OneWoken[];
}

export function observeRun(config: MachineConfig, main: Main, argv: readonly string[], schedule: Schedule): ObservedRun {
  const machine = new Machine(config);
  const observer = observerOf(machine);
  machine.schedule = schedule;
  machine.load(observer.around(main), argv);
  const result = machine.run();
  return { result, lockCycles: observer.locks.cycles(), ...wakeupsOf(observer, result) };
}

export function observerOf({ kernel }: Machine): Observer {
  return new Observer(() => ({
    tid: kernel.tasks.tid[kernel.current]!,
    thread: kernel.process.user.nameOf(kernel.current),
  }));
}

/** What can be said of wake-ups where a run deadlocked. */
export function wakeupsOf({ wakeups }: Observer, { deadlock }: RunResult): Pick<ObservedRun, 'lostWakeups' | 'oneWoken'> {
  const stuck = new Set(deadlock.filter(({ waitsOn }) => waitsOn.startsWith('condition variable')).map(({ tid }) => tid));
  return { lostWakeups: wakeups.lost(stuck), oneWoken: wakeups.oneWoken(stuck) };
}
