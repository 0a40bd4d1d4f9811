/**
 * What all address spaces of a machine share: memory that may be committed, as mm/mmap.c keeps it in
 * vm_committed_space. Source: Linux 2.5.46 and 2.4.20, mm/mmap.c: vm_enough_memory().
 */
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
  heuristic: 'free' | 'total' = 'free';
  /** What is granted is charged. 2.4 has no such account, and no mode 2: all modes but 0 grant everything. */
  accounts = true;
  /** Pages whose charge is given back when the system call returns. */
  late = 0;
  private inodes = 0;
  private anonVmas = 0;

  constructor(totalRam: number) {
    this.totalRam = totalRam;
  }

  /**
   * Charges `pages`, or returns false and charges nothing. Mode 0 compares the one request with free
   * memory; mode 2 compares all that is committed with what is allowed.
   */
  enoughMemory(pages: number): boolean {
    const committed = this.committed + pages;
    const allowed = Math.floor((this.totalRam * this.overcommitRatio) / 100);
    const tooMuch = this.heuristic === 'free' ? this.totalRam <= pages : this.totalRam < pages;
    if (!this.accounts) return this.overcommit !== 0 || !tooMuch;
    const refused = (this.overcommit === 0 && tooMuch) || (this.overcommit === 2 && committed >= allowed);
    if (refused) return false;
    this.committed = committed;
    return true;
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
