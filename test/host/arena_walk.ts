/** Random programs in the arena, a number of them, with the calls of a mix. */
import fc from 'fast-check';
import { ArenaPair } from './arena_pair.js';
import { arenaPrograms, type Mix } from './arena_program.js';
import type { Host } from './host.js';

/** What makes and changes areas, and the faults that give them anon_vmas. */
export const MAPS: Mix = { mmap: 12, munmap: 2, mprotect: 6, store32: 6, load32: 1 };

export const ALL: Mix = {
  ...MAPS, mremap: 6, madvise: 6, mlock: 1, munlock: 1, mlock2: 1, msync: 1, mincore: 2, remap_file_pages: 2,
};

const MOST_CALLS = 120;

/** Compares `programs` programs and returns how many calls they were; throws with the shortest that differs. */
export function walkArena(host: Host, mix: Mix, programs: number): number {
  let made = 0;
  fc.assert(fc.property(arenaPrograms(host.facts, mix, MOST_CALLS), (calls) => {
    const pair = new ArenaPair(host);
    for (const call of calls) pair.step(call);
    pair.finish();
    made += calls.length;
  }), { numRuns: programs });
  return made;
}
