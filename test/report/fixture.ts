/*
 * Made-up runs of `bench threads` with the shape of real ones: first fit walks every stack already
 * there, the free-area cache looks at two places, and the addresses go up from TASK_UNMAPPED_BASE.
 */

import type { BenchRun, SeriesKey } from '../../src/report/index.js';

const STACK_BYTES = 65536;

export const I386_COUNTS = [1000, 2000, 4000, 8000, 16000];
export const WIDE_COUNTS = [...I386_COUNTS, 32000, 64000];

const BASES: Record<string, bigint> = {
  i386: 0x40165000n,
  sparc64: 0x70022000n,
  ia64: 0x2000000000320000n,
};

export function run(arch: string, kernel: string, search: string, threads: number): BenchRun {
  const isFirstFit = search === 'first-fit';
  const probesPerThread = isFirstFit ? threads + 16 : 2;
  const usPerThread = 2 + 18 * (isFirstFit ? threads / 64000 : 0.01);
  const base = BASES[arch] ?? 0n;
  return {
    ...{ arch, bits: arch === 'i386' ? 32 : 64, kernel, search, stacks: 'nptl', nptl: '2.3.3' },
    searchForced: arch !== 'i386',
    threadsAsked: threads,
    threads,
    stackBytes: STACK_BYTES,
    limits: { maxMapCount: 65536, pidMax: 1 << 20 },
    probes: probesPerThread * threads,
    probesPerThread,
    vmas: 2 * threads + 14,
    wallMs: (usPerThread * threads) / 1000,
    usPerThread,
    rssBytes: 90_000_000 + 300 * threads,
    firstStack: `0x${base.toString(16)}`,
    lastStack: `0x${(base + BigInt(STACK_BYTES * (threads - 1))).toString(16)}`,
  };
}

export function runs(arch: string, kernel: string, search: string, counts: number[]): BenchRun[] {
  return counts.map((threads) => run(arch, kernel, search, threads));
}

/** What the default `bench threads` compares. */
export const FIXTURE: BenchRun[] = [
  ...runs('i386', '2.5.45', 'first-fit', I386_COUNTS),
  ...runs('i386', '2.5.46', 'free-area-cache', I386_COUNTS),
  ...runs('sparc64', '2.5.46', 'first-fit', WIDE_COUNTS),
  ...runs('sparc64', '2.5.46', 'free-area-cache', WIDE_COUNTS),
  ...runs('ia64', '2.5.46', 'first-fit', WIDE_COUNTS),
  ...runs('ia64', '2.5.46', 'free-area-cache', WIDE_COUNTS),
];

/** A run of the given probes in a series of its own name. */
export function bare(threads: number, probes: number, key: Partial<SeriesKey> = {}): BenchRun {
  return { ...run('i386', '2.5.46', 'first-fit', threads), probes, ...key };
}
