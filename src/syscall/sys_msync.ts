/** msync(addr, length, flags). */
import { doMsync } from '../mm/msync.js';
import type { Kernel } from './kernel.js';

export function sysMsync(k: Kernel): number {
  return doMsync(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1), k.lo(2));
}
