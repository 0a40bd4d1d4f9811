/** What releases differ in about files. */
import { type Release, since } from './release.js';

const EFBIG = 27;
const EOVERFLOW = 75;

export interface FileRules {
  /** Errno of opening a file beyond 2 GiB without O_LARGEFILE: fs/open.c: generic_file_open(). Read in 2.6.18 and 2.6.32. */
  readonly tooLarge: number;
  /** Letters that paths in /proc/PID/maps have as octal escapes. 2.5.74 and 2.6.0: four; 2.6.18 on: the newline. */
  readonly mapsEscapes: string;
  /** /proc/sys/vm/max_map_count exists: in 2.4, and again from 2.6.5 on. */
  readonly hasMaxMapCount: boolean;
  /** /proc/sys/kernel/pid_max and /proc/sys/vm/overcommit_ratio exist: not in 2.4. */
  readonly hasPidMax: boolean;
  readonly hasOvercommitRatio: boolean;
  /** pread64, pwrite64: a descriptor is looked at before a negative position. Read in 2.4.20 (so) and 2.5.45 (not). */
  readonly badFileBeforePosition: boolean;
  /** /proc/sys/vm/mmap_min_addr exists. Read in 2.6.18 (not there) and 2.6.32. */
  readonly hasMmapMinAddr: boolean;
  /** The table of descriptors grows in powers of two from 1 KiB of pointers on. Read in 2.6.18 (not yet) and 3.6. */
  readonly fdTableDoubles: boolean;
  /** RLIM_NLIMITS: asm-i386/resource.h, asm-generic/resource.h. */
  readonly nlimits: number;
  /** Hard RLIMIT_NOFILE at the start: INR_OPEN_MAX. */
  readonly nofileHard: number;
  /** setrlimit: EINVAL for a soft limit above the hard one, which 2.5.46 compares with the old hard one alone. */
  readonly softAboveHardIsInvalid: boolean;
  /** lseek knows SEEK_DATA and SEEK_HOLE, and calls a negative offset EINVAL (read up to 4.12) or ENXIO (6.1). */
  readonly seeksData: boolean;
  readonly negativeIsBeyondEnd: boolean;
  /** readv and writev of more than a call transfers do what they can: read in 2.6.18 (EINVAL) and 3.6. */
  readonly vectorsClamp: boolean;
  /** fstatat takes statx's flags of how fresh an answer must be. */
  readonly statTakesSyncFlags: boolean;
  /** A soft RLIMIT_CPU of 0 is kept as 1: read in 2.6.18 (not yet), 2.6.22, 3.6, 3.8, 4.12 and 6.1 (no more). */
  readonly cpuLimitAtLeast1: boolean;
}

const known = new WeakMap<Release, FileRules>();

export function fileRules(release: Release): FileRules {
  const rules = known.get(release);
  if (rules !== undefined) return rules;
  known.set(release, rulesOf(release));
  return known.get(release)!;
}

function rulesOf(release: Release): FileRules {
  return {
    tooLarge: since(release, EFBIG, '2.6.32', EOVERFLOW),
    mapsEscapes: since(release, '', '2.5.74', ' \t\n\\', '2.6.6', '', '2.6.18', '\n'),
    hasMaxMapCount: since<boolean>(release, true, '2.5.45', false, '2.6.5', true),
    hasPidMax: since<boolean>(release, false, '2.5.45', true),
    hasOvercommitRatio: since<boolean>(release, false, '2.5.45', true),
    badFileBeforePosition: since<boolean>(release, true, '2.5.45', false),
    fdTableDoubles: since<boolean>(release, false, '3.6', true),
    nlimits: since(release, 11, '2.6.9', 13, '2.6.13', 15, '2.6.32', 16),
    nofileHard: since(release, 1024, '3.6', 4096),
    softAboveHardIsInvalid: since<boolean>(release, false, '2.6.0', true),
    seeksData: since<boolean>(release, false, '3.1', true),
    negativeIsBeyondEnd: since<boolean>(release, false, '6.1', true),
    vectorsClamp: since<boolean>(release, false, '2.6.37', true),
    statTakesSyncFlags: since<boolean>(release, false, '4.11', true),
    cpuLimitAtLeast1: since<boolean>(release, false, '2.6.22', true, '6.1', false),
    hasMmapMinAddr: since<boolean>(release, false, '2.6.32', true),
  };
}
