/** Until when a mutex is waited for: an absolute time on a clock. */
import type { Timespec } from './timespec.js';

export interface Deadline {
  readonly clock: number;
  readonly until: Timespec;
}

/** A recursive mutex went one level deeper: nothing else to record. */
export const DEEPENED = -2;
