/** pthread_cond_broadcast(3): wakes every waiter. */
import { type Addr, hiOf, loOf } from './address.js';
import { broadcastGroups } from './cond_groups.js';
import { broadcastOld } from './cond_old.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';

export function condBroadcast(nptl: Nptl, cond: Addr): Steps<number> {
  const [hi, lo] = [hiOf(cond), loOf(cond)];
  return nptl.isModern ? broadcastGroups(nptl, hi, lo) : broadcastOld(nptl, hi, lo);
}
