/**
 * mincore: sys_mincore(), mm/mincore.c. Stores one byte a page: 1 for a page in memory. Up to 2.6.18 it asks
 * the page cache alone, so memory without a file is ENOMEM; later it looks at the page table first.
 *
 * Unlike Linux: whoever may map a file may ask about it. An anonymous page that was read but never written is
 * not in the page table here and counts as absent.
 */
import { EFAULT, EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { hiOfVpn, loOfVpn } from '../lib/u64.js';
import type { MincoreStep } from '../release/index.js';
import type { Mm } from './mm.js';
import { pageAlign } from './page_align.js';
import { accessOk, store8 } from './uaccess.js';
import { NONE } from './vma_set.js';

/** What the argument checks need; the vector's address is its page and the offset in it. */
interface Query {
  readonly vpn: number;
  readonly offset: number;
  readonly lenPages: number;
  readonly lenOffset: number;
  /** The length in pages, rounded up; 0 where that wraps. */
  readonly npages: number;
  readonly vec: number;
  readonly vecOffset: number;
}

/** The call is answered with 0. */
const FINISHED = 1;

function endsAbove(mm: Mm, { vpn, npages }: Query): boolean {
  return npages > mm.target.taskSize - vpn;
}

const steps: Readonly<Record<MincoreStep, (mm: Mm, query: Query) => number>> = {
  'unaligned: EINVAL': (_mm, query) => (query.offset !== 0 ? -EINVAL : 0),
  'wraps: EINVAL': (mm, query) =>
    query.npages > 0 && query.vpn + query.npages >= mm.target.vpnEnd ? -EINVAL : 0,
  'starts above TASK_SIZE: ENOMEM': (mm, query) => (query.vpn >= mm.target.taskSize ? -ENOMEM : 0),
  'ends above TASK_SIZE: EINVAL': (mm, query) => (endsAbove(mm, query) ? -EINVAL : 0),
  'length 0: 0': (_mm, query) => (query.lenPages === 0 && query.lenOffset === 0 ? FINISHED : 0),
  'rounds to 0 or ends above TASK_SIZE: ENOMEM': (mm, query) =>
    query.npages === 0 || endsAbove(mm, query) ? -ENOMEM : 0,
  'ends above TASK_SIZE, not rounded: ENOMEM': (mm, query) =>
    accessOk(mm.target, query.vpn, 0, query.lenPages, query.lenOffset) ? 0 : -ENOMEM,
  'vector above TASK_SIZE: EFAULT': (mm, query) =>
    accessOk(mm.target, query.vec, query.vecOffset, 0, query.npages) ? 0 : -EFAULT,
  'empty: 0': (_mm, query) => (query.npages === 0 ? FINISHED : 0),
};

/** Stores what is in memory at the vector. Returns 0 or a negative errno; bytes before an error are stored. */
export function doMincore(
  mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number, vec: number, vecOffset: number,
): number {
  const npages = pageAlign(mm, lenPages, lenOffset);
  const query: Query = { vpn, offset, lenPages, lenOffset, npages, vec, vecOffset };
  for (const name of mm.rules.mincore) {
    const result = steps[name](mm, query);
    if (result !== 0) return result === FINISHED ? 0 : result;
  }
  // Where nobody has looked at the length, one that rounds up to 0 is still long.
  const wraps = npages === 0 && lenPages > 0;
  const asked = wraps ? { ...query, npages: lenPages + 1 } : query;
  return mm.rules.mincoreSeesPages ? walkPages(mm, asked) : walkFiles(mm, query);
}

/** 6.x: a hole ends the call. */
function walkPages(mm: Mm, query: Query): number {
  const { vmas, pageTable } = mm;
  const end = query.vpn + query.npages;
  let index = 0;
  for (let at = query.vpn; at < end; ) {
    const h = vmas.find(at);
    if (h === NONE || vmas.vmStart[h]! > at) return -ENOMEM;
    const stop = Math.min(vmas.vmEnd[h]!, end);
    const seems = mm.rules.special.seemsPresent && mm.files[vmas.vmFile[h]!]?.isSpecial === true;
    for (; at < stop; at++) {
      const isThere = seems || pageTable.isPresent(at) || isCached(mm, h, at);
      if (storeByte(mm, query, index, isThere) < 0) return -EFAULT;
      index += 1;
    }
  }
  return 0;
}

/** 2.x: a hole is passed over, its pages have no bytes in the vector, and the result is ENOMEM. */
function walkFiles(mm: Mm, query: Query): number {
  const { vmas } = mm;
  const end = query.vpn + query.npages;
  let at = query.vpn;
  let index = 0;
  let result = 0;
  for (let h = vmas.find(at); h !== NONE; h = vmas.next(h)) {
    if (vmas.vmStart[h]! > at) {
      result = -ENOMEM;
      at = vmas.vmStart[h]!;
    }
    const stop = Math.min(vmas.vmEnd[h]!, end);
    if (at < stop && vmas.vmFile[h] === 0) return -ENOMEM;
    for (; at < stop; at++) {
      if (storeByte(mm, query, index, isCached(mm, h, at)) < 0) return -EFAULT;
      index += 1;
    }
    if (end <= vmas.vmEnd[h]!) return result;
  }
  return -ENOMEM;
}

/** Whether the file of area `h` has the page at `vpn` in memory. */
function isCached(mm: Mm, h: number, vpn: number): boolean {
  const { vmas } = mm;
  const mapping = vmas.vmFile[h] === 0 ? null : mm.files[vmas.vmFile[h]!]?.mapping;
  return mapping?.has(vmas.vmPgoff[h]! + (vpn - vmas.vmStart[h]!)) ?? false;
}

function storeByte(mm: Mm, query: Query, index: number, isThere: boolean): number {
  const { pageSize, pageShift } = mm.target;
  const at = query.vecOffset + index;
  const vpn = query.vec + Math.floor(at / pageSize);
  return store8(mm, hiOfVpn(vpn, pageShift), loOfVpn(vpn, pageShift, at % pageSize), isThere ? 1 : 0);
}
