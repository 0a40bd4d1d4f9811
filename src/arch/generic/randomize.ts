/**
 * Address-space randomisation (PF_RANDOMIZE), from 2.6.12 on: how many pages mmap_base, the stack and brk move, and
 * a target that has been moved by a seed. Linux 2.6.12-rc1 and 2.6.18, arch/i386/mm/mmap.c, arch/x86_64/mm/mmap.c,
 * arch/x86_64/ia32/mmap32.c, fs/binfmt_elf.c: randomize_stack_top(); 3.6 to 6.13, arch/x86/mm/mmap.c,
 * arch/x86/include/asm/elf.h: STACK_RND_MASK, arch/x86/kernel/process.c: arch_randomize_brk(); 2.6.18, 3.6 and 3.8,
 * arch/sparc64/kernel/sys_sparc.c, arch/sparc/kernel/sys_sparc_64.c (to 6.13): arch_pick_mmap_layout(); 6.13,
 * fs/binfmt_elf.c: load_elf_binary().
 *
 * The vdso: 3.6 and 3.8, arch/x86/vdso/vma.c, 4.12 and 6.1, arch/x86/entry/vdso/vma.c: vdso_addr(), which 6.13 has no
 * more; 6.1 and 6.13, arch/sparc/vdso/vma.c: map_vdso(). The arguments of the program fill less than a page of the stack.
 *
 * The seed takes the place of the kernel's random numbers. Unlike Linux: where exec puts the stack pointer in its
 * page, and where MAP_32BIT begins, do not move.
 */
import { Rng } from '../../lib/rng.js';
import { isSince, type Release, since } from '../../release/index.js';
import type { ImageArea, Randomization, Target } from '../arch.js';
import { x86TopDownBase } from './layout.js';

/** Pages that a page table maps on x86, and on sparc64: PTRS_PER_PTE. */
const X86_PTRS_PER_PTE = 512;
const SPARC64_PTRS_PER_PTE = 1024;
/** In a record whose vdso goes where the search finds room for it. */
const VDSO_BY_SEARCH = { vdsoHint: null, vdsoShift: 0 } as const;

/** x86's, for a space that ends at `end`, or null where the release has none. */
export function x86Randomization(
  release: Release, end: number, pageSize: number, is64bit: boolean,
): Randomization | null {
  if (!isSince(release, '2.6.12-rc1')) return null;
  // 64-bit tasks have no layout of their own before 2.6.18: their stack alone moves, by fs/binfmt_elf.c's 8 MiB.
  const isStackOnly = is64bit && !isSince(release, '2.6.18');
  // 22 bits, which an unsigned int cuts down to 20 before 4.0: randomize_stack_top(), stack_maxrandom_size().
  const stack = is64bit && !isStackOnly ? since(release, 2 ** 20, '4.0', 2 ** 22) : 2 ** 11;
  const range = isStackOnly ? 0 : is64bit ? 2 ** 28 : 2 ** 8;
  const legacy32 = since(release, 0, '4.12', range);
  return {
    down: range, // 1 MiB for 32-bit tasks, in 2.6.12 by bytes
    up: is64bit ? range : legacy32,
    upMovesBase: isSince(release, '4.12'),
    stack,
    movesRegisterStack: false,
    brk: since(release, 0, '3.6', 2 ** 25 / pageSize, '6.13', (is64bit ? 2 ** 30 : 2 ** 25) / pageSize),
    brkGap: brkGap(release),
    topDownBase: x86TopDownBase(release, end, pageSize, since(release, 0, '3.6', stack - 1)),
    vdsoHint: is64bit ? vdsoAddr(release) : null,
    vdsoShift: 0,
  };
}

/** vdso_addr() of 64-bit tasks: a place between the end of the stack and the end of the page table that maps what is there. */
function vdsoAddr(release: Release): Randomization['vdsoHint'] {
  return since<Randomization['vdsoHint']>(
    release, null, '3.6', vdsoAddrCutOff, '4.12', vdsoAddrInRange, '6.13', null,
  );
}

/** A page of the next 512, or the last place in the page table that ends next: it is in the stack if that is too near. */
function vdsoAddrCutOff(stackTop: number, npages: number, taskSize: number, below: (range: number) => number): number {
  const last = Math.min(endOfPageTable(stackTop), taskSize) - npages;
  return Math.min(stackTop + below(X86_PTRS_PER_PTE), last);
}

/** Any place in the page table in which the lowest one ends. */
function vdsoAddrInRange(stackTop: number, npages: number, taskSize: number, below: (range: number) => number): number {
  const last = Math.min(endOfPageTable(stackTop + npages), taskSize) - npages;
  return last > stackTop ? stackTop + below(last - stackTop + 1) : stackTop;
}

function endOfPageTable(vpn: number): number {
  return Math.ceil(vpn / X86_PTRS_PER_PTE) * X86_PTRS_PER_PTE;
}

/** A page is left between .bss and the heap, whether the machine moves the heap further or not: 6.13. */
function brkGap(release: Release): number {
  return since(release, 0, '6.13', 1);
}

/**
 * sparc64's, of 2.6.18 to 6.13: the heap does not move. From 3.8 on mmap_base going up moves, too, but the search starts at
 * TASK_UNMAPPED_BASE. `topDownBase`: mmap_base before it moves.
 */
export function sparcRandomization(
  release: Release, is32bit: boolean, pageSize: number, topDownBase: Randomization['topDownBase'],
): Randomization | null {
  if (!isSince(release, '2.6.18')) return null;
  const bytes = is32bit ? since(release, 2 ** 20, '3.6', 2 ** 23) : since(release, 2 ** 32, '3.6', 2 ** 30);
  const mmap = bytes / pageSize;
  // STACK_RND_MASK counts pages of 8 KiB like those of 4 KiB in 2.6.18.
  const stack = since(release, 2 ** 24, '3.6', 2 ** 23) / pageSize;
  // Above where the search finds room, if the pages there are free.
  const vdsoShift = since(release, 0, '6.1', SPARC64_PTRS_PER_PTE);
  return {
    down: mmap,
    up: mmap,
    upMovesBase: false,
    stack,
    movesRegisterStack: false,
    brk: 0,
    brkGap: brkGap(release),
    topDownBase,
    vdsoHint: null,
    vdsoShift,
  };
}

/** ia64's, read in 3.6 to 6.1: the two stacks alone move, by less than 8 MiB: fs/binfmt_elf.c, ia64_set_rbs_bot(). */
export function ia64Randomization(release: Release, pageSize: number): Randomization | null {
  if (!isSince(release, '3.6')) return null;
  const stack = 2 ** 23 / pageSize;
  return {
    down: 0, up: 0, upMovesBase: false, stack, movesRegisterStack: true, brk: 0, brkGap: 0, topDownBase: null,
    ...VDSO_BY_SEARCH,
  };
}

/** Where the search is asked to put the vdso, for a stack that ends at `stackTop`. */
function vdsoHint({ randomization, vdso, taskSize }: Target, stackTop: number, below: (range: number) => number): number {
  const npages = vdso.reduce((sum, area) => sum + area.npages, 0);
  return randomization?.vdsoHint?.(stackTop, npages, taskSize, below) ?? 0;
}

/** The target with everything moved as `seed` decides. */
export function randomized(target: Target, seed: number): Target {
  const { randomization } = target;
  if (randomization === null) return target;
  const rng = new Rng(seed);
  const pages = (range: number) => (range === 0 ? 0 : rng.below(range));
  const goesDown = target.topDownBase !== null;
  const mmap = pages(goesDown ? randomization.down : randomization.up);
  const stack = pages(randomization.stack);
  const brk = pages(randomization.brk);
  const { taskUnmappedBase } = target;
  const stackTop = target.stackTop - stack;
  const hint = vdsoHint(target, stackTop, pages);
  const moves = ({ what }: ImageArea) => what === 'stack' || (what === 'rbs' && randomization.movesRegisterStack);
  return {
    ...target,
    topDownBase: goesDown ? (stackBytes) => randomization.topDownBase!(stackBytes) - mmap : null,
    mmapBaseUp: goesDown || randomization.upMovesBase ? 0 : mmap,
    taskUnmappedBase: goesDown || !randomization.upMovesBase ? taskUnmappedBase : (task) => taskUnmappedBase(task) + mmap,
    stackTop,
    vdsoHint: hint,
    vdsoShift: pages(randomization.vdsoShift),
    startBrk: target.startBrk + randomization.brkGap + brk,
    image: target.image.map((area) =>
      moves(area) ? { ...area, start: area.start - stack, end: area.end - stack } : area),
  };
}
