/** remap_file_pages(start, size, prot, pgoff, flags). */
import { numberOf } from '../lib/u64.js';
import { doRemapFilePages } from '../mm/remap_file_pages.js';
import type { Kernel } from './kernel.js';

export function sysRemapFilePages(k: Kernel): number {
  return doRemapFilePages(k.mm, {
    vpn: k.vpn(0), offset: k.offset(0), sizePages: k.vpn(1), sizeOffset: k.offset(1),
    prot: k.lo(2), pgoff: numberOf(k.hi(3), k.lo(3)), flags: k.lo(4),
  });
}
