/**
 * MemoryTrace: what each memory call did to the address space, and what it cost. A Tracer, so it sees TypeScript
 * programs and binaries alike. Faults that grow a stack have records too, as calls of "fault" with the page that was
 * touched; areas that a program begins with have none.
 */
import { errnoName } from '../arch/generic/errno.js';
import { isOldMmap } from '../arch/generic/known_calls.js';
import { MREMAP_DONTUNMAP, MREMAP_FIXED } from '../arch/generic/mman_calls.js';
import { hex, hexVpn } from '../lib/u64.js';
import type { MmStats } from '../mm/mm.js';
import { copyFromUser } from '../mm/uaccess.js';
import { type Kernel, RESULT_64, type Tracer } from '../syscall/kernel.js';

export interface MemoryCall {
  /** Counts memory calls, from 1. */
  readonly n: number;
  readonly tid: number;
  /** The kernel's name, or "fault" for a stack that grew; old_mmap for the mmap that takes a pointer to six words, as strace has it. */
  readonly call: string;
  /** "0x..." each; of old_mmap the six words. */
  readonly args: readonly string[];
  /** "0x...", or the name of an errno; of a fault where the stack ends now: its start, ia64's register stack's end. */
  readonly result: string;
  /** What this call added to the counts of its address space. */
  readonly probes: number;
  readonly splits: number;
  readonly merges: number;
  /** Areas after it. */
  readonly vmas: number;
}

/** The memory calls, and how many arguments each takes. */
const NARGS: Readonly<Record<string, number>> = {
  brk: 1, madvise: 3, mincore: 3, mlock: 2, mlock2: 3, mlockall: 1, mmap: 6, mmap2: 6, mprotect: 3, mremap: 5, msync: 3,
  munlock: 2, munlockall: 0, munmap: 2, old_mmap: 1, remap_file_pages: 5, shmat: 3, shmdt: 1,
};
/** Bytes that the argument of old_mmap points to. */
const OLD_MMAP_BYTES = 24;
/** Without one of these mremap has four arguments: the fifth register holds whatever it held. */
const MREMAP_WITH_TARGET = MREMAP_FIXED | MREMAP_DONTUNMAP;

type Counts = Pick<MmStats, 'probes' | 'splits' | 'merges'>;

export class MemoryTrace implements Tracer {
  private readonly record: (call: MemoryCall) => void;
  /** Names by call number; null for what is no memory call. */
  private readonly names = new Map<number, string | null>();
  private n = 0;
  /** The call under way: its name, or null, its arguments, and the counts before it. */
  private call: string | null = null;
  private args: string[] = [];
  private before: Counts = { probes: 0, splits: 0, merges: 0 };

  constructor(record: (call: MemoryCall) => void) {
    this.record = record;
  }

  enter(k: Kernel, nr: number): void {
    // Whatever process is seen for the first time: a program's first call comes before its stack grows.
    if (k.mm.onGrowth === null) k.mm.onGrowth = (vpn) => this.grown(k, vpn);
    this.call = this.nameOf(k, nr);
    if (this.call === null) return;
    const { probes, splits, merges } = k.mm.stats;
    this.before = { probes, splits, merges };
    this.args = argsOf(k, this.call);
  }

  leave(k: Kernel, result: number): void {
    const { call, args, before } = this;
    if (call === null) return;
    this.n += 1;
    const { stats, vmas } = k.mm;
    this.record({
      n: this.n,
      tid: k.tasks.tid[k.current]!,
      call,
      args,
      result: resultText(k, result),
      probes: stats.probes - before.probes,
      splits: stats.splits - before.splits,
      merges: stats.merges - before.merges,
      vmas: vmas.size,
    });
  }

  private grown(k: Kernel, vpn: number): void {
    const { vmas, target } = k.mm;
    const h = vmas.find(vpn);
    const end = vmas.vmStart[h] === vpn ? vpn : vmas.vmEnd[h]!;
    this.n += 1;
    this.record({
      n: this.n,
      tid: k.tasks.tid[k.current]!,
      call: 'fault',
      args: [hexVpn(vpn, target.pageShift)],
      result: hexVpn(end, target.pageShift),
      probes: 0,
      splits: 0,
      merges: 0,
      vmas: vmas.size,
    });
  }

  /** No memory call sleeps. */
  unfinished(): void {}

  resumed(): void {}

  private nameOf(k: Kernel, nr: number): string | null {
    let name = this.names.get(nr);
    if (name === undefined) {
      const own = k.nameOf(nr);
      const shown = isOldMmap(k.target.entry[own]) ? 'old_mmap' : own;
      name = Object.hasOwn(NARGS, shown) ? shown : null;
      this.names.set(nr, name);
    }
    return name;
  }
}

/** From the registers as they are at entry: results may overwrite them. */
function argsOf(k: Kernel, call: string): string[] {
  const words = Array.from({ length: NARGS[call]! }, (_, i) => hex(k.hi(i), k.lo(i)));
  if (call === 'old_mmap') return oldMmapWords(k) ?? words;
  if (call === 'mremap' && (k.lo(3) & MREMAP_WITH_TARGET) === 0) words.pop();
  return words;
}

/** Null where the pointer leads nowhere. The call is the little-endian machines' alone. */
function oldMmapWords(k: Kernel): string[] | null {
  const block = new Uint8Array(OLD_MMAP_BYTES);
  if (copyFromUser(k.mm, block, 0, k.lo(0), block.length) < block.length) return null;
  const view = new DataView(block.buffer);
  return [0, 4, 8, 12, 16, 20].map((at) => hex(0, view.getInt32(at, true)));
}

function resultText(k: Kernel, result: number): string {
  if (result === RESULT_64) return hex(k.resultHi, k.resultLo);
  return result < 0 ? errnoName(-result) : hex(0, result);
}
