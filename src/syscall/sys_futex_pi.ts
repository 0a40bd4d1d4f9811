/**
 * FUTEX_LOCK_PI, TRYLOCK_PI and UNLOCK_PI. The word is the owner's tid; a locker that finds one in it comes here, and
 * so does an owner that finds the WAITERS bit. Linux 6.1, kernel/futex/pi.c.
 *
 * Unlike Linux: FUTEX_WAIT_REQUEUE_PI and CMP_REQUEUE_PI answer ENOSYS; no NPTL here uses them.
 */
import { EAGAIN, EDEADLK, EFAULT, EINVAL, EPERM, ESRCH, ETIMEDOUT } from '../arch/generic/errno.js';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../arch/generic/futex.js';
import { ERESTARTNOINTR } from '../arch/generic/restart.js';
import { FAULT, load32, store32 } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

/** futex_lock_pi(): takes the lock, or sleeps until its owner hands it over or `deadline` comes. */
export function futexLockPi(k: Kernel, key: number, deadline: number, isTry: boolean): number {
  const [hi, lo] = [k.hi(0), k.lo(0)];
  const word = load32(k.mm, hi, lo);
  if (word === FAULT) return -EFAULT;
  const { current, piFutexes } = k;
  const tid = k.tasks.tid[current]!;
  if ((word & FUTEX_TID_MASK) === tid) return -EDEADLK;
  let owner: number;
  const state = piFutexes.at(key);
  if (state !== undefined) {
    if ((word & FUTEX_TID_MASK) !== k.tasks.tid[state.owner]) return -EINVAL;
    owner = state.owner;
  } else {
    if (k.futexes.waitersOf(key).length > 0) return -EINVAL; // PI and plain waiters do not mix
    if ((word & FUTEX_TID_MASK) === 0) return store32(k.mm, hi, lo, (word & FUTEX_OWNER_DIED) | tid) < 0 ? -EFAULT : 0;
    if (store32(k.mm, hi, lo, word | FUTEX_WAITERS) < 0) return -EFAULT;
    owner = k.tasks.slotOf(word & FUTEX_TID_MASK);
    if (owner < 0) return -ESRCH;
  }
  if (isTry) return -EAGAIN;
  if (piFutexes.wouldDeadlock(current, owner)) return -EDEADLK;
  piFutexes.wait(current, key, owner, hi, lo);
  k.pinFutex(key);
  return k.sleep({
    why: 'PI futex',
    ownedBy: k.tasks.tid[owner]!,
    deadline,
    atDeadline: -ETIMEDOUT,
    interrupted: -ERESTARTNOINTR,
    leave: () => {
      piFutexes.leave(current);
      k.unpinFutex(key);
    },
  });
}

/** futex_unlock_pi(): hands the lock to the first that waits. */
export function futexUnlockPi(k: Kernel, key: number): number {
  const [hi, lo] = [k.hi(0), k.lo(0)];
  const word = load32(k.mm, hi, lo);
  if (word === FAULT) return -EFAULT;
  if ((word & FUTEX_TID_MASK) !== k.tasks.tid[k.current]) return -EPERM;
  if (key < 0) return key;
  const state = k.piFutexes.at(key);
  if (state === undefined) {
    if (k.futexes.waitersOf(key).length > 0) return -EINVAL;
    return store32(k.mm, hi, lo, 0) < 0 ? -EFAULT : 0;
  }
  if (state.owner !== k.current) return -EINVAL;
  const next = k.tasks.tid[state.waiters[0]!]!;
  if (store32(k.mm, hi, lo, FUTEX_WAITERS | next) < 0) return -EFAULT;
  k.endSleep(k.piFutexes.pass(state), 0);
  return 0;
}
