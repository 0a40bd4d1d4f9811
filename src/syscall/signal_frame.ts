/**
 * The frame of a signal handler: written to the stack at delivery, read back by rt_sigreturn. Where everything lies is
 * the machine's data (FrameLayout). setup_rt_frame() and sys_rt_sigreturn() of arch/{x86,sparc,ia64}/kernel/signal.c.
 *
 * Unlike Linux: floating-point and segment registers are not there, so they are not saved. A TypeScript program has no
 * program counter: the saved one is 0, or 1 where the interrupted call begins again.
 */
import { SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../arch/generic/signal.js';
import type { Field, FrameLayout, Registers, Target } from '../arch/index.js';
import type { Mm } from '../mm/mm.js';
import type { AltStack, SigInfo } from '../task/signal_state.js';
import { getLong, getWord, long, type Memory, putLong, putWord } from './user_words.js';
import { FAULT } from '../mm/uaccess.js';

/** A word in halves. */
export interface Halves {
  readonly hi: number;
  readonly lo: number;
}

/** hi:lo + by, with the carry; `by` below 2^53 in magnitude. */
export function offsetBy({ hi, lo }: Halves, by: number): Halves {
  const low = (lo >>> 0) + by;
  return { hi: (hi + Math.floor(low / 2 ** 32)) | 0, lo: low | 0 };
}

/** Where a frame of `layout` lies for a stack pointer. */
export function frameBelow(layout: FrameLayout, sp: Halves): Halves {
  const at = offsetBy(sp, layout.bias - layout.redZone - layout.size);
  return offsetBy({ hi: at.hi, lo: at.lo & -layout.align }, -layout.below);
}

/** What a frame holds besides the signal. */
export interface FrameContents {
  readonly maskHi: number;
  readonly maskLo: number;
  readonly sp: Halves;
  readonly altStack: AltStack | undefined;
  /** The interrupted call begins again when the handler has returned. */
  readonly callBegins: boolean;
}

class Writer {
  failed = false;
  private readonly m: Memory;
  private readonly base: Halves;

  constructor(m: Memory, base: Halves) {
    this.m = m;
    this.base = base;
  }

  word(at: number, value: number): void {
    if (putWord(this.m, this.base.hi, this.base.lo, at, value) < 0) this.failed = true;
  }

  long({ at, bytes }: Field, hi: number, lo: number): void {
    if (putLong(this.m, this.base.hi, this.base.lo, at, bytes, hi, lo) < 0) this.failed = true;
  }
}

/** Writes the frame at `base`. Returns false where memory refuses. */
export function writeFrame(
  mm: Mm, target: Target, layout: FrameLayout, base: Halves, regs: Registers, info: SigInfo, contents: FrameContents,
): boolean {
  const w = new Writer({ mm, target }, base);
  if (layout.signo !== null) w.long(layout.signo, 0, info.signo);
  if (layout.info !== null && !putSiginfo({ mm, target }, offsetBy(base, layout.info), info)) return false;
  if (layout.stack !== null) w.failed ||= !putStack({ mm, target }, offsetBy(base, layout.stack), contents.altStack, contents.sp);
  putMask(w, target, layout, contents);
  for (const [name, field] of Object.entries(layout.regs)) {
    const n = 2 * target.trap.registers.indexOf(name);
    if (name === 'sp') w.long(field, contents.sp.hi, contents.sp.lo);
    else if (n >= 0) w.long(field, regs[n + 1]!, regs[n]!);
  }
  w.long(layout.pc, 0, contents.callBegins ? 1 : 0);
  if (layout.fault !== null && info.kind === 'fault') {
    w.long(layout.fault.trapno, 0, 14); // page fault
    w.long(layout.fault.err, 0, info.valueLo);
    w.long(layout.fault.address, info.addrHi, info.addrLo);
  }
  return !w.failed;
}

function putMask(w: Writer, target: Target, layout: FrameLayout, { maskHi, maskLo }: FrameContents): void {
  const [first, second] = layout.mask;
  const { maskHighFirst } = target.signals;
  w.word(first, maskHighFirst ? maskHi : maskLo);
  w.word(second, maskHighFirst ? maskLo : maskHi);
}

/** What rt_sigreturn finds in a frame. */
export interface ReadFrame {
  readonly maskHi: number;
  readonly maskLo: number;
  readonly callBegins: boolean;
  readonly altStack: AltStack | null;
}

/** Reads a frame back, its registers into `regs`; null where memory refuses. */
export function readFrame(m: Memory, layout: FrameLayout, base: Halves, regs: Registers): ReadFrame | null {
  const { target } = m;
  const first = getWord(m, base.hi, base.lo, layout.mask[0]);
  const second = getWord(m, base.hi, base.lo, layout.mask[1]);
  if (first === FAULT || second === FAULT) return null;
  if (getLong(m, base.hi, base.lo, layout.pc.at, layout.pc.bytes) < 0) return null;
  const callBegins = long.hi === 0 && long.lo === 1;
  const altStack = layout.stack === null ? null : getStack(m, offsetBy(base, layout.stack));
  for (const [name, field] of Object.entries(layout.regs)) {
    const n = 2 * target.trap.registers.indexOf(name);
    if (n < 0) continue;
    if (getLong(m, base.hi, base.lo, field.at, field.bytes) < 0) return null;
    regs[n] = long.lo;
    regs[n + 1] = target.bits === 32 ? 0 : long.hi;
  }
  const { maskHighFirst } = target.signals;
  return { maskHi: maskHighFirst ? first : second, maskLo: maskHighFirst ? second : first, callBegins, altStack };
}

// ---- siginfo_t, stack_t ---------------------------------------------------------------------------

const SIGINFO_WORDS = 32;

/** copy_siginfo_to_user(). */
export function putSiginfo(m: Memory, base: Halves, info: SigInfo): boolean {
  const union = m.target.signals.siginfoUnion / 4;
  const words = new Array<number>(SIGINFO_WORDS).fill(0);
  [words[0], words[1], words[2]] = [info.signo, 0, info.code];
  const isWide = m.target.bits === 64;
  const long = (at: number, hi: number, lo: number) => {
    if (!isWide) words[at] = lo;
    else [words[at], words[at + 1]] = m.target.bigEndian ? [hi, lo] : [lo, hi];
  };
  if (info.kind === 'fault') long(union, info.addrHi, info.addrLo);
  else {
    [words[union], words[union + 1]] = [info.pid, info.uid];
    if (info.kind === 'child') words[union + 2] = info.valueLo;
    if (info.kind === 'rt' || info.kind === 'timer') long(union + 2, info.valueHi, info.valueLo);
  }
  return words.every((word, i) => putWord(m, base.hi, base.lo, 4 * i, word) === 0);
}

/** copy_siginfo_from_user() for sigqueue: code, pid, uid and value; null where memory refuses. */
export function getSiginfo(m: Memory, base: Halves, signo: number): SigInfo | null {
  const union = m.target.signals.siginfoUnion;
  const word = (at: number) => getWord(m, base.hi, base.lo, at);
  const [code, pid, uid, last] = [word(8), word(union), word(union + 4), word(124)];
  if (code === FAULT || pid === FAULT || uid === FAULT || last === FAULT) return null;
  if (getLong(m, base.hi, base.lo, union + 8, m.target.bits === 64 ? 8 : 4) < 0) return null;
  return { signo, code, pid, uid, valueHi: long.hi, valueLo: long.lo, addrHi: 0, addrLo: 0, kind: 'rt' };
}

/** ss_sp, ss_flags, ss_size, each on a long of its own. */
export function putStack(m: Memory, base: Halves, stack: AltStack | undefined, sp: Halves): boolean {
  const bytes = m.target.bits === 64 ? 8 : 4;
  const flags = stack === undefined ? SS_DISABLE : stack.flags | (isOnStack(stack, sp) ? SS_ONSTACK : 0);
  return putLong(m, base.hi, base.lo, 0, bytes, stack?.spHi ?? 0, stack?.spLo ?? 0) === 0 &&
    putWord(m, base.hi, base.lo, bytes, flags) === 0 &&
    putLong(m, base.hi, base.lo, 2 * bytes, bytes, stack?.sizeHi ?? 0, stack?.sizeLo ?? 0) === 0;
}

export function getStack(m: Memory, base: Halves): AltStack | null {
  const bytes = m.target.bits === 64 ? 8 : 4;
  const flags = getWord(m, base.hi, base.lo, bytes);
  if (flags === FAULT || getLong(m, base.hi, base.lo, 0, bytes) < 0) return null;
  const { hi: spHi, lo: spLo } = long;
  if (getLong(m, base.hi, base.lo, 2 * bytes, bytes) < 0) return null;
  return { spHi, spLo, flags, sizeHi: long.hi, sizeLo: long.lo };
}

const unsigned = ({ hi, lo }: Halves) => (hi >>> 0) * 2 ** 32 + (lo >>> 0);

/** on_sig_stack(): sp - ss_sp is in 1..ss_size; never of a stack of SS_AUTODISARM. */
export function isOnStack(stack: AltStack | undefined, sp: Halves): boolean {
  if (stack === undefined || (stack.flags & SS_AUTODISARM) !== 0) return false;
  const above = (sp.hi - stack.spHi) * 2 ** 32 + ((sp.lo >>> 0) - (stack.spLo >>> 0));
  return above > 0 && above <= unsigned({ hi: stack.sizeHi, lo: stack.sizeLo });
}

