/** getrlimit: kernel/sys.c: sys_getrlimit(); soft and hard limit as two longs of the task's word size. */
import { EFAULT, EINVAL } from '../arch/generic/errno.js';
import {
  RLIM_NLIMITS, RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_STACK,
} from '../arch/generic/sched.js';
import { hiOfNumber } from '../lib/u64.js';
import { store32 } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

export function sysGetrlimit(k: Kernel): number {
  return getrlimit(k, k.target.rlimInfinity);
}

/** i386 number 76: values above 0x7fffffff are shown as that. */
export function oldGetrlimit(k: Kernel): number {
  return getrlimit(k, [0, 0x7fffffff]);
}

function getrlimit(k: Kernel, infinity: readonly [number, number]): number {
  const resource = k.lo(0);
  if (resource < 0 || resource >= RLIM_NLIMITS) return -EINVAL;
  const words = [...longWords(k, softLimit(k, resource), infinity), ...longWords(k, Number.POSITIVE_INFINITY, infinity)];
  for (let i = 0; i < words.length; i++) {
    if (store32(k.mm, k.hi(1), k.lo(1) + 4 * i, words[i]!) < 0) return -EFAULT;
  }
  return 0;
}

function softLimit(k: Kernel, resource: number): number {
  const { rlimits } = k.mm;
  if (resource === RLIMIT_STACK) return rlimits.stack;
  if (resource === RLIMIT_DATA) return rlimits.data;
  if (resource === RLIMIT_AS) return rlimits.as;
  if (resource === RLIMIT_MEMLOCK) return rlimits.memlock;
  return Number.POSITIVE_INFINITY;
}

/** A limit as the words of one long, in memory order. */
function longWords(k: Kernel, bytes: number, infinity: readonly [number, number]): number[] {
  const isInfinite = bytes === Number.POSITIVE_INFINITY || (k.target.bits === 32 && bytes > (infinity[1] >>> 0));
  const [hi, lo] = isInfinite ? infinity : [hiOfNumber(bytes), bytes | 0];
  if (k.target.bits === 32) return [lo];
  return k.target.bigEndian ? [hi, lo] : [lo, hi];
}
