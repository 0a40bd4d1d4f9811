/**
 * Process: a thread group, what its tasks share. Its mm, its open files, its user mode, its signals, its family and
 * its end.
 */
import type { Files } from '../fs/files.js';
import type { Mm } from '../mm/mm.js';
import type { PendingSet, Sighand } from '../task/signal_state.js';
import type { UserMode } from '../task/user_mode.js';

export interface Process {
  readonly tgid: number;
  mm: Mm;
  files: Files;
  /** Set before the first task runs. */
  user: UserMode;
  /** Live tasks. */
  tasks: number;
  /** Exit code, 0..255, and the signal that killed it or 0; meaningful once `exited`. */
  exitCode: number;
  exitSignal: number;
  exited: boolean;
  /** Its parent has waited for it: its pid may be another's now. */
  reaped: boolean;
  /** Process group and session. */
  pgid: number;
  sid: number;

  /** Its own timer (alarm, setitimer): ns, Infinity while it does not run; `generation` tells old ones apart. */
  readonly alarm: { deadline: number; interval: number; generation: number };
  personality: number;
  parentDeathSignal: number;
  /** Commands of membarrier by which it registered for others' barriers. */
  barriers: number;

  /** Actions of signals, null until one is set; and signals pending for the whole process, null until there are any. */
  sighand: Sighand | null;
  shared: PendingSet | null;
  /** The signal that stopped it, or 0. Tasks whose turn comes meanwhile are parked. */
  stopped: number;
  readonly parked: number[];

  /** What its parent has not been told yet, and the signal that did it. */
  event: 'stopped' | 'continued' | null;
  eventSignal: number;
  /** The signal that its parent gets when it has ended; 0 for none. */
  exitNotice: number;
  /** The process that waits for this one; null for the first, which init would wait for. */
  parent: Process | null;
  readonly children: Process[];
}

/** include/linux/personality.h. */
const READ_IMPLIES_EXEC = 0x400000;

export function newProcess(tgid: number, mm: Mm, files: Files, user: UserMode, parent: Process | null = null): Process {
  return {
    tgid, mm, files, user, tasks: 0, exitCode: 0, exitSignal: 0, exited: false, reaped: false,
    pgid: parent?.pgid ?? tgid, sid: parent?.sid ?? tgid,
    alarm: { deadline: Number.POSITIVE_INFINITY, interval: 0, generation: 0 },
    personality: parent?.personality ?? (mm.target.readImpliesExec ? READ_IMPLIES_EXEC : 0), parentDeathSignal: 0, barriers: parent?.barriers ?? 0,
    sighand: null, shared: null, stopped: 0, parked: [],
    event: null, eventSignal: 0, exitNotice: 0, parent, children: [],
  };
}
