/**
 * pthread_attr_t in guest memory, as glibc lays it out (sysdeps/.../internaltypes.h: struct pthread_attr): schedparam 0,
 * policy 4, flags 8, then guardsize, stackaddr (its upper end), stacksize. pthread_attr_*(3). glibc 2.3.3 and 2.36,
 * nptl/pthread_attr_*.c.
 */
import { hiOfNumber, loOfNumber, numberOf } from '../lib/u64.js';
import { type Addr, hiOf, loOf, makeAddr } from './address.js';
import type { Nptl } from './nptl.js';

export const PTHREAD_CREATE_JOINABLE = 0;
export const PTHREAD_CREATE_DETACHED = 1;
export const PTHREAD_INHERIT_SCHED = 0;
export const PTHREAD_EXPLICIT_SCHED = 1;
export const PTHREAD_SCOPE_SYSTEM = 0;
export const PTHREAD_SCOPE_PROCESS = 1;
export const SCHED_OTHER = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;

const ATTR_FLAG_DETACHSTATE = 0x01;
const ATTR_FLAG_NOTINHERITSCHED = 0x02;
const ATTR_FLAG_SCOPEPROCESS = 0x04;
const ATTR_FLAG_STACKADDR = 0x08;
const ATTR_FLAG_SCHED_SET = 0x20;
const ATTR_FLAG_POLICY_SET = 0x40;

const PRIORITY_OFFSET = 0;
const POLICY_OFFSET = 4;
const FLAGS_OFFSET = 8;

type Pair = [error: number, value: number];

/** What pthread_create needs of an attribute; bytes, 0 for the default stack size. */
export interface ThreadAttributes {
  stackSize: number;
  guardSize: number;
  isDetached: boolean;
  /** The stack is the program's own: its upper end. */
  hasStack: boolean;
  stackHi: number;
  stackLo: number;
  /** PTHREAD_EXPLICIT_SCHED, and what for. */
  isExplicit: boolean;
  policy: number;
  priority: number;
}

export function newAttributes(): ThreadAttributes {
  return {
    stackSize: 0, guardSize: 0, isDetached: false, hasStack: false, stackHi: 0, stackLo: 0, isExplicit: false, policy: 0,
    priority: 0,
  };
}

/** Offsets of the size_t fields. */
function offsets(nptl: Nptl): { readonly guardSize: number; readonly stackAddr: number; readonly stackSize: number } {
  return nptl.target.bits === 32
    ? { guardSize: 12, stackAddr: 16, stackSize: 20 }
    : { guardSize: 16, stackAddr: 24, stackSize: 32 };
}

/** Where the low and the high word of a 64-bit value lie. */
function lowAt(nptl: Nptl): number {
  return nptl.target.bigEndian ? 4 : 0;
}

function loadSize(nptl: Nptl, hi: number, lo: number): number {
  if (nptl.target.bits === 32) return nptl.load(hi, lo) >>> 0;
  const low = lowAt(nptl);
  return numberOf(nptl.load(hi, lo + 4 - low), nptl.load(hi, lo + low));
}

function storeSize(nptl: Nptl, hi: number, lo: number, value: number): void {
  storeWord(nptl, hi, lo, hiOfNumber(value), value | 0);
}

function storeWord(nptl: Nptl, hi: number, lo: number, valueHi: number, valueLo: number): void {
  if (nptl.target.bits === 32) {
    nptl.store(hi, lo, valueLo);
    return;
  }
  const low = lowAt(nptl);
  nptl.store(hi, lo + low, valueLo);
  nptl.store(hi, lo + 4 - low, valueHi);
}

function setFlag(nptl: Nptl, hi: number, lo: number, flag: number, isSet: boolean): number {
  const flags = nptl.load(hi, lo + FLAGS_OFFSET);
  nptl.store(hi, lo + FLAGS_OFFSET, isSet ? flags | flag : flags & ~flag);
  return 0;
}

/** All zero but the guard, whose default of 1 byte becomes a page. */
export function attrInit(nptl: Nptl, hi: number, lo: number): number {
  for (let at = 0; at < nptl.params.sizeof.pthread_attr_t; at += 4) nptl.store(hi, lo + at, 0);
  storeSize(nptl, hi, lo + offsets(nptl).guardSize, nptl.pageSize);
  return 0;
}

/** Whether a stack may have this many bytes: no fewer than PTHREAD_STACK_MIN, no more than a size_t holds. */
function isStackSize(nptl: Nptl, bytes: number): boolean {
  return bytes >= nptl.params.PTHREAD_STACK_MIN && bytes < 2 ** Math.min(53, nptl.target.bits);
}

/** EINVAL, and nothing changed, for a size that a stack may not have. */
export function attrSetStackSize(nptl: Nptl, hi: number, lo: number, bytes: number): number {
  if (!isStackSize(nptl, bytes)) return nptl.E.EINVAL;
  storeSize(nptl, hi, lo + offsets(nptl).stackSize, bytes);
  return 0;
}

/** A stack of the program's own, from `addr` up: EINVAL for a size that a stack may not have. No address is refused. */
export function attrSetStack(nptl: Nptl, hi: number, lo: number, addr: Addr, bytes: number): number {
  if (!isStackSize(nptl, bytes)) return nptl.E.EINVAL;
  storeSize(nptl, hi, lo + offsets(nptl).stackSize, bytes);
  const end = (loOf(addr) >>> 0) + bytes;
  storeWord(nptl, hi, lo + offsets(nptl).stackAddr, hiOf(addr) + hiOfNumber(end), loOfNumber(end));
  return setFlag(nptl, hi, lo, ATTR_FLAG_STACKADDR, true);
}

/** [0, lowest address, bytes]. */
export function attrGetStack(nptl: Nptl, hi: number, lo: number): [error: number, addr: Addr, bytes: number] {
  const attr = readAttr(nptl, hi, lo, newAttributes());
  const low = (attr.stackLo >>> 0) - attr.stackSize;
  return [0, makeAddr(nptl.target.bits, attr.stackHi + hiOfNumber(low), loOfNumber(low)), attr.stackSize];
}

export function attrSetGuardSize(nptl: Nptl, hi: number, lo: number, bytes: number): number {
  storeSize(nptl, hi, lo + offsets(nptl).guardSize, bytes);
  return 0;
}

export function attrSetDetachState(nptl: Nptl, hi: number, lo: number, state: number): number {
  if (state !== PTHREAD_CREATE_JOINABLE && state !== PTHREAD_CREATE_DETACHED) return nptl.E.EINVAL;
  return setFlag(nptl, hi, lo, ATTR_FLAG_DETACHSTATE, state === PTHREAD_CREATE_DETACHED);
}

export function attrSetInheritSched(nptl: Nptl, hi: number, lo: number, inherit: number): number {
  if (inherit !== PTHREAD_INHERIT_SCHED && inherit !== PTHREAD_EXPLICIT_SCHED) return nptl.E.EINVAL;
  return setFlag(nptl, hi, lo, ATTR_FLAG_NOTINHERITSCHED, inherit === PTHREAD_EXPLICIT_SCHED);
}

export function attrGetInheritSched(nptl: Nptl, hi: number, lo: number): Pair {
  const isSet = (nptl.load(hi, lo + FLAGS_OFFSET) & ATTR_FLAG_NOTINHERITSCHED) !== 0;
  return [0, isSet ? PTHREAD_EXPLICIT_SCHED : PTHREAD_INHERIT_SCHED];
}

/** EINVAL for a policy other than SCHED_OTHER, SCHED_FIFO and SCHED_RR. */
export function attrSetSchedPolicy(nptl: Nptl, hi: number, lo: number, policy: number): number {
  if (policy !== SCHED_OTHER && policy !== SCHED_FIFO && policy !== SCHED_RR) return nptl.E.EINVAL;
  nptl.store(hi, lo + POLICY_OFFSET, policy);
  return setFlag(nptl, hi, lo, ATTR_FLAG_POLICY_SET, true);
}

export function attrGetSchedPolicy(nptl: Nptl, hi: number, lo: number): Pair {
  return [0, nptl.load(hi, lo + POLICY_OFFSET)];
}

/** EINVAL for a priority that the attribute's policy does not have; the kernel is asked which it has. */
export function attrSetSchedParam(nptl: Nptl, hi: number, lo: number, priority: number): number {
  const policy = nptl.load(hi, lo + POLICY_OFFSET);
  const { sys, target } = nptl;
  sys.number(0, policy);
  const max = sys.trap(target.nr.sched_get_priority_max!) < 0 ? -1 : sys.resultLo;
  sys.number(0, policy);
  const min = sys.trap(target.nr.sched_get_priority_min!) < 0 ? -1 : sys.resultLo;
  if (!(priority >= min && priority <= max)) return nptl.E.EINVAL;
  nptl.store(hi, lo + PRIORITY_OFFSET, priority);
  return setFlag(nptl, hi, lo, ATTR_FLAG_SCHED_SET, true);
}

export function attrGetSchedParam(nptl: Nptl, hi: number, lo: number): Pair {
  return [0, nptl.load(hi, lo + PRIORITY_OFFSET)];
}

/** ENOTSUP for PTHREAD_SCOPE_PROCESS: every thread is the kernel's. */
export function attrSetScope(nptl: Nptl, hi: number, lo: number, scope: number): number {
  if (scope === PTHREAD_SCOPE_PROCESS) return nptl.E.ENOTSUP;
  if (scope !== PTHREAD_SCOPE_SYSTEM) return nptl.E.EINVAL;
  return setFlag(nptl, hi, lo, ATTR_FLAG_SCOPEPROCESS, false);
}

export function attrGetScope(nptl: Nptl, hi: number, lo: number): Pair {
  return [0, (nptl.load(hi, lo + FLAGS_OFFSET) & ATTR_FLAG_SCOPEPROCESS) !== 0 ? PTHREAD_SCOPE_PROCESS : PTHREAD_SCOPE_SYSTEM];
}

/** Reads an attribute into `out`. */
export function readAttr(nptl: Nptl, hi: number, lo: number, out: ThreadAttributes): ThreadAttributes {
  const { guardSize, stackAddr, stackSize } = offsets(nptl);
  const flags = nptl.load(hi, lo + FLAGS_OFFSET);
  out.stackSize = loadSize(nptl, hi, lo + stackSize);
  out.guardSize = loadSize(nptl, hi, lo + guardSize);
  out.isDetached = (flags & ATTR_FLAG_DETACHSTATE) !== 0;
  out.hasStack = (flags & ATTR_FLAG_STACKADDR) !== 0;
  const low = nptl.target.bits === 64 ? lowAt(nptl) : 0;
  out.stackLo = nptl.load(hi, lo + stackAddr + low);
  out.stackHi = nptl.target.bits === 64 ? nptl.load(hi, lo + stackAddr + 4 - low) : 0;
  out.isExplicit = (flags & ATTR_FLAG_NOTINHERITSCHED) !== 0;
  out.policy = nptl.load(hi, lo + POLICY_OFFSET);
  out.priority = nptl.load(hi, lo + PRIORITY_OFFSET);
  return out;
}

/** The attributes of a null pthread_attr_t pointer. */
export function defaultAttr(nptl: Nptl, out: ThreadAttributes): ThreadAttributes {
  out.stackSize = 0;
  out.guardSize = nptl.pageSize;
  out.isDetached = false;
  out.hasStack = false;
  out.isExplicit = false;
  return out;
}
