/** mincore(addr, length, vec). */
import { doMincore } from '../mm/mincore.js';
import type { Kernel } from './kernel.js';

export function sysMincore(k: Kernel): number {
  return doMincore(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1), k.vpn(2), k.offset(2));
}
