/** mremap of the page model: do_mremap() and move_vma() over pages. */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from '../../src/arch/generic/errno.js';
import {
  VM_ACCOUNT, VM_DONTEXPAND, VM_LOCKED, VM_MAYSHARE, VM_PFNMAP, VM_SHARED, VM_WRITE,
} from '../../src/arch/generic/mman.js';
import { VM_LOCKONFAULT } from '../../src/arch/generic/mman_calls.js';
import type { MremapStep } from '../../src/release/index.js';
import { NaiveAdvice } from './naive_advice.js';
import type { Page } from './naive_pages.js';

const MAYMOVE = 1;
const FIXED = 2;
const DONTUNMAP = 4;

export interface NaiveMremap {
  readonly addr: bigint;
  readonly oldLen: bigint;
  readonly newLen: bigint;
  readonly flags: number;
  readonly newAddr: bigint;
}

/** What the steps of one mremap work on; lengths in pages. */
interface Work {
  readonly call: NaiveMremap;
  vpn: number;
  oldPages: number;
  newPages: number;
  target: number;
  /** Where the memory goes, or null while only a search that failed knows. */
  to: number | null;
  charged: number;
  cut: number;
  readonly real: number;
}

const ANSWERED = 1;

export class NaiveMm extends NaiveAdvice {
  /** The page where the memory is now, or a negative errno. `real`: what mm answered. */
  mremap(call: NaiveMremap, real: number): number {
    return this.remapSteps({
      call, vpn: this.pageOf(call.addr), oldPages: this.pageOf(this.pageAlign(call.oldLen)),
      newPages: this.pageOf(this.pageAlign(call.newLen)), target: this.pageOf(call.newAddr), to: null, charged: 0,
      cut: 0, real,
    }, this.rules.mremap);
  }

  private remapSteps(work: Work, steps: readonly MremapStep[]): number {
    for (const [i, step] of steps.entries()) {
      if (step === 'several areas one by one') {
        if ((work.call.flags & FIXED) === 0 || work.oldPages !== work.newPages) continue;
        return this.remapSeveral(work, steps.slice(i + 1));
      }
      const result = this.remapStep(step, work);
      if (result === ANSWERED) return work.to!;
      if (result < 0) {
        this.world.committed -= work.charged;
        return result;
      }
    }
    if (work.to === null) throw new Error('the search found no hole, and there are many');
    if (work.newPages === 0) return -EINVAL; // unlike Linux, as src/mm
    this.moveVma(work, work.to);
    return work.to;
  }

  /** remap_move(): every area in the range. */
  private remapSeveral(whole: Work, steps: readonly MremapStep[]): number {
    const end = whole.vpn + whole.oldPages;
    let result = -EFAULT;
    for (let page = this.above(whole.vpn); page !== undefined && page.vpn < end; ) {
      if (page.vpn > whole.vpn && result < 0) return -EFAULT;
      const { vpn } = page;
      const npages = Math.min(this.endOf(page), end) - vpn;
      const target = whole.target + (vpn - whole.vpn);
      const piece = { ...whole, vpn, oldPages: npages, newPages: npages, target };
      const moved = this.remapSteps(piece, steps);
      if (moved < 0) return moved;
      if (result < 0) result = moved;
      page = this.above(vpn + npages);
    }
    return result;
  }

  private remapStep(step: Exclude<MremapStep, 'several areas one by one'>, work: Work): number {
    const { call, vpn, oldPages, newPages, target } = work;
    const { flags, addr, newAddr } = call;
    const hasTarget = (flags & (FIXED | DONTUNMAP)) !== 0;
    const keepsOld = (flags & DONTUNMAP) !== 0;
    const page = this.at(vpn);
    const grow = newPages - oldPages;
    const vm = page?.flags ?? 0;
    const fail = (condition: boolean, errno: number) => (condition ? -errno : 0);
    switch (step) {
      case 'flags other than MAYMOVE and FIXED: EINVAL':
        return fail((flags & ~(MAYMOVE | FIXED)) !== 0, EINVAL);
      case 'flags other than MAYMOVE, FIXED and DONTUNMAP: EINVAL':
        return fail((flags & ~(MAYMOVE | FIXED | DONTUNMAP)) !== 0, EINVAL);
      case 'unaligned: EINVAL':
        return fail(!this.isAligned(addr), EINVAL);
      case 'new length 0: EINVAL':
        return fail(newPages === 0, EINVAL);
      case 'new length above TASK_SIZE: EINVAL':
        return fail(newPages > this.target.taskSize, EINVAL);
      case 'FIXED or DONTUNMAP without MAYMOVE: EINVAL':
        return fail(hasTarget && (flags & MAYMOVE) === 0, EINVAL);
      case 'DONTUNMAP with another length: EINVAL':
        return fail(keepsOld && call.oldLen !== call.newLen, EINVAL);
      case 'DONTUNMAP with another number of pages: EINVAL':
        return fail(keepsOld && grow !== 0, EINVAL);
      case 'target unaligned: EINVAL':
        return fail(hasTarget && !this.isAligned(newAddr), EINVAL);
      case 'target above TASK_SIZE: EINVAL':
        return fail(hasTarget && target > this.target.taskSize - newPages, EINVAL);
      case 'target overlaps: EINVAL':
        return fail(hasTarget && this.endOfOld(work) > target && target + newPages > vpn, EINVAL);
      case 'target overlaps, an empty old range included: EINVAL':
        if (!hasTarget) return 0;
        if (target <= vpn && target + newPages > vpn) return -EINVAL;
        return fail(vpn <= target && this.endOfOld(work) > target, EINVAL);
      case 'no room for two more areas: ENOMEM':
        return fail(hasTarget && this.mapCount + 2 >= this.limits.maxMapCount - 3, ENOMEM);
      case 'unmap the target':
        return (flags & FIXED) === 0 ? 0 : this.munmapPages(target, newPages);
      case 'unmap the target, whatever that says':
        // Unlike Linux, as src/mm: what stays there at the map limit ends the call.
        return fail((flags & FIXED) !== 0 && this.munmapPages(target, newPages) === -ENOMEM, ENOMEM);
      case 'cut off the tail':
      case 'cut off the tail, whatever that says':
        return this.cutTail(work, hasTarget, step !== 'cut off the tail');
      case 'cut off the tail, and expect it still': {
        if (oldPages < newPages) return 0;
        const error = grow === 0 ? 0 : this.munmapPages((vpn + newPages) % this.target.vpnEnd, -grow);
        if (hasTarget && target !== vpn) return fail(error === -ENOMEM, ENOMEM); // unlike Linux, as src/mm
        work.to = vpn;
        return ANSWERED;
      }
      case 'nothing mapped there: EFAULT':
        return fail(page === undefined, EFAULT);
      case 'private memory cannot be doubled: EINVAL':
        return fail(oldPages === 0 && (vm & (VM_SHARED | VM_MAYSHARE)) === 0, EINVAL);
      case 'DONTUNMAP of memory that may not grow: EINVAL':
        return fail(keepsOld && (vm & (VM_DONTEXPAND | VM_PFNMAP)) !== 0, EINVAL);
      case 'range leaves the area: EFAULT':
        if (!hasTarget && grow <= 0) return 0;
        return fail(Math.min(oldPages, newPages) > this.endOf(page!) - vpn, EFAULT);
      case 'old range leaves the area: EFAULT':
        return fail(vpn + oldPages > this.endOf(page!), EFAULT);
      case 'pgoff wraps: EINVAL':
        return fail(grow > 0 && this.long(BigInt(page!.pgoff + newPages)) < BigInt(page!.pgoff), EINVAL);
      case 'may not grow: EFAULT':
        return fail(grow > 0 && (vm & (VM_DONTEXPAND | VM_PFNMAP)) !== 0, EFAULT);
      case 'RLIMIT_MEMLOCK: EAGAIN':
      case 'growth over RLIMIT_MEMLOCK: EAGAIN': {
        const isAsked = step === 'RLIMIT_MEMLOCK: EAGAIN' || grow > 0;
        const isOver = (vm & VM_LOCKED) !== 0 && this.bytes(this.lockedVm + grow) > this.limits.memlock;
        return fail(isAsked && isOver, EAGAIN);
      }
      case 'RLIMIT_AS: ENOMEM':
        return fail(this.bytes(this.totalVm + grow) > this.limits.as, ENOMEM);
      case 'growth over RLIMIT_AS or RLIMIT_DATA: ENOMEM':
        return fail(grow > 0 && !this.mayExpand(vm, grow), ENOMEM);
      case 'DONTUNMAP over RLIMIT_AS or RLIMIT_DATA: ENOMEM':
        return fail(keepsOld && !this.mayExpand(vm, oldPages), ENOMEM);
      case 'charge the growth: ENOMEM':
        return this.chargeMore(work, grow);
      case 'ask for the growth: ENOMEM':
        return fail((vm & VM_WRITE) !== 0 && (vm & VM_SHARED) === 0 && !this.charge(grow), ENOMEM);
      case 'charge the growth: EFAULT':
        return fail(this.chargeMore(work, grow) < 0, EFAULT);
      case 'grow in place':
      case 'grow in place, charged and merged':
        return hasTarget ? 0 : this.growInPlace(work, page!, step === 'grow in place, charged and merged');
      case 'may not move: ENOMEM':
        return fail((flags & MAYMOVE) === 0, ENOMEM);
      case 'find the address by VM_SHARED':
      case 'find the address':
      case 'find the address, then check it':
      case 'find the address for the piece, then check it':
        return this.findTarget(work, page!, step);
      case 'three areas below the limit: ENOMEM':
        return fail(this.mapCount >= this.limits.maxMapCount - 3, ENOMEM);
      case 'special memory is not cut: EINVAL': {
        const isWhole = page!.first && this.endOf(page!) === vpn + oldPages;
        return fail(page!.file.startsWith('[') && !isWhole && !this.rules.special.isCut, EINVAL);
      }
      case 'charge what is new: ENOMEM':
        return this.chargeMore(work, keepsOld ? newPages : grow);
      case 'charge what is new or was cut off: ENOMEM':
        return this.chargeMore(work, keepsOld ? newPages : grow + work.cut);
      default:
        throw new Error(`the page model does not know the step "${step satisfies never}"`);
    }
  }

  /** End of the old range, which may wrap. */
  private endOfOld({ call, oldPages }: Work): number {
    return this.pageOf(this.long(call.addr - (call.addr % this.pageSize) + BigInt(oldPages) * this.pageSize));
  }

  private munmapPages(vpn: number, npages: number): number {
    return this.munmap(BigInt(vpn) * this.pageSize, BigInt(npages) * this.pageSize);
  }

  private cutTail(work: Work, hasTarget: boolean, ignoresErrors: boolean): number {
    const { vpn, oldPages, newPages } = work;
    if (oldPages < newPages) return 0;
    if (oldPages > newPages) {
      const error = this.munmapPages((vpn + newPages) % this.target.vpnEnd, oldPages - newPages);
      if (error < 0 && !ignoresErrors) return error;
    }
    if (!hasTarget || work.target === vpn) {
      work.to = vpn;
      return ANSWERED;
    }
    work.cut = oldPages - newPages;
    work.oldPages = newPages;
    return 0;
  }

  private chargeMore(work: Work, npages: number): number {
    if ((this.at(work.vpn)!.flags & VM_ACCOUNT) === 0) return 0;
    if (!this.charge(npages)) return -ENOMEM;
    work.charged = npages;
    return 0;
  }

  private growInPlace(work: Work, page: Page, isNew: boolean): number {
    const { vpn, oldPages, newPages } = work;
    const end = this.endOf(page);
    const roof = this.above(end)?.vpn ?? this.target.taskSize;
    if (end - vpn !== oldPages || roof - vpn < newPages) return 0;
    const start = this.startOf(page);
    const whole = BigInt(vpn + newPages - start) * this.pageSize;
    if (this.rules.move.growthIsChecked) {
      if (this.machineRefuses(BigInt(start) * this.pageSize, whole, true)) return 0;
      if (this.bytes(start) < this.rules.mmapMinAddr) return 0;
    }
    if (isNew) {
      const error = this.chargeMore(work, newPages - oldPages);
      if (error < 0) return error;
    }
    const last = this.at(end - 1)!;
    const { flags, file, anon } = last;
    const stop = vpn + newPages;
    this.insert(end, stop, flags, file, last.pgoff + 1, anon);
    this.at(end)!.first = false;
    const like = { flags, file, anon };
    if (isNew && this.joinsAbove(stop, last.pgoff + 1 + (stop - end), like)) {
      const above = this.at(stop)!.anon;
      if (anon === 0 || above === 0 || anon === above) this.join(stop);
    }
    if ((flags & VM_LOCKED) !== 0) {
      this.lockedVm += stop - end;
      this.makePresent(end, stop);
    }
    work.to = vpn;
    return ANSWERED;
  }

  private findTarget(work: Work, page: Page, step: MremapStep): number {
    const isChecked = step.endsWith('then check it');
    const { call, newPages, target, real } = work;
    const keepsOld = (call.flags & DONTUNMAP) !== 0;
    if (step === 'find the address for the piece, then check it' && this.pieceRefused(work, page)) return -EINVAL;
    if ((call.flags & FIXED) !== 0) work.to = target;
    else if (real >= 0) {
      const isHinted = keepsOld && target !== 0;
      const open = page.file === '' ? null : { file: page.file, readable: true, writable: true, mappable: true };
      const sharedBit = step === 'find the address by VM_SHARED' ? VM_SHARED : VM_MAYSHARE;
      const isShared = (page.flags & sharedBit) !== 0;
      this.mustBeHole(real, newPages, isHinted, { flags: isShared ? 1 : 2, open });
      work.to = real;
    } else if (real === -ENOMEM && this.refusalIsLegal(newPages, keepsOld ? call.newAddr : 0n)) {
      return -ENOMEM;
    } else if (real === -EPERM && keepsOld && this.isGrantedBelowMin(target)) {
      return -EPERM; // a hint below mmap_min_addr, which the search granted
    }
    if (!isChecked || work.to === null) return 0;
    if (newPages > this.target.longestMap || work.to > this.target.taskSize - newPages) return -ENOMEM;
    return this.bytes(work.to) < this.rules.mmapMinAddr ? -EPERM : 0;
  }

  /** get_unmapped_area() of 3.x asks the machine about the address that was asked for. */
  private pieceRefused({ call, newPages, target }: Work, page: Page): boolean {
    const isFixed = (call.flags & FIXED) !== 0;
    const addr = (call.flags & (FIXED | DONTUNMAP)) !== 0 ? BigInt(target) * this.pageSize : 0n;
    const len = BigInt(newPages) * this.pageSize;
    if (this.machineRefuses(addr, len, isFixed)) return true;
    return isFixed && this.fixedRefused(addr, len, (page.flags & VM_MAYSHARE) !== 0, page.pgoff);
  }

  /** Machines with a hint probe of their own do not compare with mmap_min_addr; the check behind it does. */
  private isGrantedBelowMin(target: number): boolean {
    return target > 0 && !this.target.hintTestsPrev && this.bytes(target) < this.rules.mmapMinAddr;
  }

  // ---- move_vma() -----------------------------------------------------------------------------------

  private moveVma(work: Work, to: number): void {
    const { call, vpn, oldPages, newPages } = work;
    const source = this.at(vpn)!;
    const { flags, file, anon } = source;
    const { merges, anonymousPgoff, move } = this.rules;
    const isFresh = anonymousPgoff && file === '' && anon === 0;
    const mayMerge = merges === 'everything' || merges === 'files of mmap and mremap' ||
      (file === '' && (flags & VM_SHARED) === 0);
    const joined = this.add(to, to + newPages, flags, file, isFresh ? to : source.pgoff, mayMerge, 'mremap', anon);
    this.range(vpn, vpn + oldPages).forEach((from, i) => {
      const page = this.at(to + i)!;
      Object.assign(page, { frame: from.frame, rights: from.rights, guard: from.guard });
      Object.assign(from, { frame: null, guard: false });
    });
    const isLocked = (flags & VM_LOCKED) !== 0;
    if ((call.flags & DONTUNMAP) !== 0) {
      this.leaveEmpty(vpn, oldPages, joined !== 'alone' ? to : null);
      if (isLocked && move.locksTwice) this.lockedVm += newPages;
      return;
    }
    if (move.frontLosesAccount) this.unmapSource25(vpn, oldPages, flags);
    else this.unmapSource(vpn, oldPages, flags);
    if (!isLocked) return;
    this.lockedVm += newPages;
    const there = this.at(to)!;
    if (move.populatesAll) this.makePresent(this.startOf(there), this.endOf(there));
    else if (newPages > oldPages) this.makePresent(to + oldPages, to + newPages);
  }

  private leaveEmpty(vpn: number, oldPages: number, joined: number | null): void {
    const source = this.at(vpn)!;
    const area = this.areaOf(source);
    for (const page of area) page.flags = (page.flags & ~(VM_LOCKED | VM_LOCKONFAULT)) >>> 0;
    const isWhole = area[0]!.vpn === vpn && area.length === oldPages;
    const isSame = joined !== null && area.includes(this.at(joined)!);
    if (isWhole && !isSame) this.setAnon(source, 0);
  }

  private setAccount(page: Page | undefined, isOn: boolean): void {
    if (page === undefined) return;
    for (const each of this.areaOf(page)) {
      each.flags = (isOn ? each.flags | VM_ACCOUNT : each.flags & ~VM_ACCOUNT) >>> 0;
    }
  }

  /** The charge went with the pages: the flag is off while the source goes, and on again for what remains. */
  private unmapSource(vpn: number, oldPages: number, flags: number): void {
    const isAccounted = (flags & VM_ACCOUNT) !== 0;
    const source = this.at(vpn)!;
    const [start, end] = [this.startOf(source), this.endOf(source)];
    if (isAccounted) this.setAccount(source, false);
    const error = this.munmapPages(vpn, oldPages);
    if (!isAccounted) return;
    if (error < 0) {
      this.world.committed -= end - start - oldPages;
      return;
    }
    if (start < vpn) this.setAccount(this.at(vpn - 1), true);
    if (end > vpn + oldPages) this.setAccount(this.at(vpn + oldPages), true);
  }

  /** 2.5.46 puts it back on what lies below, and on what follows that; a rest without anything below stays without. */
  private unmapSource25(vpn: number, oldPages: number, flags: number): void {
    const isAccounted = (flags & VM_ACCOUNT) !== 0;
    const source = this.at(vpn)!;
    const [start, end] = [this.startOf(source), this.endOf(source)];
    if (isAccounted) this.setAccount(source, false);
    const error = this.munmapPages(vpn, oldPages);
    if (!isAccounted) return;
    if (vpn > start) {
      this.setAccount(this.at(vpn - 1), true);
      if (vpn + oldPages < end) this.setAccount(this.above(this.endOf(this.at(vpn - 1)!)), true);
    } else if (error < 0 && vpn + oldPages !== end) {
      this.setAccount(this.at(vpn), true);
    }
  }
}
