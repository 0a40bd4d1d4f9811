/** set_robust_list(2) and get_robust_list(2). kernel/futex/syscalls.c of Linux 6.1. */
import { EFAULT, EINVAL, EPERM, ESRCH } from '../arch/generic/errno.js';
import type { Kernel } from './kernel.js';
import { putLong } from './user_words.js';

/** struct robust_list_head: three longs. */
const headBytes = (k: Kernel) => (3 * k.target.bits) / 8;

/** set_robust_list(head, size). */
export function sysSetRobustList(k: Kernel): number {
  if (k.hi(1) !== 0 || k.lo(1) !== headBytes(k)) return -EINVAL;
  if (k.hi(0) === 0 && k.lo(0) === 0) k.robustLists.delete(k.current);
  else k.robustLists.set(k.current, { hi: k.hi(0), lo: k.lo(0) });
  return 0;
}

/** get_robust_list(pid, head pointer, size pointer). */
export function sysGetRobustList(k: Kernel): number {
  const pid = k.lo(0);
  const slot = pid === 0 ? k.current : k.tasks.slotOf(pid);
  if (slot < 0) return pid === 1 ? -EPERM : -ESRCH;
  const list = k.robustLists.get(slot);
  const bytes = k.target.bits / 8;
  if (putLong(k, k.hi(2), k.lo(2), 0, bytes, 0, headBytes(k)) < 0) return -EFAULT;
  return putLong(k, k.hi(1), k.lo(1), 0, bytes, list?.hi ?? 0, list?.lo ?? 0);
}
