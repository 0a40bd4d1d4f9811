/**
 * An mm and a page model that make the same calls. After each, the result, the whole map, the accounting and what
 * memory holds are the same, and mm.check() finds nothing; or an Error shows both.
 */
import { errnoName, errnoNames } from '../../src/arch/generic/errno.js';
import { type Bits, findArch, type Target } from '../../src/arch/index.js';
import { hiOfVpn, loOfVpn, vpnOfBig } from '../../src/lib/u64.js';
import { AddressSpace } from '../../src/mm/address_space.js';
import { doBrk } from '../../src/mm/brk.js';
import { dupMmap } from '../../src/mm/dup_mmap.js';
import { doMadvise } from '../../src/mm/madvise.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { doMincore } from '../../src/mm/mincore.js';
import { doMlock, doMlock2, doMlockall, doMunlock, doMunlockall } from '../../src/mm/mlock.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMremap } from '../../src/mm/mremap.js';
import { doMsync } from '../../src/mm/msync.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { doRemapFilePages } from '../../src/mm/remap_file_pages.js';
import { FAULT, load8, load32, store32 } from '../../src/mm/uaccess.js';
import { Vm } from '../../src/mm/vm.js';
import { findRelease } from '../../src/release/index.js';
import { VM_LOCKED } from '../../src/arch/generic/mman.js';
import type { NaiveOpen } from './naive_maps.js';
import { NaiveWorld, type Page } from './naive_pages.js';
import { NaiveMm } from './naive_remap.js';
import {
  ARENA, type Numbers, type PageCall, type PageLimits, type Places, placesOf, readCall,
} from './pages_program.js';

export interface PageMachine {
  readonly name: string;
  readonly arch: string;
  readonly bits: Bits;
  readonly release: string;
}

const FILE_PAGES = 6;
/** [path, readable, writable, mappable]; index 0 is no file. */
const FILES: readonly (readonly [string, boolean, boolean, boolean] | null)[] = [
  null, ['/both', true, true, true], ['/readonly', true, false, true], ['/writeonly', false, true, true],
  ['/terminal', true, true, false],
];

function wordOf(file: number, index: number): number {
  return file * 100 + index + 1;
}

/** The arena of a machine: it ends, or starts, where its search puts the first map. */
function arenaOf(mm: Mm): number {
  const args = newMmapArgs();
  Object.assign(args, { lenPages: 1, prot: 0, flags: mm.target.map.PRIVATE | mm.target.map.ANONYMOUS });
  const first = doMmap(mm, args);
  if (first < 0) throw new Error(`the first mmap fails: ${errnoName(-first)}`);
  doMunmap(mm, first, 0, 1, 0);
  return mm.isTopDown ? first - ARENA + 1 : first;
}

export class PagesPair {
  readonly target: Target;
  private readonly memory: PhysicalMemory;
  private readonly vm: Vm;
  private readonly world: NaiveWorld;
  private readonly openFiles: (OpenFile | null)[];
  private readonly parent: Side;
  private child: Side | null = null;
  private readonly places: Places;

  constructor({ arch, bits, release }: PageMachine, limits: PageLimits) {
    this.target = findArch(arch)!.at(findRelease(release)!.release, bits);
    const { pageSize, bigEndian } = this.target;
    const { rules } = this.target.release;
    this.memory = new PhysicalMemory(pageSize, bigEndian, 2 ** 30);
    this.vm = new Vm(limits.ramPages);
    this.vm.follow(rules, pageSize);
    this.vm.overcommit = limits.overcommit;
    this.world = new NaiveWorld(limits.ramPages, limits.overcommit, rules, pageSize);
    this.openFiles = FILES.map((file, index) => (file === null ? null : this.realFile(file, index)));
    const scratch = this.newMm({ ...limits, maxMapCount: 65536, as: null });
    this.exec(scratch);
    this.places = placesOf(this.target, arenaOf(scratch));
    scratch.clear();
    this.parent = this.newSide(limits);
    this.copyImage(this.parent);
    this.mapVector();
  }

  private realFile([path, readable, writable, mappable]: NonNullable<(typeof FILES)[number]>, index: number): OpenFile {
    const { pageSize, bigEndian } = this.target;
    const mapping = new AddressSpace(this.memory, {
      size: () => FILE_PAGES * pageSize,
      read: (page) => {
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setInt32(0, wordOf(index, page), !bigEndian);
        return bytes;
      },
      write: null,
    }, false);
    mapping.areas = 1; // somebody keeps it open
    this.world.files.set(path, {
      npages: FILE_PAGES, wordOf: (page) => wordOf(index, page), cache: new Map(), isShm: false, charged: 0,
    });
    return { readable, writable, mappable, mapped: { path, major: 3, minor: 1, inode: index, mapping } };
  }

  private bytesOf(pages: number | null): number {
    return pages === null ? Number.POSITIVE_INFINITY : pages * this.target.pageSize;
  }

  private newMm({ maxMapCount, as, data, memlock, stack }: PageLimits): Mm {
    const rlimits = {
      as: this.bytesOf(as), data: this.bytesOf(data), dataHard: this.bytesOf(null), memlock: this.bytesOf(memlock),
      stack: this.bytesOf(stack),
    };
    return makeMm(this.target, this.vm, this.memory, rlimits, { maxMapCount });
  }

  private exec(mm: Mm): void {
    mm.exec(this.target.newTask, { path: '/bin/program', major: 3, minor: 1, inode: 4711 });
  }

  private newSide(limits: PageLimits): Side {
    const mm = this.newMm(limits);
    const naive = new NaiveMm(this.target, this.world, { ...mm.rlimits, maxMapCount: limits.maxMapCount });
    return { mm, naive, limits };
  }

  /** What exec left is given: the model starts with it. */
  private copyImage({ mm, naive }: Side): void {
    this.exec(mm);
    for (const { start, end, flags, pgoff, name } of areasOf(mm)) naive.insert(start, end, flags, name, pgoff, 0);
    this.world.committed = this.vm.committed;
    const { endCode, startData, endData, startBrk } = mm;
    Object.assign(naive, { endCode, startData, endData, startBrk });
    naive.brk = BigInt(mm.brkVpn) * BigInt(this.target.pageSize);
  }

  /** A page above the arena, out of the calls' reach, for what mincore answers. */
  private get vector(): number {
    return this.places.arena - 40;
  }

  private mapVector(): void {
    const { map, pageSize } = this.target;
    this.both(this.parent, {
      ...readCall(this.places, [0, 0, 0, 0, 0]), name: 'mmap', addr: BigInt(this.vector) * BigInt(pageSize),
      len: BigInt(pageSize), prot: 3, flags: map.SHARED | map.FIXED | map.ANONYMOUS, file: 0, pgoff: 0,
    });
  }

  // ---- calls ----------------------------------------------------------------------------------------

  /** Makes a call on both and compares all there is. */
  step(numbers: Numbers): void {
    const call = readCall(this.places, numbers);
    const side = call.inChild && this.child !== null ? this.child : this.parent;
    if (call.name === 'fork') this.fork(side);
    else this.both(side, call);
  }

  private both(side: Side, call: PageCall): void {
    const { mm, naive } = side;
    let got = 'nothing';
    try {
      got = this.onMm(mm, call);
      const expected = this.onNaive(naive, call, got);
      this.returnToUser();
      if (got !== expected) throw new Error(`mm gave ${got}, the page model ${expected}`);
      if (call.name === 'mincore' && !got.startsWith('E')) this.compareVector(mm, got);
      mm.check();
      this.compare(side);
    } catch (error) {
      throw new Error([
        `${show(call)}${side === this.child ? ' in the child' : ''}: ${(error as Error).message}`,
        'mm:', ...lines(areasOf(mm)), 'page model:', ...lines(naiveAreas(naive)),
      ].join('\n  '), { cause: error });
    }
  }

  /** What waits for the end of a call. */
  private returnToUser(): void {
    this.vm.settle();
    this.world.refund();
  }

  private fork(side: Side): void {
    if (this.child !== null) {
      this.child.mm.clear();
      this.child.naive.clear();
      this.child = null;
      this.returnToUser();
      if (side !== this.parent) return;
    }
    const child = this.newSide(side.limits);
    const error = dupMmap(side.mm, child.mm);
    const expected = side.naive.copyTo(child.naive);
    if (error !== expected) throw new Error(`fork gave ${error}, the page model ${expected}`);
    this.compare(side);
    if (error < 0) return;
    child.mm.check();
    this.compare(child);
    this.child = child;
  }

  /** Reads every page that there is on both sides; the last thing a program does. */
  finish(): void {
    for (const side of this.child === null ? [this.parent] : [this.parent, this.child]) {
      for (const { vpn } of [...side.naive.pages]) {
        const [got, expected] = [this.loadWord(side.mm, vpn), side.naive.load(vpn) ?? FAULT];
        if (vpn !== this.vector && got !== expected) {
          throw new Error(`page 0x${vpn.toString(16)} holds ${got}, in the page model ${expected}`);
        }
      }
      side.mm.check();
    }
  }

  private loadWord(mm: Mm, vpn: number): number {
    const { pageShift } = this.target;
    return load32(mm, hiOfVpn(vpn, pageShift), loOfVpn(vpn, pageShift, 0));
  }

  private pages(bytes: bigint): number {
    return vpnOfBig(bytes, this.target.pageShift);
  }

  private rest(bytes: bigint): number {
    return Number(bytes % BigInt(this.target.pageSize));
  }

  /** An address as both sides write it: the page. */
  private onMm(mm: Mm, call: PageCall): string {
    const vpn = this.pages(call.addr);
    const where = [vpn, this.rest(call.addr), this.pages(call.len), this.rest(call.len)] as const;
    switch (call.name) {
      case 'mmap': {
        const args = newMmapArgs();
        Object.assign(args, { vpn: where[0], offset: where[1], lenPages: where[2], lenOffset: where[3] });
        const { prot, flags, pgoff } = call;
        Object.assign(args, { prot, flags, pgoff, file: this.openFiles[call.file]! });
        return outcome(doMmap(mm, args));
      }
      case 'munmap': return outcome(doMunmap(mm, ...where));
      case 'mprotect': return outcome(doMprotect(mm, ...where, call.prot));
      case 'mremap':
        return outcome(doMremap(mm, {
          vpn, offset: where[1], oldPages: where[2], oldOffset: where[3], newPages: this.pages(call.newLen),
          newOffset: this.rest(call.newLen), flags: call.flags, newVpn: this.pages(call.newAddr),
          newVpnOffset: this.rest(call.newAddr),
        }));
      case 'brk':
        doBrk(mm, vpn, where[1]);
        return `${mm.brkVpn}+${mm.brkOffset}`;
      case 'madvise': return outcome(doMadvise(mm, ...where, call.number));
      case 'mlock': return outcome(doMlock(mm, ...where));
      case 'mlock2': return outcome(doMlock2(mm, ...where, call.flags));
      case 'munlock': return outcome(doMunlock(mm, ...where));
      case 'mlockall': return outcome(doMlockall(mm, call.flags));
      case 'munlockall': return outcome(doMunlockall(mm));
      case 'msync': return outcome(doMsync(mm, ...where, call.flags));
      case 'mincore': return outcome(doMincore(mm, ...where, this.vector, 0));
      case 'remap_file_pages':
        return outcome(doRemapFilePages(mm, {
          vpn, offset: where[1], sizePages: where[2], sizeOffset: where[3], prot: call.prot, pgoff: call.pgoff,
          flags: call.flags,
        }));
      case 'load': {
        const word = this.loadWord(mm, vpn);
        return word === FAULT ? mm.pageTable.lastFault : String(word);
      }
      case 'grow':
      case 'store': {
        const at = call.name === 'grow' ? this.belowStack(mm, call) : vpn;
        const { pageShift } = this.target;
        const error = store32(mm, hiOfVpn(at, pageShift), loOfVpn(at, pageShift, 0), call.number);
        return error < 0 ? mm.pageTable.lastFault : '0';
      }
      default:
        throw new Error(`no call ${call.name}`);
    }
  }

  /** A page a little below (or above) the program's stacks, or below whatever lies at the address. */
  private belowStack(mm: Mm, { addr, number }: PageCall): number {
    const h = mm.vmas.find(number % 2 === 0 ? this.target.stackTop - 1 : this.pages(addr));
    if (h < 0) return this.pages(addr);
    return number % 5 === 0 ? mm.vmas.vmEnd[h]! : Math.max(mm.vmas.vmStart[h]! - 1 - (number % 7), 0);
  }

  private onNaive(naive: NaiveMm, call: PageCall, real: string): string {
    const { addr, len, prot, flags, pgoff } = call;
    const realPage = real.startsWith('E') ? -errnoNumber(real) : Number(real);
    const vpn = this.pages(addr);
    switch (call.name) {
      case 'mmap': {
        const open = this.openFiles[call.file] ?? null;
        const naiveOpen: NaiveOpen | null = open && { ...open, file: open.mapped.path };
        return outcome(naive.mmap({ addr, len, prot, flags, open: naiveOpen, pgoff }, realPage));
      }
      case 'munmap': return outcome(naive.munmap(addr, len));
      case 'mprotect': return outcome(naive.mprotect(addr, len, prot));
      case 'mremap':
        return outcome(naive.mremap({ addr, oldLen: len, newLen: call.newLen, flags, newAddr: call.newAddr }, realPage));
      case 'brk': {
        const brk = naive.sysBrk(addr);
        return `${this.pages(brk)}+${this.rest(brk)}`;
      }
      case 'madvise': return outcome(naive.madvise(addr, len, call.number));
      case 'mlock': return outcome(naive.mlock(addr, len, VM_LOCKED));
      case 'mlock2': return outcome(naive.mlock2(addr, len, flags));
      case 'munlock': return outcome(naive.munlock(addr, len));
      case 'mlockall': return outcome(naive.mlockall(flags));
      case 'munlockall': return outcome(naive.munlockall());
      case 'msync': return outcome(naive.msync(addr, len, flags));
      case 'mincore': {
        const { error, bytes } = naive.mincore(addr, len, BigInt(this.vector) * BigInt(this.target.pageSize));
        this.stored = bytes;
        const isStored = bytes.length === 0 || naive.touch(this.vector, true) !== null;
        return isStored ? outcome(error) : 'EFAULT';
      }
      case 'remap_file_pages': return outcome(naive.remapFilePages(addr, len, prot, pgoff, flags));
      case 'load': {
        const word = naive.load(vpn);
        return word === null ? naive.lastFault : String(word);
      }
      default: {
        const at = call.name === 'grow' ? this.belowNaive(naive, call) : vpn;
        return naive.store(at, call.number) < 0 ? naive.lastFault : '0';
      }
    }
  }

  private stored: number[] = [];

  private belowNaive(naive: NaiveMm, { addr, number }: PageCall): number {
    const page = naive.above(number % 2 === 0 ? this.target.stackTop - 1 : this.pages(addr));
    if (page === undefined) return this.pages(addr);
    return number % 5 === 0 ? naive.endOf(page) : Math.max(naive.startOf(page) - 1 - (number % 7), 0);
  }

  private compareVector(mm: Mm, got: string): void {
    const { pageShift } = this.target;
    const bytes = this.stored.map((_, i) => load8(mm, hiOfVpn(this.vector, pageShift), loOfVpn(this.vector, pageShift, i)));
    if (bytes.join() !== this.stored.join()) throw new Error(`mincore stored ${bytes}, not ${this.stored}: ${got}`);
  }

  // ---- comparing ------------------------------------------------------------------------------------

  private compare({ mm, naive }: Side): void {
    const { vmas, files } = mm;
    let h = vmas.first();
    let rss = 0;
    let guards = 0;
    let dataVm = 0;
    const { pages } = naive;
    for (let i = 0; i < pages.length; i++) {
      const page = pages[i]!;
      if (page.frame !== null) rss += 1;
      if (page.guard) guards += 1;
      if (naive.isData(page.flags)) dataVm += 1;
      if (page.first) {
        if (i > 0) h = vmas.next(h);
        const file = files[vmas.vmFile[h]!] ?? null;
        const isSame = h >= 0 && vmas.vmStart[h] === page.vpn && vmas.vmFlags[h] === page.flags &&
          vmas.vmPgoff[h] === page.pgoff && nameOf(file) === page.file;
        if (!isSame) throw new Error(`the area at page 0x${page.vpn.toString(16)} differs`);
      }
      const next = pages[i + 1];
      const isLast = next === undefined || next.first;
      if (isLast && vmas.vmEnd[h] !== page.vpn + 1) throw new Error(`the end of 0x${(page.vpn + 1).toString(16)} differs`);
    }
    if (pages.length > 0 && vmas.next(h) >= 0) throw new Error('mm has an area more');
    const { totalVm, lockedVm, vm, pageTable } = mm;
    const expected = [pages.length, dataVm, naive.lockedVm, this.world.committed, rss, guards, naive.defFlags];
    const got = [totalVm, mm.dataVm, lockedVm, vm.committed, pageTable.rss, pageTable.guards, mm.defFlags];
    if (got.join() !== expected.join()) {
      throw new Error(`total, data, locked, committed, rss, guards, def_flags: ${got}; in the page model ${expected}`);
    }
  }
}

interface Side {
  readonly mm: Mm;
  readonly naive: NaiveMm;
  readonly limits: PageLimits;
}

interface Area {
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly pgoff: number;
  readonly name: string;
  readonly anon: number;
}

function nameOf(file: { path: string; inode: number } | null): string {
  if (file === null) return '';
  return file.path === '/dev/zero (deleted)' ? `shm ${file.inode}` : file.path;
}

function areasOf({ vmas, files }: Mm): Area[] {
  const list: Area[] = [];
  for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
    list.push({
      start: vmas.vmStart[h]!, end: vmas.vmEnd[h]!, flags: vmas.vmFlags[h]!, pgoff: vmas.vmPgoff[h]!,
      name: nameOf(files[vmas.vmFile[h]!] ?? null), anon: vmas.vmAnon[h]!,
    });
  }
  return list;
}

function naiveAreas(naive: NaiveMm): Area[] {
  return naive.pages.filter(({ first }) => first).map((page: Page) => ({
    start: page.vpn, end: naive.endOf(page), flags: page.flags, pgoff: page.pgoff, name: page.file, anon: page.anon,
  }));
}

function lines(areas: readonly Area[]): string[] {
  const hex = (n: number) => n.toString(16);
  return areas.map(({ start, end, flags, pgoff, name, anon }) =>
    `${hex(start)}-${hex(end)} flags ${hex(flags)} pgoff ${hex(pgoff)} anon_vma ${anon} ${name}`);
}

function errnoNumber(name: string): number {
  return [...errnoNames].find(([, each]) => each === name)![0];
}

function outcome(result: number): string {
  return result < 0 ? errnoName(-result) : String(result);
}

function show({ name, addr, len, newLen, newAddr, prot, flags, file, pgoff, number }: PageCall): string {
  const hex = (n: number | bigint) => `0x${n.toString(16)}`;
  const from = FILES[file]?.[0] ?? 'no file';
  const rest: Partial<Record<string, string>> = {
    mmap: `${hex(prot)}, ${hex(flags)}, ${from}, pgoff ${pgoff}`,
    mprotect: hex(prot),
    mremap: `${hex(newLen)}, ${hex(flags)}, ${hex(newAddr)}`,
    madvise: String(number),
    remap_file_pages: `${hex(prot)}, pgoff ${pgoff}, ${hex(flags)}`,
  };
  return `${name}(${hex(addr)}, ${hex(len)}, ${rest[name] ?? `${hex(flags)}, ${number}`})`;
}
