/**
 * Seeds of random tests. `make test` walks the same programs every time, so that it fails for everybody or for
 * nobody; GUARDPAGE_SEED=N chooses other ones, and the slow tests take one from the clock and print it.
 */
const wanted = process.env.GUARDPAGE_SEED;

/** The seed of a test in `make test`. */
export const seed = wanted === undefined ? 20021031 : Number(wanted);

/** The seed of a slow test, printed under `name`. */
export function freshSeed(name: string): number {
  const fresh = wanted === undefined ? Date.now() % 2 ** 31 : Number(wanted);
  console.log(`${name}: seed ${fresh} (GUARDPAGE_SEED=${fresh} repeats it)`);
  return fresh;
}
