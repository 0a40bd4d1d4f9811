/**
 * Pids: the next free one above the last, wrapping from pid_max to the 300 reserved ones' end. Source:
 * Linux 2.5.46, kernel/pid.c: alloc_pidmap().
 *
 * Unlike Linux 2.5.46: pid_max is a firm limit. There the slow path looks for a free bit beyond it.
 */
export class PidMap {
  readonly pidMax: number;
  private readonly reserved: number;
  private bits: Uint32Array;
  private last = 0;
  private free: number;

  constructor(pidMax: number, reserved: number) {
    this.pidMax = pidMax;
    this.reserved = reserved;
    this.bits = new Uint32Array(Math.min(1024, Math.ceil(pidMax / 32)));
    this.free = pidMax - reserved;
  }

  reset(): void {
    this.bits.fill(0);
    this.last = 0;
    this.free = this.pidMax - this.reserved;
  }

  /** Takes a given pid, for the first task. */
  take(pid: number): void {
    this.mark(pid);
    this.last = pid;
  }

  /** A free pid, or -1 when there is none. */
  alloc(): number {
    if (this.free <= 0) return -1;
    let pid = this.last + 1;
    for (;;) {
      if (pid >= this.pidMax) pid = this.reserved;
      const word = this.bits[pid >>> 5] ?? 0;
      if (word === 0xffffffff) pid = (pid | 31) + 1;
      else if (((word >>> (pid & 31)) & 1) !== 0) pid += 1;
      else break;
    }
    this.mark(pid);
    this.last = pid;
    return pid;
  }

  release(pid: number): void {
    this.bits[pid >>> 5]! &= ~(1 << (pid & 31));
    if (pid >= this.reserved) this.free += 1;
  }

  private mark(pid: number): void {
    const word = pid >>> 5;
    if (word >= this.bits.length) {
      const bits = new Uint32Array(Math.max(word + 1, this.bits.length * 2));
      bits.set(this.bits);
      this.bits = bits;
    }
    this.bits[word]! |= 1 << (pid & 31);
    if (pid >= this.reserved) this.free -= 1;
  }
}
