/**
 * clone, clone2, clone3, fork and vfork: kernel/fork.c: copy_process(), with the argument orders of 2.6.0 (see
 * `backported`): NPTL needs a pointer for the parent's and one for the child's tid, and its TLS.
 *
 *   clone (i386, sparc): flags, stack, parent_tid, tls, child_tid
 *   clone (x86_64):      flags, stack, parent_tid, child_tid, tls
 *   clone2 (ia64):       flags, stack base, stack size, parent_tid, child_tid, tls
 */
import { E2BIG, EAGAIN, EFAULT, EINVAL, ENOSYS, EPERM } from '../arch/generic/errno.js';
import * as sched from '../arch/generic/sched.js';
import { FAULT, store32 } from '../mm/uaccess.js';
import { dupMmap } from '../mm/dup_mmap.js';
import { makeMm } from '../mm/make_mm.js';
import type { Mm } from '../mm/mm.js';
import { type Kernel, SLEEPS } from './kernel.js';
import { newProcess, type Process } from './process.js';
import { copyRlimits } from './rlimits.js';
import { getLong, getWord, long } from './user_words.js';

/** Indices of the tid pointers. */
const PTID = { 'tls-fourth': 2, 'tls-fifth': 2, 'stack-size': 3 };
const CTID = { 'tls-fourth': 4, 'tls-fifth': 3, 'stack-size': 4 };

/** Bits of the flags that name the signal which the parent gets when the child has ended. */
const CSIGNAL = 0xff;

interface Pointer {
  hi: number;
  lo: number;
}

/** What the calls of this file ask for. */
interface CloneArgs {
  flags: number;
  exitNotice: number;
  readonly parentTid: Pointer;
  readonly childTid: Pointer;
}

const NOWHERE: Readonly<Pointer> = { hi: 0, lo: 0 };

/** sysClone's, filled in anew by each call: a thread costs no garbage here. */
const asked: CloneArgs = { flags: 0, exitNotice: 0, parentTid: { hi: 0, lo: 0 }, childTid: { hi: 0, lo: 0 } };

/** Returns the child's tid; EINVAL for flags that need each other, EAGAIN without a pid, ENOMEM, EPERM, EFAULT. */
export function sysClone(k: Kernel): number {
  const flags = k.lo(0);
  const ptid = PTID[k.target.cloneOrder];
  const ctid = CTID[k.target.cloneOrder];
  asked.flags = flags;
  asked.exitNotice = flags & CSIGNAL;
  asked.parentTid.hi = k.hi(ptid);
  asked.parentTid.lo = k.lo(ptid);
  asked.childTid.hi = k.hi(ctid);
  asked.childTid.lo = k.lo(ctid);
  return clone(k, asked);
}

export function sysFork(k: Kernel): number {
  return clone(k, { flags: 0, exitNotice: k.signals.SIGCHLD, parentTid: NOWHERE, childTid: NOWHERE });
}

export function sysVfork(k: Kernel): number {
  const flags = sched.CLONE_VFORK | sched.CLONE_VM;
  return clone(k, { flags, exitNotice: k.signals.SIGCHLD, parentTid: NOWHERE, childTid: NOWHERE });
}

/** struct clone_args: flags 0, pidfd 8, child_tid 16, parent_tid 24, exit_signal 32, stack 40, stack_size 48, tls 56. */
const CLONE_ARGS_SIZE_VER0 = 64;

/** clone3(args, size): 64-bit fields, in this order on every machine. */
export function sysClone3(k: Kernel): number {
  const size = k.hi(1) === 0 ? k.lo(1) >>> 0 : Number.POSITIVE_INFINITY;
  if (size > k.target.pageSize) return -E2BIG;
  if (size < CLONE_ARGS_SIZE_VER0) return -EINVAL;
  const [hi, lo] = [k.hi(0), k.lo(0)];
  for (let at = 0; at < size - 3; at += 4) {
    const word = getWord(k, hi, lo, at);
    if (word === FAULT) return -EFAULT;
    // What a later kernel would understand, and set_tid, which needs a privilege.
    if (word !== 0 && at >= CLONE_ARGS_SIZE_VER0) return at >= 88 ? -E2BIG : at < 80 ? -EPERM : -EINVAL;
  }
  const field = (at: number): Pointer => {
    getLong(k, hi, lo, at, 8);
    return { hi: long.hi, lo: long.lo };
  };
  const flags = field(0);
  const notice = field(32);
  const [stack, stackSize] = [field(40), field(48)];
  if (flags.hi !== 0 || (flags.lo & (sched.CLONE_DETACHED | CSIGNAL)) !== 0) return -EINVAL;
  const isThread = (flags.lo & (sched.CLONE_THREAD | sched.CLONE_PARENT)) !== 0;
  if (notice.hi !== 0 || (notice.lo >>> 0) > 64 || (isThread && notice.lo !== 0)) return -EINVAL;
  const hasStack = stack.hi !== 0 || stack.lo !== 0;
  if (hasStack !== (stackSize.hi !== 0 || stackSize.lo !== 0)) return -EINVAL;
  return clone(k, { flags: flags.lo, exitNotice: notice.lo, parentTid: field(24), childTid: field(16) });
}

/** The checks of copy_process() on the flags alone: 0 or a negative errno. */
function checkFlags(k: Kernel, flags: number): number {
  const has = (bits: number) => (flags & bits) !== 0;
  const rules = k.taskRules;
  if (has(sched.CLONE_NEWNS) && has(sched.CLONE_FS)) return -EINVAL;
  if (rules.clonePid && has(CLONE_PID)) return -EPERM;
  if (has(rules.namespaces & sched.CLONE_NEWUSER) && has(sched.CLONE_FS)) return -EINVAL;
  // Unlike Linux 2.4, which takes any set of flags: a thread here shares its handlers and its memory.
  if (has(sched.CLONE_THREAD) && !has(sched.CLONE_SIGHAND)) return -EINVAL;
  if (rules.sighandNeedsVm && has(sched.CLONE_SIGHAND) && !has(sched.CLONE_VM)) return -EINVAL;
  if (rules.detachedNeedsThread && has(sched.CLONE_DETACHED) && !has(sched.CLONE_THREAD)) return -EINVAL;
  const sharing = sched.CLONE_THREAD | (rules.siblingsShareNamespaces ? sched.CLONE_PARENT : 0);
  if (has(sharing) && has(rules.threadsShareNamespaces)) return -EINVAL;
  if (rules.pidfd && has(sched.CLONE_PIDFD)) return -EINVAL; // Unlike Linux: there are no pidfds
  return has(rules.namespaces) ? -EPERM : 0;
}

/** 2.4's, of a bit that has another meaning since. */
const CLONE_PID = 0x1000;

/** Flags with which a pointer comes. */
const WITH_POINTERS = sched.CLONE_SETTLS | sched.CLONE_PARENT_SETTID | sched.CLONE_CHILD_SETTID | sched.CLONE_CHILD_CLEARTID;

function clone(k: Kernel, args: CloneArgs): number {
  const flags = k.taskRules.clonePointers ? args.flags : args.flags & ~WITH_POINTERS;
  const error = checkFlags(k, flags);
  if (error < 0) return error;
  const child = (flags & sched.CLONE_THREAD) !== 0 ? newThread(k) : newChild(k, args);
  if (child < 0) return child;
  const tid = k.tasks.tid[child]!;
  const { hi, lo } = args.parentTid;
  if ((flags & sched.CLONE_PARENT_SETTID) !== 0 && store32(k.mm, hi, lo, tid) < 0 && k.taskRules.parentTidFaults) {
    k.exitTask(child, 0);
    return -EFAULT;
  }
  const at = args.childTid;
  const { mm } = k.processes[k.tasks.process[child]!]!;
  if ((flags & sched.CLONE_CHILD_SETTID) !== 0) store32(mm, at.hi, at.lo, tid);
  if ((flags & sched.CLONE_CHILD_CLEARTID) !== 0) {
    k.tasks.clearTidHi[child] = at.hi;
    k.tasks.clearTidLo[child] = at.lo;
  }
  k.signals.inherit(k.current, child);
  k.priorities.inherit(k.current, child);
  k.extras.inherit(k.current, child);
  if ((flags & sched.CLONE_THREAD) !== 0) k.process.user.cloned(k.current, child);
  k.queue.push(child);
  return (flags & sched.CLONE_VFORK) === 0 || (flags & sched.CLONE_THREAD) !== 0 ? tid : waitForVfork(k, child, tid);
}

function newThread(k: Kernel): number {
  return k.newTask(k.tasks.process[k.current]!);
}

/** A process of its own. Returns the slot of its first task, or a negative errno. */
function newChild(k: Kernel, { flags, exitNotice }: CloneArgs): number {
  const parent = k.process;
  const tid = k.pids.alloc();
  if (tid < 0) return -EAGAIN;
  const mm = (flags & sched.CLONE_VM) !== 0 ? parent.mm : copyMm(k, parent.mm);
  if (typeof mm === 'number') {
    k.pids.release(tid);
    return mm;
  }
  const files = (flags & sched.CLONE_FILES) !== 0 ? parent.files : parent.files.fork();
  const family = (flags & sched.CLONE_PARENT) !== 0 ? parent.parent : parent;
  const child = newProcess(tid, mm, files, parent.user, family);
  [child.pgid, child.sid] = [parent.pgid, parent.sid];
  child.exitNotice = (flags & sched.CLONE_PARENT) !== 0 ? parent.exitNotice : exitNotice;
  child.sighand = (flags & sched.CLONE_SIGHAND) !== 0 ? parent.sighand : (parent.sighand?.copy() ?? null);
  const slot = k.addTask(k.family.add(child), tid);
  const user = parent.user.forked(k.current, slot, child);
  if (user === null) return undo(k, child, slot);
  child.user = user;
  copyRlimits(parent, child);
  family?.children.push(child);
  const altStack = k.signals.altStacks.get(k.current);
  const keeps = (flags & (sched.CLONE_VM | sched.CLONE_VFORK)) !== sched.CLONE_VM;
  if (altStack !== undefined && keeps) k.signals.altStacks.set(slot, altStack);
  return slot;
}

/** User mode has no code for the child to run. */
function undo(k: Kernel, child: Process, slot: number): number {
  if (child.mm !== k.mm) child.mm.clear();
  k.tasks.release(slot);
  k.pids.release(child.tgid);
  child.exited = true;
  child.reaped = true;
  return -ENOSYS;
}

/** dup_mm(). */
function copyMm(k: Kernel, mm: Mm): Mm | number {
  const { target, vm } = mm;
  const copy = makeMm(target, vm, k.memory, { ...mm.rlimits }, { search: mm.search.name, maxMapCount: mm.maxMapCount });
  const error = dupMmap(mm, copy);
  if (error < 0) return error;
  for (const each of [mm, copy]) each.movedFutexes = (from, to) => k.moveWaiters(each, from, to);
  return copy;
}

/** The parent of a vfork sleeps until its child has ended, whatever signals come. */
function waitForVfork(k: Kernel, child: number, tid: number): number {
  k.vforks.set(child, k.current);
  const slept = k.sleep({
    why: `vfork of process ${tid}`, ownedBy: tid, deadline: Number.POSITIVE_INFINITY, atDeadline: 0, interrupted: 0,
  });
  return slept === SLEEPS ? SLEEPS : tid;
}
