/**
 * The kernel releases, one record each, oldest first. Adding one here makes it appear in the CLI, the
 * tests and the tables. Sources: Linux 2.5.45 and 2.5.46, mm/mmap.c, include/linux/sched.h,
 * include/linux/threads.h, kernel/pid.c.
 */
import { rules25, rules61, rules618 } from './mm_rules.js';
import { type Release, versionNumber } from './release.js';

const MIB = 1024 * 1024;
const unlimited = (): number => Number.POSITIVE_INFINITY;

export const releases: readonly Release[] = [
  {
    name: '2.5.45',
    date: '2002-10',
    about: 'first fit: every search walks the areas from TASK_UNMAPPED_BASE',
    genericSearch: { up: 'first-fit', down: null },
    maxMapCount: 65536,
    pidMax: 32768,
    reservedPids: 300,
    memlock: unlimited,
    rules: rules25,
  },
  {
    name: '2.5.46',
    date: '2002-11',
    about: 'mm->free_area_cache remembers the first hole (Ingo Molnar)',
    genericSearch: { up: 'free-area-cache', down: null },
    maxMapCount: 65536,
    pidMax: 32768,
    reservedPids: 300,
    memlock: unlimited,
    rules: rules25,
  },
  {
    name: '6.1',
    date: '2022-12',
    about: 'areas in a maple tree, searched from the top down by size of gap',
    genericSearch: { up: 'maple', down: 'maple' },
    maxMapCount: 65530,
    pidMax: 32768,
    reservedPids: 300,
    memlock: () => 8 * MIB,
    rules: rules61,
  },
  {
    name: '6.18',
    date: '2025-11',
    about: 'searches keep the guard gaps of stacks; whole huge pages are aligned',
    genericSearch: { up: 'maple', down: 'maple' },
    maxMapCount: 65530,
    pidMax: 32768,
    reservedPids: 300,
    memlock: () => 8 * MIB,
    rules: rules618,
  },
];

/** What `--kernel TEXT` names. */
export interface ReleaseChoice {
  readonly release: Release;
  /** False when the asked version lies between two records and the lower one was taken. */
  readonly exact: boolean;
}

/**
 * The record for a version: itself, or the nearest lower one. Undefined when the text is not a version
 * or lies below the oldest or above the newest record.
 */
export function findRelease(name: string): ReleaseChoice | undefined {
  const wanted = versionNumber(name);
  const newest = releases[releases.length - 1]!;
  if (Number.isNaN(wanted) || wanted > versionNumber(newest.name)) return undefined;
  const release = releases.filter((r) => versionNumber(r.name) <= wanted).pop();
  return release && { release, exact: versionNumber(release.name) === wanted };
}

export type {
  AdviceRule, BrkRules, MadviseStep, MapsRules, MergeRule, MincoreStep, MmapStep, MmRules, MprotectStep, MremapStep,
} from './rules.js';
export { type FutexRules, futexRules } from './futex_rules.js';
export { type TaskRules, taskRules } from './task_rules.js';
export { type GenericSearches, type Release, type SearchName, since, versionNumber } from './release.js';
