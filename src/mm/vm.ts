/**
 * What all address spaces of a machine share: memory that may be committed, as mm/mmap.c keeps it in
 * vm_committed_space. Source: Linux 2.5.46 and 2.4.20, mm/mmap.c: vm_enough_memory().
 * 2.5.74, 2.6.0 to 2.6.9, security/commoncap.c: cap_vm_enough_memory(); 2.6.11 to 4.12, mm/mmap.c, 6.1 and 6.13, mm/util.c:
 * __vm_enough_memory().
 */
import type { MmRules, ReserveRules } from '../release/index.js';

export type OvercommitMode = 0 | 1 | 2;

export class Vm {
  /** Pages of memory; nothing else uses it here, so all of it counts as free. */
  readonly totalRam: number;
  overcommit: OvercommitMode = 0;
  /** Percent of memory that mode 2 lets be committed. */
  overcommitRatio = 50;
  /** Pages charged so far. */
  committed = 0;
  /** Mode 0 refuses what is not below free memory (2.x), or what is above all of it (6.x). */
  private heuristic: MmRules['heuristic'] = 'free';
  /** What is granted is charged. 2.4 has no such account, and no mode 2: all modes but 0 grant everything. */
  private accounts = true;
  private reserve: ReserveRules = { mode0: false, mode2: false, process: false, capped: false, wraps: false };
  /** Pages that are root's, where they are not a 32nd of what mode 2 allows; and of a process at most: 4.12. */
  private adminReserve = 0;
  private userReserve = Number.POSITIVE_INFINITY;
  /** Pages whose charge is given back when the system call returns. */
  late = 0;
  private inodes = 0;
  private anonVmas = 0;

  constructor(totalRam: number) {
    this.totalRam = totalRam;
  }

  /** Judges and charges as the release does. Unlike Linux: no pages of a zone are reserved (totalreserve_pages). */
  follow({ heuristic, accounts, reserve }: MmRules, pageSize: number): void {
    this.heuristic = heuristic;
    this.accounts = accounts;
    this.reserve = reserve;
    const most = (kib: number) => Math.floor(Math.min(Math.floor((this.totalRam * pageSize) / 32 / 1024), kib) * 1024 / pageSize);
    this.adminReserve = reserve.capped ? most(8 * 1024) : Math.floor(this.totalRam / 32);
    this.userReserve = reserve.capped ? most(128 * 1024) : Number.POSITIVE_INFINITY;
  }

  /**
   * Charges `pages` for an mm of `totalVm`, or returns false and charges nothing. Mode 0 compares the one request with
   * free memory; mode 2 compares all that is committed with what is allowed.
   */
  enoughMemory(pages: number, totalVm: number): boolean {
    if (this.overcommit === 0 && this.isTooMuch(pages)) return false;
    if (!this.accounts) return true;
    const committed = this.committed + pages;
    if (this.overcommit === 2 && committed >= this.allowed(totalVm)) return false;
    this.committed = committed;
    return true;
  }

  private isTooMuch(pages: number): boolean {
    if (this.heuristic === 'total') return this.totalRam < pages;
    return this.totalRam - (this.reserve.mode0 ? this.adminReserve : 0) <= pages;
  }

  /** Pages that mode 2 lets be committed when a process of `totalVm` asks. */
  private allowed(totalVm: number): number {
    const { mode2, process, capped, wraps } = this.reserve;
    let allowed = Math.floor((this.totalRam * this.overcommitRatio) / 100);
    if (mode2) allowed -= capped ? this.adminReserve : Math.floor(allowed / 32);
    if (process) allowed -= Math.min(Math.floor(totalVm / 32), this.userReserve);
    return allowed < 0 && wraps ? Number.POSITIVE_INFINITY : allowed;
  }

  /** Inode number of a new piece of shared memory. */
  nextInode(): number {
    this.inodes += 1;
    return this.inodes;
  }

  /** Number of a new anon_vma. */
  nextAnonVma(): number {
    this.anonVmas += 1;
    return this.anonVmas;
  }

  unacct(pages: number): void {
    if (this.accounts) this.committed -= pages;
  }

  /** The work that waited for the return to user space: the machine does it before the next call, or task. */
  settle(): void {
    this.committed -= this.late;
    this.late = 0;
  }

  /** Nothing is charged any more. */
  reset(): void {
    this.committed = 0;
    this.late = 0;
  }
}
