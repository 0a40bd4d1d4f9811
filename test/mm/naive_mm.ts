/**
 * The naive address space: do_mmap_pgoff, sys_mprotect and sys_brk of Linux 2.5.46, check by check, over
 * the areas of naive_areas.ts. Nothing is shared with src/mm.
 */
import { type NaiveArea, NaiveAreas, VM_ACCOUNT, VM_LOCKED, VM_SHARED, VM_WRITE } from './naive_areas.js';
import { EINVAL, ENOMEM } from './naive_search.js';

const EPERM = 1n;
const EAGAIN = 11n;
const EACCES = 13n;

const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_TYPE = 0xf;
const MAP_FIXED = 0x10;
const MAP_DENYWRITE = 0x800;
const MAP_EXECUTABLE = 0x1000;

const VM_MAYWRITE = 0x20;
const VM_MAYSHARE = 0x80;
const VM_GROWSDOWN = 0x100;
const VM_GROWSUP = 0x200;

export interface NaiveFile {
  readonly path: string;
  readonly readable: boolean;
  readonly writable: boolean;
}

function over(value: bigint, limit: bigint | null): boolean {
  return limit !== null && value > limit;
}

export class NaiveMm extends NaiveAreas {
  endCode = 0n;
  startData = 0n;
  brk = 0n;

  // ---- mmap -----------------------------------------------------------------------------------------

  mmap(file: NaiveFile | null, addr: bigint, len: bigint, prot: number, flags: number, pgoff: bigint): bigint {
    const { machine, limits } = this;
    if (len === 0n) return addr;
    if (len > machine.TASK_SIZE) return -EINVAL;
    const size = this.pageAlign(len);
    if (BigInt.asUintN(machine.longBits, pgoff + this.pages(size)) < pgoff) return -EINVAL;
    if (this.areas.length > limits.maxMapCount) return -ENOMEM;
    const isShared = (flags & MAP_SHARED) !== 0;
    const at = (flags & MAP_FIXED) !== 0
      ? this.fixedAddress(addr, size)
      : this.search(this, { addr, len: size, isFile: file !== null, isShared, pgoff });
    if (at < 0n) return at;
    const vmFlags = this.newFlags(file, size, prot, flags);
    return vmFlags < 0 ? BigInt(vmFlags) : this.mapAt(file, at, size, vmFlags, flags, pgoff);
  }

  private fixedAddress(addr: bigint, len: bigint): bigint {
    if (addr > this.machine.TASK_SIZE - len) return -ENOMEM;
    return this.isAligned(addr) ? addr : -EINVAL;
  }

  /** The checks between the address and the old maps; VM_* flags, or a negative errno. */
  private newFlags(file: NaiveFile | null, len: bigint, prot: number, flags: number): number {
    const { machine, limits } = this;
    let vmFlags = (prot & 7) | limits.defFlags | 0x70;
    if ((flags & machine.MAP_GROWSDOWN) !== 0) vmFlags |= VM_GROWSDOWN;
    // MAP_DENYWRITE and MAP_EXECUTABLE have the values of their VM_ flags; MAP_GROWSUP is not looked at.
    vmFlags |= flags & (MAP_DENYWRITE | MAP_EXECUTABLE);
    if ((flags & machine.MAP_LOCKED) !== 0) return Number(-EPERM);
    const locked = this.lockedVm * machine.PAGE_SIZE + len;
    if ((vmFlags & VM_LOCKED) !== 0 && over(locked, limits.rlimitMemlock)) return Number(-EAGAIN);
    const type = flags & MAP_TYPE;
    if (type === MAP_SHARED) {
      if (file !== null && (prot & VM_WRITE) !== 0 && !file.writable) return Number(-EACCES);
      vmFlags |= VM_SHARED | VM_MAYSHARE;
      if (file !== null && !file.writable) vmFlags &= ~(VM_MAYWRITE | VM_SHARED);
    } else if (type !== MAP_PRIVATE) {
      return Number(-EINVAL);
    }
    return file !== null && !file.readable ? Number(-EACCES) : vmFlags;
  }

  private mapAt(
    file: NaiveFile | null, at: bigint, len: bigint, asked: number, flags: number, pgoff: bigint,
  ): bigint {
    const { machine, limits } = this;
    let vmFlags = asked;
    const end = at + len;
    const npages = this.pages(len);
    if (this.areas.some((area) => area.start < end && area.end > at) && this.munmap(at, len) < 0n) return -ENOMEM;
    if (over(this.totalVm * machine.PAGE_SIZE + len, limits.rlimitAs)) return -ENOMEM;
    let charged = 0n;
    const reserves = (flags & machine.MAP_NORESERVE) === 0 || limits.overcommit > 1;
    if (reserves && (vmFlags & VM_SHARED) === 0 && (vmFlags & VM_WRITE) !== 0) {
      if (!this.enoughMemory(npages)) return -ENOMEM;
      charged = npages;
      vmFlags |= VM_ACCOUNT;
    }
    const isPlain = file === null && (vmFlags & VM_SHARED) === 0;
    if (!(isPlain && this.vmaMerge(at, end, vmFlags))) {
      if (file !== null && (vmFlags & (VM_GROWSDOWN | VM_GROWSUP)) !== 0) {
        this.committed -= charged;
        return -EINVAL;
      }
      if (file !== null || isPlain) {
        this.link({ start: at, end, flags: vmFlags, file: file === null ? null : file.path, pgoff });
      } else {
        const entries = machine.PAGE_SIZE / BigInt(machine.longBits / 8);
        if (npages > 16n + ((entries * entries) / 2n) * (entries + 1n)) return -EINVAL; // SHMEM_MAX_BYTES
        if (reserves && !this.enoughMemory(npages)) return -ENOMEM;
        const shm = { charged: reserves ? npages : 0n };
        this.link({ start: at, end, flags: vmFlags, file: '/dev/zero (deleted)', pgoff, shm });
      }
    }
    this.totalVm += npages;
    if ((vmFlags & VM_LOCKED) !== 0) this.lockedVm += npages;
    return at;
  }

  // ---- mprotect -------------------------------------------------------------------------------------

  mprotect(start: bigint, len: bigint, prot: number): bigint {
    if (!this.isAligned(start)) return -EINVAL;
    const end = BigInt.asUintN(this.machine.longBits, start + this.pageAlign(len));
    if (end < start) return -EINVAL;
    if ((prot & ~0xf) !== 0) return -EINVAL;
    if (end === start) return 0n;
    let area = this.areas.find(({ end: above }) => above > start);
    if (area === undefined || area.start > start) return -ENOMEM;
    let prev = this.areas[this.areas.indexOf(area) - 1];
    for (let at = start; ; ) {
      const newFlags = prot | (area.flags & ~7);
      if ((newFlags & ~(newFlags >> 4) & 0xf) !== 0) return -EACCES;
      const areaEnd: bigint = area.end;
      const next: NaiveArea | undefined = this.areas[this.areas.indexOf(area) + 1];
      const changed = this.fixup(area, prev, at, areaEnd > end ? end : areaEnd, newFlags);
      if (typeof changed === 'bigint') return changed;
      if (areaEnd > end) return 0n;
      prev = changed;
      if (areaEnd === end) return this.mergeAtEnd(prev, next);
      at = areaEnd;
      if (next === undefined || next.start !== at) return -ENOMEM;
      area = next;
    }
  }

  /** mprotect_fixup: the area that now covers up to `end`, or a negative errno. */
  private fixup(
    area: NaiveArea, prev: NaiveArea | undefined, start: bigint, end: bigint, asked: number,
  ): NaiveArea | bigint {
    if (asked === area.flags) return area;
    let flags = asked;
    let charged = 0n;
    if ((flags & VM_WRITE) !== 0 && (area.flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED)) === 0) {
      charged = this.pages(end - start);
      if (!this.enoughMemory(charged)) return -ENOMEM;
      flags |= VM_ACCOUNT;
    }
    let piece: NaiveArea | null = area;
    if (start === area.start) {
      if (this.mergeIntoPrev(area, prev, end, flags)) return prev!;
    } else {
      piece = this.split(area, start);
    }
    if (piece !== null && end !== piece.end && this.split(piece, end) === null) piece = null;
    if (piece === null) {
      this.committed -= charged;
      return -ENOMEM;
    }
    piece.flags = flags;
    return piece;
  }

  private mergeIntoPrev(area: NaiveArea, prev: NaiveArea | undefined, end: bigint, flags: number): boolean {
    if (prev === undefined || prev.end !== area.start || !this.canMerge(prev, flags)) return false;
    if (area.file !== null || (area.flags & VM_SHARED) !== 0) return false;
    prev.end = end;
    if (end === area.end) this.areas.splice(this.areas.indexOf(area), 1);
    else area.start = end;
    this.merges += 1;
    return true;
  }

  private mergeAtEnd(last: NaiveArea, next: NaiveArea | undefined): bigint {
    const isPlain = last.file === null && (last.flags & VM_SHARED) === 0;
    if (isPlain && this.canMerge(next, last.flags) && next.start === last.end) {
      last.end = next.end;
      this.areas.splice(this.areas.indexOf(next), 1);
      this.merges += 1;
    }
    return 0n;
  }

  // ---- brk ------------------------------------------------------------------------------------------

  /** The brk in force after the call. */
  sysBrk(brk: bigint): bigint {
    if (brk >= this.endCode && this.moveBrk(brk)) this.brk = brk;
    return this.brk;
  }

  private moveBrk(brk: bigint): boolean {
    const { machine, limits } = this;
    const newBrk = this.pageAlign(brk);
    const oldBrk = this.pageAlign(this.brk);
    if (newBrk === oldBrk) return true;
    if (brk <= this.brk) return this.munmap(newBrk, oldBrk - newBrk) === 0n;
    const data = BigInt.asUintN(machine.longBits, brk - this.startData);
    if (over(data, limits.rlimitData)) return false;
    // Unlike Linux, as src/mm: nothing grows beyond TASK_SIZE, where the kernel relies on the stack.
    if (newBrk > machine.TASK_SIZE || newBrk < oldBrk) return false;
    const above = this.areas.find((area) => area.end > oldBrk);
    if (above !== undefined && above.start < newBrk + machine.PAGE_SIZE) return false;
    return this.doBrk(oldBrk, newBrk);
  }

  private doBrk(start: bigint, end: bigint): boolean {
    const { machine, limits } = this;
    const npages = this.pages(end - start);
    const locked = (this.lockedVm + npages) * machine.PAGE_SIZE;
    if ((limits.defFlags & VM_LOCKED) !== 0 && over(locked, limits.rlimitMemlock)) return false;
    if (over((this.totalVm + npages) * machine.PAGE_SIZE, limits.rlimitAs)) return false;
    if (this.areas.length > limits.maxMapCount || !this.enoughMemory(npages)) return false;
    const flags = machine.dataFlags | VM_ACCOUNT | limits.defFlags;
    if (!this.vmaMerge(start, end, flags)) this.link({ start, end, flags, file: null, pgoff: 0n });
    this.totalVm += npages;
    if ((flags & VM_LOCKED) !== 0) this.lockedVm += npages;
    return true;
  }
}
