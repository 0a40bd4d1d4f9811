/**
 * mlock, mlock2, munlock, mlockall, munlockall. On sparc the flags of mlockall lie 13 bits higher
 * (asm-sparc64/mman.h: MCL_CURRENT 0x2000, MCL_FUTURE 0x4000, MCL_ONFAULT 0x8000).
 */
import { EINVAL } from '../arch/generic/errno.js';
import { doMlock, doMlock2, doMlockall, doMunlock, doMunlockall } from '../mm/mlock.js';
import type { Kernel } from './kernel.js';

export function sysMlock(k: Kernel): number {
  return doMlock(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1));
}

export function sysMlock2(k: Kernel): number {
  return doMlock2(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1), k.lo(2));
}

export function sysMunlock(k: Kernel): number {
  return doMunlock(k.mm, k.vpn(0), k.offset(0), k.vpn(1), k.offset(1));
}

export function sysMlockall(k: Kernel): number {
  return doMlockall(k.mm, k.lo(0));
}

export function mlockall2000(k: Kernel): number {
  const flags = k.lo(0);
  return (flags & 0x1fff) !== 0 ? -EINVAL : doMlockall(k.mm, flags >> 13);
}

export function sysMunlockall(k: Kernel): number {
  return doMunlockall(k.mm);
}
