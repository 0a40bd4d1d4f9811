/**
 * The page model: an address space as a list of pages, one record a page, in order. An area is nothing but a run
 * of pages up to the next one that is marked `first`; to split is to set the mark, to merge is to take it away.
 * Nothing is shared with src/mm; what a release does is read from its record (rules), so that a new record is
 * tested by being there.
 *
 *      vpn   10     11     12     13            17
 *           [first][     ][first][     ]  ...  [first]        three areas: 10-12, 12-14, 17-18
 */
import { EINVAL, ENOMEM } from '../../src/arch/generic/errno.js';
import {
  VM_ACCOUNT, VM_GROWSDOWN, VM_LOCKED, VM_SHARED, VM_WRITE,
} from '../../src/arch/generic/mman.js';
import type { Target } from '../../src/arch/index.js';
import type { MmRules } from '../../src/release/index.js';

/** What a present page holds: one word stands for its contents. */
export interface Frame {
  word: number;
  /** Page tables and file caches that hold it. */
  holders: number;
}

export interface Page {
  readonly vpn: number;
  /** An area starts here. */
  first: boolean;
  /** Of the area: vm_flags, the file by name ("" for none), anon_vma (0 for none; odd in a fork's child). */
  flags: number;
  file: string;
  anon: number;
  /** Offset of this page in its file. */
  pgoff: number;
  frame: Frame | null;
  /** Rights of the page-table entry where it has a frame. */
  rights: number;
  /** MADV_GUARD_INSTALL's marker. */
  guard: boolean;
}

/** A file that can be mapped: its pages, each with the word it starts with; null where they read as nothing. */
export interface NaiveFile {
  readonly npages: number;
  readonly wordOf: (index: number) => number;
  readonly cache: Map<number, Frame>;
  readonly isShm: boolean;
  /** Pages that an object of shared memory was charged. */
  charged: number;
}

/** What all address spaces of a machine share. */
export class NaiveWorld {
  readonly totalRam: number;
  readonly overcommit: 0 | 1 | 2;
  readonly refusesEqual: boolean;
  /** False in 2.4, where vm_enough_memory() is a question and nothing is kept of the answer. */
  readonly keepsAccount: boolean;
  private readonly reserve: MmRules['reserve'];
  private readonly pageSize: number;
  committed = 0;
  readonly files = new Map<string, NaiveFile>();
  /** All that may show shared memory. */
  readonly spaces = new Set<NaivePages>();
  private objects = 0;
  private anonVmas = 0;

  constructor(totalRam: number, overcommit: 0 | 1 | 2, rules: MmRules, pageSize: number) {
    this.totalRam = totalRam;
    this.pageSize = pageSize;
    this.reserve = rules.reserve;
    this.overcommit = overcommit;
    this.refusesEqual = rules.heuristic === 'free';
    this.keepsAccount = rules.accounts;
  }

  /** A 32nd of memory, or as many MiB as that is at most. */
  private root(most: number): number {
    const [kib, unit] = [(this.totalRam * this.pageSize) / 1024, this.pageSize / 1024];
    return Math.floor(Math.min(Math.floor(kib / 32), most * 1024) / unit);
  }

  /**
   * vm_enough_memory: charges `pages` and says so, or refuses; `beside`: what else counts as charged; `totalVm`: the
   * size of who asks.
   */
  charge(pages: number, totalVm: number, beside = 0): boolean {
    const { mode0, mode2, process, capped, wraps } = this.reserve;
    if (this.overcommit === 0) {
      const keeps = mode0 ? (capped ? this.root(8) : Math.floor(this.totalRam / 32)) : 0;
      if (this.refusesEqual ? pages >= this.totalRam - keeps : pages > this.totalRam) return false;
    }
    if (!this.keepsAccount) return true;
    if (this.overcommit === 2) {
      const half = Math.floor(this.totalRam / 2);
      const forRoot = mode2 ? (capped ? this.root(8) : Math.floor(half / 32)) : 0;
      const share = Math.floor(totalVm / 32);
      const forOthers = process ? (capped ? Math.min(share, this.root(128)) : share) : 0;
      const allowed = half - forRoot - forOthers;
      const isEndless = wraps && allowed < 0;
      if (!isEndless && this.committed + beside + pages >= allowed) return false;
    }
    this.committed += pages;
    return true;
  }

  /** New shared memory of `npages`: its name. */
  newShm(npages: number, charged: number): string {
    this.objects += 1;
    const name = `shm ${this.objects}`;
    this.files.set(name, { npages, wordOf: () => 0, cache: new Map(), isShm: true, charged });
    return name;
  }

  /** Objects that nobody shows any more give their charge back: when they go, or when the call returns. */
  refund(): void {
    const shown = new Set([...this.spaces].flatMap(({ pages }) => pages.map(({ file }) => file)));
    for (const [name, file] of this.files) {
      if (!file.isShm || shown.has(name)) continue;
      if (this.keepsAccount) this.committed -= file.charged;
      this.files.delete(name);
    }
  }

  newAnonVma(isChild: boolean): number {
    this.anonVmas += 1;
    return this.anonVmas * 2 + (isChild ? 1 : 0);
  }
}

export interface NaiveLimits {
  readonly maxMapCount: number;
  /** Bytes, Infinity for none. */
  readonly as: number;
  readonly data: number;
  readonly memlock: number;
  readonly stack: number;
}

/** A new area, or a changed one, as merging sees it. */
interface Like {
  readonly flags: number;
  readonly file: string;
  readonly anon: number;
}

export class NaivePages {
  readonly target: Target;
  readonly rules: MmRules;
  readonly world: NaiveWorld;
  readonly limits: NaiveLimits;
  /** In order of vpn. */
  pages: Page[] = [];
  lockedVm = 0;
  defFlags = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  startBrk = 0;
  /** The heap's end, bytes. */
  brk = 0n;

  constructor(target: Target, world: NaiveWorld, limits: NaiveLimits) {
    this.target = target;
    this.rules = target.release.rules;
    this.world = world;
    this.limits = limits;
    world.spaces.add(this);
  }

  // ---- pages and areas ------------------------------------------------------------------------------

  /** Index of the first page at or above `vpn`. */
  indexOf(vpn: number): number {
    let i = 0;
    while (i < this.pages.length && this.pages[i]!.vpn < vpn) i += 1;
    return i;
  }

  at(vpn: number): Page | undefined {
    const page = this.pages[this.indexOf(vpn)];
    return page?.vpn === vpn ? page : undefined;
  }

  /** Pages in [start, end). */
  range(start: number, end: number): Page[] {
    return this.pages.slice(this.indexOf(start), this.indexOf(end));
  }

  /** Lowest page at or above `vpn`: find_vma's area begins at or before it. */
  above(vpn: number): Page | undefined {
    return this.pages[this.indexOf(vpn)];
  }

  get mapCount(): number {
    return this.pages.filter(({ first }) => first).length;
  }

  /** Pages of the area that holds `page`. */
  areaOf(page: Page): Page[] {
    let from = this.pages.indexOf(page);
    while (!this.pages[from]!.first) from -= 1;
    let to = from + 1;
    while (to < this.pages.length && !this.pages[to]!.first) to += 1;
    return this.pages.slice(from, to);
  }

  startOf(page: Page): number {
    return this.areaOf(page)[0]!.vpn;
  }

  endOf(page: Page): number {
    return this.areaOf(page).at(-1)!.vpn + 1;
  }

  get totalVm(): number {
    return this.pages.length;
  }

  isData(flags: number): boolean {
    return (flags & VM_WRITE) !== 0 && (flags & (VM_SHARED | VM_GROWSDOWN)) === 0;
  }

  get dataVm(): number {
    return this.pages.filter(({ flags }) => this.isData(flags)).length;
  }

  bytes(npages: number): number {
    return npages * this.target.pageSize;
  }

  charge(npages: number): boolean {
    return this.world.charge(npages, this.totalVm);
  }

  mayExpand(flags: number, npages: number): boolean {
    if (this.bytes(this.totalVm + npages) > this.limits.as) return false;
    // A soft limit of 0 is Valgrind's, and the hard one, infinite here, counts.
    return !this.isData(flags) || this.limits.data === 0 || this.bytes(this.dataVm + npages) <= this.limits.data;
  }

  // ---- merging --------------------------------------------------------------------------------------

  /** The release's is_mergeable_vma() and is_mergeable_anon_vma(): may `neighbour`'s area take in `x`? */
  private agrees(neighbour: Page, x: Like): boolean {
    const { rules } = this;
    if (rules.merges === 'anonymous') {
      const isPlain = x.file === '' && (x.flags & VM_SHARED) === 0;
      return isPlain && neighbour.file === '' && neighbour.flags === x.flags;
    }
    if ((x.flags & rules.neverMerges) !== 0 || neighbour.flags !== x.flags || neighbour.file !== x.file) return false;
    if (neighbour.anon === x.anon) return x.anon !== 0 || this.plainChains(neighbour.anon, x.anon);
    if (neighbour.anon !== 0 && x.anon !== 0) return false;
    // list_is_singular() of the neighbour's chain: an area that was never written has no chain.
    if (rules.anonVma === '6.1' || rules.anonVma === '6.13') return x.anon === 0 && neighbour.anon % 2 === 0;
    return this.plainChains(neighbour.anon, x.anon);
  }

  /** 6.18: no merge with what a fork's child has inherited. */
  private plainChains(a: number, b: number): boolean {
    return this.rules.anonVma !== '6.18' || (a % 2 === 0 && b % 2 === 0);
  }

  /** Whether the two must follow each other in their file: before 2.6.7 memory without one has no place in any. */
  private comparesPgoff(x: Like): boolean {
    return this.rules.merges === 'everything' || x.file !== '';
  }

  /** Whether the area below `start`, ending there, could take in pages that begin there with `pgoff`. */
  joinsBelow(start: number, pgoff: number, x: Like): boolean {
    const prev = this.at(start - 1);
    const follows = !this.comparesPgoff(x) || prev?.pgoff === pgoff - 1;
    return prev !== undefined && follows && this.agrees(prev, x);
  }

  /** Whether the area above, beginning at `end`, could take in pages whose next would have `pgoff`. */
  joinsAbove(end: number, pgoff: number, x: Like): boolean {
    const next = this.at(end);
    const follows = !this.comparesPgoff(x) || next?.pgoff === pgoff;
    return next?.first === true && follows && this.agrees(next, x);
  }

  /** Whether the areas on both sides of something new may become one with it. */
  bothSides(start: number, end: number, asMmapOf61: boolean): boolean {
    const below = this.at(start - 1)!.anon;
    const above = this.at(end)!.anon;
    if (below === above || above === 0) return true;
    return below === 0 && !asMmapOf61;
  }

  /** The area that begins at `vpn` becomes part of the one below; their anon_vma is whichever there is. */
  join(vpn: number): void {
    const page = this.at(vpn)!;
    const low = this.areaOf(this.at(vpn - 1)!);
    const anon = low[0]!.anon || page.anon;
    const high = this.areaOf(page);
    page.first = false;
    const both = [...low, ...high];
    both.forEach((each, i) => {
      each.anon = anon;
      each.pgoff = low[0]!.pgoff + i;
    });
  }

  setAnon(page: Page, anon: number): void {
    for (const each of this.areaOf(page)) each.anon = anon;
  }

  /** Puts in pages [start, end) as an area of their own. */
  insert(start: number, end: number, flags: number, file: string, pgoff: number, anon: number): void {
    const fresh = Array.from({ length: end - start }, (_, i): Page => ({
      vpn: start + i, first: i === 0, flags, file, anon, pgoff: pgoff + i, frame: null, rights: 0, guard: false,
    }));
    this.pages.splice(this.indexOf(start), 0, ...fresh);
  }

  /** A new area, which joins its neighbours if it may. `from`: whose code does it. */
  add(
    start: number, end: number, flags: number, file: string, pgoff: number,
    mayMerge: boolean, from: 'mmap' | 'mremap', anon = 0,
  ): 'below' | 'above' | 'both' | 'alone' {
    const x = { flags, file, anon };
    const below = mayMerge && this.joinsBelow(start, pgoff, x);
    const above = mayMerge && this.joinsAbove(end, pgoff + (end - start), x);
    const nextFirst = from === 'mmap' && this.rules.anonVma === '6.1';
    const both = below && above && this.bothSides(start, end, nextFirst);
    const oldPgoff = this.at(end)?.pgoff ?? 0;
    this.insert(start, end, flags, file, pgoff, anon);
    if (both) {
      this.join(start);
      this.join(end);
      return 'both';
    }
    if (below && !(above && nextFirst)) {
      this.join(start);
      return 'below';
    }
    if (!above) return 'alone';
    this.join(end);
    // 2.5.46 moves the start of the area above and leaves its offset as it was; later the offset moves, too.
    const first = this.rules.merges === 'anonymous' ? oldPgoff : oldPgoff - (end - start);
    this.areaOf(this.at(start)!).forEach((page, i) => {
      page.pgoff = first + i;
    });
    return 'above';
  }

  /** Whether the area at `vpn` is the kernel's own, goes on from below and is never cut. */
  private isKept(vpn: number): boolean {
    const page = this.at(vpn);
    return page?.first === false && page.file.startsWith('[') && !this.rules.special.isCut;
  }

  /** Marks where areas begin, within the map limit unless the release splits whatever it is. */
  splitAt(vpn: number): boolean {
    const page = this.at(vpn);
    if (page === undefined || page.first) return true;
    if (this.rules.limitsSplits && this.mapCount >= this.limits.maxMapCount) return false;
    page.first = true;
    return true;
  }

  /** [start, end), part of one area, gets `flags`: split off, and from 2.6.7 on merged. 0 or -ENOMEM. */
  change(start: number, end: number, flags: number, merges: boolean): number {
    const area = this.areaOf(this.at(start)!);
    const { file, anon } = area[0]!;
    const x = { flags, file, anon };
    const isFront = area[0]!.vpn === start;
    const isRear = area.at(-1)!.vpn + 1 === end;
    const pages = this.range(start, end);
    const below = merges && isFront && this.joinsBelow(start, pages[0]!.pgoff, x);
    const above = merges && isRear && this.joinsAbove(end, pages.at(-1)!.pgoff + 1, x);
    const both = below && above && this.bothSides(start, end, false);
    if (!below && !above) {
      for (const edge of [start, end]) {
        const isWhole = this.isKept(edge) && this.mapCount < this.limits.maxMapCount;
        if (isWhole) return -EINVAL;
        if (!this.splitAt(edge)) return -ENOMEM;
      }
    }
    if (below && !isRear) this.at(end)!.first = true;
    if (above && !below) this.at(start)!.first = true;
    for (const page of pages) page.flags = flags;
    if (below) this.join(start);
    if (both || (above && !below)) this.join(end);
    return 0;
  }

  // ---- taking pages away ----------------------------------------------------------------------------

  /** What of a page is given back when it goes; its frame is dropped. */
  release(page: Page): void {
    if ((page.flags & VM_ACCOUNT) !== 0) this.world.committed -= 1;
    if ((page.flags & VM_LOCKED) !== 0) this.lockedVm -= 1;
    this.drop(page);
  }

  drop(page: Page): void {
    if (page.frame !== null) page.frame.holders -= 1;
    page.frame = null;
  }

  /** Marks the ends of the range, which no area crosses then. 0 or a negative errno. */
  cutOut(start: number, end: number): number {
    const hit = this.range(start, end);
    if (hit.length === 0) return 0;
    const isFull = this.mapCount >= this.limits.maxMapCount;
    if (this.rules.munmapLimit === 'every-split') {
      if (!this.splitAt(start) || !this.splitAt(end)) return -ENOMEM;
    } else {
      const isHole = this.startOf(hit[0]!) < start && this.endOf(hit[0]!) > end;
      if (isFull && isHole) return -ENOMEM;
      for (const vpn of [start, end]) {
        const page = this.at(vpn);
        if (this.isKept(vpn)) {
          // 6.1 has moved them to its list of what goes, and puts them back as they are.
          const moved = vpn === end && this.rules.special.forgetsLocks ? this.range(start, this.startOf(page!)) : [];
          this.lockedVm -= moved.filter(({ flags }) => (flags & VM_LOCKED) !== 0).length;
          return -EINVAL;
        }
        if (page !== undefined) page.first = true;
      }
    }
    return 0;
  }

  /** do_munmap() behind its argument checks: 0 or a negative errno. */
  unmapPages(start: number, end: number): number {
    if (this.range(start, end).length === 0) return 0;
    const error = this.cutOut(start, end);
    if (error < 0) return error;
    for (const page of this.range(start, end)) this.release(page);
    this.pages.splice(this.indexOf(start), this.indexOf(end) - this.indexOf(start));
    if (!this.rules.sharedMemory.fputWaits) this.world.refund();
    return 0;
  }
}
