/**
 * mmap, munmap, mprotect and brk of the page model: each check as C has it, with addresses and lengths that wrap
 * as an unsigned long does, in the order that the release's record lists.
 *
 * Where a search must find the address, the model takes the real answer and says whether it is a legal hole;
 * which of all holes it must be is the searches' own tests' business (naive_search.ts, unmapped_area/).
 */
import {
  EACCES, EAGAIN, EEXIST, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM,
} from '../../src/arch/generic/errno.js';
import {
  PROT_GROWSDOWN, PROT_GROWSUP, VM_ACCOUNT, VM_DENYWRITE, VM_EXECUTABLE, VM_GROWSDOWN, VM_GROWSUP, VM_LOCKED,
  VM_MAYRWX, VM_MAYSHARE, VM_MAYWRITE, VM_NOHUGEPAGE, VM_NORESERVE, VM_SHARED, VM_WRITE,
} from '../../src/arch/generic/mman.js';
import type { MmapStep } from '../../src/release/index.js';
import { NaiveFaults } from './naive_faults.js';
import type { Page } from './naive_pages.js';

/** A file as it was opened. */
export interface NaiveOpen {
  readonly file: string;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly mappable: boolean;
}

export interface NaiveMmap {
  readonly addr: bigint;
  readonly len: bigint;
  readonly prot: number;
  readonly flags: number;
  readonly open: NaiveOpen | null;
  readonly pgoff: number;
}

/** What the steps of one mmap work on. */
interface Work {
  call: NaiveMmap;
  addr: bigint;
  size: bigint;
  npages: number;
  flags: number;
  /** Page, or null while only a search that failed knows. */
  at: number | null;
  vmFlags: number;
  charged: number;
  /** Pages that are unmapped first, and how many of them are charged. */
  gone: number;
  replaced: number;
  pgoff: number;
  noReplace: boolean;
  /** MAP_SHARED_VALIDATE has been looked at, and is MAP_SHARED from there on. */
  isValidated: boolean;
  /** What mm answered. */
  real: number;
}

const DONE = 1;

export class NaiveMaps extends NaiveFaults {
  /** An unsigned long. */
  long(value: bigint): bigint {
    return BigInt.asUintN(this.target.kernelBits, value);
  }

  get pageSize(): bigint {
    return BigInt(this.target.pageSize);
  }

  get taskSize(): bigint {
    return BigInt(this.target.taskSize) * this.pageSize;
  }

  pageAlign(len: bigint): bigint {
    const sum = this.long(len + this.pageSize - 1n);
    return sum - (sum % this.pageSize);
  }

  pageOf(addr: bigint): number {
    return Number(addr / this.pageSize);
  }

  isAligned(addr: bigint): boolean {
    return addr % this.pageSize === 0n;
  }

  // ---- mmap -----------------------------------------------------------------------------------------

  /** The page mapped at (or the hint's, for a length of 0), or a negative errno. `real`: what mm answered. */
  mmap(call: NaiveMmap, real: number): number {
    const size = this.pageAlign(call.len);
    const work: Work = {
      call, addr: call.addr, size, npages: this.pageOf(size), flags: call.flags, at: null, vmFlags: 0, charged: 0,
      gone: 0, replaced: 0, pgoff: call.pgoff, noReplace: false, isValidated: false, real,
    };
    for (const step of this.rules.mmap) {
      const result = this.mmapStep(step, work);
      if (result === DONE) return this.pageOf(call.addr);
      if (result < 0) return result;
    }
    work.charged = call.open === null && (work.vmFlags & VM_SHARED) !== 0 ? this.chargeShm(work) : work.charged;
    if (work.charged < 0) return work.charged;
    if (work.at === null) throw new Error('the search found no hole, and there are many');
    return this.mapAt(work, work.at);
  }

  private mmapStep(step: MmapStep, work: Work): number {
    const { call, size, npages } = work;
    const { map } = this.target;
    const { open } = call;
    const type = work.isValidated ? 1 : call.flags & 0xf;
    const isFixed = (work.flags & map.FIXED) !== 0;
    const fail = (condition: boolean, errno: number) => (condition ? -errno : 0);
    switch (step) {
      case 'file without mmap: ENODEV':
        return fail(open !== null && !open.mappable, ENODEV);
      case 'length 0 returns the address':
        return call.len === 0n ? DONE : 0;
      case 'rounds to 0 returns the address':
        return size === 0n ? DONE : 0;
      case 'length 0: EINVAL':
        return fail(call.len === 0n, EINVAL);
      case 'MAP_FIXED_NOREPLACE is MAP_FIXED':
        work.noReplace = (call.flags & map.FIXED_NOREPLACE) !== 0;
        if (work.noReplace) work.flags |= map.FIXED;
        return 0;
      case 'hint rounds down, and up to mmap_min_addr': {
        if (isFixed) return 0;
        const least = BigInt(this.rules.mmapMinAddr);
        work.addr -= work.addr % this.pageSize;
        if (work.addr !== 0n && work.addr < least) work.addr = this.pageAlign(least);
        return 0;
      }
      case 'longer than TASK_SIZE before rounding: EINVAL':
        return fail(call.len > this.taskSize, EINVAL);
      case 'longer than TASK_SIZE: EINVAL':
        return fail(size > this.taskSize, EINVAL);
      case 'rounds to 0 or longer than TASK_SIZE: EINVAL':
        return fail(size === 0n || size > this.taskSize, EINVAL);
      case 'rounds to 0 or longer than TASK_SIZE: ENOMEM':
        return fail(size === 0n || size > this.taskSize, ENOMEM);
      case 'rounds to 0: ENOMEM':
        return fail(size === 0n, ENOMEM);
      case 'pgoff wraps: EINVAL':
        return fail(this.long(BigInt(call.pgoff + npages)) < BigInt(call.pgoff), EINVAL);
      case 'pgoff wraps: EOVERFLOW':
        return fail(this.long(BigInt(call.pgoff + npages)) < BigInt(call.pgoff), EOVERFLOW);
      case 'the machine refuses the range: EINVAL':
        return fail(this.machineRefuses(work.addr, size, isFixed), EINVAL);
      case 'map_count above the limit: ENOMEM':
        return fail(this.mapCount > this.limits.maxMapCount, ENOMEM);
      case 'find the address':
      case 'find the address, then check it':
        return this.address(work, isFixed, step === 'find the address');
      case 'something mapped under MAP_FIXED_NOREPLACE: EEXIST':
        return fail(work.noReplace && this.range(work.at!, work.at! + npages).length > 0, EEXIST);
      case 'vm_flags':
        work.vmFlags = this.flagsOf(call) | this.defFlags | VM_MAYRWX;
        if (this.rules.stackFlag && (call.flags & map.STACK) !== 0) work.vmFlags |= VM_NOHUGEPAGE;
        return 0;
      case 'vm_flags but VM_LOCKED':
        work.vmFlags = (this.flagsOf(call) & ~VM_LOCKED) | this.defFlags | VM_MAYRWX;
        return 0;
      case 'MAP_LOCKED needs CAP_IPC_LOCK: EPERM':
        return fail((call.flags & map.LOCKED) !== 0, EPERM);
      case 'MAP_LOCKED with RLIMIT_MEMLOCK 0: EPERM':
        return fail((call.flags & map.LOCKED) !== 0 && this.limits.memlock === 0, EPERM);
      case 'RLIMIT_MEMLOCK: EAGAIN':
        return fail(
          (work.vmFlags & VM_LOCKED) !== 0 && this.bytes(this.lockedVm + npages) > this.limits.memlock, EAGAIN,
        );
      case 'MAP_SHARED_VALIDATE of a file with unknown flags: EOPNOTSUPP': {
        // 0x3: both bits, of a file. Flags are 32 bits; 2^31 is none of any machine's.
        work.isValidated = open !== null && (call.flags & 0xf) === 3;
        const named = [
          map.SHARED, map.PRIVATE, map.FIXED, map.ANONYMOUS, map.DENYWRITE, map.EXECUTABLE, map.GROWSDOWN, map.LOCKED,
          map.NORESERVE, map.POPULATE, map.NONBLOCK, map.STACK, map.OTHER_LEGACY,
        ];
        const rest = named.reduce((flags, bits) => flags & ~bits, work.flags);
        return fail(work.isValidated && rest !== 0, EOPNOTSUPP);
      }
      case 'shared and writable on a read-only file: EACCES':
        return fail(open !== null && type === 1 && (call.prot & 2) !== 0 && !open.writable, EACCES);
      case 'file not readable: EACCES':
        return fail(open !== null && (type === 1 || type === 2) && !open.readable, EACCES);
      case 'MAP_GROWSDOWN on a file: EINVAL':
        return fail(open !== null && (work.vmFlags & VM_GROWSDOWN) !== 0, EINVAL);
      case 'map type: EINVAL':
        if (type === 1) {
          work.vmFlags |= VM_SHARED | VM_MAYSHARE;
          if (open !== null && !open.writable) work.vmFlags &= ~(VM_SHARED | VM_MAYWRITE);
          if (open === null && this.rules.sharedAnonymousPgoffZero) work.pgoff = 0;
        }
        return fail(type !== 1 && type !== 2, EINVAL);
      case 'MAP_GROWSDOWN on a shared map: EINVAL':
        return fail((work.vmFlags & VM_SHARED) !== 0 && (work.vmFlags & VM_GROWSDOWN) !== 0, EINVAL);
      case 'MAP_NORESERVE':
        if ((call.flags & map.NORESERVE) !== 0 && this.world.overcommit !== 2) work.vmFlags |= VM_NORESERVE;
        return 0;
      case 'RLIMIT_AS and RLIMIT_DATA less what is replaced: ENOMEM': {
        const replaced = work.at === null ? 0 : this.range(work.at, work.at + npages).length;
        return fail(!this.mayExpand(work.vmFlags, npages - replaced), ENOMEM);
      }
      case 'cut at the edges of what is there':
        return work.at === null ? 0 : this.cutOut(work.at, work.at + npages);
      case 'unmap what is there': {
        const there = work.at === null ? [] : this.range(work.at, work.at + npages);
        work.gone = there.length;
        work.replaced = there.filter(({ flags }) => (flags & VM_ACCOUNT) !== 0).length;
        return work.at !== null && this.unmapPages(work.at, work.at + npages) < 0 ? -ENOMEM : 0;
      }
      case 'RLIMIT_AS: ENOMEM':
        return fail(this.bytes(this.totalVm + npages) > this.limits.as, ENOMEM);
      case 'charge: ENOMEM':
        return this.chargePrivate(work, npages);
      case 'ask for memory: ENOMEM': {
        const isAsked = (call.flags & map.NORESERVE) === 0 && (work.vmFlags & VM_WRITE) !== 0 &&
          (work.vmFlags & VM_SHARED) === 0;
        return fail(isAsked && !this.charge(npages), ENOMEM);
      }
      case 'charge less what is replaced: ENOMEM': {
        const there = work.at === null ? [] : this.range(work.at, work.at + npages);
        const charged = there.filter(({ flags }) => (flags & VM_ACCOUNT) !== 0).length;
        const result = this.chargePrivate(work, npages - charged);
        if (result === 0 && (work.vmFlags & VM_ACCOUNT) !== 0) this.world.committed += charged;
        return result;
      }
      case 'charged map grows down on a file: EINVAL':
        if (open === null || (work.vmFlags & VM_GROWSDOWN) === 0) return 0;
        this.world.committed -= work.charged;
        return -EINVAL;
      default:
        throw new Error(`the page model does not know the step "${step satisfies never}"`);
    }
  }

  private flagsOf({ prot, flags }: NaiveMmap): number {
    const { map } = this.target;
    const bit = (mask: number, vm: number) => ((flags & mask) !== 0 ? vm : 0);
    return this.implied(prot & 7) | bit(map.GROWSDOWN, VM_GROWSDOWN) | bit(map.LOCKED, VM_LOCKED) |
      bit(map.DENYWRITE, VM_DENYWRITE) | bit(map.EXECUTABLE, VM_EXECUTABLE);
  }

  /** READ_IMPLIES_EXEC. */
  private implied(prot: number): number {
    return this.target.readImpliesExec && (prot & 1) !== 0 ? prot | 4 : prot;
  }

  private isReserved({ call }: Work): boolean {
    return (call.flags & this.target.map.NORESERVE) === 0 || this.world.overcommit === 2;
  }

  /** shmem_acct_size() of a new object: what it was charged, or a negative errno. */
  private chargeShm(work: Work): number {
    const { hasLimit, noreserveExcuses, chargedBesideOld } = this.rules.sharedMemory;
    const { npages, replaced } = work;
    const entries = BigInt(this.target.pageSize / (this.target.kernelBits / 8));
    const most = 16n + ((entries * entries) / 2n) * (entries + 1n);
    if (hasLimit && BigInt(npages) > most) return -EINVAL;
    if (noreserveExcuses && !this.isReserved(work)) return 0;
    const beside = chargedBesideOld ? replaced : 0;
    // Both are charged for a moment, then the old one is not any more.
    const isCharged = this.world.charge(npages, this.totalVm + (chargedBesideOld ? work.gone : 0), beside);
    return isCharged ? npages : -ENOMEM;
  }

  private chargePrivate(work: Work, npages: number): number {
    const { vmFlags } = work;
    const isReserved = this.isReserved(work);
    const isPrivateWritable = (vmFlags & (VM_SHARED | VM_WRITE)) === VM_WRITE;
    if (!isReserved || !isPrivateWritable) return 0;
    if (!this.charge(npages)) return -ENOMEM;
    work.charged = npages;
    work.vmFlags |= VM_ACCOUNT;
    return 0;
  }

  private address(work: Work, isFixed: boolean, isOld: boolean): number {
    const { size, addr } = work;
    if (!isOld && size > BigInt(this.target.longestMap) * this.pageSize) return -ENOMEM;
    if (isFixed) {
      // 6.1 and 6.13, mm/mmap.c: get_unmapped_area(): memory without a file has offset 0 by then.
      const pgoff = work.call.open === null && this.rules.coloursByPgoffZero ? 0 : work.pgoff;
      const isRefused = this.fixedRefused(addr, size, (work.call.flags & 1) !== 0, pgoff);
      if (!isOld && isRefused) return -EINVAL;
      const fromTop = addr - 2n ** BigInt(this.target.kernelBits);
      if (this.rules.highestAreErrors && fromTop >= -4095n) return Number(fromTop);
      if (addr > this.taskSize - size) return -ENOMEM;
      if (!this.isAligned(addr) || isRefused) return -EINVAL;
      if (!isOld && addr < BigInt(this.rules.mmapMinAddr)) return -EPERM;
      work.at = this.pageOf(addr);
    } else if (work.real >= 0) {
      this.mustBeHole(work.real, work.npages, work.addr !== 0n, work.call);
      work.at = work.real;
    } else if (work.real === -ENOMEM && this.refusalIsLegal(work.npages, addr, work.flags)) {
      return -ENOMEM;
    }
    return 0;
  }

  /** arch_mmap_check(): a region's limit, or the ends of the hole. */
  machineRefuses(addr: bigint, len: bigint, isFixed: boolean): boolean {
    const { mmapCheck, region, vaHole, bits, searchEnd } = this.target;
    if (mmapCheck === 'none') return false;
    if (region !== null) {
      const limit = BigInt(region.mapLimit) * this.pageSize;
      return len > limit || addr % (1n << 61n) > limit - len;
    }
    const looks = isFixed || mmapCheck === 'all ranges';
    const top = BigInt(searchEnd) * this.pageSize;
    if (bits === 32) return len >= top || (looks && addr > top - len);
    const [start, end] = [BigInt(vaHole!.start) * this.pageSize, BigInt(vaHole!.end) * this.pageSize];
    const last = addr + len;
    const isIn = (at: bigint) => at >= start && at < end;
    return len >= start || (looks && (this.long(last) < addr || isIn(addr) || isIn(last)));
  }

  /** What MAP_FIXED meets: ia64's huge pages, sparc64's colours. */
  fixedRefused(addr: bigint, len: bigint, isShared: boolean, pgoff: number): boolean {
    const { hintsIgnored, checksFixedColour, colour } = this.target;
    const isHuge = (at: bigint) => hintsIgnored !== null && at >> 61n === 4n;
    if (isHuge(addr) && isHuge(addr + len - 1n)) return true;
    const mask = BigInt(colour.shared) * this.pageSize - 1n;
    return checksFixedColour && isShared && (this.pageFloor(addr) - BigInt(pgoff) * this.pageSize & mask) !== 0n;
  }

  private pageFloor(addr: bigint): bigint {
    return addr - (addr % this.pageSize);
  }

  /** Throws unless [at, at + npages) may be given to a mapping that asked for any place, or for a hinted one. */
  mustBeHole(at: number, npages: number, isHinted: boolean, call: { flags: number; open: NaiveOpen | null }): void {
    const { vaHole, region, colour, searchEnd, search } = this.target;
    const end = at + npages;
    const wrong = (why: string) => {
      throw new Error(`the search gave page 0x${at.toString(16)} for ${npages} pages: ${why}`);
    };
    if (this.range(at, end).length > 0) wrong('something is mapped there');
    const most = search === 'topdown-2.6.12' ? this.target.vpnEnd : searchEnd; // its defect
    if (end > most) wrong('it ends above what is searched');
    if (vaHole !== null && !isHinted && at < vaHole.end && end > vaHole.start) wrong('it lies in the hole');
    // From 3.10 on ia64's search does not know where a region ends: behind a hint there it goes on.
    const knowsRegions = search !== 'gap-tree' && search !== 'maple';
    if (region !== null && knowsRegions && (at % region.pages) + npages > region.mapLimit) wrong('it leaves its region');
    const above = this.at(end) ?? this.above(end);
    const gap = this.rules.searchKeepsGaps ? this.rules.stackGuardGap : 0;
    if (above !== undefined && (above.flags & VM_GROWSDOWN) !== 0 && above.vpn - end < gap) wrong('a stack is near');
    if (isHinted) return;
    const isShared = (call.flags & 1) !== 0;
    const pages = isShared ? colour.shared : call.open === null ? 1 : colour.file;
    if (pages > 1 && !colour.addsPgoff && at % pages !== 0) wrong('it has another colour');
  }

  /** Whether a search may refuse: there is no room, or a hint near the end is where it starts (sparc64, ia64). */
  refusalIsLegal(npages: number, hint: bigint, flags = 0): boolean {
    const { hintStartsSearch, region, vaHole, low32, map } = this.target;
    const isLow = low32 !== null && (flags & map.LOW32) !== 0;
    const searchEnd = isLow ? low32.end : this.target.searchEnd;
    if (npages > 2 ** 16) return true;
    const last = region === null ? searchEnd : Math.min(searchEnd, region.mapLimit);
    const vpn = this.pageOf(hint);
    const at = region === null ? vpn : vpn % region.pages;
    const isAbove = vaHole !== null && vpn >= vaHole.start && vpn < vaHole.end && last < vaHole.end;
    return hintStartsSearch && hint !== 0n && (at + npages + 64 > last || vpn + npages > searchEnd || isAbove);
  }

  private mapAt(work: Work, at: number): number {
    const { call, npages, vmFlags } = work;
    const isShared = (vmFlags & VM_SHARED) !== 0;
    const isShm = call.open === null && isShared;
    const file = call.open?.file ?? (isShm ? this.world.newShm(npages, work.charged) : '');
    const pgoff = this.rules.anonymousPgoff && file === '' ? at : work.pgoff;
    const mayMerge = this.rules.merges !== 'anonymous' ? !isShm : file === '' && !isShared;
    this.add(at, at + npages, vmFlags, file, pgoff, mayMerge, 'mmap');
    if ((vmFlags & VM_LOCKED) !== 0) this.lockedVm += npages;
    const { POPULATE, NONBLOCK } = this.target.map;
    const asksPopulate = (call.flags & POPULATE) !== 0 &&
      (this.rules.populatesPrivate ? (call.flags & NONBLOCK) === 0 : isShared);
    if ((vmFlags & VM_LOCKED) !== 0 || asksPopulate) this.populate(at, at + npages, true);
    return at;
  }

  // ---- munmap ---------------------------------------------------------------------------------------

  munmap(addr: bigint, len: bigint): number {
    if (!this.isAligned(addr) || addr > this.taskSize || len > this.taskSize - addr) return -EINVAL;
    const size = this.pageAlign(len);
    if (size === 0n) return -EINVAL;
    const start = this.pageOf(addr);
    return this.unmapPages(start, start + this.pageOf(size));
  }

  // ---- mprotect -------------------------------------------------------------------------------------

  mprotect(addr: bigint, len: bigint, prot: number): number {
    const size = this.pageAlign(len);
    const end = this.long(addr + size);
    const grows = PROT_GROWSDOWN | PROT_GROWSUP;
    const known = 0xf | (this.rules.prot.growsFlags ? grows : 0);
    for (const step of this.rules.mprotect) {
      if (step === 'GROWSDOWN with GROWSUP: EINVAL' && (prot & grows) === grows) return -EINVAL;
      if (step === 'unaligned: EINVAL' && !this.isAligned(addr)) return -EINVAL;
      if (step === 'wraps: EINVAL' && end < addr) return -EINVAL;
      if (step === 'wraps: ENOMEM' && end < addr) return -ENOMEM;
      if (step === 'length 0: 0' && len === 0n) return 0;
      if (step === 'ends at or below its start: ENOMEM' && end <= addr) return -ENOMEM;
      if (step === 'unknown bits: EINVAL' && (prot & ~known) !== 0) return -EINVAL;
      if (step === 'bits other than READ, WRITE and EXEC: EINVAL' && (prot & ~7) !== 0) return -EINVAL;
      if (step === 'rounds to 0: 0' && size === 0n) return 0;
    }
    const start = this.pageOf(addr);
    const stop = this.pageOf(end);
    if (!this.rules.prot.growsFlags) return this.protectPages(start, stop, prot);
    return this.protectGrowing(start, stop, this.implied(prot));
  }

  private protectGrowing(start: number, stop: number, prot: number): number {
    const first = this.above(start);
    if (first === undefined) return -ENOMEM;
    // find_vma(): the area that holds the page, or the next one.
    const area = this.areaOf(first);
    const areaStart = area[0]!.vpn;
    if ((prot & PROT_GROWSDOWN) !== 0) {
      if (areaStart >= stop) return -ENOMEM;
      return (first.flags & VM_GROWSDOWN) === 0 ? -EINVAL : this.protectPages(areaStart, stop, prot & 7);
    }
    if (areaStart > start) return -ENOMEM;
    if ((prot & PROT_GROWSUP) === 0) return this.protectPages(start, stop, prot & 7);
    return (first.flags & VM_GROWSUP) === 0 ? -EINVAL : this.protectPages(start, area.at(-1)!.vpn + 1, prot & 7);
  }

  private protectPages(start: number, stop: number, prot: number): number {
    for (let at = start; at < stop; ) {
      const page = this.at(at);
      if (page === undefined) return -ENOMEM;
      const flags = (prot | (page.flags & ~7)) >>> 0;
      if ((flags & ~(flags >>> 4) & 0xf) !== 0) return -EACCES;
      const end = Math.min(this.endOf(page), stop);
      const isLast = this.endOf(page) === stop;
      const error = this.protectArea(page, at, end, flags);
      if (error < 0) return error;
      if (isLast && this.rules.merges !== 'everything') this.mergeAtEnd(stop);
      at = end;
    }
    return 0;
  }

  /** mprotect_fixup(). */
  private protectArea(page: Page, start: number, end: number, asked: number): number {
    const { flags } = page;
    if (asked === flags) return 0;
    const npages = end - start;
    const { prot } = this.rules;
    let newFlags = asked;
    let charged = 0;
    if ((asked & VM_WRITE) !== 0) {
      if (prot.dataLimit && !this.mayExpand(asked, npages) && this.mayExpand(flags, npages)) return -ENOMEM;
      const isFree = (flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED)) !== 0 ||
        (this.rules.noreserveFlag && (flags & VM_NORESERVE) !== 0);
      if (prot.charges && !isFree) {
        if (!this.charge(npages)) return -ENOMEM;
        charged = npages;
        newFlags |= VM_ACCOUNT;
      }
    } else if (prot.dropsAccount && (flags & VM_ACCOUNT) !== 0 && page.file === '' && page.anon === 0) {
      newFlags &= ~VM_ACCOUNT;
      charged = -npages;
    }
    const error = this.rules.merges === 'everything'
      ? this.change(start, end, newFlags >>> 0, true)
      : this.change25(start, end, newFlags >>> 0);
    if (error < 0) {
      if (charged > 0) this.world.committed -= charged;
      return error;
    }
    if (charged < 0) this.world.committed += charged;
    for (const each of this.range(start, end)) each.rights = newFlags & 7;
    const wasLocked = (flags & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED;
    if (this.rules.lock.onFault && wasLocked && (newFlags & VM_WRITE) !== 0) this.makePresent(start, end);
    return 0;
  }

  /** 2.5.46: the front of an area may join the one below it, and nothing else. */
  private change25(start: number, end: number, flags: number): number {
    const page = this.at(start)!;
    const isPlain = page.file === '' && (page.flags & VM_SHARED) === 0;
    const below = this.at(start - 1);
    if (page.first && isPlain && below !== undefined && below.file === '' && below.flags === flags) {
      const next = this.at(end);
      const wasLonger = next !== undefined && !next.first;
      const rest = wasLonger ? this.areaOf(page).filter(({ vpn }) => vpn >= end) : [];
      const oldPgoff = page.pgoff;
      for (const each of this.range(start, end)) each.flags = flags;
      if (wasLonger) next.first = true;
      this.join(start);
      // Its start moves, its offset does not.
      rest.forEach((each, i) => {
        each.pgoff = oldPgoff + i;
      });
      return 0;
    }
    if (!this.splitAt(start) || !this.splitAt(end)) return -ENOMEM;
    for (const each of this.range(start, end)) each.flags = flags;
    return 0;
  }

  private mergeAtEnd(end: number): void {
    const last = this.at(end - 1)!;
    const next = this.at(end);
    const isPlain = last.file === '' && (last.flags & VM_SHARED) === 0;
    if (isPlain && next !== undefined && next.file === '' && next.flags === last.flags) this.join(end);
  }

  // ---- brk ------------------------------------------------------------------------------------------

  /** The brk in force after the call. */
  sysBrk(brk: bigint): bigint {
    const { brk: rules } = this.rules;
    const least = BigInt(rules.least === 'end_code' ? this.endCode : this.startBrk) * this.pageSize;
    if (brk < least || (rules.dataLimitFirst && this.overData(brk))) return this.brk;
    if (this.moveBrk(brk)) this.brk = brk;
    return this.brk;
  }

  private overData(brk: bigint): boolean {
    const { data } = this.limits;
    if (data === Number.POSITIVE_INFINITY) return false;
    const page = (vpn: number) => BigInt(vpn) * this.pageSize;
    const size = this.rules.brk.dataFrom === 'start_brk'
      ? this.long(brk - page(this.startBrk)) + page(this.endData - this.startData)
      : this.long(brk - page(this.startData));
    return size > BigInt(data);
  }

  private moveBrk(brk: bigint): boolean {
    const newPage = this.pageAlign(brk);
    const oldPage = this.pageAlign(this.brk);
    if (newPage === oldPage) return true;
    const [from, to] = [this.pageOf(oldPage), this.pageOf(newPage)];
    if (brk <= this.brk) {
      if (this.rules.brk.shrinkNeedsMap && this.range(to, from).length === 0) return false;
      return this.munmap(newPage, oldPage - newPage) === 0;
    }
    if (!this.rules.brk.dataLimitFirst && this.overData(brk)) return false;
    // Unlike Linux, as src/mm: nothing grows beyond TASK_SIZE, where the kernel relies on the stack.
    if (newPage < oldPage || newPage > this.taskSize) return false;
    if (this.machineRefuses(oldPage, newPage - oldPage, true)) return false;
    const above = this.above(from);
    const gap = above !== undefined && (above.flags & VM_GROWSDOWN) !== 0 ? this.rules.stackGuardGap : 0;
    if (above !== undefined && to + 1 > above.vpn - gap) return false;
    return this.growHeap(from, to);
  }

  private growHeap(from: number, to: number): boolean {
    const npages = to - from;
    const isLocked = (this.defFlags & VM_LOCKED) !== 0;
    const account = this.rules.accounts ? VM_ACCOUNT : 0;
    const flags = (this.target.dataDefaultFlags | account | this.defFlags) >>> 0;
    if (isLocked && this.bytes(this.lockedVm + npages) > this.limits.memlock) return false;
    const fits = this.rules.brk.dataVm
      ? this.mayExpand(flags, npages)
      : this.bytes(this.totalVm + npages) <= this.limits.as;
    if (!fits || this.mapCount > this.limits.maxMapCount || !this.charge(npages)) return false;
    const below = this.pages[this.indexOf(from) - 1];
    const isHeap = below !== undefined && below.vpn >= this.startBrk;
    const pgoff = this.rules.anonymousPgoff ? from : 0;
    this.add(from, to, flags, '', pgoff, !this.rules.brkMergesHeapOnly || isHeap, 'mmap');
    if (isLocked) {
      this.lockedVm += npages;
      this.makePresent(from, to);
    }
    return true;
  }
}
