/**
 * The kernel releases, one record each, oldest first. Adding one here makes it appear in the CLI, the
 * tests and the tables. Sources, in the release of each record: mm/mmap.c, include/linux/{sched,mm,threads,resource}.h,
 * include/asm-i386/resource.h, kernel/pid.c (2.4.20: kernel/fork.c, get_pid()).
 */
import {
  rules25, rules61, rules260, rules266, rules269, rules412, rules613, rules618, rules2574, rules2611, rules2612, rules2613,
  rules2618,
} from './mm_rules.js';
import { callPresence, firstReleaseWith } from './calls.js';
import { rules24 } from './mm_rules_24.js';
import { rules36, rules38 } from './mm_rules_3x.js';
import { type Release, versionNumber } from './release.js';

const MIB = 1024 * 1024;

/** RLIMIT_MEMLOCK: none up to 2.6.8, then 8 pages, 64 KiB from 2.6.25 on, and 8 MiB from 5.16 on. */
const unlimited = (): number => Number.POSITIVE_INFINITY;
const eightPages = (pageSize: number): number => 8 * pageSize;
const sixtyFourKib = (): number => 64 * 1024;
const eightMib = (): number => 8 * MIB;

/** What did not change from 2.4 to 2.6.18, but for NPTL. */
const old = { maxMapCount: 65536, pidMax: 32768, reservedPids: 300, servesNptl: true };
/** And since: USHRT_MAX less 5 areas, so that a core dump can number them. */
const recent = { ...old, maxMapCount: 65530 };

export const releases: readonly Release[] = [
  {
    name: '2.4.20',
    date: '2002-11',
    about: 'first fit, no memory accounting; no futex: NPTL cannot run (--force gives it what it needs)',
    genericSearch: { up: 'first-fit', down: null },
    ...old,
    servesNptl: false,
    memlock: unlimited,
    rules: rules24,
  },
  {
    name: '2.5.45',
    date: '2002-10',
    about: 'first fit: every search walks the areas from TASK_UNMAPPED_BASE',
    genericSearch: { up: 'first-fit', down: null },
    ...old,
    memlock: unlimited,
    rules: rules25,
  },
  {
    name: '2.5.46',
    date: '2002-11',
    about: 'mm->free_area_cache remembers the first hole (Ingo Molnar)',
    genericSearch: { up: 'free-area-cache', down: null },
    ...old,
    memlock: unlimited,
    rules: rules25,
  },
  {
    name: '2.5.74',
    date: '2003-07',
    about: 'the cache becomes a next-fit cursor; mmap merges files',
    genericSearch: { up: 'cursor', down: null },
    ...old,
    memlock: unlimited,
    rules: rules2574,
  },
  {
    name: '2.6.0',
    date: '2003-12',
    about: 'sparc64 and ia64 have the cursor, too',
    genericSearch: { up: 'cursor', down: null },
    ...old,
    memlock: unlimited,
    rules: rules260,
  },
  {
    name: '2.6.6',
    date: '2004-05',
    about: 'mremap merges files; mprotect charges nothing, by mistake',
    genericSearch: { up: 'cursor', down: null },
    ...old,
    memlock: unlimited,
    rules: rules266,
  },
  {
    name: '2.6.9',
    date: '2004-10',
    about: 'flexible mmap: i386 searches down from below the stack; everything merges',
    genericSearch: { up: 'cursor', down: 'topdown-2.6.9' },
    ...old,
    memlock: eightPages,
    rules: rules269,
  },
  {
    name: '2.6.11',
    date: '2005-03',
    about: 'x86_64 has 47 bits of address space',
    genericSearch: { up: 'cursor', down: 'topdown-2.6.9' },
    ...old,
    memlock: eightPages,
    rules: rules2611,
  },
  {
    name: '2.6.12-rc1',
    date: '2005-03',
    about: 'a simpler way down, with a defect; randomisation; [heap] and [stack] in maps',
    genericSearch: { up: 'cursor', down: 'topdown-2.6.12' },
    ...old,
    memlock: eightPages,
    rules: rules2612,
  },
  {
    name: '2.6.13',
    date: '2005-08',
    about: 'cached_hole_size (Wolfgang Wander); madvise wants a file',
    genericSearch: { up: 'hole-size', down: 'hole-size' },
    ...old,
    memlock: eightPages,
    rules: rules2613,
  },
  {
    name: '2.6.18',
    date: '2006-09',
    about: 'sparc64 and x86_64 go down for 32-bit tasks; futexes that inherit priority',
    genericSearch: { up: 'hole-size', down: 'hole-size' },
    ...old,
    memlock: eightPages,
    rules: rules2618,
  },
  {
    name: '3.6',
    date: '2012-09',
    about: 'going down, the search walks on from the cache (Xiao Guangrong); one page guards a stack',
    genericSearch: { up: 'hole-size-3.6', down: 'hole-size-3.6' },
    ...recent,
    memlock: sixtyFourKib,
    rules: rules36,
  },
  {
    name: '3.8',
    date: '2013-02',
    about: 'the tree of areas knows the gaps between them (Michel Lespinasse): a search is logarithmic',
    genericSearch: { up: 'gap-tree', down: 'gap-tree' },
    ...recent,
    memlock: sixtyFourKib,
    rules: rules38,
  },
  {
    name: '4.12',
    date: '2017-07',
    about: '256 pages free below stacks, kept by the gap tree; RLIMIT_DATA counts private writable memory',
    genericSearch: { up: 'gap-tree', down: 'gap-tree' },
    ...recent,
    memlock: sixtyFourKib,
    rules: rules412,
  },
  {
    name: '6.1',
    date: '2022-12',
    about: 'areas in a maple tree, searched from the top down by size of gap',
    genericSearch: { up: 'maple', down: 'maple' },
    ...recent,
    memlock: eightMib,
    rules: rules61,
  },
  {
    name: '6.13',
    date: '2025-01',
    about: 'searches keep the guard gaps of stacks; whole huge pages are aligned; MADV_GUARD_INSTALL',
    genericSearch: { up: 'maple', down: 'maple' },
    ...recent,
    memlock: eightMib,
    rules: rules613,
  },
  {
    name: '6.18',
    date: '2025-11',
    about: 'mremap moves several areas at once; guard markers in files, too',
    genericSearch: { up: 'maple', down: 'maple' },
    ...recent,
    memlock: eightMib,
    rules: rules618,
  },
];

/** What `--kernel TEXT` names. */
export interface ReleaseChoice {
  readonly release: Release;
  /** False when the asked version lies between two records and the lower one was taken. */
  readonly exact: boolean;
}

/** What `uname -r` says begins with the version: "2.6.18-8.el5", "6.1.0-18-amd64"; 2.6 had a fourth number, too. */
const UNAME = /^(2\.6\.\d+|\d+\.\d+(?:\.\d+)?)(?:\.\d+)?((?:-(?:rc|test)\d+)?)(?:[-+.~][\w.+~-]*)?$/;

/**
 * The record for a version: itself, or the nearest lower one; a name as `uname -r` gives it counts as the version it
 * begins with. Undefined when the text is not a version or lies below the oldest or above the newest record's series.
 */
export function findRelease(name: string): ReleaseChoice | undefined {
  const [, version = '', candidate = ''] = UNAME.exec(name) ?? [];
  const wanted = versionNumber(version + candidate);
  const newest = releases[releases.length - 1]!;
  const isNewestSeries = version.startsWith(`${newest.name}.`);
  if (Number.isNaN(wanted) || (wanted > versionNumber(newest.name) && !isNewestSeries)) return undefined;
  const release = releases.filter((r) => versionNumber(r.name) <= wanted).pop();
  return release && { release, exact: versionNumber(release.name) === versionNumber(name) };
}

/** What is to be said of a call that a release lacks: "which Linux 2.4.20 does not have (2.5.7 is the first, ...". */
export function lackOf(release: Release, call: string): string {
  const here = releases.find((other) => callPresence(other, call) === 'there');
  return `which Linux ${release.name} does not have (${firstReleaseWith(call)} is the first, and of those here ${here?.name})`;
}

export type {
  AdviceRule, BrkRules, MadviseStep, MapsRules, MergeRule, MincoreStep, MmapStep, MmRules, MprotectStep, MremapStep,
  ReserveRules,
} from './rules.js';
export { backportedCalls, type CallPresence, callPresence } from './calls.js';
export { type FutexRules, futexRules } from './futex_rules.js';
export { type TaskRules, taskRules } from './task_rules.js';
export { type GenericSearches, type Release, type SearchName, isSince, since, versionNumber } from './release.js';
