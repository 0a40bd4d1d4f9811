/**
 * clone and clone2. Linux 2.5.46, kernel/fork.c: copy_process(), with the argument orders of 2.6.0 (see
 * `backported`): NPTL needs a pointer for the parent's and one for the child's tid, and its TLS.
 *
 *   clone (i386, sparc): flags, stack, parent_tid, tls, child_tid
 *   clone (x86_64):      flags, stack, parent_tid, child_tid, tls
 *   clone2 (ia64):       flags, stack base, stack size, parent_tid, child_tid, tls
 */
import { EFAULT, EINVAL, ENOSYS } from '../arch/generic/errno.js';
import {
  CLONE_CHILD_CLEARTID, CLONE_DETACHED, CLONE_FS, CLONE_NEWNS, CLONE_PARENT_SETTID, CLONE_SIGHAND, CLONE_THREAD,
  CLONE_VM,
} from '../arch/generic/sched.js';
import { store32 } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

/** Indices of the tid pointers. */
const PTID = { 'tls-fourth': 2, 'tls-fifth': 2, 'stack-size': 3 };
const CTID = { 'tls-fourth': 4, 'tls-fifth': 3, 'stack-size': 4 };

/** Returns the child's tid; EINVAL for flags that need each other, EAGAIN without a pid, EFAULT. */
export function sysClone(k: Kernel): number {
  const flags = k.lo(0);
  if ((flags & CLONE_NEWNS) !== 0 && (flags & CLONE_FS) !== 0) return -EINVAL;
  if ((flags & CLONE_THREAD) !== 0 && (flags & CLONE_SIGHAND) === 0) return -EINVAL;
  if ((flags & CLONE_DETACHED) !== 0 && (flags & CLONE_THREAD) === 0) return -EINVAL;
  // A process of its own is fork's; threads share their mm.
  if ((flags & CLONE_THREAD) === 0 || (flags & CLONE_VM) === 0) return -ENOSYS;
  const child = k.newTask(k.tasks.process[k.current]!);
  if (child < 0) return child;
  const tid = k.tasks.tid[child]!;
  const ptid = PTID[k.target.cloneOrder];
  if ((flags & CLONE_PARENT_SETTID) !== 0 && store32(k.mm, k.hi(ptid), k.lo(ptid), tid) < 0) {
    k.exitTask(child, 0);
    return -EFAULT;
  }
  if ((flags & CLONE_CHILD_CLEARTID) !== 0) {
    const ctid = CTID[k.target.cloneOrder];
    k.tasks.clearTidHi[child] = k.hi(ctid);
    k.tasks.clearTidLo[child] = k.lo(ctid);
  }
  k.process.user.cloned(k.current, child);
  k.queue.push(child);
  return tid;
}
