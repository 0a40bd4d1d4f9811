/** Sleep: why a task sleeps, where that is not a plain futex wait, and how the sleep may end. */

export interface Sleep {
  /** "nanosleep", "wait4 for process 1003": for reports. */
  readonly why: string;
  /** tid of the task that could end it, or null when nobody in particular can. */
  readonly ownedBy: number | null;
  /** When it ends by itself, ns of the virtual clock; Infinity for never. */
  readonly deadline: number;
  /** What the call returns when its deadline comes. */
  readonly atDeadline: number;
  /** What it returns when a signal comes: -EINTR or an ERESTART code. */
  readonly interrupted: number;
  /** A signal comes: 0, or an errno that takes the place of `interrupted`. */
  interrupt?(): number;
  /** Goes on after a signal that ran no handler (restart_syscall), as the running task's call. */
  again?(): number;
  /** Takes the task out of what it is queued on; called whatever ends the sleep. */
  leave?(): void;
}
