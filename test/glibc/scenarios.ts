/**
 * The scenarios of primitives.c as guardpage programs, line by line: the same objects, sleeps and calls, and the same
 * two lines of output, so that both logs are read alike.
 */
import type { Addr, Libc, ThreadBody } from 'guardpage';

type Body = ThreadBody<void>;
type Routine = (i: number) => ThreadBody<unknown>;

const OBJECT_BYTES = 64;

/** A scenario's objects, and what a C program has as static functions. */
class Stage {
  readonly libc: Libc;
  readonly m: Addr;
  readonly c: Addr;
  readonly rw: Addr;
  readonly b: Addr;
  readonly s: Addr;
  readonly once: Addr;
  readonly results = [0, 0, 0, 0];
  ready = false;
  private readonly time: Addr;

  constructor(libc: Libc) {
    this.libc = libc;
    const object = () => libc.bss(OBJECT_BYTES);
    [this.m, this.c, this.rw, this.b, this.s, this.once] = [object(), object(), object(), object(), object(), object()];
    this.time = libc.bss(16);
  }

  /** Sleeps `ms` of virtual time. */
  *nap(ms: number): Body {
    this.storeTime(0, ms * 1e6);
    yield* this.libc.syscall(this.libc.nr.nanosleep!, this.time, 0);
  }

  /** CLOCK_REALTIME, `ms` from now. */
  *in(ms: number): ThreadBody<{ sec: number; nsec: number }> {
    yield* this.libc.syscall(this.libc.nr.clock_gettime!, 0, this.time);
    const { libc, time } = this;
    const half = libc.sizeof.long;
    const read = (at: Addr) => (half === 4 ? libc.load32(at) : libc.load64(at).toNumber());
    const ns = read(libc.add(time, half)) + ms * 1e6;
    return { sec: read(time) + Math.floor(ns / 1e9), nsec: ns % 1e9 };
  }

  private storeTime(sec: number, nsec: number): void {
    const { libc, time } = this;
    const low = libc.sizeof.long === 8 && libc.arch === 'sparc64' ? 4 : 0;
    libc.store32(libc.add(time, low), sec);
    libc.store32(libc.add(time, libc.sizeof.long + low), nsec);
  }

  *start(routine: Routine, i: number): ThreadBody<Addr> {
    const [error, thread] = yield* this.libc.pthread_create(null, routine, i);
    if (error !== 0) throw new Error(`pthread_create: ${this.libc.strerrorname(error)}`);
    return thread;
  }

  *join(...threads: Addr[]): Body {
    for (const thread of threads) yield* this.libc.pthread_join(thread);
  }

  mutex(type: number, protocol = 0, robust = false): void {
    const { libc } = this;
    const attr = libc.bss(libc.sizeof.pthread_mutexattr_t);
    libc.pthread_mutexattr_init(attr);
    libc.pthread_mutexattr_settype(attr, type);
    if (protocol !== 0) libc.pthread_mutexattr_setprotocol(attr, protocol);
    if (robust) libc.pthread_mutexattr_setrobust(attr, libc.PTHREAD_MUTEX_ROBUST);
    libc.pthread_mutex_init(this.m, attr);
  }
}

// ---- mutexes ------------------------------------------------------------------------------------------

const NORMAL = 0;

function* uncontended(t: Stage, type: number): Body {
  const { libc, m, results } = t;
  t.mutex(type);
  for (let i = 0; i < 3; i++) {
    results[0]! |= yield* libc.pthread_mutex_lock(m);
    results[1]! |= yield* libc.pthread_mutex_unlock(m);
  }
  results[2] = yield* libc.pthread_mutex_trylock(m);
  yield* libc.pthread_mutex_unlock(m);
}

function* contended(t: Stage, type: number, protocol: number, robust: boolean, count: number): Body {
  const { libc, m, results } = t;
  t.mutex(type, protocol, robust);
  yield* libc.pthread_mutex_lock(m);
  const threads: Addr[] = [];
  for (let i = 0; i < count; i++) {
    threads.push(yield* t.start(function* lockUnlock(at) {
      results[at] = yield* libc.pthread_mutex_lock(m);
      yield* libc.pthread_mutex_unlock(m);
    }, i));
    yield* t.nap(20);
  }
  yield* libc.pthread_mutex_unlock(m);
  yield* t.join(...threads);
}

function* timed(t: Stage, protocol: number): Body {
  const { libc, m, results } = t;
  t.mutex(NORMAL, protocol);
  yield* libc.pthread_mutex_lock(m);
  const thread = yield* t.start(function* timedlock() {
    results[0] = yield* libc.pthread_mutex_timedlock(m, yield* t.in(40));
  }, 0);
  yield* t.nap(100);
  yield* libc.pthread_mutex_unlock(m);
  yield* t.join(thread);
}

function* ownerDies(t: Stage, ms: number): Body {
  const { libc, m, results } = t;
  t.mutex(NORMAL, 0, true);
  const first = yield* t.start(function* lockAndDie() {
    yield* libc.pthread_mutex_lock(m);
    if (ms > 0) yield* t.nap(ms);
  }, 0);
  yield* t.nap(30);
  const second = yield* t.start(function* lockRecover() {
    results[1] = yield* libc.pthread_mutex_lock(m);
    if (results[1] === libc.E['EOWNERDEAD']) libc.pthread_mutex_consistent(m);
    yield* libc.pthread_mutex_unlock(m);
  }, 1);
  yield* t.join(second, first);
}

function* notRecoverable(t: Stage): Body {
  const { libc, m, results } = t;
  t.mutex(NORMAL, 0, true);
  yield* t.join(yield* t.start(function* lockAndDie() {
    yield* libc.pthread_mutex_lock(m);
  }, 0));
  results[0] = yield* libc.pthread_mutex_lock(m);
  yield* libc.pthread_mutex_unlock(m);
  results[1] = yield* libc.pthread_mutex_lock(m);
}

// ---- condition variables --------------------------------------------------------------------------------

function waiter(t: Stage): Routine {
  const { libc, m, c, results } = t;
  return function* condWaiter(at) {
    yield* libc.pthread_mutex_lock(m);
    while (!t.ready) results[at] = yield* libc.pthread_cond_wait(c, m);
    yield* libc.pthread_mutex_unlock(m);
  };
}

function* cond(t: Stage, count: number, broadcast: boolean, inside: boolean): Body {
  const { libc, m, c } = t;
  const threads: Addr[] = [];
  for (let i = 0; i < count; i++) {
    threads.push(yield* t.start(waiter(t), i));
    yield* t.nap(20);
  }
  yield* libc.pthread_mutex_lock(m);
  t.ready = true;
  if (!inside) yield* libc.pthread_mutex_unlock(m);
  if (broadcast) yield* libc.pthread_cond_broadcast(c);
  else for (let i = 0; i < count; i++) {
    yield* libc.pthread_cond_signal(c);
    if (!inside) yield* t.nap(20);
  }
  if (inside) yield* libc.pthread_mutex_unlock(m);
  yield* t.join(...threads);
}

function* condTimeout(t: Stage): Body {
  const { libc, m, c, results } = t;
  yield* t.join(yield* t.start(function* condTimed() {
    const until = yield* t.in(40);
    yield* libc.pthread_mutex_lock(m);
    results[0] = yield* libc.pthread_cond_timedwait(c, m, until);
    yield* libc.pthread_mutex_unlock(m);
  }, 0));
  yield* libc.pthread_cond_signal(c);
}

function* condCancel(t: Stage): Body {
  const { libc, m, results } = t;
  const thread = yield* t.start(waiter(t), 0);
  yield* t.nap(30);
  yield* libc.pthread_cancel(thread);
  yield* t.join(thread);
  results[1] = yield* libc.pthread_mutex_trylock(m);
}

// ---- read-write locks -----------------------------------------------------------------------------------

function* rwlock(t: Stage, forWriting: boolean, routine: Routine, count: number): Body {
  const { libc, rw } = t;
  if (forWriting) yield* libc.pthread_rwlock_wrlock(rw);
  else yield* libc.pthread_rwlock_rdlock(rw);
  const threads: Addr[] = [];
  for (let i = 0; i < count; i++) {
    threads.push(yield* t.start(routine, i));
    yield* t.nap(20);
  }
  yield* t.nap(80);
  yield* libc.pthread_rwlock_unlock(rw);
  yield* t.join(...threads);
}

function reader({ libc, rw, results }: Stage): Routine {
  return function* rdlock(at) {
    results[at] = yield* libc.pthread_rwlock_rdlock(rw);
    yield* libc.pthread_rwlock_unlock(rw);
  };
}

function writer({ libc, rw, results }: Stage): Routine {
  return function* wrlock(at) {
    results[at] = yield* libc.pthread_rwlock_wrlock(rw);
    yield* libc.pthread_rwlock_unlock(rw);
  };
}

function timedReader(t: Stage): Routine {
  return function* timedrdlock(at) {
    t.results[at] = yield* t.libc.pthread_rwlock_timedrdlock(t.rw, yield* t.in(40));
  };
}

function timedWriter(t: Stage): Routine {
  return function* timedwrlock(at) {
    t.results[at] = yield* t.libc.pthread_rwlock_timedwrlock(t.rw, yield* t.in(40));
  };
}

function* rwlockPlain({ libc, rw, results }: Stage): Body {
  yield* libc.pthread_rwlock_rdlock(rw);
  yield* libc.pthread_rwlock_rdlock(rw);
  yield* libc.pthread_rwlock_unlock(rw);
  yield* libc.pthread_rwlock_unlock(rw);
  yield* libc.pthread_rwlock_wrlock(rw);
  results[0] = yield* libc.pthread_rwlock_tryrdlock(rw);
  yield* libc.pthread_rwlock_unlock(rw);
}

// ---- barriers, semaphores, once, join -------------------------------------------------------------------

function* barrier(t: Stage, n: number): Body {
  const { libc, b, results } = t;
  const waits: Routine = function* waits(at) {
    results[at] = yield* libc.pthread_barrier_wait(b);
  };
  const threads: Addr[] = [];
  libc.pthread_barrier_init(b, null, n);
  for (let i = 1; i < n; i++) {
    threads.push(yield* t.start(waits, i));
    yield* t.nap(20);
  }
  yield* waits(0);
  yield* t.join(...threads);
}

function* semaphore(t: Stage, count: number): Body {
  const { libc, s, results } = t;
  const threads: Addr[] = [];
  libc.sem_init(s, 0, 0);
  for (let i = 0; i < count; i++) {
    threads.push(yield* t.start(function* semWaiter(at) {
      results[at] = yield* libc.sem_wait(s);
    }, i));
    yield* t.nap(20);
  }
  for (let i = 0; i < count; i++) {
    yield* libc.sem_post(s);
    yield* t.nap(20);
  }
  yield* t.join(...threads);
}

function* semPlain({ libc, s }: Stage): Body {
  libc.sem_init(s, 0, 2);
  yield* libc.sem_wait(s);
  yield* libc.sem_wait(s);
  yield* libc.sem_post(s);
}

function* semTimeout(t: Stage): Body {
  const { libc, s, results } = t;
  libc.sem_init(s, 0, 0);
  yield* t.join(yield* t.start(function* semTimed() {
    const failed = (yield* libc.sem_timedwait(s, yield* t.in(40))) < 0;
    results[0] = failed ? libc.errno : 0;
  }, 0));
}

function* semCancel(t: Stage): Body {
  const { libc, s } = t;
  libc.sem_init(s, 0, 0);
  const thread = yield* t.start(function* semWaiter() {
    yield* libc.sem_wait(s);
  }, 0);
  yield* t.nap(30);
  yield* libc.pthread_cancel(thread);
  yield* t.join(thread);
}

function* onceContended(t: Stage): Body {
  const { libc, once, results } = t;
  const slow = () => t.nap(60);
  const caller: Routine = function* onceCaller(at) {
    results[at] = yield* libc.pthread_once(once, slow);
  };
  const first = yield* t.start(caller, 0);
  yield* t.nap(20);
  const second = yield* t.start(caller, 1);
  yield* t.join(first, second);
  yield* libc.pthread_once(once, slow);
}

function* joinTimed(t: Stage): Body {
  const { libc, results } = t;
  const thread = yield* t.start(() => t.nap(50), 1);
  results[0] = (yield* libc.pthread_timedjoin_np(thread, yield* t.in(20)))[0];
  results[1] = (yield* libc.pthread_tryjoin_np(thread))[0];
  yield* t.join(thread);
}

// ---- by name --------------------------------------------------------------------------------------------

const PRIO_INHERIT = 1;

const scenarios: Readonly<Record<string, (t: Stage) => Body>> = {
  'mutex-normal': (t) => uncontended(t, t.libc.PTHREAD_MUTEX_NORMAL),
  'mutex-recursive': (t) => uncontended(t, t.libc.PTHREAD_MUTEX_RECURSIVE),
  'mutex-errorcheck': (t) => uncontended(t, t.libc.PTHREAD_MUTEX_ERRORCHECK),
  'mutex-adaptive': (t) => uncontended(t, t.libc.PTHREAD_MUTEX_ADAPTIVE_NP),
  'mutex-contended': (t) => contended(t, NORMAL, 0, false, 1),
  'mutex-contended-by-two': (t) => contended(t, NORMAL, 0, false, 2),
  'mutex-recursive-contended': (t) => contended(t, t.libc.PTHREAD_MUTEX_RECURSIVE, 0, false, 1),
  'mutex-errorcheck-contended': (t) => contended(t, t.libc.PTHREAD_MUTEX_ERRORCHECK, 0, false, 1),
  'mutex-timed': (t) => timed(t, 0),
  'mutex-robust': (t) => contended(t, NORMAL, 0, true, 1),
  'mutex-owner-died': (t) => ownerDies(t, 0),
  'mutex-owner-dies-contended': (t) => ownerDies(t, 80),
  'mutex-not-recoverable': notRecoverable,
  'mutex-pi': (t) => contended(t, NORMAL, PRIO_INHERIT, false, 1),
  'mutex-pi-timed': (t) => timed(t, PRIO_INHERIT),
  'cond-signal': (t) => cond(t, 1, false, false),
  'cond-signal-inside': (t) => cond(t, 1, false, true),
  'cond-signal-two': (t) => cond(t, 2, false, false),
  'cond-broadcast': (t) => cond(t, 3, true, false),
  'cond-broadcast-inside': (t) => cond(t, 3, true, true),
  'cond-timeout': condTimeout,
  'cond-cancel': condCancel,
  *'cond-nobody'({ libc, c }) {
    yield* libc.pthread_cond_signal(c);
    yield* libc.pthread_cond_broadcast(c);
  },
  'rwlock-plain': rwlockPlain,
  'rwlock-reader-waits': (t) => rwlock(t, true, reader(t), 1),
  'rwlock-two-readers-wait': (t) => rwlock(t, true, reader(t), 2),
  'rwlock-writer-waits': (t) => rwlock(t, false, writer(t), 1),
  'rwlock-writer-waits-for-writer': (t) => rwlock(t, true, writer(t), 1),
  'rwlock-reader-timeout': (t) => rwlock(t, true, timedReader(t), 1),
  'rwlock-writer-timeout': (t) => rwlock(t, false, timedWriter(t), 1),
  'barrier-two': (t) => barrier(t, 2),
  'barrier-three': (t) => barrier(t, 3),
  'sem-plain': semPlain,
  'sem-waits': (t) => semaphore(t, 1),
  'sem-two-wait': (t) => semaphore(t, 2),
  'sem-timeout': semTimeout,
  'sem-cancel': semCancel,
  once: onceContended,
  *'join-live'(t) {
    yield* t.join(yield* t.start(() => t.nap(50), 1));
  },
  *'join-dead'(t) {
    const thread = yield* t.start(function* returns() {}, 1);
    yield* t.nap(40);
    yield* t.join(thread);
  },
  'join-timed': joinTimed,
};

export const scenarioNames: readonly string[] = Object.keys(scenarios);

/** Main of primitives.c. */
export function* main(libc: Libc, [name]: string[]): ThreadBody<number> {
  const stage = new Stage(libc);
  const text = (addr: Addr) => libc.addressText(addr);
  const { m, c, rw, b, s, once } = stage;
  yield* libc.write(1, `m=${text(m)} c=${text(c)} rw=${text(rw)} b=${text(b)} s=${text(s)} once=${text(once)}\n`);
  yield* scenarios[name!]!(stage);
  yield* libc.write(1, `results ${stage.results.join(' ')}\n`);
  return 0;
}
