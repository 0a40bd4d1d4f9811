/**
 * VmaTree: the changes of a VmaRows. Rows are inserted, removed, split and moved; leaves split when they are full and
 * are taken over by a neighbour when two fill half of one; inner nodes follow.
 */
import { bug } from '../lib/bug.js';
import { FANOUT, LEAF_ROWS, LEAF_SHIFT, NONE, ROW_MASK, VmaRows } from './vma_rows.js';

export abstract class VmaTree extends VmaRows {
  /** The rows of `leaf` were moved or replaced: what is known about its gaps is made anew. */
  protected abstract rowsChanged(leaf: number): void;
  /** The children of an inner node changed, at the level above the leaves or higher. */
  protected abstract childrenChanged(node: number, level: number): void;
  /** There is room for so many leaves, or inner nodes. */
  protected abstract roomFor(leaves: number, inners: number): void;

  /** Empties the set, keeping its memory. */
  clear(): void {
    this.size = 0;
    this.visits = 0;
    this.freeLeaf = NONE;
    this.freeInner = NONE;
    this.leavesMade = 0;
    this.innersMade = 0;
    this.height = 0;
    const leaf = this.newLeaf();
    this.leafNext[leaf] = NONE;
    this.leafPrev[leaf] = NONE;
    this.leafParent[leaf] = NONE;
    this.root = leaf;
    this.headLeaf = leaf;
    this.tailLeaf = leaf;
    this.finger = leaf;
    this.found = 0;
    this.rowsChanged(leaf);
  }

  /** VmaSet.insert without the gaps. */
  protected insertRow(h: number, start: number, end: number, pgoff: number, flags: number, file: number): number {
    let leaf: number;
    let row: number;
    if (h === NONE) {
      leaf = this.tailLeaf;
      row = this.leafCount[leaf]!;
    } else {
      leaf = h >> LEAF_SHIFT;
      row = h & ROW_MASK;
    }
    if (this.leafCount[leaf] === LEAF_ROWS) {
      const at = this.splitLeaf(leaf, row);
      leaf = at >> LEAF_SHIFT;
      row = at & ROW_MASK;
    }
    const i = leaf * LEAF_ROWS + row;
    this.shiftRows(i, leaf * LEAF_ROWS + this.leafCount[leaf]!, 1);
    this.leafCount[leaf]! += 1;
    this.vmStart[i] = start;
    this.vmEnd[i] = end;
    this.vmPgoff[i] = pgoff;
    this.vmFlags[i] = flags;
    this.vmFile[i] = file;
    this.vmAnon[i] = 0;
    this.size += 1;
    this.finger = leaf;
    if (row === 0) this.lowestChanged(leaf, start);
    return i;
  }

  /** Splits `h` at `vpn`, strictly inside it; the upper part's handle is returned, the lower is prev. */
  split(h: number, vpn: number): number {
    const start = this.vmStart[h]!;
    const end = this.vmEnd[h]!;
    if (vpn <= start || vpn >= end) bug('split outside the vma', { start, end, vpn });
    const pgoff = this.vmPgoff[h]! + (vpn - start);
    const flags = this.vmFlags[h]!;
    const file = this.vmFile[h]!;
    this.vmEnd[h] = vpn;
    const leaf = h >> LEAF_SHIFT;
    const isFull = this.leafCount[leaf] === LEAF_ROWS;
    // Below the next row of the same leaf, or at this leaf's end: never at the next leaf's front,
    // which would move its boundary.
    const anon = this.vmAnon[h]!;
    const upper =
      (h & ROW_MASK) + 1 < this.leafCount[leaf]!
        ? this.insertRow(h + 1, vpn, end, pgoff, flags, file)
        : this.insertAtLeafEnd(leaf, vpn, end, pgoff, flags, file);
    this.vmAnon[upper] = anon;
    if (isFull) this.bothHalvesChanged(leaf, upper);
    return upper;
  }

  /** A leaf was split while the upper part of an area was missing: a gap that was not there has been seen. */
  private bothHalvesChanged(leaf: number, upper: number): void {
    this.rowsChanged(leaf);
    this.rowsChanged(upper >> LEAF_SHIFT);
    const above = this.next(upper);
    if (above !== NONE) this.rowsChanged(above >> LEAF_SHIFT);
  }

  private insertAtLeafEnd(
    leaf: number, start: number, end: number, pgoff: number, flags: number, file: number,
  ): number {
    const next = this.leafNext[leaf]!;
    if (this.leafCount[leaf]! < LEAF_ROWS) {
      const i = leaf * LEAF_ROWS + this.leafCount[leaf]!;
      this.leafCount[leaf]! += 1;
      this.vmStart[i] = start;
      this.vmEnd[i] = end;
      this.vmPgoff[i] = pgoff;
      this.vmFlags[i] = flags;
      this.vmFile[i] = file;
      this.vmAnon[i] = 0;
      this.size += 1;
      return i;
    }
    return this.insertRow(next === NONE ? NONE : next * LEAF_ROWS, start, end, pgoff, flags, file);
  }

  /** VmaSet.remove without the gaps. */
  protected removeRow(h: number): number {
    const leaf = h >> LEAF_SHIFT;
    const row = h & ROW_MASK;
    const count = this.leafCount[leaf]! - 1;
    this.shiftRows(h + 1, leaf * LEAF_ROWS + count + 1, -1);
    this.leafCount[leaf] = count;
    this.size -= 1;
    if (count === 0) return this.dropEmptyLeaf(leaf);
    if (row === 0) this.lowestChanged(leaf, this.vmStart[leaf * LEAF_ROWS]!);
    if (count < LEAF_ROWS / 4) return this.absorbNext(leaf, row);
    this.finger = leaf;
    return row < count ? h : this.firstOf(this.leafNext[leaf]!);
  }

  protected moveStart(h: number, vpn: number): void {
    this.vmStart[h] = vpn;
    if ((h & ROW_MASK) === 0) this.lowestChanged(h >> LEAF_SHIFT, vpn);
  }

  /** Verifies every invariant; throws a Bug that names the first broken one. For tests. */
  check(): void {
    let seen = 0;
    let end = -1;
    let prevLeaf = NONE;
    for (let leaf = this.headLeaf; leaf !== NONE; leaf = this.leafNext[leaf]!) {
      const n = this.leafCount[leaf]!;
      if (n === 0 && this.size > 0) bug('empty leaf in the chain', { leaf });
      if (this.leafPrev[leaf] !== prevLeaf) bug('leaf chain broken', { leaf });
      for (let i = leaf * LEAF_ROWS; i < leaf * LEAF_ROWS + n; i++) {
        if (this.vmStart[i]! < end) bug('vmas overlap or are out of order', { handle: i });
        if (this.vmEnd[i]! <= this.vmStart[i]!) bug('empty vma', { handle: i });
        end = this.vmEnd[i]!;
      }
      seen += n;
      prevLeaf = leaf;
    }
    if (prevLeaf !== this.tailLeaf) bug('tail leaf is not the last', { prevLeaf });
    if (seen !== this.size) bug('size is wrong', { size: this.size, seen });
    if (this.height > 0) this.checkNode(this.root, this.height, NONE);
  }

  private checkNode(node: number, level: number, parent: number): number {
    if (level === 0) {
      if (this.leafParent[node] !== parent) bug('leaf has the wrong parent', { node });
      if (this.child[this.childOfLeaf(node)] !== node) bug('leaf has the wrong slot', { node });
      return this.vmStart[node * LEAF_ROWS]!;
    }
    if (this.innerParent[node] !== parent) bug('inner node has the wrong parent', { node });
    if (parent !== NONE && this.child[this.childOfInner(node)] !== node) bug('inner node has the wrong slot', { node });
    if (this.innerCount[node] === 0) bug('empty inner node', { node });
    for (let i = node * FANOUT; i < node * FANOUT + this.innerCount[node]!; i++) {
      const lowest = this.checkNode(this.child[i]!, level - 1, node);
      if (this.key[i] !== lowest) bug('key is not the lowest start', { node, key: this.key[i], lowest });
    }
    return this.key[node * FANOUT]!;
  }

  // ---- rows ---------------------------------------------------------------------------------------

  /** Moves rows [from, to) by `by` (+1 or -1) rows. */
  private shiftRows(from: number, to: number, by: number): void {
    if (to - from > 16) {
      this.copyRows(from + by, from, to);
    } else if (by > 0) {
      for (let i = to - 1; i >= from; i--) this.copyRow(i + by, i);
    } else {
      for (let i = from; i < to; i++) this.copyRow(i + by, i);
    }
  }

  private copyRow(to: number, from: number): void {
    this.vmStart[to] = this.vmStart[from]!;
    this.vmEnd[to] = this.vmEnd[from]!;
    this.vmPgoff[to] = this.vmPgoff[from]!;
    this.vmFlags[to] = this.vmFlags[from]!;
    this.vmFile[to] = this.vmFile[from]!;
    this.vmAnon[to] = this.vmAnon[from]!;
  }

  private copyRows(to: number, from: number, end: number): void {
    this.vmStart.copyWithin(to, from, end);
    this.vmEnd.copyWithin(to, from, end);
    this.vmPgoff.copyWithin(to, from, end);
    this.vmFlags.copyWithin(to, from, end);
    this.vmFile.copyWithin(to, from, end);
    this.vmAnon.copyWithin(to, from, end);
  }

  // ---- leaves -------------------------------------------------------------------------------------

  private newLeaf(): number {
    let leaf = this.freeLeaf;
    if (leaf !== NONE) this.freeLeaf = this.leafNext[leaf]!;
    else {
      if (this.leavesMade === this.leafCount.length) this.growLeaves();
      leaf = this.leavesMade++;
    }
    this.leafCount[leaf] = 0;
    this.leafParent[leaf] = NONE;
    return leaf;
  }

  private growLeaves(): void {
    const leaves = this.leafCount.length * 4;
    const rows = leaves * LEAF_ROWS;
    this.vmStart = grown(this.vmStart, new Float64Array(rows));
    this.vmEnd = grown(this.vmEnd, new Float64Array(rows));
    this.vmPgoff = grown(this.vmPgoff, new Float64Array(rows));
    this.vmFlags = grown(this.vmFlags, new Uint32Array(rows));
    this.vmFile = grown(this.vmFile, new Uint32Array(rows));
    this.vmAnon = grown(this.vmAnon, new Uint32Array(rows));
    this.leafCount = grown(this.leafCount, new Uint16Array(leaves));
    this.leafNext = grown(this.leafNext, new Int32Array(leaves));
    this.leafPrev = grown(this.leafPrev, new Int32Array(leaves));
    this.leafParent = grown(this.leafParent, new Int32Array(leaves));
    this.leafSlot = grown(this.leafSlot, new Uint8Array(leaves));
    this.roomFor(leaves, this.innerCount.length);
  }

  /** Makes room for a row at `row` of a full leaf; returns the handle where it now belongs. */
  private splitLeaf(leaf: number, row: number): number {
    // Growth at the end of the last leaf is the common case (stacks mapped one after the other):
    // keep the full leaf full instead of leaving it half empty.
    const atEnd = leaf === this.tailLeaf && row >= LEAF_ROWS - 4;
    const cut = atEnd ? row : LEAF_ROWS / 2;
    const right = this.newLeaf();
    const moved = LEAF_ROWS - cut;
    const to = right * LEAF_ROWS;
    const from = leaf * LEAF_ROWS + cut;
    if (moved > 0) this.copyRows(to, from, from + moved);
    this.leafCount[right] = moved;
    this.leafCount[leaf] = cut;
    const next = this.leafNext[leaf]!;
    this.leafNext[right] = next;
    this.leafPrev[right] = leaf;
    this.leafNext[leaf] = right;
    if (next === NONE) this.tailLeaf = right;
    else this.leafPrev[next] = right;
    const goesRight = row > cut || atEnd;
    // An empty new leaf has no lowest start yet: insert() sets it through lowestChanged.
    const lowest = moved > 0 ? this.vmStart[to]! : Number.POSITIVE_INFINITY;
    this.rowsChanged(leaf);
    this.rowsChanged(right);
    this.linkAfter(leaf, right, 0, lowest);
    return goesRight ? to + row - cut : leaf * LEAF_ROWS + row;
  }

  private dropEmptyLeaf(leaf: number): number {
    if (this.size === 0) {
      this.finger = leaf;
      return NONE;
    }
    const next = this.leafNext[leaf]!;
    this.unlinkLeaf(leaf);
    return this.firstOf(next);
  }

  private unlinkLeaf(leaf: number): void {
    const next = this.leafNext[leaf]!;
    const prev = this.leafPrev[leaf]!;
    if (next === NONE) this.tailLeaf = prev;
    else this.leafPrev[next] = prev;
    if (prev === NONE) this.headLeaf = next;
    else this.leafNext[prev] = next;
    this.finger = next === NONE ? prev : next;
    this.unlinkChild(this.leafParent[leaf]!, leaf, 1);
    this.leafCount[leaf] = 0; // nothing there is a VMA any more
    this.leafNext[leaf] = this.freeLeaf;
    this.freeLeaf = leaf;
  }

  /** Takes over the next leaf's rows when both together fill at most half a leaf. */
  private absorbNext(leaf: number, row: number): number {
    const next = this.leafNext[leaf]!;
    const count = this.leafCount[leaf]!;
    this.finger = leaf;
    if (next === NONE || count + this.leafCount[next]! > LEAF_ROWS / 2) {
      return row < count ? leaf * LEAF_ROWS + row : this.firstOf(next);
    }
    const moved = this.leafCount[next]!;
    this.copyRows(leaf * LEAF_ROWS + count, next * LEAF_ROWS, next * LEAF_ROWS + moved);
    this.leafCount[leaf] = count + moved;
    this.rowsChanged(leaf);
    this.unlinkLeaf(next);
    this.finger = leaf;
    return leaf * LEAF_ROWS + row;
  }

  // ---- inner nodes --------------------------------------------------------------------------------

  private newInner(): number {
    const free = this.freeInner;
    if (free !== NONE) {
      this.freeInner = this.innerParent[free]!;
      this.innerCount[free] = 0;
      this.innerParent[free] = NONE;
      return free;
    }
    if (this.innersMade === this.innerCount.length) {
      const n = this.innersMade * 2;
      this.key = grown(this.key, new Float64Array(n * FANOUT));
      this.child = grown(this.child, new Int32Array(n * FANOUT));
      this.innerCount = grown(this.innerCount, new Uint16Array(n));
      this.innerParent = grown(this.innerParent, new Int32Array(n));
      this.innerSlot = grown(this.innerSlot, new Uint8Array(n));
      this.roomFor(this.leafCount.length, n);
    }
    const node = this.innersMade++;
    this.innerCount[node] = 0;
    this.innerParent[node] = NONE;
    return node;
  }

  private setParent(node: number, level: number, parent: number): void {
    if (level === 0) this.leafParent[node] = parent;
    else this.innerParent[node] = parent;
  }

  private parentOf(node: number, level: number): number {
    return level === 0 ? this.leafParent[node]! : this.innerParent[node]!;
  }

  /** Index of a leaf among all children, and of an inner node. Requires: it has a parent. */
  protected childOfLeaf(leaf: number): number {
    return this.leafParent[leaf]! * FANOUT + this.leafSlot[leaf]!;
  }

  protected childOfInner(node: number): number {
    return this.innerParent[node]! * FANOUT + this.innerSlot[node]!;
  }

  private indexOfChild(node: number, level: number): number {
    return level === 0 ? this.childOfLeaf(node) : this.childOfInner(node);
  }

  /** The children of `parent`, which is at `level`, know who they are from index `from` on. */
  private adopt(parent: number, level: number, from: number): void {
    const [parents, slots] = level === 1 ? [this.leafParent, this.leafSlot] : [this.innerParent, this.innerSlot];
    const stop = parent * FANOUT + this.innerCount[parent]!;
    for (let i = from; i < stop; i++) {
      const node = this.child[i]!;
      parents[node] = parent;
      slots[node] = i - parent * FANOUT;
    }
  }

  /** The lowest start in `leaf` is now `vpn`: repair the keys above it. */
  private lowestChanged(leaf: number, vpn: number): void {
    const parent = this.leafParent[leaf]!;
    if (parent === NONE) return;
    const i = this.childOfLeaf(leaf);
    this.key[i] = vpn;
    if (i === parent * FANOUT) this.lowestOfInnerChanged(parent);
  }

  /** Puts `right` (whose lowest start is `lowest`) after its sibling `left`; both are at `level`. */
  private linkAfter(left: number, right: number, level: number, lowest: number): void {
    let parent = this.parentOf(left, level);
    if (parent === NONE) parent = this.growRoot(left, level);
    if (this.innerCount[parent] === FANOUT) {
      this.splitInner(parent, level + 1);
      parent = this.parentOf(left, level);
    }
    const at = this.indexOfChild(left, level) + 1;
    const stop = parent * FANOUT + this.innerCount[parent]!;
    if (at < stop) {
      this.key.copyWithin(at + 1, at, stop);
      this.child.copyWithin(at + 1, at, stop);
    }
    this.key[at] = lowest;
    this.child[at] = right;
    this.innerCount[parent]! += 1;
    this.adopt(parent, level + 1, at);
    this.childrenChanged(parent, level + 1);
  }

  private growRoot(left: number, level: number): number {
    const root = this.newInner();
    this.innerParent[root] = NONE;
    this.child[root * FANOUT] = left;
    this.key[root * FANOUT] =
      level === 0 ? this.vmStart[left * LEAF_ROWS]! : this.key[left * FANOUT]!;
    this.innerCount[root] = 1;
    this.adopt(root, level + 1, root * FANOUT);
    this.childrenChanged(root, level + 1);
    this.root = root;
    this.height = level + 1;
    return root;
  }

  private splitInner(node: number, level: number): void {
    const right = this.newInner();
    // As with leaves: appending keeps full nodes nearly full.
    const cut = this.isLastAtLevel(node) ? FANOUT - 2 : FANOUT / 2;
    const moved = FANOUT - cut;
    const from = node * FANOUT + cut;
    this.key.copyWithin(right * FANOUT, from, from + moved);
    this.child.copyWithin(right * FANOUT, from, from + moved);
    this.innerCount[right] = moved;
    this.innerCount[node] = cut;
    this.adopt(right, level, right * FANOUT);
    this.childrenChanged(node, level);
    this.childrenChanged(right, level);
    this.linkAfter(node, right, level, this.key[right * FANOUT]!);
  }

  private isLastAtLevel(node: number): boolean {
    let at = node;
    for (let parent = this.innerParent[at]!; parent !== NONE; parent = this.innerParent[at]!) {
      if (this.child[parent * FANOUT + this.innerCount[parent]! - 1] !== at) return false;
      at = parent;
    }
    return true;
  }

  /** Takes `node` out of `parent`, an inner node at `level`; empty ancestors go too. */
  private unlinkChild(parent: number, node: number, level: number): void {
    const at = this.indexOfChild(node, level - 1);
    const stop = parent * FANOUT + this.innerCount[parent]!;
    this.key.copyWithin(at, at + 1, stop);
    this.child.copyWithin(at, at + 1, stop);
    this.innerCount[parent]! -= 1;
    if (this.innerCount[parent] === 0) {
      this.unlinkChild(this.innerParent[parent]!, parent, level + 1);
      this.innerParent[parent] = this.freeInner;
      this.freeInner = parent;
      return;
    }
    this.adopt(parent, level, at);
    if (at === parent * FANOUT) this.lowestOfInnerChanged(parent);
    this.childrenChanged(parent, level);
    if (parent === this.root && this.innerCount[parent] === 1) this.shrinkRoot();
  }

  /** The first key of `inner` changed: repair those above it. */
  private lowestOfInnerChanged(inner: number): void {
    let node = inner;
    const vpn = this.key[inner * FANOUT]!;
    for (let parent = this.innerParent[node]!; parent !== NONE; parent = this.innerParent[node]!) {
      const i = this.childOfInner(node);
      this.key[i] = vpn;
      if (i !== parent * FANOUT) return;
      node = parent;
    }
  }

  private shrinkRoot(): void {
    while (this.height > 0 && this.innerCount[this.root] === 1) {
      const old = this.root;
      this.root = this.child[old * FANOUT]!;
      this.height -= 1;
      this.setParent(this.root, this.height, NONE);
      this.innerParent[old] = this.freeInner;
      this.freeInner = old;
    }
  }
}

/** Copies `old` to the front of `bigger` and returns it. */
export function grown<T extends Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array>(old: T, bigger: T): T {
  bigger.set(old as never);
  return bigger;
}
