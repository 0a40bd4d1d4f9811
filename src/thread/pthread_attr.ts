/**
 * pthread_attr_t in guest memory, as glibc lays it out (sysdeps/pthread/internaltypes.h: struct
 * pthread_attr):  schedparam, policy, flags, guardsize, stackaddr, stacksize. pthread_attr_init(3).
 */
import { EINVAL } from '../arch/generic/errno.js';
import { hiOfNumber, numberOf } from '../lib/u64.js';
import type { Nptl } from './nptl.js';

export const PTHREAD_CREATE_JOINABLE = 0;
export const PTHREAD_CREATE_DETACHED = 1;

const ATTR_FLAG_DETACHSTATE = 1;
const FLAGS_OFFSET = 8;

/** What pthread_create needs of an attribute; bytes, 0 for the default stack size. */
export interface ThreadAttributes {
  stackSize: number;
  guardSize: number;
  isDetached: boolean;
}

/** Offsets of the size_t fields. */
function offsets(nptl: Nptl): { readonly guardSize: number; readonly stackSize: number } {
  return nptl.target.bits === 32 ? { guardSize: 12, stackSize: 20 } : { guardSize: 16, stackSize: 32 };
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
  if (nptl.target.bits === 32) {
    nptl.store(hi, lo, value | 0);
    return;
  }
  const low = lowAt(nptl);
  nptl.store(hi, lo + low, value | 0);
  nptl.store(hi, lo + 4 - low, hiOfNumber(value));
}

/** All zero but the guard, whose default of 1 byte becomes a page. */
export function attrInit(nptl: Nptl, hi: number, lo: number): number {
  for (let at = 0; at < nptl.params.sizeof.pthread_attr_t; at += 4) nptl.store(hi, lo + at, 0);
  storeSize(nptl, hi, lo + offsets(nptl).guardSize, nptl.pageSize);
  return 0;
}

/** EINVAL, and nothing changed, for a size below PTHREAD_STACK_MIN or above what a size_t holds. */
export function attrSetStackSize(nptl: Nptl, hi: number, lo: number, bytes: number): number {
  if (!(bytes >= nptl.params.PTHREAD_STACK_MIN) || bytes >= 2 ** Math.min(53, nptl.target.bits)) return EINVAL;
  storeSize(nptl, hi, lo + offsets(nptl).stackSize, bytes);
  return 0;
}

export function attrSetGuardSize(nptl: Nptl, hi: number, lo: number, bytes: number): number {
  storeSize(nptl, hi, lo + offsets(nptl).guardSize, bytes);
  return 0;
}

export function attrSetDetachState(nptl: Nptl, hi: number, lo: number, state: number): number {
  if (state !== PTHREAD_CREATE_JOINABLE && state !== PTHREAD_CREATE_DETACHED) return EINVAL;
  const flags = nptl.load(hi, lo + FLAGS_OFFSET);
  const isDetached = state === PTHREAD_CREATE_DETACHED;
  nptl.store(hi, lo + FLAGS_OFFSET, isDetached ? flags | ATTR_FLAG_DETACHSTATE : flags & ~ATTR_FLAG_DETACHSTATE);
  return 0;
}

/** Reads an attribute into `out`. */
export function readAttr(nptl: Nptl, hi: number, lo: number, out: ThreadAttributes): ThreadAttributes {
  const { guardSize, stackSize } = offsets(nptl);
  out.stackSize = loadSize(nptl, hi, lo + stackSize);
  out.guardSize = loadSize(nptl, hi, lo + guardSize);
  out.isDetached = (nptl.load(hi, lo + FLAGS_OFFSET) & ATTR_FLAG_DETACHSTATE) !== 0;
  return out;
}

/** The attributes of a null pthread_attr_t pointer. */
export function defaultAttr(nptl: Nptl, out: ThreadAttributes): ThreadAttributes {
  out.stackSize = 0;
  out.guardSize = nptl.pageSize;
  out.isDetached = false;
  return out;
}
