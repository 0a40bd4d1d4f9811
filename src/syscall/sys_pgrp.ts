/** Process groups, sessions and parents: getppid(2), getpgrp(2), getpgid(2), setpgid(2), getsid(2), setsid(2). kernel/sys.c. */
import { EINVAL, EPERM, ESRCH } from '../arch/generic/errno.js';
import type { Kernel } from './kernel.js';

const INIT = 1;

/** Init adopts those without a parent. */
export function sysGetppid(k: Kernel): number {
  return k.process.parent?.tgid ?? INIT;
}

export function sysGetpgrp(k: Kernel): number {
  return k.process.pgid;
}

export function sysGetpgid(k: Kernel): number {
  const process = k.lo(0) === 0 ? k.process : k.processOf(k.lo(0));
  return process?.pgid ?? -ESRCH;
}

export function sysGetsid(k: Kernel): number {
  const process = k.lo(0) === 0 ? k.process : k.processOf(k.lo(0));
  return process?.sid ?? -ESRCH;
}

/** setpgid(pid, pgid): oneself or a child, into a group of the same session or a new one. */
export function sysSetpgid(k: Kernel): number {
  const pid = k.lo(0) === 0 ? k.process.tgid : k.lo(0);
  const pgid = k.lo(1) === 0 ? pid : k.lo(1);
  if (pgid < 0) return -EINVAL;
  const process = k.processOf(pid);
  if (process === null || (process !== k.process && process.parent !== k.process)) return -ESRCH;
  if (process.sid !== k.process.sid || process.sid === process.tgid) return -EPERM;
  const exists = k.processes.some((other) => !other.reaped && other.pgid === pgid && other.sid === k.process.sid);
  if (pgid !== pid && !exists) return -EPERM;
  process.pgid = pgid;
  return 0;
}

/** setsid(): a new session and group, unless it leads a group already. */
export function sysSetsid(k: Kernel): number {
  const { process } = k;
  const leads = k.processes.some((other) => !other.reaped && other.pgid === process.tgid);
  if (leads) return -EPERM;
  process.sid = process.tgid;
  process.pgid = process.tgid;
  return process.tgid;
}
