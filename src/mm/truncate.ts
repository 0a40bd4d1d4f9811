/** unmap_mapping_range(), mm/memory.c: what a file loses at its end, no address space shows any more. */
import type { AddressSpace } from './address_space.js';
import type { Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** Takes pages of `mapping` from index `first` on out of the page tables of `mm`, private copies too. */
export function unmapMappingRange(mm: Mm, mapping: AddressSpace, first: number): void {
  const { vmas } = mm;
  for (let h = vmas.first(); h !== NONE; h = vmas.next(h)) {
    if (vmas.vmFile[h] === 0 || mm.files[vmas.vmFile[h]!]?.mapping !== mapping) continue;
    const start = vmas.vmStart[h]! + Math.max(first - vmas.vmPgoff[h]!, 0);
    if (start < vmas.vmEnd[h]!) mm.pageTable.zap(start, vmas.vmEnd[h]!);
  }
}
