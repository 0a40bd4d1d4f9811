/** /proc/PID/status: the lines of the release. See src/release/status_fields.ts for which, and for sources. */
import { fileRules } from '../release/file_rules.js';
import { type StatusField, statusRules } from '../release/status_fields.js';
import { USER } from './inode.js';
import { memoryCounts, pageTablePages, reservedPages, rssCounts } from './proc_memory.js';
import type { ProcTask } from './proc_task.js';

const NOTHING = '0'.repeat(16);

export function statusText(task: ProcTask): string {
  const { mm } = task;
  const { release, kernelBits, pageSize } = mm.target;
  const rules = statusRules(release);
  // An unsigned long of the kernel, which wraps below 0.
  const kb = (pages: number) => {
    const n = (pages * pageSize) / 1024;
    return `${String(n < 0 ? BigInt.asUintN(kernelBits, BigInt(n)) : n).padStart(8)} kB`;
  };
  const memory = memoryCounts(mm, rules);
  const rss = rules.fields.includes('RssAnon') ? rssCounts(mm) : { anon: 0, file: 0, shmem: 0 };
  const tables = pageTablePages(mm);
  const four = `${USER}\t${USER}\t${USER}\t${USER}`;
  const values: Readonly<Record<StatusField, () => string | number>> = {
    Name: () => task.name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'),
    Umask: () => `0${task.files.umask.toString(8).padStart(3, '0')}`,
    State: () => task.state,
    SleepAVG: () => '0%',
    Tgid: () => task.tgid,
    Ngid: () => 0,
    Pid: () => task.tid,
    PPid: () => task.ppid,
    TracerPid: () => 0,
    Uid: () => four,
    Gid: () => four,
    FDSize: () => task.files.size(kernelBits, pageSize, fileRules(release).fdTableDoubles),
    Groups: () => (rules.groupsEndInBlank ? ' ' : ''),
    NStgid: () => task.tgid,
    NSpid: () => task.tid,
    NSpgid: () => task.pgid,
    NSsid: () => task.sid,
    Kthread: () => 0,
    VmPeak: () => kb(mm.hiwaterVm),
    VmSize: () => kb(mm.totalVm - (rules.sizeIsLessReserved ? reservedPages(mm) : 0)),
    VmLck: () => kb(mm.lockedVm),
    VmPin: () => kb(0),
    VmHWM: () => kb(mm.pageTable.peakRss),
    VmRSS: () => kb(mm.pageTable.rss),
    RssAnon: () => kb(rss.anon),
    RssFile: () => kb(rss.file),
    RssShmem: () => kb(rss.shmem),
    VmData: () => kb(memory.data),
    VmStk: () => kb(memory.stack),
    VmExe: () => kb(memory.exe),
    VmLib: () => kb(memory.lib),
    VmPTE: () => kb(rules.countsAllTables ? tables.reduce((sum, n) => sum + n) : tables[0]!),
    VmPMD: () => kb(tables[1] ?? 0),
    VmSwap: () => kb(0),
    HugetlbPages: () => kb(0),
    CoreDumping: () => 0,
    THP_enabled: () => 1,
    untag_mask: () => `0x${'f'.repeat(kernelBits / 4)}`,
    Threads: () => task.threads,
    SigQ: () => `0/${task.signals.queueLimit}`,
    SigPnd: () => task.signals.pending,
    ShdPnd: () => task.signals.shared,
    SigBlk: () => task.signals.blocked,
    SigIgn: () => task.signals.ignored,
    SigCgt: () => task.signals.caught,
    CapInh: () => NOTHING,
    CapPrm: () => NOTHING,
    CapEff: () => NOTHING,
    CapBnd: () => rules.capBound,
    CapAmb: () => NOTHING,
    NoNewPrivs: () => 0,
    Speculation_Store_Bypass: () => 'unknown',
    SpeculationIndirectBranch: () => 'unsupported',
    Cpus_allowed: () => 1,
    Cpus_allowed_list: () => 0,
    voluntary_ctxt_switches: () => 0,
    nonvoluntary_ctxt_switches: () => 0,
  };
  return rules.fields.map((name) => `${name}:\t${values[name]()}\n`).join('');
}
