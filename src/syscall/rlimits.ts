/**
 * Resource limits of a process. Those that mm and the table of descriptors enforce live where they are enforced;
 * here are the hard ones and the rest, which nothing enforces. INIT_RLIMITS, asm-generic/resource.h.
 */
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_NOFILE, RLIMIT_STACK } from '../arch/generic/sched.js';
import { type FileRules, fileRules } from '../release/file_rules.js';
import type { Process } from './process.js';

/** A soft and a hard limit; Infinity is RLIM_INFINITY. */
export interface Rlimit {
  readonly soft: number;
  readonly hard: number;
}

const RLIMIT_CORE = 4;
const RLIMIT_MSGQUEUE = 12;
const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
const MQ_BYTES_MAX = 819200;
const UNLIMITED = Number.POSITIVE_INFINITY;

/** Limits that were set, by process and resource; what is not in here is as INIT_RLIMITS has it. */
const limits = new WeakMap<Process, Map<number, Rlimit>>();

/** Soft limit of what is enforced, undefined for the rest. */
function enforced({ mm, files }: Process, resource: number): number | undefined {
  if (resource === RLIMIT_STACK) return mm.rlimits.stack;
  if (resource === RLIMIT_DATA) return mm.rlimits.data;
  if (resource === RLIMIT_AS) return mm.rlimits.as;
  if (resource === RLIMIT_MEMLOCK) return mm.rlimits.memlock;
  return resource === RLIMIT_NOFILE ? files.limit : undefined;
}

function initial(resource: number, soft: number, rules: FileRules): Rlimit {
  switch (resource) {
    case RLIMIT_CORE: return { soft: 0, hard: UNLIMITED };
    case RLIMIT_NOFILE: return { soft, hard: Math.max(soft, rules.nofileHard) };
    case RLIMIT_MEMLOCK: return { soft, hard: soft };
    case RLIMIT_MSGQUEUE: return { soft: MQ_BYTES_MAX, hard: MQ_BYTES_MAX };
    case RLIMIT_NICE:
    case RLIMIT_RTPRIO: return { soft: 0, hard: 0 };
    default: return { soft, hard: UNLIMITED };
  }
}

/** `resource` in the generic numbering. */
export function getRlimit(process: Process, resource: number): Rlimit {
  const known = limits.get(process)?.get(resource);
  const soft = enforced(process, resource) ?? known?.soft ?? UNLIMITED;
  if (known !== undefined) return { soft, hard: known.hard };
  return initial(resource, soft, fileRules(process.mm.target.release));
}

export function setRlimit(process: Process, resource: number, limit: Rlimit): void {
  // A process that never looked at its limits has the hard ones that it began with.
  const own = limits.get(process) ?? new Map<number, Rlimit>();
  own.set(resource, limit);
  limits.set(process, own);
  const { rlimits } = process.mm;
  if (resource === RLIMIT_STACK) rlimits.stack = limit.soft;
  if (resource === RLIMIT_DATA) Object.assign(rlimits, { data: limit.soft, dataHard: limit.hard });
  if (resource === RLIMIT_AS) rlimits.as = limit.soft;
  if (resource === RLIMIT_MEMLOCK) rlimits.memlock = limit.soft;
  if (resource === RLIMIT_NOFILE) process.files.limit = limit.soft;
}

/** fork: the child begins with its parent's limits. */
export function copyRlimits(parent: Process, child: Process): void {
  const own = limits.get(parent);
  if (own !== undefined) limits.set(child, new Map(own));
}
