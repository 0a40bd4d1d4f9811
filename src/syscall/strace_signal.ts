/** strace's text of signals: their names, sets, actions, and what comes with them. */
import * as signals from '../arch/generic/signal.js';
import { hex } from '../lib/u64.js';
import { FAULT } from '../mm/uaccess.js';
import { bitHi, bitLo, type SigInfo } from '../task/signal_state.js';
import type { Kernel } from './kernel.js';
import { getSiginfo } from './signal_frame.js';
import { type Args, bits, type Format, pointer, timespec } from './strace_words.js';
import { getLong, getWord, long } from './user_words.js';

/** "SIGUSR1", "SIGRT_3", "0" or a number that is none. */
export function signalName(k: Kernel, signo: number): string {
  for (const [name, number] of Object.entries(k.target.signals.numbers)) if (number === signo) return name;
  return signo >= signals.SIGRTMIN && signo <= signals.NSIG ? (signo === signals.SIGRTMIN ? 'SIGRTMIN' : `SIGRT_${signo - signals.SIGRTMIN}`) : String(signo);
}

const USER_CODES: Readonly<Record<number, string>> = {
  [signals.SI_USER]: 'SI_USER', [signals.SI_KERNEL]: 'SI_KERNEL', [signals.SI_QUEUE]: 'SI_QUEUE',
  [signals.SI_TIMER]: 'SI_TIMER', [signals.SI_TKILL]: 'SI_TKILL',
};
const SEGV_CODES: Readonly<Record<number, string>> = {
  [signals.SEGV_MAPERR]: 'SEGV_MAPERR', [signals.SEGV_ACCERR]: 'SEGV_ACCERR',
};
const CLD_CODES: Readonly<Record<number, string>> = {
  [signals.CLD_EXITED]: 'CLD_EXITED', [signals.CLD_KILLED]: 'CLD_KILLED', [signals.CLD_DUMPED]: 'CLD_DUMPED',
  [signals.CLD_STOPPED]: 'CLD_STOPPED', [signals.CLD_CONTINUED]: 'CLD_CONTINUED',
};

function codeName(k: Kernel, { signo, code, kind }: SigInfo): string {
  if (kind === 'child') return CLD_CODES[code] ?? String(code);
  if (kind !== 'fault') return USER_CODES[code] ?? String(code);
  if (signo === k.target.signals.numbers.SIGBUS) return code === signals.BUS_ADRERR ? 'BUS_ADRERR' : String(code);
  return SEGV_CODES[code] ?? String(code);
}

/** {si_signo=SIGUSR1, si_code=SI_USER, si_pid=1000, si_uid=1000}. */
export function siginfo(k: Kernel, info: SigInfo): string {
  const { kind, pid, uid, valueHi, valueLo } = info;
  const head = `si_signo=${signalName(k, info.signo)}, si_code=${codeName(k, info)}`;
  if (info.code === signals.SI_KERNEL && kind === 'kill') return `{${head}}`;
  if (kind === 'fault') return `{${head}, si_addr=${info.addrHi === 0 && info.addrLo === 0 ? 'NULL' : hex(info.addrHi, info.addrLo)}}`;
  const sender = `si_pid=${pid}, si_uid=${uid}`;
  if (kind === 'child') {
    const status = info.code === signals.CLD_EXITED ? String(valueLo) : signalName(k, valueLo);
    return `{${head}, ${sender}, si_status=${status}, si_utime=0, si_stime=0}`;
  }
  if (kind === 'timer') return `{${head}}`;
  if (kind === 'kill') return `{${head}, ${sender}}`;
  return `{${head}, ${sender}, si_value={int=${valueLo}, ptr=${hex(valueHi, valueLo)}}}`;
}

/** [USR1 RT_1], or ~[KILL STOP] for a set that has most signals. */
export function sigset(k: Kernel, hi: number, lo: number): string {
  const has = (signo: number) => ((hi & bitHi(signo)) | (lo & bitLo(signo))) !== 0;
  const all = Array.from({ length: signals.NSIG }, (_, i) => i + 1);
  const inside = all.filter(has);
  const isMost = inside.length > (signals.NSIG * 2) / 3;
  const shown = isMost ? all.filter((signo) => !has(signo)) : inside;
  return `${isMost ? '~' : ''}[${shown.map((signo) => signalName(k, signo).replace(/^SIG/, '')).join(' ')}]`;
}

/** The set at argument i, `at` bytes on. */
function setAt(k: Kernel, args: Args, i: number, at = 0): string {
  const [hi, lo] = [args.hi[i]!, args.lo[i]!];
  if (hi === 0 && lo === 0) return 'NULL';
  const [first, second] = [getWord(k, hi, lo, at), getWord(k, hi, lo, at + 4)];
  if (first === FAULT || second === FAULT) return pointer(args, i);
  return k.target.signals.maskHighFirst ? sigset(k, first, second) : sigset(k, second, first);
}

/** {sa_handler=0x8048010, sa_mask=[], sa_flags=SA_RESTART}. */
function actionAt(k: Kernel, args: Args, i: number): string {
  const bytes = k.target.bits / 8;
  const [hi, lo] = [args.hi[i]!, args.lo[i]!];
  const { signals: abi } = k.target;
  if ((hi === 0 && lo === 0) || getLong(k, hi, lo, 0, bytes) < 0) return pointer(args, i);
  const handler = long.hi !== 0 || (long.lo >>> 0) > 1 ? hex(long.hi, long.lo) : long.lo === 0 ? 'SIG_DFL' : 'SIG_IGN';
  if (getLong(k, hi, lo, bytes, bytes) < 0) return pointer(args, i);
  const flags = long.lo;
  const names = (['RESTORER', 'NOCLDSTOP', 'NOCLDWAIT', 'SIGINFO', 'ONSTACK', 'RESTART', 'NODEFER', 'RESETHAND'] as const)
    .map((name) => [abi[`SA_${name}`], `SA_${name}`] as const);
  const mask = setAt(k, args, i, (abi.sigactionHasRestorer ? 3 : 2) * bytes);
  const field = (flags & abi.SA_SIGINFO) !== 0 ? 'sa_sigaction' : 'sa_handler';
  return `{${field}=${handler}, sa_mask=${mask}, sa_flags=${bits(flags, names, '0')}}`;
}

/** What a call stores: shown once it has. */
const stored = (result: number | null, args: Args, i: number, text: () => string) =>
  result !== null && result >= 0 ? text() : pointer(args, i);

const HOW = ['SIG_BLOCK', 'SIG_UNBLOCK', 'SIG_SETMASK'] as const;

const rtSigprocmask: Format = (k, args, result) => {
  const how = HOW.find((name) => k.target.signals[name] === args.lo[0]) ?? hex(0, args.lo[0]!);
  const old = stored(result, args, 2, () => setAt(k, args, 2));
  return `${how}, ${setAt(k, args, 1)}, ${old}, ${args.lo[3]}`;
};

const rtSigaction: Format = (k, args, result) => {
  const old = stored(result, args, 2, () => actionAt(k, args, 2));
  const rest = k.target.signals.restorerArgument ? `, ${pointer(args, 3)}, ${args.lo[4]}` : `, ${args.lo[3]}`;
  return `${signalName(k, args.lo[0]!)}, ${actionAt(k, args, 1)}, ${old}${rest}`;
};

function sigtimedwait(kind: 'task' | 'time64'): Format {
  return (k, args, result) => {
    const info = result !== null && result > 0 ? infoAt(k, args, 1, result) : pointer(args, 1);
    return `${setAt(k, args, 0)}, ${info}, ${timespec(k, args, 2, kind)}, ${args.lo[3]}`;
  };
}

function infoAt(k: Kernel, args: Args, i: number, signo: number): string {
  const info = getSiginfo(k, { hi: args.hi[i]!, lo: args.lo[i]! }, signo);
  if (info === null || (args.hi[i] === 0 && args.lo[i] === 0)) return pointer(args, i);
  return siginfo(k, { ...info, kind: info.code < 0 && info.code !== signals.SI_TKILL ? 'rt' : 'kill' });
}

/** {ss_sp=0x804a000, ss_flags=0, ss_size=8192}. */
function stackAt(k: Kernel, args: Args, i: number): string {
  const bytes = k.target.bits / 8;
  const [hi, lo] = [args.hi[i]!, args.lo[i]!];
  if ((hi === 0 && lo === 0) || getLong(k, hi, lo, 0, bytes) < 0) return pointer(args, i);
  const sp = long.hi === 0 && long.lo === 0 ? 'NULL' : hex(long.hi, long.lo);
  const flags = getWord(k, hi, lo, bytes);
  if (flags === FAULT || getLong(k, hi, lo, 2 * bytes, bytes) < 0) return pointer(args, i);
  const names = [[signals.SS_ONSTACK, 'SS_ONSTACK'], [signals.SS_DISABLE, 'SS_DISABLE'], [signals.SS_AUTODISARM, 'SS_AUTODISARM']] as const;
  return `{ss_sp=${sp}, ss_flags=${bits(flags, names, '0')}, ss_size=${long.hi === 0 ? long.lo >>> 0 : hex(long.hi, long.lo)}}`;
}

const current = (k: Kernel) => `{mask=${sigset(k, k.signals.blockedHi(k.current), k.signals.blockedLo(k.current))}}`;

export const signalFormats: Readonly<Record<string, Format>> = {
  kill: (k, args) => `${args.lo[0]}, ${signalName(k, args.lo[1]!)}`,
  pause: () => '',
  restart_syscall: () => '<... resuming interrupted system call ...>',
  rt_sigaction: rtSigaction,
  rt_sigpending: (k, args, result) => `${stored(result, args, 0, () => setAt(k, args, 0))}, ${args.lo[1]}`,
  rt_sigprocmask: rtSigprocmask,
  rt_sigqueueinfo: (k, args) => `${args.lo[0]}, ${signalName(k, args.lo[1]!)}, ${infoAt(k, args, 2, args.lo[1]!)}`,
  rt_sigreturn: current,
  rt_sigsuspend: (k, args) => `${setAt(k, args, 0)}, ${args.lo[1]}`,
  rt_sigtimedwait: sigtimedwait('task'),
  rt_sigtimedwait_time64: sigtimedwait('time64'),
  rt_tgsigqueueinfo: (k, args) =>
    `${args.lo[0]}, ${args.lo[1]}, ${signalName(k, args.lo[2]!)}, ${infoAt(k, args, 3, args.lo[2]!)}`,
  sigaltstack: (k, args, result) => `${stackAt(k, args, 0)}, ${stored(result, args, 1, () => stackAt(k, args, 1))}`,
  sigreturn: current,
  tgkill: (k, args) => `${args.lo[0]}, ${args.lo[1]}, ${signalName(k, args.lo[2]!)}`,
  tkill: (k, args) => `${args.lo[0]}, ${signalName(k, args.lo[1]!)}`,
};
