/** Waiting for children: wait4(2), waitpid(2), waitid(2). kernel/exit.c of Linux 6.1. */
import { ECHILD, EFAULT, EINVAL } from '../arch/generic/errno.js';
import { ERESTARTSYS } from '../arch/generic/restart.js';
import {
  CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_STOPPED,
} from '../arch/generic/signal.js';
import * as wait from '../arch/generic/wait.js';
import { USER } from '../fs/inode.js';
import { type ChildEvent, type ChildWait, NO_CHILD, NOT_YET } from './family.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { putSiginfo } from './signal_frame.js';
import { type Memory, putWord } from './user_words.js';

/** The word that wait4 stores: exit code and signal, or what stopped it. */
export function waitStatus(child: Process, event: ChildEvent): number {
  if (event === 'stopped') return (child.eventSignal << 8) | 0x7f;
  if (event === 'continued') return 0xffff;
  return (child.exitCode << 8) | child.exitSignal;
}

const isNull = (k: Kernel, i: number) => k.lo(i) === 0 && k.hi(i) === 0;

/** Bytes of struct rusage: two timevals and fourteen longs. */
function rusageWords(k: Kernel): number {
  return k.target.bits === 32 ? 18 : 36;
}

/** Nobody counts what a child used. */
function putRusage(m: Memory, at: { hi: number; lo: number }, words: number): boolean {
  for (let i = 0; i < words; i++) if (putWord(m, at.hi, at.lo, 4 * i, 0) < 0) return false;
  return true;
}

function kindOf(options: number): ChildWait['kind'] {
  if ((options & wait.__WALL) !== 0) return 'all';
  return (options & wait.__WCLONE) !== 0 ? 'clone' : 'normal';
}

/** wait4(pid, status, options, rusage). */
export function sysWait4(k: Kernel): number {
  return wait4(k, true);
}

/** waitpid(pid, status, options). */
export function sysWaitpid(k: Kernel): number {
  return wait4(k, false);
}

function wait4(k: Kernel, hasRusage: boolean): number {
  const pid = k.lo(0);
  const options = k.lo(2);
  const known = wait.WNOHANG | wait.WUNTRACED | wait.__WNOTHREAD | wait.__WCLONE | wait.__WALL |
    (k.taskRules.waitsContinued ? wait.WCONTINUED : 0);
  if ((options & ~known) !== 0) return -EINVAL;
  const memory: Memory = { mm: k.mm, target: k.target };
  const status = { hi: k.hi(1), lo: k.lo(1) };
  const rusage = hasRusage && !isNull(k, 3) ? { hi: k.hi(3), lo: k.lo(3) } : null;
  const words = rusageWords(k);
  return doWait(k, (options & wait.WNOHANG) !== 0, {
    parent: k.process,
    pid: pid === 0 ? -k.process.pgid : pid === -1 ? 0 : pid,
    exited: true,
    stopped: (options & wait.WUNTRACED) !== 0,
    continued: (options & wait.WCONTINUED) !== 0,
    keep: false,
    kind: kindOf(options),
    finish: (child, event) => {
      const stored = (status.hi === 0 && status.lo === 0) ||
        putWord(memory, status.hi, status.lo, 0, waitStatus(child, event)) === 0;
      if (!stored || (rusage !== null && !putRusage(memory, rusage, words))) return -EFAULT;
      return child.tgid;
    },
  });
}

/** waitid(which, id, siginfo, options, rusage). */
export function sysWaitid(k: Kernel): number {
  const [which, id, , options] = [k.lo(0), k.lo(1), 0, k.lo(3)];
  const events = wait.WEXITED | wait.WSTOPPED | wait.WCONTINUED;
  const known = events | wait.WNOHANG | wait.WNOWAIT | wait.__WNOTHREAD | wait.__WCLONE | wait.__WALL;
  if ((options & ~known) !== 0 || (options & events) === 0) return -EINVAL;
  if (which < wait.P_ALL || which > wait.P_PGID) return -EINVAL;
  if (which === wait.P_PID && id <= 0) return -EINVAL;
  if (which === wait.P_PGID && id < (k.taskRules.waitidOwnGroup ? 0 : 1)) return -EINVAL;
  const memory: Memory = { mm: k.mm, target: k.target };
  const info = isNull(k, 2) ? null : { hi: k.hi(2), lo: k.lo(2) };
  const rusage = isNull(k, 4) ? null : { hi: k.hi(4), lo: k.lo(4) };
  const words = rusageWords(k);
  const result = doWait(k, (options & wait.WNOHANG) !== 0, {
    parent: k.process,
    pid: which === wait.P_ALL ? 0 : which === wait.P_PID ? id : -(id === 0 ? k.process.pgid : id),
    exited: (options & wait.WEXITED) !== 0,
    stopped: (options & wait.WSTOPPED) !== 0,
    continued: (options & wait.WCONTINUED) !== 0,
    keep: (options & wait.WNOWAIT) !== 0,
    kind: kindOf(options),
    finish: (child, event) => {
      if (rusage !== null && !putRusage(memory, rusage, words)) return -EFAULT;
      return info === null || putSiginfo(memory, info, infoOf(k, child, event)) ? 0 : -EFAULT;
    },
  });
  // WNOHANG and nothing to tell: a siginfo_t without a signal.
  if (result === 0 && k.nothingWaited && info !== null) {
    const none = { signo: 0, code: 0, pid: 0, uid: 0, valueHi: 0, valueLo: 0, addrHi: 0, addrLo: 0, kind: 'kill' } as const;
    if (!putSiginfo(memory, info, none)) return -EFAULT;
  }
  return result;
}

function infoOf(k: Kernel, child: Process, event: ChildEvent): Parameters<typeof putSiginfo>[2] {
  const code = event === 'stopped' ? CLD_STOPPED : event === 'continued' ? CLD_CONTINUED : child.exitSignal === 0 ? CLD_EXITED : CLD_KILLED;
  const status = event === 'exited' ? (child.exitSignal === 0 ? child.exitCode : child.exitSignal) : child.eventSignal;
  return {
    signo: k.signals.SIGCHLD, code, pid: child.tgid, uid: USER, valueHi: 0, valueLo: status, addrHi: 0, addrLo: 0, kind: 'child',
  };
}

function doWait(k: Kernel, noHang: boolean, request: ChildWait): number {
  const result = k.family.tryWait(request);
  k.nothingWaited = result === NOT_YET;
  if (result === NO_CHILD) return -ECHILD;
  if (result !== NOT_YET) return result;
  if (noHang) return 0;
  const { current } = k;
  k.family.waits.set(current, request);
  return k.sleep({
    why: request.pid > 0 ? `wait for process ${request.pid}` : 'wait for a child process',
    ownedBy: request.pid > 0 ? request.pid : null,
    deadline: Number.POSITIVE_INFINITY,
    atDeadline: 0,
    interrupted: -ERESTARTSYS,
    leave: () => {
      k.family.waits.delete(current);
    },
  });
}
