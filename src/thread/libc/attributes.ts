/** <pthread.h>: attributes of threads. */
import { type Addr, hiOf, loOf } from '../address.js';
import * as attr from '../pthread_attr.js';
import { LibcCore } from './core.js';

export class Attributes extends LibcCore {
  pthread_attr_init(addr: Addr): number {
    return attr.attrInit(this.nptl, hiOf(addr), loOf(addr));
  }

  pthread_attr_destroy(_addr: Addr): number {
    return 0;
  }

  /** EINVAL below PTHREAD_STACK_MIN, the attribute unchanged. */
  pthread_attr_setstacksize(addr: Addr, bytes: number): number {
    return attr.attrSetStackSize(this.nptl, hiOf(addr), loOf(addr), bytes);
  }

  /** [0, bytes]. */
  pthread_attr_getstacksize(addr: Addr): [error: number, bytes: number] {
    const read = this.readAttr(addr);
    return [0, read.stackSize === 0 ? this.nptl.defaultStackSize : read.stackSize];
  }

  pthread_attr_setguardsize(addr: Addr, bytes: number): number {
    return attr.attrSetGuardSize(this.nptl, hiOf(addr), loOf(addr), bytes);
  }

  /** [0, bytes]. */
  pthread_attr_getguardsize(addr: Addr): [error: number, bytes: number] {
    return [0, this.readAttr(addr).guardSize];
  }

  pthread_attr_setdetachstate(addr: Addr, state: number): number {
    return attr.attrSetDetachState(this.nptl, hiOf(addr), loOf(addr), state);
  }

  /** [0, PTHREAD_CREATE_JOINABLE or PTHREAD_CREATE_DETACHED]. */
  pthread_attr_getdetachstate(addr: Addr): [error: number, state: number] {
    return [0, this.readAttr(addr).isDetached ? this.PTHREAD_CREATE_DETACHED : this.PTHREAD_CREATE_JOINABLE];
  }

  private readAttr(addr: Addr): attr.ThreadAttributes {
    return attr.readAttr(this.nptl, hiOf(addr), loOf(addr), { stackSize: 0, guardSize: 0, isDetached: false });
  }
}
