/**
 * Fork with a lock: the child has a copy of a mutex that another thread of its parent held, and nobody there to unlock it.
 *
 * Fixed (argument `fixed`): the one who forks holds the mutex, and the child frees its copy.
 */
import type { Libc } from 'guardpage';

/** --explore finds it within so many schedules. */
export const schedules = 200;

export default function* main(libc: Libc, [variant]: string[]) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  function* worker() {
    yield* libc.pthread_mutex_lock(mutex);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  function* child() {
    if (variant === 'fixed') yield* libc.pthread_mutex_unlock(mutex);
    yield* libc.pthread_mutex_lock(mutex);
    yield* libc.pthread_mutex_unlock(mutex);
    return 0;
  }
  const [, thread] = yield* libc.pthread_create(null, worker);
  if (variant === 'fixed') yield* libc.pthread_mutex_lock(mutex);
  const pid = yield* libc.fork(child);
  if (variant === 'fixed') yield* libc.pthread_mutex_unlock(mutex);
  const [found] = yield* libc.waitpid(pid);
  yield* libc.pthread_join(thread);
  return found === pid ? 0 : 1;
}
