/** pthread_cond_signal(3): wakes one waiter. */
import { type Addr, hiOf, loOf } from './address.js';
import { signalGroups } from './cond_groups.js';
import { signalOld } from './cond_old.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';

export function condSignal(nptl: Nptl, cond: Addr): Steps<number> {
  const [hi, lo] = [hiOf(cond), loOf(cond)];
  return nptl.isModern ? signalGroups(nptl, hi, lo) : signalOld(nptl, hi, lo);
}
