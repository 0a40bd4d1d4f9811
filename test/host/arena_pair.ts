/**
 * The same arena twice: in this process by real system calls, and in an Mm of the newest record. After each
 * call the result and the arena's lines of /proc/self/maps are the same, or an Error says what differs.
 */
import { errnoName } from '../../src/arch/generic/errno.js';
import { MADV_REMOVE } from '../../src/arch/generic/mman_calls.js';
import { vpnOfBig } from '../../src/lib/u64.js';
import { mapsLines } from '../../src/mm/maps.js';
import { doMadvise } from '../../src/mm/madvise.js';
import { doMlock, doMlock2, doMunlock } from '../../src/mm/mlock.js';
import { doMincore } from '../../src/mm/mincore.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMremap } from '../../src/mm/mremap.js';
import { doMsync } from '../../src/mm/msync.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { doRemapFilePages } from '../../src/mm/remap_file_pages.js';
import { copyFromUser, FAULT, load32, store32 } from '../../src/mm/uaccess.js';
import { newMm } from '../support/machines.js';
import { ARENA, ARENA_END, type Call, PAGE, SCRATCH, show } from './arena_program.js';
import { differences } from './differences.js';
import { type Host, type MapsLine, newest, parseMapsLine } from './host.js';

const SHIFT = 12;
const PROT_NONE = 0;
const NO_FILE = 2n ** 64n - 1n;
/** With MAP_PRIVATE and MAP_ANONYMOUS. */
const MAP_FIXED_NOREPLACE = 0x100022;
/** What a call returns that put its memory outside the arena; the memory is unmapped again. */
const OUTSIDE = 'outside the arena';

function pages(bytes: bigint): number {
  return vpnOfBig(bytes, SHIFT);
}

function rest(bytes: bigint): number {
  return Number(bytes % PAGE);
}

/** An empty mm with the limits of this process. */
export function hostLikeMm(host: Host): Mm {
  const { memlock, stack, canLock } = host.facts;
  const rlimits = { stack, memlock: canLock ? Number.POSITIVE_INFINITY : memlock };
  const mm = newMm({ arch: 'x86_64', bits: 64, release: newest, ram: 2 ** 40, rlimits });
  mm.isTopDown = true;
  mm.mmapBase = mm.target.topDownBase!(stack);
  return mm;
}

export class ArenaPair {
  readonly host: Host;
  readonly mm: Mm;
  private readonly ignores: ReadonlySet<string>;
  /** Inode of shared memory in the mm, by the host's. */
  private readonly inodes = new Map<string, string>();
  /** Whether a MADV_REMOVE was made. */
  private hasRemoved = false;

  constructor(host: Host) {
    this.host = host;
    this.ignores = new Set(
      differences.filter((difference) => difference.appliesTo(host.facts)).map(({ ignores }) => ignores ?? ''),
    );
    clearArena(host);
    this.mm = hostLikeMm(host);
    this.mm.lockedVm = host.lockedPages();
    this.step({ name: 'mmap', addr: SCRATCH, len: PAGE, prot: 3, flags: 0x32 });
  }

  /** Makes the call on both and compares; throws an Error that says what differs. */
  step(call: Call): void {
    const expected = this.onHost(call);
    const got = this.onMm(call);
    if (call.name === 'madvise' && call.advice === MADV_REMOVE) this.hasRemoved = true;
    if (call.name === 'mincore' && got === '0x0') this.sameVector(call.addr, call.len);
    this.mm.check();
    const hostLines = this.host.mapsBelow(ARENA_END).filter((line) => isInArena(line.start));
    const lines = mapsLines(this.mm).map(parseMapsLine).filter((line) => isInArena(line.start));
    const isSame = got === expected && lines.length === hostLines.length &&
      lines.every((line, i) => this.isSameLine(line, hostLines[i]!));
    if (isSame) return;
    throw new Error([
      `${show(call)}: the host gave ${expected}, the mm ${got}`,
      'host:', ...hostLines.map(text),
      'mm:', ...lines.map((line, i) => `${text(line)}  ${this.insides(i)}`),
    ].join('\n  '));
  }

  /** What is compared at the end of a program: the pages that are locked. */
  finish(): void {
    const expected = this.host.lockedPages();
    const { lockedVm } = this.mm;
    if (lockedVm !== expected) throw new Error(`pages locked: the host has ${expected}, the mm ${lockedVm}`);
  }

  /** mincore's bytes are the same. */
  private sameVector(addr: bigint, len: bigint): void {
    const { mm } = this;
    const npages = pages(len) + (rest(len) > 0 ? 1 : 0);
    const bytes = new Uint8Array(npages);
    copyFromUser(mm, bytes, ...halves(SCRATCH), npages);
    const hostBytes = this.host.bytes(SCRATCH, npages);
    for (const [i, byte] of bytes.entries()) {
      const isAnonymous = mm.vmas.vmFile[mm.vmas.find(pages(addr) + i)] === 0;
      if (isAnonymous && byte === 0 && this.ignores.has('zero pages')) continue;
      if (!isAnonymous && byte === 1 && this.hasRemoved && this.ignores.has('removed pages')) continue;
      if (byte === hostBytes[i]) continue;
      throw new Error(`mincore of 0x${addr.toString(16)}: the host has ${hostBytes}, the mm ${bytes}`);
    }
  }

  private isSameLine(line: MapsLine, hostLine: MapsLine): boolean {
    return (
      line.start === hostLine.start && line.end === hostLine.end && line.perms === hostLine.perms &&
      line.offset === hostLine.offset && line.name === hostLine.name &&
      this.isSameInode(line.inode, hostLine.inode) &&
      (this.ignores.has('device') || line.device === hostLine.device)
    );
  }

  /** Numbers differ; but one on the host is one in the mm. */
  private isSameInode(inode: string, hostInode: string): boolean {
    const known = this.inodes.get(hostInode);
    if (known !== undefined) return known === inode;
    if ([...this.inodes.values()].includes(inode)) return false;
    this.inodes.set(hostInode, inode);
    return true;
  }

  /** What decides about merging and is not in the line. */
  private insides(i: number): string {
    const { vmas } = this.mm;
    let h = vmas.first();
    for (let n = 0; n < i; n++) h = vmas.next(h);
    const hex = (value: number) => `0x${value.toString(16)}`;
    return `vmFlags ${hex(vmas.vmFlags[h]!)} pgoff ${hex(vmas.vmPgoff[h]!)} anonVma ${vmas.vmAnon[h]!}`;
  }

  // ---- the host ------------------------------------------------------------------------------------

  private onHost(call: Call): string {
    const { host } = this;
    switch (call.name) {
      case 'store32':
        return outcome(host.store32(call.addr, call.word));
      case 'load32':
        return String(host.load32(call.addr) ?? 'EFAULT');
      case 'mmap':
        return this.placedOnHost(host.call('mmap', call.addr, call.len, call.prot, call.flags, NO_FILE, 0), call.len);
      case 'mremap': {
        const { addr, len, newLen, flags, newAddr } = call;
        return this.placedOnHost(host.call('mremap', addr, len, newLen, flags, newAddr), newLen);
      }
      case 'mprotect':
        return outcome(host.call('mprotect', call.addr, call.len, call.prot));
      case 'madvise':
        return outcome(host.call('madvise', call.addr, call.len, BigInt.asUintN(64, BigInt(call.advice))));
      case 'mlock2':
      case 'msync':
        return outcome(host.call(call.name, call.addr, call.len, call.flags));
      case 'mincore':
        return outcome(host.call('mincore', call.addr, call.len, call.vec));
      case 'remap_file_pages':
        return outcome(host.call('remap_file_pages', call.addr, call.len, call.prot, call.pgoff, call.flags));
      default:
        return outcome(host.call(call.name, call.addr, call.len));
    }
  }

  private placedOnHost(address: number, len: bigint): string {
    if (address < 0 || isInside(BigInt(address))) return outcome(address);
    if (this.host.call('munmap', address, len) < 0) throw new Error(`memory is left over at 0x${address.toString(16)}`);
    return OUTSIDE;
  }

  // ---- the mm --------------------------------------------------------------------------------------

  private onMm(call: Call): string {
    const { mm } = this;
    const [hi, lo] = halves(call.addr);
    if (call.name === 'store32') return outcome(store32(mm, hi, lo, call.word));
    if (call.name === 'load32') {
      const word = load32(mm, hi, lo);
      return word === FAULT ? 'EFAULT' : String(word);
    }
    const where = [pages(call.addr), rest(call.addr), pages(call.len), rest(call.len)] as const;
    switch (call.name) {
      case 'mmap': {
        const args = newMmapArgs();
        Object.assign(args, { vpn: where[0], offset: where[1], lenPages: where[2], lenOffset: where[3] });
        // sys_mmap drops these two (src/syscall/sys_mmap.ts).
        const { EXECUTABLE, DENYWRITE } = mm.target.map;
        Object.assign(args, { prot: call.prot, flags: call.flags & ~(EXECUTABLE | DENYWRITE) });
        return this.placedOnMm(doMmap(mm, args), call.len);
      }
      case 'mremap': {
        const { newLen, flags, newAddr } = call;
        const vpn = doMremap(mm, {
          vpn: where[0], offset: where[1], oldPages: where[2], oldOffset: where[3],
          newPages: pages(newLen), newOffset: rest(newLen), flags, newVpn: pages(newAddr), newVpnOffset: rest(newAddr),
        });
        return this.placedOnMm(vpn, newLen);
      }
      case 'munmap':
        return outcome(doMunmap(mm, ...where));
      case 'mprotect':
        return outcome(doMprotect(mm, ...where, call.prot));
      case 'madvise':
        return outcome(doMadvise(mm, ...where, call.advice));
      case 'mlock':
        return outcome(doMlock(mm, ...where));
      case 'munlock':
        return outcome(doMunlock(mm, ...where));
      case 'mlock2':
        return outcome(doMlock2(mm, ...where, call.flags));
      case 'msync':
        return outcome(doMsync(mm, ...where, call.flags));
      case 'mincore':
        return outcome(doMincore(mm, ...where, pages(call.vec), rest(call.vec)));
      case 'remap_file_pages': {
        const [vpn, offset, sizePages, sizeOffset] = where;
        const { prot, flags } = call;
        const pgoff = Number(call.pgoff);
        return outcome(doRemapFilePages(mm, { vpn, offset, sizePages, sizeOffset, prot, pgoff, flags }));
      }
    }
  }

  private placedOnMm(vpn: number, len: bigint): string {
    if (vpn < 0) return outcome(vpn);
    const address = BigInt(vpn) * PAGE;
    if (isInside(address)) return outcome(Number(address));
    doMunmap(this.mm, vpn, 0, pages(len), rest(len));
    return OUTSIDE;
  }
}

function halves(address: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, address >> 32n)), Number(BigInt.asIntN(32, address))];
}

/** Unmaps the arena, which must then be free: nothing of the process is there. */
export function clearArena(host: Host): void {
  const len = ARENA_END - ARENA;
  host.call('munmap', ARENA, len);
  const got = host.call('mmap', ARENA, len, PROT_NONE, MAP_FIXED_NOREPLACE, NO_FILE, 0);
  if (BigInt(got) !== ARENA) throw new Error(`the arena is not free: ${outcome(got)}`);
  host.call('munmap', ARENA, len);
}

function isInside(address: bigint): boolean {
  return address >= ARENA && address < ARENA_END;
}

function isInArena(start: string): boolean {
  return isInside(BigInt(`0x${start}`));
}

function outcome(result: number): string {
  return result < 0 ? errnoName(-result) : `0x${result.toString(16)}`;
}

function text({ start, end, perms, offset, inode, name }: MapsLine): string {
  return `${start}-${end} ${perms} ${offset} ${inode} ${name}`;
}
