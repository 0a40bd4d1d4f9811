/**
 * The calls that are implemented, by handler name. A machine's table (target.nr) gives the number; where
 * its entry differs from the generic one, target.entry names the handler to use.
 */
import type { Handler } from './kernel.js';
import { sysBrk, ia64Brk, sparcBrk } from './sys_brk.js';
import { sysClone, sysClone3, sysFork, sysVfork } from './sys_clone.js';
import { sysGetpgid, sysGetpgrp, sysGetppid, sysGetsid, sysSetpgid, sysSetsid } from './sys_pgrp.js';
import { sysGetRobustList, sysSetRobustList } from './sys_robust_list.js';
import { sysWait4, sysWaitid, sysWaitpid } from './sys_wait4.js';
import { sysExit, sysExitGroup } from './sys_exit.js';
import { sysFutex, sysFutexTime64 } from './sys_futex.js';
import { oldGetrlimit, sysGetrlimit } from './sys_getrlimit.js';
import { sysGetpid, sysGettid, sysSchedYield, sysSetTidAddress } from './sys_task.js';
import {
  ia32Mmap, ia32Mmap24, ia32Mmap25, ia32Mmap2Exec, ia32Mmap2In25, ia32MmapExec, ia32MprotectExec, ia64Mmap25, ia64Mmap266,
  ia64Mmap2613, ia64Mmap2618, mmap2In4k, mmapPgoffOfBytes,
  mmapPgoffOfPages, oldMmap, sparc64Munmap,
  sparcMmap, sparcMmap2, sparcMmap2In2618, sparcMmap2In36, sparcMmap2618, sparcMmap36, sysMprotect, sysMunmap, x8664Mmap,
} from './sys_mmap.js';
import { sysMadvise } from './sys_madvise.js';
import { sysMincore } from './sys_mincore.js';
import {
  mlockall2000, sysMlock, sysMlock2, sysMlockall, sysMunlock, sysMunlockall,
} from './sys_mlock.js';
import { sparc32Mremap, sparc64Mremap, sysMremap } from './sys_mremap.js';
import { sysMsync } from './sys_msync.js';
import { sysRemapFilePages } from './sys_remap_file_pages.js';
import {
  nativeSchedRrGetInterval, sysGetcpu, sysGetpriority, sysNice, sysSchedGetaffinity, sysSchedGetparam,
  sysSchedGetPriorityMax, sysSchedGetPriorityMin, sysSchedGetscheduler, sysSchedRrGetInterval, sysSchedSetaffinity, sysSchedSetparam,
  sysSchedSetscheduler, sysSetpriority,
} from './sys_sched.js';
import { sysAlarm, sysGetitimer, sysSetitimer } from './sys_itimer.js';
import {
  sysGetrandom, sysGetrusage, sysMembarrier, sysPersonality, sysPrctl, sysSysinfo, sysTimes,
} from './sys_info.js';
import { sysArchPrctl, sysGetThreadArea, sysSetThreadArea } from './sys_tls.js';
import { sysKill, sysRtSigqueueinfo, sysRtTgsigqueueinfo, sysTgkill, sysTkill } from './sys_kill.js';
import {
  sysPause, sysRestartSyscall, sysRtSigaction, sysRtSigpending, sysRtSigprocmask, sysRtSigreturn, sysRtSigsuspend,
  sysRtSigtimedwait, sysRtSigtimedwait64, sysSigaltstack, sysSignal, sysSigreturn,
} from './sys_signal.js';
import { sysClockNanosleep, sysClockNanosleep64, sysNanosleep } from './sys_nanosleep.js';
import {
  sysClockGetres, sysClockGetres64, sysClockGettime, sysClockGettime64, sysClockSettime, sysGettimeofday,
  sysSettimeofday, sysTime,
} from './sys_time.js';
import { fileHandlers } from './file_handlers.js';

export const handlers: Readonly<Record<string, Handler>> = {
  alarm: sysAlarm,
  arch_prctl: sysArchPrctl,
  brk: sysBrk,
  clock_getres: sysClockGetres,
  clock_getres_time64: sysClockGetres64,
  clock_gettime: sysClockGettime,
  clock_gettime64: sysClockGettime64,
  clock_nanosleep: sysClockNanosleep,
  clock_nanosleep_time64: sysClockNanosleep64,
  clock_settime: sysClockSettime,
  clone: sysClone,
  clone3: sysClone3,
  exit: sysExit,
  exit_group: sysExitGroup,
  fork: sysFork,
  futex: sysFutex,
  futex_time64: sysFutexTime64,
  get_robust_list: sysGetRobustList,
  getpgid: sysGetpgid,
  getpgrp: sysGetpgrp,
  getpid: sysGetpid,
  getppid: sysGetppid,
  getrlimit: sysGetrlimit,
  getcpu: sysGetcpu,
  getpriority: sysGetpriority,
  getsid: sysGetsid,
  gettid: sysGettid,
  gettimeofday: sysGettimeofday,
  ia64_brk: ia64Brk,
  ia64_mmap: ia64Mmap25.mmap,
  'ia64_mmap_2.6.6': ia64Mmap266.mmap,
  'ia64_mmap_2.6.13': ia64Mmap2613.mmap,
  'ia64_mmap_2.6.18': ia64Mmap2618.mmap,
  'ia64_mmap_3.6': mmapPgoffOfBytes,
  ia64_mmap2: ia64Mmap25.mmap2,
  'ia64_mmap2_2.6.6': ia64Mmap266.mmap2,
  'ia64_mmap2_2.6.13': ia64Mmap2613.mmap2,
  'ia64_mmap2_2.6.18': ia64Mmap2618.mmap2,
  'ia64_mmap2_3.6': mmapPgoffOfPages,
  get_thread_area: sysGetThreadArea,
  getitimer: sysGetitimer,
  getrandom: sysGetrandom,
  getrusage: sysGetrusage,
  kill: sysKill,
  madvise: sysMadvise,
  mincore: sysMincore,
  mlock: sysMlock,
  mlock2: sysMlock2,
  mlockall: sysMlockall,
  mlockall_2000: mlockall2000,
  mmap2_4k: mmap2In4k,
  mmap2_exec: ia32Mmap2Exec,
  mmap2_to_4g: ia32Mmap2In25,
  mprotect: sysMprotect,
  mprotect_exec: ia32MprotectExec,
  mremap: sysMremap,
  msync: sysMsync,
  munlock: sysMunlock,
  munlockall: sysMunlockall,
  munmap: sysMunmap,
  nanosleep: sysNanosleep,
  old_getrlimit: oldGetrlimit,
  old_mmap: oldMmap,
  'old_mmap_2.4': ia32Mmap24,
  old_mmap_exec: ia32MmapExec,
  old_mmap_ia32: ia32Mmap,
  old_mmap_to_4g: ia32Mmap25,
  membarrier: sysMembarrier,
  pause: sysPause,
  personality: sysPersonality,
  prctl: sysPrctl,
  remap_file_pages: sysRemapFilePages,
  restart_syscall: sysRestartSyscall,
  rt_sigaction: sysRtSigaction,
  rt_sigpending: sysRtSigpending,
  rt_sigprocmask: sysRtSigprocmask,
  rt_sigqueueinfo: sysRtSigqueueinfo,
  rt_sigreturn: sysRtSigreturn,
  rt_sigsuspend: sysRtSigsuspend,
  rt_sigtimedwait: sysRtSigtimedwait,
  rt_sigtimedwait_time64: sysRtSigtimedwait64,
  rt_tgsigqueueinfo: sysRtTgsigqueueinfo,
  sched_get_priority_max: sysSchedGetPriorityMax,
  sched_get_priority_min: sysSchedGetPriorityMin,
  sched_getaffinity: sysSchedGetaffinity,
  sched_getparam: sysSchedGetparam,
  sched_getscheduler: sysSchedGetscheduler,
  sched_rr_get_interval: sysSchedRrGetInterval,
  sched_rr_get_interval_native: nativeSchedRrGetInterval,
  sched_setaffinity: sysSchedSetaffinity,
  sched_setparam: sysSchedSetparam,
  sched_setscheduler: sysSchedSetscheduler,
  sched_yield: sysSchedYield,
  set_robust_list: sysSetRobustList,
  set_thread_area: sysSetThreadArea,
  setitimer: sysSetitimer,
  set_tid_address: sysSetTidAddress,
  nice: sysNice,
  setpgid: sysSetpgid,
  setpriority: sysSetpriority,
  setsid: sysSetsid,
  settimeofday: sysSettimeofday,
  sigaltstack: sysSigaltstack,
  signal: sysSignal,
  sigreturn: sysSigreturn,
  sparc32_mremap: sparc32Mremap,
  sparc64_mremap: sparc64Mremap,
  sparc64_munmap: sparc64Munmap,
  sparc_brk: sparcBrk,
  sparc_mmap: sparcMmap,
  'sparc_mmap_2.6.18': sparcMmap2618,
  'sparc_mmap_3.6': sparcMmap36,
  sparc_mmap2: sparcMmap2,
  'sparc_mmap2_2.6.18': sparcMmap2In2618,
  'sparc_mmap2_3.6': sparcMmap2In36,
  stime: sysSettimeofday,
  sysinfo: sysSysinfo,
  tgkill: sysTgkill,
  time: sysTime,
  times: sysTimes,
  tkill: sysTkill,
  vfork: sysVfork,
  wait4: sysWait4,
  waitid: sysWaitid,
  waitpid: sysWaitpid,
  ...fileHandlers,
  x86_64_mmap: x8664Mmap,
};
