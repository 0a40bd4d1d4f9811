/**
 * Lost wake-ups: a condition variable that was signalled when nobody waited, and a wait that began afterwards and never
 * ended.
 */
import type { Actor } from './actor.js';

export interface LostWakeup {
  /** Address of the condition variable. */
  readonly object: string;
  /** "pthread_cond_signal" or "pthread_cond_broadcast". */
  readonly call: string;
  readonly signaller: Actor;
  readonly waiter: Actor;
}

export class LostWakeups {
  /** Who waits, by condition variable and tid. */
  private readonly waiting = new Map<string, Map<number, Actor>>();
  /** The last wake-up that nobody heard, by condition variable. */
  private readonly unheard = new Map<string, { readonly call: string; readonly signaller: Actor }>();
  /** What a waiter missed, by condition variable and tid. */
  private readonly missed = new Map<string, LostWakeup>();

  waits(actor: Actor, object: string): void {
    const waiters = this.waiting.get(object);
    if (waiters === undefined) this.waiting.set(object, new Map([[actor.tid, actor]]));
    else waiters.set(actor.tid, actor);
    const unheard = this.unheard.get(object);
    // A thread does not miss what it signalled itself.
    if (unheard === undefined || unheard.signaller.tid === actor.tid) return;
    this.missed.set(`${object} ${actor.tid}`, { object, ...unheard, waiter: actor });
  }

  goesOn(actor: Actor, object: string): void {
    this.waiting.get(object)?.delete(actor.tid);
    this.missed.delete(`${object} ${actor.tid}`);
  }

  wakes(signaller: Actor, object: string, call: string): void {
    if ((this.waiting.get(object)?.size ?? 0) === 0) this.unheard.set(object, { call, signaller });
  }

  /** At the end of a run that deadlocked: the waits that never ended and what they missed. */
  lost(): LostWakeup[] {
    return [...this.missed.values()];
  }
}
