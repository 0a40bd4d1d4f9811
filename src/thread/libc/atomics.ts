/**
 * <stdatomic.h>: atomic operations on aligned 32-bit words, sequentially consistent; words are signed, as everywhere
 * here. With a schedule each is a step of its own that other threads may come before; plain loads and stores
 * (memory.ts) are not.
 */
import { type Addr, hiOf, loOf } from '../address.js';
import { type Call, Done, Lazy } from '../call.js';
import { LibcCore } from './core.js';

/** Operations of a plain run after which the thread gives way, so that one which spins on a word does not hang. */
const TIME_SLICE = 4096;

export class AtomicWords extends LibcCore {
  atomic_load32(addr: Addr): Call<number> {
    return this.atomic('atomic_load32', addr, (old) => old);
  }

  /** Returns what was there, as atomic_exchange32 does. */
  atomic_store32(addr: Addr, word: number): Call<number> {
    return this.atomic('atomic_store32', addr, () => word);
  }

  /** Stores `word` and returns what was there. */
  atomic_exchange32(addr: Addr, word: number): Call<number> {
    return this.atomic('atomic_exchange32', addr, () => word);
  }

  /** Adds `delta`, wrapping, and returns what was there. */
  atomic_fetch_add32(addr: Addr, delta: number): Call<number> {
    return this.atomic('atomic_fetch_add32', addr, (old) => (old + delta) | 0);
  }

  atomic_fetch_sub32(addr: Addr, delta: number): Call<number> {
    return this.atomic('atomic_fetch_sub32', addr, (old) => (old - delta) | 0);
  }

  atomic_fetch_and32(addr: Addr, mask: number): Call<number> {
    return this.atomic('atomic_fetch_and32', addr, (old) => old & mask);
  }

  atomic_fetch_or32(addr: Addr, mask: number): Call<number> {
    return this.atomic('atomic_fetch_or32', addr, (old) => old | mask);
  }

  /** Stores `desired` if the word is `expected`. Returns what was there: `expected` when it was stored. */
  atomic_cas32(addr: Addr, expected: number, desired: number): Call<number> {
    return this.atomic('atomic_cas32', addr, (old) => (old === (expected | 0) ? desired : old));
  }

  private atomic(name: string, addr: Addr, change: (old: number) => number): Call<number> {
    return this.step(name, () => {
      const { nptl } = this;
      const old = nptl.load(hiOf(addr), loOf(addr) & ~3);
      nptl.store(hiOf(addr), loOf(addr) & ~3, change(old));
      nptl.atomics += 1;
      if (nptl.sys.preempts || nptl.atomics % TIME_SLICE !== 0) return new Done(old);
      return new Lazy(nptl.sys, name, givingWay(old));
    });
  }
}

function* givingWay<T>(result: T): Generator<undefined, T, unknown> {
  yield undefined;
  return result;
}
