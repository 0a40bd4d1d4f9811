/** mmap and VM_* values that most machines share: Linux 2.5.46 asm-i386/mman.h, include/linux/mm.h. */
import { type Release, since } from '../../release/index.js';
import type { MapFlags } from '../arch.js';

export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const PROT_SEM = 8;
export const PROT_GROWSDOWN = 0x1000000;
export const PROT_GROWSUP = 0x2000000;

export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_MAYSHARE = 0x80;
export const VM_GROWSDOWN = 0x100;
export const VM_GROWSUP = 0x200;
export const VM_PFNMAP = 0x400;
export const VM_DENYWRITE = 0x800;
export const VM_EXECUTABLE = 0x1000;
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_NORESERVE = 0x200000;
export const VM_DONTDUMP = 0x4000000;
export const VM_NOHUGEPAGE = 0x40000000;
export const VM_RESERVED = 0x80000;
export const VM_ACCOUNT = 0x100000;

export const VM_MAYRWX = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
/** VM_DATA_DEFAULT_FLAGS of every machine here: asm-{i386,sparc64,ia64}/page.h. */
export const VM_DATA_DEFAULT_FLAGS = VM_READ | VM_WRITE | VM_EXEC | VM_MAYRWX;
export const VM_STACK_FLAGS = VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT;

export const genericMap: MapFlags = {
  SHARED: 0x1,
  PRIVATE: 0x2,
  TYPE: 0xf,
  SHARED_VALIDATE: 0x3,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  GROWSDOWN: 0x100,
  GROWSUP: 0,
  DENYWRITE: 0x800,
  EXECUTABLE: 0x1000,
  LOCKED: 0x2000,
  NORESERVE: 0x4000,
  POPULATE: 0x8000,
  NONBLOCK: 0x10000,
  STACK: 0x20000,
  FIXED_NOREPLACE: 0x100000,
  LOW32: 0,
  OTHER_LEGACY: 0x7c040000, // MAP_HUGETLB, MAP_HUGE_2MB, MAP_HUGE_1GB
};

/** LEGACY_MAP_MASK, include/linux/mman.h of 6.1: what MAP_SHARED_VALIDATE lets pass. */
export function legacyMapMask(map: MapFlags): number {
  return map.SHARED | map.PRIVATE | map.FIXED | map.ANONYMOUS | map.DENYWRITE | map.EXECUTABLE | map.GROWSDOWN |
    map.LOCKED | map.NORESERVE | map.POPULATE | map.NONBLOCK | map.STACK | map.OTHER_LEGACY;
}

/** x86 knows MAP_32BIT in both word sizes, and MAP_ABOVE4G from 6.6 on. */
export function x86OtherLegacy(release: Release): number {
  return genericMap.OTHER_LEGACY | since(release, 0x40, '6.6', 0xc0);
}

/** The same as the release has them: MAP_POPULATE and MAP_NONBLOCK are of 2.5.46 (ia64: later). */
export function genericMapOf(release: Release, populates = '2.5.46'): MapFlags {
  return since(release, { ...genericMap, POPULATE: 0, NONBLOCK: 0 }, populates, genericMap);
}
