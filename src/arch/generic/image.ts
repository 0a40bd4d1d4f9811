/**
 * The address space that exec leaves for a small static program, as load_elf_binary and
 * setup_arg_pages (Linux 2.5.46, fs/binfmt_elf.c, fs/exec.c) build it. Bounds are fixed per machine and
 * given as bigint addresses, so that a record reads like /proc/PID/maps.
 */
import { vpnOfBig } from '../../lib/u64.js';
import type { ImageArea } from '../arch.js';
import {
  VM_ACCOUNT, VM_DENYWRITE, VM_EXEC, VM_EXECUTABLE, VM_MAYRWX, VM_READ, VM_WRITE,
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

export function anonymousArea(
  what: 'stack' | 'rbs' | 'nat', shift: number, start: bigint, end: bigint, vmFlags: number,
): ImageArea {
  return area(what, shift, start, end, vmFlags, null);
}
