/**
 * sparc64: 8 KiB pages, big-endian, and a hole of addresses that the processor does not implement.
 * Linux 2.5.46 include/asm-sparc64/{processor,page,shmparam,mman}.h, arch/sparc64/kernel/sys_sparc.c.
 *
 *   64-bit task:  0x100000 text ...  stack 2^43 | hole | 0xfffff80000000000 mmap ->  ... -(2^34)
 *   32-bit task:  0x10000 text ...  0x70000000 mmap ->          <- stack 0xf0000000
 *
 * TASK_UNMAPPED_BASE tests the running task's TIF_32BIT, hence "supplied at run time".
 */
import { vpnOfBig } from '../../lib/u64.js';
import { type Release, since } from '../../release/index.js';
import type { Arch, Bits, NptlParameters, Target, TaskView } from '../arch.js';
import { anonymousArea, dataArea, textArea } from '../generic/image.js';
import {
  genericMap, PROT_EXEC, PROT_READ, PROT_WRITE, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_READ, VM_STACK_FLAGS,
} from '../generic/mman.js';
import { nptlCommon } from '../generic/nptl.js';
import { ta6d, ta10 } from '../trap.js';
import { sparcErrno } from './errno.js';
import { sparc32Signals, sparc64Signals } from './signal.js';
import { sparc32Syscalls, sparc64Syscalls } from './syscallent.js';
import { sparcOpenFlags } from '../generic/fcntl.js';
import { sparc32Stat, sparc32Stat64, sparc64Stat, sparc64Stat64 } from '../generic/stat.js';

const SHIFT = 13;
const genericOfSparc = new Map([...sparcErrno].map(([generic, own]) => [own, generic]));
const PAGE_OFFSET = vpnOfBig(0xfffff80000000000n, SHIFT);
/** -PAGE_OFFSET, 2^43: first byte of the hole, and the most that one mapping may have. */
const HOLE_START = vpnOfBig(1n << 43n, SHIFT);
/** -(2^34), for 32-bit tasks too: the macro does not look at TIF_32BIT. */
const TASK_SIZE = vpnOfBig(-(1n << 34n), SHIFT);
/** End of a 32-bit task's space: a constant in sys_sparc.c. */
const END32 = vpnOfBig(0xf0000000n, SHIFT);
const UNMAPPED_BASE32 = vpnOfBig(0x70000000n, SHIFT);
/** max(PAGE_SIZE, L1DCACHE_SIZE): asm-sparc64/shmparam.h. */
const SHMLBA_PAGES = 0x4000 >> SHIFT;

function taskUnmappedBase(task: TaskView): number {
  return task.is32bit ? UNMAPPED_BASE32 : PAGE_OFFSET;
}

function nptl(bits: Bits, version: '2.3.3' | '2.36'): NptlParameters {
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
    stackProt: PROT_READ | PROT_WRITE | (old ? PROT_EXEC : 0),
    guardInMiddle: false,
    spinFree: 0,
    tls: 'pd',
    mmapCall: bits === 32 && !old ? 'mmap2' : 'mmap',
    mmapUnit: bits === 32 && !old ? 4096 : 1,
  };
}

const image64 = [
  textArea(SHIFT, 0x100000n, 0x102000n),
  dataArea(SHIFT, 0x202000n, 0x204000n, 0x2000),
  anonymousArea('stack', SHIFT, (1n << 43n) - 0x4000n, 1n << 43n, VM_STACK_FLAGS),
];

const image32 = [
  textArea(SHIFT, 0x10000n, 0x12000n),
  dataArea(SHIFT, 0x22000n, 0x24000n, 0x2000),
  anonymousArea('stack', SHIFT, 0xefffc000n, 0xf0000000n, VM_STACK_FLAGS),
];

function at(release: Release, bits: Bits): Target {
  const is32bit = bits === 32;
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
    taskSize: TASK_SIZE,
    searchEnd: is32bit ? END32 : TASK_SIZE,
    stackTop: is32bit ? END32 : HOLE_START,
    taskUnmappedBase,
    newTask: { is32bit, mapBase: 0 },
    search: 'first-fit',
    topDownBase: null,
    lowestSearched: 0,
    hintTestsPrev: false,
    readFaultNeeds: VM_READ | VM_EXEC,
    hugePages: 0,
    hintStartsSearch: true,
    longestRequest: is32bit ? END32 : HOLE_START,
    hintsIgnored: null,
    low32: null,
    holeSizeHit: 'starts at the base',
    vaHole: { start: HOLE_START, end: PAGE_OFFSET, testedBelow: PAGE_OFFSET, lastEnd: HOLE_START },
    region: null,
    colour: { shared: SHMLBA_PAGES, file: SHMLBA_PAGES, addsPgoff: true },
    map: {
      ...genericMap,
      GROWSDOWN: since(release, 0x100, '2.6.11', 0x200), // 0x100 is MAP_LOCKED too, until it moved
      LOCKED: 0x100,
      NORESERVE: 0x40,
    },
    open: sparcOpenFlags,
    stat: is32bit ? sparc32Stat : sparc64Stat,
    stat64: is32bit ? sparc32Stat64 : sparc64Stat64,
    signals: is32bit ? sparc32Signals : sparc64Signals,
    errno: (generic) => sparcErrno.get(generic) ?? generic,
    genericErrno: (errno) => genericOfSparc.get(errno) ?? errno,
    trap: is32bit ? ta10 : ta6d,
    nr: is32bit ? sparc32Syscalls : sparc64Syscalls,
    backported: ['set_tid_address'],
    entry: {
      mmap: 'sparc_mmap',
      brk: 'sparc_brk',
      ...(is32bit ? { mmap2: 'sparc_mmap2' } : { munmap: 'sparc64_munmap' }),
      mremap: is32bit ? 'sparc32_mremap' : 'sparc64_mremap',
      mlockall: 'mlockall_2000',
    },
    cloneOrder: 'tls-fourth',
    rlimInfinity: is32bit ? [0, 0x7fffffff] : [-1, -1],
    swappedRlimits: [6, 7],
    usecBytes: 4, // suseconds_t is an int
    image: is32bit ? image32 : image64,
    startBrk: vpnOfBig(is32bit ? 0x24000n : 0x204000n, SHIFT),
    dataDefaultFlags: VM_DATA_DEFAULT_FLAGS,
    nptl: (version) => nptl(bits, version),
  };
}

export const sparc64: Arch = {
  name: 'sparc64',
  about: '8 KiB pages, mmap above the VA hole (0x70000000 for 32-bit tasks), big-endian',
  bits: [64, 32],
  releases: ['2.5.45', '2.5.46'],
  at,
};
