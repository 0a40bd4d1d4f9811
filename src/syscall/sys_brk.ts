/** brk, with what sparc and ia64 test before it. Linux 2.5.46 sys_sparc.c: sparc_brk(), sys_ia64.c: ia64_brk(). */
import { doBrk } from '../mm/brk.js';
import type { Kernel } from './kernel.js';

/** The heap's end as it is now. */
function currentBrk(k: Kernel): number {
  return k.address(k.mm.brkVpn, k.mm.brkOffset);
}

export function sysBrk(k: Kernel): number {
  doBrk(k.mm, k.vpn(0), k.offset(0));
  return currentBrk(k);
}

/** A 32-bit task stays below its space's end; old and new brk lie on one side of the hole. */
export function sparcBrk(k: Kernel): number {
  const { target, mm } = k;
  const vpn = k.vpn(0);
  if (target.bits === 32 && vpn >= target.searchEnd) return currentBrk(k);
  const { start, end } = target.vaHole!;
  const isBelow = vpn < start && mm.brkVpn < start;
  const isAbove = vpn >= end && mm.brkVpn >= end;
  return isBelow || isAbove ? sysBrk(k) : currentBrk(k);
}

/** The heap cannot grow past its region's mappable part. */
export function ia64Brk(k: Kernel): number {
  const { mapLimit, pages } = k.target.region!;
  const newBrk = k.vpn(0) + (k.offset(0) > 0 ? 1 : 0);
  const grows = newBrk > k.mm.brkVpn + (k.mm.brkOffset > 0 ? 1 : 0);
  if (grows && (newBrk - k.mm.brkVpn > mapLimit || newBrk % pages > mapLimit)) return currentBrk(k);
  return sysBrk(k);
}
