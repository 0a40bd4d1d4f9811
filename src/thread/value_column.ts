/**
 * ValueColumn: any JavaScript values by row, most of them small numbers or nothing. Those lie in typed arrays, where
 * the garbage collector need not look at them (a tenth of a thread's cost at a million threads); the rest lie in an
 * ordinary array that is made when the first comes.
 */
import { grown } from '../lib/grow.js';

const NOTHING = 0;
const SMALL = 1;
const OTHER = 2;
/** From here on: an index into the few values that are kept once for all rows, such as a start routine. */
const COMMON = 3;
const MOST_COMMON = 8;

export class ValueColumn {
  private kinds = new Uint8Array(16);
  private smalls = new Int32Array(16);
  private readonly others: unknown[] = [];
  /** The first objects that were set. */
  private readonly common: unknown[] = [];

  /** Undefined for a row that was never set. */
  get(row: number): unknown {
    const kind = this.kinds[row]!;
    if (kind === SMALL) return this.smalls[row];
    if (kind >= COMMON) return this.common[kind - COMMON];
    return kind === OTHER ? this.others[row] : undefined;
  }

  set(row: number, value: unknown): void {
    if (row >= this.kinds.length) this.grow(row);
    if (this.kinds[row] === OTHER) this.others[row] = undefined;
    if (value === undefined) this.kinds[row] = NOTHING;
    else if (typeof value === 'number' && (value | 0) === value && !Object.is(value, -0)) {
      this.kinds[row] = SMALL;
      this.smalls[row] = value;
    } else this.setOther(row, value);
  }

  private setOther(row: number, value: unknown): void {
    let index = this.common.indexOf(value);
    if (index < 0 && this.common.length < MOST_COMMON) index = this.common.push(value) - 1;
    this.kinds[row] = index < 0 ? OTHER : COMMON + index;
    if (index >= 0) return;
    while (this.others.length < row) this.others.push(undefined);
    this.others[row] = value;
  }

  private grow(row: number): void {
    const n = Math.max(row + 1, this.kinds.length * 4);
    this.kinds = grown(this.kinds, n);
    this.smalls = grown(this.smalls, n);
  }
}
