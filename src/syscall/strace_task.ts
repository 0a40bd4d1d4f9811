/** strace's text of the calls about tasks: futexes, clocks, signals, processes, scheduling. */
import * as clocks from '../arch/generic/clocks.js';
import * as futex from '../arch/generic/futex.js';
import { hex } from '../lib/u64.js';
import type { Kernel } from './kernel.js';
import { type Args, type Format, pointer, timespec } from './strace_words.js';
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
  const [, op, val, val2] = args.lo as [number, number, number, number];
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
const gettimeofday: Format = (k, args, result) =>
  `${stored(k, args, 0, 'task', result).replace('tv_nsec', 'tv_usec')}, ${pointer(args, 1)}`;

const none: Format = () => '';

export const taskFormats: Readonly<Record<string, Format>> = {
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
  set_tid_address: (_k, args) => pointer(args, 0),
  time: (_k, args) => pointer(args, 0),
};
