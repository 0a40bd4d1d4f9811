/**
 * A small seeded generator (Marsaglia's xorshift32, "Xorshift RNGs", 2003): the only source of chance
 * in an emulated machine. The same seed gives the same numbers on every host.
 */
export class Rng {
  private state: number;

  constructor(seed: number) {
    // A zero state would stay zero; the odd constant spreads small seeds.
    this.state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
    for (let i = 0; i < 4; i++) this.next32();
  }

  /** Next number in 0..2^32-1. */
  next32(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** A whole number in 0..n-1; n in 1..2^32. */
  below(n: number): number {
    return Math.floor((this.next32() / 2 ** 32) * n);
  }

  /** A double in [0, 1), as Math.random gives. */
  real(): number {
    return this.next32() / 2 ** 32;
  }
}
