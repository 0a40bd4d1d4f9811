/**
 * /proc/PID/maps, in the format of the release. Linux 2.5.46, fs/proc/array.c: proc_pid_maps_get_line(); later
 * fs/proc/task_mmu.c: show_map(), show_map_vma(). The gate (get_gate_vma()) comes last, although no area is there.
 *
 *   2.5.46: 8 hexadecimal digits on 32-bit kernels and 16 on 64-bit ones (for 32-bit tasks too), no blank after
 *           the inode; 2.5.74 has one. From 2.6.0: at least 8 digits everywhere. The name stands in column 49 on
 *           32-bit and 73 on 64-bit kernels.
 */
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE } from '../arch/generic/mman.js';
import { hexDigits, hiOfVpn, loOfVpn } from '../lib/u64.js';
import { fileRules } from '../release/file_rules.js';
import { guardPagesAbove, guardPagesBelow } from './expand_stack.js';
import type { MappedFile, Mm } from './mm.js';
import { NONE } from './vma_set.js';

/** A task's stack pointer, page and bytes beyond; register 14 as it is on sparc64, 2047 below the stack. */
export interface TaskStack {
  readonly tid: number;
  readonly vpn: number;
  readonly offset: number;
}

/** `stacks`: the tasks of the process, the one asked about first; null where nobody knows (the program's stack is named). */
export function mapsLines(mm: Mm, stacks: readonly TaskStack[] | null = null): string[] {
  const lines: string[] = [];
  const tids = mm.rules.maps.names === '3.6' && stacks !== null ? tidsOfAreas(mm, stacks) : null;
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) lines.push(areaLine(mm, h, tids));
  const { gate } = mm.target;
  if (gate !== null) lines.push(mapsLine(mm, gate.start, gate.end, gate.vmFlags, 0, null, gate.name));
  return lines;
}

function areaLine(mm: Mm, h: number, tids: ReadonlyMap<number, number> | null): string {
  const { vmas } = mm;
  const file = mm.files[vmas.vmFile[h]!] ?? null;
  const name = file === null || file.isSpecial === true ? memoryName(mm, h, file, tids) : escaped(file.path, mm);
  const start = vmas.vmStart[h]! + guardPagesBelow(mm, h);
  const end = vmas.vmEnd[h]! - guardPagesAbove(mm, h);
  return mapsLine(mm, start, end, vmas.vmFlags[h]!, pgoffShown(mm, h, file), file, name);
}

function mapsLine(
  mm: Mm, start: number, end: number, vmFlags: number, pgoff: number, file: MappedFile | null, name: string,
): string {
  const { target, rules } = mm;
  const digits = rules.maps.pads === 'long' ? target.kernelBits / 4 : 8;
  const hex = (vpn: number) => hexDigits(hiOfVpn(vpn, target.pageShift), loOfVpn(vpn, target.pageShift), digits);
  const blank = rules.maps.blankAfterInode ? ' ' : '';
  const line = `${hex(start)}-${hex(end)} ${rightsOf(vmFlags)} ${hex(pgoff)} ${device(file)}${blank}`;
  const column = target.kernelBits === 32 ? 49 : 73;
  return name === '' ? line : line.padEnd(column) + name;
}

/** mangle_path(): letters that would break the line, as octal escapes. */
function escaped(path: string, { target }: Mm): string {
  const { mapsEscapes } = fileRules(target.release);
  if (mapsEscapes === '') return path;
  return [...path].map((letter) => {
    return mapsEscapes.includes(letter) ? `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}` : letter;
  }).join('');
}

function rightsOf(flags: number): string {
  return (
    (flags & VM_READ ? 'r' : '-') + (flags & VM_WRITE ? 'w' : '-') +
    (flags & VM_EXEC ? 'x' : '-') + (flags & VM_MAYSHARE ? 's' : 'p')
  );
}

function device(file: MappedFile | null): string {
  return file === null
    ? '00:00 0'
    : `${hexDigits(0, file.major, 2)}:${hexDigits(0, file.minor, 2)} ${file.inode}`;
}

/**
 * The offset column in pages. vm_pgoff of a stack that grew in 2.5.46 has wrapped below zero: shifted, it shows
 * the low bits of a long. 6.x shows 0 where there is no file.
 */
function pgoffShown(mm: Mm, h: number, file: MappedFile | null): number {
  if (mm.rules.maps.anonymousOffsetZero && (file === null || file.isSpecial === true)) return 0;
  const pgoff = mm.vmas.vmPgoff[h]!;
  return pgoff < 0 ? pgoff + mm.target.vpnEnd : pgoff;
}

/** Up to 2.6.18 an area that holds the whole heap, from 3.6 on one that touches it, from 6.13 on one that overlaps it. */
function isHeap(mm: Mm, start: number, end: number): boolean {
  const { names } = mm.rules.maps;
  const brkEnd = mm.brkVpn + (mm.brkOffset > 0 ? 1 : 0);
  if (names === '2.6.12') return start <= mm.startBrk && end >= brkEnd;
  return names === '3.6' || names === '6.1' ? start <= mm.brkVpn && end >= mm.startBrk : start < brkEnd && end > mm.startBrk;
}

/** vm_is_stack(): by the start of each area that a stack pointer lies in or at the end of, the first such task. */
function tidsOfAreas(mm: Mm, stacks: readonly TaskStack[]): ReadonlyMap<number, number> {
  const { vmas, target } = mm;
  const tids = new Map<number, number>();
  if (!target.showsStacks) return tids;
  for (const { tid, vpn, offset } of stacks) {
    const h = vmas.find(vpn);
    const below = offset === 0 ? vmas.before(h) : NONE;
    if (below !== NONE && vmas.vmEnd[below] === vpn) note(tids, vmas.vmStart[below]!, tid);
    if (h !== NONE && vmas.vmStart[h]! <= vpn) note(tids, vmas.vmStart[h]!, tid);
  }
  return tids;
}

function note(tids: Map<number, number>, start: number, tid: number): void {
  if (!tids.has(start)) tids.set(start, tid);
}

/** [vdso] first; [heap] and [stack]: since 2.6.12. */
function memoryName(mm: Mm, h: number, special: MappedFile | null, tids: ReadonlyMap<number, number> | null): string {
  const { vmas, rules, target } = mm;
  if (!rules.maps.vdsoByStart) {
    if (special !== null) return special.path;
  } else if (vmas.vmStart[h] === mm.vdsoStart) {
    return '[vdso]';
  }
  if (rules.maps.names === 'none') return '';
  const start = vmas.vmStart[h]!;
  const end = vmas.vmEnd[h]!;
  if (isHeap(mm, start, end)) return '[heap]';
  const isMain = start < target.stackTop && end >= target.stackTop;
  if (tids === null) return isMain && (rules.maps.names !== '3.6' || target.showsStacks) ? '[stack]' : '';
  const tid = tids.get(start);
  if (tid === undefined) return '';
  return isMain ? '[stack]' : `[stack:${tid}]`;
}
