/**
 * The address space that a log begins with, from the lines of /proc/PID/maps: areas, the heap, the stack, and
 * where a top-down layout starts. What maps does not say (anon_vma, MAP_NORESERVE, a brk inside a page) is
 * taken as exec leaves it.
 */
import {
  VM_ACCOUNT, VM_EXEC, VM_GROWSDOWN, VM_MAYRWX, VM_MAYSHARE, VM_MAYWRITE, VM_READ, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import { vpnOfBig } from '../lib/u64.js';
import type { PlacedArea } from '../arch/index.js';
import { ConfigError } from '../machine.js';
import type { Mm } from '../mm/mm.js';
import type { MappedFile } from '../mm/requests.js';

/** A line of maps, taken apart. Areas ascend and do not overlap. */
export interface InitialArea {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
  /** "rw-p". */
  readonly perms: string;
  readonly offset: bigint;
  /** "major:minor", hexadecimal. */
  readonly device: string;
  readonly inode: bigint;
  readonly name: string;
}

/** What the areas told beside themselves. */
export interface InitialSpace {
  /** Files by path. */
  readonly files: ReadonlyMap<string, MappedFile>;
  /** There is a heap, so the place of brk is known but for its offset in the page. */
  readonly hasHeap: boolean;
  /** mmap_base was taken from the areas: the log was made with address randomisation. */
  readonly isRandomised: boolean;
}

/**
 * Replaces all that is mapped; `alignsHuge` is for files, see Descriptors. Throws ConfigError for areas that this
 * machine cannot have.
 */
export function mapInitialAreas(mm: Mm, areas: readonly InitialArea[], alignsHuge: boolean): InitialSpace {
  mm.flush(mm.target.newTask);
  const files = new Map<string, MappedFile>();
  const stack = stackOf(mm, areas);
  for (const area of areas) {
    // The page at 0xffffffffff600000 is none of the process's areas.
    if (area.name === '[vsyscall]') continue;
    addArea(mm, area, fileOf(area, files, alignsHuge), area === stack);
  }
  const hasHeap = placeProgram(mm, areas);
  const isRandomised = placeMmapBase(mm, areas, stack);
  placeCache(mm, stack);
  mm.notePeak();
  return { files, hasHeap, isRandomised };
}

/** The area of that name; before 2.6.12, when it had none, the one that ends where stacks do. */
function stackOf(mm: Mm, areas: readonly InitialArea[]): InitialArea | undefined {
  const named = areas.find(({ name }) => name === '[stack]');
  return named ?? areas.find((area) => area.name === '' && page(mm, area.end) === mm.target.stackTop);
}

function page(mm: Mm, address: bigint): number {
  if (address % BigInt(mm.target.pageSize) !== 0n) {
    throw new ConfigError(
      `the initial map has an area bound at 0x${address.toString(16)}, which is no multiple of the ` +
        `${mm.target.pageSize}-byte pages of ${mm.target.arch}`,
    );
  }
  return vpnOfBig(address, mm.target.pageShift);
}

function addArea(mm: Mm, area: InitialArea, mapped: MappedFile | null, isStack: boolean): void {
  const { vmas, target } = mm;
  const shown = page(mm, area.start);
  const start = isStack && hidesPageBelow(mm, shown) ? shown - 1 : shown;
  const end = page(mm, area.end);
  if (end > target.taskSize) {
    throw new ConfigError(
      `the initial map has an area at 0x${area.start.toString(16)}, above the addresses of a ` +
        `${target.bits}-bit task of ${target.arch}`,
    );
  }
  const file = mm.fileIndex(mapped);
  const special = target.vdso.find(({ name }) => name === area.name);
  const vmFlags = flagsOf(area, special) | (isStack ? VM_GROWSDOWN | VM_ACCOUNT : 0);
  const hasPlace = special === undefined ? mm.rules.anonymousPgoff && file === 0 : !mm.rules.maps.anonymousOffsetZero;
  const own = hasPlace ? start + (isStack ? mm.stackShift(end) : 0) : Number(area.offset / BigInt(target.pageSize));
  if (special?.what === 'vdso') mm.vdsoStart = start;
  mm.addArea(vmas.find(start), start, end, own, vmFlags, file);
  mm.account(vmFlags, end - start);
  if ((vmFlags & VM_ACCOUNT) !== 0) mm.vm.committed += end - start;
}

/** Whether the release shows a stack from `vpn` on without the page below, which guards it. */
function hidesPageBelow({ vmas, rules }: Mm, vpn: number): boolean {
  const last = vmas.last();
  return rules.stack.guardPage && vpn > 0 && (last < 0 || vmas.vmEnd[last]! < vpn);
}

/** `special`: what exec maps under this name. */
function flagsOf({ perms }: InitialArea, special: PlacedArea | undefined): number {
  let flags = special === undefined ? VM_MAYRWX : special.vmFlags & ~(VM_READ | VM_WRITE | VM_EXEC);
  if (perms[0] === 'r') flags |= VM_READ;
  if (perms[1] === 'w') flags |= VM_WRITE;
  if (perms[2] === 'x') flags |= VM_EXEC;
  const isWritable = perms[1] === 'w';
  if (perms[3] === 's') return isWritable ? flags | VM_SHARED | VM_MAYSHARE : (flags | VM_MAYSHARE) & ~VM_MAYWRITE;
  return isWritable ? flags | VM_ACCOUNT : flags;
}

/** Null for anonymous memory. What the kernel itself maps, as [vdso], never merges: it counts as a file. */
function fileOf(area: InitialArea, files: Map<string, MappedFile>, alignsHuge: boolean): MappedFile | null {
  const { name, inode, device } = area;
  if (inode === 0n && (name === '' || /^\[(heap|stack|anon:)/.test(name))) return null;
  const known = files.get(name);
  if (known !== undefined) return known;
  const [major, minor] = device.split(':').map((digits) => Number.parseInt(digits, 16)) as [number, number];
  const file = { path: name, major, minor, inode: Number(inode), alignsHuge, isSpecial: name.startsWith('[') };
  files.set(name, file);
  return file;
}

/** Code, data and heap. The program is the first file that is mapped executable. Returns whether there is a heap. */
function placeProgram(mm: Mm, areas: readonly InitialArea[]): boolean {
  const text = areas.find(({ perms, inode, name }) => perms[2] === 'x' && (inode !== 0n || name.startsWith('/')));
  const own = areas.filter(({ name }) => text !== undefined && name === text.name);
  const data = own.filter(({ perms }) => perms[1] === 'w');
  if (text !== undefined) mm.endCode = page(mm, text.end);
  if (data.length > 0) {
    mm.startData = page(mm, data[0]!.start);
    mm.endData = page(mm, data.at(-1)!.end);
  }
  const heap = areas.find(({ name }) => name === '[heap]');
  mm.startBrk = heap ? page(mm, heap.start) : endOfProgram(mm, areas, own.at(-1));
  mm.brkVpn = heap ? page(mm, areas.filter(({ name }) => name === '[heap]').at(-1)!.end) : mm.startBrk;
  mm.brkOffset = 0;
  return heap !== undefined;
}

/** Behind the program's last area and the anonymous memory that follows it, its bss. */
function endOfProgram(mm: Mm, areas: readonly InitialArea[], last: InitialArea | undefined): number {
  if (last === undefined) return mm.target.startBrk;
  const next = areas[areas.indexOf(last) + 1];
  const isBss = next !== undefined && next.start === last.end && next.inode === 0n && next.name === '';
  return page(mm, isBss ? next.end : last.end);
}

/**
 * A stack that does not end at STACK_TOP was moved by randomisation, and mmap_base with it: the first area that
 * exec maps there ends at it. Returns whether that is so.
 */
function placeMmapBase(mm: Mm, areas: readonly InitialArea[], stack: InitialArea | undefined): boolean {
  if (stack === undefined || !mm.isTopDown || page(mm, stack.end) === mm.target.stackTop) return false;
  const isLow = ({ end }: InitialArea) => page(mm, end) <= Math.max(mm.brkVpn, mm.endData, mm.endCode);
  const below = areas.filter((area) => area.end <= stack.start && !isLow(area)).at(-1);
  if (below === undefined) return false;
  mm.mmapBase = page(mm, below.end);
  mm.freeAreaCache = mm.mmapBase;
  return true;
}

/** free_area_cache as exec's own searches left it: beside what they placed last. */
function placeCache(mm: Mm, stack: InitialArea | undefined): void {
  const { vmas } = mm;
  const below = stack === undefined ? mm.target.stackTop : page(mm, stack.start);
  for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
    const isProgram = vmas.vmStart[h]! < Math.max(mm.brkVpn, mm.endData, mm.endCode);
    if (isProgram || vmas.vmEnd[h]! > below) continue;
    if (mm.isTopDown) {
      mm.freeAreaCache = vmas.vmStart[h]!;
      return;
    }
    mm.freeAreaCache = vmas.vmEnd[h]!;
  }
}
