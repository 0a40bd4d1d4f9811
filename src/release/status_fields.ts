/**
 * The lines of /proc/PID/status by release, in order: fs/proc/array.c, fs/proc/task_mmu.c, read in 2.5.46, 2.5.74,
 * 2.6.0 to 2.6.13, 2.6.18, 2.6.32, 3.6, 3.8, 4.9, 4.12, 6.1 and 6.13. A kernel without cpusets and seccomp, with
 * pid namespaces from 4.9 on. What changed between two of these is taken to have changed with the later one.
 */
import { type Release, since, versionNumber } from './release.js';

/** Names as they are printed, and the first release with the line and the first without it again. */
const FIELDS = [
  ['Name'], ['Umask', '4.9'], ['State'], ['SleepAVG', '2.6.0', '2.6.32'], ['Tgid'], ['Ngid', '4.9'], ['Pid'], ['PPid'],
  ['TracerPid'], ['Uid'], ['Gid'], ['FDSize'], ['Groups'], ['NStgid', '4.9'], ['NSpid', '4.9'], ['NSpgid', '4.9'],
  ['NSsid', '4.9'], ['Kthread', '6.8'],
  ['VmPeak', '2.6.18'], ['VmSize'], ['VmLck'], ['VmPin', '3.6'], ['VmHWM', '2.6.18'], ['VmRSS'], ['RssAnon', '4.9'],
  ['RssFile', '4.9'], ['RssShmem', '4.9'], ['VmData'], ['VmStk'], ['VmExe'], ['VmLib'], ['VmPTE', '2.6.10'],
  ['VmPMD', '4.9', '6.1'], ['VmSwap', '3.6'], ['HugetlbPages', '4.9'], ['CoreDumping', '6.1'], ['THP_enabled', '6.1'],
  ['untag_mask', '6.13'],
  ['Threads', '2.6.0'], ['SigQ', '2.6.12-rc1'], ['SigPnd'], ['ShdPnd', '2.5.74'], ['SigBlk'], ['SigIgn'], ['SigCgt'],
  ['CapInh'], ['CapPrm'], ['CapEff'], ['CapBnd', '2.6.32'], ['CapAmb', '4.9'], ['NoNewPrivs', '4.12'],
  ['Speculation_Store_Bypass', '6.1'], ['SpeculationIndirectBranch', '6.1'],
  ['Cpus_allowed', '2.6.32'], ['Cpus_allowed_list', '2.6.32'], ['voluntary_ctxt_switches', '2.6.32'],
  ['nonvoluntary_ctxt_switches', '2.6.32'],
] as const;

export type StatusField = (typeof FIELDS)[number][0];

export interface StatusRules {
  readonly fields: readonly StatusField[];
  /** VmData and its like come from walking the areas (2.5.46), from counts of areas, or from data_vm (4.9). */
  readonly memory: 'walk' | 'counts' | 'data_vm';
  /** VmSize leaves out areas of VM_IO and VM_RESERVED: mm->reserved_vm, 2.6.9 to 3.6. */
  readonly sizeIsLessReserved: boolean;
  /** "Groups:" ends in a blank though there are none. */
  readonly groupsEndInBlank: boolean;
  /** VmExe is no more than what is mapped executable, so that VmLib does not wrap below 0: task_mem(). */
  readonly clampsExe: boolean;
  /** VmPTE counts the tables of all levels: mm_pgtables_bytes(). */
  readonly countsAllTables: boolean;
  /** CapBnd: what the kernel's last capability leaves of 64 bits. */
  readonly capBound: string;
}

export function statusRules(release: Release): StatusRules {
  const now = versionNumber(release.name);
  const isFrom = (version: string) => now >= versionNumber(version);
  return {
    fields: FIELDS.filter(([, from, until]) => {
      return (from === undefined || isFrom(from)) && (until === undefined || !isFrom(until));
    }).map(([name]) => name),
    memory: isFrom('4.9') ? 'data_vm' : isFrom('2.6.9') ? 'counts' : 'walk',
    sizeIsLessReserved: isFrom('2.6.9') && !isFrom('3.8'),
    groupsEndInBlank: isFrom('4.9'),
    clampsExe: isFrom('6.1'),
    countsAllTables: isFrom('6.1'),
    capBound: since(release, 'ffffffffffffffff', '3.8', '0000001fffffffff', '4.9', '0000003fffffffff', '6.1', '000001ffffffffff'),
  };
}
