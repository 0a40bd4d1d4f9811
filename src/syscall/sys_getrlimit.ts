/**
 * getrlimit, setrlimit, prlimit64. Linux 2.5.46 and 2.6.18, kernel/sys.c: sys_getrlimit(), sys_setrlimit(); 6.1:
 * do_prlimit(). Soft and hard limit are two longs of the task's word size, or two 64-bit words in prlimit64.
 */
import { EFAULT, EINVAL, EPERM, ESRCH } from '../arch/generic/errno.js';
import { RLIMIT_NOFILE } from '../arch/generic/sched.js';
import { hiOfNumber } from '../lib/u64.js';
import { FAULT, load32, store32 } from '../mm/uaccess.js';
import { fileRules } from '../release/file_rules.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { getRlimit, type Rlimit, setRlimit } from './rlimits.js';

/** A word as memory holds it. */
interface Form {
  readonly bytes: 4 | 8;
  /** RLIM_INFINITY, [high, low]. */
  readonly infinity: readonly [number, number];
}

const RLIMIT_CPU = 0;
const NR_OPEN = 1024 * 1024;
const UNLIMITED = Number.POSITIVE_INFINITY;
const OLD: Form = { bytes: 4, infinity: [0, 0x7fffffff] };
const WIDE: Form = { bytes: 8, infinity: [-1, -1] };

function formOf(k: Kernel): Form {
  return { bytes: k.target.bits === 32 ? 4 : 8, infinity: k.target.rlimInfinity };
}

export function sysGetrlimit(k: Kernel): number {
  return getrlimit(k, formOf(k));
}

/** i386 number 76: values above 0x7fffffff are shown as that. */
export function oldGetrlimit(k: Kernel): number {
  return getrlimit(k, OLD);
}

function getrlimit(k: Kernel, form: Form): number {
  const resource = resourceOf(k, k.lo(0));
  return resource < 0 ? -EINVAL : store(k, 1, getRlimit(k.process, resource), form);
}

export function sysSetrlimit(k: Kernel): number {
  const resource = resourceOf(k, k.lo(0));
  if (resource < 0) return -EINVAL;
  const limit = fetch(k, 1, formOf(k));
  return limit === null ? -EFAULT : change(k, k.process, resource, limit);
}

/** prlimit64(pid, resource, new, old): either may be NULL. */
export function sysPrlimit64(k: Kernel): number {
  const isNull = (i: number) => k.hi(i) === 0 && k.lo(i) === 0;
  const limit = isNull(2) ? null : fetch(k, 2, WIDE);
  if (limit === null && !isNull(2)) return -EFAULT;
  const process = k.lo(0) === 0 ? k.process : processOf(k, k.lo(0));
  if (process === null) return -ESRCH;
  const resource = resourceOf(k, k.lo(1));
  if (resource < 0) return -EINVAL;
  const old = getRlimit(process, resource);
  const error = limit === null ? 0 : change(k, process, resource, limit);
  return error < 0 || isNull(3) ? error : store(k, 3, old, WIDE);
}

/** The live process that has a task `tid`. */
function processOf(k: Kernel, tid: number): Process | null {
  let found: Process | null = null;
  k.tasks.forEach((slot) => {
    if (k.tasks.tid[slot] === tid) found = k.processes[k.tasks.process[slot]!]!;
  });
  return found;
}

/** The generic number of a resource, or -1. Sparc has two of them the other way round. */
function resourceOf(k: Kernel, resource: number): number {
  const { target } = k;
  if (resource < 0 || resource >= fileRules(target.release).nlimits) return -1;
  const swapped = target.swappedRlimits;
  if (swapped === null) return resource;
  return resource === swapped[0] ? swapped[1] : resource === swapped[1] ? swapped[0] : resource;
}

function change(k: Kernel, process: Process, resource: number, limit: Rlimit): number {
  const old = getRlimit(process, resource);
  if (fileRules(k.target.release).softAboveHardIsInvalid) {
    if (limit.soft > limit.hard) return -EINVAL;
  } else if (limit.soft > old.hard) {
    return -EPERM;
  }
  if (limit.hard > old.hard) return -EPERM;
  if (resource === RLIMIT_NOFILE && (limit.hard > NR_OPEN || limit.soft > NR_OPEN)) return -EPERM;
  const isNoTime = resource === RLIMIT_CPU && limit.soft === 0 && fileRules(k.target.release).cpuLimitAtLeast1;
  setRlimit(process, resource, isNoTime ? { ...limit, soft: 1 } : limit);
  return 0;
}

function fetch(k: Kernel, i: number, form: Form): Rlimit | null {
  const soft = read(k, i, 0, form);
  const hard = read(k, i, form.bytes, form);
  return soft === null || hard === null ? null : { soft, hard };
}

function read(k: Kernel, i: number, at: number, form: Form): number | null {
  const words = Array.from({ length: form.bytes / 4 }, (_, n) => load32(k.mm, k.hi(i), (k.lo(i) + at + 4 * n) | 0));
  if (words.includes(FAULT)) return null;
  const [hi, lo] = form.bytes === 4 ? [0, words[0]!] : k.target.bigEndian ? words as [number, number] : [words[1]!, words[0]!];
  const isInfinite = hi === form.infinity[0] && lo === form.infinity[1];
  return isInfinite ? UNLIMITED : (hi >>> 0) * 2 ** 32 + (lo >>> 0);
}

function store(k: Kernel, i: number, { soft, hard }: Rlimit, form: Form): number {
  const words = [...longWords(k, soft, form), ...longWords(k, hard, form)];
  for (let n = 0; n < words.length; n++) {
    if (store32(k.mm, k.hi(i), (k.lo(i) + 4 * n) | 0, words[n]!) < 0) return -EFAULT;
  }
  return 0;
}

/** A limit as the words of one long, in memory order. */
function longWords(k: Kernel, bytes: number, { bytes: width, infinity }: Form): number[] {
  const isInfinite = bytes === UNLIMITED || (width === 4 && bytes > infinity[1] >>> 0);
  const [hi, lo] = isInfinite ? infinity : [hiOfNumber(bytes), bytes | 0];
  if (width === 4) return [lo];
  return k.target.bigEndian ? [hi, lo] : [lo, hi];
}
