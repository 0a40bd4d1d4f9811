/**
 * mmap: do_mmap_pgoff() of 2.x and do_mmap() with mmap_region() of 6.x, mm/mmap.c. The checks and their order
 * are the release's (src/release/mm_rules.ts names them, mmap_steps.ts does them); here the area is made or
 * merged. What stands in front of it in a machine's system call (sparc64's hole, ia64's regions) is in
 * src/syscall/sys_mmap.ts.
 */
import { VM_LOCKED, VM_SHARED } from '../arch/generic/mman.js';
import { FINISHED, type Mm } from './mm.js';
import { pageAlign } from './page_align.js';
import type { MappedFile, MmapArgs } from './requests.js';
import { populate } from './populate.js';
import { shmemZeroSetup } from './shmem.js';
import { vmaMerge } from './vma_merge.js';

export { type MmapArgs, newMmapArgs, type OpenFile } from './requests.js';

/** Maps, and returns the page number of the address (see `resultOffset`) or a negative errno. */
export function doMmap(mm: Mm, args: MmapArgs): number {
  args.resultOffset = 0;
  args.charged = 0;
  args.replaced = 0;
  args.givenBack = 0;
  args.noReplace = false;
  args.npages = pageAlign(mm, args.lenPages, args.lenOffset);
  const steps = args.file === null ? mm.anonymousSteps : mm.mmapSteps;
  for (let i = 0; i < steps.length; i++) {
    const result = steps[i]!(mm, args);
    if (result === FINISHED) return args.vpn;
    if (result < 0) return result;
  }
  return mapArea(mm, args);
}

/**
 * mmap_region() of 3.x alone, behind the checks of do_mmap_pgoff(): from the unmapping on. `at`, `npages`, `vmFlags`
 * and the file are known.
 */
export function mmapRegion(mm: Mm, args: MmapArgs): number {
  args.charged = 0;
  for (let i = mm.rules.mmap.indexOf('unmap what is there'); i < mm.mmapSteps.length; i++) {
    const result = mm.mmapSteps[i]!(mm, args);
    if (result < 0) return result;
  }
  return mapArea(mm, args);
}

/** Every check has passed and nothing is mapped there: the area merges with a neighbour or is made. */
function mapArea(mm: Mm, args: MmapArgs): number {
  const { vmas } = mm;
  const { at, npages, vmFlags } = args;
  const end = at + npages;
  const above = vmas.find(at);
  const isShared = (vmFlags & VM_SHARED) !== 0;
  const pgoff = mm.rules.anonymousPgoff && args.file === null && !isShared ? at : args.pgoff;
  const mapped = mappedFile(mm, args);
  if (typeof mapped === 'number') return mapped;
  const file = mm.fileIndex(mapped);
  const mayMerge = mm.rules.merges === 'anonymous' ? args.file === null && !isShared : file === 0 || args.file !== null;
  if (!(mayMerge && vmaMerge(mm, above, at, end, vmFlags, file, pgoff))) {
    mm.addArea(above, at, end, pgoff, vmFlags, file);
  }
  mm.account(vmFlags, npages);
  if ((vmFlags & VM_LOCKED) !== 0) mm.lockedVm += npages;
  mm.notePeak();
  if (isPopulated(mm, args)) populate(mm, at, end, true);
  return at;
}

/** Whether the pages are made present at once: MAP_POPULATE does that up to 2.6.18 for shared memory alone. */
function isPopulated(mm: Mm, { flags, vmFlags }: MmapArgs): boolean {
  const { POPULATE, NONBLOCK } = mm.target.map;
  if ((vmFlags & VM_LOCKED) !== 0) return true;
  if (POPULATE === 0 || (flags & POPULATE) === 0) return false;
  return mm.rules.populatesPrivate ? (flags & NONBLOCK) === 0 : (vmFlags & VM_SHARED) !== 0;
}

/** What stands behind the area: a file, new shared memory or why there is none (a negative errno), or nothing. */
function mappedFile(mm: Mm, args: MmapArgs): MappedFile | number | null {
  const isShared = (args.vmFlags & VM_SHARED) !== 0;
  if (args.file !== null && !(isShared && args.file.mapped.isZero)) return args.file.mapped;
  return isShared ? shmemZeroSetup(mm, args) : null;
}
