/**
 * The fuzzer: system calls with anything in their six registers, on any machine under any release. A program
 * of them is a list of numbers, so that fast-check can shorten it; each number becomes a word near something
 * that a kernel compares with, an address that an earlier call gave, or any 64 bits.
 *
 * After each call: no exception, a result or a documented error in the registers, and mm.check().
 */
import { isOldMmap } from '../../src/arch/generic/known_calls.js';
import fc from 'fast-check';
import { archs, isKnown } from '../../src/arch/index.js';
import { errnoName } from '../../src/arch/generic/errno.js';
import { File, READ_WRITE } from '../../src/fs/file.js';
import { MemoryStore } from '../../src/fs/regular_file.js';
import { callPresence, releases } from '../../src/release/index.js';
import { handlers } from '../../src/syscall/handlers.js';
import { targetNamed } from '../arch/targets.js';
import { documentedErrors } from './documented_errors.js';
import { Rig } from './rig.js';

export interface FuzzMachine {
  readonly name: string;
  readonly machine: string;
  readonly kernel: string;
}

/** Every machine in every word size under every release that it has. */
export const fuzzMachines: readonly FuzzMachine[] = archs.flatMap((arch) => arch.bits.flatMap((bits, i) => {
  const machine = i === 0 ? arch.name : `${arch.name} ${bits}-bit`;
  return releases.filter((release) => isKnown(arch, bits, release))
    .map(({ name: kernel }) => ({ name: `${machine} under ${kernel}`, machine, kernel }));
}));

/** Bytes of memory of the fuzzed machines: small, so that it runs out. */
export const FUZZ_RAM = 2 ** 24;

/** Turns of the scheduler after which nobody is expected to enter user mode. */
const MOST_TURNS = 500;

/** One call: which, and its six arguments. */
type FuzzCall = readonly [number, number, number, number, number, number, number];

const anyNumber = fc.nat({ max: 2 ** 32 - 1 });
const call: fc.Arbitrary<FuzzCall> = fc.tuple(
  anyNumber, anyNumber, anyNumber, anyNumber, anyNumber, anyNumber, anyNumber,
);

/** Programs of up to `most` calls. */
function fuzzPrograms(most: number): fc.Arbitrary<FuzzCall[]> {
  return fc.array(call, { minLength: 1, maxLength: most, size: 'max' });
}

/** Words that are flags or small numbers of some call. */
const SMALL = [
  0x22, 0x32, 0x22, 0x32, 0x21, 0x31, 0x122, 0x8022, 0x4022, 0x100022, 0x2022, 0x2032, 0x1, 0x2, 0x3, 0x7, 0x0, 0x4,
  0x1000001, 0x2000003, 9, 10, 14, 22, 23, 100, 102, 103, 0x10f00, 0x3d0f00, 0x11, 0x80, 5,
].map(BigInt);

/** Mixes the bits of a 32-bit number into 64. */
function spread(n: number): bigint {
  const low = Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) >>> 0;
  const high = Math.imul(low ^ (low >>> 12), 0x297a2d39) >>> 0;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Numbers of the calls that a machine answers, with their names. */
function implemented(machine: string, kernel: string): [string, number][] {
  const { nr, entry, lateCalls, release } = targetNamed(machine, kernel);
  const isThere = (name: string) => callPresence(release, name, false, lateCalls) !== 'not yet';
  return Object.entries(nr).filter(([name]) => handlers[entry[name] ?? name] !== undefined && isThere(name));
}

/**
 * What the arguments of memory calls are, a letter each: an address, a length, rights, flags of mmap, a file
 * descriptor, an offset, advice, a pointer to memory, a small number, mostly 0 to 3, the heap's end. Three calls in four are made so, with their flags and
 * rights sensible more often than not; the fourth, and all other calls, with anything.
 */
const SHAPES: Readonly<Record<string, string>> = {
  brk: 'h', mmap: 'alpfdo', mmap2: 'alpfdn', munmap: 'al', mprotect: 'alp', mremap: 'allza', madvise: 'alv',
  mlock: 'al', mlock2: 'aln', munlock: 'al', mlockall: 'n', munlockall: '', msync: 'aln', mincore: 'alm',
  remap_file_pages: 'alznz', futex: 'mnnm', write: 'nml', getrlimit: 'nm', ugetrlimit: 'nm',
  read: 'nml', pread64: 'nmlnn', pwrite64: 'nmlnn', readv: 'nmn', writev: 'nmn', lseek: 'non', _llseek: 'nzomn',
  ftruncate: 'no', ftruncate64: 'noz', dup2: 'nn', dup3: 'nnz', fcntl: 'nnn', fcntl64: 'nnn', fstat: 'nm', fstat64: 'nm',
  setrlimit: 'nm', prlimit64: 'znmm', close: 'n',
};
/** i386's first mmap: a pointer to the six. */
const SHAPE_OF_POINTER = 'b';

const MAP_FLAGS = [
  0x22, 0x22, 0x22, 0x32, 0x32, 0x21, 0x31, 0x122, 0x222, 0x8022, 0x8032, 0x4022, 0x100022, 0x2022, 0x162, 0x20022,
  0x62, 0x42, 0x2, 0x1,
].map(BigInt);

class Fuzzer {
  private readonly calls: readonly [string, number][];
  private readonly edges: readonly bigint[];
  private readonly pageSize: bigint;
  private readonly shift: bigint;
  private readonly errors = new Map<string, ReadonlySet<number>>();
  /** Calls made, in all programs, and those that gave a result. */
  made = 0;
  succeeded = 0;
  private readonly machine: FuzzMachine;
  private recent: bigint[] = [];

  constructor(machine: FuzzMachine) {
    this.machine = machine;
    const known = implemented(machine.machine, machine.kernel);
    const memory = known.filter(([name]) => SHAPES[name] !== undefined);
    const maps = known.filter(([name]) => name.startsWith('mmap'));
    const rest = known.filter(([name]) => !name.startsWith('exit'));
    this.calls = [...rest, ...rest, ...known, ...Array(4).fill(memory).flat(), ...Array(8).fill(maps).flat(), ['nothing', 1999]];
    const target = targetNamed(machine.machine, machine.kernel);
    this.pageSize = BigInt(target.pageSize);
    this.shift = BigInt(target.pageShift);
    this.edges = edgesOf(target);
    const table = documentedErrors(target.release);
    for (const [name] of known) {
      const documented = table.get(name);
      if (documented === undefined) throw new Error(`${name} is not in the table of documented errors`);
      this.errors.set(name, new Set([...documented].map((generic) => target.errno(generic))));
    }
    this.errors.set('nothing', new Set([target.errno(38)]));
  }

  /** Runs a program on a fresh machine; throws an Error that says what was wrong. */
  run(program: readonly FuzzCall[]): void {
    let rig = this.newRig();
    for (const [which, ...numbers] of program) {
      const [name, nr] = this.calls[which % this.calls.length]!;
      if ((which >>> 24) % 16 === 0 && !this.switchTask(rig)) rig = this.newRig();
      const shape = which >>> 30 === 0 ? '' : this.shapeOf(name, rig);
      if (shape === SHAPE_OF_POINTER) this.pokeBlock(rig, numbers);
      const args = numbers.map((n, i) => (i < shape.length ? this.shaped(n, shape[i]!, rig) : this.word(n)));
      // What fd 1 takes is kept here, and no host has room for all that a write may ask.
      if (name === 'write') args[2]! %= 5000n;
      if (name === 'writev') args[0] = 6n; // /dev/null
      this.made += 1;
      try {
        if (!this.step(rig, name, nr, args)) rig = this.newRig();
      } catch (error) {
        const text = args.map((word) => `0x${BigInt.asUintN(64, word).toString(16)}`).join(', ');
        throw new Error(`${this.machine.name}: ${name}(${text}): ${(error as Error).message}`, { cause: error });
      }
    }
    const { memory } = rig.kernel;
    if (memory.frames * memory.pageSize > FUZZ_RAM) throw new Error(`${memory.frames} frames are more than there are`);
  }

  private newRig(): Rig {
    this.recent = [];
    const rig = new Rig(this.machine.machine, { kernel: this.machine.kernel, ram: FUZZ_RAM });
    const store = new MemoryStore(new Uint8Array(2.5 * rig.target.pageSize).fill(7));
    rig.kernel.mount({ '/f': { access: 'rw', store } });
    ['/f', '/dev/zero', '/proc/self/maps', '/dev/null'].forEach((path, i) => {
      const found = rig.kernel.fs.lookup(path);
      if (typeof found !== 'number') rig.kernel.process.files.install(3 + i, new File(path, found.inode, READ_WRITE));
    });
    return rig;
  }

  /** One call. Returns false when the machine has no task left to go on with. */
  private step(rig: Rig, name: string, nr: number, args: readonly bigint[]): boolean {
    const { mm } = rig.kernel;
    const outcome = rig.raw(nr, ...args);
    if (isBeyondTaskSize(mm)) return false;
    mm.check();
    if (outcome !== 'done') return this.schedule(rig);
    const error = rig.target.trap.errorOf(rig.kernel.regs);
    // The registers are whatever the frame held, or nothing at all.
    if (name.endsWith('sigreturn')) return true;
    // Ticks (times(2), NOTES), the persona that was set before and the seconds of a 64-bit kernel may look like an error.
    if (name === 'times' || name === 'personality' || name === 'alarm') return true;
    if (error !== 0) {
      if (this.errors.get(name)!.has(error) || isAnswerLikeError(rig, name)) return true;
      throw new Error(`answered error ${error} (${errnoName(error)}), which is not documented`);
    }
    if (name.startsWith('m')) this.remember(rig);
    this.succeeded += 1;
    return true;
  }

  private remember(rig: Rig): void {
    const { regs, target } = rig.kernel;
    const n = 2 * target.trap.result;
    const word = (BigInt(regs[n + 1]! >>> 0) << 32n) | BigInt(regs[n]! >>> 0);
    if (word === 0n) return;
    this.recent.unshift(word);
    if (this.recent.length > 8) this.recent.pop();
  }

  /** Whoever waits to run, a forked child among them, makes the calls from here on. */
  private switchTask(rig: Rig): boolean {
    rig.kernel.queue.push(rig.kernel.current);
    return this.schedule(rig);
  }

  /**
   * The scheduler's turn, as in src/machine.ts: timers fire, and the next task that enters user mode is the running
   * one. Where all sleep for ever a task of the first process joins them. False when nobody is left.
   */
  private schedule(rig: Rig): boolean {
    const { kernel } = rig;
    const { tasks, queue, clock } = kernel;
    for (let turn = 0; turn < MOST_TURNS && tasks.live > 0; turn++) {
      if (clock.peek() !== undefined) kernel.fireTimers();
      const slot = queue.pick();
      if (slot >= 0) {
        if (kernel.switchTo(slot)) return true;
        continue;
      }
      const deadline = kernel.nextTimer();
      if (deadline !== Number.POSITIVE_INFINITY) clock.now = Math.max(clock.now, deadline);
      else if (kernel.processes[0]!.exited || kernel.processes[0]!.stopped !== 0) return false;
      else {
        const fresh = rig.spawn();
        if (fresh < 0) return false;
        queue.push(fresh);
      }
    }
    if (tasks.live > 0) throw new Error(`no task has entered user mode in ${MOST_TURNS} turns of the scheduler`);
    return false;
  }

  private shapeOf(name: string, rig: Rig): string {
    return isOldMmap(rig.target.entry[name]) ? SHAPE_OF_POINTER : (SHAPES[name] ?? '');
  }

  /** The six arguments of old_mmap, in the program's data. */
  private pokeBlock(rig: Rig, numbers: readonly number[]): void {
    numbers.forEach((n, i) => {
      rig.poke(rig.data + BigInt(4 * i), Number(BigInt.asIntN(32, this.shaped(n, SHAPES.mmap![i]!, rig))));
    });
  }

  /** What a number stands for as an argument of that kind. */
  private shaped(n: number, letter: string, rig: Rig): bigint {
    const rest = n >>> 4;
    switch (letter) {
      case 'a':
        return (n & 3) === 0 || this.recent.length === 0 ? this.word(n)
          : this.recent[rest % this.recent.length]! + BigInt(Math.max((rest >>> 3) % 12 - 5, 0)) * this.pageSize;
      case 'l':
        if ((n & 15) === 1) return this.pageSize << BigInt(rest % 52);
        return (n & 15) === 0 ? this.word(rest) : BigInt(rest % 12 + 1) * this.pageSize - BigInt((n & 15) === 2 ? 1 : 0);
      case 'p': return (n & 31) === 0 ? this.word(rest) : [3n, 3n, 3n, 1n, 0n, 5n, 7n, 2n][rest & 7]!;
      case 'f': return (n & 31) === 0 ? this.word(rest) : MAP_FLAGS[rest % MAP_FLAGS.length]!;
      case 'v': return BigInt(rest % 32 < 26 ? rest % 32 : 70 + rest % 32);
      case 'o': return BigInt(rest % 8) * this.pageSize + BigInt((n & 31) === 0 ? 1 : 0);
      case 'z': return (n & 1) === 0 ? 0n : BigInt(rest % 4);
      case 'b': return rig.data;
      case 'm': return (n & 7) === 0 ? this.word(rest) : rig.data + BigInt((rest % 500) * 4);
      case 'h': return (n & 7) === 0 ? this.word(rest) : rig.data + BigInt(rest % 64) * (this.pageSize / 2n);
      default: return BigInt(rest % 8) - BigInt((n & 15) === 0 ? 1 : 0);
    }
  }

  /** What a number of the program stands for. */
  private word(n: number): bigint {
    const kind = n & 15;
    const rest = n >>> 4;
    if (kind < 4) return SMALL[rest % SMALL.length]!;
    if (kind < 6) return BigInt(rest % 24) * this.pageSize;
    if (kind < 7) return BigInt(rest % 9000) - 4n;
    if (kind < 12 && this.recent.length > 0) {
      const base = this.recent[rest % this.recent.length]!;
      return kind < 9 ? base : base + BigInt((rest >>> 3) % 12 - 3) * this.pageSize;
    }
    const edge = this.edges[(rest >>> 12) % this.edges.length]!;
    if (kind < 13) return edge;
    if (kind < 14) return edge + BigInt(rest % 40000) - 20000n;
    return kind < 15 ? (edge + (BigInt(rest % 16) << this.shift)) : spread(rest);
  }
}

/** An address that looks like an error, and is the answer. */
function isAnswerLikeError(rig: Rig, name: string): boolean {
  return isHintReturned(rig, name) || isAddressReturned(rig, name) || isHeapsEnd(rig, name);
}

/** Up to 2.6.11 mmap of length 0 returns its hint, also one that looks like an error. */
function isHintReturned({ kernel, mm }: Rig, name: string): boolean {
  const { lenPages, lenOffset } = kernel.mmapArgs;
  const isEmpty = lenPages === 0 && lenOffset === 0;
  return name.startsWith('mmap') && isEmpty && mm.rules.mmap.includes('length 0 returns the address');
}

/** MAP_FIXED in the last page of all, which looks like an error and is returned as one. */
function isAddressReturned({ kernel, mm }: Rig, name: string): boolean {
  return name.startsWith('mmap') && mm.rules.highestAreErrors && kernel.mmapArgs.vpn === mm.target.vpnEnd - 1;
}

/** The heap ends in the last page of 4 GiB: TASK_SIZE of 32-bit tasks of x86_64 was the 64-bit one up to 2.6.12. */
function isHeapsEnd({ mm }: Rig, name: string): boolean {
  return name === 'brk' && mm.brkVpn === 2 ** (mm.target.bits - mm.target.pageShift) - 1;
}

/** The defect of 2.6.12-rc1, kept: a request longer than mmap_base is granted above TASK_SIZE. Its mm is given up. */
function isBeyondTaskSize({ vmas, search, target }: Rig['mm']): boolean {
  const last = vmas.last();
  return search.name === 'topdown-2.6.12' && last >= 0 && vmas.vmEnd[last]! > target.taskSize;
}

/** Words that a kernel compares with. */
function edgesOf(target: ReturnType<typeof targetNamed>): bigint[] {
  const { image, pageShift, pageSize, taskSize, searchEnd, vaHole, region } = target;
  const bytes = (page: number) => BigInt(page) << BigInt(pageShift);
  const pages = [
    taskSize, searchEnd, target.taskUnmappedBase(target.newTask), target.startBrk, vaHole?.start, vaHole?.end,
    region?.pages, region?.mapLimit, ...image.flatMap(({ start, end }) => [start, end]),
  ];
  return [
    0n, 1n, 0x80000000n, 0xffffffffn, 2n ** 63n, 2n ** 64n - 1n, BigInt(pageSize), 2n ** 64n - BigInt(pageSize),
    ...pages.filter((page) => page !== undefined).map(bytes),
  ];
}

/** Makes at least `calls` calls on a machine, in programs of up to `length`; returns how many. */
export function fuzz(machine: FuzzMachine, calls: number, length: number, seed: number, after = () => {}): number {
  const fuzzer = new Fuzzer(machine);
  const property = fc.property(fuzzPrograms(length), (program) => {
    fuzzer.run(program);
    after();
  });
  for (let part = 0; fuzzer.made < calls; part++) {
    const numRuns = Math.max(1, Math.ceil((calls - fuzzer.made) / (length / 2)));
    fc.assert(property, { seed: seed + part, numRuns });
  }
  return fuzzer.made;
}
