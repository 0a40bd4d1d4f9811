/** Random programs on one machine under one release, a number of calls in all. */
import fc from 'fast-check';
import { archs, isKnown } from '../../src/arch/index.js';
import { releases } from '../../src/release/index.js';
import { type PageMachine, PagesPair } from './pages_pair.js';
import { pagePrograms } from './pages_program.js';

const MOST_CALLS = 120;

/** Every machine in every word size under every release that it has. */
export const pageMachines: readonly PageMachine[] = archs.flatMap((arch) => arch.bits.flatMap((bits) =>
  releases.filter((release) => isKnown(arch, bits, release)).map(({ name: release }) => ({
    name: `${arch.name} ${bits}-bit under ${release}`, arch: arch.name, bits, release,
  })),
));

/** Compares at least `calls` calls; returns how many. Throws with the shortest program that differs. */
export function walkPages(machine: PageMachine, calls: number, seed: number): number {
  let made = 0;
  const property = fc.property(pagePrograms(MOST_CALLS), (program) => {
    const pair = new PagesPair(machine, program.limits);
    for (const call of program.calls) pair.step(call);
    pair.finish();
    made += program.calls.length;
  });
  for (let part = 0; made < calls; part++) {
    fc.assert(property, { seed: seed + part, numRuns: Math.max(Math.ceil((calls - made) / (MOST_CALLS / 2)), 1) });
  }
  return made;
}
