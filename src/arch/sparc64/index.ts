/**
 * sparc64: 8 KiB pages, big-endian, and a hole of addresses that the processor does not implement.
 * Linux 2.4.20 and 2.5.46 to 2.6.18, include/asm-sparc64/{processor,page,pgtable,shmparam,mman}.h,
 * arch/sparc64/kernel/{sys_sparc.c,sys_sparc32.c}; 3.6 to 6.13, arch/sparc/kernel/sys_sparc_64.c and
 * arch/sparc/include/asm.
 *
 *   64-bit task:  0x100000 text ...  stack 2^43 | hole | 0xfffff80000000000 mmap ->  ... -(2^34)
 *   32-bit task:  0x10000 text ...  0x70000000 mmap ->          <- stack 0xf0000000
 *   from 2.6.18:  0x10000 text ...          <- mmap 0xf7ffe000  <- stack 0xffffe000
 *
 * From 2.6.18 on the hole is 4 GiB wider on both sides. TASK_UNMAPPED_BASE tests the running task's TIF_32BIT,
 * hence "supplied at run time".
 */
import { vpnOfBig } from '../../lib/u64.js';
import { backportedCalls, isSince, type Release, type SearchName, since } from '../../release/index.js';
import type { Arch, Bits, ImageArea, NptlParameters, PlacedArea, Target, TaskView, VaHole } from '../arch.js';
import { sparcOpenFlags } from '../generic/fcntl.js';
import { dataArea, hasGnuStack, pagedVvarArea, stackArea, textArea, vdsoArea } from '../generic/image.js';
import { knownCalls, SHM_CALLS, without } from '../generic/known_calls.js';
import { gapBelowStack } from '../generic/layout.js';
import {
  genericMapOf, PROT_EXEC, PROT_READ, PROT_WRITE, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_READ,
} from '../generic/mman.js';
import { nptlCommon } from '../generic/nptl.js';
import { sparcRandomization } from '../generic/randomize.js';
import { sparc32Stat, sparc32Stat64, sparc64Stat, sparc64Stat64 } from '../generic/stat.js';
import { ta6d, ta10 } from '../trap.js';
import { sparcErrno } from './errno.js';
import { sparc32Signals, sparc64Signals } from './signal.js';
import { sparc32Syscalls, sparc64Syscalls } from './syscallent.js';

const SHIFT = 13;
const genericOfSparc = new Map([...sparcErrno].map(([generic, own]) => [own, generic]));
const PAGE_OFFSET = vpnOfBig(0xfffff80000000000n, SHIFT);
/** -PAGE_OFFSET, 2^43: first byte of the hole, and the most that one mapping may have. */
const HOLE_START = vpnOfBig(1n << 43n, SHIFT);
/** By so much both ends of the hole grow in 2.6.18: the processor may fetch ahead of an address. */
const EXCLUDED = vpnOfBig(1n << 32n, SHIFT);
/** -(2^34), which up to 2.6.18 is a 32-bit task's, too: the macro does not look at TIF_32BIT. */
const TASK_SIZE = vpnOfBig(-(1n << 34n), SHIFT);
const TASK_SIZE32 = vpnOfBig(1n << 32n, SHIFT);
const UNMAPPED_BASE32 = vpnOfBig(0x70000000n, SHIFT);
/** max(PAGE_SIZE, L1DCACHE_SIZE): asm-sparc64/shmparam.h. */
const SHMLBA_PAGES = 0x4000 >> SHIFT;

function nptl(bits: Bits, version: '2.3.3' | '2.36', release: Release): NptlParameters {
  const old = version === '2.3.3';
  return {
    ...nptlCommon(version, bits),
    PTHREAD_STACK_MIN: 24576,
    ARCH_STACK_DEFAULT_SIZE: (bits === 32 ? 2 : 4) * 1024 * 1024,
    MINIMAL_REST_STACK: bits === 32 ? 2048 : 4096,
    defaultStackDivisor: 1,
    MULTI_PAGE_ALIASING: 0,
    staticTlsAlign: old ? 16 : 32,
    dtvAtTp: false,
    stackProt: PROT_READ | PROT_WRITE | (old && !hasGnuStack(release) ? PROT_EXEC : 0),
    guardInMiddle: false,
    clone3: false,
    spinFree: 0,
    tls: 'pd',
    mmapCall: bits === 32 && !old ? 'mmap2' : 'mmap',
    mmapUnit: bits === 32 && !old ? 4096 : 1,
  };
}

/** End of a 32-bit task's space: a constant in sys_sparc.c, STACK_TOP32 since. */
function end32(release: Release): number {
  return vpnOfBig(since(release, 0xf0000000n, '2.6.18', 0xffffe000n), SHIFT);
}

function vaHole(release: Release): VaHole {
  const start = HOLE_START - EXCLUDED;
  return since<VaHole>(
    release, { start: HOLE_START, end: PAGE_OFFSET, testedBelow: PAGE_OFFSET, lastEnd: HOLE_START },
    '2.6.18', { start, end: PAGE_OFFSET + EXCLUDED, testedBelow: start, lastEnd: start - 1 },
  );
}

function search(release: Release): SearchName {
  return since<SearchName>(
    release, 'first-fit', '2.6.0', 'cursor', '2.6.13', 'hole-size', '3.8', 'gap-tree', '6.1', 'maple',
  );
}

/** arch_pick_mmap_layout(): 32-bit tasks alone search down, and no guard gap is added. */
function topDownBase32(release: Release): (stackBytes: number) => number {
  const end = end32(release);
  return (stackBytes) => end - gapBelowStack(stackBytes, end, 0, 2 ** SHIFT);
}

function image(release: Release, is32bit: boolean, stackTop: bigint): readonly ImageArea[] {
  return is32bit
    ? [
        textArea(release, SHIFT, 0x10000n, 0x12000n),
        dataArea(release, SHIFT, 0x22000n, 0x24000n, 0x2000),
        stackArea(release, SHIFT, stackTop, 2n),
      ]
    : [
        textArea(release, SHIFT, 0x100000n, 0x102000n),
        dataArea(release, SHIFT, 0x202000n, 0x204000n, 0x2000),
        stackArea(release, SHIFT, stackTop, 2n),
      ];
}

/**
 * Calls of the kernel's own word size in the table of 32-bit tasks: systbls.S; sys32_truncate() and sys32_ftruncate() of
 * 3.6 extend the length's sign.
 */
function nativeEntries(release: Release): Readonly<Record<string, string>> {
  return since<Readonly<Record<string, string>>>(
    release, { creat: 'creat_native', truncate: 'truncate_native', ftruncate: 'ftruncate_native' }, '3.6', { creat: 'creat_native' },
  );
}

/** Whose calls have an entry of their own, and the bits of mlockall's flags. */
function entries(release: Release, is32bit: boolean): Readonly<Record<string, string>> {
  return {
    mmap: since(release, 'sparc_mmap', '2.6.18', 'sparc_mmap_2.6.18', '3.6', 'sparc_mmap_3.6'),
    ...(is32bit ? { mmap2: since(release, 'sparc_mmap2', '2.6.18', 'sparc_mmap2_2.6.18', '3.6', 'sparc_mmap2_3.6') } : {}),
    ...(is32bit ? {} : { munmap: 'sparc64_munmap' }),
    ...(isSince(release, '3.6') ? {} : { brk: 'sparc_brk', mremap: is32bit ? 'sparc32_mremap' : 'sparc64_mremap' }),
    mlockall: 'mlockall_2000',
    ...(is32bit ? nativeEntries(release) : {}),
  };
}

/** What each table got later. */
const LATER = { ...SHM_CALLS, '6.1': 'pkey_mprotect' };

function syscalls(release: Release, is32bit: boolean): Readonly<Record<string, number>> {
  const table = is32bit
    ? knownCalls(sparc32Syscalls, release, LATER)
    : knownCalls(sparc64Syscalls, release, { ...LATER, '2.6.13': 'stat64 lstat64 fstat64' });
  return isSince(release, '3.6') ? without(table, ['perfctr']) : table;
}

/** systbls.S, both tables. */
function lateCalls(release: Release): readonly string[] {
  const clocks = ['clock_settime', 'clock_gettime', 'clock_getres', 'clock_nanosleep'];
  const later = [...clocks, 'sched_setaffinity', 'sched_getaffinity'];
  return since<readonly string[]>(release, ['remap_file_pages', ...later], '2.5.74', later, '2.6.0', []);
}

function at(release: Release, bits: Bits): Target {
  const is32bit = bits === 32;
  const hole = vaHole(release);
  const end = end32(release);
  const isWide = isSince(release, '2.6.18');
  const stackTop = is32bit ? end : hole.start;
  return {
    arch: 'sparc64',
    machine: 'sparc64',
    bits,
    kernelBits: 64,
    release,
    bigEndian: true,
    pageShift: SHIFT,
    pageSize: 2 ** SHIFT,
    vpnEnd: 2 ** (64 - SHIFT),
    taskSize: is32bit ? since(release, TASK_SIZE, '3.6', TASK_SIZE32) : TASK_SIZE,
    searchEnd: is32bit ? end : TASK_SIZE,
    stackTop,
    stackTopMax: hole.start,
    taskUnmappedBase: (task: TaskView) => (task.is32bit ? UNMAPPED_BASE32 : hole.end),
    newTask: { is32bit, mapBase: 0 },
    search: search(release),
    legacySearch: search(release),
    topDownBase: is32bit && isWide ? topDownBase32(release) : null,
    unlimitedStackIsLegacy: is32bit && isWide,
    randomization: sparcRandomization(release, is32bit, 2 ** SHIFT, topDownBase32(release)),
    mmapBaseUp: 0,
    lowestSearched: isWide ? 1 : 0,
    hintTestsPrev: false,
    // arch/sparc64/mm/fault.c: do_sparc64_fault().
    readFaultNeeds: VM_READ | VM_EXEC,
    accessOk: 'nothing',
    syncsCore: false,
    hugePages: 0,
    hintStartsSearch: !isSince(release, '2.6.0'),
    longestMap: is32bit ? since(release, TASK_SIZE, '3.6', TASK_SIZE32) : TASK_SIZE,
    longestRequest: is32bit ? end : since(release, HOLE_START, '2.6.18', hole.start - 1),
    hintsIgnored: null,
    cursorFallsTo: 'each area',
    low32: null,
    holeSizeHit: since<Target['holeSizeHit']>(release, 'moves the cache', '2.6.18', 'starts at the base'),
    vaHole: hole,
    region: null,
    colour: { shared: SHMLBA_PAGES, file: SHMLBA_PAGES, addsPgoff: true },
    mmapCheck: since<Target['mmapCheck']>(release, 'none', '2.6.18', 'fixed ranges', '3.6', 'all ranges'),
    pteFileMaxBits: 64 - SHIFT - 1,
    checksFixedColour: isSince(release, '2.6.32'),
    showsStacks: true,
    gate: null,
    map: {
      ...genericMapOf(release),
      GROWSDOWN: since(release, 0x100, '2.5.74', 0x200), // 0x100 is MAP_LOCKED too, until it moved
      LOCKED: 0x100,
      NORESERVE: 0x40,
    },
    open: sparcOpenFlags,
    stat: is32bit ? sparc32Stat : sparc64Stat,
    stat64: is32bit ? sparc32Stat64 : sparc64Stat64,
    signals: is32bit ? sparc32Signals(release) : sparc64Signals(release),
    errno: (generic) => sparcErrno.get(generic) ?? generic,
    genericErrno: (errno) => genericOfSparc.get(errno) ?? errno,
    trap: is32bit ? ta10 : ta6d,
    nr: syscalls(release, is32bit),
    lateCalls: lateCalls(release),
    backported: backportedCalls(release),
    entry: entries(release, is32bit),
    cloneOrder: 'tls-fourth',
    rlimInfinity: is32bit ? [0, 0x7fffffff] : [-1, -1],
    swappedRlimits: [6, 7],
    tlsEntry: 0,
    usecBytes: 4, // suseconds_t is an int
    image: image(release, is32bit, BigInt(stackTop) << BigInt(SHIFT)),
    vdso: since<readonly PlacedArea[]>(release, [], '6.1', [pagedVvarArea(1), vdsoArea(1)]),
    vdsoHint: 0,
    vdsoShift: 0,
    startBrk: vpnOfBig(is32bit ? 0x24000n : 0x204000n, SHIFT),
    dataDefaultFlags: VM_DATA_DEFAULT_FLAGS,
    readImpliesExec: false,
    nptl: (version) => nptl(bits, version, release),
  };
}

const RELEASES = [
  '2.4.20', '2.5.45', '2.5.46', '2.5.74', '2.6.0', '2.6.6', '2.6.9', '2.6.11', '2.6.12-rc1', '2.6.13', '2.6.18',
  '3.6', '3.8', '4.12', '6.1', '6.13',
];

export const sparc64: Arch = {
  name: 'sparc64',
  about: '8 KiB pages, mmap above the VA hole (0x70000000 for 32-bit tasks), big-endian',
  bits: [64, 32],
  releases: { 64: RELEASES, 32: RELEASES },
  removedIn: null,
  at,
};
