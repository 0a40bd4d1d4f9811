/**
 * Small calls about the machine and the process: getrandom(2), sysinfo(2), times(2), getrusage(2), prctl(2),
 * personality(2), membarrier(2). kernel/sys.c; drivers/char/random.c of Linux 4.12 and 6.1.
 */
import { EFAULT, EINVAL, EPERM } from '../arch/generic/errno.js';
import { FAULT, load8, store8 } from '../mm/uaccess.js';
import { SYSCALL_NS } from '../task/clock.js';
import type { Kernel } from './kernel.js';
import { storeTimeval } from './sys_time.js';
import { putNumber, putWord } from './user_words.js';

// ---- getrandom ------------------------------------------------------------------------------------

const GRND_RANDOM = 2;
const GRND_INSECURE = 4;

/** getrandom(buffer, length, flags): from the machine's seed, so that every run gets the same. */
export function sysGetrandom(k: Kernel): number {
  const flags = k.lo(2);
  const { randomFlags, mostRandom, mostOfDevRandom, randomInPart } = k.taskRules;
  const isRandom = (flags & GRND_RANDOM) !== 0;
  if ((flags & ~randomFlags) !== 0 || (isRandom && (flags & GRND_INSECURE) !== 0)) return -EINVAL;
  const most = isRandom ? mostOfDevRandom : mostRandom;
  const length = k.hi(1) !== 0 ? most : Math.min(k.lo(1) >>> 0, most);
  const low = k.lo(0) >>> 0;
  for (let i = 0; i < length; i++) {
    const at = low + i;
    if (store8(k.mm, k.hi(0) + Math.floor(at / 2 ** 32), at | 0, k.random.below(256)) < 0) return i === 0 || !randomInPart ? -EFAULT : i;
  }
  return length;
}

// ---- sysinfo, times, getrusage --------------------------------------------------------------------

/** struct sysinfo: uptime, three loads, six sizes of memory, processes, two more sizes, the unit. */
export function sysSysinfo(k: Kernel): number {
  const bytes = k.target.bits / 8;
  const [hi, lo] = [k.hi(0), k.lo(0)];
  const { pageSize } = k.memory;
  // Where bytes do not fit a long the unit is a page.
  const unit = bytes === 8 || k.vm.totalRam * pageSize < 2 ** 32 ? 1 : pageSize;
  const perPage = pageSize / unit;
  const free = (k.vm.totalRam - k.memory.pages) * perPage;
  const longs = [Math.floor(k.clock.now / 1e9), 0, 0, 0, k.vm.totalRam * perPage, free, 0, 0, 0, 0];
  for (let i = 0; i < longs.length; i++) if (putNumber(k, hi, lo, i * bytes, bytes, longs[i]!) < 0) return -EFAULT;
  // procs is 16 bits wide, and two bytes of padding follow it.
  const procs = Math.min(k.tasks.live, 0xffff);
  const after = longs.length * bytes;
  if (putWord(k, hi, lo, after, k.target.bigEndian ? procs << 16 : procs) < 0) return -EFAULT;
  const high = after + Math.max(4, bytes);
  for (const at of [high, high + bytes]) if (putNumber(k, hi, lo, at, bytes, 0) < 0) return -EFAULT;
  return putWord(k, hi, lo, high + 2 * bytes, unit);
}

/** USER_HZ: 100 ticks a second, of 10 ms each. */
const TICK_NS = 1e7;

/** times(buffer): the ticks since the machine started; the process's time is that of the calls. */
export function sysTimes(k: Kernel): number {
  const bytes = k.target.bits / 8;
  if (k.lo(0) !== 0 || k.hi(0) !== 0) {
    const used = [0, Math.floor((k.calls * SYSCALL_NS) / TICK_NS), 0, 0];
    for (let i = 0; i < 4; i++) if (putNumber(k, k.hi(0), k.lo(0), i * bytes, bytes, used[i]!) < 0) return -EFAULT;
  }
  return Math.floor(k.clock.now / TICK_NS);
}

const RUSAGE_CHILDREN = -1;
const RUSAGE_SELF = 0;
const RUSAGE_THREAD = 1;
/** Longs of struct rusage behind its two times, and which of them is ru_minflt. */
const RUSAGE_LONGS = 14;
const MINFLT = 4;

/** getrusage(who, usage): system time and page faults are counted, the rest is 0. */
export function sysGetrusage(k: Kernel): number {
  const who = k.lo(0);
  if (who !== RUSAGE_SELF && who !== RUSAGE_CHILDREN && !(who === RUSAGE_THREAD && k.taskRules.rusageThread)) return -EINVAL;
  const bytes = k.target.bits / 8;
  const [hi, lo] = [k.hi(1), k.lo(1)];
  const used = who === RUSAGE_CHILDREN ? 0 : k.calls * SYSCALL_NS;
  const seconds = Math.floor(used / 1e9);
  const at = (lo >>> 0) + 2 * bytes;
  if (storeTimeval(k, hi, lo, 0, 0) < 0) return -EFAULT;
  if (storeTimeval(k, hi + Math.floor(at / 2 ** 32), at | 0, seconds, used - seconds * 1e9) < 0) return -EFAULT;
  for (let i = 0; i < RUSAGE_LONGS; i++) {
    const value = i === MINFLT && who !== RUSAGE_CHILDREN ? k.mm.pageTable.faults : 0;
    if (putNumber(k, hi, lo, (4 + i) * bytes, bytes, value) < 0) return -EFAULT;
  }
  return 0;
}

// ---- prctl, personality, membarrier ---------------------------------------------------------------

const PR_SET_PDEATHSIG = 1;
const PR_GET_PDEATHSIG = 2;
const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const TASK_COMM_LEN = 16;

/** prctl(option, ...): names of tasks, and the signal of a parent's death, which is kept and never sent. */
export function sysPrctl(k: Kernel): number {
  switch (k.lo(0)) {
    case PR_SET_NAME: return k.taskRules.setsNames ? setName(k) : -EINVAL;
    case PR_GET_NAME: return k.taskRules.getsNames ? getName(k) : -EINVAL;
    case PR_SET_PDEATHSIG:
      if (k.hi(1) !== 0 || (k.lo(1) !== 0 && !k.signals.isValid(k.lo(1)))) return -EINVAL;
      k.process.parentDeathSignal = k.lo(1);
      return 0;
    case PR_GET_PDEATHSIG: return putWord(k, k.hi(1), k.lo(1), 0, k.process.parentDeathSignal);
    default: return -EINVAL;
  }
}

function setName(k: Kernel): number {
  const bytes: number[] = [];
  for (let i = 0; i < TASK_COMM_LEN - 1; i++) {
    const low = (k.lo(1) >>> 0) + i;
    const byte = load8(k.mm, k.hi(1) + Math.floor(low / 2 ** 32), low | 0);
    if (byte === FAULT) return -EFAULT;
    if (byte === 0) break;
    bytes.push(byte);
  }
  k.extras.names.set(k.current, bytes);
  return 0;
}

/** The last part of the program's path. */
function programName(k: Kernel): string {
  const path = k.mm.files[1]?.path ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}

function getName(k: Kernel): number {
  const bytes = k.extras.names.get(k.current) ?? [...new TextEncoder().encode(programName(k))].slice(0, TASK_COMM_LEN - 1);
  for (let i = 0; i < TASK_COMM_LEN; i++) {
    const low = (k.lo(1) >>> 0) + i;
    if (store8(k.mm, k.hi(1) + Math.floor(low / 2 ** 32), low | 0, bytes[i] ?? 0) < 0) return -EFAULT;
  }
  return 0;
}

/** personality(persona): kept, and without effect; 0xffffffff only asks. */
export function sysPersonality(k: Kernel): number {
  const old = k.process.personality;
  if (k.lo(0) !== -1) k.process.personality = k.lo(0);
  return k.word(0, old);
}

const MEMBARRIER_QUERY = 0;
const MEMBARRIER_PRIVATE_EXPEDITED = 8;
const MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 16;
const MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE = 32;
const MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64;
const MEMBARRIER_GET_REGISTRATIONS = 512;
/** Of GLOBAL_EXPEDITED, PRIVATE_EXPEDITED and PRIVATE_EXPEDITED_SYNC_CORE. */
const REGISTRATIONS = 4 | MEMBARRIER_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
const OF_CHANGED_CODE = MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;

/** membarrier(command, flags): with one processor there is nothing to do. There is no rseq, and no barrier for it. */
export function sysMembarrier(k: Kernel): number {
  const known = k.taskRules.barriers & ~(k.target.syncsCore ? 0 : OF_CHANGED_CODE);
  const command = k.lo(0);
  if (k.lo(1) !== 0) return -EINVAL;
  if (command === MEMBARRIER_QUERY) return known;
  if ((command & known) === 0 || (command & (command - 1)) !== 0) return -EINVAL;
  const { barriers } = k.process;
  // Who registers for changed code is also named as registered for the rest, but must not ask for it.
  const isNamedToo = (barriers & MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) !== 0;
  if (command === MEMBARRIER_GET_REGISTRATIONS) return barriers | (isNamedToo ? MEMBARRIER_REGISTER_PRIVATE_EXPEDITED : 0);
  const isPrivate = command === MEMBARRIER_PRIVATE_EXPEDITED || command === MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE;
  if (isPrivate) return (barriers & (command << 1)) === 0 ? -EPERM : 0;
  k.process.barriers |= command & REGISTRATIONS;
  return 0;
}
