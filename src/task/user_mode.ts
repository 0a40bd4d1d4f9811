/**
 * A process's user mode as the kernel sees it: run a task until it traps into a call that sleeps, yields
 * or ends it. TypeScript programs and translated binaries stand behind the same interface.
 */

/** What a blocked task waits for, as user space knows it. */
export interface WaitReport {
  /** "mutex 0x804b010", "pthread_join of thread 1003". */
  readonly waitsOn: string;
  /** tid of the task that could end the wait, or null when nobody in particular can. */
  readonly ownedBy: number | null;
}

export interface UserMode {
  /** Runs the task until it sleeps, yields or has ended. */
  run(slot: number): void;
  /** clone made `child`: set up where it starts. */
  cloned(parent: number, child: number): void;
  /** The task is gone: forget what was kept for it. */
  ended(slot: number): void;
  /** Name of the task for reports. */
  nameOf(slot: number): string;
  /** What the sleeping task waits for, or null if only the kernel knows. */
  waitOf(slot: number): WaitReport | null;
}
