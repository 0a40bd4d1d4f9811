/**
 * Layouts that depend on the stack limit: where a top-down mmap area starts. Linux 6.1, arch/x86/mm/mmap.c:
 * mmap_base(), without randomisation.
 */

const MIN_GAP = 128 * 1024 * 1024;

/**
 * Pages between the end of the address space and mmap_base: the stack's soft limit and the guard gap, at
 * least 128 MiB, at most five sixths of the space. An unlimited stack takes the most.
 */
export function gapBelowStack(stackBytes: number, taskSize: number, guardGap: number, pageSize: number): number {
  const most = Math.floor(taskSize / 6) * 5;
  const wanted = Math.floor(stackBytes / pageSize) + guardGap;
  return Math.min(Math.max(wanted, MIN_GAP / pageSize), most);
}
