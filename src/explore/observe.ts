/**
 * Observer: sees from outside what a program's threads lock, wait for and signal, and from which lines. It stands
 * between the program and its libc in a run of its own, takes no step that others could see, and so changes no schedule.
 */
import type { Libc } from '../thread/libc.js';
import { type Addr, hiOf, loOf } from '../thread/address.js';
import type { Call } from '../thread/call.js';
import type { Main } from '../thread/ts_user_mode.js';
import type { Actor } from './actor.js';
import { LockOrder } from './lock_order.js';
import { LostWakeups } from './lost_wakeups.js';

type AnyCall = (...args: never[]) => Call<unknown>;

const TAKES = [
  'pthread_mutex_lock', 'pthread_mutex_timedlock', 'pthread_mutex_clocklock', 'pthread_rwlock_rdlock',
  'pthread_rwlock_wrlock', 'pthread_rwlock_timedrdlock', 'pthread_rwlock_timedwrlock', 'pthread_spin_lock',
];
const TRIES = ['pthread_mutex_trylock', 'pthread_rwlock_tryrdlock', 'pthread_rwlock_trywrlock', 'pthread_spin_trylock'];
const GIVES = ['pthread_mutex_unlock', 'pthread_rwlock_unlock', 'pthread_spin_unlock'];
const WAITS = ['pthread_cond_wait', 'pthread_cond_timedwait', 'pthread_cond_clockwait'];
const WAKES = ['pthread_cond_signal', 'pthread_cond_broadcast'];
const LOADS = ['load8', 'load32', 'load64'];
const ATOMICS = [
  'atomic_load32', 'atomic_exchange32', 'atomic_fetch_add32', 'atomic_fetch_sub32', 'atomic_fetch_and32', 'atomic_fetch_or32',
  'atomic_cas32',
];

export class Observer {
  readonly locks = new LockOrder();
  readonly wakeups = new LostWakeups();
  private readonly who: () => { readonly tid: number; readonly thread: string };
  private libc!: Libc;

  constructor(who: () => { readonly tid: number; readonly thread: string }) {
    this.who = who;
  }

  /** The program, seen from when it begins. */
  around(main: Main): Main {
    return (libc, argv) => {
      this.attach(libc);
      return main(libc, argv);
    };
  }

  /** From now on the calls of `libc`, which must be this run's alone, are seen. */
  attach(libc: Libc): void {
    this.libc = libc;
    const { locks, wakeups } = this;
    const took = (actor: Actor, object: string) => {
      locks.took(actor, object);
      wakeups.takes(actor.tid, object);
    };
    this.wrap(TAKES, function* (call, actor, object) {
      locks.asks(actor, object);
      const error = yield* call();
      if (error === 0 || error === libc.E['EOWNERDEAD']) took(actor, object);
      return error;
    });
    this.wrap(TRIES, function* (call, actor, object) {
      const error = yield* call();
      if (error === 0 || error === libc.E['EOWNERDEAD']) took(actor, object);
      return error;
    });
    this.wrap(GIVES, function* (call, actor, object) {
      locks.gave(actor, object);
      wakeups.looks(actor.tid); // what it did under the lock, it may have done upon what it saw
      return yield* call();
    });
    this.wrap(WAITS, function* (call, actor, object, mutex) {
      wakeups.waits(actor, object, mutex);
      locks.gave(actor, mutex);
      const error = yield* call();
      wakeups.goesOn(actor, object, error === 0);
      took(actor, mutex);
      return error;
    });
    this.wrap(WAKES, function* (call, actor, object, _mutex, name) {
      wakeups.wakes(actor, object, name);
      return yield* call();
    });
    this.wrapLooks();
    this.wrapThreads();
  }

  /** Who reads memory may see what a wake-up was about. */
  private wrapLooks(): void {
    const { wakeups } = this;
    // The step of another may come between the call and what it reads.
    this.wrap(ATOMICS, function* (call, actor) {
      const seen = yield* call();
      wakeups.looks(actor.tid);
      return seen;
    });
    const libc = this.libc as unknown as Record<string, (...args: never[]) => unknown>;
    for (const name of LOADS) {
      const original = libc[name]!;
      libc[name] = (...args: never[]) => {
        wakeups.looks(this.who().tid);
        return original.apply(this.libc, args);
      };
    }
  }

  private wrap(
    names: readonly string[],
    around: (call: () => Call<unknown>, actor: Actor, object: string, mutex: string, name: string) => Generator<unknown, unknown, unknown>,
  ): void {
    const libc = this.libc as unknown as Record<string, AnyCall | undefined>;
    for (const name of names) {
      const original = libc[name];
      if (original === undefined) continue;
      libc[name] = (...args: never[]) => {
        const actor = this.actor();
        const [object = 0, second = 0] = args as readonly Addr[];
        return around(() => original.apply(this.libc, args), actor, this.nameOf(object), this.nameOf(second), name);
      };
    }
  }

  /** Which thread was made when, and joined when: what lies apart in time makes no deadlock. */
  private wrapThreads(): void {
    const { libc, locks } = this;
    const { pthread_create: create, pthread_join: join } = libc;
    const byHandle = new Map<string, number>();
    let made = 0;
    const observer = this;
    libc.pthread_create = function* (attr, start, arg) {
      const id = made++;
      locks.created(id);
      const routine = (value: never) => {
        locks.began(id, observer.who().tid);
        return start(value as never);
      };
      Object.defineProperty(routine, 'name', { value: start.name });
      const result = yield* create.call(libc, attr, routine as never, arg);
      byHandle.set(observer.nameOf(result[1]), id);
      return result;
    } as Libc['pthread_create'];
    libc.pthread_join = function* (thread) {
      const result = yield* join.call(libc, thread);
      const id = byHandle.get(observer.nameOf(thread));
      if (id !== undefined && result[0] === 0) locks.joined(id);
      return result;
    } as Libc['pthread_join'];
  }

  private nameOf(addr: Addr): string {
    if (addr === null || (typeof addr !== 'number' && typeof addr !== 'object')) return '';
    return this.libc.addressText(addr) ?? `${hiOf(addr)}:${loOf(addr)}`;
  }

  private actor(): Actor {
    return { ...this.who(), site: callSite() };
  }
}

/** Frames of ours above the program's: callSite, actor, the wrapper. */
const OURS = 3;

/** "name (file:line:column)" of the frame that made the call. */
function callSite(): string {
  const frames = (new Error().stack ?? '').split('\n').filter((line) => /:\d+:\d+\)?$/.test(line));
  return (frames[OURS] ?? '').trim().replace(/^at /, '').replace('file://', '');
}
