/*
 * The JSON of `guardpage bench threads`, as types. Everything in src/report reads this and nothing
 * else: data in, text out, no Node, so that the same tables and plots can be made in a browser.
 *
 * Addresses are "0x..." strings, because a 64-bit one does not fit a JSON number. Names of machines,
 * releases and searches are plain strings here: a report may come from a newer guardpage.
 */

/** What an administrator could have set and what bounded the run. */
export interface BenchLimits {
  readonly maxMapCount: number;
  readonly pidMax: number;
  /** Bytes in decimal or "unlimited"; absent where the release's default held. */
  readonly stackRlimit?: string;
}

/** The machine that measured `wallMs`; probes and addresses do not depend on it. */
export interface BenchHost {
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly ramBytes: number;
}

/** What tells one curve from another: runs that share it differ in their thread count only. */
export interface SeriesKey {
  readonly arch: string;
  /** Word size of the task, not of the machine. */
  readonly bits: 32 | 64;
  readonly kernel: string;
  readonly search: string;
  readonly stacks: string;
  readonly nptl: string;
}

/** One process that created and joined all its threads. */
export interface BenchRun extends SeriesKey {
  /** The release had another search on this machine. */
  readonly searchForced: boolean;
  /** The release had to be given a call that this stack strategy needs. */
  readonly stacksForced?: boolean;
  /** The release had to be given the calls that NPTL needs. */
  readonly nptlForced?: boolean;
  readonly threadsAsked: number;
  /** Created in fact; below `threadsAsked` where a limit was met. */
  readonly threads: number;
  /** Threads of each of two runs that were not measured, before this one in the same process. */
  readonly warmupThreads?: number;
  readonly stackBytes: number;
  readonly limits: BenchLimits;
  /** Of all searches of the run. */
  readonly probes: number;
  readonly probesPerThread: number;
  /** At the moment all threads are alive, the program's own maps included. */
  readonly vmas: number;
  /** Create and join of all, from main's first instruction. */
  readonly wallMs: number;
  readonly usPerThread: number;
  /** Peak of that process. */
  readonly rssBytes: number;
  /** Results of mmap; null where no stack was mapped. */
  readonly firstStack: string | null;
  readonly lastStack: string | null;
}

/** How the probes of one curve grow with the threads: 1 linear, 2 quadratic. */
export interface Growth extends SeriesKey {
  readonly exponent: number | null;
}

/** The host's own threads, measured beside ours (`--native`). */
export interface NativeRun {
  readonly threads: number;
  readonly wallMs: number;
  readonly usPerThread: number;
  /** What stopped the host short of the count. */
  readonly failedAt?: string;
}

export interface BenchReport {
  readonly schemaVersion: 1;
  readonly host: BenchHost;
  readonly program: string;
  readonly runs: readonly BenchRun[];
  readonly growth: readonly Growth[];
  readonly native?: readonly NativeRun[];
}
