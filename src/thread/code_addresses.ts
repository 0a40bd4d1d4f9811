/**
 * Guest addresses of a program's functions: what a C program would have in sa_handler. They lie in the program's text,
 * 16 bytes each, in the order in which they were asked for.
 */

/** A function that user mode can run by address: a signal handler. */
export type Routine = (...args: never[]) => unknown;

const BYTES = 16;

export class CodeAddresses {
  private readonly routines: Routine[] = [];
  private readonly hi: number;
  private readonly lo: number;

  constructor(hi: number, lo: number) {
    this.hi = hi;
    this.lo = lo;
  }

  /** Address of a function, as halves: [high, low]. */
  addressOf(routine: Routine): [hi: number, lo: number] {
    let i = this.routines.indexOf(routine);
    if (i < 0) i = this.routines.push(routine) - 1;
    return [this.hi, (this.lo + BYTES * (i + 1)) | 0];
  }

  /** The function at an address, or null. */
  routineAt(hi: number, lo: number): ((...args: unknown[]) => unknown) | null {
    const i = ((lo >>> 0) - (this.lo >>> 0)) / BYTES - 1;
    return hi === this.hi ? ((this.routines[i] as ((...args: unknown[]) => unknown) | undefined) ?? null) : null;
  }
}
