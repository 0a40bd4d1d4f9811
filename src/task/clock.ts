/**
 * The virtual clock: every system call takes SYSCALL_NS, nothing else takes time, and when nobody can
 * run the clock jumps to the next timeout. Timers are a binary heap; one that is no longer wanted stays
 * in it and is dropped when it comes up.
 */

/** What a system call costs, ns: a round figure of 2002's machines. */
export const SYSCALL_NS = 1000;
/** When a machine starts: 2002-10-31 00:00 UTC, the day of the seed commit, in seconds and in ns. */
export const EPOCH_SECONDS = Date.UTC(2002, 9, 31) / 1000;
export const EPOCH_NS = EPOCH_SECONDS * 1e9;
/** KTIME_MAX, ns: a timeout beyond it never comes. */
const KTIME_MAX = 2 ** 63;

/** The time on Clock.now's scale that is `seconds` and `ns` after `fromSeconds`; Infinity beyond KTIME_MAX. */
export function timeOf(seconds: number, ns: number, fromSeconds = 0): number {
  return seconds * 1e9 >= KTIME_MAX ? Number.POSITIVE_INFINITY : (seconds - fromSeconds) * 1e9 + ns;
}

export interface Timer {
  readonly deadline: number;
  /** Order of arming, which breaks ties. */
  readonly order: number;
  readonly task: number;
  /** The task's sleep that this belongs to (see TaskTable.sleeps). */
  readonly sleep: number;
}

export class Clock {
  /** Nanoseconds since the machine was started. NaN first: the field is a double from the start. */
  now = Number.NaN;
  private heap: Timer[] = [];
  private armed = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.now = 0;
    this.heap.length = 0;
    this.armed = 0;
  }

  arm(deadline: number, task: number, sleep: number): void {
    const { heap } = this;
    let i = heap.push({ deadline, order: this.armed++, task, sleep }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!earlier(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  /** The earliest timer, or undefined. */
  peek(): Timer | undefined {
    return this.heap[0];
  }

  /** Removes the earliest timer. */
  pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && earlier(heap[child]!, heap[least]!)) least = child;
      }
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
  }
}

function earlier(a: Timer, b: Timer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}
