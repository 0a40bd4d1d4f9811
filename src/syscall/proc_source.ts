/** What /proc shows of the tasks of a kernel. */
import type { ProcSource, ProcTask } from '../fs/proc_task.js';
import { isRunnable, type TaskTable } from '../task/task_table.js';
import { hexDigits, pageOffset, vpnOf } from '../lib/u64.js';
import type { TaskStack } from '../mm/maps.js';
import { bitHi, bitLo, type PendingSet } from '../task/signal_state.js';
import type { Process } from './process.js';

/** The kernel, as far as /proc looks. */
interface TaskSource {
  readonly tasks: TaskTable;
  readonly processes: readonly Process[];
  readonly current: number;
  readonly pids: { readonly pidMax: number };
  readonly signals: Masks;
  readonly maxQueuedSignals: number;
}

/** Signals of tasks, by slot. */
interface Masks {
  blockedHi(slot: number): number;
  blockedLo(slot: number): number;
  ownPending(slot: number): PendingSet | null;
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
    stacks: () => stacksOf(k, process, slot),
    files: process.files,
    signals: signalsOf(k, process, slot),
  };
}

/** KSTK_ESP() of every task of the process, from `first` on and around, as while_each_thread() goes. */
function stacksOf(k: TaskSource, process: Process, first: number): TaskStack[] {
  const { mm, user } = process;
  const { pageShift } = mm.target;
  const sp = new Int32Array(2);
  const stacks: TaskStack[] = [];
  k.tasks.forEach((slot) => {
    if (k.processes[k.tasks.process[slot]!] !== process) return;
    user.stackPointer(slot, sp);
    const vpn = vpnOf(sp[0]!, sp[1]!, pageShift);
    stacks.push({ tid: k.tasks.tid[slot]!, vpn, offset: pageOffset(sp[1]!, pageShift) });
  });
  const at = stacks.findIndex(({ tid }) => tid === k.tasks.tid[first]);
  return [...stacks.slice(at), ...stacks.slice(0, at)];
}

const NSIG = 64;
const SIG_DFL = 0;
const SIG_IGN = 1;

/** render_sigset_t(): sets of 64 signals. */
function signalsOf(k: TaskSource, process: Process, slot: number): ProcTask['signals'] {
  const set = (holds: (handlerIsIgnore: boolean) => boolean) => {
    let [hi, lo] = [0, 0];
    for (let signo = 1; signo <= NSIG; signo++) {
      const { handlerHi, handlerLo } = process.sighand?.get(signo) ?? { handlerHi: 0, handlerLo: SIG_DFL };
      if (handlerHi === 0 && handlerLo === SIG_DFL) continue;
      if (!holds(handlerHi === 0 && handlerLo === SIG_IGN)) continue;
      hi |= bitHi(signo);
      lo |= bitLo(signo);
    }
    return hexDigits(hi, lo, 16);
  };
  const own = k.signals.ownPending(slot);
  return {
    pending: hexDigits(own?.hi ?? 0, own?.lo ?? 0, 16),
    shared: hexDigits(process.shared?.hi ?? 0, process.shared?.lo ?? 0, 16),
    blocked: hexDigits(k.signals.blockedHi(slot), k.signals.blockedLo(slot), 16),
    ignored: set((isIgnore) => isIgnore),
    caught: set((isIgnore) => !isIgnore),
    queueLimit: k.maxQueuedSignals,
  };
}
