/**
 * What a kernel release is to guardpage: a name that orders, and the values that do not depend on a
 * machine. A value that depends on both stands in the machine's record (src/arch), which asks
 * `since()`.
 */

import type { MmRules } from './rules.js';

/** Names of the searches, one file each in src/mm/unmapped_area. */
export type SearchName =
  | 'first-fit'
  | 'free-area-cache'
  | 'cursor'
  | 'topdown-2.6.9'
  | 'topdown-2.6.12'
  | 'hole-size'
  | 'hole-size-3.6'
  | 'gap-tree'
  | 'maple'
  | 'hole-tree';

/** The searches of mm/mmap.c, for machines without one of their own. */
export interface GenericSearches {
  /** arch_get_unmapped_area(): from TASK_UNMAPPED_BASE up. */
  readonly up: SearchName;
  /** arch_get_unmapped_area_topdown(): from mmap_base down; null before 2.6.9. */
  readonly down: SearchName | null;
}

export interface Release {
  readonly name: string;
  /** When it came out, year-month, for `list kernels`. */
  readonly date: string;
  readonly about: string;
  readonly genericSearch: GenericSearches;
  /** MAX_MAP_COUNT: areas an mm may have; mmap refuses above it, a split at it. */
  readonly maxMapCount: number;
  /** PID_MAX_DEFAULT: one more than the highest pid. */
  readonly pidMax: number;
  /** RESERVED_PIDS of kernel/pid.c: where pids go on after the highest. */
  readonly reservedPids: number;
  /** RLIMIT_MEMLOCK of INIT_RLIMITS in bytes, by page size: how much memory an unprivileged task may lock. */
  memlock(pageSize: number): number;
  /**
   * NPTL can run on it: what its kernel lacks of the calls that every NPTL needs is there all the same, and marked
   * (calls.ts). False for 2.4, which has no futex to begin with; `--force` makes it true.
   */
  readonly servesNptl: boolean;
  /** What it does in mm. */
  readonly rules: MmRules;
}

/**
 * A number that orders releases: 2.5.46 < 2.6.0 < 2.6.12-rc1 < 2.6.12 < 6.1. Returns NaN for text that
 * is not a kernel version.
 */
export function versionNumber(name: string): number {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?(?:-(?:rc|test)(\d+))?$/.exec(name);
  if (match === null) return Number.NaN;
  const [, major, minor, patch = '0', candidate] = match;
  const base = ((Number(major) * 1000 + Number(minor)) * 1000 + Number(patch)) * 1000;
  return candidate === undefined ? base + 999 : base + Number(candidate);
}

/**
 * The value in force at `release` of one that changed: `since(release, 0x100, '2.6.11', 0x200)` is 0x100
 * before 2.6.11 and 0x200 from it on.
 */
export function since<T>(release: Release, first: T, ...changes: (string | T)[]): T {
  const now = versionNumber(release.name);
  let value = first;
  for (let i = 0; i + 1 < changes.length; i += 2) {
    if (versionNumber(changes[i] as string) <= now) value = changes[i + 1] as T;
  }
  return value;
}

/** Whether `release` is `name` or later. */
export function isSince(release: Release, name: string): boolean {
  return versionNumber(release.name) >= versionNumber(name);
}
