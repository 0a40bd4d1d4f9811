/**
 * pthread_create(3) and the end of a thread. glibc 2.3.3, nptl/pthread_create.c: start_thread(),
 * nptl/sysdeps/pthread/createthread.c: do_clone(). One clone, no other call, after the stack is there.
 */
import { hiOfNumber, loOfNumber } from '../lib/u64.js';
import { type Addr, hiOf, loOf } from './address.js';
import { allocateStack, createError, queueStack } from './allocate_stack.js';
import type { Nptl } from './nptl.js';
import { defaultAttr, newAttributes, readAttr } from './pthread_attr.js';
import { scheduleExplicitly } from './pthread_sched.js';
import { EMPTY_SET, FULL_SET, installHandler, setOf, SIGCANCEL, SIGSETXID, type SigSet, sigprocmask } from './signal_calls.js';

const scratch = newAttributes();

/**
 * Creates a thread that runs `routine(arg)`. Returns its row, or a negated errno: EAGAIN without a pid,
 * ENOMEM (2.36: EAGAIN) without memory, EINVAL for a stack that is too small.
 */
export function pthreadCreate(nptl: Nptl, attrAddr: Addr | null, routine: unknown, arg: unknown): number {
  if (nptl.lacksFutex) nptl.refuseFutex('pthread_create');
  if (nptl.isModern && !nptl.hasSetxid) lateInit(nptl);
  const attr = attrAddr === null ? defaultAttr(nptl, scratch) : readAttr(nptl, hiOf(attrAddr), loOf(attrAddr), scratch);
  const row = allocateStack(nptl, attr);
  if (row < 0) return row;
  const { threads } = nptl;
  threads.routine.set(row, routine);
  threads.arg.set(row, arg);
  threads.result.set(row, undefined);
  if (attr.isDetached) threads.joinid[row] = row;
  const error = nptl.isModern ? cloneBlocked(nptl, row) : clone(nptl, row);
  if (error < 0) {
    queueStack(nptl, row);
    return createError(nptl, error);
  }
  nptl.nthreads += 1;
  return attr.isExplicit ? startWith(nptl, row, attr.policy, attr.priority) : row;
}

/** 2.36 makes a thread with every signal blocked: it sets its own mask once it is there. */
function cloneBlocked(nptl: Nptl, row: number): number {
  const { SIG_BLOCK, SIG_SETMASK } = nptl.target.signals;
  const old = sigprocmask(nptl, SIG_BLOCK, FULL_SET);
  const error = clone(nptl, row);
  if (typeof old === 'number') return error;
  nptl.firstMask = old;
  sigprocmask(nptl, SIG_SETMASK, old, false);
  return error;
}

/** late_init() of 2.36, at the first pthread_create: the handler of SIGSETXID, and both of NPTL's signals unblocked. */
function lateInit(nptl: Nptl): void {
  nptl.hasSetxid = true;
  const { SIG_UNBLOCK, SA_SIGINFO, SA_RESTART, SA_ONSTACK } = nptl.target.signals;
  const [handlerHi, handlerLo] = nptl.code.addressOf(sigsetxidHandler);
  installHandler(nptl, SIGSETXID, { handlerHi, handlerLo, flags: SA_SIGINFO | SA_RESTART | SA_ONSTACK, mask: EMPTY_SET });
  sigprocmask(nptl, SIG_UNBLOCK, setOf([SIGCANCEL, SIGSETXID]), false);
}

/** Nobody changes user here: there is nothing for the other threads to do. */
function sigsetxidHandler(): void {}

/** A thread with PTHREAD_EXPLICIT_SCHED: one that may not have it ends without having run, and is nobody's to join. */
function startWith(nptl: Nptl, row: number, policy: number, priority: number): number {
  const error = scheduleExplicitly(nptl, nptl.tid(row), policy, priority);
  if (error === 0) return row;
  nptl.threads.routine.set(row, () => undefined);
  nptl.threads.joinid[row] = row;
  return -error;
}

/** The signals that a new thread blocks: those of its maker. */
export function maskOfNewThread(nptl: Nptl): SigSet {
  return nptl.firstMask;
}

/** Bytes of struct clone_args. */
const CLONE_ARGS = 88;

/** clone3(clone_args, 88): 64-bit fields, of which the low halves are set here. */
function clone3(nptl: Nptl, row: number): number {
  const { sys, params, threads, target, dataHi: hi, cloneArgsLo: lo } = nptl;
  const field = (at: number, valueHi: number, valueLo: number) => {
    nptl.store(hi, lo + at, valueLo);
    nptl.store(hi, lo + at + 4, target.bits === 64 ? valueHi : 0);
  };
  const pdHi = threads.pdHi[row]!;
  const tidLo = nptl.tidLo(row);
  nptl.starting = row;
  field(0, 0, params.cloneFlags);
  for (const at of [8, 16, 24]) field(at, pdHi, tidLo); // pidfd too, which these flags leave alone
  field(40, threads.blockHi[row]!, threads.blockLo[row]!);
  const top = (threads.pdLo[row]! >>> 0) + params.sizeofPthread - params.staticTlsSize;
  field(48, 0, top - (threads.blockLo[row]! >>> 0));
  const tls = tlsOf(nptl, pdHi, threads.pdLo[row]!);
  field(56, tls.hi, tls.lo);
  sys.word(0, hi, lo);
  sys.number(1, CLONE_ARGS);
  return sys.trap(target.nr.clone3!);
}

/** The clone system call with the arguments in this machine's order. */
function clone(nptl: Nptl, row: number): number {
  const { sys, params, threads, target } = nptl;
  if (params.clone3 && sys.has('clone3')) return clone3(nptl, row);
  const pdHi = threads.pdHi[row]!;
  const pdLo = threads.pdLo[row]!;
  const tidLo = nptl.tidLo(row);
  nptl.starting = row;
  sys.number(0, params.cloneFlags);
  if (target.cloneOrder === 'stack-size') {
    // clone2: the stack as base and size; it ends one struct pthread below the thread's own.
    const base = threads.blockLo[row]! >>> 0;
    sys.word(1, threads.blockHi[row]!, base);
    sys.number(2, (pdLo - params.sizeofPthread - base) >>> 0);
    sys.word(3, pdHi, tidLo);
    sys.word(4, pdHi, tidLo);
    setTls(nptl, 5, pdHi, pdLo);
    return sys.trap(target.nr.clone2!);
  }
  const top = (pdLo >>> 0) + params.sizeofPthread - params.staticTlsSize;
  sys.word(1, pdHi + hiOfNumber(top), loOfNumber(top));
  sys.word(2, pdHi, tidLo);
  const tlsFourth = target.cloneOrder === 'tls-fourth';
  setTls(nptl, tlsFourth ? 3 : 4, pdHi, pdLo);
  sys.word(tlsFourth ? 4 : 3, pdHi, tidLo);
  return sys.trap(target.nr.clone!);
}

/** TLS_VALUE of the machine's nptl/sysdeps/.../tls.h as argument i. */
function setTls(nptl: Nptl, i: number, pdHi: number, pdLo: number): void {
  const { sys, params } = nptl;
  if (params.tls === 'pd') sys.word(i, pdHi, pdLo);
  else if (params.tls === 'above-pd') sys.word(i, pdHi, pdLo + params.sizeofPthread);
  else sys.word(i, nptl.dataHi, userDesc(nptl, pdLo));
}

function tlsOf(nptl: Nptl, pdHi: number, pdLo: number): { hi: number; lo: number } {
  return nptl.params.tls === 'user_desc' ? { hi: nptl.dataHi, lo: userDesc(nptl, pdLo) } : { hi: pdHi, lo: pdLo };
}

/** struct user_desc { entry_number, base_addr, limit, bits }: only base_addr ever changes. Its address. */
function userDesc(nptl: Nptl, pdLo: number): number {
  nptl.store(nptl.dataHi, nptl.userDescLo + 4, pdLo);
  return nptl.userDescLo;
}
