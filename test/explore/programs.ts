/* Small programs to explore, with the number of steps that each thread of them takes. */

import type { Addr, Libc } from 'guardpage';
import type { Program } from '../thread/run.js';

/** Threads that take so many atomic steps each, beside a main that takes `mine`. */
export function counters(mine: number, ...others: number[]): Program {
  return function* main(libc: Libc) {
    const word = libc.bss(4);
    function* count(steps: number) {
      for (let i = 0; i < steps; i++) yield* libc.atomic_fetch_add32(word, 1);
    }
    const threads: Addr[] = [];
    for (const steps of others) threads.push((yield* libc.pthread_create(null, count, steps))[1]);
    yield* count(mine);
    for (const thread of threads) yield* libc.pthread_join(thread);
    return 0;
  };
}

/** `threads` threads that read a word, add one and write it back, in two atomic steps. */
export function lostUpdate(threads: number): Program {
  return function* main(libc: Libc) {
    const word = libc.bss(4);
    function* add() {
      const seen = yield* libc.atomic_load32(word);
      yield* libc.atomic_store32(word, seen + 1);
    }
    const all: Addr[] = [];
    for (let i = 0; i < threads; i++) all.push((yield* libc.pthread_create(null, add))[1]);
    for (const thread of all) yield* libc.pthread_join(thread);
    return yield* libc.atomic_load32(word);
  };
}

/** Two threads that take two mutexes, in opposite orders unless `isCorrect`. */
export function abba(isCorrect: boolean): Program {
  return function* main(libc: Libc) {
    const a = libc.bss(libc.sizeof.pthread_mutex_t);
    const b = libc.bss(libc.sizeof.pthread_mutex_t);
    function* both([first, second]: [Addr, Addr]) {
      yield* libc.pthread_mutex_lock(first);
      yield* libc.pthread_mutex_lock(second);
      yield* libc.pthread_mutex_unlock(second);
      yield* libc.pthread_mutex_unlock(first);
    }
    const [, one] = yield* libc.pthread_create(null, both, [a, b] as [Addr, Addr]);
    const [, two] = yield* libc.pthread_create(null, both, (isCorrect ? [a, b] : [b, a]) as [Addr, Addr]);
    yield* libc.pthread_join(one);
    yield* libc.pthread_join(two);
    return 0;
  };
}
