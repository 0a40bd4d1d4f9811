/**
 * Sending signals: kill(2), tkill(2), tgkill(2), rt_sigqueueinfo(2), rt_tgsigqueueinfo(2). kernel/signal.c. Everybody
 * here has the same user, so only init (pid 1) refuses.
 */
import { EFAULT, EINVAL, EPERM, ESRCH } from '../arch/generic/errno.js';
import { SI_TKILL, SI_USER } from '../arch/generic/signal.js';
import { USER } from '../fs/inode.js';
import type { SigInfo } from '../task/signal_state.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { getSiginfo } from './signal_frame.js';

const INIT = 1;

/** siginfo_t of a signal that the running process sends by kill, tkill or tgkill. */
function sentBy(k: Kernel, signo: number, code: number): SigInfo {
  return { signo, code, pid: k.process.tgid, uid: USER, valueHi: 0, valueLo: 0, addrHi: 0, addrLo: 0, kind: 'kill' };
}

/** Signal 0 only asks; other numbers must be signals. */
function send(k: Kernel, process: Process, slot: number, info: SigInfo): number {
  if (info.signo === 0) return 0;
  return k.signals.isValid(info.signo) ? k.signals.send(process, slot, info) : -EINVAL;
}

/** kill(pid, sig): a process, the own group (0), all but oneself and init (-1), or a group (-pgid). */
export function sysKill(k: Kernel): number {
  const [pid, signo] = [k.lo(0), k.lo(1)];
  const info = sentBy(k, signo, SI_USER);
  if (pid > 0) {
    const process = k.processOf(pid);
    if (process !== null) return send(k, process, -1, info);
    return pid === INIT ? (signo === 0 || k.signals.isValid(signo) ? -EPERM : -EINVAL) : -ESRCH;
  }
  const group = pid === 0 ? k.process.pgid : -pid;
  const targets = k.processes.filter((process) => !process.reaped && (pid === -1 ? process !== k.process : process.pgid === group));
  if (targets.length === 0) return -ESRCH;
  const results = targets.map((process) => send(k, process, -1, info));
  return results.includes(0) ? 0 : results[0]!;
}

/** The task with this tid, or -1 for none. */
function taskOf(k: Kernel, tgid: number, tid: number): number {
  const slot = k.tasks.slotOf(tid);
  if (slot < 0) return -1;
  return tgid === 0 || k.processes[k.tasks.process[slot]!]!.tgid === tgid ? slot : -1;
}

function sendToTask(k: Kernel, tgid: number, tid: number, info: SigInfo): number {
  const slot = taskOf(k, tgid, tid);
  if (slot >= 0) return send(k, k.processes[k.tasks.process[slot]!]!, slot, info);
  if (tid === INIT && (tgid === 0 || tgid === INIT)) return info.signo === 0 || k.signals.isValid(info.signo) ? -EPERM : -EINVAL;
  // A leader that left before its threads is still there to be asked for.
  const process = k.processOf(tid);
  if (process === null || (tgid !== 0 && tgid !== process.tgid)) return -ESRCH;
  return info.signo === 0 || k.signals.isValid(info.signo) ? 0 : -EINVAL;
}

/** tkill(tid, sig). */
export function sysTkill(k: Kernel): number {
  return k.lo(0) <= 0 ? -EINVAL : sendToTask(k, 0, k.lo(0), sentBy(k, k.lo(1), SI_TKILL));
}

/** tgkill(tgid, tid, sig). */
export function sysTgkill(k: Kernel): number {
  const [tgid, tid] = [k.lo(0), k.lo(1)];
  return tgid <= 0 || tid <= 0 ? -EINVAL : sendToTask(k, tgid, tid, sentBy(k, k.lo(2), SI_TKILL));
}

/** Nobody may pretend that the kernel or kill sent a signal, towards others at least. */
function forged(k: Kernel, info: SigInfo, to: number): boolean {
  const { forgesToSelf, forgesTkill } = k.taskRules;
  const isForged = info.code >= 0 || (info.code === SI_TKILL && !forgesTkill);
  return isForged && !(forgesToSelf && to === k.tasks.tid[k.current]);
}

/** rt_sigqueueinfo(pid, sig, info). */
export function sysRtSigqueueinfo(k: Kernel): number {
  const pid = k.lo(0);
  const info = getSiginfo(k, { hi: k.hi(2), lo: k.lo(2) }, k.lo(1));
  if (info === null) return -EFAULT;
  if (forged(k, info, pid)) return -EPERM;
  const process = k.processOf(pid);
  if (process !== null) return send(k, process, -1, info);
  return pid === INIT ? -EPERM : -ESRCH;
}

/** rt_tgsigqueueinfo(tgid, tid, sig, info). */
export function sysRtTgsigqueueinfo(k: Kernel): number {
  const [tgid, tid] = [k.lo(0), k.lo(1)];
  const info = getSiginfo(k, { hi: k.hi(3), lo: k.lo(3) }, k.lo(2));
  if (info === null) return -EFAULT;
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  if (forged(k, info, tid)) return -EPERM;
  return sendToTask(k, tgid, tid, info);
}
