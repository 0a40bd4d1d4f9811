/** A VmaSet beside the plain sorted array that it must equal: every change is made on both. */
import { BEYOND, type GapClass, NONE, VmaSet } from '../../src/mm/vma_set.js';

export interface Row {
  start: number;
  end: number;
  pgoff: number;
  flags: number;
  file: number;
  anon: number;
}

/** What sparc64 and ia64 together would ask for; check() compares every node with its rows. */
export const GAP_CLASSES: readonly GapClass[] = [
  { pages: 1, offset: 0 }, { pages: 2, offset: 0 }, { pages: 2, offset: 1 }, { pages: 64, offset: 0 },
];

export class SetAndArray {
  readonly set = new VmaSet();
  readonly rows: Row[] = [];

  constructor() {
    this.set.trackGaps({ classes: GAP_CLASSES, guardPages: 0, guardedBelow: 0, guardedAbove: 0 });
  }

  /** Index of the first row with end > vpn; rows.length if there is none. */
  indexOf(vpn: number): number {
    let lo = 0;
    for (let hi = this.rows.length; lo < hi; ) {
      const mid = (lo + hi) >> 1;
      if (this.rows[mid]!.end > vpn) hi = mid;
      else lo = mid + 1;
    }
    return lo;
  }

  /** Handle of row i. */
  handle(i: number): number {
    return i < this.rows.length ? this.set.find(this.rows[i]!.start) : NONE;
  }

  /** Inserts at `vpn` as much of `npages` as is free there; nothing when `vpn` is taken. */
  insert(vpn: number, npages: number): void {
    const i = this.indexOf(vpn);
    const above = this.rows[i];
    if (above !== undefined && above.start <= vpn) return;
    const end = Math.min(vpn + npages, above?.start ?? Number.POSITIVE_INFINITY);
    const row = { start: vpn, end, pgoff: vpn + 7, flags: (vpn * 3) >>> 0, file: vpn % 5, anon: vpn % 7 };
    this.rows.splice(i, 0, row);
    const h = this.set.insert(this.set.find(vpn), row.start, row.end, row.pgoff, row.flags, row.file);
    this.set.vmAnon[h] = row.anon;
    this.expectHandle(h, i, 'insert');
  }

  /** Adds a row above all others, `gap` pages away. */
  append(npages: number, gap: number): void {
    const end = this.rows.at(-1)?.end ?? 0;
    this.insert(end + gap, npages);
  }

  remove(i: number): void {
    const h = this.set.remove(this.handle(i));
    this.rows.splice(i, 1);
    this.expectHandle(h, i, 'remove');
  }

  split(i: number, vpn: number): void {
    const row = this.rows[i]!;
    const h = this.set.split(this.handle(i), vpn);
    this.rows.splice(i + 1, 0, { ...row, start: vpn, pgoff: row.pgoff + (vpn - row.start) });
    row.end = vpn;
    this.expectHandle(h, i + 1, 'split');
  }

  setBounds(i: number, start: number, end: number): void {
    this.set.setStart(this.handle(i), start);
    this.rows[i]!.start = start;
    this.set.setEnd(this.handle(i), end);
    this.rows[i]!.end = end;
  }

  /** What a returned handle must name: row i, or NONE above the last. */
  private expectHandle(h: number, i: number, what: string): void {
    const row = this.rows[i];
    const isRight = row === undefined ? h === NONE : this.set.vmStart[h] === row.start;
    if (!isRight) throw new Error(`${what} returned handle ${h}, which is not row ${i} of ${this.rows.length}`);
  }

  /** Throws unless the set's invariants hold and it has exactly the rows, in both directions. */
  compare(): void {
    const { set, rows } = this;
    set.check();
    if (set.size !== rows.length) throw new Error(`size ${set.size}, not ${rows.length}`);
    let h = set.first();
    for (let i = 0; i < rows.length; i++, h = set.next(h)) this.compareRow(h, i);
    if (h !== NONE) throw new Error('next() goes on beyond the last row');
    h = set.last();
    for (let i = rows.length - 1; i >= 0; i--, h = set.prev(h)) this.compareRow(h, i);
    if (h !== NONE) throw new Error('prev() goes on below the first row');
  }

  private compareRow(h: number, i: number): void {
    const { set } = this;
    const row = this.rows[i]!;
    const same = h !== NONE && set.vmStart[h] === row.start && set.vmEnd[h] === row.end
      && set.vmPgoff[h] === row.pgoff && set.vmFlags[h] === row.flags && set.vmFile[h] === row.file
      && set.vmAnon[h] === row.anon;
    if (!same) throw new Error(`handle ${h} is not row ${i}: ${JSON.stringify(row)}`);
  }

  /** Throws unless find(vpn) and before() of it name the right rows. */
  compareFind(vpn: number): void {
    const { set, rows } = this;
    const i = this.indexOf(vpn);
    const h = set.find(vpn);
    this.expectHandle(h, i, `find(${vpn})`);
    const below = set.before(h);
    if (i === 0 ? below !== NONE : set.vmStart[below] !== rows[i - 1]!.start) {
      throw new Error(`before(find(${vpn})) is handle ${below}, not row ${i - 1}`);
    }
  }

  /** Throws unless nextGap names the first row above the one at `vpn` with room below it, within few nodes. */
  compareNextGap(vpn: number, npages: number, k: number): void {
    const { set, rows } = this;
    const { pages, offset } = GAP_CLASSES[k]!;
    const from = this.indexOf(vpn);
    if (from === rows.length) return;
    const aligned = (a: number) => Math.ceil(a / pages) * pages + offset;
    let i = from + 1;
    while (i < rows.length && rows[i]!.start - aligned(rows[i - 1]!.end) < npages) i += 1;
    this.expectHandle(set.nextGap(set.find(vpn), npages, k), i, `nextGap(${vpn}, ${npages}, ${k})`);
    if (set.walked > 12) throw new Error(`nextGap looked into ${set.walked} nodes`);
  }

  /** Throws unless walkToGap finds the hole of a naive walk, after as many rows. */
  compareWalk(addr: number, npages: number, limit: number): void {
    const { set, rows } = this;
    let i = this.indexOf(addr);
    let a = addr;
    let walked = 0;
    while (a <= limit && i < rows.length) {
      walked += 1;
      if (a + npages <= rows[i]!.start) break;
      a = rows[i]!.end;
      i += 1;
    }
    const h = set.walkToGap(set.find(addr), addr, npages, limit);
    const above = i < rows.length ? rows[i]!.start : NONE;
    const found = h >= 0 ? set.vmStart[h] : h;
    const expected = a > limit ? BEYOND : above;
    if (found !== expected || set.gapStart !== a || set.walked !== walked) {
      const call = `walkToGap from ${addr}, ${npages} pages, limit ${limit}`;
      const got = `${found}, hole at ${set.gapStart}, ${set.walked} walked`;
      throw new Error(`${call}: ${got}; expected ${expected}, ${a}, ${walked}`);
    }
  }
}
