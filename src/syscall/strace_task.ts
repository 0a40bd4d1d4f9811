/** strace's text of the calls about tasks: futexes, clocks, signals, processes, scheduling. */
import * as clocks from '../arch/generic/clocks.js';
import * as futex from '../arch/generic/futex.js';
import * as sched from '../arch/generic/sched.js';
import * as wait from '../arch/generic/wait.js';
import { hex } from '../lib/u64.js';
import { FAULT } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';
import { signalName } from './strace_signal.js';
import { type Args, bits, type Format, pointer, timespec } from './strace_words.js';
import { getNumber, getWord } from './user_words.js';
import type { TimespecKind } from './timespec.js';

const futexNames = new Map(
  Object.entries(futex)
    .filter(([name, op]) => /^FUTEX_(?!OP_|BITSET|WAITERS|OWNER|TID)/.test(name) && op >= 0 && op < 128)
    .map(([name, op]) => [op, name]),
);

/** FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME; an unknown operation in hexadecimal. */
function futexOp(op: number): string {
  const name = futexNames.get(op & futex.FUTEX_CMD_MASK);
  if (name === undefined) return hex(0, op);
  const isPrivate = (op & futex.FUTEX_PRIVATE_FLAG) !== 0 ? '_PRIVATE' : '';
  return `${name}${isPrivate}${(op & futex.FUTEX_CLOCK_REALTIME) !== 0 ? '|FUTEX_CLOCK_REALTIME' : ''}`;
}

const bitset = (value: number) => (value === -1 ? 'FUTEX_BITSET_MATCH_ANY' : value === 0 ? '0' : hex(0, value));

const OP_NAMES = ['FUTEX_OP_SET', 'FUTEX_OP_ADD', 'FUTEX_OP_OR', 'FUTEX_OP_ANDN', 'FUTEX_OP_XOR'];
const CMP_NAMES = ['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'].map((name) => `FUTEX_OP_CMP_${name}`);

/** The encoded operation of FUTEX_WAKE_OP, as strace spells it out. */
function wakeOp(encoded: number): string {
  const [op, cmp] = [(encoded >>> 28) & 7, (encoded >>> 24) & 15];
  const shift = encoded < 0 ? 'FUTEX_OP_OPARG_SHIFT<<28|' : '';
  const [oparg, cmparg] = [hex(0, (encoded >>> 12) & 0xfff), hex(0, encoded & 0xfff)];
  return `${shift}${OP_NAMES[op] ?? hex(0, op)}<<28|${oparg}<<12|${CMP_NAMES[cmp] ?? hex(0, cmp)}<<24|${cmparg}`;
}

function futexArgs(k: Kernel, args: Args, kind: TimespecKind): string {
  const [, op, signed, val2] = args.lo as [number, number, number, number];
  const val = signed >>> 0;
  const head = `${pointer(args, 0)}, ${futexOp(op)}`;
  const timed = () => `${val}, ${timespec(k, args, 3, kind)}`;
  switch (op & futex.FUTEX_CMD_MASK) {
    case futex.FUTEX_WAIT: return `${head}, ${timed()}`;
    case futex.FUTEX_LOCK_PI:
    case futex.FUTEX_LOCK_PI2: return `${head}, ${timespec(k, args, 3, kind)}`;
    case futex.FUTEX_UNLOCK_PI:
    case futex.FUTEX_TRYLOCK_PI: return head;
    case futex.FUTEX_WAIT_BITSET: return `${head}, ${timed()}, ${bitset(args.lo[5]!)}`;
    case futex.FUTEX_WAKE_BITSET: return `${head}, ${val}, ${bitset(args.lo[5]!)}`;
    case futex.FUTEX_REQUEUE: return `${head}, ${val}, ${val2}, ${pointer(args, 4)}`;
    case futex.FUTEX_CMP_REQUEUE:
    case futex.FUTEX_CMP_REQUEUE_PI: return `${head}, ${val}, ${val2}, ${pointer(args, 4)}, ${args.lo[5]}`;
    case futex.FUTEX_WAKE_OP: return `${head}, ${val}, ${val2}, ${pointer(args, 4)}, ${wakeOp(args.lo[5]!)}`;
    case futex.FUTEX_WAIT_REQUEUE_PI: return `${head}, ${timed()}, ${pointer(args, 4)}`;
    default: return `${head}, ${val}`;
  }
}

const clockNames = new Map(Object.entries(clocks).filter(([name]) => name.startsWith('CLOCK_')).map(([name, id]) => [id, name]));

const clock = (args: Args) => clockNames.get(args.lo[0]!) ?? hex(0, args.lo[0]!);

/** A time that the call stores: shown once it has. */
const stored = (k: Kernel, args: Args, i: number, kind: TimespecKind, result: number | null) =>
  result !== null && result >= 0 ? timespec(k, args, i, kind) : pointer(args, i);

const clockCall = (kind: TimespecKind): Format => (k, args, result) => `${clock(args)}, ${stored(k, args, 1, kind, result)}`;

/** What is left of a sleep is shown when a signal cut it short; the address of it before. */
function nanosleep(kind: TimespecKind, first: number): Format {
  return (k, args) => {
    const flags = (args.lo[1]! & clocks.TIMER_ABSTIME) !== 0 ? 'TIMER_ABSTIME' : hex(0, args.lo[1]!).replace(/^0x0$/, '0');
    const head = first === 0 ? '' : `${clock(args)}, ${flags}, `;
    return `${head}${timespec(k, args, first, kind)}, ${pointer(args, first + 1)}`;
  };
}

/** {tv_sec=1036022400, tv_usec=0}. */
const gettimeofday: Format = (k, args, result) => {
  const bytes = k.target.bits / 8;
  const [hi, lo] = [args.hi[0]!, args.lo[0]!];
  const seconds = result === 0 ? getNumber(k, hi, lo, 0, bytes) : FAULT;
  const micros = getNumber(k, hi, lo, bytes, Math.min(bytes, k.target.usecBytes));
  const isShown = seconds !== FAULT && micros !== FAULT && (hi !== 0 || lo !== 0);
  return `${isShown ? `{tv_sec=${seconds}, tv_usec=${micros}}` : pointer(args, 0)}, ${pointer(args, 1)}`;
};

/** [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], as strace spells a status out. */
function status(k: Kernel, args: Args, i: number, result: number | null): string {
  const [hi, lo] = [args.hi[i]!, args.lo[i]!];
  const word = result !== null && result > 0 ? getWord(k, hi, lo) : FAULT;
  if (word === FAULT || (hi === 0 && lo === 0)) return pointer(args, i);
  if (word === 0xffff) return '[{WIFCONTINUED(s)}]';
  const signo = word & 0x7f;
  if (signo === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName(k, (word >> 8) & 0xff)}}]`;
  if (signo !== 0) return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(k, signo)}}]`;
  return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(word >> 8) & 0xff}}]`;
}

const WAIT_OPTIONS = Object.entries(wait)
  .filter(([name]) => /^(_*W(NOHANG|UNTRACED|EXITED|CONTINUED|NOWAIT)|__W)/.test(name))
  .map(([name, bit]) => [bit, name] as const);
const waitOptions = (value: number) => bits(value, WAIT_OPTIONS, '0');

const wait4: Format = (k, args, result) =>
  `${args.lo[0]}, ${status(k, args, 1, result)}, ${waitOptions(args.lo[2]!)}, ${pointer(args, 3)}`;
const waitpid: Format = (k, args, result) => `${args.lo[0]}, ${status(k, args, 1, result)}, ${waitOptions(args.lo[2]!)}`;

const WHICH = ['P_ALL', 'P_PID', 'P_PGID'];
const waitid: Format = (_k, args) =>
  `${WHICH[args.lo[0]!] ?? args.lo[0]}, ${args.lo[1]}, ${pointer(args, 2)}, ${waitOptions(args.lo[3]!)}, ${pointer(args, 4)}`;

const POLICIES: Readonly<Record<number, string>> = {
  0: 'SCHED_OTHER', 1: 'SCHED_FIFO', 2: 'SCHED_RR', 3: 'SCHED_BATCH', 5: 'SCHED_IDLE',
};
const policy = (value: number) => POLICIES[value] ?? hex(0, value);

/** [50]: the priority that a pointer leads to. */
function priority(k: Kernel, args: Args, i: number): string {
  const word = getWord(k, args.hi[i]!, args.lo[i]!);
  return word === FAULT || (args.hi[i] === 0 && args.lo[i] === 0) ? pointer(args, i) : `[${word}]`;
}

const CLONE3_FLAGS = Object.entries(sched).filter(([name]) => name.startsWith('CLONE_')).map(([name, bit]) => [bit, name] as const)
  .sort(([a], [b]) => a - b);

/** {flags=CLONE_VM, exit_signal=SIGCHLD, stack=NULL, stack_size=0}; pointers as far as the flags ask for them. */
const clone3: Format = (k, args, result) => {
  const field = (offset: number) => {
    const [low, high] = k.target.bigEndian ? [4, 0] : [0, 4];
    const at = (half: number) => getWord(k, args.hi[0]!, args.lo[0]!, offset + half);
    return { lo: at(low), hi: at(high) };
  };
  const address = (name: string, offset: number) => {
    const { hi, lo } = field(offset);
    return `${name}=${hi === 0 && lo === 0 ? 'NULL' : hex(hi, lo)}`;
  };
  const [flags, notice, size] = [field(0).lo, field(32).lo, field(48)];
  if (flags === FAULT || notice === FAULT || size.hi === FAULT) return `${pointer(args, 0)}, ${args.lo[1]}`;
  const has = (flag: number) => (flags & flag) !== 0;
  const parts = [
    `flags=${bits(flags, CLONE3_FLAGS, '0')}`,
    has(sched.CLONE_CHILD_SETTID | sched.CLONE_CHILD_CLEARTID) ? address('child_tid', 16) : '',
    has(sched.CLONE_PARENT_SETTID) ? address('parent_tid', 24) : '',
    `exit_signal=${notice === 0 ? '0' : signalName(k, notice)}`, address('stack', 40),
    `stack_size=${size.hi === 0 && size.lo === 0 ? '0' : hex(size.hi, size.lo)}`,
    has(sched.CLONE_SETTLS) ? address('tls', 56) : '',
  ].filter((text) => text !== '');
  const out = has(sched.CLONE_PARENT_SETTID) && result !== null && result > 0 ? ` => {parent_tid=[${result}]}` : '';
  return `{${parts.join(', ')}}${out}, ${args.lo[1]}`;
};

const GRND = [[1, 'GRND_NONBLOCK'], [2, 'GRND_RANDOM'], [4, 'GRND_INSECURE']] as const;
const number: Format = (_k, args) => String(args.lo[0]);
const two: Format = (_k, args) => `${args.lo[0]}, ${args.lo[1]}`;

const none: Format = () => '';

export const taskFormats: Readonly<Record<string, Format>> = {
  alarm: number,
  clone3,
  fork: none,
  get_robust_list: (_k, args) => `${args.lo[0]}, ${pointer(args, 1)}, ${pointer(args, 2)}`,
  getcpu: (_k, args) => `${pointer(args, 0)}, ${pointer(args, 1)}, ${pointer(args, 2)}`,
  getpgid: number,
  getpgrp: none,
  getppid: none,
  getrandom: (_k, args) => `${pointer(args, 0)}, ${args.lo[1]! >>> 0}, ${bits(args.lo[2]!, GRND, '0')}`,
  getsid: number,
  nice: number,
  sched_get_priority_max: (_k, args) => policy(args.lo[0]!),
  sched_get_priority_min: (_k, args) => policy(args.lo[0]!),
  sched_getparam: (k, args, result) => `${args.lo[0]}, ${result === 0 ? priority(k, args, 1) : pointer(args, 1)}`,
  sched_getscheduler: number,
  sched_setparam: (k, args) => `${args.lo[0]}, ${priority(k, args, 1)}`,
  sched_setscheduler: (k, args) => `${args.lo[0]}, ${policy(args.lo[1]!)}, ${priority(k, args, 2)}`,
  set_robust_list: (_k, args) => `${pointer(args, 0)}, ${args.lo[1]}`,
  setpgid: two,
  setsid: none,
  vfork: none,
  wait4,
  waitid,
  waitpid,
  clock_getres: clockCall('task'),
  clock_getres_time64: clockCall('time64'),
  clock_gettime: clockCall('task'),
  clock_gettime64: clockCall('time64'),
  clock_nanosleep: nanosleep('task', 2),
  clock_nanosleep_time64: nanosleep('time64', 2),
  futex: (k, args) => futexArgs(k, args, 'task'),
  futex_time64: (k, args) => futexArgs(k, args, 'time64'),
  getpid: none,
  gettid: none,
  gettimeofday,
  nanosleep: nanosleep('task', 0),
  sched_yield: none,
  exit_group: (_k, args) => String(args.lo[0]),
  set_tid_address: (_k, args) => pointer(args, 0),
  time: (_k, args) => pointer(args, 0),
};
