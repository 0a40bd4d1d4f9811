/**
 * The address space that exec leaves for a small static program, as load_elf_binary and
 * setup_arg_pages (Linux 2.5.46, fs/binfmt_elf.c, fs/exec.c) build it. Bounds are fixed per machine and
 * given as bigint addresses, so that a record reads like /proc/PID/maps.
 *
 * Programs carry PT_GNU_STACK where the kernel heeds it, from 2.6.6 on: their stacks are not executable then.
 */
import { vpnOfBig } from '../../lib/u64.js';
import { isSince, type Release, since } from '../../release/index.js';
import type { ImageArea, PlacedArea } from '../arch.js';
import {
  VM_ACCOUNT, VM_DENYWRITE, VM_DONTDUMP, VM_DONTEXPAND, VM_EXEC, VM_EXECUTABLE, VM_IO, VM_MAYREAD, VM_MAYRWX,
  VM_PFNMAP, VM_READ, VM_STACK_FLAGS, VM_WRITE,
} from './mman.js';

/** Whether the program says by PT_GNU_STACK that its stack need not be executable: fs/exec.c, EXSTACK_DISABLE_X. */
export function hasGnuStack(release: Release): boolean {
  return isSince(release, '2.6.6');
}

function area(
  what: ImageArea['what'], shift: number, start: bigint, end: bigint, vmFlags: number, fileOffset: number | null,
): ImageArea {
  return { what, start: vpnOfBig(start, shift), end: vpnOfBig(end, shift), vmFlags, fileOffset };
}

/**
 * elf_map() asks for MAP_DENYWRITE and MAP_EXECUTABLE; VM_EXECUTABLE is gone in 3.8, and neither leaves a
 * flag in 6.1.
 */
function elfFlags(release: Release): number {
  return since(release, VM_DENYWRITE | VM_EXECUTABLE, '3.8', VM_DENYWRITE, '6.1', 0);
}

export function textArea(release: Release, shift: number, start: bigint, end: bigint): ImageArea {
  return area('text', shift, start, end, VM_READ | VM_EXEC | VM_MAYRWX | elfFlags(release), 0);
}

/** VM_ACCOUNT of what exec maps, where it charges. */
function accounted(release: Release): number {
  return release.rules.accounts ? VM_ACCOUNT : 0;
}

export function dataArea(release: Release, shift: number, start: bigint, end: bigint, fileOffset: number): ImageArea {
  const vmFlags = VM_READ | VM_WRITE | VM_MAYRWX | accounted(release) | elfFlags(release);
  return area('data', shift, start, end, vmFlags, fileOffset);
}

/** setup_arg_pages() adds 128 KiB to a new stack in 3.6 and later, not yet in 2.6.18. */
const STACK_EXPAND = 0x20000n;

/**
 * The stack, whose arguments fill less than `pages` pages, from 3.6 on less than one. Where a page guards it, writing
 * the arguments has made that one before.
 */
export function stackArea(release: Release, shift: number, top: bigint, pages: bigint): ImageArea {
  const used = release.rules.stack.guardPage ? 2n : 1n;
  const size = isSince(release, '3.6') ? STACK_EXPAND + (used << BigInt(shift)) : pages << BigInt(shift);
  const vmFlags = VM_STACK_FLAGS & ~VM_ACCOUNT & (hasGnuStack(release) ? ~VM_EXEC : -1) | accounted(release);
  return area('stack', shift, top - size, top, vmFlags, null);
}

export const VDSO = VM_READ | VM_EXEC | VM_MAYRWX;
/** Pages of the kernel's own without a struct page; and of sparc64, with one. */
const VVAR = VM_READ | VM_MAYREAD | VM_IO | VM_PFNMAP | VM_DONTDUMP | VM_DONTEXPAND;
const VVAR_PAGES = VM_READ | VM_MAYREAD | VM_DONTEXPAND;

/**
 * Areas of the kernel's own that exec maps where the search finds room: they have names and merge with nothing.
 * install_special_mapping() makes them special (VM_DONTEXPAND), so that they are never locked; 2.6.18 does not yet.
 */
export function vdsoArea(npages: number, special = VM_DONTEXPAND): PlacedArea {
  return { what: 'vdso', npages, vmFlags: VDSO | special, name: '[vdso]' };
}

export function vvarArea(npages: number, name = '[vvar]'): PlacedArea {
  return { what: 'vvar', npages, vmFlags: VVAR, name };
}

export function pagedVvarArea(npages: number): PlacedArea {
  return { what: 'vvar', npages, vmFlags: VVAR_PAGES, name: '[vvar]' };
}

export function anonymousArea(
  what: 'rbs' | 'nat' | 'vdso', shift: number, start: bigint, end: bigint, vmFlags: number,
): ImageArea {
  return area(what, shift, start, end, vmFlags, null);
}
