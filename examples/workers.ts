/**
 * workers: N threads under one main thread. They start together at a barrier, take numbered jobs from a
 * queue that a mutex and a condition variable guard, and meet again at the barrier when all is done.
 *
 * Options: -n N workers (default 4), -j JOBS (default 5 a worker).
 */
import type { Addr, Libc, ThreadBody } from 'guardpage';

export default function* main(libc: Libc, argv: string[]): ThreadBody<number> {
  const workers = option(argv, '-n', 4);
  const jobs = option(argv, '-j', 5 * workers);
  if (workers < 1 || jobs < 0) {
    yield* libc.eprintf('usage: workers [-n WORKERS] [-j JOBS]\n');
    return 2;
  }
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  const cond = libc.bss(libc.sizeof.pthread_cond_t);
  const barrier = libc.bss(libc.sizeof.pthread_barrier_t);
  // struct { int queued; int done; int closed; } in guest memory, as a C program would have it.
  const queue = libc.bss(12);
  const done = libc.add(queue, 4);
  const closed = libc.add(queue, 8);
  libc.pthread_mutex_init(mutex);
  libc.pthread_cond_init(cond);
  libc.pthread_barrier_init(barrier, null, workers + 1);

  function* worker(): ThreadBody<number> {
    let mine = 0;
    yield* libc.pthread_barrier_wait(barrier);
    for (;;) {
      yield* libc.pthread_mutex_lock(mutex);
      while (libc.load32(queue) === 0 && libc.load32(closed) === 0) yield* libc.pthread_cond_wait(cond, mutex);
      const hasJob = libc.load32(queue) > 0;
      if (hasJob) libc.store32(queue, libc.load32(queue) - 1);
      yield* libc.pthread_mutex_unlock(mutex);
      if (!hasJob) break;
      yield* libc.sched_yield(); // the job
      mine += 1;
      yield* increment(libc, mutex, done);
    }
    yield* libc.pthread_barrier_wait(barrier);
    return mine;
  }

  const threads: Addr[] = [];
  for (let i = 0; i < workers; i++) {
    const [error, thread] = yield* libc.pthread_create(null, worker);
    if (error !== 0) {
      yield* libc.printf('worker %d: pthread_create failed: %s\n', i, libc.strerrorname(error));
      return 1;
    }
    threads.push(thread);
  }
  yield* libc.pthread_barrier_wait(barrier);
  for (let i = 0; i < jobs; i++) {
    yield* increment(libc, mutex, queue);
    yield* libc.pthread_cond_signal(cond);
  }
  yield* libc.pthread_mutex_lock(mutex);
  libc.store32(closed, 1);
  yield* libc.pthread_cond_broadcast(cond);
  yield* libc.pthread_mutex_unlock(mutex);
  yield* libc.pthread_barrier_wait(barrier);

  for (const [i, thread] of threads.entries()) {
    const [, count] = yield* libc.pthread_join(thread);
    yield* libc.printf('worker %d did %d jobs\n', i, count as number);
  }
  yield* libc.printf('%d of %d jobs done\n', libc.load32(done), jobs);
  return libc.load32(done) === jobs ? 0 : 1;
}

/** *word += 1 under the mutex. */
function* increment(libc: Libc, mutex: Addr, word: Addr): ThreadBody<void> {
  yield* libc.pthread_mutex_lock(mutex);
  libc.store32(word, libc.load32(word) + 1);
  yield* libc.pthread_mutex_unlock(mutex);
}

function option(argv: string[], name: string, standard: number): number {
  const at = argv.indexOf(name);
  return at < 0 ? standard : Number(argv[at + 1]);
}
