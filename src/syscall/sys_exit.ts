/** exit and exit_group: _exit(2), exit_group(2). Neither returns. */
import { ENDED, type Kernel } from './kernel.js';

export function sysExit(k: Kernel): number {
  k.exitTask(k.current, k.lo(0));
  return ENDED;
}

export function sysExitGroup(k: Kernel): number {
  k.exitGroup(k.process, k.lo(0));
  return ENDED;
}
