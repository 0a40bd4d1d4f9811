/**
 * Process: a thread group, what its tasks share. Its mm, its open files, its user mode and its end.
 */
import type { Files } from '../fs/files.js';
import type { Mm } from '../mm/mm.js';
import type { UserMode } from '../task/user_mode.js';

export interface Process {
  readonly tgid: number;
  readonly mm: Mm;
  readonly files: Files;
  /** Set before the first task runs. */
  user: UserMode;
  /** Live tasks. */
  tasks: number;
  /** Exit code, 0..255; meaningful once `exited`. */
  exitCode: number;
  exited: boolean;
}
