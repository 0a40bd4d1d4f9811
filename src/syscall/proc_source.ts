/** What /proc shows of the tasks of a kernel. */
import type { ProcSource, ProcTask } from '../fs/proc_task.js';
import { isRunnable, type TaskTable } from '../task/task_table.js';
import type { Process } from './process.js';

/** The kernel, as far as /proc looks. */
interface TaskSource {
  readonly tasks: TaskTable;
  readonly processes: readonly Process[];
  readonly current: number;
  readonly pids: { readonly pidMax: number };
}

/** Of the first process: who started it is not here. */
const INIT = 1;
const COMM_LENGTH = 15;

export function procSource(k: TaskSource): ProcSource {
  return {
    current: () => (k.current < 0 ? null : taskAt(k, k.current)),
    find: (pid) => {
      let found: ProcTask | null = null;
      k.tasks.forEach((slot) => {
        if (k.tasks.tid[slot] === pid) found = taskAt(k, slot);
      });
      return found;
    },
    pidMax: k.pids.pidMax,
  };
}

function taskAt(k: TaskSource, slot: number): ProcTask {
  const process = k.processes[k.tasks.process[slot]!]!;
  const path = process.mm.files[1]?.path ?? '';
  return {
    tgid: process.tgid,
    tid: k.tasks.tid[slot]!,
    ppid: process.parent?.tgid ?? INIT,
    pgid: process.pgid,
    sid: process.sid,
    name: path.slice(path.lastIndexOf('/') + 1).slice(0, COMM_LENGTH),
    state: isRunnable(k.tasks.state[slot]!) ? 'R (running)' : 'S (sleeping)',
    threads: process.tasks,
    mm: process.mm,
    files: process.files,
    signals: null,
  };
}
