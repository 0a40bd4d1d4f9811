/** Who waits for whom in a circle: the heart of a deadlock, where it has one. */

interface Waits {
  readonly tid: number;
  /** The thread that could end the wait, or null. */
  readonly ownedBy: number | null;
}

/**
 * The tids of a circle of waits, each for the next and the last for the first, beginning with the lowest; empty when there
 * is none (a thread that waits for a signal which nobody will send).
 */
export function deadlockCycle(waiters: readonly Waits[]): number[] {
  const ownerOf = new Map(waiters.map(({ tid, ownedBy }) => [tid, ownedBy]));
  for (const { tid: start } of [...waiters].sort((a, b) => a.tid - b.tid)) {
    const path: number[] = [];
    let tid: number | null | undefined = start;
    while (tid !== null && tid !== undefined && ownerOf.has(tid) && !path.includes(tid)) {
      path.push(tid);
      tid = ownerOf.get(tid);
    }
    if (tid === start && path.length > 0) return path;
  }
  return [];
}
