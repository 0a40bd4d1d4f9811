/** pthread_cond_destroy(3). 2.3.3 does not look whether threads wait; 2.36 waits for those that are being woken. */
import { type Addr, hiOf, loOf } from './address.js';
import { type Call, Done, Lazy } from './call.js';
import { destroyGroups } from './cond_groups.js';
import type { Nptl } from './nptl.js';

export function condDestroy(nptl: Nptl, cond: Addr): Call<number> {
  if (!nptl.isModern) return new Done(0);
  return new Lazy(nptl.sys, 'pthread_cond_destroy', destroyGroups(nptl, hiOf(cond), loOf(cond)));
}
