/** Keys of thread-specific data of a process; see pthread_key.ts. */

export const PTHREAD_KEYS_MAX = 1024;
export const PTHREAD_DESTRUCTOR_ITERATIONS = 4;

/** Called with the value that was not null when the thread ended; may be a generator function. */
export type Destructor = (value: never) => unknown;

/** Keys of a process. A key's `seq` is odd while it is in use, and counts how often it was made and deleted. */
export class Keys {
  private sequences: Int32Array | null = null;
  readonly destructors: (Destructor | null)[] = [];
  /** Values of each thread that has any, by row: its key's seq, and the value. */
  readonly values = new Map<number, Map<number, { seq: number; value: unknown }>>();

  /** The keys of a child, and the values of its one thread. */
  forkFrom(parent: Keys, row: number): void {
    this.sequences = parent.sequences?.slice() ?? null;
    this.destructors.push(...parent.destructors);
    const values = parent.values.get(row);
    if (values !== undefined) this.values.set(row, new Map([...values].map(([key, entry]) => [key, { ...entry }])));
  }

  /** Made when a key first is. */
  get seq(): Int32Array {
    this.sequences ??= new Int32Array(PTHREAD_KEYS_MAX);
    return this.sequences;
  }
}
