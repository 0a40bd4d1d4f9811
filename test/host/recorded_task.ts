/** The process of a recording, on the machine and release that it names: it makes the calls, one by one. */
import { errnoName } from '../../src/arch/generic/errno.js';
import { dataArea, textArea } from '../../src/arch/generic/image.js';
import { VM_ACCOUNT } from '../../src/arch/generic/mman.js';
import { findArch, type Target } from '../../src/arch/index.js';
import { Files } from '../../src/fs/files.js';
import { File, READ_WRITE } from '../../src/fs/file.js';
import { nullDevice } from '../../src/fs/devices.js';
import { memoryCounts } from '../../src/fs/proc_memory.js';
import { vpnOfBig } from '../../src/lib/u64.js';
import { AddressSpace } from '../../src/mm/address_space.js';
import { dupMmap } from '../../src/mm/dup_mmap.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { mapsLines } from '../../src/mm/maps.js';
import type { Mm, Rlimits } from '../../src/mm/mm.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { FAULT, load8, load32, store32 } from '../../src/mm/uaccess.js';
import { Vm } from '../../src/mm/vm.js';
import { findRelease } from '../../src/release/index.js';
import { statusRules } from '../../src/release/status_fields.js';
import { handlers } from '../../src/syscall/handlers.js';
import { Kernel, RESULT_64, type Tracer } from '../../src/syscall/kernel.js';
import { newProcess } from '../../src/syscall/process.js';
import type { UserMode } from '../../src/task/user_mode.js';
import { type RecordedCall, type Recording, RLIMITS, type Seen, type Settings, shownMaps } from './recorded_text.js';

const PID = 1000;
const PAGE = 4096n;
const SHIFT = 12;
/** The program lies below, all else above. */
const PROGRAM_END = 0x10000000n;
const FILE_PAGES = 6;
/** Descriptors of the recorded program, [path, readable, writable]: files of six pages. 23 is /dev/null. */
const FILES: readonly (readonly [string, boolean, boolean])[] = [
  ['/r/both', true, true], ['/r/readonly', true, false], ['/r/writeonly', false, true],
];
const FIRST_FD = 20;

interface Line {
  readonly start: bigint;
  readonly end: bigint;
  readonly isFile: boolean;
}

function linesOf(maps: readonly string[]): Line[] {
  return maps.map((line) => {
    const [range, , , name] = line.split(' ');
    const [start, end] = range!.split('-').map((digits) => BigInt(`0x${digits}`)) as [bigint, bigint];
    return { start, end, isFile: name?.startsWith('/') === true };
  });
}

/** How long the vdso is depends on what the kernel was configured with. */
function vdsoPages(maps: readonly string[]): number {
  const { start, end } = linesOf(maps.filter((line) => line.endsWith(' [vdso]')))[0]!;
  return Number((end - start) / PAGE);
}

/** The machine with the recorded program's text and .bss in place of its own program. */
function targetFor({ arch, release }: Recording, bits: 32 | 64, maps: readonly string[]): Target {
  const record = findRelease(release)!.release;
  const target = findArch(arch)!.at(record, bits);
  const program = linesOf(maps).filter(({ start }) => start < PROGRAM_END);
  const areas = program.map(({ start, end, isFile }) => {
    if (isFile) return textArea(record, SHIFT, start, end);
    const { vmFlags, ...bss } = dataArea(record, SHIFT, start, end, 0);
    // .bss is not the file's: vm_brk_flags() gives it what a heap has.
    return { ...bss, vmFlags: target.dataDefaultFlags | (vmFlags & VM_ACCOUNT), fileOffset: null };
  });
  const own = target.image.filter(({ what }) => what !== 'text' && what !== 'data');
  return {
    ...target,
    image: [...areas, ...own],
    vdso: target.vdso.map((area) => (area.what === 'vdso' ? { ...area, npages: vdsoPages(maps) } : area)),
    startBrk: vpnOfBig(program.at(-1)!.end, SHIFT),
  };
}

class LastResult implements Tracer {
  word = 0n;

  enter(): void {}

  leave(k: Kernel, result: number): void {
    this.word = result === RESULT_64 ? (BigInt(k.resultHi) << 32n) | BigInt(k.resultLo >>> 0) : BigInt(result);
  }

  unfinished(): void {}

  resumed(): void {}
}

function halves(address: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, address >> 32n)), Number(BigInt.asIntN(32, address))];
}

export class RecordedTask {
  readonly target: Target;
  private readonly settings: Settings;
  private readonly vm: Vm;
  private readonly memory: PhysicalMemory;
  private readonly files = new Files(() => {}, () => {});
  private readonly last = new LastResult();
  private readonly known = new Map<string, number>();
  private kernel: Kernel;
  mm: Mm;

  constructor(recording: Recording, settings: Settings, start: Seen) {
    this.settings = settings;
    this.target = targetFor(recording, settings.bits, start.maps);
    const { pageSize, bigEndian, release } = this.target;
    this.memory = new PhysicalMemory(pageSize, bigEndian, 2 ** 30);
    this.vm = new Vm(settings.allowed);
    this.vm.follow(release.rules, pageSize);
    this.vm.overcommit = settings.overcommit;
    this.vm.overcommitRatio = 100;
    FILES.forEach(([path, readable, writable], i) => {
      this.files.install(FIRST_FD + i, this.file(path, i, readable, writable));
    });
    this.files.install(FIRST_FD + FILES.length, new File('/dev/null', nullDevice, READ_WRITE));
    const text = start.maps.find((line) => line.includes('/'))!;
    this.mm = this.newMm({ data: Infinity, dataHard: Infinity, as: Infinity, stack: settings.stack, memlock: settings.memlock });
    this.mm.exec(this.target.newTask, { path: text.slice(text.indexOf('/')), major: 0, minor: 0, inode: 1 });
    this.touch(start);
    this.vm.committed = settings.committed;
    this.kernel = this.kernelFor(this.mm);
  }

  private file(path: string, index: number, readable: boolean, writable: boolean): File {
    const { pageSize, bigEndian } = this.target;
    const mapping = new AddressSpace(this.memory, {
      size: () => FILE_PAGES * pageSize,
      read: (page) => {
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setInt32(0, (index + 1) * 100 + page + 1, !bigEndian);
        return bytes;
      },
      write: null,
    }, false);
    mapping.areas = 1; // somebody keeps it open
    const mapped = { path, major: 0, minor: 0, inode: 100 + index, mapping };
    const file = new File(path, nullDevice, { ...READ_WRITE, readable, writable });
    return Object.assign(file, { open: { mapped, readable, writable, mappable: true } });
  }

  private newMm(rlimits: Rlimits): Mm {
    return makeMm(this.target, this.vm, this.memory, rlimits, { maxMapCount: this.settings.maxMapCount });
  }

  /** The recorded program has used its memory. */
  private touch({ maps }: Seen): void {
    for (const { start, isFile } of linesOf(maps)) {
      if (!isFile && start < PROGRAM_END) store32(this.mm, ...halves(start), 0);
    }
    store32(this.mm, ...halves((BigInt(this.target.stackTop) - 1n) * PAGE), 0);
  }

  private kernelFor(mm: Mm): Kernel {
    const kernel = new Kernel(this.target, this.vm, this.memory, {
      handlers, pidMax: 32768, modernNptl: false, tracer: this.last, onUnknownCall: () => {},
    });
    const user = {} as UserMode; // its program's code is never run
    kernel.processes.push(newProcess(PID, mm, this.files, user));
    kernel.pids.take(PID);
    kernel.switchTo(kernel.addTask(0, PID));
    return kernel;
  }

  // ---- calls ----------------------------------------------------------------------------------------

  /** Makes the call; its result as a recording has it. */
  make({ name, args }: RecordedCall): string {
    const [first, second] = args as readonly [bigint, bigint];
    switch (name) {
      case 'load': {
        const word = load32(this.mm, ...halves(first));
        return word === FAULT ? this.signal() : BigInt.asUintN(32, BigInt(word)).toString(16);
      }
      case 'store': {
        const error = store32(this.mm, ...halves(first), Number(BigInt.asIntN(32, second)));
        return error < 0 ? this.signal() : '0';
      }
      case 'fork':
        return this.fork(first === 1n);
      case 'rlimit':
        this.limit(Number(first), second);
        return '0';
      default: {
        const result = this.trap(name, args);
        return name === 'mincore' && result === '0' ? `0 ${this.vector(second, args[2]!)}` : result;
      }
    }
  }

  private signal(): string {
    return this.mm.pageTable.lastFault.startsWith('SEGV') ? 'SIGSEGV' : this.mm.pageTable.lastFault;
  }

  private trap(name: string, args: readonly bigint[]): string {
    const { trap, nr, bits } = this.target;
    const { regs } = this.kernel;
    regs.fill(0);
    regs[2 * trap.nr] = nr[name]!;
    args.forEach((arg, i) => {
      const [hi, lo] = halves(arg);
      regs[2 * trap.args[i]!] = lo;
      regs[2 * trap.args[i]! + 1] = bits === 64 ? hi : 0;
    });
    this.kernel.trap();
    const { word } = this.last;
    if (word < 0n && word >= -4095n) return errnoName(Number(-word));
    return BigInt.asUintN(bits, word).toString(16);
  }

  private fork(goesOnInChild: boolean): string {
    const child = this.newMm({ ...this.mm.rlimits });
    const error = dupMmap(this.mm, child);
    if (error < 0) return errnoName(-error);
    if (!goesOnInChild) {
      child.clear();
      this.vm.settle();
      return '0';
    }
    this.mm = child;
    this.kernel = this.kernelFor(child);
    return '0';
  }

  private limit(resource: number, bytes: bigint): void {
    const name = (Object.keys(RLIMITS) as (keyof typeof RLIMITS)[]).find((key) => RLIMITS[key] === resource)!;
    this.mm.rlimits[name] = Number(bytes);
  }

  /** mincore's bytes, as it stored them at `vec`. */
  private vector(len: bigint, vec: bigint): string {
    let text = '';
    for (let i = 0n; i < (len + PAGE - 1n) / PAGE; i++) text += String(load8(this.mm, ...halves(vec + i)) & 1);
    return text;
  }

  seen(): Seen {
    const { mm } = this;
    this.vm.settle(); // it has returned from the call
    const { data, stack } = memoryCounts(mm, statusRules(this.target.release));
    return {
      maps: shownMaps(mapsLines(mm), this.known),
      counts: [mm.totalVm, mm.lockedVm, data, stack, this.vm.committed - this.settings.committed],
    };
  }
}
