/** PAGE_ALIGN of lengths. */
import type { Mm } from './mm.js';

/** A length of `pages` and `offset` bytes more, in pages; 0 when it wraps, as it does in the kernel. */
export function pageAlign(mm: Mm, pages: number, offset: number): number {
  const npages = pages + (offset > 0 ? 1 : 0);
  return npages >= mm.target.vpnEnd ? 0 : npages;
}
