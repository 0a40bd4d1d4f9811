/**
 * The searches of the naive model: each kernel's loop, step by step, over a plain array of areas and byte
 * addresses that wrap as an unsigned long does. Slow on purpose; nothing is shared with src/mm.
 */
import type { NaiveMachine } from './naive_machine.js';

export const ENOMEM = 12n;
export const EINVAL = 22n;

/** What a search reads and writes. */
export interface Searchable {
  readonly machine: NaiveMachine;
  readonly areas: readonly { readonly start: bigint; readonly end: bigint }[];
  freeAreaCache: bigint;
  /** Areas that a loop compared the request with. */
  probes: number;
}

export interface NaiveRequest {
  readonly addr: bigint;
  /** A multiple of the page size. */
  readonly len: bigint;
  readonly isFile: boolean;
  readonly isShared: boolean;
  readonly pgoff: bigint;
}

export type NaiveSearch = (mm: Searchable, request: NaiveRequest) => bigint;

/** Rounded up to a multiple of `size`, as an unsigned long: the sum may wrap. */
export function alignUp(machine: NaiveMachine, addr: bigint, size: bigint): bigint {
  const sum = BigInt.asUintN(machine.longBits, addr + size - 1n);
  return sum - (sum % size);
}

/** Index of the first area with end > addr; areas.length if there is none. */
function findVma(mm: Searchable, addr: bigint): number {
  const i = mm.areas.findIndex((area) => area.end > addr);
  return i < 0 ? mm.areas.length : i;
}

/** Compares the request with area i, which is then a probe. */
function fits(mm: Searchable, i: number, addr: bigint, len: bigint): boolean {
  const area = mm.areas[i];
  if (area === undefined) return true;
  mm.probes += 1;
  return addr + len <= area.start;
}

// ---- mm/mmap.c, 2.5.45 and 2.5.46 -------------------------------------------------------------------

function genericLoop(mm: Searchable, { addr, len }: NaiveRequest, usesCache: boolean): bigint {
  const { machine } = mm;
  const last = machine.TASK_SIZE - len;
  if (len > machine.TASK_SIZE) return -ENOMEM;
  if (addr !== 0n) {
    const hint = alignUp(machine, addr, machine.PAGE_SIZE);
    const vma = mm.areas[findVma(mm, hint)];
    if (hint <= last && (vma === undefined || hint + len <= vma.start)) return hint;
  }
  let a = usesCache ? mm.freeAreaCache : machine.TASK_UNMAPPED_BASE;
  let foundHole = !usesCache;
  for (let i = findVma(mm, a); ; i++) {
    if (a > last) return -ENOMEM;
    const vma = mm.areas[i];
    if (!foundHole && (vma === undefined || a < vma.start)) {
      mm.freeAreaCache = a;
      foundHole = true;
    }
    if (fits(mm, i, a, len)) return a;
    a = vma!.end;
  }
}

// ---- arch/sparc64/kernel/sys_sparc.c, arch/ia64/kernel/sys_ia64.c -----------------------------------

/** Where the machine's own loop would put a candidate. */
function aligned(machine: NaiveMachine, addr: bigint, { isFile, isShared, pgoff }: NaiveRequest): bigint {
  const { PAGE_SIZE, SHMLBA } = machine;
  if (machine.RGN_MAP_LIMIT !== null) return alignUp(machine, addr, isShared ? SHMLBA : PAGE_SIZE);
  if (!isFile && !isShared) return alignUp(machine, addr, PAGE_SIZE);
  return alignUp(machine, addr, SHMLBA) + ((pgoff * PAGE_SIZE) % SHMLBA);
}

/** True for an address that ia64 does not look beyond. */
function leavesRegion({ RGN_MAP_LIMIT }: NaiveMachine, addr: bigint, len: bigint): boolean {
  return RGN_MAP_LIMIT !== null && BigInt.asUintN(61, addr) + len > RGN_MAP_LIMIT;
}

/** The machine's own loop, from `from`; the area it looks at first is the one above, or `first`. */
function ownLoop(mm: Searchable, request: NaiveRequest, from: bigint, first?: number): bigint {
  const { machine } = mm;
  const { len } = request;
  const { PAGE_OFFSET } = machine;
  let a = aligned(machine, from, request);
  for (let i = first ?? findVma(mm, a); ; i++) {
    if (PAGE_OFFSET !== null && a < PAGE_OFFSET && a > 2n ** 64n - PAGE_OFFSET - len) {
      a = PAGE_OFFSET;
      i = findVma(mm, PAGE_OFFSET);
    }
    if (a > machine.searchEnd - len) return -ENOMEM;
    if (leavesRegion(machine, a, len)) return -ENOMEM;
    if (fits(mm, i, a, len)) return a;
    a = aligned(machine, mm.areas[i]!.end, request);
  }
}

/** The most that one mapping may have: 2^43 on sparc64, RGN_MAP_LIMIT on ia64. */
function isTooLong(machine: NaiveMachine, len: bigint): boolean {
  if (machine.RGN_MAP_LIMIT !== null) return len > machine.RGN_MAP_LIMIT;
  return len > machine.searchEnd || len > 2n ** 64n - machine.PAGE_OFFSET!;
}

function ownFirstFit(mm: Searchable, request: NaiveRequest): bigint {
  const { machine } = mm;
  if (isTooLong(machine, request.len)) return -ENOMEM;
  return ownLoop(mm, request, request.addr === 0n ? machine.TASK_UNMAPPED_BASE : request.addr);
}

/**
 * The cache forced on a machine that never had it: its own loop, from the first hole at or above the
 * cache. The areas passed on the way to that hole are probes too.
 */
function ownFreeAreaCache(mm: Searchable, request: NaiveRequest): bigint {
  const { machine } = mm;
  const { len } = request;
  if (isTooLong(machine, len)) return -ENOMEM;
  if (request.addr !== 0n) return ownLoop(mm, request, request.addr);
  let a = mm.freeAreaCache;
  for (let i = findVma(mm, a); ; i++) {
    if (a > machine.searchEnd - len || leavesRegion(machine, a, len)) return -ENOMEM;
    const vma = mm.areas[i];
    if (vma === undefined || a < vma.start) break;
    mm.probes += 1;
    a = vma.end;
  }
  mm.freeAreaCache = a;
  const base = aligned(machine, machine.TASK_UNMAPPED_BASE, request);
  if (base >= a) return ownLoop(mm, request, machine.TASK_UNMAPPED_BASE);
  return ownLoop(mm, request, a, findVma(mm, a));
}

export function naiveSearch(machine: NaiveMachine, name: string): NaiveSearch {
  const isGeneric = machine.PAGE_OFFSET === null && machine.RGN_MAP_LIMIT === null;
  const usesCache = name === 'free-area-cache';
  if (isGeneric) return (mm, request) => genericLoop(mm, request, usesCache);
  return usesCache ? ownFreeAreaCache : ownFirstFit;
}
