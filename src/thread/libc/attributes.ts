/** <pthread.h>: attributes of threads. */
import { type Addr, hiOf, loOf } from '../address.js';
import * as attr from '../pthread_attr.js';
import { getattr } from '../pthread_getattr_np.js';
import { LibcCore } from './core.js';

type Pair = [error: number, value: number];

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

  /** A stack of the program's own, from `stack` up, without a guard. EINVAL below PTHREAD_STACK_MIN. */
  pthread_attr_setstack(addr: Addr, stack: Addr, bytes: number): number {
    return attr.attrSetStack(this.nptl, hiOf(addr), loOf(addr), stack, bytes);
  }

  /** [0, lowest address, bytes]. */
  pthread_attr_getstack(addr: Addr): [error: number, stack: Addr, bytes: number] {
    return attr.attrGetStack(this.nptl, hiOf(addr), loOf(addr));
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

  /** PTHREAD_INHERIT_SCHED or PTHREAD_EXPLICIT_SCHED. */
  pthread_attr_setinheritsched(addr: Addr, inherit: number): number {
    return attr.attrSetInheritSched(this.nptl, hiOf(addr), loOf(addr), inherit);
  }

  pthread_attr_getinheritsched(addr: Addr): Pair {
    return attr.attrGetInheritSched(this.nptl, hiOf(addr), loOf(addr));
  }

  /** SCHED_OTHER, SCHED_FIFO or SCHED_RR. */
  pthread_attr_setschedpolicy(addr: Addr, policy: number): number {
    return attr.attrSetSchedPolicy(this.nptl, hiOf(addr), loOf(addr), policy);
  }

  pthread_attr_getschedpolicy(addr: Addr): Pair {
    return attr.attrGetSchedPolicy(this.nptl, hiOf(addr), loOf(addr));
  }

  /** The sched_priority alone. EINVAL for one that the policy does not have. */
  pthread_attr_setschedparam(addr: Addr, priority: number): number {
    return attr.attrSetSchedParam(this.nptl, hiOf(addr), loOf(addr), priority);
  }

  pthread_attr_getschedparam(addr: Addr): Pair {
    return attr.attrGetSchedParam(this.nptl, hiOf(addr), loOf(addr));
  }

  /** ENOTSUP for PTHREAD_SCOPE_PROCESS. */
  pthread_attr_setscope(addr: Addr, scope: number): number {
    return attr.attrSetScope(this.nptl, hiOf(addr), loOf(addr), scope);
  }

  pthread_attr_getscope(addr: Addr): Pair {
    return attr.attrGetScope(this.nptl, hiOf(addr), loOf(addr));
  }

  /** Fills in the attribute at `addr` with those of a thread; ESRCH for no such thread. */
  pthread_getattr_np(thread: Addr, addr: Addr): number {
    return getattr(this.nptl, thread, addr);
  }

  private readAttr(addr: Addr): attr.ThreadAttributes {
    return attr.readAttr(this.nptl, hiOf(addr), loOf(addr), attr.newAttributes());
  }
}
