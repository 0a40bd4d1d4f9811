/**
 * msync: sys_msync(), mm/msync.c. What shared areas of a granted file changed goes to the file, whether
 * MS_SYNC or MS_ASYNC asks for it.
 */
import { EBUSY, EINVAL, ENOMEM } from '../arch/generic/errno.js';
import { VM_LOCKED, VM_SHARED } from '../arch/generic/mman.js';
import { MS_ASYNC, MS_INVALIDATE, MS_SYNC } from '../arch/generic/mman_calls.js';
import type { Mm } from './mm.js';
import { pageAlign } from './page_align.js';
import { NONE } from './vma_set.js';

/** Returns 0, or -EINVAL (2.4: the range wraps, too), -ENOMEM (it wraps, or has a hole), -EBUSY (MS_INVALIDATE of locked memory). */
export function doMsync(
  mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number, flags: number,
): number {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0 || offset !== 0) return -EINVAL;
  if ((flags & MS_ASYNC) !== 0 && (flags & MS_SYNC) !== 0) return -EINVAL;
  const npages = pageAlign(mm, lenPages, lenOffset);
  if (npages === 0) return 0;
  const end = vpn + npages;
  if (end >= mm.target.vpnEnd) return mm.rules.msyncWraps === 'EINVAL' ? -EINVAL : -ENOMEM;
  return walkAreas(mm, vpn, end, flags);
}

/** Holes are passed over and make the result ENOMEM; 2.6.18 forgets them where no area follows the range. */
function walkAreas(mm: Mm, start: number, end: number, flags: number): number {
  const { vmas } = mm;
  let at = start;
  let result = 0;
  let h = vmas.find(start);
  if (h === NONE) return -ENOMEM;
  for (; h !== NONE; h = vmas.next(h)) {
    if (vmas.vmStart[h]! > at) result = -ENOMEM;
    if (vmas.vmStart[h]! >= end) return result;
    if ((flags & MS_INVALIDATE) !== 0 && (vmas.vmFlags[h]! & VM_LOCKED) !== 0) return -EBUSY;
    if ((flags & (MS_SYNC | MS_ASYNC)) !== 0) writeBack(mm, h, start, end);
    at = vmas.vmEnd[h]!;
    if (at >= end) return result;
  }
  return mm.rules.msyncForgetsEnd ? 0 : -ENOMEM;
}

/** The part of area `h` in [start, end). */
function writeBack(mm: Mm, h: number, start: number, end: number): void {
  const { vmas } = mm;
  const mapping = vmas.vmFile[h] === 0 ? null : mm.files[vmas.vmFile[h]!]?.mapping;
  if (!mapping || (vmas.vmFlags[h]! & VM_SHARED) === 0) return;
  const byPgoff = vmas.vmPgoff[h]! - vmas.vmStart[h]!;
  mapping.writeBack(Math.max(vmas.vmStart[h]!, start) + byPgoff, Math.min(vmas.vmEnd[h]!, end) + byPgoff);
}
