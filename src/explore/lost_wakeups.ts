/**
 * Wake-ups of condition variables that went wrong: one that nobody waited for, and one that woke another thread than
 * the one that waits for ever. Either is named only where it can be why.
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

/** The last signal of a condition variable, which woke one of several. */
export interface OneWoken {
  readonly object: string;
  readonly signaller: Actor;
  readonly woken: Actor;
  /** It waits on the same condition variable again. */
  readonly sleepsAgain: boolean;
  /** Those who waited then, and do so still. */
  readonly others: readonly Actor[];
}

interface Wakeup {
  readonly call: string;
  readonly signaller: Actor;
  readonly when: number;
}

interface Wait {
  readonly actor: Actor;
  readonly since: number;
  /** The wake-up that nobody heard before this wait began, and after which the waiter looked at nothing. */
  readonly missed: Wakeup | null;
}

interface Condition {
  readonly waits: Map<number, Wait>;
  /** The last wake-up that nobody heard; null again once another was heard. */
  unheard: Wakeup | null;
  /** The last that somebody heard. */
  heard: Wakeup | null;
  /** Those who went on since. */
  woken: Actor[];
  /** Waiters that wake-ups are on the way to. */
  pending: number;
  /** When the last wake-up was heard, others were on the way: who heard which is not known. */
  isUncertain: boolean;
  /** The clock ended a wait while a wake-up was on the way: nothing more is known. */
  isBlurred: boolean;
}

export class LostWakeups {
  private readonly conditions = new Map<string, Condition>();
  /** When each thread last looked at memory, by tid: it may have seen what a wake-up was about. */
  private readonly looked = new Map<number, number>();
  /** When each thread last took each mutex, by mutex and tid. */
  private readonly taken = new Map<string, Map<number, number>>();
  private now = 0;

  looks(tid: number): void {
    this.looked.set(tid, ++this.now);
  }

  takes(tid: number, mutex: string): void {
    const times = this.taken.get(mutex);
    if (times === undefined) this.taken.set(mutex, new Map([[tid, ++this.now]]));
    else times.set(tid, ++this.now);
  }

  waits(actor: Actor, object: string, mutex: string): void {
    const condition = this.condition(object);
    const { unheard } = condition;
    const missed = unheard !== null && this.canMiss(actor.tid, unheard, mutex) ? unheard : null;
    condition.waits.set(actor.tid, { actor, since: ++this.now, missed });
  }

  /**
   * A thread does not miss what it signalled itself, nor what it could have seen since; nor where a third had the mutex
   * since, and may have taken what the signal was about.
   */
  private canMiss(tid: number, { signaller, when }: Wakeup, mutex: string): boolean {
    if (signaller.tid === tid || (this.looked.get(tid) ?? 0) > when) return false;
    const times = this.taken.get(mutex) ?? new Map<number, number>();
    return [...times].every(([other, time]) => other === tid || other === signaller.tid || time < when);
  }

  /** `wasWoken`: not by the clock. */
  goesOn(actor: Actor, object: string, wasWoken: boolean): void {
    const condition = this.condition(object);
    condition.waits.delete(actor.tid);
    this.looks(actor.tid);
    if (!wasWoken) {
      if (condition.pending > 0) condition.isBlurred = true;
      return;
    }
    condition.woken.push(actor);
    condition.pending = Math.max(0, condition.pending - 1);
  }

  wakes(signaller: Actor, object: string, call: string): void {
    const condition = this.condition(object);
    const wakeup = { call, signaller, when: ++this.now };
    if (condition.waits.size <= condition.pending) {
      condition.unheard = wakeup;
      return;
    }
    condition.isUncertain = condition.pending > 0;
    condition.pending = call === 'pthread_cond_signal' ? condition.pending + 1 : condition.waits.size;
    condition.heard = wakeup;
    condition.unheard = null;
    condition.woken = [];
  }

  /** At the end of a run that deadlocked, with the tids that wait for ever: what they missed. */
  lost(stuck: ReadonlySet<number>): LostWakeup[] {
    const found: LostWakeup[] = [];
    for (const [object, { waits, heard, isBlurred }] of this.conditions) {
      if (isBlurred) continue;
      for (const { actor: waiter, missed } of waits.values()) {
        if (!stuck.has(waiter.tid) || missed === null || (heard !== null && heard.when > missed.when)) continue;
        found.push({ object, call: missed.call, signaller: missed.signaller, waiter });
      }
    }
    return found;
  }

  /** At the same time: the last signals that woke one, where others wait for ever. */
  oneWoken(stuck: ReadonlySet<number>): OneWoken[] {
    const found: OneWoken[] = [];
    for (const [object, { waits, heard, woken, isUncertain, isBlurred }] of this.conditions) {
      if (isBlurred || heard === null || heard.call !== 'pthread_cond_signal' || isUncertain || woken.length !== 1) continue;
      const [first] = woken as [Actor];
      const others = [...waits.values()].filter(({ actor, since }) => since < heard.when && stuck.has(actor.tid)).map(({ actor }) => actor);
      if (others.length === 0) continue;
      found.push({ object, signaller: heard.signaller, woken: first, sleepsAgain: waits.has(first.tid), others });
    }
    return found;
  }

  private condition(object: string): Condition {
    let condition = this.conditions.get(object);
    if (condition === undefined) {
      condition = { waits: new Map(), unheard: null, heard: null, woken: [], pending: 0, isUncertain: false, isBlurred: false };
      this.conditions.set(object, condition);
    }
    return condition;
  }
}
