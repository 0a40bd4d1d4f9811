/**
 * ia64: 16 KiB pages (the defconfig), an address space of eight regions named by the top three bits,
 * and a register stack that grows up. Linux 2.4.20, 2.5.46 to 2.6.18, include/asm-ia64/{processor,page,a.out,shmparam,
 * mman,ustack}.h, 3.6 to 6.1, arch/ia64/include/asm; arch/ia64/kernel/sys_ia64.c, arch/ia64/mm/{init,fault}.c.
 * The machine is gone in 6.7.
 *
 *   region 0 NaT page | 1 mmap -> | 2 text | 3 data, heap ->  register stack ->  <- stack | 4 huge pages | 5-7 kernel
 *
 * TASK_UNMAPPED_BASE is current->thread.map_base, a field of the running thread.
 */
import { vpnOfBig } from '../../lib/u64.js';
import { backportedCalls, isSince, type Release, type SearchName, since } from '../../release/index.js';
import type { Arch, GateArea, ImageArea, NptlParameters, PageRange, Target } from '../arch.js';
import { genericOpenFlags } from '../generic/fcntl.js';
import { anonymousArea, dataArea, stackArea, textArea } from '../generic/image.js';
import {
  genericMapOf, PROT_READ, PROT_WRITE, VM_ACCOUNT, VM_DATA_DEFAULT_FLAGS, VM_DONTDUMP, VM_DONTEXPAND, VM_EXEC,
  VM_GROWSUP, VM_IO, VM_MAYREAD, VM_MAYWRITE, VM_READ, VM_RESERVED, VM_WRITE,
} from '../generic/mman.js';
import { knownCalls } from '../generic/known_calls.js';
import { nptlCommon } from '../generic/nptl.js';
import { ia64Randomization } from '../generic/randomize.js';
import { ia64Stat } from '../generic/stat.js';
import { break100000 } from '../trap.js';
import { ia64Signals } from './signal.js';
import { ia64Syscalls } from './syscallent.js';

const SHIFT = 14;
const PAGE_SIZE = 1n << BigInt(SHIFT);
const REGION_PAGES = vpnOfBig(1n << 61n, SHIFT);
/** 2^(4 * PAGE_SHIFT - 12) - PAGE_SIZE: what three levels of page table reach, less a page. */
const RGN_MAP_LIMIT = (1n << BigInt(4 * SHIFT - 12)) - PAGE_SIZE;
const STACK_TOP = 0x6000000000000000n + RGN_MAP_LIMIT;
const TASK_SIZE = vpnOfBig(0xa000000000000000n, SHIFT);
const DEFAULT_MAP_BASE = vpnOfBig(0x2000000000000000n, SHIFT);
const SHMLBA_PAGES = (1024 * 1024) >> SHIFT;
/** REGION_HPAGE, where nothing but huge pages goes. */
const HUGE_REGION: PageRange = { start: 4 * REGION_PAGES, end: 5 * REGION_PAGES };

/** Heap, stack and register stack are not executable. */
const DATA_FLAGS = VM_DATA_DEFAULT_FLAGS & ~VM_EXEC;
const RW = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;

/**
 * Where the register stack starts: 2 GiB below the stack, less a page; then, with the stack's hard limit unlimited,
 * in the middle of the region's mappable part; and from start_stack instead of STACK_TOP in 3.6. 2.5.74 does not
 * mask the middle, which is half a page higher there: here it is masked.
 */
function registerStack(release: Release): ImageArea {
  const start = since(
    release, STACK_TOP - 0x80000000n + PAGE_SIZE,
    '2.5.74', STACK_TOP - RGN_MAP_LIMIT / 2n & -PAGE_SIZE,
    '3.6', 0x6000080000000000n,
  );
  const flags = since(release, RW, '2.6.9', DATA_FLAGS, '2.6.18', DATA_FLAGS | VM_ACCOUNT);
  return anonymousArea('rbs', SHIFT, start, start + PAGE_SIZE, flags | VM_GROWSUP);
}

/** The page that a speculative load from a null pointer reads: ia64_init_addr_space(). */
function natPage(release: Release): ImageArea {
  const special = since(release, VM_RESERVED, '3.8', VM_DONTEXPAND | VM_DONTDUMP);
  return anonymousArea('nat', SHIFT, 0n, PAGE_SIZE, VM_READ | VM_MAYREAD | VM_IO | special);
}

/** The gate pages of the kernel, listed from 2.6.6 on: get_gate_vma(). */
function gate(release: Release): GateArea | null {
  const area = {
    start: vpnOfBig(0xa000000000000000n, SHIFT),
    end: vpnOfBig(0xa000000000020000n, SHIFT),
    vmFlags: since(release, 0, '3.6', VM_READ | VM_EXEC),
    name: since(release, '', '2.6.12-rc1', '[vdso]'),
  };
  return isSince(release, '2.6.6') ? area : null;
}

function nptl(version: '2.3.3' | '2.36'): NptlParameters {
  const old = version === '2.3.3';
  return {
    ...nptlCommon(version, 64),
    PTHREAD_STACK_MIN: 196608,
    ARCH_STACK_DEFAULT_SIZE: 32 * 1024 * 1024,
    MINIMAL_REST_STACK: 16384,
    defaultStackDivisor: old ? 2 : 1,
    MULTI_PAGE_ALIASING: 0,
    staticTlsAlign: old ? 16 : 32,
    dtvAtTp: true,
    stackProt: PROT_READ | PROT_WRITE,
    guardInMiddle: true,
    clone3: false,
    spinFree: 0,
    tls: 'above-pd',
    mmapCall: old ? 'mmap' : 'mmap2',
    mmapUnit: old ? 1 : 2 ** SHIFT,
  };
}

/** entry.S: read in 2.6.9 and 2.6.10, and in 2.6.18 and 2.6.32. */
function lateCalls(release: Release): readonly string[] {
  return since<readonly string[]>(
    release, ['waitid'], '2.6.10', ['set_robust_list', 'get_robust_list', 'pselect6', 'ppoll'], '2.6.32', [],
  );
}

function at(release: Release): Target {
  const search = since<SearchName>(release, 'first-fit', '2.6.0', 'cursor', '3.10', 'gap-tree', '6.1', 'maple');
  return {
    arch: 'ia64',
    machine: 'ia64',
    bits: 64,
    kernelBits: 64,
    release,
    bigEndian: false,
    pageShift: SHIFT,
    pageSize: 2 ** SHIFT,
    vpnEnd: 2 ** (64 - SHIFT),
    taskSize: TASK_SIZE,
    searchEnd: TASK_SIZE,
    stackTop: vpnOfBig(STACK_TOP, SHIFT),
    stackTopMax: vpnOfBig(STACK_TOP, SHIFT),
    taskUnmappedBase: (task) => task.mapBase,
    newTask: { is32bit: false, mapBase: DEFAULT_MAP_BASE },
    search,
    legacySearch: search,
    topDownBase: null,
    unlimitedStackIsLegacy: false,
    randomization: ia64Randomization(release, 2 ** SHIFT),
    mmapBaseUp: 0,
    lowestSearched: 0,
    hintTestsPrev: false,
    // arch/ia64/mm/fault.c: ia64_do_page_fault(); in 3.6 what may be written may be read.
    readFaultNeeds: since(release, VM_READ, '3.6', VM_READ | VM_WRITE),
    accessOk: 'first byte',
    syncsCore: false,
    hugePages: 0,
    hintStartsSearch: true,
    longestMap: TASK_SIZE,
    longestRequest: vpnOfBig(RGN_MAP_LIMIT, SHIFT),
    hintsIgnored: since(release, null, '2.6.0', HUGE_REGION),
    cursorFallsTo: since<Target['cursorFallsTo']>(release, 'each area', '2.6.13', 'the area below'),
    low32: null,
    holeSizeHit: 'starts at the base',
    vaHole: null,
    region: { pages: REGION_PAGES, mapLimit: vpnOfBig(RGN_MAP_LIMIT, SHIFT) },
    colour: { shared: SHMLBA_PAGES, file: 1, addsPgoff: false },
    mmapCheck: since<Target['mmapCheck']>(release, 'none', '2.6.18', 'all ranges'),
    pteFileMaxBits: 61,
    checksFixedColour: false,
    showsStacks: false,
    gate: gate(release),
    map: { ...genericMapOf(release, '2.5.74'), GROWSUP: 0x200 },
    open: genericOpenFlags,
    stat: ia64Stat,
    stat64: ia64Stat,
    signals: ia64Signals(release),
    errno: (generic) => generic,
    genericErrno: (errno) => errno,
    trap: break100000,
    nr: knownCalls(ia64Syscalls, release, { '6.1': 'statx pkey_mprotect' }),
    lateCalls: lateCalls(release),
    backported: backportedCalls(release),
    entry: entries(release),
    cloneOrder: 'stack-size',
    rlimInfinity: [-1, -1],
    swappedRlimits: null,
    tlsEntry: 0,
    usecBytes: 8,
    image: [
      natPage(release),
      textArea(release, SHIFT, 0x4000000000000000n, 0x4000000000004000n),
      dataArea(release, SHIFT, 0x6000000000000000n, 0x6000000000004000n, 0x4000),
      registerStack(release),
      stack(release),
    ],
    vdso: [],
    vdsoHint: 0,
    vdsoShift: 0,
    startBrk: vpnOfBig(0x6000000000004000n, SHIFT),
    dataDefaultFlags: DATA_FLAGS,
    readImpliesExec: false,
    nptl,
  };
}

/** The machine's own do_mmap2() tests lengths and regions in an order that changed; from 3.6 on it tests nothing. */
function entries(release: Release): Readonly<Record<string, string>> {
  const name = since(release, '', '2.6.6', '_2.6.6', '2.6.13', '_2.6.13', '2.6.18', '_2.6.18', '3.6', '_3.6');
  return {
    mmap: `ia64_mmap${name}`,
    mmap2: `ia64_mmap2${name}`,
    ...(isSince(release, '3.6') ? {} : { brk: 'ia64_brk' }),
    clone2: 'clone',
  };
}

/** VM_STACK_FLAGS has VM_EXEC on every machine in 2.4, whatever VM_DATA_DEFAULT_FLAGS says. */
function stack(release: Release): ImageArea {
  const area = stackArea(release, SHIFT, STACK_TOP, 2n);
  return { ...area, vmFlags: since(release, area.vmFlags, '2.5.45', area.vmFlags & ~VM_EXEC) };
}

export const ia64: Arch = {
  name: 'ia64',
  about: '16 KiB pages, regions, a register stack growing up, little-endian',
  bits: [64],
  releases: {
    64: [
      '2.4.20', '2.5.45', '2.5.46', '2.5.74', '2.6.0', '2.6.6', '2.6.9', '2.6.11', '2.6.12-rc1', '2.6.13', '2.6.18',
      '3.6', '3.8', '4.12', '6.1',
    ],
  },
  removedIn: '6.7',
  at,
};
