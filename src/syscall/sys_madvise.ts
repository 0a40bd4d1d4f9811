/** madvise(addr, length, advice). */
import { doMadvise } from '../mm/madvise.js';
import type { Kernel } from './kernel.js';

export function sysMadvise(k: Kernel): number {
  return doMadvise(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1), k.lo(2));
}
