/**
 * /proc/PID/maps. Linux 2.5.46, fs/proc/array.c: proc_pid_maps_get_line(): 8 hexadecimal digits on 32-bit
 * kernels and 16 on 64-bit ones (for 32-bit tasks too), the offset in bytes, the name in column 49 or 73.
 */
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE } from '../arch/generic/mman.js';
import { hexDigits, hiOfVpn, loOfVpn } from '../lib/u64.js';
import type { Mm } from './mm.js';

export function mapsLines(mm: Mm): string[] {
  const lines: string[] = [];
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) lines.push(mapsLine(mm, h));
  return lines;
}

function mapsLine(mm: Mm, h: number): string {
  const { vmas, target } = mm;
  const digits = target.kernelBits / 4; // the kernel's long, whatever the task's
  const hex = (vpn: number) => hexDigits(hiOfVpn(vpn, target.pageShift), loOfVpn(vpn, target.pageShift), digits);
  const flags = vmas.vmFlags[h]!;
  const rights =
    (flags & VM_READ ? 'r' : '-') + (flags & VM_WRITE ? 'w' : '-') +
    (flags & VM_EXEC ? 'x' : '-') + (flags & VM_MAYSHARE ? 's' : 'p');
  const file = mm.files[vmas.vmFile[h]!] ?? null;
  const device = file === null ? '00:00 0' : `${hexDigits(0, file.major, 2)}:${hexDigits(0, file.minor, 2)} ${file.inode}`;
  // vm_pgoff of a stack that grew has wrapped below zero; shifted, it shows the low bits of a long.
  const pgoff = vmas.vmPgoff[h]! < 0 ? vmas.vmPgoff[h]! + target.vpnEnd : vmas.vmPgoff[h]!;
  const line = `${hex(vmas.vmStart[h]!)}-${hex(vmas.vmEnd[h]!)} ${rights} ${hex(pgoff)} ${device}`;
  return file === null ? line : line.padEnd(25 + 3 * digits) + file.path;
}
