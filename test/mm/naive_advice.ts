/**
 * madvise, mlock and its relatives, msync, mincore and remap_file_pages of the page model, page by page.
 */
import {
  EACCES, EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, EIO, ENOMEM, ENOSYS, EOPNOTSUPP, EPERM,
} from '../../src/arch/generic/errno.js';
import {
  VM_DONTCOPY, VM_DONTDUMP, VM_DONTEXPAND, VM_EXEC, VM_IO, VM_LOCKED, VM_MAYSHARE, VM_MAYWRITE, VM_NOHUGEPAGE,
  VM_PFNMAP, VM_READ, VM_SHARED, VM_WRITE,
} from '../../src/arch/generic/mman.js';
import {
  VM_HUGEPAGE, VM_LOCKONFAULT, VM_MERGEABLE, VM_MIXEDMAP, VM_NONLINEAR, VM_RAND_READ, VM_SEQ_READ, VM_WIPEONFORK,
} from '../../src/arch/generic/mman_calls.js';
import type { AdviceRule } from '../../src/release/index.js';
import { NaiveMaps } from './naive_maps.js';
import type { NaiveFile, Page } from './naive_pages.js';

const RWX = VM_READ | VM_WRITE | VM_EXEC;

/** Bits that an advice sets and clears, by its number. */
const ADVICE_BITS: Readonly<Record<number, readonly [set: number, clear: number]>> = {
  0: [0, VM_SEQ_READ | VM_RAND_READ],
  1: [VM_RAND_READ, VM_SEQ_READ],
  2: [VM_SEQ_READ, VM_RAND_READ],
  10: [VM_DONTCOPY, 0],
  11: [0, VM_DONTCOPY],
  14: [VM_HUGEPAGE, VM_NOHUGEPAGE],
  15: [VM_NOHUGEPAGE, VM_HUGEPAGE],
  16: [VM_DONTDUMP, 0],
  17: [0, VM_DONTDUMP],
  18: [VM_WIPEONFORK, 0],
  19: [0, VM_WIPEONFORK],
};
const DOFORK = 11;
const DODUMP = 17;
const WIPEONFORK = 18;
const POPULATE_WRITE = 23;

export class NaiveAdvice extends NaiveMaps {
  // ---- madvise --------------------------------------------------------------------------------------

  /** [vdso] and its like have a name and no file. */
  private isOfFile({ file }: Page): boolean {
    return file !== '' && !file.startsWith('[');
  }

  private ruleOf(advice: number): AdviceRule | undefined {
    const rule = this.rules.advice[advice];
    return rule?.startsWith('huge pages') && this.target.hugePages === 0 ? undefined : rule;
  }

  madvise(addr: bigint, len: bigint, advice: number): number {
    const size = this.pageAlign(len);
    const end = this.long(addr + size);
    const rule = this.ruleOf(advice);
    for (const step of this.rules.madvise) {
      if (step === 'unknown advice: EINVAL' && rule === undefined) return -EINVAL;
      if (step === 'unaligned: EINVAL' && !this.isAligned(addr)) return -EINVAL;
      if (step === 'length rounds to 0: EINVAL' && len !== 0n && size === 0n) return -EINVAL;
      if (step === 'wraps: EINVAL' && end < addr) return -EINVAL;
      if (step === 'empty: 0' && end === addr) return 0;
      if (step === 'hardware errors need CAP_SYS_ADMIN: EPERM' && (advice === 100 || advice === 101)) return -EPERM;
    }
    const [start, stop] = [this.pageOf(addr), this.pageOf(end)];
    const stopsAtHole = rule === 'populate the range, holes end it';
    let result = 0;
    let at = start;
    while (at < stop) {
      const page = this.above(at);
      if (page === undefined || page.vpn >= stop) return -ENOMEM;
      if (page.vpn > at) result = -ENOMEM;
      if (page.vpn > at && stopsAtHole) return -ENOMEM;
      const areaEnd = this.endOf(page);
      const isRear = !page.first && areaEnd < stop;
      at = Math.min(areaEnd, stop);
      if (this.rules.adviceNeedsFile && !this.isOfFile(page)) return -EBADF;
      const error = rule === undefined ? -EINVAL : this.adviseArea(rule, page, at, advice);
      if (error < 0) return error;
      // 2.6.13's loop goes on behind the area that vma_merge() returned.
      if (rule === 'read-ahead, mismerged with what is above') at = Math.max(at, this.endOf(this.at(at - 1)!));
      // sys_madvise() of 2.4 goes on at the end of the area it had, which is the lower part of what was split.
      if (isRear && rule === 'read-ahead, split above the map limit once: ENOMEM') at = page.vpn;
    }
    return result;
  }

  /** One area's part of the range, from `page` up to `end`. */
  private adviseArea(rule: AdviceRule, page: Page, end: number, advice: number): number {
    const pages = this.range(page.vpn, end);
    const { flags, file } = page;
    const isLocked = (flags & VM_LOCKED) !== 0;
    const isPfn = (flags & VM_PFNMAP) !== 0;
    switch (rule) {
      case 'read-ahead, split even if unchanged':
        return this.readAhead(page.vpn, end, this.advised(flags, advice));
      case 'read-ahead, split above the map limit once: ENOMEM':
        if (this.mapCount > this.limits.maxMapCount) return -ENOMEM;
        return this.readAhead(page.vpn, end, this.advised(flags, advice));
      case 'read-ahead, mismerged with what is above':
        return this.mismerge(page, end, this.advised(flags, advice));
      case 'flags':
        return this.flagAdvice(page, end, advice);
      case 'flags, also of special memory':
      case 'huge pages':
        return this.changeTo(page, end, this.advised(flags, advice));
      case 'huge pages, once, of private memory of its own': {
        const known = advice === 14 ? VM_HUGEPAGE : VM_NOHUGEPAGE;
        const isUnfit = (flags & (this.rules.neverMerges | VM_MIXEDMAP | VM_SHARED | VM_MAYSHARE)) !== 0;
        if (isUnfit || (flags & known) !== 0) return -EINVAL;
        return this.changeTo(page, end, this.advised(flags, advice));
      }
      case 'flags that do not merge pages of shared or special memory': {
        if (advice === 13) return this.changeTo(page, end, flags & ~VM_MERGEABLE);
        const unfit = VM_SHARED | VM_MAYSHARE | VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_MIXEDMAP | this.rules.neverMerges;
        return (flags & unfit) !== 0 ? 0 : this.changeTo(page, end, flags | VM_MERGEABLE);
      }
      case 'no file: EBADF':
        return this.isOfFile(page) ? 0 : -EBADF;
      case 'no file: EBADF, beyond its end: EIO': {
        if (file === '') return -EBADF;
        const first = (flags & VM_RAND_READ) !== 0 ? page.pgoff : page.pgoff - (page.pgoff % 8);
        return first >= (this.world.files.get(file)?.npages ?? Number.POSITIVE_INFINITY) ? -EIO : 0;
      }
      case 'nothing':
        return 0;
      case 'drop pages':
        return isLocked || isPfn ? -EINVAL : this.dropAll(pages);
      case 'drop pages, locked ones too':
        return isPfn ? -EINVAL : this.dropAll(pages);
      case 'free lazily':
        return isLocked || isPfn || file !== '' ? -EINVAL : 0;
      case 'punch a hole: needs VM_WRITE, ENOSYS':
        return this.punch(pages, VM_WRITE, ENOSYS);
      case 'punch a hole: needs VM_WRITE':
        return this.punch(pages, VM_WRITE, EOPNOTSUPP);
      case 'punch a hole: needs VM_MAYWRITE':
        return this.punch(pages, VM_MAYWRITE, EOPNOTSUPP);
      case 'age':
        return isLocked || isPfn ? -EINVAL : 0;
      case 'populate':
      case 'populate the range, holes end it':
        return this.populateAdvice(pages, advice);
      case 'guard private anonymous memory':
        return file !== '' ? -EINVAL : this.guard(pages);
      case 'unguard private anonymous memory':
        if (file !== '' || (flags & this.rules.neverMerges) !== 0) return -EINVAL;
        for (const each of pages) each.guard = false;
        return 0;
      case 'guard':
        return this.guard(pages);
      case 'unguard':
        if ((flags & this.rules.neverMerges) !== 0) return -EINVAL;
        for (const each of pages) each.guard = false;
        return 0;
      case 'inject an error':
        return -EPERM;
      default:
        throw new Error(`the page model does not know the advice rule "${rule satisfies never}"`);
    }
  }

  private advised(flags: number, advice: number): number {
    const [set, clear] = ADVICE_BITS[advice] ?? [0, VM_SEQ_READ | VM_RAND_READ];
    return ((flags & ~clear) | set) >>> 0;
  }

  private flagAdvice(page: Page, end: number, advice: number): number {
    const { flags } = page;
    if (advice === DOFORK && (flags & VM_IO) !== 0) return -EINVAL;
    if (advice === WIPEONFORK && (this.isOfFile(page) || (flags & VM_SHARED) !== 0)) return -EINVAL;
    if (advice === DODUMP && (flags & this.rules.neverMerges) !== 0) return -EINVAL;
    return this.changeTo(page, end, this.advised(flags, advice));
  }

  private changeTo(page: Page, end: number, flags: number): number {
    if (flags >>> 0 === page.flags) return 0;
    const error = this.change(page.vpn, end, flags >>> 0, true);
    if (error !== -ENOMEM) return error;
    return this.rules.adviceAtMapLimit === 'EAGAIN' ? -EAGAIN : -ENOMEM;
  }

  private readAhead(start: number, end: number, flags: number): number {
    return this.change(start, end, flags, false) < 0 ? -EAGAIN : 0;
  }

  /**
   * madvise_behavior() of 2.6.13: case 8 of vma_merge() lets the advised area take in the next one, as vma_adjust(area,
   * start of the piece, end of next), and no flags are set afterwards.
   */
  private mismerge(page: Page, end: number, flags: number): number {
    if (flags === page.flags) return 0;
    const area = this.areaOf(page);
    const piece = area.filter(({ vpn }) => vpn >= page.vpn && vpn < end);
    const x = { flags, file: page.file, anon: page.anon };
    const below = area[0] === page && this.joinsBelow(page.vpn, page.pgoff, x);
    const above = area.at(-1)!.vpn + 1 === end && this.joinsAbove(end, piece.at(-1)!.pgoff + 1, x);
    if (below || !above) return this.changeTo(page, end, flags);
    const next = this.areaOf(this.at(end)!);
    const anon = page.anon || next[0]!.anon;
    for (const lost of area) if (lost.vpn < page.vpn) this.release(lost);
    this.pages = this.pages.filter((each) => !area.includes(each) || each.vpn >= page.vpn);
    page.first = true;
    next[0]!.first = false;
    for (const each of next) each.flags = page.flags;
    this.setAnon(page, anon);
    return 0;
  }

  private dropAll(pages: readonly Page[]): number {
    for (const page of pages) this.drop(page);
    return 0;
  }

  private punch(pages: readonly Page[], needed: number, otherFiles: number): number {
    const { flags, file } = pages[0]!;
    if ((flags & (VM_LOCKED | VM_NONLINEAR)) !== 0 || !this.isOfFile(pages[0]!)) return -EINVAL;
    if ((flags & VM_SHARED) === 0 || (flags & needed) === 0) return -EACCES;
    const shared = this.world.files.get(file);
    if (!shared?.isShm) return -otherFiles;
    for (const page of pages) this.drop(page);
    for (const { pgoff } of pages) this.empty(shared, pgoff);
    return 0;
  }

  /** The page reads as zero again, also where somebody else still shows it. */
  private empty({ cache }: NaiveFile, index: number): void {
    const frame = cache.get(index);
    if (frame === undefined) return;
    if (frame.holders > 1) frame.word = 0;
    else cache.delete(index);
  }

  private populateAdvice(pages: readonly Page[], advice: number): number {
    const isWrite = advice === POPULATE_WRITE;
    const { flags } = pages[0]!;
    if ((flags & (VM_IO | VM_PFNMAP)) !== 0 || (flags & (isWrite ? VM_WRITE : VM_READ)) === 0) return -EINVAL;
    return this.touchAll(pages, isWrite) < pages.length ? -EFAULT : 0;
  }

  private guard(pages: readonly Page[]): number {
    const [first] = pages as [Page];
    if ((first.flags & (this.rules.neverMerges | VM_LOCKED)) !== 0) return -EINVAL;
    if (first.file === '') this.prepareAnon(first);
    for (const page of pages) {
      this.drop(page);
      page.guard = true;
    }
    return 0;
  }

  // ---- mlock ----------------------------------------------------------------------------------------

  mlock(addr: bigint, len: bigint, lock: number): number {
    const { lock: rules } = this.rules;
    const [start, npages] = this.lockRange(addr, len);
    if (!rules.privileged && this.limits.memlock === 0) return -EPERM;
    if (this.overMemlock(start, npages)) return -ENOMEM;
    if (rules.privileged) return -EPERM;
    const error = this.applyLock(start, npages, lock);
    if (error < 0 || !rules.presentLast) return error;
    return this.populate(start, start + npages, false) < 0 ? -ENOMEM : 0;
  }

  mlock2(addr: bigint, len: bigint, flags: number): number {
    if (!this.rules.lock.onFault) return -ENOSYS;
    if ((flags & ~1) !== 0) return -EINVAL;
    return this.mlock(addr, len, flags === 1 ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED);
  }

  munlock(addr: bigint, len: bigint): number {
    const [start, npages] = this.lockRange(addr, len);
    return this.applyLock(start, npages, 0);
  }

  /** Start rounded down, and the length that covers what was asked for. */
  private lockRange(addr: bigint, len: bigint): [start: number, npages: number] {
    const inPage = addr % this.pageSize;
    return [this.pageOf(addr), this.pageOf(this.pageAlign(this.long(len + inPage)))];
  }

  private overMemlock(start: number, npages: number): boolean {
    const { memlock } = this.limits;
    const limit = Math.floor(memlock / this.target.pageSize);
    let wanted = this.lockedVm + npages;
    if (this.rules.lock.halfOfRam && wanted > Math.floor(this.world.totalRam / 2)) return true;
    if (wanted > limit && this.rules.lock.countsOnce) {
      const there = this.range(start, start + npages).filter(({ flags }) => (flags & VM_LOCKED) !== 0).length;
      const bytes = BigInt(there) * this.pageSize;
      wanted -= this.rules.lock.countsInInt ? Number(BigInt.asIntN(32, bytes) / this.pageSize) : there;
    }
    return wanted > limit;
  }

  private applyLock(start: number, npages: number, lock: number): number {
    const end = this.long(BigInt(start + npages) * this.pageSize);
    if (npages > 0 && this.pageOf(end) < start + npages) return -EINVAL;
    for (let at = start; at < start + npages; ) {
      const page = this.at(at);
      if (page === undefined) return -ENOMEM;
      const stop = Math.min(this.endOf(page), start + npages);
      const error = this.lockArea(page, stop, lock);
      if (error < 0) return error;
      at = stop;
    }
    return 0;
  }

  /** mlock_fixup(). */
  private lockArea(page: Page, end: number, lock: number): number {
    const { lock: rules, mlockMerges } = this.rules;
    const bits = rules.onFault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
    const { flags, vpn } = page;
    const newFlags = ((flags & ~bits) | lock) >>> 0;
    const isSpecial = rules.presentLast && (flags & this.rules.neverMerges) !== 0;
    if (newFlags === flags || isSpecial) return 0;
    if (this.change(vpn, end, newFlags, mlockMerges) < 0) return rules.presentLast ? -ENOMEM : -EAGAIN;
    const was = (flags & VM_LOCKED) !== 0;
    const is = (newFlags & VM_LOCKED) !== 0;
    if (was !== is) this.lockedVm += is ? end - vpn : vpn - end;
    return this.lockedNow(page, vpn, end, was, is);
  }

  /** Up to 2.6.18 each area is made present as it is locked. */
  private lockedNow(page: Page, start: number, end: number, was: boolean, is: boolean): number {
    const isPresent = this.rules.lock.presentLast || (was && is) || !is;
    return isPresent || (page.flags & VM_IO) !== 0 ? 0 : this.makePresent(start, end);
  }

  mlockall(flags: number): number {
    const { privileged, halfOfRam, onFault, onFaultAlone, presentLast } = this.rules.lock;
    const [CURRENT, FUTURE, ONFAULT] = [1, 2, 4];
    const known = CURRENT | FUTURE | (onFault ? ONFAULT : 0);
    if ((flags & ~known) !== 0 || flags === 0 || (flags === ONFAULT && !onFaultAlone)) return -EINVAL;
    if (!privileged && this.limits.memlock === 0) return -EPERM;
    const isHalf = halfOfRam && this.totalVm > Math.floor(this.world.totalRam / 2);
    const isOver = this.totalVm > Math.floor(this.limits.memlock / this.target.pageSize) || isHalf;
    if (privileged) return isOver ? -ENOMEM : -EPERM;
    if (isOver && (flags & CURRENT) !== 0) return -ENOMEM;
    this.lockEverything(flags);
    if (presentLast && (flags & CURRENT) !== 0) this.populate(0, this.target.taskSize, true);
    return 0;
  }

  munlockall(): number {
    if (this.rules.lock.privileged) return -EPERM;
    this.lockEverything(0);
    return 0;
  }

  private lockEverything(flags: number): void {
    const lock = VM_LOCKED | ((flags & 4) !== 0 ? VM_LOCKONFAULT : 0);
    const bits = this.rules.lock.onFault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
    this.defFlags = ((this.defFlags & ~bits) | ((flags & 2) !== 0 ? lock : 0)) >>> 0;
    const isCurrent = (flags & 1) !== 0;
    if (!isCurrent && (flags & 2) !== 0) return;
    for (let page: Page | undefined = this.pages[0]; page !== undefined; ) {
      const end = this.endOf(page);
      this.lockArea(page, end, isCurrent ? lock : 0);
      page = this.above(end);
    }
  }

  // ---- msync ----------------------------------------------------------------------------------------

  msync(addr: bigint, len: bigint, flags: number): number {
    if ((flags & ~7) !== 0 || !this.isAligned(addr) || (flags & 5) === 5) return -EINVAL;
    const size = this.pageAlign(len);
    const end = this.long(addr + size);
    if (end < addr) return this.rules.msyncWraps === 'EINVAL' ? -EINVAL : -ENOMEM;
    const [start, stop] = [this.pageOf(addr), this.pageOf(end)];
    if (start === stop) return 0;
    const hit = this.range(start, stop);
    const last = hit.at(-1);
    const isLocked = hit.some((page) => (page.flags & VM_LOCKED) !== 0);
    if ((flags & 2) !== 0 && isLocked) return -EBUSY;
    if (hit.length === stop - start) return 0;
    const reachesAbove = this.above(stop) !== undefined || last?.vpn === stop - 1;
    return this.rules.msyncForgetsEnd && last !== undefined && !reachesAbove ? 0 : -ENOMEM;
  }

  // ---- mincore --------------------------------------------------------------------------------------

  /** The bytes that it stores at `vec`, which end where the errno was found; the result is in `error`. */
  mincore(addr: bigint, len: bigint, vec: bigint): { error: number; bytes: number[] } {
    const bytes: number[] = [];
    const size = this.pageAlign(len);
    const end = this.long(addr + size);
    const isAbove = size > this.taskSize - addr;
    for (const step of this.rules.mincore) {
      if (step === 'unaligned: EINVAL' && !this.isAligned(addr)) return { error: -EINVAL, bytes };
      if (step === 'wraps: EINVAL' && end < addr) return { error: -EINVAL, bytes };
      if (step === 'starts above TASK_SIZE: ENOMEM' && addr >= this.taskSize) return { error: -ENOMEM, bytes };
      if (step === 'ends above TASK_SIZE: EINVAL' && isAbove) return { error: -EINVAL, bytes };
      if (step === 'length 0: 0' && len === 0n) return { error: 0, bytes };
      if (step === 'rounds to 0 or ends above TASK_SIZE: ENOMEM' && (size === 0n || isAbove)) {
        return { error: -ENOMEM, bytes };
      }
      if (step === 'ends above TASK_SIZE, not rounded: ENOMEM' && !this.accessOk(addr, len)) {
        return { error: -ENOMEM, bytes };
      }
      if (step === 'vector above TASK_SIZE: EFAULT' && !this.accessOk(vec, size / this.pageSize)) {
        return { error: -EFAULT, bytes };
      }
      if (step === 'empty: 0' && size === 0n) return { error: 0, bytes };
    }
    // pages = len >> PAGE_SHIFT, and one more: not rounded, so that it does not wrap.
    const pages = len / this.pageSize + (len % this.pageSize > 0n ? 1n : 0n);
    const start = this.pageOf(addr);
    const stop = start + Number(this.rules.mincoreSeesPages ? pages : size / this.pageSize);
    return this.rules.mincoreSeesPages ? this.presence(start, stop) : this.cachePresence(start, stop);
  }

  /** access_ok(), as the machine's uaccess.h has it. */
  private accessOk(addr: bigint, bytes: bigint): boolean {
    const { accessOk, region } = this.target;
    if (accessOk === 'nothing') return true;
    if (accessOk === 'range') return bytes <= this.taskSize && addr <= this.taskSize - bytes;
    const inRegion = addr & ((1n << 61n) - 1n);
    return addr <= this.taskSize - 1n && inRegion < BigInt(region!.mapLimit) * this.pageSize;
  }

  private isCached(page: Page): boolean {
    return this.world.files.get(page.file)?.cache.has(page.pgoff) ?? false;
  }

  private presence(start: number, stop: number): { error: number; bytes: number[] } {
    const bytes: number[] = [];
    for (let at = start; at < stop; at++) {
      const page = this.at(at);
      if (page === undefined) return { error: -ENOMEM, bytes };
      const isSaid = page.file.startsWith('[') && this.rules.special.seemsPresent;
      bytes.push(isSaid || page.frame !== null || this.isCached(page) ? 1 : 0);
    }
    return { error: 0, bytes };
  }

  /** 2.x: holes have no bytes, memory without a file ends it. */
  private cachePresence(start: number, stop: number): { error: number; bytes: number[] } {
    const bytes: number[] = [];
    const hit = this.range(start, stop);
    // An empty range that no check has caught asks find_vma() all the same.
    if (start === stop) return { error: this.at(start) === undefined ? -ENOMEM : 0, bytes };
    for (const page of hit) {
      if (page.file === '') return { error: -ENOMEM, bytes };
      bytes.push(this.isCached(page) ? 1 : 0);
    }
    return { error: hit.length === stop - start ? 0 : -ENOMEM, bytes };
  }

  // ---- remap_file_pages -----------------------------------------------------------------------------

  remapFilePages(addr: bigint, len: bigint, prot: number, pgoff: number, flags: number): number {
    const how = this.rules.remapFilePages;
    if (how === 'any prot') {
      const start = this.pageAlign(addr);
      return this.reorder(this.pageOf(start), this.pageOf(this.pageAlign(len)), addr + len, pgoff, prot & RWX);
    }
    if (prot !== 0) return -EINVAL;
    const start = addr - (addr % this.pageSize);
    const size = len - (len % this.pageSize);
    if (this.long(start + size) <= start) return -EINVAL;
    const [vpn, npages] = [this.pageOf(start), this.pageOf(size)];
    if (how === 'nonlinear, files anew') return this.reorderShm(vpn, npages, pgoff);
    if (how !== 'emulated') return this.reorder(vpn, npages, addr + len, pgoff, null);
    return this.mapAnew(vpn, npages, pgoff, flags);
  }

  private reorder(start: number, npages: number, end: bigint, pgoff: number, prot: number | null): number {
    const page = this.at(start);
    if (page === undefined || end <= BigInt(start) * this.pageSize) return -EINVAL;
    if (end > BigInt(this.endOf(page)) * this.pageSize) return -EINVAL;
    const file = this.world.files.get(page.file);
    if ((page.flags & VM_SHARED) === 0 || file === undefined) return -EINVAL;
    if (this.rules.remapFilePages === 'nonlinear' && pgoff !== page.pgoff) {
      for (const each of this.areaOf(page)) each.flags = (each.flags | VM_NONLINEAR) >>> 0;
    }
    if (npages === 0 || this.cached(file, pgoff + npages - 1) === null) return -EINVAL;
    this.range(start, start + npages).forEach((each, i) => {
      this.drop(each);
      each.frame = this.cached(file, pgoff + i)!;
      each.frame.holders += 1;
      each.rights = prot ?? each.flags & RWX;
    });
    return 0;
  }

  /** 3.6, mm/fremap.c: files go to mmap_region() with the area's flags, shared memory is reordered. */
  private reorderShm(vpn: number, npages: number, pgoff: number): number {
    const most = 2n ** BigInt(this.target.pteFileMaxBits);
    if (this.long(BigInt(pgoff + npages)) < BigInt(pgoff) || BigInt(pgoff + npages) >= most) return -EINVAL;
    const page = this.at(vpn);
    const file = page && this.world.files.get(page.file);
    if (page === undefined || file === undefined || (page.flags & VM_SHARED) === 0) return -EINVAL;
    if (vpn + npages > this.endOf(page)) return -EINVAL;
    const { flags } = page;
    if ((flags & VM_NONLINEAR) === 0 && pgoff === page.pgoff) return 0;
    if (!file.isShm) {
      const { file: name } = page;
      if (this.unmapPages(vpn, vpn + npages) < 0) return -ENOMEM;
      if (this.bytes(this.totalVm + npages) > this.limits.as) return -ENOMEM;
      this.add(vpn, vpn + npages, flags, name, pgoff, true, 'mmap');
      if ((flags & VM_LOCKED) === 0) return 0;
      this.lockedVm += npages;
      this.makePresent(vpn, vpn + npages);
      return 0;
    }
    for (const each of this.areaOf(page)) each.flags = (each.flags | VM_NONLINEAR) >>> 0;
    return this.reorder(vpn, npages, BigInt(vpn + npages) * this.pageSize, pgoff, null);
  }

  /** 4.0 on: mmap once more, over areas of one file with the same flags. */
  private mapAnew(vpn: number, npages: number, pgoff: number, flags: number): number {
    if (this.long(BigInt(pgoff + npages)) < BigInt(pgoff)) return -EINVAL;
    const page = this.at(vpn);
    if (page === undefined || (page.flags & VM_SHARED) === 0) return -EINVAL;
    const { map } = this.target;
    const pages = this.range(vpn, vpn + npages);
    const areFlags = page.flags;
    const isOne = pages.length === npages && pages.every((each) => each.file === page.file && each.flags === areFlags);
    if (!isOne) return -EINVAL;
    const isLocked = (page.flags & VM_LOCKED) !== 0;
    const result = this.mmap({
      addr: BigInt(vpn) * this.pageSize, len: BigInt(npages) * this.pageSize, prot: page.flags & RWX, pgoff,
      flags: (flags & map.NONBLOCK) | map.SHARED | map.FIXED | map.POPULATE | (isLocked ? map.LOCKED : 0),
      open: { file: page.file, readable: true, writable: (page.flags & VM_MAYWRITE) !== 0, mappable: true },
    }, 0);
    return Math.min(result, 0);
  }
}
