/** Small calls about the running task: getpid(2), gettid(2), set_tid_address(2), sched_yield(2). */
import type { Kernel } from './kernel.js';

export function sysGetpid(k: Kernel): number {
  return k.process.tgid;
}

export function sysGettid(k: Kernel): number {
  return k.tasks.tid[k.current]!;
}

/** Sets the word that exit clears; returns the caller's tid. */
export function sysSetTidAddress(k: Kernel): number {
  k.tasks.clearTidHi[k.current] = k.hi(0);
  k.tasks.clearTidLo[k.current] = k.lo(0);
  return k.tasks.tid[k.current]!;
}

export function sysSchedYield(k: Kernel): number {
  k.needResched = true;
  return 0;
}
