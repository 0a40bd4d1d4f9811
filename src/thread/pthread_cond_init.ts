/** pthread_cond_init(3). glibc 2.3.3 and 2.36, nptl/pthread_cond_init.c. */
import { type Addr, hiOf, loOf } from './address.js';
import { initGroups } from './cond_groups.js';
import { initOld } from './cond_old.js';
import type { Nptl } from './nptl.js';

export function condInit(nptl: Nptl, cond: Addr, attr: Addr | null): number {
  const hi = hiOf(cond);
  const lo = loOf(cond);
  const flags = attr === null ? 0 : nptl.load(hiOf(attr), loOf(attr));
  for (let at = 0; at < nptl.params.sizeof.pthread_cond_t; at += 4) nptl.store(hi, lo + at, 0);
  if (nptl.isModern) initGroups(nptl, hi, lo, flags);
  else initOld(nptl, hi, lo, flags);
  return 0;
}
