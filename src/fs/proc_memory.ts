/** What /proc/PID/status says of memory: pages by kind, counted as the release counts them. */
import {
  VM_EXEC, VM_EXECUTABLE, VM_GROWSDOWN, VM_GROWSUP, VM_IO, VM_RESERVED, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import type { Mm } from '../mm/mm.js';
import { NONE } from '../mm/vma_set.js';
import type { StatusRules } from '../release/status_fields.js';

export interface MemoryCounts {
  readonly data: number;
  readonly stack: number;
  readonly exe: number;
  readonly lib: number;
}

const STACK = VM_GROWSDOWN | VM_GROWSUP;

/** Pages of each kind. */
export function memoryCounts(mm: Mm, rules: StatusRules): MemoryCounts {
  return rules.memory === 'walk' ? byWalk(mm) : byCounts(mm, rules.memory === 'data_vm', rules.clampsExe);
}

/** 2.5.46, fs/proc/array.c: task_mem(). */
function byWalk(mm: Mm): MemoryCounts {
  let [data, stack, exec, lib] = [0, 0, 0, 0];
  forEachArea(mm, (npages, flags, file) => {
    if (file === 0) {
      data += npages;
      if ((flags & VM_GROWSDOWN) !== 0) stack += npages;
    } else if ((flags & (VM_WRITE | VM_EXEC)) === VM_EXEC) {
      exec += npages;
      if ((flags & VM_EXECUTABLE) === 0) lib += npages;
    }
  });
  return { data: data - stack, stack, exe: exec - lib, lib };
}

/**
 * 2.6.9, mm/mmap.c: __vm_stat_account(); 4.9: vm_stat_account(), with data_vm of its own, to which a register stack is
 * data (VM_STACK). VmLib is below 0 where text is not mapped executable any more.
 */
function byCounts(mm: Mm, hasDataVm: boolean, clampsExe: boolean): MemoryCounts {
  let [shared, stack, exec, data] = [0, 0, 0, 0];
  forEachArea(mm, (npages, flags, file) => {
    if (hasDataVm) {
      if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) === VM_EXEC) exec += npages;
      else if ((flags & VM_GROWSDOWN) !== 0) stack += npages;
      else if ((flags & (VM_WRITE | VM_SHARED)) === VM_WRITE) data += npages;
    } else if (file !== 0 && mm.files[file]!.isSpecial !== true) {
      shared += npages;
      if ((flags & (VM_EXEC | VM_WRITE)) === VM_EXEC) exec += npages;
    } else if ((flags & STACK) !== 0) {
      stack += npages;
    }
  });
  const exe = clampsExe ? Math.min(textPages(mm), exec) : textPages(mm);
  return { data: hasDataVm ? data : mm.totalVm - shared - stack, stack, exe, lib: exec - exe };
}

function textPages(mm: Mm): number {
  return mm.endCode - mm.startCode;
}

function forEachArea(mm: Mm, visit: (npages: number, flags: number, file: number) => void): void {
  const { vmas } = mm;
  for (let h = vmas.first(); h !== NONE; h = vmas.next(h)) {
    visit(vmas.vmEnd[h]! - vmas.vmStart[h]!, vmas.vmFlags[h]!, vmas.vmFile[h]!);
  }
}

/** mm->reserved_vm. */
export function reservedPages(mm: Mm): number {
  let reserved = 0;
  forEachArea(mm, (npages, flags) => {
    if ((flags & (VM_IO | VM_RESERVED)) !== 0) reserved += npages;
  });
  return reserved;
}

/** Pages present, by what stands behind them. */
export interface RssCounts {
  readonly anon: number;
  readonly file: number;
  readonly shmem: number;
}

export function rssCounts(mm: Mm): RssCounts {
  const counts = { anon: 0, file: 0, shmem: 0 };
  mm.pageTable.forEachPage((vpn, pfn) => {
    const { vmas } = mm;
    const h = vmas.find(vpn);
    const mapping = vmas.vmFile[h] === 0 ? null : (mm.files[vmas.vmFile[h]!]?.mapping ?? null);
    const isShared = (vmas.vmFlags[h]! & VM_SHARED) !== 0;
    const isCopy = mapping === null || (!isShared && mapping.pfnAt(vmas.vmPgoff[h]! + vpn - vmas.vmStart[h]!) !== pfn);
    if (isCopy) counts.anon += 1;
    else if (mapping.isAnonymous) counts.shmem += 1;
    else counts.file += 1;
  });
  return counts;
}

/**
 * Pages of page tables by level, the lowest first: one level on 32-bit kernels, three below the root on 64-bit ones.
 * Unlike Linux: pages that were only read have no entry here, and tables go with their last entry.
 */
export function pageTablePages(mm: Mm): number[] {
  const { kernelBits, pageSize } = mm.target;
  const perTable = pageSize / (kernelBits / 8);
  const tables = Array.from({ length: kernelBits === 32 ? 1 : 3 }, () => new Set<number>());
  mm.pageTable.forEachPage((vpn) => {
    let n = vpn;
    for (const level of tables) {
      n = Math.floor(n / perTable);
      level.add(n);
    }
  });
  return tables.map((level) => level.size);
}
