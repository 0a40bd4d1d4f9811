/**
 * What the kernel remembers of signals: pending sets, actions, alternate stacks. A set of signals is two 32-bit
 * words: bit n - 1 of `lo` for signals up to 32, bit n - 33 of `hi` above. kernel/signal.c, include/linux/signal.h.
 */

/** A signal on its way: what its siginfo_t will say. */
export interface SigInfo {
  readonly signo: number;
  readonly code: number;
  /** Sender, or the child that changed. */
  readonly pid: number;
  readonly uid: number;
  /** sigqueue's value, or a child's status in `valueLo`. */
  readonly valueHi: number;
  readonly valueLo: number;
  /** Address of a fault. */
  readonly addrHi: number;
  readonly addrLo: number;
  /** What the union of its siginfo_t holds. */
  readonly kind: 'kill' | 'rt' | 'fault' | 'child' | 'timer';
}

export function bitHi(signo: number): number {
  return signo > 32 ? 1 << (signo - 33) : 0;
}

export function bitLo(signo: number): number {
  return signo > 32 ? 0 : 1 << (signo - 1);
}

/** Pending signals of a task or a process. Standard signals wait once, real-time ones as often as they came. */
export class PendingSet {
  hi = 0;
  lo = 0;
  readonly queue: SigInfo[] = [];

  has(signo: number): boolean {
    return ((this.hi & bitHi(signo)) | (this.lo & bitLo(signo))) !== 0;
  }

  add(info: SigInfo): void {
    this.hi |= bitHi(info.signo);
    this.lo |= bitLo(info.signo);
    this.queue.push(info);
  }

  /** Lowest signal that is not in the mask, or 0. */
  lowest(maskHi: number, maskLo: number): number {
    const lo = this.lo & ~maskLo;
    if (lo !== 0) return 32 - Math.clz32(lo & -lo);
    const hi = this.hi & ~maskHi;
    return hi === 0 ? 0 : 64 - Math.clz32(hi & -hi);
  }

  /** Takes the oldest of a signal. */
  take(signo: number): SigInfo {
    const info = this.queue.splice(this.queue.findIndex((each) => each.signo === signo), 1)[0]!;
    if (!this.queue.some((each) => each.signo === signo)) this.drop(signo);
    return info;
  }

  /** Forgets a signal. Returns how many there were. */
  drop(signo: number): number {
    this.hi &= ~bitHi(signo);
    this.lo &= ~bitLo(signo);
    const before = this.queue.length;
    const kept = this.queue.filter((each) => each.signo !== signo);
    this.queue.splice(0, before, ...kept);
    return before - kept.length;
  }
}

export interface SigAction {
  readonly handlerHi: number;
  /** SIG_DFL and SIG_IGN are 0 and 1 with a handlerHi of 0. */
  readonly handlerLo: number;
  readonly flags: number;
  readonly restorerHi: number;
  readonly restorerLo: number;
  readonly maskHi: number;
  readonly maskLo: number;
}

export const DEFAULT_ACTION: SigAction = {
  handlerHi: 0, handlerLo: 0, flags: 0, restorerHi: 0, restorerLo: 0, maskHi: 0, maskLo: 0,
};

/** Actions by signal number; shared by processes that were cloned with CLONE_SIGHAND. */
export class Sighand {
  private readonly actions: (SigAction | undefined)[] = [];

  get(signo: number): SigAction {
    return this.actions[signo] ?? DEFAULT_ACTION;
  }

  set(signo: number, action: SigAction): void {
    this.actions[signo] = action;
  }

  copy(): Sighand {
    const copy = new Sighand();
    copy.actions.push(...this.actions);
    return copy;
  }
}

/** sigaltstack(2): an alternate stack; SS_DISABLE in `flags` for none. */
export interface AltStack {
  readonly spHi: number;
  readonly spLo: number;
  readonly flags: number;
  readonly sizeHi: number;
  readonly sizeLo: number;
}
