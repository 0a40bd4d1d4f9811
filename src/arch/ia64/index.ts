/**
 * ia64: 16 KiB pages (the defconfig), an address space of eight regions named by the top three bits,
 * and a register stack that grows up. Linux 2.5.46 include/asm-ia64/{processor,page,a.out,shmparam,mman}.h,
 * arch/ia64/kernel/sys_ia64.c, arch/ia64/mm/init.c.
 *
 *   region 0 NaT page | 1 mmap -> | 2 text | 3 data, heap ->  register stack ->  <- stack | 5-7 kernel
 *
 * TASK_UNMAPPED_BASE is current->thread.map_base, a field of the running thread.
 */
import { vpnOfBig } from '../../lib/u64.js';
import type { Release } from '../../release/index.js';
import type { Arch, NptlParameters, Target } from '../arch.js';
import { anonymousArea, dataArea, textArea } from '../generic/image.js';
import {
  genericMap, PROT_READ, PROT_WRITE, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_GROWSUP, VM_IO, VM_MAYREAD,
  VM_MAYWRITE, VM_READ, VM_RESERVED, VM_STACK_FLAGS, VM_WRITE,
} from '../generic/mman.js';
import { nptlCommon } from '../generic/nptl.js';
import { break100000 } from '../trap.js';
import { ia64Signals } from './signal.js';
import { ia64Syscalls } from './syscallent.js';
import { genericOpenFlags } from '../generic/fcntl.js';
import { ia64Stat } from '../generic/stat.js';

const SHIFT = 14;
const PAGE_SIZE = 1n << BigInt(SHIFT);
const REGION_PAGES = vpnOfBig(1n << 61n, SHIFT);
/** 2^(4 * PAGE_SHIFT - 12) - PAGE_SIZE: what three levels of page table reach, less a page. */
const RGN_MAP_LIMIT = (1n << BigInt(4 * SHIFT - 12)) - PAGE_SIZE;
const STACK_TOP = 0x6000000000000000n + RGN_MAP_LIMIT;
const RBS_BOT = STACK_TOP - 0x80000000n + PAGE_SIZE;
const TASK_SIZE = vpnOfBig(0xa000000000000000n, SHIFT);
const DEFAULT_MAP_BASE = vpnOfBig(0x2000000000000000n, SHIFT);
const SHMLBA_PAGES = (1024 * 1024) >> SHIFT;

const VM_RBS_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_GROWSUP;
const VM_NAT_FLAGS = VM_READ | VM_MAYREAD | VM_IO | VM_RESERVED;

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
    spinFree: 0,
    tls: 'above-pd',
    mmapCall: old ? 'mmap' : 'mmap2',
    mmapUnit: old ? 1 : 2 ** SHIFT,
  };
}

function at(release: Release): Target {
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
    taskUnmappedBase: (task) => task.mapBase,
    newTask: { is32bit: false, mapBase: DEFAULT_MAP_BASE },
    search: 'first-fit',
    topDownBase: null,
    lowestSearched: 0,
    hintTestsPrev: false,
    readFaultNeeds: VM_READ | VM_EXEC,
    hugePages: 0,
    hintStartsSearch: true,
    longestRequest: vpnOfBig(RGN_MAP_LIMIT, SHIFT),
    hintsIgnored: null,
    low32: null,
    holeSizeHit: 'starts at the base',
    vaHole: null,
    region: { pages: REGION_PAGES, mapLimit: vpnOfBig(RGN_MAP_LIMIT, SHIFT) },
    colour: { shared: SHMLBA_PAGES, file: 1, addsPgoff: false },
    map: { ...genericMap, GROWSUP: 0x200, POPULATE: 0, NONBLOCK: 0 },
    open: genericOpenFlags,
    stat: ia64Stat,
    stat64: ia64Stat,
    signals: ia64Signals,
    errno: (generic) => generic,
    genericErrno: (errno) => errno,
    trap: break100000,
    nr: ia64Syscalls,
    backported: ['set_tid_address'],
    entry: { mmap: 'ia64_mmap', mmap2: 'ia64_mmap2', brk: 'ia64_brk', clone2: 'clone' },
    cloneOrder: 'stack-size',
    rlimInfinity: [-1, -1],
    swappedRlimits: null,
    usecBytes: 8,
    image: [
      anonymousArea('nat', SHIFT, 0n, PAGE_SIZE, VM_NAT_FLAGS),
      textArea(SHIFT, 0x4000000000000000n, 0x4000000000004000n),
      dataArea(SHIFT, 0x6000000000000000n, 0x6000000000004000n, 0x4000),
      anonymousArea('rbs', SHIFT, RBS_BOT, RBS_BOT + PAGE_SIZE, VM_RBS_FLAGS),
      anonymousArea('stack', SHIFT, STACK_TOP - 2n * PAGE_SIZE, STACK_TOP, VM_STACK_FLAGS & ~VM_EXEC),
    ],
    startBrk: vpnOfBig(0x6000000000004000n, SHIFT),
    dataDefaultFlags: VM_DATA_DEFAULT_FLAGS & ~VM_EXEC,
    nptl,
  };
}

export const ia64: Arch = {
  name: 'ia64',
  about: '16 KiB pages, regions, a register stack growing up, little-endian',
  bits: [64],
  releases: ['2.5.45', '2.5.46'],
  at,
};
