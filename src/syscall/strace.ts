/**
 * strace: system calls as text, as `strace -f` prints them. It looks only at registers and memory, so
 * TypeScript programs and binaries are shown alike.
 */
import { errnoName } from '../arch/generic/errno.js';
import { isOldMmap } from '../arch/generic/known_calls.js';
import * as calls from '../arch/generic/mman_calls.js';
import * as sched from '../arch/generic/sched.js';
import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from '../arch/generic/restart.js';
import { strerror } from '../arch/generic/strerror.js';
import { hex } from '../lib/u64.js';
import { copyFromUser, FAULT, load32 } from '../mm/uaccess.js';
import type { SigInfo } from '../task/signal_state.js';
import { type Kernel, RESULT_64, SIGRETURNED, type Tracer } from './kernel.js';
import { siginfo, signalFormats, signalName } from './strace_signal.js';
import { type Args, bits, type Format, pointer, size, word } from './strace_words.js';
import { fileFormats, STRSIZE } from './strace_files.js';
import { taskFormats } from './strace_task.js';

export class Strace implements Tracer {
  private readonly print: (line: string) => void;
  private args: Args = { lo: [], hi: [] };
  private nr = 0;
  /** Calls that tasks sleep in, by slot. */
  private readonly sleeping = new Map<number, string>();

  constructor(print: (line: string) => void) {
    this.print = print;
  }

  enter(k: Kernel, nr: number): void {
    this.nr = nr;
    const index = [0, 1, 2, 3, 4, 5];
    this.args = { lo: index.map((i) => k.lo(i)), hi: index.map((i) => k.hi(i)) };
    const name = k.nameOf(nr);
    if ((name === 'exit' || name === 'exit_group') && k.has(name)) {
      this.line(k, `${name}(${this.args.lo[0]}) = ?`);
      this.line(k, `+++ exited with ${this.args.lo[0]! & 0xff} +++`);
    }
  }

  leave(k: Kernel, result: number): void {
    const call = this.call(k, result);
    this.line(k, `${call} = ${this.result(k, result)}`);
  }

  unfinished(k: Kernel): void {
    this.sleeping.set(k.current, k.nameOf(this.nr));
    this.line(k, `${this.call(k, null).replace(/\)$/, '')} <unfinished ...>`);
  }

  resumed(k: Kernel, result: number): void {
    const name = this.sleeping.get(k.current) ?? '?';
    this.sleeping.delete(k.current);
    this.line(k, `<... ${name} resumed>) = ${this.result(k, result)}`);
  }

  signalled(k: Kernel, info: SigInfo): void {
    this.line(k, `--- ${signalName(k, info.signo)} ${siginfo(k, info)} ---`);
  }

  killed(k: Kernel, slot: number, signo: number): void {
    this.line(k, `+++ killed by ${signalName(k, signo)} +++`, slot);
  }

  private line(k: Kernel, text: string, slot = k.current): void {
    const tid = String(k.tasks.tid[slot]).padStart(5);
    this.print(k.tasks.peak > 1 ? `[pid ${tid}] ${text}` : text);
  }

  private call(k: Kernel, result: number | null): string {
    const name = k.nameOf(this.nr);
    const shown = isOldMmap(k.target.entry[name]) ? 'old_mmap' : name;
    const format = formats[shown];
    const args = format ? format(k, this.args, result) : [0, 1, 2, 3, 4, 5].map((i) => word(this.args, i)).join(', ');
    return `${shown}(${args})`;
  }

  /** What rt_sigreturn put back: the result of the call that the handler interrupted. */
  private restored(k: Kernel): string {
    const errno = k.target.trap.errorOf(k.regs);
    const at = 2 * k.target.trap.result;
    if (errno === 0) return k.regs[at + 1] === 0 ? String(k.regs[at]! >>> 0) : hex(k.regs[at + 1]!, k.regs[at]!);
    const generic = k.target.genericErrno(errno);
    return `-1 ${errnoName(generic)} (${strerror(generic)})`;
  }

  private result(k: Kernel, result: number): string {
    if (result === SIGRETURNED) return this.restored(k);
    if (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK) return `? ${RESTARTS[-result] ?? result}`;
    if (result === RESULT_64) return k.resultHi === 0 && k.resultLo === 0 ? '0' : hex(k.resultHi, k.resultLo);
    return result < 0 ? `-1 ${errnoName(-result)} (${strerror(-result)})` : String(result);
  }
}

function prot(value: number): string {
  return bits(value, [[1, 'PROT_READ'], [2, 'PROT_WRITE'], [4, 'PROT_EXEC'], [8, 'PROT_SEM']], 'PROT_NONE');
}

function mapFlags(k: Kernel, value: number): string {
  const { map } = k.target;
  const names = Object.entries(map)
    .filter(([name]) => name !== 'TYPE')
    .map(([name, bit]) => [bit, `MAP_${name}`] as const);
  return bits(value, names, '0');
}

/** Lowest bit first; a module's names come in alphabetical order. */
const cloneNames = Object.entries(sched)
  .filter(([name]) => name.startsWith('CLONE_'))
  .map(([name, bit]) => [bit, name] as const)
  .sort(([a], [b]) => a - b);

function mmapArgs(k: Kernel, args: Args): string {
  const [, , rights, flags, fd] = args.lo as [number, number, number, number, number];
  return [pointer(args, 0), size(args, 1), prot(rights), mapFlags(k, flags), fd, offset(args, 5)].join(', ');
}

function offset(args: Args, i: number): string {
  return args.hi[i] === 0 && args.lo[i] === 0 ? '0' : word(args, i);
}

/** mmap2's offset, which counts pages of 4 KiB or of a 64-bit machine's size: strace shows bytes. */
function inBytes(k: Kernel, args: Args): Args {
  const bytes = ((args.hi[5]! >>> 0) * 2 ** 32 + (args.lo[5]! >>> 0)) * (k.target.bits === 32 ? 4096 : k.target.pageSize);
  const [lo, hi] = [[...args.lo], [...args.hi]];
  lo[5] = bytes % 2 ** 32 | 0;
  hi[5] = Math.floor(bytes / 2 ** 32) | 0;
  return { lo, hi };
}

/** The six words that old_mmap's only argument points to. */
function oldMmapArgs(k: Kernel, args: Args): string {
  const lo: number[] = [];
  for (let i = 0; i < 6; i++) {
    const value = load32(k.mm, 0, args.lo[0]! + 4 * i);
    if (value === FAULT) return pointer(args, 0);
    lo.push(value);
  }
  return mmapArgs(k, { lo, hi: [0, 0, 0, 0, 0, 0] });
}

/** What clone is told; of the pointers those that its flags ask for, as strace has it. The low byte is a signal. */
function cloneArgs(k: Kernel, args: Args, result: number | null): string {
  const flags = args.lo[0]!;
  const signo = flags & 0xff;
  const named = flags === signo && signo !== 0 ? '' : bits(flags & ~0xff, cloneNames, '0');
  const { numbers } = k.target.signals;
  const signal = signo === 0 ? '' : (Object.keys(numbers).find((name) => numbers[name] === signo) ?? String(signo));
  const all = [named, signal].filter((text) => text !== '').join('|');
  const hasSize = k.target.cloneOrder === 'stack-size';
  const [ptid, ctid, tls] = { 'tls-fourth': [2, 4, 3], 'tls-fifth': [2, 3, 4], 'stack-size': [3, 4, 5] }[k.target.cloneOrder];
  const parentTid = result !== null && result > 0 ? `[${result}]` : pointer(args, ptid!);
  const childTid = `child_tidptr=${pointer(args, ctid!)}`;
  const hasChildTid = (flags & (sched.CLONE_CHILD_SETTID | sched.CLONE_CHILD_CLEARTID)) !== 0;
  const hasTls = (flags & sched.CLONE_SETTLS) !== 0;
  const last = [hasChildTid ? childTid : '', hasTls ? `tls=${pointer(args, tls!)}` : ''];
  if (k.target.cloneOrder === 'tls-fourth') last.reverse();
  return [
    `child_stack=${pointer(args, 1)}`, hasSize ? `stack_size=${word(args, 2)}` : '', `flags=${all}`,
    (flags & sched.CLONE_PARENT_SETTID) !== 0 ? `parent_tid=${parentTid}` : '', ...last,
  ].filter((text) => text !== '').join(', ');
}

const RESTARTS: Readonly<Record<number, string>> = {
  [ERESTARTSYS]: 'ERESTARTSYS (To be restarted if SA_RESTART is set)',
  [ERESTARTNOINTR]: 'ERESTARTNOINTR (To be restarted)',
  [ERESTARTNOHAND]: 'ERESTARTNOHAND (To be restarted if no handler)',
  [ERESTART_RESTARTBLOCK]: 'ERESTART_RESTARTBLOCK (Interrupted by signal)',
};

const RESOURCES: Readonly<Record<number, string>> = {
  [sched.RLIMIT_DATA]: 'RLIMIT_DATA', [sched.RLIMIT_STACK]: 'RLIMIT_STACK',
  [sched.RLIMIT_MEMLOCK]: 'RLIMIT_MEMLOCK', [sched.RLIMIT_AS]: 'RLIMIT_AS',
};

function getrlimitArgs(_k: Kernel, args: Args): string {
  return `${RESOURCES[args.lo[0]!] ?? args.lo[0]}, ${pointer(args, 1)}`;
}

/** Names of the constants of mman_calls.ts that begin with `prefix`, as bits. */
function callFlags(prefix: string, value: number): string {
  const names = Object.entries(calls)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, bit]) => [bit, name] as const)
    .sort(([a], [b]) => a - b);
  return bits(value, names, '0');
}

function rangeArgs(_k: Kernel, args: Args): string {
  return `${pointer(args, 0)}, ${size(args, 1)}`;
}

function mlockallArgs(k: Kernel, args: Args): string {
  const flags = args.lo[0]!;
  const shifted = k.target.entry.mlockall === 'mlockall_2000' && (flags & 0x1fff) === 0;
  return callFlags('MCL_', shifted ? flags >> 13 : flags);
}

/** The vector as strace shows it: [1, 0, 1], and "..." for what is longer. */
function mincoreArgs(k: Kernel, args: Args, result: number | null): string {
  const pages = Math.ceil(Number(size(args, 1)) / k.target.pageSize);
  const bytes = new Uint8Array(Math.min(pages, STRSIZE));
  const got = result === 0 ? copyFromUser(k.mm, bytes, args.hi[2]!, args.lo[2]!, bytes.length) : 0;
  const vector = [...bytes].join(', ') + (pages > STRSIZE ? ', ...' : '');
  return `${rangeArgs(k, args)}, ${got < bytes.length || pages === 0 ? pointer(args, 2) : `[${vector}]`}`;
}

function remapFilePagesArgs(k: Kernel, args: Args): string {
  const pgoff = String((args.hi[3]! >>> 0) * 2 ** 32 + (args.lo[3]! >>> 0));
  return `${rangeArgs(k, args)}, ${prot(args.lo[2]!)}, ${pgoff}, ${mapFlags(k, args.lo[4]!)}`;
}

const adviceNames = new Map(
  Object.entries(calls).filter(([name]) => name.startsWith('MADV_')).map(([name, value]) => [value, name]),
);

function madviseArgs(_k: Kernel, args: Args): string {
  const advice = args.lo[2]!;
  return `${pointer(args, 0)}, ${size(args, 1)}, ${adviceNames.get(advice) ?? hex(0, advice)}`;
}

/** The new address is shown where the call looks at it. */
function mremapArgs(_k: Kernel, args: Args): string {
  const flags = args.lo[3]!;
  const looks = (flags & (calls.MREMAP_FIXED | calls.MREMAP_DONTUNMAP)) !== 0;
  const target = looks ? `, ${pointer(args, 4)}` : '';
  return `${pointer(args, 0)}, ${size(args, 1)}, ${size(args, 2)}, ${callFlags('MREMAP_', flags)}${target}`;
}

const formats: Readonly<Record<string, Format>> = {
  ...signalFormats,
  ...taskFormats,
  ...fileFormats,
  brk: (_k, args) => pointer(args, 0),
  clone: cloneArgs,
  clone2: cloneArgs,
  getrlimit: getrlimitArgs,
  madvise: madviseArgs,
  mincore: mincoreArgs,
  mlock: rangeArgs,
  mlock2: (k, args) => `${rangeArgs(k, args)}, ${callFlags('MLOCK_', args.lo[2]!)}`,
  mlockall: mlockallArgs,
  mmap: mmapArgs,
  mmap2: (k, args) => mmapArgs(k, inBytes(k, args)),
  mprotect: (_k, args) => `${pointer(args, 0)}, ${size(args, 1)}, ${prot(args.lo[2]!)}`,
  mremap: mremapArgs,
  msync: (k, args) => `${rangeArgs(k, args)}, ${callFlags('MS_', args.lo[2]!)}`,
  munlock: rangeArgs,
  munlockall: () => '',
  munmap: rangeArgs,
  old_mmap: oldMmapArgs,
  remap_file_pages: remapFilePagesArgs,
  ugetrlimit: getrlimitArgs,
};
