/**
 * ia64's region for huge pages: is_hugepage_only_range() looks at the first byte of a range and at the last. Linux 2.6.13,
 * mm/mmap.c: get_unmapped_area(), include/asm-ia64/page.h. (do_mmap2() in front of it refuses what reaches so high.)
 */
import { expect, it } from 'vitest';
import { EINVAL, ENOMEM } from '../../src/arch/generic/errno.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { initRlimits } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { Vm } from '../../src/mm/vm.js';
import { targetNamed } from '../arch/targets.js';

const FIXED_ANONYMOUS = 0x32;
/** 0xa000000000000000 in pages of 16 KiB: where user space and the region end. */
const END = 0xa0000 * 2 ** 30;

it.each([
  ['aligned, wholly in the region', 0, -EINVAL],
  ['unaligned, its last byte beyond the region', 1, -ENOMEM],
])('a fixed page %s', (_what, offset, result) => {
  const target = targetNamed('ia64', '2.6.13');
  const mm = makeMm(target, new Vm(2 ** 20), new PhysicalMemory(target.pageSize, false, 2 ** 20), initRlimits(), {
    search: target.search, maxMapCount: 100,
  });
  mm.exec(target.newTask, { path: '/bin/program', major: 3, minor: 1, inode: 1 });
  expect(target.taskSize).toBe(END);
  expect(doMmap(mm, { ...newMmapArgs(), vpn: END - 1, offset, lenPages: 1, prot: 3, flags: FIXED_ANONYMOUS })).toBe(result);
});
