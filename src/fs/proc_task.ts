/** What /proc asks of the kernel. */
import type { TaskStack } from '../mm/maps.js';
import type { Mm } from '../mm/mm.js';
import type { Files } from './files.js';

export interface ProcTask {
  readonly tgid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** comm: up to 15 letters. */
  readonly name: string;
  /** "R (running)". */
  readonly state: string;
  /** Live tasks of the process. */
  readonly threads: number;
  readonly mm: Mm;
  /** Stack pointers of the process, the task's own first. */
  stacks(): readonly TaskStack[];
  readonly files: Files;
  readonly signals: ProcSignals;
}

export interface ProcSource {
  /** The calling task, and the one with `pid`; null for none. */
  current(): ProcTask | null;
  find(pid: number): ProcTask | null;
  readonly pidMax: number;
}

/** Sets of signals as 16 hexadecimal digits. */
export interface ProcSignals {
  readonly pending: string;
  /** Pending for the whole process. */
  readonly shared: string;
  readonly blocked: string;
  readonly ignored: string;
  readonly caught: string;
  /** RLIMIT_SIGPENDING. */
  readonly queueLimit: number;
}
