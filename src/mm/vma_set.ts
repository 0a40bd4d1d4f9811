/**
 * VmaSet: the tree of areas, and what its nodes know about the gaps between them: rb_subtree_gap of Linux 3.8 and
 * the gaps of the maple tree of 6.1, in a B+ tree.
 *
 * Off until trackGaps(); the list searches pay nothing for it. Then every leaf and inner node holds, for each
 * class of alignment, the exact number of pages that fit into the best gap below any of its rows:
 *
 *   leaf      [A ]...[B ].[C ]        the gap below B takes 3 pages, and 2 on an even page from an odd one on
 *   class 0 (any page)         3
 *   class 1 (even pages)       2
 *
 * A change looks at the two gaps it touches, and at a whole node only where the best one shrank. So a search looks
 * into a path up and a path down, whatever was done before. The gap above the last area belongs to nobody.
 */
import { bug } from '../lib/bug.js';
import { FANOUT, LEAF_ROWS, LEAF_SHIFT, NONE, ROW_MASK } from './vma_rows.js';
import { VmaTree } from './vma_tree.js';

export { BEYOND, LEAF_ROWS, NONE } from './vma_rows.js';

/** Addresses that are `offset` above a multiple of `pages`; {1, 0} is every page. */
export interface GapClass {
  readonly pages: number;
  readonly offset: number;
}

/** What a search wants to know about gaps. */
export interface GapIndex {
  /** The first is {1, 0}. */
  readonly classes: readonly GapClass[];
  /** Pages kept free below areas with one of the flags `guardedBelow`, and above those with `guardedAbove`. */
  readonly guardPages: number;
  readonly guardedBelow: number;
  readonly guardedAbove: number;
}

export class VmaSet extends VmaTree {
  private classes = 0;
  private classPages = new Float64Array(0);
  /** 1 / pages, exact: they are powers of two. */
  private classShare = new Float64Array(0);
  private classOffset = new Float64Array(0);
  private guardPages = 0;
  private guardedBelow = 0;
  private guardedAbove = 0;
  // Row n * classes + k: the most pages of class k below a row of leaf n, or of a leaf under inner node n.
  private leafBest = new Float64Array(0);
  private innerBest = new Float64Array(0);
  // The same numbers once more in their parents, (node * classes + k) * FANOUT + slot: a search reads them in a row.
  private slotBest = new Float64Array(0);

  constructor() {
    super();
    this.clear();
  }

  /** Every node knows its gaps from here on. Requires: the set is empty. */
  trackGaps({ classes, guardPages, guardedBelow, guardedAbove }: GapIndex): void {
    if (this.size > 0) bug('gaps are tracked from an empty set on', { size: this.size });
    this.classes = classes.length;
    this.classPages = Float64Array.from(classes, ({ pages }) => pages);
    this.classShare = Float64Array.from(classes, ({ pages }) => 1 / pages);
    this.classOffset = Float64Array.from(classes, ({ offset }) => offset);
    this.guardPages = guardPages;
    this.guardedBelow = guardedBelow;
    this.guardedAbove = guardedAbove;
    this.roomFor(this.leafCount.length, this.innerCount.length);
    this.clear();
  }

  /** Index of a class that is tracked. */
  classOf(pages: number, offset: number): number {
    for (let k = 0; k < this.classes; k++) {
      if (this.classPages[k] === pages && this.classOffset[k] === offset) return k;
    }
    return bug('no such class of gaps', { pages, offset });
  }

  // ---- changes --------------------------------------------------------------------------------------

  /**
   * Inserts a range below the VMA `h` (NONE: above all) and returns its handle.
   * Requires: vmEnd of the VMA below <= start < end <= vmStart of `h`.
   */
  insert(h: number, start: number, end: number, pgoff: number, flags: number, file: number): number {
    if (this.classes === 0) return this.insertRow(h, start, end, pgoff, flags, file);
    const from = this.startOfGap(this.before(h));
    const i = this.insertRow(h, start, end, pgoff, flags, file);
    const above = this.next(i);
    // In one leaf the new row's gap is a part of the old one, unless a guard gap was between.
    const isPart = above !== NONE && above >> LEAF_SHIFT === i >> LEAF_SHIFT && this.guardPages === 0;
    if (!isPart) this.gapMoved(i, 0, 0, from, this.endOfGap(i));
    if (above !== NONE) this.gapMoved(above, from, this.endOfGap(above), this.startOfGap(i), this.endOfGap(above));
    return i;
  }

  /** Removes VMA `h`; returns the handle of the VMA that was above it, or NONE. */
  remove(h: number): number {
    if (this.classes === 0) return this.removeRow(h);
    const leaf = h >> LEAF_SHIFT;
    const from = this.startOfGap(this.prev(h));
    const to = this.endOfGap(h);
    const end = this.startOfGap(h);
    const above = this.removeRow(h);
    if (above !== NONE) this.gapMoved(above, end, this.endOfGap(above), from, this.endOfGap(above));
    // The new gap is larger than the two before, unless a guard gap is below it.
    if (this.leafCount[leaf]! > 0 || this.size === 0) this.gapGone(leaf, from, to);
    return above;
  }

  /** Moves the lower bound of `h`. Requires: it stays above the VMA below and under its own end. */
  setStart(h: number, vpn: number): void {
    const to = this.endOfGap(h);
    this.moveStart(h, vpn);
    if (this.classes === 0) return;
    const from = this.startOfGap(this.prev(h));
    this.gapMoved(h, from, to, from, this.endOfGap(h));
  }

  /** Moves the upper bound of `h`. Requires: it stays under the VMA above. */
  setEnd(h: number, vpn: number): void {
    const from = this.startOfGap(h);
    this.vmEnd[h] = vpn;
    if (this.classes === 0) return;
    const above = this.next(h);
    if (above !== NONE) this.gapMoved(above, from, this.endOfGap(above), this.startOfGap(h), this.endOfGap(above));
  }

  // ---- searches -------------------------------------------------------------------------------------

  /**
   * Lowest page from which `npages` are free inside [low, high), or NONE. `walked` counts the nodes looked into.
   * Requires: gaps are tracked.
   */
  lowestGap(low: number, high: number, npages: number): number {
    this.walked = 0;
    if (this.size > 0) {
      const found = this.gapUnder(this.root, this.height, low, high, npages, false);
      if (found !== NONE) return found;
    }
    const start = Math.max(this.startOfGap(this.last()), low);
    return start + npages <= high ? start : NONE;
  }

  /** Highest page from which `npages` are free inside [low, high), or NONE. */
  highestGap(low: number, high: number, npages: number): number {
    this.walked = 0;
    const top = Math.max(this.startOfGap(this.last()), low);
    if (top + npages <= high) return high - npages;
    return this.size === 0 ? NONE : this.gapUnder(this.root, this.height, low, high, npages, true);
  }

  /**
   * Lowest VMA above `h` with a gap of class `k` below it that takes `npages`, or NONE. `walked` counts the nodes
   * looked into: a path up and a path down.
   */
  nextGap(h: number, npages: number, k: number): number {
    const leaf = h >> LEAF_SHIFT;
    this.walked = 1;
    if (this.leafBest[leaf * this.classes + k]! >= npages) {
      const found = this.rowWithGap(leaf, (h & ROW_MASK) + 1, npages, k);
      if (found !== NONE) return found;
    }
    let parent = this.leafParent[leaf]!;
    let i = parent === NONE ? NONE : this.childOfLeaf(leaf);
    for (let level = 0; parent !== NONE; level++) {
      this.walked += 1;
      const slot = this.childWithGap(parent, i + 1, npages, k);
      if (slot !== NONE) return this.firstWithGap(this.child[slot]!, level, npages, k);
      i = this.childOfInner(parent);
      parent = this.innerParent[parent]!;
    }
    return NONE;
  }

  /** The same below a node that is known to have such a gap. */
  private firstWithGap(top: number, topLevel: number, npages: number, k: number): number {
    let node = top;
    for (let level = topLevel; level > 0; level--) {
      this.walked += 1;
      node = this.child[this.childWithGap(node, node * FANOUT, npages, k)]!;
    }
    this.walked += 1;
    return this.rowWithGap(node, 0, npages, k);
  }

  /** First slot of `node` from `from` on whose child has such a gap, or NONE. */
  private childWithGap(node: number, from: number, npages: number, k: number): number {
    const best = this.slotBest;
    const toBest = (node * this.classes + k - node) * FANOUT;
    const stop = node * FANOUT + this.innerCount[node]! + toBest;
    for (let i = from + toBest; i < stop; i++) if (best[i]! >= npages) return i - toBest;
    return NONE;
  }

  private rowWithGap(leaf: number, fromRow: number, npages: number, k: number): number {
    const first = leaf * LEAF_ROWS;
    const stop = first + this.leafCount[leaf]!;
    let i = this.rowFrom(first + fromRow, stop, npages);
    while (i < stop && this.fits(k, this.startOfGap(this.prev(i)), this.endOfGap(i)) < npages) {
      i = this.rowFrom(i + 1, stop, npages);
    }
    if (i === stop) return NONE;
    this.finger = leaf; // whoever maps there looks the place up
    this.found = i;
    return i;
  }

  private gapUnder(node: number, level: number, low: number, high: number, npages: number, fromTop: boolean): number {
    this.walked += 1;
    if (level === 0) return this.gapInRows(node, low, high, npages, fromTop);
    const { key, slotBest } = this;
    const first = node * FANOUT;
    const toBest = (node * this.classes - node) * FANOUT;
    const stop = first + this.innerCount[node]!;
    const by = fromTop ? -1 : 1;
    for (let slot = fromTop ? stop - 1 : first; slot >= first && slot < stop; slot += by) {
      if (slotBest[slot + toBest]! < npages) continue;
      // Gaps below the rows of a child end below the next child's lowest start.
      if (slot + 1 < stop && key[slot + 1]! <= low) {
        if (fromTop) break;
        continue;
      }
      // Gaps of a child start above the previous child's lowest start.
      if (slot > first && key[slot - 1]! >= high) {
        if (!fromTop) break;
        continue;
      }
      const found = this.gapUnder(this.child[slot]!, level - 1, low, high, npages, fromTop);
      if (found !== NONE) return found;
    }
    return NONE;
  }

  private gapInRows(leaf: number, low: number, high: number, npages: number, fromTop: boolean): number {
    const first = leaf * LEAF_ROWS;
    const stop = first + this.leafCount[leaf]!;
    let i = fromTop ? this.gapInLeafDown(first, stop - 1, npages) : this.rowFrom(first, stop, npages);
    while (i >= first && i < stop) {
      const start = Math.max(this.startOfGap(this.prev(i)), low);
      const end = Math.min(this.endOfGap(i), high);
      if (end - start >= npages) {
        this.finger = leaf;
        this.found = i;
        return fromTop ? end - npages : start;
      }
      i = fromTop ? this.gapInLeafDown(first, i - 1, npages) : this.rowFrom(i + 1, stop, npages);
    }
    return NONE;
  }

  /** First row in [from, stop) of a leaf with `npages` below it, whatever guards or alignment take away; else stop. */
  private rowFrom(from: number, stop: number, npages: number): number {
    if (from >= stop) return stop;
    const below = this.prev(from);
    return this.gapInLeaf(from, stop, below === NONE ? 0 : this.vmEnd[below]!, npages);
  }

  /** The same going down from row `from`: the first row found, or first - 1. */
  private gapInLeafDown(first: number, from: number, npages: number): number {
    const { vmStart, vmEnd } = this;
    let i = from;
    for (; i - 4 > first; i -= 4) {
      if (
        vmStart[i]! - vmEnd[i - 1]! >= npages || vmStart[i - 1]! - vmEnd[i - 2]! >= npages ||
        vmStart[i - 2]! - vmEnd[i - 3]! >= npages || vmStart[i - 3]! - vmEnd[i - 4]! >= npages
      ) break;
    }
    while (i > first && vmStart[i]! - vmEnd[i - 1]! < npages) i -= 1;
    if (i > first || i < first) return i;
    const below = this.prev(first);
    return vmStart[first]! - (below === NONE ? 0 : vmEnd[below]!) >= npages ? first : first - 1;
  }

  // ---- what the nodes know ----------------------------------------------------------------------------

  /** Where the gap above VMA `h` starts (NONE: below all). */
  private startOfGap(h: number): number {
    if (h === NONE) return 0;
    const guard = this.guardPages > 0 && (this.vmFlags[h]! & this.guardedAbove) !== 0 ? this.guardPages : 0;
    return this.vmEnd[h]! + guard;
  }

  /** Where the gap below it ends. */
  private endOfGap(h: number): number {
    const guard = this.guardPages > 0 && (this.vmFlags[h]! & this.guardedBelow) !== 0 ? this.guardPages : 0;
    return Math.max(0, this.vmStart[h]! - guard);
  }

  /** Pages of class `k` in [start, end); zero or less when there are none. */
  private fits(k: number, start: number, end: number): number {
    const pages = this.classPages[k]!;
    return pages === 1 ? end - start : end - Math.ceil(start * this.classShare[k]!) * pages - this.classOffset[k]!;
  }

  /** The gap below row `i` was [a, b) and is [c, d). Sizes are compared before anything is aligned. */
  private gapMoved(i: number, a: number, b: number, c: number, d: number): void {
    const leaf = i >> LEAF_SHIFT;
    const was = b - a;
    const is = d - c;
    for (let k = 0; k < this.classes; k++) {
      const best = this.leafBest[leaf * this.classes + k]!;
      if (is < best && was < best) continue;
      const now = this.fits(k, c, d);
      if (now > best) this.setLeafBest(leaf, k, now);
      else if (now < best && was >= best && this.fits(k, a, b) >= best) this.setLeafBest(leaf, k, this.bestOfRows(leaf, k));
    }
  }

  /** A row of `leaf` with the gap [a, b) below it is gone. */
  private gapGone(leaf: number, a: number, b: number): void {
    for (let k = 0; k < this.classes; k++) {
      const best = this.leafBest[leaf * this.classes + k]!;
      if (best > 0 && b - a >= best && this.fits(k, a, b) >= best) this.setLeafBest(leaf, k, this.bestOfRows(leaf, k));
    }
  }

  private bestOfRows(leaf: number, k: number): number {
    if (this.guardPages === 0) return this.classPages[k] === 1 ? this.largestGap(leaf) : this.largestAligned(leaf, k);
    const first = leaf * LEAF_ROWS;
    const stop = first + this.leafCount[leaf]!;
    let best = 0;
    let start = stop > first ? this.startOfGap(this.prev(first)) : 0;
    for (let i = first; i < stop; i++) {
      const pages = this.fits(k, start, this.endOfGap(i));
      if (pages > best) best = pages;
      start = this.startOfGap(i);
    }
    return best;
  }

  /** bestOfRows() of plain pages. */
  private largestGap(leaf: number): number {
    const { vmStart, vmEnd } = this;
    const first = leaf * LEAF_ROWS;
    const stop = first + this.leafCount[leaf]!;
    let best = stop > first ? vmStart[first]! - this.startOfGap(this.prev(first)) : 0;
    for (let i = first + 1; i < stop; i++) {
      const pages = vmStart[i]! - vmEnd[i - 1]!;
      if (pages > best) best = pages;
    }
    return best;
  }

  /** bestOfRows() of an aligned class. */
  private largestAligned(leaf: number, k: number): number {
    const { vmStart, vmEnd } = this;
    const pages = this.classPages[k]!;
    const share = this.classShare[k]!;
    const offset = this.classOffset[k]!;
    const first = leaf * LEAF_ROWS;
    const stop = first + this.leafCount[leaf]!;
    let best = stop > first ? Math.max(0, this.fits(k, this.startOfGap(this.prev(first)), vmStart[first]!)) : 0;
    for (let i = first + 1; i < stop; i++) {
      const fitting = vmStart[i]! - Math.ceil(vmEnd[i - 1]! * share) * pages - offset;
      if (fitting > best) best = fitting;
    }
    return best;
  }

  private setLeafBest(leaf: number, k: number, now: number): void {
    const at = leaf * this.classes + k;
    const old = this.leafBest[at]!;
    if (now === old) return;
    this.leafBest[at] = now;
    if (this.leafParent[leaf] !== NONE) this.childMoved(this.leafParent[leaf]!, this.leafSlot[leaf]!, k, old, now);
  }

  /** The child in slot `from` of `inner` had `old` as its best gap and has `now`. */
  private childMoved(inner: number, from: number, k: number, old: number, now: number): void {
    let slot = from;
    let was = old;
    let is = now;
    for (let node = inner; node !== NONE; node = this.innerParent[node]!) {
      const at = node * this.classes + k;
      const best = this.innerBest[at]!;
      this.slotBest[at * FANOUT + slot] = is;
      // A child that was not the best one and stays below it changes nothing above.
      if (is <= best && was < best) return;
      if (is < best) is = this.bestOfChildren(node, k);
      if (is === best) return;
      this.innerBest[at] = is;
      was = best;
      slot = this.innerSlot[node]!;
    }
  }

  private bestOfChildren(node: number, k: number): number {
    const first = (node * this.classes + k) * FANOUT;
    const stop = first + this.innerCount[node]!;
    let best = 0;
    for (let i = first; i < stop; i++) if (this.slotBest[i]! > best) best = this.slotBest[i]!;
    return best;
  }

  protected override rowsChanged(leaf: number): void {
    for (let k = 0; k < this.classes; k++) this.setLeafBest(leaf, k, this.bestOfRows(leaf, k));
  }

  protected override childrenChanged(node: number, level: number): void {
    if (this.classes === 0) return;
    const values = level === 1 ? this.leafBest : this.innerBest;
    const count = this.innerCount[node]!;
    for (let k = 0; k < this.classes; k++) {
      const at = node * this.classes + k;
      for (let n = 0; n < count; n++) {
        this.slotBest[at * FANOUT + n] = values[this.child[node * FANOUT + n]! * this.classes + k]!;
      }
      const old = this.innerBest[at]!;
      const now = this.bestOfChildren(node, k);
      if (now === old) continue;
      this.innerBest[at] = now;
      const parent = this.innerParent[node]!;
      if (parent !== NONE) this.childMoved(parent, this.innerSlot[node]!, k, old, now);
    }
  }

  protected override roomFor(leaves: number, inners: number): void {
    if (this.classes === 0) return;
    this.leafBest = withRoom(this.leafBest, leaves * this.classes);
    this.innerBest = withRoom(this.innerBest, inners * this.classes);
    this.slotBest = withRoom(this.slotBest, inners * this.classes * FANOUT);
  }

  /** Verifies every invariant; throws a Bug that names the first broken one. For tests. */
  override check(): void {
    super.check();
    for (let k = 0; k < this.classes; k++) this.checkBest(this.root, this.height, k);
  }

  private checkBest(node: number, level: number, k: number): void {
    const known = (level === 0 ? this.leafBest : this.innerBest)[node * this.classes + k]!;
    const best = level === 0 ? this.bestOfRows(node, k) : this.bestOfChildren(node, k);
    if (known !== best) bug('a node does not know its best gap', { node, level, k, known, best });
    if (level === 0) return;
    const below = level === 1 ? this.leafBest : this.innerBest;
    for (let n = 0; n < this.innerCount[node]!; n++) {
      const child = this.child[node * FANOUT + n]!;
      const copy = this.slotBest[(node * this.classes + k) * FANOUT + n]!;
      if (copy !== below[child * this.classes + k]) bug('a parent does not know its child\'s best gap', { node, child, k, copy });
      this.checkBest(child, level - 1, k);
    }
  }
}

function withRoom(old: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  if (old.length >= size) return old;
  const bigger = new Float64Array(size);
  bigger.set(old);
  return bigger;
}
