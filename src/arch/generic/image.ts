/**
 * The address space that exec leaves for a small static program, as load_elf_binary and
 * setup_arg_pages (Linux 2.5.46, fs/binfmt_elf.c, fs/exec.c) build it. Bounds are fixed per machine and
 * given as bigint addresses, so that a record reads like /proc/PID/maps.
 */
import { vpnOfBig } from '../../lib/u64.js';
import type { ImageArea } from '../arch.js';
import {
  VM_ACCOUNT, VM_DENYWRITE, VM_DONTDUMP, VM_EXEC, VM_EXECUTABLE, VM_IO, VM_MAYREAD, VM_MAYRWX, VM_PFNMAP, VM_READ,
  VM_WRITE,
} from './mman.js';

/** Private file mappings of the loader carry MAP_DENYWRITE and MAP_EXECUTABLE. */
const VM_ELF = VM_READ | VM_MAYRWX | VM_DENYWRITE | VM_EXECUTABLE;

function area(
  what: ImageArea['what'], shift: number, start: bigint, end: bigint, vmFlags: number, fileOffset: number | null,
): ImageArea {
  return { what, start: vpnOfBig(start, shift), end: vpnOfBig(end, shift), vmFlags, fileOffset };
}

export function textArea(shift: number, start: bigint, end: bigint): ImageArea {
  return area('text', shift, start, end, VM_ELF | VM_EXEC, 0);
}

export function dataArea(shift: number, start: bigint, end: bigint, fileOffset: number): ImageArea {
  return area('data', shift, start, end, VM_ELF | VM_WRITE | VM_ACCOUNT, fileOffset);
}

/** From 2.6.19 on the loader's maps carry no flags of their own. */
export function modernTextArea(shift: number, start: bigint, end: bigint): ImageArea {
  return area('text', shift, start, end, VM_READ | VM_EXEC | VM_MAYRWX, 0);
}

export function modernDataArea(shift: number, start: bigint, end: bigint, fileOffset: number): ImageArea {
  return area('data', shift, start, end, VM_READ | VM_WRITE | VM_MAYRWX | VM_ACCOUNT, fileOffset);
}

/** An area of the kernel's own, [vdso] or [vvar]: it has a name, merges with nothing, and cannot grow. */
export function specialArea(
  what: 'vvar' | 'vdso', shift: number, start: bigint, end: bigint, name: string,
): ImageArea {
  const code = VM_READ | VM_EXEC | VM_MAYRWX;
  const vmFlags = what === 'vdso' ? code : VM_READ | VM_MAYREAD | VM_IO | VM_PFNMAP | VM_DONTDUMP;
  return { ...area(what, shift, start, end, vmFlags, null), name };
}

export function anonymousArea(
  what: 'stack' | 'rbs' | 'nat', shift: number, start: bigint, end: bigint, vmFlags: number,
): ImageArea {
  return area(what, shift, start, end, vmFlags, null);
}
