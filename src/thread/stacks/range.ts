/** Ranges of the bitmap strategy, which belong to the process (Nptl.stackRanges). */

/** A reserved range: slots of `size` bytes from hi:lo on. */
export interface StackRange {
  readonly hi: number;
  readonly lo: number;
  readonly size: number;
  readonly slots: number;
  /** One bit a slot, set while it holds a stack. */
  readonly bits: Uint32Array;
  used: number;
  /** No free slot lies below this one. */
  firstFree: number;
}
