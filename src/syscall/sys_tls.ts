/**
 * Where x86 keeps a thread's TLS: set_thread_area(2) and get_thread_area(2) of 32-bit tasks, arch_prctl(2) of 64-bit
 * ones. arch/x86/kernel/{tls,process_64}.c of Linux 6.1.
 */
import { EFAULT, EINVAL, EPERM, ESRCH } from '../arch/generic/errno.js';
import { vpnOf } from '../lib/u64.js';
import { FAULT } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';
import { getWord, putLong, putWord } from './user_words.js';

/** struct user_desc: entry_number, base_addr, limit, bits. */
const WORDS = 4;
const ENTRIES = 3;

const SEG_32BIT = 1;
const CONTENTS = 6;
const READ_EXEC_ONLY = 8;
const SEG_NOT_PRESENT = 0x20;
const USEABLE = 0x40;

/** tls_desc_okay(): an empty descriptor, or 32-bit data that is present. */
function isAllowed(base: number, limit: number, bits: number): boolean {
  const isEmpty = base === 0 && limit === 0 && (bits & 0x7f) === (READ_EXEC_ONLY | SEG_NOT_PRESENT);
  const isZero = base === 0 && limit === 0 && (bits & 0x7f) === 0;
  if (isEmpty || isZero) return true;
  return (bits & SEG_32BIT) !== 0 && (bits & CONTENTS) <= 2 && (bits & SEG_NOT_PRESENT) === 0;
}

function read(k: Kernel): number[] | null {
  const words = Array.from({ length: WORDS }, (_, i) => getWord(k, k.hi(0), k.lo(0), 4 * i));
  return words.includes(FAULT) ? null : words;
}

/** set_thread_area(user_desc): entry -1 takes a free one, and tells which. */
export function sysSetThreadArea(k: Kernel): number {
  const words = read(k);
  if (words === null) return -EFAULT;
  const [entry, base, limit, bits] = words as [number, number, number, number];
  if (!isAllowed(base, limit, bits)) return -EINVAL;
  const areas = k.extras.tlsAreas.get(k.current) ?? [];
  let i = entry - k.target.tlsEntry;
  if (entry === -1) {
    i = Array.from({ length: ENTRIES }, (_, at) => at).find((at) => areas[at] === undefined) ?? -1;
    if (i < 0) return -ESRCH;
    if (putWord(k, k.hi(0), k.lo(0), 0, i + k.target.tlsEntry) < 0) return -EFAULT;
  }
  if (i < 0 || i >= ENTRIES) return -EINVAL;
  areas[i] = (bits & USEABLE) === 0 && base === 0 && limit === 0 ? undefined : [base, limit, bits];
  k.extras.tlsAreas.set(k.current, areas);
  return 0;
}

/** get_thread_area(user_desc). */
export function sysGetThreadArea(k: Kernel): number {
  const entry = getWord(k, k.hi(0), k.lo(0));
  if (entry === FAULT) return -EFAULT;
  const i = entry - k.target.tlsEntry;
  if (i < 0 || i >= ENTRIES) return -EINVAL;
  const words = k.extras.tlsAreas.get(k.current)?.[i] ?? [0, 0, READ_EXEC_ONLY | SEG_NOT_PRESENT];
  for (let at = 0; at < words.length; at++) if (putWord(k, k.hi(0), k.lo(0), 4 * (at + 1), words[at]!) < 0) return -EFAULT;
  return 0;
}

const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;

/** arch_prctl(code, address). A 32-bit task's has none of these. */
export function sysArchPrctl(k: Kernel): number {
  if (k.target.bits === 32) return -EINVAL;
  const code = k.lo(0);
  const which = code === ARCH_SET_FS || code === ARCH_GET_FS ? 'fs' : 'gs';
  const bases = k.extras.segmentBases.get(k.current) ?? { fs: { hi: 0, lo: 0 }, gs: { hi: 0, lo: 0 } };
  if (code === ARCH_SET_FS || code === ARCH_SET_GS) {
    if (vpnOf(k.hi(1), k.lo(1), k.target.pageShift) >= k.target.taskSize) return -EPERM;
    k.extras.segmentBases.set(k.current, { ...bases, [which]: { hi: k.hi(1), lo: k.lo(1) } });
    return 0;
  }
  if (code !== ARCH_GET_FS && code !== ARCH_GET_GS) return -EINVAL;
  return putLong(k, k.hi(1), k.lo(1), 0, 8, bases[which].hi, bases[which].lo);
}
