/**
 * Loads, stores, faults, stacks that grow and forks of the page model. One word stands for a page's contents.
 */
import { EFAULT, ENOMEM } from '../../src/arch/generic/errno.js';
import {
  VM_ACCOUNT, VM_DONTCOPY, VM_EXEC, VM_GROWSDOWN, VM_GROWSUP, VM_IO, VM_LOCKED, VM_PFNMAP, VM_READ, VM_SHARED, VM_WRITE,
} from '../../src/arch/generic/mman.js';
import { VM_LOCKONFAULT, VM_WIPEONFORK } from '../../src/arch/generic/mman_calls.js';
import { type Frame, type NaiveFile, NaivePages, type Page } from './naive_pages.js';

const RWX = VM_READ | VM_WRITE | VM_EXEC;
/** Some pages were made present, and then one was refused. */
const PARTLY = -1;

export class NaiveFaults extends NaivePages {
  /** Why the last access was refused. */
  lastFault = '';

  // ---- access ---------------------------------------------------------------------------------------

  /** The word at a page, or null for a fault. */
  load(vpn: number): number | null {
    const page = this.touch(vpn, false);
    return page === null ? null : (page.frame?.word ?? 0);
  }

  /** 0 or -EFAULT. */
  store(vpn: number, word: number): number {
    const page = this.touch(vpn, true);
    if (page === null) return -EFAULT;
    page.frame!.word = word;
    return 0;
  }

  private refuse(reason: string): null {
    this.lastFault = reason;
    return null;
  }

  /** The page, made present as the access needs it, or null: a signal. */
  touch(vpn: number, isWrite: boolean): Page | null {
    let page = this.at(vpn);
    if (page?.frame && (page.rights & (isWrite ? VM_WRITE : RWX)) !== 0 && !(isWrite && this.isCow(page))) return page;
    if (page === undefined) {
      if (!this.growStack(vpn)) return this.refuse('SEGV_MAPERR');
      page = this.at(vpn)!;
    }
    const needed = isWrite ? VM_WRITE : this.target.readFaultNeeds;
    if ((page.flags & needed) === 0) return this.refuse('SEGV_ACCERR');
    if (page.guard) return this.refuse('SEGV_MAPERR');
    if (this.rules.stack.guardPage && page.frame === null && page.file === '' && !this.keepsGuardPage(page)) {
      return this.refuse('SIGBUS');
    }
    const isShared = (page.flags & VM_SHARED) !== 0;
    if (isWrite && !isShared) this.prepareAnon(page);
    if (page.frame === null) return this.fill(page, isWrite, isShared);
    if (isWrite) {
      if (this.isCow(page)) this.copyFrame(page);
      page.rights = page.flags & RWX;
    }
    return page;
  }

  /** A private page that somebody else holds too. */
  private isCow(page: Page): boolean {
    return (page.flags & VM_SHARED) === 0 && page.frame !== null && page.frame.holders > 1;
  }

  private copyFrame(page: Page): void {
    const { word } = page.frame!;
    page.frame!.holders -= 1;
    page.frame = { word, holders: 1 };
  }

  /** A page that is not there yet. Reading anonymous memory shows zeroes and leaves nothing. */
  private fill(page: Page, isWrite: boolean, isShared: boolean): Page | null {
    const file = this.world.files.get(page.file);
    page.rights = page.flags & RWX;
    if (file === undefined) {
      if (isWrite) page.frame = { word: 0, holders: 1 };
      return page;
    }
    const cached = this.cached(file, page.pgoff);
    if (cached === null) return this.refuse('SIGBUS');
    if (isWrite && !isShared) {
      page.frame = { word: cached.word, holders: 1 };
      return page;
    }
    cached.holders += 1;
    page.frame = cached;
    return page;
  }

  /** A file's page, read in if need be; null beyond its end. */
  cached(file: NaiveFile, index: number): Frame | null {
    if (index >= file.npages) return null;
    const known = file.cache.get(index);
    if (known !== undefined) return known;
    const frame = { word: file.wordOf(index), holders: 1 };
    file.cache.set(index, frame);
    return frame;
  }

  // ---- anon_vma -------------------------------------------------------------------------------------

  /** anon_vma_prepare(): the area's first private page. It takes a neighbour's if the two could merge but for rights. */
  prepareAnon(page: Page): void {
    if (this.rules.anonVma === 'none' || page.anon !== 0) return;
    const area = this.areaOf(page);
    const next = this.at(area.at(-1)!.vpn + 1);
    const prev = this.at(area[0]!.vpn - 1);
    const anon = this.reusable(area.at(-1)!, next) || this.reusable(area[0]!, prev) || this.world.newAnonVma(false);
    for (const each of area) each.anon = anon;
  }

  private reusable(mine: Page, other: Page | undefined): number {
    if (other === undefined || other.anon === 0) return 0;
    if (other.anon % 2 === 1 && this.rules.anonVma !== 'equal-or-missing') return 0;
    const isAlike = other.file === mine.file && ((other.flags ^ mine.flags) & ~RWX) === 0;
    return isAlike && other.pgoff - other.vpn === mine.pgoff - mine.vpn ? other.anon : 0;
  }

  // ---- populate -------------------------------------------------------------------------------------

  /** Pages of [start, end), one area's, are made present. 0, an errno, or PARTLY. */
  makePresent(start: number, end: number): number {
    const pages = this.range(start, end);
    const { flags } = pages[0]!;
    const isWrite = (flags & VM_WRITE) !== 0;
    const { onFault, onFaultNeedsRights, presentLast } = this.rules.lock;
    // check_vma_flags() runs before faultin_page() finds that nothing is to be done.
    if (onFault && (flags & VM_LOCKONFAULT) !== 0) return onFaultNeedsRights && (flags & RWX) === 0 ? -EFAULT : 0;
    // get_user_pages(): FOLL_WRITE for memory that is copied on writes, FOLL_FORCE for locked memory of 3.6 on.
    const isForced = onFault || (presentLast && (flags & VM_LOCKED) !== 0);
    const writes = isWrite && (!presentLast || (flags & VM_SHARED) === 0);
    if (!isForced && !writes && (flags & VM_READ) === 0) return -EFAULT;
    const touched = this.withoutGuardPage(pages);
    const done = this.touchAll(touched, isWrite);
    return done === touched.length ? 0 : done === 0 ? -EFAULT : PARTLY;
  }

  /** How many could be touched before one could not. */
  touchAll(pages: readonly Page[], isWrite: boolean): number {
    const refused = pages.findIndex((page) => this.touch(page.vpn, isWrite) === null);
    return refused < 0 ? pages.length : refused;
  }

  /** Every area in the range. 0, or the errno of the first page refused. */
  populate(start: number, end: number, ignoresErrors: boolean): number {
    for (let page = this.above(start); page !== undefined && page.vpn < end; ) {
      const stop = Math.min(this.endOf(page), end);
      const isKernels = (page.flags & (VM_IO | VM_PFNMAP)) !== 0;
      const error = isKernels ? 0 : this.makePresent(page.vpn, stop);
      if (error < 0 && !ignoresErrors) return -EFAULT;
      page = this.above(stop);
    }
    return 0;
  }

  // ---- stacks ---------------------------------------------------------------------------------------

  /** check_stack_guard_page() of 3.6: false where another area lies right below a stack's lowest page (or above). */
  private keepsGuardPage(page: Page): boolean {
    const { vpn, flags } = page;
    if ((flags & VM_GROWSDOWN) !== 0 && page.first) {
      const below = this.at(vpn - 1);
      if (below !== undefined) return (below.flags & VM_GROWSDOWN) !== 0;
      if (vpn > 0) this.growDown(page, vpn - 1);
    }
    if ((flags & VM_GROWSUP) !== 0 && this.endOf(page) === vpn + 1) {
      const above = this.at(vpn + 1);
      if (above !== undefined) return (above.flags & VM_GROWSUP) !== 0;
      this.growUp(page);
    }
    return true;
  }

  /** What of one area's pages mlock touches: not the guard page, which is no part of another stack's area. */
  private withoutGuardPage(pages: Page[]): Page[] {
    if (!this.rules.stack.guardPage || (pages[0]!.flags & VM_LOCKED) === 0) return pages;
    return pages.filter(({ vpn, first, flags }) => {
      const isLowest = (flags & VM_GROWSDOWN) !== 0 && first && ((this.at(vpn - 1)?.flags ?? 0) & VM_GROWSDOWN) === 0;
      const above = this.at(vpn + 1);
      const isEnd = above === undefined || above.first;
      const isHighest = (flags & VM_GROWSUP) !== 0 && isEnd && ((above?.flags ?? 0) & VM_GROWSUP) === 0;
      return !isLowest && !isHighest;
    });
  }

  private growStack(vpn: number): boolean {
    const above = this.above(vpn);
    const below = this.at(vpn - 1);
    if (below !== undefined && (below.flags & VM_GROWSUP) !== 0) {
      return this.staysInRegion(vpn, this.startOf(below)) && this.growUp(below);
    }
    if (above === undefined || (above.flags & VM_GROWSDOWN) === 0) return false;
    // 3.8, expand_stack(): not all the way to the next mapping, unless that is a stack.
    const abuts = below !== undefined && (below.flags & VM_GROWSDOWN) === 0;
    if (this.rules.stack.keepsPageBelow && abuts) return false;
    return this.staysInRegion(vpn, above.vpn) && this.growDown(above, vpn);
  }

  private staysInRegion(vpn: number, start: number): boolean {
    const { region } = this.target;
    if (region === null) return true;
    const isSame = Math.floor(vpn / region.pages) === Math.floor(start / region.pages);
    return isSame && vpn % region.pages < region.mapLimit;
  }

  private fits(page: Page, stack: number, more: number): boolean {
    const isUncharged = (page.flags & VM_GROWSUP) !== 0 && (page.flags & VM_ACCOUNT) === 0;
    const isLocked = (page.flags & VM_LOCKED) !== 0 && !isUncharged;
    if (isLocked && this.rules.lock.limitsStacks && this.bytes(this.lockedVm + more) > this.limits.memlock) return false;
    const isRoom = this.rules.brk.dataVm
      ? this.mayExpand(page.flags, more)
      : this.bytes(this.totalVm + more) <= this.limits.as;
    return this.bytes(stack) <= this.limits.stack && isRoom;
  }

  /** Memory that a stack growing in the direction of `grows` may not come near. */
  private isObstacle(page: Page | undefined, grows: number): boolean {
    if (page === undefined || (page.flags & grows) !== 0) return false;
    return (page.flags & RWX) !== 0 || this.rules.stackGapFrom === 'all memory';
  }

  private growDown(top: Page, vpn: number): boolean {
    const { rules } = this;
    const grow = top.vpn - vpn;
    if (this.bytes(vpn) < rules.mmapMinAddr) return false;
    if (rules.stackGuardGap > 0) {
      // gap_addr = address - stack_guard_gap, which must not wrap below 0.
      if (rules.stackGapFrom === 'all memory' && vpn - rules.stackGuardGap < 0) return false;
      const prev = this.pages[this.indexOf(vpn) - 1];
      if (this.isObstacle(prev, VM_GROWSDOWN) && prev!.vpn >= vpn - rules.stackGuardGap) return false;
    }
    this.prepareAnon(top);
    if (rules.stack.keepsPgoff && grow > top.pgoff) return false;
    const size = this.endOf(top) - vpn;
    if (rules.accounts && !this.charge(grow)) return false;
    if (!this.fits(top, size, grow)) {
      if (rules.accounts) this.world.committed -= grow;
      return false;
    }
    this.extend(top, vpn, vpn + grow, top.pgoff - grow);
    return true;
  }

  private growUp(end: Page): boolean {
    const area = this.areaOf(end);
    const gapEnd = end.vpn + 2 + this.rules.stackGuardGap;
    const next = this.above(end.vpn + 1);
    if (this.isObstacle(next, VM_GROWSUP) && next!.vpn < gapEnd) return false;
    // 2.6.18, expand_upwards(): an accounted stack is charged, and its size is the new one.
    const charged = (end.flags & VM_ACCOUNT) === 0 ? 0 : 1;
    if (charged > 0) this.prepareAnon(end);
    if (!this.fits(end, area.length + charged, 1) || !this.charge(charged)) return false;
    this.extend(end, end.vpn + 1, end.vpn + 2, end.pgoff + 1);
    return true;
  }

  /** Pages [start, end) become part of the area of `page`, which they touch. */
  private extend(page: Page, start: number, end: number, pgoff: number): void {
    const { flags, file, anon } = page;
    this.insert(start, end, flags, file, pgoff, anon);
    if (start < page.vpn) page.first = false;
    else this.at(start)!.first = false;
    if ((flags & VM_LOCKED) !== 0) this.lockedVm += end - start;
  }

  // ---- fork -----------------------------------------------------------------------------------------

  /** dup_mmap(): fills `child`. 0 or -ENOMEM. */
  copyTo(child: NaivePages): number {
    Object.assign(child, {
      endCode: this.endCode, startData: this.startData, endData: this.endData, startBrk: this.startBrk, brk: this.brk,
    });
    const inherited = this.pages.filter(({ flags }) => (flags & VM_DONTCOPY) === 0);
    let charged = 0;
    for (const first of inherited.filter((page) => page.first)) {
      const area = this.areaOf(first);
      if ((first.flags & VM_ACCOUNT) === 0) continue;
      if (!this.charge(area.length)) {
        this.world.committed -= charged;
        return -ENOMEM;
      }
      charged += area.length;
    }
    const anons = new Map<Page, number>();
    for (const first of inherited.filter((page) => page.first)) anons.set(first, this.inheritedAnon(first));
    // The second bit meant something else before mlock2 (VM_RESERVED).
    const unlocked = this.rules.lock.onFault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
    let anon = 0;
    for (const page of inherited) {
      if (page.first) anon = anons.get(page)!;
      const isWiped = (page.flags & VM_WIPEONFORK) !== 0;
      if (!isWiped && page.frame !== null) page.frame.holders += 1;
      child.pages.push({
        ...page, anon, flags: (page.flags & ~unlocked) >>> 0,
        frame: isWiped ? null : page.frame, guard: page.guard && !isWiped,
      });
    }
    return 0;
  }

  private inheritedAnon({ anon, flags }: Page): number {
    if (anon === 0 || (flags & VM_WIPEONFORK) !== 0) return 0;
    return this.rules.anonVma === 'equal-or-missing' ? anon : this.world.newAnonVma(true);
  }

  /** exit_mmap(). */
  clear(): void {
    for (const page of this.pages) {
      this.drop(page);
      if ((page.flags & VM_ACCOUNT) !== 0) this.world.committed -= 1;
    }
    this.pages = [];
    this.world.refund();
  }
}
