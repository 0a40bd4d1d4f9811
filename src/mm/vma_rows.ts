/**
 * VmaRows: a sorted set of page ranges, the `mm_rb` and `mmap` list of an mm_struct in one structure: how it lies in
 * memory, and how it is read. vma_tree.ts changes it, vma_set.ts adds what its nodes know about gaps.
 *
 * A B+ tree. Each leaf is a run of LEAF_ROWS rows in shared typed-array columns, so a VMA costs 36
 * bytes and a linear walk reads memory in order; leaves are chained both ways. Inner nodes hold the
 * exact lowest vmStart below each child and are repaired when a boundary moves.
 *
 * A VMA is named by a *handle* (leaf * LEAF_ROWS + row). Inserting or removing a row invalidates all
 * handles but the one returned. The set knows no policy: what merges, and when, is its callers'.
 */

/**
 * Rows a leaf. Unmapping and mapping at random among a million areas takes 2.5 us a pair with 64 and 2.7 with 128, and
 * a million ia64 stacks, one after the other, 3.1 us each with 64 and 3.4 with 32 (measured, quiet).
 */
export const LEAF_ROWS = 64;
export const ROW_MASK = LEAF_ROWS - 1;
export const LEAF_SHIFT = Math.log2(LEAF_ROWS);
/** Children of an inner node. */
export const FANOUT = 64;
/** No VMA, no node. */
export const NONE = -1;
/** Answer of walkToGap: the walk passed its limit. */
export const BEYOND = -2;

const MIN_LEAVES = 4;
const MIN_INNER = 2;

export abstract class VmaRows {
  /** Number of VMAs, the kernel's map_count. */
  size = 0;

  // Columns. Rows of leaf n are n * LEAF_ROWS + (0 .. leafCount[n] - 1), sorted by vmStart, never
  // empty ranges, never overlapping. Written only by VmaTree, `vmFlags` apart.
  vmStart = new Float64Array(MIN_LEAVES * LEAF_ROWS);
  vmEnd = new Float64Array(MIN_LEAVES * LEAF_ROWS);
  vmPgoff = new Float64Array(MIN_LEAVES * LEAF_ROWS);
  vmFlags = new Uint32Array(MIN_LEAVES * LEAF_ROWS);
  /** Index of the mapped file in its owner's table; 0 for anonymous memory. */
  vmFile = new Uint32Array(MIN_LEAVES * LEAF_ROWS);
  /** anon_vma as a number (see vma_merge.ts); 0 until the area's first private page. */
  vmAnon = new Uint32Array(MIN_LEAVES * LEAF_ROWS);

  /** Out-values of walkToGap: where the hole starts, and how many VMAs the walk examined. */
  gapStart = 0;
  walked = 0;
  /** Tree nodes visited by find since the set was made. */
  visits = 0;

  protected leafCount = new Uint16Array(MIN_LEAVES);
  protected leafNext = new Int32Array(MIN_LEAVES);
  protected leafPrev = new Int32Array(MIN_LEAVES);
  protected leafParent = new Int32Array(MIN_LEAVES);
  /** Which child of its parent a leaf is: 0 to FANOUT - 1. */
  protected leafSlot = new Uint8Array(MIN_LEAVES);
  protected freeLeaf = NONE; // chained through leafNext
  protected leavesMade = 0;

  protected key = new Float64Array(MIN_INNER * FANOUT);
  protected child = new Int32Array(MIN_INNER * FANOUT);
  protected innerCount = new Uint16Array(MIN_INNER);
  protected innerParent = new Int32Array(MIN_INNER);
  protected innerSlot = new Uint8Array(MIN_INNER);
  protected freeInner = NONE; // chained through innerParent
  protected innersMade = 0;

  /** Root: a leaf when height is 0, else an inner node. */
  protected root = 0;
  protected height = 0;
  protected headLeaf = 0;
  protected tailLeaf = 0;
  /** The leaf used last: most calls come back to it. */
  protected finger = 0;
  /** A row that was found last, whatever has become of it: whoever maps or unmaps there looks it up again. */
  protected found = 0;

  /** Lowest VMA, or NONE. */
  first(): number {
    return this.size === 0 ? NONE : this.headLeaf * LEAF_ROWS;
  }

  /** Highest VMA, or NONE. */
  last(): number {
    return this.size === 0 ? NONE : this.tailLeaf * LEAF_ROWS + this.leafCount[this.tailLeaf]! - 1;
  }

  /** The VMA above `h`, or NONE. */
  next(h: number): number {
    const leaf = h >> LEAF_SHIFT;
    if ((h & ROW_MASK) + 1 < this.leafCount[leaf]!) return h + 1;
    const next = this.leafNext[leaf]!;
    return next === NONE ? NONE : next * LEAF_ROWS;
  }

  /** The VMA below `h`, or NONE. */
  prev(h: number): number {
    if ((h & ROW_MASK) > 0) return h - 1;
    const prev = this.leafPrev[h >> LEAF_SHIFT]!;
    return prev === NONE ? NONE : prev * LEAF_ROWS + this.leafCount[prev]! - 1;
  }

  /** The VMA below the place that `h` names, where NONE names the place above all. */
  before(h: number): number {
    return h === NONE ? this.last() : this.prev(h);
  }

  /** First VMA with vmEnd > vpn (the kernel's find_vma), or NONE. */
  find(vpn: number): number {
    if (this.size === 0) return NONE;
    const known = this.found;
    if (this.isFirstAbove(known, vpn)) {
      this.visits += 1;
      return known;
    }
    const h = this.lookUp(vpn);
    if (h !== NONE) this.found = h;
    return h;
  }

  /** Whether `h`, which a search or a look-up gave once, is a VMA still, and what find(vpn) looks for. */
  private isFirstAbove(h: number, vpn: number): boolean {
    const row = h & ROW_MASK;
    return row > 0 && row < this.leafCount[h >> LEAF_SHIFT]! && this.vmEnd[h]! > vpn && this.vmEnd[h - 1]! <= vpn;
  }

  private lookUp(vpn: number): number {
    const leaf = this.leafFor(vpn);
    const end = this.vmEnd;
    let lo = leaf * LEAF_ROWS;
    let hi = lo + this.leafCount[leaf]!;
    const stop = hi;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (end[mid]! > vpn) hi = mid;
      else lo = mid + 1;
    }
    if (lo < stop) return lo;
    const next = this.leafNext[leaf]!;
    return next === NONE ? NONE : next * LEAF_ROWS;
  }

  /**
   * Walks upward from VMA `h` with the candidate address `addr` until `npages` fit below a VMA, as the
   * list searches of get_unmapped_area do. Returns the VMA above the hole (NONE above all) with
   * `gapStart` set, or BEYOND once the candidate is above `limit`. `walked` counts the VMAs compared.
   * Requires: h is find(addr).
   */
  walkToGap(h: number, addr: number, npages: number, limit: number): number {
    const start = this.vmStart;
    const end = this.vmEnd;
    let walked = 0;
    let leaf = h === NONE ? NONE : h >> LEAF_SHIFT;
    let i = h;
    let a = addr;
    while (leaf !== NONE) {
      const base = leaf * LEAF_ROWS;
      const stop = base + this.leafCount[leaf]!;
      const from = i;
      if (a <= limit && end[stop - 1]! <= limit) {
        // No candidate in this leaf can pass the limit.
        i = this.gapInLeaf(i, stop, a, npages);
        if (i > from) a = end[i - 1]!;
      } else {
        while (i < stop && a <= limit && start[i]! - a < npages) a = end[i++]!;
      }
      walked += i - from;
      if (i < stop) return this.endWalk(walked, a, limit, i);
      leaf = this.leafNext[leaf]!;
      i = leaf * LEAF_ROWS;
    }
    return this.endWalk(walked, a, limit, NONE);
  }

  /**
   * First row in [from, stop) with `npages` free below it, `addr` being the candidate below `from`; else
   * stop. Written so that no step waits for the one before: 1.0 ns a VMA, against 2.6 when each candidate
   * is carried to the next comparison (measured at 128,000 VMAs).
   */
  protected gapInLeaf(from: number, stop: number, addr: number, npages: number): number {
    const start = this.vmStart;
    const end = this.vmEnd;
    if (start[from]! - addr >= npages) return from;
    let i = from + 1;
    for (; i + 3 < stop; i += 4) {
      if (
        start[i]! - end[i - 1]! >= npages || start[i + 1]! - end[i]! >= npages ||
        start[i + 2]! - end[i + 1]! >= npages || start[i + 3]! - end[i + 2]! >= npages
      ) break;
    }
    for (; i < stop; i++) if (start[i]! - end[i - 1]! >= npages) return i;
    return stop;
  }

  private endWalk(walked: number, addr: number, limit: number, h: number): number {
    this.gapStart = addr;
    const beyond = addr > limit;
    this.walked = beyond || h === NONE ? walked : walked + 1;
    return beyond ? BEYOND : h;
  }

  protected firstOf(leaf: number): number {
    return leaf === NONE ? NONE : leaf * LEAF_ROWS;
  }

  /** The last leaf whose lowest start is at or below `vpn` (the first leaf if there is none). */
  private leafFor(vpn: number): number {
    const finger = this.finger;
    const next = this.leafNext[finger]!;
    this.visits += 1;
    if (
      vpn >= this.vmStart[finger * LEAF_ROWS]! &&
      (next === NONE || vpn < this.vmStart[next * LEAF_ROWS]!)
    ) {
      return finger;
    }
    let node = this.root;
    for (let level = this.height; level > 0; level--) node = this.child[this.slotFor(node, vpn)]!;
    this.visits += this.height;
    this.finger = node;
    return node;
  }

  private slotFor(node: number, vpn: number): number {
    const key = this.key;
    let lo = node * FANOUT;
    let hi = lo + this.innerCount[node]! - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (key[mid]! <= vpn) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }
}
