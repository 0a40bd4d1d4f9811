/**
 * futex: Linux 2.5.46, kernel/futex.c: sys_futex(). WAIT and WAKE; an unknown operation is EINVAL in this
 * release, and a timeout is read whatever the operation.
 */
import { EAGAIN, EFAULT, EINVAL } from '../arch/generic/errno.js';
import { FUTEX_WAIT, FUTEX_WAKE } from '../arch/generic/sched.js';
import { FAULT, futexKey, load32 } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

/** futex(uaddr, op, val, timeout). */
export function sysFutex(k: Kernel): number {
  const timeout = readTimeout(k);
  if (timeout < 0) return timeout;
  if ((k.lo(0) & 3) !== 0) return -EINVAL;
  const op = k.lo(1);
  if (op === FUTEX_WAIT) return futexWait(k, timeout);
  if (op === FUTEX_WAKE) return futexWake(k);
  return -EINVAL;
}

function futexWait(k: Kernel, timeout: number): number {
  const key = futexKey(k.mm, k.hi(0), k.lo(0));
  if (key < 0) return -EFAULT;
  const word = load32(k.mm, k.hi(0), k.lo(0));
  if (word === FAULT) return -EFAULT;
  if (word !== k.lo(2)) return -EAGAIN;
  return k.sleepOnFutex(key, k.clock.now + timeout);
}

function futexWake(k: Kernel): number {
  const key = futexKey(k.mm, k.hi(0), k.lo(0));
  return key < 0 ? -EFAULT : k.wakeFutex(key, k.lo(2));
}

/**
 * The relative timeout in ns, Infinity without one, or -EFAULT. Two longs of the kernel's size: a 32-bit
 * task of a 64-bit machine is read wrongly in this release, and here.
 */
function readTimeout(k: Kernel): number {
  if (k.lo(3) === 0 && k.hi(3) === 0) return Number.POSITIVE_INFINITY;
  const seconds = readLong(k, 0);
  const nanoseconds = readLong(k, 1);
  if (seconds === FAULT || nanoseconds === FAULT) return -EFAULT;
  return Math.max(0, seconds * 1e9 + nanoseconds);
}

function readLong(k: Kernel, index: number): number {
  const { kernelBits, bigEndian } = k.target;
  const size = kernelBits / 8;
  const at = k.lo(3) + index * size;
  if (size === 4) return load32(k.mm, k.hi(3), at);
  const first = load32(k.mm, k.hi(3), at);
  const second = load32(k.mm, k.hi(3), at + 4);
  if (first === FAULT || second === FAULT) return FAULT;
  const [high, low] = bigEndian ? [first, second] : [second, first];
  return high * 2 ** 32 + (low >>> 0);
}
