/**
 * The calls of an mm with byte addresses, for tests that type addresses out. An address comes back as
 * hexadecimal digits and a failure as its errno's name, so that a list of results reads like a log:
 *
 *   [mmap(mm, { len: 0x2000n }), munmap(mm, 0n, 0n)]   is   ['40000000', 'EINVAL']
 */
import { errnoName } from '../../src/arch/generic/errno.js';
import { PROT_READ, PROT_WRITE } from '../../src/arch/generic/mman.js';
import { vpnOfBig } from '../../src/lib/u64.js';
import { doBrk } from '../../src/mm/brk.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMunmap } from '../../src/mm/munmap.js';

export const RW = PROT_READ | PROT_WRITE;

/** Arguments of mmap; left out: hint 0, read and write, private anonymous, offset 0. */
export interface MmapCall {
  readonly addr?: bigint;
  readonly len: bigint;
  readonly prot?: number;
  /** MAP_* names of the machine; "PRIVATE ANONYMOUS" unless given. */
  readonly flags?: string;
  readonly file?: OpenFile | null;
  readonly pgoff?: number;
}

function pages(mm: Mm, bytes: bigint): number {
  return vpnOfBig(bytes, mm.target.pageShift);
}

function offset(mm: Mm, bytes: bigint): number {
  return Number(bytes % BigInt(mm.target.pageSize));
}

/** Value of "PRIVATE FIXED ..." on this machine. */
export function mapFlags(mm: Mm, names: string): number {
  const { map } = mm.target;
  return names.split(' ').reduce((flags, name) => flags | map[name as keyof typeof map], 0);
}

function outcome(mm: Mm, vpn: number, byte: number): string {
  if (vpn < 0) return errnoName(-vpn);
  return (BigInt(vpn) * BigInt(mm.target.pageSize) + BigInt(byte)).toString(16).padStart(8, '0');
}

/** do_mmap_pgoff: the address, or the name of the errno. */
export function mmap(mm: Mm, call: MmapCall): string {
  const addr = call.addr ?? 0n;
  const args = Object.assign(newMmapArgs(), {
    vpn: pages(mm, addr), offset: offset(mm, addr),
    lenPages: pages(mm, call.len), lenOffset: offset(mm, call.len),
    prot: call.prot ?? RW, flags: mapFlags(mm, call.flags ?? 'PRIVATE ANONYMOUS'),
    file: call.file ?? null, pgoff: call.pgoff ?? 0,
  });
  return outcome(mm, doMmap(mm, args), args.resultOffset);
}

function status(result: number): string {
  return result < 0 ? errnoName(-result) : String(result);
}

/** do_munmap: "0", or the name of the errno. */
export function munmap(mm: Mm, addr: bigint, len: bigint): string {
  return status(doMunmap(mm, pages(mm, addr), offset(mm, addr), pages(mm, len), offset(mm, len)));
}

/** sys_mprotect: "0", or the name of the errno. */
export function mprotect(mm: Mm, addr: bigint, len: bigint, prot: number): string {
  return status(doMprotect(mm, pages(mm, addr), offset(mm, addr), pages(mm, len), offset(mm, len), prot));
}

/** sys_brk: the brk in force after it. */
export function brk(mm: Mm, addr: bigint): string {
  doBrk(mm, pages(mm, addr), offset(mm, addr));
  return outcome(mm, mm.brkVpn, mm.brkOffset);
}

/** Areas as "start-end", for tests where nothing but the bounds matters. */
export function bounds(mm: Mm): string[] {
  const list: string[] = [];
  for (let h = mm.vmas.first(); h >= 0; h = mm.vmas.next(h)) {
    list.push(`${outcome(mm, mm.vmas.vmStart[h]!, 0)}-${outcome(mm, mm.vmas.vmEnd[h]!, 0)}`);
  }
  return list;
}
