/*
 * A kernel with one task and no C library: registers are filled by hand and read back raw. The register
 * names of each machine's convention stand here once more, so that src/arch is not its own witness.
 */

import type { Target } from '../../src/arch/index.js';
import { Files } from '../../src/fs/files.js';
import { mapsLines } from '../../src/mm/maps.js';
import { initRlimits, type Rlimits, type Mm } from '../../src/mm/mm.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { load32, store32 } from '../../src/mm/uaccess.js';
import { Vm } from '../../src/mm/vm.js';
import { handlers } from '../../src/syscall/handlers.js';
import { Kernel, type TrapOutcome } from '../../src/syscall/kernel.js';
import { newProcess, type Process } from '../../src/syscall/process.js';
import { Strace } from '../../src/syscall/strace.js';
import type { ForkedProcess, HandlerCall, UserMode } from '../../src/task/user_mode.js';
import { targetNamed } from '../arch/targets.js';

export type Word = number | bigint;

interface Convention {
  readonly nr: string;
  readonly args: readonly string[];
}

const CONVENTIONS: Readonly<Record<string, Convention>> = {
  i386: { nr: 'eax', args: ['ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'] },
  sparc64: { nr: 'g1', args: ['o0', 'o1', 'o2', 'o3', 'o4', 'o5'] },
  ia64: { nr: 'r15', args: ['out0', 'out1', 'out2', 'out3', 'out4', 'out5'] },
  'x86_64 64': { nr: 'rax', args: ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] },
};
const INT_80 = CONVENTIONS.i386!;

export interface RigOptions {
  /** With what NPTL 2.36 needs. */
  readonly modernNptl?: boolean;
  readonly pidMax?: number;
  readonly maxMapCount?: number;
  readonly rlimits?: Partial<Rlimits>;
  readonly kernel?: string;
  /** Bytes of memory; 256 MiB. */
  readonly ram?: number;
}

export const FIRST_PID = 1000;

export class Rig {
  readonly target: Target;
  readonly kernel: Kernel;
  readonly mm: Mm;
  /** Slot of the first task. */
  readonly main: number;
  /** What onUnknownCall was told. */
  readonly notices: string[] = [];
  /** Bytes that reached the guest's fd 1. */
  readonly written: number[] = [];
  /** Lines of strace. */
  readonly strace: string[] = [];
  /** What user mode was told: "cloned 0 -> 1", "ended 1". */
  readonly events: string[] = [];
  /** Handlers that user mode was told to run. */
  readonly handlers: HandlerCall[] = [];
  /** Stack pointer of whichever task runs: the end of the data page. */
  sp = 0n;
  private readonly convention: Convention;

  constructor(name: string, options: RigOptions = {}) {
    this.target = targetNamed(name, options.kernel);
    const { arch, bits } = this.target;
    this.convention = CONVENTIONS[arch] ?? CONVENTIONS[`${arch} ${bits}`] ?? INT_80;
    const memory = new PhysicalMemory(this.target.pageSize, this.target.bigEndian, options.ram ?? 2 ** 28);
    const vm = new Vm(2 ** 20);
    vm.follow(this.target.release.rules, this.target.pageSize);
    this.kernel = new Kernel(this.target, vm, memory, {
      handlers,
      pidMax: options.pidMax ?? 32768,
      modernNptl: options.modernNptl ?? false,
      tracer: new Strace((line) => this.strace.push(line)),
      onUnknownCall: (call, nr) => this.notices.push(`${call} ${nr}`),
    });
    const rlimits = { ...initRlimits(this.target.release.memlock(this.target.pageSize)), ...options.rlimits };
    this.mm = makeMm(this.target, vm, memory, rlimits, { maxMapCount: options.maxMapCount ?? 65536 });
    this.mm.exec(this.target.newTask, { path: '/bin/rig', major: 3, minor: 1, inode: 1 });
    this.kernel.processes.push(this.newProcess());
    this.kernel.pids.take(FIRST_PID);
    this.main = this.kernel.addTask(0, FIRST_PID);
    this.kernel.switchTo(this.main);
    this.sp = this.data + BigInt(this.target.pageSize);
  }

  private newProcess(): Process {
    const user: UserMode = {
      run: () => {},
      cloned: (parent: number, child: number) => this.events.push(`cloned ${parent} -> ${child}`),
      forked: (parent: number, child: number, process: ForkedProcess): UserMode => {
        this.events.push(`forked ${parent} -> ${child}: ${process.tgid}`);
        return user;
      },
      ended: (slot: number) => this.events.push(`ended ${slot}`),
      nameOf: (slot: number) => `task ${slot}`,
      waitOf: () => null,
      stackPointer: (_slot: number, out: Int32Array) => {
        [out[0], out[1]] = [Number(this.sp >> 32n) | 0, Number(this.sp & 0xffffffffn) | 0];
      },
      signalled: (slot: number, call: HandlerCall) => {
        this.events.push(`signal ${call.signal} to ${slot}`);
        this.handlers.push(call);
      },
    };
    const stdout = (bytes: Uint8Array) => this.written.push(...bytes);
    return newProcess(FIRST_PID, this.mm, new Files(stdout, () => {}), user);
  }

  /** Start of the program's data page, mapped and writable. */
  get data(): bigint {
    const { start } = this.target.image.find((area) => area.what === 'data')!;
    return BigInt(start) << BigInt(this.target.pageShift);
  }

  // ---- registers ----------------------------------------------------------------------------------

  set(register: string, value: Word): void {
    const n = this.target.trap.registers.indexOf(register);
    const word = BigInt.asIntN(64, BigInt(value));
    this.kernel.regs[2 * n] = Number(BigInt.asIntN(32, word));
    this.kernel.regs[2 * n + 1] = this.convention === INT_80 ? 0 : Number(word >> 32n);
  }

  /** The register as an unsigned number. */
  get(register: string): bigint {
    const n = this.target.trap.registers.indexOf(register);
    const [lo, hi] = [this.kernel.regs[2 * n]!, this.kernel.regs[2 * n + 1]!];
    return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  }

  /** Fills the registers of a call and traps. */
  raw(nr: Word, ...args: Word[]): TrapOutcome {
    this.set(this.convention.nr, nr);
    this.convention.args.forEach((name, i) => {
      this.set(name, args[i] ?? 0);
    });
    return this.kernel.trap();
  }

  /** Traps, and reads the registers as that machine's C library would; see result(). */
  trap(nr: Word, ...args: Word[]): string {
    const outcome = this.raw(nr, ...args);
    return outcome === 'done' ? this.result() : outcome;
  }

  /**
   * The result registers as they stand: "0x40000000" for a result, and for a failure what the machine
   * shows of it: "eax=-22", "carry o0=22", "r10=-1 r8=22".
   */
  result(): string {
    if (this.convention === INT_80) {
      const eax = Number(BigInt.asIntN(32, this.get('eax')));
      return eax >= -4095 && eax < 0 ? `eax=${eax}` : `0x${this.get('eax').toString(16)}`;
    }
    if (this.target.arch === 'sparc64') {
      const carry = this.get('ccr');
      if (carry !== 0n) return carry === 0x11n ? `carry o0=${this.get('o0')}` : `ccr=${carry}`;
      return `0x${this.get('o0').toString(16)}`;
    }
    if (this.target.arch === 'x86_64') {
      const rax = BigInt.asIntN(64, this.get('rax'));
      return rax >= -4095n && rax < 0n ? `rax=${rax}` : `0x${this.get('rax').toString(16)}`;
    }
    const r10 = BigInt.asIntN(64, this.get('r10'));
    return r10 === 0n ? `0x${this.get('r8').toString(16)}` : `r10=${r10} r8=${this.get('r8')}`;
  }

  // ---- memory and tasks ---------------------------------------------------------------------------

  peek(address: Word): number {
    return this.peekIn(this.mm, address);
  }

  /** A word of another process's memory. */
  peekIn(mm: Mm, address: Word): number {
    const word = BigInt.asUintN(64, BigInt(address));
    return load32(mm, Number(word >> 32n) | 0, Number(word & 0xffffffffn) | 0);
  }

  poke(address: Word, value: number): void {
    const word = BigInt.asUintN(64, BigInt(address));
    store32(this.mm, Number(word >> 32n) | 0, Number(word & 0xffffffffn) | 0, value);
  }

  /** A long of the kernel's word size, in its byte order. */
  pokeLong(address: bigint, value: bigint): void {
    const { kernelBits, bigEndian } = this.target;
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    const words = kernelBits === 32 ? [low] : bigEndian ? [high, low] : [low, high];
    words.forEach((word, i) => {
      this.poke(address + 4n * BigInt(i), word);
    });
  }

  /** Another task of the process, as clone makes it. Returns its slot. */
  spawn(): number {
    return this.kernel.newTask(0);
  }

  /** Makes `slot` run; whatever call it slept in returns into the registers. */
  switchTo(slot: number): this {
    this.kernel.switchTo(slot);
    return this;
  }

  /** Slots in the run queue, first to run first; empties it. */
  runnable(): number[] {
    const slots: number[] = [];
    for (let slot = this.kernel.queue.pick(); slot >= 0; slot = this.kernel.queue.pick()) slots.push(slot);
    return slots;
  }

  maps(): string[] {
    return mapsLines(this.mm);
  }
}
