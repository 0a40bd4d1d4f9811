/**
 * Where a host and the newest record differ by design, one entry each, with the reason. An entry keeps calls
 * out of the programs, or a column of /proc/PID/maps out of the comparison; all else must be equal.
 */
import {
  MADV_COLLAPSE, MADV_GUARD_INSTALL, MADV_HUGEPAGE, MADV_HWPOISON, MADV_MERGEABLE, MADV_NOHUGEPAGE, MADV_PAGEOUT,
  MADV_SOFT_OFFLINE, MADV_UNMERGEABLE,
} from '../../src/arch/generic/mman_calls.js';
import type { Call } from './arena_program.js';
import type { Facts } from './host.js';

export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** Whether it is there on this host. */
  appliesTo(host: Facts): boolean;
  /** Calls that no program makes, or none after `earlier` ones. */
  readonly avoids?: (call: Call, earlier: readonly Call[]) => boolean;
  /** A column, or kind of byte, that is not compared. */
  readonly ignores?: 'device' | 'zero pages' | 'removed pages';
}

const everywhere = () => true;
const MAP_TYPE = 0xf;
const MAP_SHARED = 1;
const MAP_DROPPABLE = 8;
const MAP_STACK = 0x20000;
const MAP_HUGETLB = 0x40000;
const MAP_SYNC = 0x80000;
const PROT_EXEC = 4;

function mapFlags(call: Call): number {
  return call.name === 'mmap' ? call.flags : 0;
}

function isAdvice(call: Call, ...values: number[]): boolean {
  return call.name === 'madvise' && values.includes(call.advice);
}

export const differences: readonly Difference[] = [
  {
    name: 'device of shared memory',
    reason: 'the number of the internal tmpfs mount depends on what was mounted before it; here it is 00:00',
    appliesTo: everywhere,
    ignores: 'device',
  },
  {
    name: 'zero pages in mincore',
    reason: 'anonymous memory that was read and never written has no page here, and the zero page on the host',
    appliesTo: everywhere,
    ignores: 'zero pages',
  },
  {
    name: 'MADV_REMOVE of pages mapped twice',
    reason: 'a page that is mapped elsewhere, too, is emptied here and stays; the host takes it from all, says mincore',
    appliesTo: everywhere,
    ignores: 'removed pages',
  },
  {
    name: 'MADV_PAGEOUT',
    reason: 'pages leave memory, unwritten shared ones also without swap, and mincore says so; here none ever leaves',
    appliesTo: everywhere,
    avoids: (call) => isAdvice(call, MADV_PAGEOUT),
  },
  {
    name: 'MAP_DROPPABLE',
    reason: 'its flag is bit 40, and area flags have 32 bits here; EINVAL as before 6.11',
    appliesTo: everywhere,
    avoids: (call) => (mapFlags(call) & MAP_TYPE) === MAP_DROPPABLE,
  },
  {
    name: 'MAP_HUGETLB',
    reason: 'pages of other sizes are not modelled; the flag is ignored',
    appliesTo: everywhere,
    avoids: (call) => (mapFlags(call) & MAP_HUGETLB) !== 0,
  },
  {
    name: 'MAP_SYNC',
    reason: 'a flag for files on persistent memory, which no machine here has; it keeps areas from merging',
    appliesTo: everywhere,
    avoids: (call) => (mapFlags(call) & MAP_SYNC) !== 0,
  },
  {
    name: 'MADV_COLLAPSE',
    reason: 'an unknown advice here (src/mm/madvise.ts): it changes nothing that can be seen',
    appliesTo: everywhere,
    avoids: (call) => isAdvice(call, MADV_COLLAPSE),
  },
  {
    name: 'remap_file_pages after MADV_GUARD_INSTALL',
    reason: 'later kernels of 6.18 mark areas with VM_MAYBE_GUARD, which this call compares; 6.18.35 does not',
    appliesTo: everywhere,
    avoids: (call, earlier) =>
      call.name === 'remap_file_pages' && earlier.some((made) => isAdvice(made, MADV_GUARD_INSTALL)),
  },
  {
    name: 'MADV_HWPOISON and MADV_SOFT_OFFLINE',
    reason: 'they take away memory of the host',
    appliesTo: everywhere,
    avoids: (call) => isAdvice(call, MADV_HWPOISON, MADV_SOFT_OFFLINE),
  },
  {
    name: 'MAP_STACK and huge pages',
    reason: 'a kernel without CONFIG_TRANSPARENT_HUGEPAGE has no VM_NOHUGEPAGE, nor the advice about them',
    appliesTo: (host) => !host.hasHugePages,
    avoids: (call) => (mapFlags(call) & MAP_STACK) !== 0 || isAdvice(call, MADV_HUGEPAGE, MADV_NOHUGEPAGE),
  },
  {
    name: 'MADV_MERGEABLE and MADV_UNMERGEABLE',
    reason: 'a kernel without CONFIG_KSM does not know them',
    appliesTo: (host) => !host.mergesPages,
    avoids: (call) => isAdvice(call, MADV_MERGEABLE, MADV_UNMERGEABLE),
  },
  {
    name: 'shared memory in huge pages',
    reason: 'where shmem_enabled is not "never", such memory is aligned to them as private memory is',
    appliesTo: (host) => host.sharesHugePages,
    avoids: (call) => (mapFlags(call) & MAP_TYPE) === MAP_SHARED && call.addr === 0n,
  },
  {
    name: 'PROT_EXEC alone',
    reason: 'with protection keys such memory cannot be read, and its key is part of the flags that merging compares',
    appliesTo: (host) => host.cpu.has('ospke'),
    avoids: (call) => (call.name === 'mmap' || call.name === 'mprotect') && (call.prot & 7) === PROT_EXEC,
  },
  {
    name: 'five levels of page tables',
    reason: 'TASK_SIZE_MAX is 2^56 there, the record\'s is 2^47: lengths and addresses beyond would be real',
    appliesTo: (host) => host.cpu.has('la57'),
    avoids: (call) => Object.values(call).some((value) => typeof value === 'bigint' && value >= 2n ** 46n),
  },
];
